//! Clients that are registered with the mock.

use serde_json::Value;

/// Has the form of Okta's client IDs: `0oa`, then 17 letters and digits.
pub(crate) const DEFAULT_CLIENT_ID: &str = "0oa1mockokta2client3";
pub(crate) const DEFAULT_CLIENT_SECRET: &str = "mock-okta-client-secret";

/// A registered OAuth client.
///
/// ```
/// use okta_auth_testing::{Client, MockOkta};
///
/// let okta = MockOkta::builder()
///     .client(Client::public("0oaspa").redirect_uri("http://localhost:3000/callback"))
///     .client(Client::confidential("0oaservice", "s3cret"))
///     .start();
/// # drop(okta);
/// ```
#[derive(Clone)]
pub struct Client {
    pub(crate) id: String,
    pub(crate) secret: Option<String>,
    pub(crate) secret_optional: bool,
    /// The public keys of `private_key_jwt`, as JWKs.
    pub(crate) keys: Vec<Value>,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) must_bind_tokens: bool,
}

impl Client {
    /// A client without a secret, such as a single-page app. It must use PKCE (RFC 7636).
    pub fn public(id: impl Into<String>) -> Self {
        Self { secret_optional: true, ..Self::new(id.into()) }
    }

    /// A client that authenticates with a secret in the `Authorization` header or in the form.
    pub fn confidential(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { secret: Some(secret.into()), ..Self::new(id.into()) }
    }

    /// A client that authenticates with `private_key_jwt` (RFC 7523 section 2.2): it sends a `client_assertion` that is signed
    /// with the private key of this public JWK. [`key`](Self::key) adds another JWK.
    ///
    /// - `iss` and `sub` are the client ID.
    /// - `aud` is the URL of the endpoint, the URL of the token endpoint, or the issuer.
    /// - `exp` is at most an hour ahead.
    /// - A `jti` works once.
    /// - If the header has a `kid`, it is that of the JWK. It is required if the client has several keys.
    ///
    /// ```
    /// use okta_auth_testing::{Client, MockOkta, ProofKey};
    ///
    /// let key = ProofKey::new();
    /// let okta = MockOkta::builder().client(Client::private_key_jwt("0oaapi", key.jwk())).start();
    /// // The client signs its assertions with this key.
    /// let (jwk, pem) = (key.private_jwk(), key.private_pem());
    /// # drop((okta, jwk, pem));
    /// ```
    pub fn private_key_jwt(id: impl Into<String>, jwk: impl Into<Value>) -> Self {
        Self::new(id.into()).key(jwk)
    }

    /// Adds a public JWK for `private_key_jwt`.
    pub fn key(mut self, jwk: impl Into<Value>) -> Self {
        self.keys.push(jwk.into());
        self
    }

    fn new(id: String) -> Self {
        Self {
            id,
            secret: None,
            secret_optional: false,
            keys: Vec::new(),
            redirect_uris: Vec::new(),
            must_bind_tokens: false,
        }
    }

    /// Whether the client can't prove its identity.
    pub(crate) fn is_public(&self) -> bool {
        self.secret.is_none() && self.keys.is_empty()
    }

    /// The default client. It may leave out the secret in requests that a public client may send.
    pub(crate) fn with_optional_secret(id: &str, secret: &str) -> Self {
        Self { secret_optional: true, ..Self::confidential(id, secret) }
    }

    /// Allows a redirect URI, which must match exactly. A client without redirect URIs may use every `http` or `https`
    /// URL on loopback.
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uris.push(uri.into());
        self
    }

    /// Rejects token requests without a DPoP proof, as Okta does for an app with *Require Demonstrating Proof of
    /// Possession (DPoP) header in token requests*. Without this setting, a client gets a bound token if it sends a proof.
    ///
    /// ```
    /// use okta_auth_testing::{Client, MockOkta};
    ///
    /// let okta = MockOkta::builder().client(Client::public("0oaspa").requires_dpop()).start();
    /// # drop(okta);
    /// ```
    pub fn requires_dpop(mut self) -> Self {
        self.must_bind_tokens = true;
        self
    }

    pub(crate) fn allows_redirect(&self, uri: &str) -> bool {
        if !self.redirect_uris.is_empty() {
            return self.redirect_uris.iter().any(|allowed| allowed == uri);
        }
        url::Url::parse(uri).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && is_loopback(&url))
    }
}

/// Whether the host of a URL is `localhost` or a loopback address.
pub(crate) fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(host)) => host == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id)
            .field("confidential", &!self.is_public())
            .field("redirect_uris", &self.redirect_uris)
            .finish_non_exhaustive()
    }
}
