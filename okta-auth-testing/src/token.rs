//! Valid and defective tokens.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use crate::clock::seconds;
use crate::ids;
use crate::jws::UnsignedJws;
use crate::key::SigningKey;
use crate::opaque_tokens::{OpaqueContent, OpaqueTokens};
use crate::proof_key::ProofKey;
use crate::signing_algorithm::SigningAlgorithm;
use crate::state::{MockState, ServerState};
use crate::tamper::Tamper;
use crate::thumbprint;

/// Builds one token. [`MockOkta::token`](crate::MockOkta::token), [`service_token`](crate::MockOkta::service_token) and
/// [`id_token`](crate::MockOkta::id_token) return a builder for a valid token with Okta's claims. Each method changes
/// one property; a later call replaces an earlier one.
///
/// Times are in whole seconds, relative to the mock's clock at the call that returned the builder.
///
/// ```
/// use std::time::Duration;
/// use okta_auth_testing::MockOkta;
///
/// let okta = MockOkta::start();
/// let token = okta
///     .token()
///     .user("alice@example.com")
///     .user_id("00u1")
///     .scope("orders:read")
///     .group("admins")
///     .expires_in(Duration::from_secs(300))
///     .sign();
/// assert_eq!(token.split('.').count(), 3);
///
/// let stale = okta.token().expired().sign();
/// let foreign = okta.token().audience("api://other").sign();
/// let lifeless = okta.token().without("exp").sign();
/// # drop((stale, foreign, lifeless));
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is issued before `sign` or `opaque`"]
pub struct TokenBuilder {
    key: SigningKey,
    now: SystemTime,
    jws: UnsignedJws,
    server_id: String,
    opaque_tokens: Arc<OpaqueTokens>,
}

/// Longer than any leeway that a validator accepts.
const ONE_HOUR: Duration = Duration::from_secs(3600);

impl TokenBuilder {
    /// The claims that all of Okta's tokens have.
    fn new(state: &MockState, server: &ServerState, key: SigningKey, jti: &str, lifetime: Duration) -> Self {
        let now = state.now();
        let Value::Object(claims) = json!({
            "ver": 1,
            "jti": format!("{jti}.{}", state.ids.generate()),
            "iss": server.issuer,
            "iat": seconds(now),
            "exp": seconds(now + lifetime),
        }) else {
            unreachable!("an object literal")
        };
        let mut jws = UnsignedJws::new(key.embedded(), key.algorithm());
        jws.claims = claims;
        Self { key, now, jws, server_id: server.id.clone(), opaque_tokens: state.opaque_tokens.clone() }
    }

    /// A user's access token.
    pub(crate) fn access(state: &MockState, server: &ServerState) -> Self {
        let user = state.default_user();
        let token = Self::service(state, server).without("sub").user(&user.login).user_id(&user.id);
        let now = token.now;
        user.groups.iter().fold(token, Self::group).claim("auth_time", seconds(now))
    }

    /// An access token of the client credentials grant (RFC 6749 section 4.4).
    pub(crate) fn service(state: &MockState, server: &ServerState) -> Self {
        let client_id = state.default_client_id();
        Self::new(state, server, server.access_token_key(), "AT", state.settings.lifetimes.access)
            .audience(&server.audience)
            .client(client_id)
            .claim("sub", client_id)
            .claim("scp", json!([]))
    }

    /// An ID token (OpenID Connect Core 1.0 section 2).
    pub(crate) fn id(state: &MockState, server: &ServerState) -> Self {
        let user = state.default_user();
        let token = Self::new(state, server, server.signing_key(), "ID", state.settings.lifetimes.id);
        let now = token.now;
        token
            .audience(state.default_client_id())
            .claim("sub", user.id.as_str())
            .claim("name", user.name.as_str())
            .claim("email", user.login.as_str())
            .claim("preferred_username", user.login.as_str())
            .claim("amr", json!(["pwd"]))
            .claim("idp", ids::derive("00o", &server.issuer))
            .claim("auth_time", seconds(now))
    }

    /// The login: `sub`. Also sets `uid` to the user ID that the mock derives from the login; call
    /// [`user_id`](Self::user_id) after it to override that.
    pub fn user(self, login: impl Into<String>) -> Self {
        let login = login.into();
        let id = ids::derive("00u", &login);
        self.claim("sub", login).user_id(id)
    }

    /// The user ID: `uid`.
    pub fn user_id(self, id: impl Into<String>) -> Self {
        self.claim("uid", id.into())
    }

    /// The client ID: `cid`.
    pub fn client(self, id: impl Into<String>) -> Self {
        self.claim("cid", id.into())
    }

    /// Adds a scope to `scp`.
    pub fn scope(self, scope: impl Into<String>) -> Self {
        self.push("scp", scope.into())
    }

    /// Adds several scopes to `scp`.
    pub fn scopes<S: Into<String>>(self, scopes: impl IntoIterator<Item = S>) -> Self {
        scopes.into_iter().fold(self, |token, scope| token.scope(scope))
    }

    /// Adds a group to `groups`. Okta sends this claim only if the authorization server is configured to.
    pub fn group(self, group: impl AsRef<str>) -> Self {
        self.push("groups", group.as_ref().to_owned())
    }

    fn push(mut self, claim: &str, value: String) -> Self {
        match self.jws.claims.get_mut(claim) {
            Some(Value::Array(values)) => values.push(Value::String(value)),
            _ => drop(self.jws.claims.insert(claim.to_owned(), json!([value]))),
        }
        self
    }

    /// The issuer: `iss`.
    pub fn issuer(self, issuer: impl Into<String>) -> Self {
        self.claim("iss", issuer.into())
    }

    /// The audience: `aud` as a string.
    pub fn audience(self, audience: impl Into<String>) -> Self {
        self.claim("aud", audience.into())
    }

    /// The audiences: `aud` as an array.
    pub fn audiences<S: Into<String>>(self, audiences: impl IntoIterator<Item = S>) -> Self {
        self.claim("aud", audiences.into_iter().map(Into::into).collect::<Vec<String>>())
    }

    /// Sets `exp` to this time after the mock's clock.
    pub fn expires_in(self, lifetime: Duration) -> Self {
        let exp = seconds(self.now + lifetime);
        self.claim("exp", exp)
    }

    /// Sets `exp` to an hour ago and `iat` to an hour before that.
    pub fn expired(self) -> Self {
        self.expired_ago(ONE_HOUR)
    }

    /// Sets `exp` to this time before the mock's clock, and `iat` to an hour before that.
    pub fn expired_ago(self, ago: Duration) -> Self {
        let exp = self.now - ago;
        self.claim("exp", seconds(exp)).claim("iat", seconds(exp - ONE_HOUR))
    }

    /// Sets `nbf` to this time after the mock's clock.
    pub fn not_before_in(self, wait: Duration) -> Self {
        let nbf = seconds(self.now + wait);
        self.claim("nbf", nbf)
    }

    /// How the user authenticated: `acr`, such as `urn:okta:loa:2fa:any` (OpenID Connect Core 1.0 section 2). Okta sends
    /// this claim only if the authorization request had `acr_values`. A token has none by default.
    ///
    /// ```
    /// use std::time::Duration;
    /// use okta_auth_testing::MockOkta;
    ///
    /// let okta = MockOkta::start();
    /// let stepped_up = okta.token().acr("urn:okta:loa:2fa:any").sign();
    /// let too_old = okta.token().acr("urn:okta:loa:2fa:any").authenticated_ago(Duration::from_secs(3600)).sign();
    /// # drop((stepped_up, too_old));
    /// ```
    pub fn acr(self, acr: impl Into<String>) -> Self {
        self.claim("acr", acr.into())
    }

    /// The authentication methods: `amr`, such as `["mfa", "otp", "pwd"]` (RFC 8176). Okta sends this claim in ID tokens
    /// only.
    pub fn amr<S: Into<String>>(self, methods: impl IntoIterator<Item = S>) -> Self {
        self.claim("amr", methods.into_iter().map(Into::into).collect::<Vec<String>>())
    }

    /// The time of the user's authentication: `auth_time`. The default is the mock's clock.
    pub fn auth_time(self, time: SystemTime) -> Self {
        self.claim("auth_time", seconds(time))
    }

    /// Sets `auth_time` to this time before the mock's clock. `iat` and `exp` stay the same, as in a refreshed token.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use okta_auth_testing::MockOkta;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let okta = MockOkta::start();
    /// let token = okta.token().authenticated_ago(Duration::from_secs(600)).sign();
    /// let user = okta.validator().validate(&token).await.unwrap();
    /// let auth_time = Duration::from_secs(user.claim("auth_time").unwrap());
    /// let age = okta.clock().now().duration_since(SystemTime::UNIX_EPOCH + auth_time).unwrap();
    /// assert!(age >= Duration::from_secs(600));
    /// # }
    /// ```
    pub fn authenticated_ago(self, ago: Duration) -> Self {
        let time = self.now - ago;
        self.auth_time(time)
    }

    /// The actor: `act` with this `sub` (RFC 8693 section 4.1). The actor, such as an agent, uses the token on behalf of
    /// the user.
    ///
    /// ```
    /// use okta_auth_testing::MockOkta;
    ///
    /// let okta = MockOkta::start();
    /// // {"sub": "alice@example.com", "act": {"sub": "agent@example.com"}, ...}
    /// let token = okta.token().user("alice@example.com").actor("agent@example.com").sign();
    /// # drop(token);
    /// ```
    pub fn actor(self, subject: impl Into<String>) -> Self {
        self.act(json!({ "sub": subject.into() }))
    }

    /// Sets `act` to any JSON, such as a chain of actors or an `act` that can't be read.
    ///
    /// ```
    /// use okta_auth_testing::MockOkta;
    /// use serde_json::json;
    ///
    /// let okta = MockOkta::start();
    /// let chain = okta.token().act(json!({ "sub": "tool", "act": { "sub": "agent@example.com" } })).sign();
    /// let unreadable = okta.token().act("agent@example.com").sign();
    /// # drop((chain, unreadable));
    /// ```
    pub fn act(self, act: impl Into<Value>) -> Self {
        self.claim("act", act)
    }

    /// Binds the token to a client's key: `cnf.jkt` is the thumbprint of the key (RFC 9449 section 6.1). Other members of
    /// `cnf` stay.
    ///
    /// ```
    /// use okta_auth_testing::{MockOkta, ProofKey};
    ///
    /// let okta = MockOkta::start();
    /// let key = ProofKey::new();
    /// let token = okta.token().bound_to(&key).sign();
    /// // The token is useless without a proof by the key.
    /// let proof = okta.proof(&key).url("https://api.example.com/orders").access_token(&token).sign();
    /// # drop(proof);
    /// ```
    pub fn bound_to(self, key: &ProofKey) -> Self {
        self.bound_to_thumbprint(&key.thumbprint())
    }

    pub(crate) fn bound_to_thumbprint(self, thumbprint: &str) -> Self {
        self.confirmed_by("jkt", thumbprint)
    }

    /// Binds the token to a client's certificate: `cnf["x5t#S256"]` is the SHA-256 thumbprint of its DER encoding (RFC 8705
    /// section 3.1). Other members of `cnf` stay, so that [`bound_to`](Self::bound_to) adds a key.
    ///
    /// The crate `rcgen` makes certificates, but any bytes do for the header of a proxy.
    ///
    /// ```
    /// use okta_auth_testing::{MockOkta, client_cert_header};
    ///
    /// let okta = MockOkta::start();
    /// let certificate = b"the DER encoding of a certificate";
    /// let token = okta.token().bound_to_certificate(certificate).sign();
    /// // The token is useless without the certificate, here in the header `Client-Cert` of a proxy.
    /// let header = client_cert_header(certificate);
    /// # drop((token, header));
    /// ```
    pub fn bound_to_certificate(self, der: impl AsRef<[u8]>) -> Self {
        self.confirmed_by("x5t#S256", &thumbprint::of_certificate(der.as_ref()))
    }

    fn confirmed_by(mut self, member: &str, thumbprint: &str) -> Self {
        let thumbprint = json!(thumbprint);
        match self.jws.claims.get_mut("cnf") {
            Some(Value::Object(cnf)) => drop(cnf.insert(member.into(), thumbprint)),
            _ => drop(self.jws.claims.insert("cnf".into(), json!({ member: thumbprint }))),
        }
        self
    }

    /// Moves `iat` and `exp` into the future by this time.
    pub fn issued_in(mut self, wait: Duration) -> Self {
        for claim in ["iat", "exp"] {
            if let Some(time) = self.jws.claims.get(claim).and_then(Value::as_u64) {
                self.jws.claims.insert(claim.to_owned(), json!(time.saturating_add(wait.as_secs())));
            }
        }
        self
    }

    /// Sets any claim.
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.jws.claims.insert(name.into(), value.into());
        self
    }

    /// Removes a claim.
    pub fn without(mut self, claim: &str) -> Self {
        self.jws.claims.remove(claim);
        self
    }

    /// Sets any header parameter, including `kid` and `alg`.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.jws.header.insert(name.into(), value.into());
        self
    }

    /// Removes a header parameter.
    pub fn without_header(self, name: impl Into<String>) -> Self {
        // `sign` leaves out null values. `raw_header` can write one.
        self.header(name, Value::Null)
    }

    /// Sets the header parameter `kid` only. The signing key stays the same.
    pub fn kid(self, kid: impl Into<String>) -> Self {
        self.header("kid", kid.into())
    }

    /// Signs with this key and names it in the header.
    pub fn signed_by(mut self, key: &SigningKey) -> Self {
        self.key = key.clone();
        self.jws.sign_with(key.embedded(), key.algorithm());
        self
    }

    /// Signs with this algorithm and names it in the header. The `kid` stays the same.
    ///
    /// - If the algorithm needs another kind of key, a key that no mock publishes signs.
    /// - With HMAC, the secret is the PEM text of the published key.
    /// - With [`SigningAlgorithm::None`], the signature is empty.
    pub fn algorithm(mut self, algorithm: SigningAlgorithm) -> Self {
        self.jws.algorithm = Some(algorithm);
        self
    }

    /// Signs with HMAC and this secret. The algorithm is HS256 unless [`algorithm`](Self::algorithm) sets HS384 or
    /// HS512.
    pub fn hmac_secret(mut self, secret: impl Into<Vec<u8>>) -> Self {
        self.jws.secret = Some(secret.into());
        self
    }

    /// Uses these bytes as the header without a check.
    pub fn raw_header(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.jws.raw_header = Some(bytes.into());
        self
    }

    /// Uses these bytes as the payload without a check.
    pub fn raw_payload(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.jws.raw_payload = Some(bytes.into());
        self
    }

    /// Changes the token after signing. Several changes add up.
    pub fn tamper(mut self, tamper: Tamper) -> Self {
        self.jws.tamper.push(tamper);
        self
    }

    /// Signs the token and returns it in compact serialization (RFC 7515 section 7.1).
    pub fn sign(self) -> String {
        let mut header = Map::new();
        header.insert("kid".into(), json!(self.key.kid()));
        header.insert("alg".into(), json!(self.jws.algorithm().name()));
        self.jws.sign(header)
    }

    /// Issues an opaque token with these claims instead of a JWT: a random text without a dot. Only introspection can
    /// validate it. The response has the claims under the names of RFC 7662. Properties of a JWT, such as the header, the key
    /// and the signature, have no effect.
    ///
    /// ```
    /// use okta_auth_testing::MockOkta;
    ///
    /// let okta = MockOkta::start();
    /// let token = okta.token().user("alice@example.com").scope("orders:read").opaque();
    /// assert_eq!(okta.introspect(&token)["scope"], "orders:read");
    ///
    /// let expired = okta.token().expired().opaque();
    /// assert_eq!(okta.introspect(&expired)["active"], false);
    /// ```
    pub fn opaque(self) -> String {
        self.opaque_tokens.issue(&self.server_id, OpaqueContent::Claims(self.jws.claims))
    }
}
