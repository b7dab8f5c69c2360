//! Access token validation.

mod advice;
mod answer;
mod explain;
mod explain_answer;
mod explain_dpop;
mod explain_proof;
mod explanation;
mod introspect;
mod mismatches;
mod okta_domains;
mod proof_advice;
mod token_cache;
mod trusted_issuer;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

pub use answer::Answer;
pub use explanation::{Check, Explanation, Verdict};
pub(crate) use mismatches::Mismatch;
pub(crate) use okta_domains::okta_organization;
pub(crate) use trusted_issuer::TrustedIssuer;

use crate::access_token::{UnverifiedToken, ValidToken};
use crate::algorithm::Algorithm;
use crate::clock::{Clock, since_epoch};
use crate::context::AuthContext;
use crate::error::{Excerpt, KeyError, TokenError, ValidateError};
use crate::introspection::IntrospectionMode;
use crate::keys::IssuerStatus;
use crate::rejection::ResponseSettings;
use crate::sender::{CertificateRequest, Confirmed, Presentation, SenderError, SenderRules};
use token_cache::TokenCache;

/// Validates access tokens, and makes each [`AuthContext`] from one.
///
/// Clones share keys and cache; put one in app data, bare or as `web::Data`. All workers use the same keys, and a key set
/// is fetched once for all of them.
///
/// Without actix-web, [`validate`](Self::validate) is all that is needed:
///
/// ```
/// use okta_auth_runtime::{ValidateError, Validator};
///
/// async fn subject(validator: &Validator, token: &str) -> Result<String, ValidateError> {
///     Ok(validator.validate(token).await?.subject().to_owned())
/// }
/// # let _ = subject;
/// ```
#[derive(Clone)]
pub struct Validator(Arc<ValidatorParts>);

struct ValidatorParts {
    issuers: Vec<TrustedIssuer>,
    algorithms: Vec<Algorithm>,
    clock: Arc<dyn Clock>,
    cache: TokenCache,
    response_settings: Arc<ResponseSettings>,
    sender: SenderRules,
}

impl Validator {
    pub(crate) fn new(
        issuers: Vec<TrustedIssuer>,
        algorithms: Vec<Algorithm>,
        clock: Arc<dyn Clock>,
        cached_tokens: usize,
        responses: ResponseSettings,
        sender: SenderRules,
    ) -> Self {
        let (cache, response_settings) = (TokenCache::new(cached_tokens), Arc::new(responses));
        Self(Arc::new(ValidatorParts { issuers, algorithms, clock, cache, response_settings, sender }))
    }

    /// Validates an access token that came as a Bearer token.
    ///
    /// # Errors
    ///
    /// [`ValidateError::Token`] if the token is rejected. If no decision is possible: [`ValidateError::Keys`], because the keys of
    /// its issuer are not available, or [`ValidateError::Introspection`], because the introspection endpoint did not answer.
    pub async fn validate(&self, token: &str) -> Result<AuthContext, ValidateError> {
        let valid = match self.cached(token.as_bytes()) {
            Some(valid) => valid,
            None => self.validate_uncached(token).await?,
        };
        // There is no request here, and so no certificate. A token that is bound to one is refused.
        Ok(self.0.sender.confirm_bearer(valid, None)?)
    }

    /// Confirms that the sender may use a valid token. Without a request, a token that is bound to a certificate is refused.
    /// Waits only for a shared store.
    pub(crate) async fn confirm(
        &self,
        token: ValidToken,
        presentation: &Presentation<'_>,
        request: Option<&CertificateRequest<'_>>,
    ) -> Result<Confirmed, SenderError> {
        self.0.sender.confirm(token, presentation, request, || self.now()).await
    }

    /// Whether Bearer tokens that are not bound are refused.
    fn requires_dpop(&self) -> bool {
        self.0.sender.dpop.as_ref().is_some_and(|rules| rules.is_required)
    }

    /// Whether the scheme `DPoP` is read.
    pub(crate) fn accepts_dpop(&self) -> bool {
        self.0.sender.dpop.is_some()
    }

    /// Whether a proof waits for the answer of a shared store.
    pub(crate) fn has_shared_store(&self) -> bool {
        self.0.sender.dpop.as_ref().is_some_and(|rules| rules.store.is_some())
    }

    /// Whether the certificates of clients are read.
    fn accepts_certificates(&self) -> bool {
        self.0.sender.certificates.is_some()
    }

    /// The token, if it was validated before and still is valid. Never waits; starts a refresh of the keys if one is due.
    pub(crate) fn cached(&self, token: &[u8]) -> Option<ValidToken> {
        let (valid, now) = self.0.cache.find(token, || self.now())?;
        // A cached token is valid only while its key is usable, and only a refresh of the keys prolongs that.
        if let Some(issuer) = self.0.issuers.iter().find(|issuer| Arc::ptr_eq(&issuer.rules, valid.rules())) {
            issuer.keys.refresh_if_due(now);
        }
        Some(valid)
    }

    /// Validates a token from its text. Waits only if the key has to be fetched, or if the authorization server is asked.
    pub(crate) async fn validate_uncached(&self, text: &str) -> Result<ValidToken, ValidateError> {
        if let Some(introspector) = self.introspector_of(text) {
            // In a box, so that it does not enlarge the requests that are validated locally.
            return Box::pin(introspector.introspect(text)).await;
        }
        let token = UnverifiedToken::parse(text, &self.0.algorithms)?;
        let issuer = self.issuer_of(&token)?;
        let claimed = token.claimed_by(&issuer.rules)?;
        let key = issuer.find_key(token.key_id(), token.algorithm()).await?;
        let valid = claimed.verify(key)?.validate(self.now())?;
        self.0.cache.insert(text.as_bytes(), &valid);
        Ok(valid)
    }

    /// The trusted issuer that the token names. With only one, `claimed_by` checks `iss`.
    fn issuer_of(&self, token: &UnverifiedToken<'_>) -> Result<&TrustedIssuer, TokenError> {
        match self.0.issuers.as_slice() {
            [only] => Ok(only),
            _ => self.trusted(&token.issuer()?),
        }
    }

    /// The trusted issuer of this name.
    fn trusted(&self, name: &str) -> Result<&TrustedIssuer, TokenError> {
        let issuer = self.0.issuers.iter().find(|issuer| &*issuer.rules.issuer == name);
        issuer.ok_or_else(|| TokenError::IssuerNotAllowed { found: Excerpt::new(name), expected: self.issuer_names() })
    }

    /// The fake caller of a test with the leeway and the orders of its issuer, or else of the first issuer.
    #[cfg(feature = "testing")]
    pub(crate) fn with_orders(&self, fake: &AuthContext) -> AuthContext {
        let issuer = self.trusted(fake.issuer()).ok().or(self.0.issuers.first());
        issuer.map_or_else(|| fake.clone(), |issuer| fake.with_orders_of(&issuer.rules))
    }

    /// Fetches the keys of each issuer that has none. An issuer whose tokens are all introspected needs no keys. Call it before
    /// serving, so that the first request does not wait.
    ///
    /// It succeeds only if the keys of all issuers are available. An instance is ready as soon as those of one issuer are:
    /// a readiness probe calls this to start the fetches, ignores the result, and decides by [`status`](Self::status).
    /// Otherwise, an outage of one issuer locks out the users of all others.
    ///
    /// Waits at most [`KeySettings::wait`](crate::keys::KeySettings::wait), 5 s by default. During a back-off it returns the
    /// error at once.
    ///
    /// # Errors
    ///
    /// [`KeyError`] of the first issuer whose keys are not available.
    pub async fn warm_up(&self) -> Result<(), KeyError> {
        let needs_keys = |issuer: &&TrustedIssuer| issuer.introspector_with(IntrospectionMode::Always).is_none();
        let all = join_all(self.0.issuers.iter().filter(needs_keys).map(|issuer| issuer.keys.warm_up())).await;
        all.into_iter().collect()
    }

    /// The state of each issuer's keys and of its introspection endpoint, for readiness probes and metrics. Never waits, and causes
    /// neither a fetch nor a call.
    ///
    /// An instance is ready if at least one issuer is usable, because it can serve the users of that one.
    ///
    /// ```
    /// use okta_auth_runtime::Validator;
    ///
    /// fn ready(validator: &Validator) -> bool {
    ///     validator.status().iter().any(|issuer| issuer.usable())
    /// }
    /// # let _ = ready;
    /// ```
    pub fn status(&self) -> Vec<IssuerStatus> {
        self.0.issuers.iter().map(TrustedIssuer::status).collect()
    }

    fn issuer_names(&self) -> Excerpt {
        Excerpt::list(self.0.issuers.iter().map(|issuer| &issuer.rules.issuer))
    }

    /// The names of the trusted issuers, in the order of the configuration.
    #[cfg(feature = "utoipa")]
    pub(crate) fn issuers(&self) -> impl Iterator<Item = &str> {
        self.0.issuers.iter().map(|issuer| &*issuer.rules.issuer)
    }

    /// The accepted audiences of all issuers.
    fn audiences(&self) -> Excerpt {
        Excerpt::list(self.0.issuers.iter().flat_map(|issuer| &issuer.rules.audiences))
    }

    /// Logs that no validator is in app data, so that this one is used.
    pub(crate) fn log_fallback(&self) {
        let (issuer, audience) = (self.issuer_names(), self.audiences());
        tracing::info!(%issuer, %audience, "no validator in app data: the environment configures one");
    }

    pub(crate) fn now(&self) -> Duration {
        since_epoch(self.0.clock.now())
    }

    /// The settings of rejections.
    pub(crate) fn response_settings(&self) -> Arc<ResponseSettings> {
        Arc::clone(&self.0.response_settings)
    }

    /// Whether this is the same validator, or a clone of it.
    pub(crate) fn same_as(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Shows only the issuers.
impl fmt::Debug for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuers: Vec<&str> = self.0.issuers.iter().map(|issuer| &*issuer.rules.issuer).collect();
        f.debug_struct("Validator").field("issuers", &issuers).finish_non_exhaustive()
    }
}
