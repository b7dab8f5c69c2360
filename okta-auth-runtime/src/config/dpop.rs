//! The settings of DPoP.

use std::fmt;
use std::time::Duration;

use parking_lot::Mutex;

use super::protected_resource::check_origin;
use crate::algorithm::Algorithm;
use crate::error::{ConfigProblem, Excerpt, Setting};
use crate::sender::{DpopRules, Nonces, REFUSAL_WARNING_INTERVAL, TargetUri, normalize_path};
use crate::shared_store::ReplayMemory;
use crate::warning::RateLimitedWarning;

const ORIGIN_EXAMPLE: &str = "https://api.example.com";

/// In bytes.
pub(super) const SHORTEST_SECRET: usize = 32;

/// In seconds.
const LONGEST_AGE: u64 = 600;

/// DPoP (RFC 9449): a token that is bound to a key works only with a proof of that key.
///
/// [`accept`](Self::accept) also accepts Bearer tokens that are not bound, [`require`](Self::require) does not. Both need
/// a [`resource`](super::ValidatorBuilder::resource): the URL in a proof must have its origin.
///
/// A proof works once. The memory of proofs belongs to the validator and its clones. Several instances need a
/// [`shared_store`](super::ValidatorBuilder::shared_store): without one, a proof works once on each.
///
/// The guide: [dpop](https://docs.rs/okta-auth/latest/okta_auth/guide/dpop/index.html).
///
/// | setting | default |
/// |---|---|
/// | [`algorithms`](Self::algorithms) | all of [`Algorithm::ALL`] |
/// | [`max_age`](Self::max_age) | 60 s, plus the leeway of the validator |
/// | [`origin`](Self::origin) | the origin of the resource |
/// | [`path_prefix`](Self::path_prefix) | none |
/// | [`memory`](Self::memory) | 1,000,000 proofs |
/// | [`require_nonces`](Self::require_nonces), [`nonce_secret`](Self::nonce_secret) | off |
///
/// ```
/// use okta_auth_runtime::Validator;
/// use okta_auth_runtime::config::Dpop;
///
/// let validator = Validator::builder()
///     .issuer("https://dev-123456.okta.com/oauth2/default")
///     .audience("api://default")
///     .any_client()
///     .resource("https://api.example.com/orders")
///     .dpop(Dpop::accept())
///     .build()?;
/// # drop(validator);
/// # Ok::<(), okta_auth_runtime::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Dpop {
    is_required: bool,
    algorithms: Vec<Algorithm>,
    max_age: Duration,
    origins: Vec<String>,
    path_prefix: String,
    memory: usize,
    nonces: NonceSetting,
}

/// Whether proofs need a nonce of this server.
#[derive(Clone)]
pub(super) enum NonceSetting {
    Off,
    /// With a random secret.
    Random,
    Secret(Vec<u8>),
}

/// Does not show the secret.
impl fmt::Debug for NonceSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "Off",
            Self::Random => "Random",
            Self::Secret(_) => "Secret(..)",
        })
    }
}

/// The error for a secret that is too short or not base64url.
pub(super) const SECRET_EXPECTED: &str = "at least 32 bytes, in an environment variable as base64url; this prints some: \
                                          openssl rand -base64 32 | tr '+/' '-_'";

impl NonceSetting {
    fn nonces(self) -> Result<Option<Nonces>, impl FnOnce(Setting) -> ConfigProblem> {
        let problem = |found: &'static str| {
            move |setting| ConfigProblem::Unexpected { setting, found: Excerpt::word(found), expected: SECRET_EXPECTED }
        };
        let secret = match self {
            Self::Off => return Ok(None),
            Self::Secret(secret) if secret.len() < SHORTEST_SECRET => {
                return Err(problem("a nonce secret that is too short"));
            }
            Self::Secret(secret) => secret,
            Self::Random => {
                let mut secret = vec![0; SHORTEST_SECRET];
                getrandom::fill(&mut secret).map_err(|_| problem("without randomness of the operating system"))?;
                secret
            }
        };
        Ok(Some(Nonces::new(&secret)))
    }
}

impl Dpop {
    /// Accepts bound tokens with a proof, and Bearer tokens that are not bound.
    pub fn accept() -> Self {
        Self {
            is_required: false,
            algorithms: Algorithm::ALL.to_vec(),
            max_age: Duration::from_secs(60),
            origins: Vec::new(),
            path_prefix: String::new(),
            memory: 1_000_000,
            nonces: NonceSetting::Off,
        }
    }

    /// Accepts only bound tokens: with a proof, or with the certificate of the client if
    /// [`client_certificates`](super::ValidatorBuilder::client_certificates) are configured.
    pub fn require() -> Self {
        Self { is_required: true, ..Self::accept() }
    }

    /// The algorithms of proofs. Default: all of [`Algorithm::ALL`]. Challenges and metadata name them.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// The greatest age of a proof, to which the leeway is added. Default 60 s, at most 600 s.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// Accepts proofs for this origin too, such as that of an internal name. Call again for more. Default: only the origin of
    /// the resource.
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }

    /// The beginning of the path that a proxy removes, such as `/api`, without a slash at its end. Clients sign the path with
    /// it. Default none.
    pub fn path_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.path_prefix = prefix.into();
        self
    }

    /// Requires a nonce of this server in each proof (RFC 9449 section 9), so that a proof can't be made in advance. The secret
    /// is random, so a nonce is valid only on this instance: with several, use [`nonce_secret`](Self::nonce_secret). Default
    /// off.
    ///
    /// A nonce is valid for 5 minutes. A client that has none gets 401 `use_dpop_nonce` with one in `DPoP-Nonce`. When a nonce
    /// is older than half of that time, the response has a fresh one, if the handler is behind the attribute or
    /// [`LoginRequired`](crate::LoginRequired).
    pub fn require_nonces(mut self) -> Self {
        self.nonces = NonceSetting::Random;
        self
    }

    /// As [`require_nonces`](Self::require_nonces), with a secret of at least 32 bytes that instances share.
    pub fn nonce_secret(mut self, secret: impl Into<Vec<u8>>) -> Self {
        self.nonces = NonceSetting::Secret(secret.into());
        self
    }

    /// The number of proofs that can be remembered at once. If it is reached, further requests with a proof get 503 until
    /// the oldest proofs are too old. Default 1,000,000, which takes up to 44 MiB. A proof is remembered for its greatest age.
    ///
    /// Clones of a validator share one memory. Build the validator once, outside of the closure of `HttpServer::new`:
    /// otherwise, each worker accepts a proof once.
    pub fn memory(mut self, proofs: usize) -> Self {
        self.memory = proofs;
        self
    }

    /// The names of the algorithms, for challenges and metadata.
    pub(super) fn algorithm_names(&self) -> Vec<&'static str> {
        let names = |algorithm: &Algorithm| match algorithm {
            // Most clients know only the name of RFC 9864.
            Algorithm::EdDSA => vec![algorithm.name(), "Ed25519"],
            algorithm => vec![algorithm.name()],
        };
        self.algorithms.iter().flat_map(names).collect()
    }

    pub(super) fn is_required(&self) -> bool {
        self.is_required
    }

    pub(super) fn has_nonces(&self) -> bool {
        !matches!(self.nonces, NonceSetting::Off)
    }

    /// Whether a nonce is valid only on this instance.
    pub(super) fn has_random_nonces(&self) -> bool {
        matches!(self.nonces, NonceSetting::Random)
    }

    /// The rules for proofs. Adds all problems to `problems`, with each setting named by `name`.
    pub(super) fn check(
        self,
        resource: Option<&str>,
        allow_http: bool,
        leeway: Duration,
        name: impl Fn(&str) -> Setting,
        problems: &mut Vec<ConfigProblem>,
    ) -> Option<DpopRules> {
        let setting = name("dpop");
        let before = problems.len();
        let mut unexpected = |found: &str, expected| {
            problems.push(ConfigProblem::Unexpected { setting: setting.clone(), found: Excerpt::new(found), expected });
        };
        if self.algorithms.is_empty() {
            unexpected("", "at least one algorithm");
        }
        if self.max_age.is_zero() || self.max_age > Duration::from_secs(LONGEST_AGE) {
            unexpected(&format!("{} s", self.max_age.as_secs_f64()), "a max_age above 0 and up to 600 s");
        }
        if self.memory == 0 {
            unexpected("0", "room for at least one proof");
        }
        let prefix = &*self.path_prefix;
        let is_path = !prefix.ends_with('/') && normalize_path(prefix).as_deref() == Some(prefix);
        if !prefix.is_empty() && !is_path {
            unexpected(prefix, "a path_prefix such as \"/api\", without a slash at its end");
        }
        let nonces = self.nonces.nonces().map_err(|problem| problems.push(problem(setting.clone())));
        let further = self.origins.iter().map(|origin| check_origin(&setting, origin, ORIGIN_EXAMPLE, allow_http));
        let further: Vec<_> =
            further.filter_map(|result| result.map_err(|problem| problems.push(problem)).ok()).collect();
        let own = resource.and_then(TargetUri::parse).map(|target| target.origin);
        match resource {
            None => problems.push(ConfigProblem::Missing {
                setting: name("resource"),
                example: "https://api.example.com/orders (DPoP needs it)",
            }),
            // A resource that is not a URL is a problem already.
            Some(resource) if own.is_none() && problems.is_empty() => problems.push(ConfigProblem::Unexpected {
                setting: name("resource"),
                found: Excerpt::url_text(resource),
                expected: "a URL of RFC 3986 (DPoP needs it)",
            }),
            Some(_) => {}
        }
        let (Ok(nonces), Some(own), true) = (nonces, own, problems.len() == before) else { return None };
        Some(DpopRules {
            is_required: self.is_required,
            algorithms: self.algorithms,
            max_age: self.max_age,
            leeway,
            origins: std::iter::once(own).chain(further).collect(),
            path_prefix: self.path_prefix.into(),
            memory: ReplayMemory::new(self.memory),
            store: None,
            nonces,
            refusal_warning: Mutex::new(RateLimitedWarning::new(REFUSAL_WARNING_INTERVAL)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConfigError, Validator};

    fn build(dpop: Dpop) -> Result<Validator, ConfigError> {
        let builder = Validator::builder().issuer("https://dev-1.okta.com/oauth2/default").audience("api").any_client();
        builder.resource("https://api.example.com/orders").dpop(dpop).build()
    }

    #[test]
    fn path_prefix_is_a_path_in_its_normal_form() {
        for prefix in ["", "/api", "/api/v1", "/a//b", "/a%2Fb", "/a;b,c:d@e"] {
            assert!(build(Dpop::accept().path_prefix(prefix)).is_ok(), "{prefix}");
        }
        for prefix in [
            "/",
            "api",
            "/api/",
            "/api?",
            "/api?a=b",
            "/api#",
            "/a/../b",
            "/api/..",
            "/.",
            "/%61pi",
            "/a%2fb",
            "/a b",
            "/{id}",
            "/é",
            "https://api.example.com/api",
        ] {
            let report = build(Dpop::accept().path_prefix(prefix)).expect_err(prefix).to_string();
            assert!(report.contains("expected a path_prefix such as \"/api\""), "{prefix}: {report}");
        }
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let builder = Validator::builder().issuer("https://dev-1.okta.com/oauth2/default").audience("api").any_client();
        let dpop = Dpop::accept().memory(0).origin("api.example.com").nonce_secret("short");
        let report = builder.dpop(dpop).build().expect_err("no resource").to_string();
        for part in [
            "room for at least one proof",
            "\"api.example.com\"",
            "a nonce secret that is too short",
            "`.resource(..)` is missing",
        ] {
            assert!(report.contains(part), "{part}: {report}");
        }
    }

    #[test]
    fn max_age_is_from_1_to_600_seconds() {
        for (seconds, is_valid) in [(0, false), (1, true), (600, true), (601, false)] {
            let validator = build(Dpop::accept().max_age(Duration::from_secs(seconds)));
            assert_eq!(validator.is_ok(), is_valid, "{seconds}");
        }
    }

    #[test]
    fn nonce_secret_is_long_and_never_shown() {
        let report = build(Dpop::accept().nonce_secret("hunter2-".repeat(3))).expect_err("too short").to_string();
        assert!(report.contains("a nonce secret that is too short") && !report.contains("hunter2"), "{report}");
        let dpop = Dpop::accept().nonce_secret("hunter2-".repeat(4));
        let debug = format!("{dpop:?} {:?}", build(dpop.clone()));
        assert!(!debug.contains("hunter2") && !debug.contains("104, 117"), "{debug}");
    }
}
