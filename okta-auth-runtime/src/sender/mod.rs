//! The sender of a token: turns a valid token, and the request that it came with, into a caller.
//!
//! A Bearer token belongs to anyone who holds it. A token that is bound to a key (`cnf`) is accepted only from a sender who
//! proves to hold that key: RFC 9449 (DPoP).

mod dpop;
mod nonce;
mod outcome;
mod target_uri;

use std::time::Duration;

pub(crate) use dpop::{DpopRequest, DpopRules, REFUSAL_WARNING_INTERVAL};
pub(crate) use nonce::Nonces;
pub(crate) use outcome::{SenderError, SpentProof};
pub(crate) use target_uri::{TargetUri, normalize_path};

use crate::access_token::{Evidence, ValidToken};
use crate::context::AuthContext;
use crate::error::TokenError;

/// How senders are confirmed.
#[derive(Default)]
pub(crate) struct SenderRules {
    /// `None` if DPoP is off.
    pub(crate) dpop: Option<DpopRules>,
}

/// How a token was sent.
pub(crate) enum Presentation<'r> {
    Bearer,
    Dpop(DpopRequest<'r>),
}

/// A caller, and the proof that the request has spent.
pub(crate) struct Confirmed {
    pub(crate) user: AuthContext,
    pub(crate) proof: Option<SpentProof>,
}

impl SenderRules {
    /// Confirms that the sender may use the token. `now` returns the time since the Unix epoch, for a proof. Waits only for a
    /// shared store, and only with a proof.
    pub(crate) async fn confirm(
        &self,
        token: ValidToken,
        presentation: &Presentation<'_>,
        now: impl FnOnce() -> Duration,
    ) -> Result<Confirmed, SenderError> {
        match (presentation, &self.dpop) {
            (Presentation::Bearer, Some(rules)) if rules.is_required && token.claims().confirmation.is_none() => {
                Err(TokenError::NotBound.into())
            }
            (Presentation::Bearer, _) => {
                Ok(Confirmed { user: AuthContext::new(token, &Evidence::default())?, proof: None })
            }
            (Presentation::Dpop(request), Some(rules)) => {
                let (key, proof) = rules.check(&token, request, now()).await?;
                let evidence = Evidence { key: Some(key), certificate: None };
                Ok(Confirmed { user: AuthContext::new(token, &evidence)?, proof: Some(proof) })
            }
            // The scheme is not read while DPoP is off.
            (Presentation::Dpop(_), None) => Err(TokenError::BoundToKey.into()),
        }
    }
}
