//! A token that passed every check except `cnf`, which depends on the scheme that the token came with.

use std::sync::Arc;
use std::time::Duration;

use super::IssuerRules;
use super::claims::ValidClaims;
use crate::jose::{Key, NumericDate};

/// A token that is signed by its issuer and whose claims passed every check. Clones share it.
#[derive(Clone)]
pub(crate) struct ValidToken(Arc<TokenParts>);

struct TokenParts {
    payload: Box<str>,
    rules: Arc<IssuerRules>,
    claims: ValidClaims,
    /// `None` for the callers of tests that have no token.
    verification: Option<Verification>,
}

/// The key that verified the signature, and the time at which the claims were checked.
pub(super) struct Verification {
    pub(super) key: Arc<Key>,
    /// Since the Unix epoch.
    pub(super) validated_at: Duration,
}

impl ValidToken {
    pub(super) fn new(
        payload: &str,
        rules: Arc<IssuerRules>,
        claims: ValidClaims,
        verification: Option<Verification>,
    ) -> Self {
        Self(Arc::new(TokenParts { payload: payload.into(), rules, claims, verification }))
    }

    /// Whether every check still passes at `now`. `nbf` and `iat` passed earlier, so they pass unless the clock went back.
    pub(crate) fn is_valid_at(&self, now: Duration) -> bool {
        let validated_at = self.0.verification.as_ref().map(|verification| verification.validated_at);
        validated_at.is_some_and(|validated_at| validated_at <= now) && self.is_unexpired_at(now)
    }

    /// Whether the token has not expired at `now`, and its key is neither retired nor too old.
    pub(crate) fn is_unexpired_at(&self, now: Duration) -> bool {
        let key = self.0.verification.as_ref().map(|verification| &verification.key);
        NumericDate::at(now) < self.0.claims.expires_at.plus(self.0.rules.leeway)
            && key.is_some_and(|key| key.usable_at(now))
    }

    pub(crate) fn payload(&self) -> &str {
        &self.0.payload
    }

    pub(crate) fn claims(&self) -> &ValidClaims {
        &self.0.claims
    }

    pub(crate) fn rules(&self) -> &Arc<IssuerRules> {
        &self.0.rules
    }

    /// Whether the token belongs to a service: its issuer's users have a user ID, and the token has none.
    pub(crate) fn is_service(&self) -> bool {
        self.0.claims.user_id.is_none() && self.0.rules.has_user_id()
    }

    /// A token that was never signed, with the claims of an Okta access token. Only for okta-auth-testing. Any audience and
    /// client is accepted, at the Unix epoch with a leeway of 136 years.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn without_signature(payload: &str) -> Result<Self, crate::error::TokenError> {
        use super::{Profile, UncheckedClaims, unverified_issuer};

        let issuer = unverified_issuer(payload)?.into();
        let any = |audiences| {
            let leeway = Duration::from_secs(u32::MAX.into());
            Arc::new(IssuerRules::new(Arc::clone(&issuer), audiences, None, leeway, &Profile::okta()))
        };
        let rules = any(Vec::new());
        let found = UncheckedClaims::parse(payload, &rules)?.audiences()?;
        let rules = any(found.into_iter().map(|audience| audience.as_ref().into()).collect());
        let claims = UncheckedClaims::parse(payload, &rules)?.check_all(Duration::ZERO)?;
        Ok(Self::new(payload, Arc::clone(&rules), claims, None))
    }
}
