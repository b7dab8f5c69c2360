//! From a token to the caller.

mod explain;
mod token_cache;

pub use explain::{Check, Explanation, Verdict};

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use once_cell::sync::OnceCell;
use url::Url;

use crate::access_token::{
    ClaimNames, Expectations, Header, KnownHeader, KnownHeaders, TypeRule, UnverifiedClaims, unverified_issuer,
};
use crate::algorithm::Algorithm;
use crate::clock::since_epoch;
use crate::config::{Settings, TrustedIssuer, ValidatorBuilder};
use crate::context::{AuthContext, Proof};
use crate::error::{ConfigError, Excerpt, KeyError, TokenError, ValidateError};
use crate::jose::{Key, Segments};
use crate::keys::{FindError, IssuerStatus, KeyStore};
use token_cache::TokenCache;

/// Validates access tokens: the one thing that makes an [`AuthContext`].
///
/// Clones share keys and cache; put one in app data, bare or as `web::Data`. All workers use the same keys, and a key set
/// is fetched once for all of them.
///
/// Without actix-web, [`validate`](Self::validate) is all that is needed:
///
/// ```
/// use okta_auth_runtime::{ValidateError, Validator};
///
/// async fn who(validator: &Validator, token: &str) -> Result<String, ValidateError> {
///     Ok(validator.validate(token).await?.user().to_owned())
/// }
/// # let _ = who;
/// ```
#[derive(Clone)]
pub struct Validator(Arc<Inner>);

struct Inner {
    issuers: Vec<Trust>,
    headers: KnownHeaders,
    tokens: TokenCache,
    settings: Settings,
}

static OF_ENVIRONMENT: OnceCell<Result<Validator, ConfigError>> = OnceCell::new();

/// What was found out about a token without waiting.
enum Judgement<'v> {
    Valid(AuthContext),
    /// The key of this header is not at hand.
    KeyWanted {
        trust: &'v Trust,
        known: Arc<KnownHeader>,
    },
}

/// A trusted issuer with its keys.
pub(crate) struct Trust {
    issuer: Arc<str>,
    pub(crate) expected: Expectations,
    pub(crate) type_rule: TypeRule,
    keys: KeyStore,
}

impl Validator {
    /// Builds a validator. See [`ValidatorBuilder`] for the settings and their defaults.
    pub fn builder() -> ValidatorBuilder {
        ValidatorBuilder::new()
    }

    /// The validator that the environment configures.
    ///
    /// | variable | | |
    /// |---|---|---|
    /// | `OKTA_ISSUER` | required | the authorization server, such as `https://dev-123456.okta.com/oauth2/default` |
    /// | `OKTA_CLIENT_ID` | required | allowed clients, separated by commas |
    /// | `OKTA_AUDIENCE` | required | allowed audiences, separated by commas |
    /// | `OKTA_JWKS_URI` | optional | where the keys are; discovered from the issuer without it |
    /// | `OKTA_LEEWAY` | optional | whole seconds from 0 to 300; default 60 |
    /// | `OKTA_STATUS_MAPPING` | optional | `decorator` (default) or `rfc6750` |
    /// | `OKTA_TOKEN_CACHE_CAPACITY` | optional | how many verified tokens are remembered; default 10000, 0 for none |
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with every problem at once, by variable.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::builder().from_env().build()
    }

    /// The process-wide validator of apps that have none in app data: made from the environment on first use.
    pub(crate) fn of_environment() -> Result<&'static Self, &'static ConfigError> {
        OF_ENVIRONMENT.get_or_init(Self::from_env).as_ref()
    }

    /// The same, if it was made.
    pub(crate) fn of_environment_if_made() -> Option<&'static Self> {
        OF_ENVIRONMENT.get()?.as_ref().ok()
    }

    pub(crate) fn assemble(issuers: Vec<(TrustedIssuer, KeyStore)>, settings: Settings) -> Self {
        let trust = |(issuer, keys): (TrustedIssuer, KeyStore)| Trust {
            issuer: issuer.issuer.as_ref().into(),
            type_rule: issuer.profile.type_rule,
            expected: Expectations {
                names: ClaimNames::new(&issuer.profile),
                issuer: issuer.issuer,
                audiences: issuer.audiences,
                clients: issuer.clients,
                leeway: settings.leeway,
            },
            keys,
        };
        let tokens = TokenCache::new(settings.token_cache_capacity);
        let issuers = issuers.into_iter().map(trust).collect();
        Self(Arc::new(Inner { issuers, headers: KnownHeaders::default(), tokens, settings }))
    }

    /// Validates an access token.
    ///
    /// # Errors
    ///
    /// [`ValidateError::Token`] if the token is bad, [`ValidateError::Keys`] if the keys of its issuer can't be had, so
    /// that nothing can be decided.
    pub async fn validate(&self, token: &str) -> Result<AuthContext, ValidateError> {
        match self.recall(token.as_bytes()) {
            Some(user) => Ok(user),
            None => self.decide(token).await,
        }
    }

    /// Fetches the keys of every issuer, unless they are at hand: before serving, so that the first request does not
    /// wait, and in a readiness probe.
    ///
    /// Waits as a request does, 5 s by default; within the back-off of a failed fetch it answers at once.
    ///
    /// # Errors
    ///
    /// [`KeyError`] of the first issuer whose keys can't be had.
    pub async fn warm_up(&self) -> Result<(), KeyError> {
        let all = join_all(self.0.issuers.iter().map(|trust| trust.keys.warm_up())).await;
        all.into_iter().collect()
    }

    /// How the keys of each issuer are: for readiness probes and metrics. Never waits, never fetches.
    ///
    /// ```
    /// use okta_auth_runtime::Validator;
    ///
    /// fn ready(validator: &Validator) -> bool {
    ///     validator.status().iter().all(|issuer| issuer.usable())
    /// }
    /// # let _ = ready;
    /// ```
    pub fn status(&self) -> Vec<IssuerStatus> {
        self.0.issuers.iter().map(|trust| trust.keys.status()).collect()
    }

    /// The caller of a token that was verified before and still is valid. Never waits.
    pub(crate) fn recall(&self, token: &[u8]) -> Option<AuthContext> {
        // The clock is read for a hit alone.
        let (user, now) = self.0.tokens.find(token, || self.now())?;
        // Keys are refreshed ahead for those, too, who need none of them.
        let issuers = self.0.issuers.as_slice();
        if let Some(trust) = issuers.iter().find(|trust| Arc::ptr_eq(&trust.issuer, user.issuer_shared())) {
            trust.keys.tend(now);
        }
        Some(user)
    }

    /// Validates a token that is not remembered. Waits only if its key has to be fetched.
    pub(crate) async fn decide(&self, token: &str) -> Result<AuthContext, ValidateError> {
        let mut fetched = None;
        loop {
            match self.judge(token, fetched.take())? {
                Judgement::Valid(user) => return Ok(user),
                // What was parsed is given up, so that the futures of all requests stay small for this rare one.
                Judgement::KeyWanted { trust, known } => {
                    let Header { key_id, algorithm, .. } = &known.header;
                    fetched = Some(trust.find(key_id, *algorithm).await?);
                }
            }
        }
    }

    /// Validates a token with the key that was fetched for it, or else with one at hand.
    fn judge(&self, token: &str, fetched: Option<Arc<Key>>) -> Result<Judgement<'_>, TokenError> {
        let segments = Segments::split(token.as_bytes())?;
        let known = self.0.headers.find(segments.header);
        let is_new = known.is_none();
        let known = known.map_or_else(|| self.header(&segments).map(Arc::new), Ok)?;
        let header = &known.header;
        let (payload, signature) = (segments.payload_text()?, segments.signature()?);
        let trust = self.trust(&payload)?;
        let claims = UnverifiedClaims::parse(&payload, &trust.expected.names)?;
        // Before the key is looked for: a token of an issuer that is not configured never causes a fetch.
        claims.issued_by(&trust.expected)?;
        header.check_type(trust.type_rule)?;
        let now = self.now();
        let Some(key) = fetched.or_else(|| trust.keys.cached(&header.key_id, header.algorithm, now)) else {
            return Ok(Judgement::KeyWanted { trust, known });
        };
        key.verify(segments.signing_input, &signature)
            .map_err(|_| TokenError::BadSignature { kid: Excerpt::new(&header.key_id) })?;
        let valid = claims.validate(&trust.expected, now)?;
        let proof = Proof { key, checked_at: now, leeway: trust.expected.leeway };
        let user = AuthContext::assertion(payload, Arc::clone(&trust.issuer), valid, proof);
        if is_new {
            self.0.headers.insert(known);
        }
        self.0.tokens.insert(token.as_bytes(), &user);
        Ok(Judgement::Valid(user))
    }

    /// Parses a header that was not seen yet under a verified signature.
    fn header(&self, segments: &Segments<'_>) -> Result<KnownHeader, TokenError> {
        let text = segments.header_text()?;
        let header = Header::parse(&text, &self.0.settings.algorithms)?;
        Ok(KnownHeader::new(segments.header, header.into_owned()))
    }

    /// The issuer that the token names. Its `iss` is not verified yet: it only selects among those that are configured.
    pub(crate) fn trust(&self, payload: &str) -> Result<&Trust, TokenError> {
        self.only_issuer().map_or_else(|| self.trusted(payload), Ok)
    }

    /// The issuer that the token names, looked for even if there is only one.
    pub(crate) fn trusted(&self, payload: &str) -> Result<&Trust, TokenError> {
        let found = unverified_issuer(payload)?;
        self.0
            .issuers
            .iter()
            .find(|trust| *trust.issuer == *found)
            .ok_or_else(|| TokenError::IssuerNotAllowed { found: Excerpt::new(&found), expected: self.issuers() })
    }

    /// The issuer, if only one is configured.
    pub(crate) fn only_issuer(&self) -> Option<&Trust> {
        if let [only] = self.0.issuers.as_slice() { Some(only) } else { None }
    }

    /// The configured issuers.
    pub(crate) fn issuers(&self) -> Excerpt {
        Excerpt::list(self.0.issuers.iter().map(|trust| &trust.issuer))
    }

    /// Whether a configured issuer is on the same host as `issuer`.
    pub(crate) fn has_issuer_on_host_of(&self, issuer: &str) -> bool {
        let host = |url: &str| Url::parse(url).ok()?.host_str().map(str::to_owned);
        host(issuer)
            .is_some_and(|found| self.0.issuers.iter().any(|trust| host(&trust.issuer).as_ref() == Some(&found)))
    }

    pub(crate) fn now(&self) -> Duration {
        since_epoch(self.0.settings.clock.now())
    }

    pub(crate) fn algorithms(&self) -> &[Algorithm] {
        &self.0.settings.algorithms
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Whether this is the same validator, or a clone of it.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Trust {
    /// The key of this ID and algorithm: at hand, or fetched.
    pub(crate) async fn key(&self, id: &str, algorithm: Algorithm, now: Duration) -> Result<Arc<Key>, ValidateError> {
        if let Some(key) = self.keys.cached(id, algorithm, now) {
            return Ok(key);
        }
        self.find(id, algorithm).await
    }

    /// The key of this ID and algorithm; waits for a fetch that may bring it.
    async fn find(&self, id: &str, algorithm: Algorithm) -> Result<Arc<Key>, ValidateError> {
        self.keys.find(id, algorithm).await.map_err(|error| match error {
            FindError::UnknownKey => {
                TokenError::UnknownKey { kid: Excerpt::new(id), issuer: Excerpt::new(&self.issuer) }.into()
            }
            FindError::AlgorithmNotOfKey(of_key) => {
                let expected = Excerpt::list(of_key.iter().map(|algorithm| algorithm.name()));
                TokenError::AlgorithmNotOfKey { found: algorithm, kid: Excerpt::new(id), expected }.into()
            }
            FindError::Keys(error) => error.into(),
        })
    }
}

/// Shows the issuers alone.
impl fmt::Debug for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuers: Vec<&str> = self.0.issuers.iter().map(|trust| &*trust.issuer).collect();
        f.debug_struct("Validator").field("issuers", &issuers).finish_non_exhaustive()
    }
}
