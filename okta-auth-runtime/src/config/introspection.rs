//! The introspection of one issuer's tokens.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::url_rules::{check_introspection_uri, has_placeholder};
use super::variables::variable;
use crate::access_token::IssuerRules;
use crate::clock::Clock;
use crate::error::{ConfigProblem, Excerpt, Setting};
use crate::http::ConfigureHttp;
use crate::introspection::{
    ClientAuthentication, IntrospectionEndpoint, IntrospectionMode, IntrospectionSettings, Introspector,
};
use crate::jose::SigningKey;
use crate::keys::KeySettings;

const CLIENT_EXAMPLE: &str = "0oa1a2b3c4d5e6f7g8h9";
const SECRET_EXAMPLE: &str = "a1B2c3D4e5F6g7H8i9J0 (the client secret of this API, in the admin console)";
const KEY_ID_EXAMPLE: &str = "the kid of the public key";
const AUDIENCE_EXAMPLE: &str = "https://dev-123456.okta.com/oauth2/default/v1/introspect";

/// No answer that is older is used, whatever the settings.
const LONGEST_MAX_AGE: Duration = Duration::from_secs(60);
const CONCURRENT_CALLS: RangeInclusive<usize> = 1..=1024;
/// In bytes. The table of the memory is allocated when the validator is built.
const MEMORY: RangeInclusive<usize> = 1024 * 1024..=1024 * 1024 * 1024;

/// Introspection (RFC 7662) of one issuer's tokens: the authorization server says whether a token is active.
///
/// This API is a client of the authorization server. It authenticates itself with a secret or with a private key.
///
/// The guide: [introspection](https://docs.rs/okta-auth/latest/okta_auth/guide/introspection/index.html).
///
/// | setting | default |
/// |---|---|
/// | [`mode`](Self::mode) | [`IntrospectionMode::Opaque`]: only tokens that are not JWTs |
/// | [`endpoint`](Self::endpoint) | `introspection_endpoint` of the issuer's metadata |
/// | [`client_secret_post`](Self::client_secret_post) | the secret is in the `Authorization` header |
/// | [`key_id`](Self::key_id) | the `kid` of the JWK; none with PEM |
/// | [`assertion_audience`](Self::assertion_audience) | the URL of the endpoint |
/// | [`max_age`](Self::max_age) | 10 s, at most 60 s |
/// | [`concurrent_calls`](Self::concurrent_calls) | 64, from 1 to 1024 |
/// | [`remembered_bytes`](Self::remembered_bytes) | 32 MiB, from 1 MiB to 1 GiB |
///
/// Time-outs, back-off and the size limit of a response are those of
/// [`key_settings`](super::ValidatorBuilder::key_settings), and
/// [`configure_http`](super::ValidatorBuilder::configure_http) applies too.
///
/// ```
/// use okta_auth_runtime::Validator;
/// use okta_auth_runtime::config::{Introspection, IntrospectionMode};
///
/// // An org authorization server: only Okta can validate its tokens.
/// let validator = Validator::builder()
///     .issuer("https://dev-123456.okta.com")
///     .audience("https://dev-123456.okta.com")
///     .client_id("0oa1a2b3c4d5e6f7g8h9")
///     .introspection(Introspection::client("0oaapi4d5e6f7g8h9i0j", "secret").mode(IntrospectionMode::Always))
///     .build()?;
/// # drop(validator);
/// # Ok::<(), okta_auth_runtime::ConfigError>(())
/// ```
#[derive(Clone)]
#[must_use = "it has an effect only in `.introspection(..)`"]
pub struct Introspection {
    client_id: Option<String>,
    credential: Credential,
    is_in_form: bool,
    key_id: Option<String>,
    assertion_audience: Option<String>,
    endpoint: Option<String>,
    mode: IntrospectionMode,
    max_age: Duration,
    concurrent_calls: usize,
    remembered_bytes: usize,
    /// Makes messages name the environment variables.
    from_environment: bool,
}

#[derive(Clone)]
enum Credential {
    Secret(Option<String>),
    Pem(String),
    Jwk(String),
}

impl Introspection {
    /// Authenticates this API with its client ID and client secret, in the `Authorization` header (`client_secret_basic`, RFC
    /// 6749 section 2.3.1).
    pub fn client(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self::new(Some(id.into()), Credential::Secret(Some(secret.into())))
    }

    /// Authenticates this API with assertions (`private_key_jwt`, RFC 7523) that are signed with a private key in PEM: PKCS#8,
    /// PKCS#1 or SEC 1, not encrypted.
    ///
    /// The key is RSA of 2048 to 8192 bits, EC on P-256 or P-384, or Ed25519. It signs with RS256, ES256, ES384 or EdDSA. `build`
    /// reports any other key. Most servers need the [`key_id`](Self::key_id), too.
    pub fn private_key_pem(id: impl Into<String>, pem: impl Into<String>) -> Self {
        Self::new(Some(id.into()), Credential::Pem(pem.into()))
    }

    /// As [`private_key_pem`](Self::private_key_pem), with one private JWK (RFC 7517) as JSON. Its `kid` is the key ID, and its
    /// `alg` selects another algorithm than the default.
    pub fn private_key_jwk(id: impl Into<String>, json: impl Into<String>) -> Self {
        Self::new(Some(id.into()), Credential::Jwk(json.into()))
    }

    pub(super) fn of_environment(id: Option<String>, secret: Option<String>, mode: IntrospectionMode) -> Self {
        Self { mode, from_environment: true, ..Self::new(id, Credential::Secret(secret)) }
    }

    fn new(client_id: Option<String>, credential: Credential) -> Self {
        Self {
            client_id,
            credential,
            is_in_form: false,
            key_id: None,
            assertion_audience: None,
            endpoint: None,
            mode: IntrospectionMode::default(),
            max_age: Duration::from_secs(10),
            concurrent_calls: 64,
            remembered_bytes: 32 * 1024 * 1024,
            from_environment: false,
        }
    }

    /// Sends the client ID and the secret in the form instead of the header (`client_secret_post`), for servers that need it.
    pub fn client_secret_post(mut self) -> Self {
        self.is_in_form = true;
        self
    }

    /// The `kid` in the header of assertions. It replaces that of a JWK.
    pub fn key_id(mut self, kid: impl Into<String>) -> Self {
        self.key_id = Some(kid.into());
        self
    }

    /// The `aud` of assertions. Default: the URL of the introspection endpoint, as Okta expects. Other servers expect the URL of
    /// their token endpoint or their issuer.
    pub fn assertion_audience(mut self, audience: impl Into<String>) -> Self {
        self.assertion_audience = Some(audience.into());
        self
    }

    /// The URL of the introspection endpoint. Default: `introspection_endpoint` of the issuer's metadata (RFC 8414).
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// Which tokens are introspected. Default [`IntrospectionMode::Opaque`]. At most one issuer of a validator can have it,
    /// because an opaque token does not name its issuer.
    ///
    /// With `Opaque` and `Always`, handlers can require a recent answer for any token: `#[login_required(active_within = 10)]`.
    pub fn mode(mut self, mode: IntrospectionMode) -> Self {
        self.mode = mode;
        self
    }

    /// How long an answer is remembered, and so how long a revoked token can still be accepted. Default 10 s. Above zero, and at
    /// most 60 s.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// The most calls to the endpoint that are in flight at the same time. Default 64, from 1 to 1024.
    pub fn concurrent_calls(mut self, calls: usize) -> Self {
        self.concurrent_calls = calls;
        self
    }

    /// The memory for answers about active tokens, in bytes. Default 32 MiB, from 1 MiB to 1 GiB. Answers about other tokens have
    /// an eighth of that in addition, so that callers with invalid tokens can't displace them.
    pub fn remembered_bytes(mut self, bytes: usize) -> Self {
        self.remembered_bytes = bytes;
        self
    }

    pub(super) fn with_endpoint_of_environment(self, uri: Option<String>) -> Self {
        Self { endpoint: uri, ..self }
    }

    pub(super) fn is_off(&self) -> bool {
        self.mode == IntrospectionMode::Off
    }

    /// Every token is introspected.
    pub(super) fn is_always(&self) -> bool {
        self.mode == IntrospectionMode::Always
    }

    /// Tokens that are not JWTs are introspected, and the others are not.
    pub(super) fn is_opaque(&self) -> bool {
        self.mode == IntrospectionMode::Opaque
    }

    /// The setting that selects the mode. `name` names the settings of the issuer.
    pub(super) fn mode_setting(&self, name: impl Fn(&'static str) -> Setting) -> Setting {
        if self.from_environment { variable("introspection_mode") } else { name("introspection") }
    }

    /// Adds all problems of the settings to `problems`.
    pub(super) fn check(
        &self,
        allow_http: bool,
        name: impl Fn(&'static str) -> Setting,
        problems: &mut Vec<ConfigProblem>,
    ) {
        let whole = name("introspection");
        let part = |variable_of: &'static str, part: &'static str| {
            if self.from_environment { variable(variable_of) } else { whole.clone().part(part) }
        };
        let client_id = part("introspection_client_id", "the client ID");
        problems.extend(check_client_id(&client_id, self.client_id.as_deref()).err());
        if let Some(uri) = &self.endpoint {
            let endpoint = part("introspection_uri", "the endpoint");
            problems.extend(check_introspection_uri(&endpoint, uri, allow_http).err());
        }
        self.check_assertion(&whole, problems);
        match &self.credential {
            Credential::Secret(secret) => {
                let setting = part("introspection_client_secret", "the client secret");
                problems.extend(check_secret(&setting, secret.as_deref()).err());
            }
            Credential::Pem(_) | Credential::Jwk(_) => self.check_private_key(&whole, problems),
        }
        self.check_limits(&whole, problems);
    }

    /// Checks the settings of assertions, which need a private key.
    fn check_assertion(&self, whole: &Setting, problems: &mut Vec<ConfigProblem>) {
        let key_id = self.key_id.as_deref().map(|value| ("the key ID", value, KEY_ID_EXAMPLE));
        let audience = self.assertion_audience.as_deref().map(|value| ("the audience", value, AUDIENCE_EXAMPLE));
        for (part, value, example) in key_id.into_iter().chain(audience) {
            let setting = whole.clone().part(part);
            if value.trim().is_empty() {
                problems.push(ConfigProblem::Empty { setting, example });
            } else if matches!(self.credential, Credential::Secret(_)) {
                let (other, advice) = (whole.clone().part("the client secret"), "they belong to a private key");
                problems.push(ConfigProblem::Contradiction { setting, other, advice });
            }
        }
    }

    fn check_private_key(&self, whole: &Setting, problems: &mut Vec<ConfigProblem>) {
        let setting = whole.clone().part("the private key");
        if self.is_in_form {
            let other = Setting::method("client_secret_post");
            let advice = "authenticate with a secret or with a key";
            problems.push(ConfigProblem::Contradiction { setting: setting.clone(), other, advice });
        }
        if let Err(reason) = self.signing_key() {
            problems.push(ConfigProblem::Unusable { setting, reason });
        }
    }

    fn check_limits(&self, whole: &Setting, problems: &mut Vec<ConfigProblem>) {
        let is_max_age_allowed = !self.max_age.is_zero() && self.max_age <= LONGEST_MAX_AGE;
        let max_age = format!("{} s", self.max_age.as_secs_f64());
        let (calls, bytes) = (self.concurrent_calls, self.remembered_bytes);
        for (method, is_allowed, found, expected) in [
            ("`max_age`", is_max_age_allowed, max_age, "above 0 s and at most 60 s"),
            ("`concurrent_calls`", CONCURRENT_CALLS.contains(&calls), calls.to_string(), "1 to 1024"),
            (
                "`remembered_bytes`",
                MEMORY.contains(&bytes),
                bytes.to_string(),
                "1 MiB to 1 GiB (1048576 to 1073741824)",
            ),
        ] {
            if !is_allowed {
                let (setting, found) = (whole.clone().part(method), Excerpt::new(&found));
                problems.push(ConfigProblem::Unexpected { setting, found, expected });
            }
        }
    }

    fn signing_key(&self) -> Result<Option<SigningKey>, &'static str> {
        let key = match &self.credential {
            Credential::Secret(_) => return Ok(None),
            Credential::Pem(pem) => SigningKey::from_pem(pem)?,
            Credential::Jwk(json) => SigningKey::from_jwk(json)?,
        };
        Ok(Some(match &self.key_id {
            Some(kid) => key.with_key_id(kid),
            None => key,
        }))
    }

    fn authentication(&self) -> Result<ClientAuthentication, &'static str> {
        let id = self.client_id.as_deref().unwrap_or_default();
        let secret = match &self.credential {
            Credential::Secret(secret) => secret.as_deref().unwrap_or_default(),
            Credential::Pem(_) | Credential::Jwk(_) => "",
        };
        Ok(match self.signing_key()? {
            Some(key) => ClientAuthentication::private_key_jwt(id, key, self.assertion_audience.clone()),
            None if self.is_in_form => ClientAuthentication::secret_post(id, secret),
            None => ClientAuthentication::secret_basic(id, secret),
        })
    }

    /// Makes the introspector of an issuer from checked settings. Does no I/O.
    pub(super) fn introspector(
        &self,
        rules: Arc<IssuerRules>,
        allow_http: bool,
        keys: KeySettings,
        configure: Option<ConfigureHttp>,
        clock: Arc<dyn Clock>,
    ) -> Result<Introspector, &'static str> {
        let (authentication, limits) = (self.authentication()?, keys.limits());
        let not_a_url = |_| "its URL can't be parsed";
        let endpoint = match &self.endpoint {
            Some(url) => {
                let url = Url::parse(url).map_err(not_a_url)?;
                IntrospectionEndpoint::at(url, authentication, allow_http, limits, configure)
            }
            None => IntrospectionEndpoint::of_issuer(
                Arc::clone(&rules.issuer),
                authentication,
                allow_http,
                limits,
                keys.metadata_freshness,
                configure,
            )
            .map_err(not_a_url)?,
        };
        let settings = IntrospectionSettings {
            mode: self.mode,
            max_age: self.max_age,
            remembered_bytes: self.remembered_bytes,
            concurrent_calls: self.concurrent_calls,
            limits,
            backoff: keys.backoff(),
            wait: keys.wait,
            warn_interval: keys.warn_interval,
        };
        Introspector::new(rules, settings, Arc::new(endpoint), clock)
            .map_err(|_| "the operating system gives no random bytes")
    }

    /// The URL that is called, or whose metadata names it, for a warning.
    pub(super) fn called_url<'s>(&'s self, issuer: &'s str) -> &'s str {
        self.endpoint.as_deref().unwrap_or(issuer)
    }
}

/// Checks the ID of the client, which is `None` if it is not set.
pub(super) fn check_client_id(setting: &Setting, value: Option<&str>) -> Result<(), ConfigProblem> {
    let (setting, example) = (setting.clone(), CLIENT_EXAMPLE);
    match value {
        None => Err(ConfigProblem::Missing { setting, example }),
        Some(value) if value.trim().is_empty() => Err(ConfigProblem::Empty { setting, example }),
        Some(value) if has_placeholder(value) => {
            Err(ConfigProblem::Placeholder { setting, found: Excerpt::new(value), example })
        }
        Some(_) => Ok(()),
    }
}

/// As [`check_client_id`]. A secret may contain any character, and is never shown.
pub(super) fn check_secret(setting: &Setting, value: Option<&str>) -> Result<(), ConfigProblem> {
    let (setting, example) = (setting.clone(), SECRET_EXAMPLE);
    let is_placeholder = |value: &str| {
        [("{", "}"), ("${", "}"), ("<", ">")]
            .iter()
            .any(|(start, end)| value.trim().starts_with(start) && value.trim().ends_with(end))
    };
    match value {
        None => Err(ConfigProblem::Missing { setting, example }),
        Some(value) if value.trim().is_empty() => Err(ConfigProblem::Empty { setting, example }),
        Some(value) if is_placeholder(value) => {
            Err(ConfigProblem::Placeholder { setting, found: Excerpt::word("its value"), example })
        }
        Some(_) => Ok(()),
    }
}

/// Does not show the secret or the key.
impl fmt::Debug for Introspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let credential = match &self.credential {
            Credential::Secret(_) => "Secret(..)",
            Credential::Pem(_) => "Pem(..)",
            Credential::Jwk(_) => "Jwk(..)",
        };
        f.debug_struct("Introspection")
            .field("client_id", &self.client_id.as_deref().map(Excerpt::new))
            .field("credential", &format_args!("{credential}"))
            .field("is_in_form", &self.is_in_form)
            .field("key_id", &self.key_id.as_deref().map(Excerpt::new))
            .field("assertion_audience", &self.assertion_audience.as_deref().map(Excerpt::url_text))
            .field("endpoint", &self.endpoint.as_deref().map(Excerpt::url_text))
            .field("mode", &self.mode)
            .field("max_age", &self.max_age)
            .field("concurrent_calls", &self.concurrent_calls)
            .field("remembered_bytes", &self.remembered_bytes)
            .finish()
    }
}

#[cfg(test)]
mod tests;
