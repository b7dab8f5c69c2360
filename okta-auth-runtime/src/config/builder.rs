//! The builder of a validator.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};
use url::Url;

use super::development::{self, LocalIssuer};
use super::issuer::{IssuerParts, KeyOrigin, parse_order};
use super::protected_resource::ProtectedResourceSettings;
use super::variables::variable;
use super::{ClientCertificates, Dpop, Introspection, Issuer};
use crate::access_token::{Implications, IssuerRules, Profile};
use crate::algorithm::Algorithm;
use crate::clock::{Clock, SystemClock};
use crate::error::{ConfigError, ConfigProblem, Excerpt, Setting};
use crate::http::ConfigureHttp;
use crate::introspection::Introspector;
use crate::jose::JwkSet;
use crate::keys::{HttpKeySource, KeySettings, KeyStore};
use crate::rejection::{DpopChallenge, Rejection, ResponseSettings, StatusMapping};
use crate::sender::SenderRules;
use crate::shared_store::SharedStore;
use crate::validator::{Mismatch, TrustedIssuer, Validator};

/// Bounds the memory that the cache allocates at once.
const MAX_CACHED_TOKENS: usize = 10_000_000;

const NO_USABLE_KEY: &str = "holds no key that can verify a token of an allowed algorithm (see the log for why)";

const SCOPE_EXAMPLE: &str = "orders:write, orders:read";

const MAX_LEEWAY: Duration = Duration::from_secs(300);

/// Builds a [`Validator`].
///
/// The guide: [configuration](https://docs.rs/okta-auth/latest/okta_auth/guide/configuration/index.html).
///
/// # Defaults
///
/// | setting | default |
/// |---|---|
/// | [`leeway`](Self::leeway) | 60 s, at most 300 s |
/// | [`status_mapping`](Self::status_mapping) | [`StatusMapping::Flask`] |
/// | [`algorithms`](Self::algorithms) | only RS256 |
/// | [`token_cache_capacity`](Self::token_cache_capacity) | 10,000 tokens |
/// | [`key_settings`](Self::key_settings) | see [`KeySettings`] |
/// | [`realm`](Self::realm) | none |
/// | [`dpop`](Self::dpop) | off |
/// | [`shared_store`](Self::shared_store) | none: each instance remembers its own proofs |
/// | [`client_certificates`](Self::client_certificates) | off |
/// | [`resource`](Self::resource) | none: no metadata is published (RFC 9728) |
/// | [`on_rejection`](Self::on_rejection) | `application/problem+json` (RFC 9457) |
/// | [`profile`](Self::profile) | [`Profile::okta`] |
/// | [`introspection`](Self::introspection) | off: tokens are validated locally |
/// | [`scope_implies`](Self::scope_implies) | no scope implies another |
/// | [`acr_implies`](Self::acr_implies) | Okta's order |
/// | [`clock`](Self::clock) | [`SystemClock`] |
/// | keys | discovered from the issuer (RFC 8414, OpenID Connect Discovery) |
///
/// ```
/// use okta_auth_runtime::{StatusMapping, Validator};
///
/// let validator = Validator::builder()
///     .issuer("https://dev-123456.okta.com/oauth2/default")
///     .audience("api://default")
///     .client_id("0oa1a2b3c4d5e6f7g8h9")
///     .status_mapping(StatusMapping::Rfc6750)
///     .build()?;
/// # drop(validator);
/// # Ok::<(), okta_auth_runtime::ConfigError>(())
/// ```
#[must_use = "a builder does nothing until `.build()`"]
pub struct ValidatorBuilder {
    pub(super) first: Issuer,
    further: Vec<Issuer>,
    /// Each first scope implies the second.
    scope_order: Vec<(String, String)>,
    pub(super) protected_resource: ProtectedResourceSettings,
    pub(super) dpop: Option<Dpop>,
    pub(super) shared_store: Option<SharedStore>,
    pub(super) client_certificates: Option<ClientCertificates>,
    from_environment: bool,
    problems: Vec<ConfigProblem>,
    pub(crate) settings: ValidatorSettings,
}

/// The settings that apply to all issuers.
pub(crate) struct ValidatorSettings {
    pub(crate) leeway: Duration,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) token_cache_capacity: usize,
    pub(crate) responses: ResponseSettings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) keys: KeySettings,
    pub(crate) configure_http: Option<ConfigureHttp>,
    pub(crate) allow_http: bool,
}

impl ValidatorBuilder {
    pub(crate) fn new() -> Self {
        Self {
            first: Issuer::default(),
            further: Vec::new(),
            scope_order: Vec::new(),
            protected_resource: ProtectedResourceSettings::default(),
            dpop: None,
            shared_store: None,
            client_certificates: None,
            from_environment: false,
            problems: Vec::new(),
            settings: ValidatorSettings {
                leeway: Duration::from_secs(60),
                algorithms: vec![Algorithm::RS256],
                token_cache_capacity: 10_000,
                responses: ResponseSettings::default(),
                clock: Arc::new(SystemClock),
                keys: KeySettings::default(),
                configure_http: None,
                allow_http: false,
            },
        }
    }

    /// Makes messages name settings by their environment variables.
    pub(super) fn of_environment(mut self) -> Self {
        self.from_environment = true;
        self
    }

    /// Adds a problem, which [`build`](Self::build) reports.
    pub(super) fn problem(mut self, problem: ConfigProblem) -> Self {
        self.problems.push(problem);
        self
    }

    /// The exact `iss` of the tokens. It is also the location of the issuer's metadata. Required, once.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.first.issuers.push(issuer.into());
        self
    }

    /// Accepts tokens with this `aud`. Required; call again to accept more.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.first = self.first.audience(audience);
        self
    }

    /// Accepts tokens of this client. Required without [`any_client`](Self::any_client); call again to accept more.
    pub fn client_id(mut self, client: impl Into<String>) -> Self {
        self.first = self.first.client_id(client);
        self
    }

    /// Accepts tokens of every client to which the authorization server issues tokens for the audience.
    pub fn any_client(mut self) -> Self {
        self.first = self.first.any_client();
        self
    }

    /// Fetches the keys from this URL instead of the `jwks_uri` in the issuer's metadata, which may name any https host.
    pub fn jwks_uri(mut self, uri: impl Into<String>) -> Self {
        self.first = self.first.jwks_uri(uri);
        self
    }

    /// Uses these keys, and never fetches any.
    pub fn jwk_set(mut self, set: JwkSet) -> Self {
        self.first = self.first.jwk_set(set);
        self
    }

    /// Reads the keys from this file in [`build`](Self::build), and never fetches any.
    pub fn jwks_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.first = self.first.jwks_file(path);
        self
    }

    /// The claims that hold the client, user, scopes and groups. Default [`Profile::okta`].
    pub fn profile(mut self, profile: Profile) -> Self {
        self.first = self.first.profile(profile);
        self
    }

    /// Asks the authorization server whether tokens are active (RFC 7662). Default off: tokens are validated locally. See
    /// [`Introspection`].
    ///
    /// Replaces all settings of an earlier call, and of `OKTA_INTROSPECTION` and the variables that begin with it.
    pub fn introspection(mut self, introspection: Introspection) -> Self {
        self.first = self.first.introspection(introspection);
        self
    }

    /// Lets the class of authentication `stronger` satisfy `acr(weaker)` too, for the issuer of this builder. See
    /// [`Issuer::acr_implies`].
    pub fn acr_implies(mut self, stronger: impl Into<String>, weaker: impl Into<String>) -> Self {
        self.first = self.first.acr_implies(stronger, weaker);
        self
    }

    /// Lets the scope `broader` satisfy `scope(narrower)` and [`has_scope`](crate::AuthContext::has_scope) too, for tokens of
    /// all issuers. Call again for more; the order is transitive. A cycle is a [`ConfigError`].
    ///
    /// [`scopes`](crate::AuthContext::scopes) still lists what the token says. Challenges name the scopes that a policy asks
    /// for.
    ///
    /// ```
    /// use okta_auth_runtime::Validator;
    ///
    /// let builder = Validator::builder().scope_implies("orders:admin", "orders:write").scope_implies("orders:write", "orders:read");
    /// # drop(builder);
    /// ```
    pub fn scope_implies(mut self, broader: impl Into<String>, narrower: impl Into<String>) -> Self {
        self.scope_order.push((broader.into(), narrower.into()));
        self
    }

    /// Trusts another authorization server too, with its own audiences, clients and keys.
    ///
    /// Users, clients, groups, scopes and other claims of all issuers share one namespace in policies and in
    /// [`AuthContext`](crate::AuthContext). If you do not trust each issuer for the users of all others, or if its users
    /// can choose such a value, require the issuer too: `claim("iss", "https://...") && group("admins")`.
    pub fn add_issuer(mut self, issuer: Issuer) -> Self {
        self.further.push(issuer);
        self
    }

    /// The allowed difference between the clocks of this server and the issuer. Default 60 s, at most 300 s.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.settings.leeway = leeway;
        self
    }

    /// The signature algorithms that are accepted if a key is for them. Default only RS256, the algorithm of Okta.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.settings.algorithms = algorithms.into_iter().collect();
        self
    }

    /// The number of verified tokens that are cached; 0 disables the cache. Default 10,000, at most 10,000,000.
    ///
    /// The cache takes at most 2 KiB of memory per token: 20 MiB by default. An ordinary token takes about 1 KiB, so
    /// that all of them fit. A token with more claims takes the room of several. With a capacity of 32 or more, every token
    /// of at most 16 KiB can be cached.
    ///
    /// With [`introspection`](Self::introspection), the text of the token is kept too, so that an ordinary token takes about 2
    /// KiB. Tokens that are introspected instead of validated locally are remembered apart from this cache.
    pub fn token_cache_capacity(mut self, tokens: usize) -> Self {
        self.settings.token_cache_capacity = tokens;
        self
    }

    /// The status codes of rejections. Default [`StatusMapping::Flask`].
    pub fn status_mapping(mut self, mapping: StatusMapping) -> Self {
        self.settings.responses.status_mapping = mapping;
        self
    }

    /// The `realm` of challenges (RFC 9110 section 11.5). Default none.
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.settings.responses.realm = Some(realm.into().into());
        self
    }

    /// The lifetime of keys, the interval of fetches, and the limits of a fetch.
    pub fn key_settings(mut self, settings: KeySettings) -> Self {
        self.settings.keys = settings;
        self
    }

    /// Configures the HTTP client that fetches keys, for example with a proxy or a private CA. It can replace the TLS
    /// backend, but not our limits: no redirects, time-outs, no idle connections. The default client honors the proxy
    /// variables of the environment.
    pub fn configure_http(
        mut self,
        configure: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        self.settings.configure_http = Some(Arc::new(configure));
        self
    }

    /// The source of time. Default [`SystemClock`].
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.settings.clock = Arc::new(clock);
        self
    }

    /// Replaces the responses to rejections. Default: `application/problem+json` (RFC 9457).
    ///
    /// [`Rejection::default_response`] has the status and the headers, and is a good start.
    ///
    /// ```
    /// use okta_auth_runtime::Validator;
    ///
    /// let builder = Validator::builder().on_rejection(|rejection, _request| {
    ///     rejection.default_response().set_body(actix_web::body::BoxBody::new(rejection.reason().code()))
    /// });
    /// # drop(builder);
    /// ```
    pub fn on_rejection(
        mut self,
        hook: impl Fn(&Rejection, &HttpRequest) -> HttpResponse + Send + Sync + 'static,
    ) -> Self {
        self.settings.responses.on_rejection = Some(Arc::new(hook));
        self
    }

    /// Settings that weaken security.
    pub fn dangerous(self) -> Dangerous {
        Dangerous(self)
    }

    /// Checks the settings. Does not wait for the network, and reads only the file of [`jwks_file`](Self::jwks_file). A
    /// [`shared_store`](Self::shared_store) begins to connect in the background.
    ///
    /// Logs a warning for each issuer whose keys or introspection responses come over plain http from loopback, and one if the
    /// feature `testing` is on in a build without debug assertions. With a [`resource`](Self::resource), logs each setting that keeps
    /// standard clients from using its metadata: an audience that is not the resource, the status mapping. A
    /// [`shared_store`](Self::shared_store) is a warning if DPoP is off, or if nonces have no secret that instances share.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with all problems.
    pub fn build(self) -> Result<Validator, ConfigError> {
        let mut problems = self.problems;
        let several = !self.further.is_empty();
        let mut settings = self.settings;
        let scope_order = parse_order(&Setting::method("scope_implies"), SCOPE_EXAMPLE, &self.scope_order);
        let scope_order = Arc::new(scope_order.unwrap_or_else(|problem| {
            problems.push(problem);
            Implications::default()
        }));
        let mut trusted: Vec<TrustedIssuer> = Vec::new();
        let mut local: Vec<LocalIssuer> = Vec::new();
        let mut without_effect: Vec<String> = Vec::new();
        let mut opaque: Vec<Setting> = Vec::new();
        for (index, issuer) in std::iter::once(self.first).chain(self.further).enumerate() {
            let name = |method: &'static str| match (index, self.from_environment) {
                (0, true) => variable(method),
                _ if several => Setting::method(method).of_issuer(index + 1),
                _ => Setting::method(method),
            };
            let before = problems.len();
            opaque.extend(issuer.opaque_setting(name));
            issuer.check(settings.allow_http, name, &mut problems);
            if problems.len() > before {
                continue;
            }
            without_effect.extend(issuer.settings_without_effect(name));
            let IssuerParts { rules, keys: origin, introspection } =
                issuer.into_rules(settings.leeway, Arc::clone(&scope_order));
            if trusted.iter().any(|known| known.rules.issuer == rules.issuer) {
                let found = Excerpt::new(&rules.issuer);
                problems.push(ConfigProblem::DuplicateIssuer { setting: name("issuer"), found });
            }
            local.extend(LocalIssuer::of(&rules.issuer, &origin, introspection.as_ref().map(|(settings, _)| settings)));
            let introspector = introspection.and_then(|(introspection, rules)| {
                let setting = introspection.mode_setting(name);
                let made = settings.introspector(&introspection, rules);
                made.map_err(|reason| problems.push(ConfigProblem::Unusable { setting, reason })).ok()
            });
            match settings.key_store(&rules.issuer, &origin) {
                Ok(keys) => trusted.push(TrustedIssuer { rules: Arc::new(rules), keys, introspector }),
                Err(reason) => problems.push(ConfigProblem::KeySet { setting: name(origin.setting()), reason }),
            }
        }
        if let [other, setting, ..] = opaque.as_slice() {
            problems.push(ConfigProblem::Contradiction {
                setting: setting.clone(),
                other: other.clone(),
                advice: "an opaque token does not name its issuer, so only one issuer can have the mode opaque",
            });
        }
        let name = |method: &str| if self.from_environment { variable(method) } else { Setting::method(method) };
        let mut protected_resource = self.protected_resource;
        if let Some(dpop) = &self.dpop {
            let (algorithms, is_required) = (dpop.algorithm_names(), dpop.is_required());
            settings.responses.dpop = Some(DpopChallenge { is_required, algorithms: algorithms.join(" ").into() });
            protected_resource.description.dpop_signing_alg_values_supported = algorithms;
            // Where certificates bind tokens too, not every token must be bound for DPoP.
            protected_resource.description.dpop_bound_access_tokens_required =
                is_required && self.client_certificates.is_none();
        }
        protected_resource.description.tls_client_certificate_bound_access_tokens = self.client_certificates.is_some();
        let identifier = protected_resource.identifier.clone();
        let resource = protected_resource.check(&trusted, settings.allow_http, name, &mut problems);
        let has_random_nonces = self.dpop.as_ref().is_some_and(Dpop::has_random_nonces);
        let mut dpop = self.dpop.and_then(|dpop| {
            dpop.check(identifier.as_deref(), settings.allow_http, settings.leeway, name, &mut problems)
        });
        let certificates = self.client_certificates.and_then(|certificates| certificates.check(name, &mut problems));
        let mut unexpected = |method: &str, found: &str, expected| {
            problems.push(ConfigProblem::Unexpected { setting: name(method), found: Excerpt::new(found), expected });
        };
        if settings.leeway > MAX_LEEWAY {
            unexpected("leeway", &format!("{} s", settings.leeway.as_secs_f64()), "at most 300 s");
        }
        if settings.token_cache_capacity > MAX_CACHED_TOKENS {
            let found = settings.token_cache_capacity.to_string();
            unexpected("token_cache_capacity", &found, "at most 10000000 tokens");
        }
        if settings.algorithms.is_empty() {
            unexpected("algorithms", "", "at least one algorithm");
        }
        if let Err(expected) = settings.keys.check() {
            unexpected("key_settings", &format!("{:?}", settings.keys), expected);
        }
        ConfigError::check(problems)?;
        local.iter().for_each(LocalIssuer::warn);
        without_effect.iter().for_each(|warning| tracing::warn!("{warning}"));
        development::warn_of_testing();
        if let Some(resource) = &resource {
            let mismatches = Mismatch::find(resource, &trusted, settings.responses.status_mapping);
            mismatches.iter().for_each(|mismatch| mismatch.log(resource));
        }
        if let Some(store) = &self.shared_store {
            let setting = name("shared_store");
            match &mut dpop {
                Some(rules) => rules.store = Some(store.start(Arc::clone(&settings.clock))),
                None => tracing::warn!("{setting} has no effect while DPoP is off"),
            }
            if has_random_nonces {
                tracing::warn!(
                    "{setting} is set, but each instance has its own random nonce secret, so that a nonce of one is not valid on the others"
                );
            }
        }
        settings.responses.protected_resource = resource;
        let ValidatorSettings { algorithms, clock, token_cache_capacity, responses, .. } = settings;
        Ok(Validator::new(
            trusted,
            algorithms,
            clock,
            token_cache_capacity,
            responses,
            SenderRules { dpop, certificates },
        ))
    }
}

impl ValidatorSettings {
    fn key_store(&self, issuer: &Arc<str>, origin: &KeyOrigin) -> Result<KeyStore, Box<str>> {
        let given = |set: JwkSet| {
            let keys = KeyStore::fixed(Arc::clone(issuer), set, &self.algorithms);
            if keys.status().usable() { Ok(keys) } else { Err(NO_USABLE_KEY.into()) }
        };
        let (allow_http, configure) = (self.allow_http, self.configure_http.clone());
        let parse = |error: url::ParseError| error.to_string();
        let source = match origin {
            KeyOrigin::Set(set) => return given(set.clone()),
            KeyOrigin::File(path) => {
                let unusable = |error: &dyn fmt::Display| format!("{}: {error}", path.display());
                let json = std::fs::read(path).map_err(|error| unusable(&error))?;
                let set = JwkSet::from_json(json).map_err(|error| unusable(&error))?;
                return given(set);
            }
            KeyOrigin::Uri(uri) => {
                let uri = Url::parse(uri).map_err(parse)?;
                HttpKeySource::from_jwks_uri(uri, allow_http, self.keys, configure)
            }
            KeyOrigin::Discovery => {
                HttpKeySource::from_issuer(Arc::clone(issuer), allow_http, self.keys, configure).map_err(parse)?
            }
        };
        Ok(KeyStore::remote(Arc::clone(issuer), &self.algorithms, self.keys, Arc::new(source), Arc::clone(&self.clock)))
    }

    /// The introspector of an issuer. `rules` are those of its answers.
    fn introspector(&self, introspection: &Introspection, rules: IssuerRules) -> Result<Introspector, &'static str> {
        let (configure, clock) = (self.configure_http.clone(), Arc::clone(&self.clock));
        introspection.introspector(Arc::new(rules), self.allow_http, self.keys, configure, clock)
    }
}

impl Validator {
    /// Builds a validator. See [`ValidatorBuilder`] for the settings and their defaults.
    pub fn builder() -> ValidatorBuilder {
        ValidatorBuilder::new()
    }
}

/// Shows no settings, because they may contain secrets.
impl fmt::Debug for ValidatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValidatorBuilder").finish_non_exhaustive()
    }
}

/// Settings that weaken security, from [`ValidatorBuilder::dangerous`].
///
/// ```
/// use okta_auth_runtime::Validator;
///
/// let validator = Validator::builder()
///     .issuer("http://okta.internal:8000/oauth2/default")
///     .audience("api://default")
///     .any_client()
///     .dangerous()
///     .allow_http()
///     .build()?;
/// # drop(validator);
/// # Ok::<(), okta_auth_runtime::ConfigError>(())
/// ```
#[must_use = "a builder does nothing until `.build()`"]
#[derive(Debug)]
pub struct Dangerous(ValidatorBuilder);

impl Dangerous {
    /// Allows issuers and key sets on plain http, for a private network such as that of a compose file. Anyone who can
    /// answer in place of the issuer can then forge tokens.
    pub fn allow_http(mut self) -> ValidatorBuilder {
        self.0.settings.allow_http = true;
        self.0
    }
}
