//! The sender of a token: turns a valid token, and the request that it came with, into a caller.
//!
//! A Bearer token belongs to anyone who holds it. A token that is bound to a key (`cnf`) is accepted only from a sender who
//! proves to hold that key: RFC 9449 (DPoP).

mod dpop;
mod nonce;
mod replay_memory;
mod target_uri;

use std::time::Duration;

pub(crate) use dpop::{DpopRequest, DpopRules, FULL_WARNING_INTERVAL};
pub(crate) use nonce::Nonces;
pub(crate) use replay_memory::{ProofId, ReplayMemory};
pub(crate) use target_uri::{TargetUri, normalize_path};

use crate::access_token::ValidToken;
use crate::context::AuthContext;
use crate::error::{ProofError, TokenError};

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

/// Why a sender is not confirmed.
#[derive(Debug, PartialEq)]
pub(crate) enum SenderError {
    /// The token is not for this scheme, or bound to another key.
    Token(TokenError),
    Proof(ProofError),
    /// The proof is good, except that it has no valid nonce. `fresh` is one.
    NonceRequired {
        found: &'static str,
        fresh: String,
    },
    /// There is no room to remember the proof, so it can't be accepted. Its nonce can be due for renewal nevertheless.
    MemoryFull {
        fresh_nonce: Option<String>,
    },
}

/// A caller, and the proof that the request has spent.
pub(crate) struct Confirmed {
    pub(crate) user: AuthContext,
    pub(crate) proof: Option<SpentProof>,
}

/// A proof that the request has spent.
#[derive(Debug, Clone)]
pub(crate) struct SpentProof {
    pub(crate) id: ProofId,
    /// The nonce that the response carries, if that of the proof is due for renewal.
    pub(crate) fresh_nonce: Option<String>,
}

impl SenderRules {
    /// Confirms that the sender may use the token. `now` returns the time since the Unix epoch, for a proof.
    pub(crate) fn confirm(
        &self,
        token: ValidToken,
        presentation: &Presentation<'_>,
        now: impl FnOnce() -> Duration,
    ) -> Result<Confirmed, SenderError> {
        match (presentation, &self.dpop) {
            (Presentation::Bearer, Some(rules)) if rules.is_required && token.claims().confirmation.is_none() => {
                Err(TokenError::NotBound.into())
            }
            (Presentation::Bearer, _) => Ok(Confirmed { user: AuthContext::from_bearer(token)?, proof: None }),
            (Presentation::Dpop(request), Some(rules)) => {
                let (key, proof) = rules.check(&token, request, now())?;
                Ok(Confirmed { user: AuthContext::from_dpop(token, &key)?, proof: Some(proof) })
            }
            // The scheme is not read while DPoP is off.
            (Presentation::Dpop(_), None) => Err(TokenError::BoundToKey.into()),
        }
    }
}

impl SenderError {
    /// The nonce for the next proof of the client.
    pub(crate) fn take_nonce(&mut self) -> Option<String> {
        match self {
            Self::NonceRequired { fresh, .. } => Some(std::mem::take(fresh)),
            Self::MemoryFull { fresh_nonce } => fresh_nonce.take(),
            Self::Token(_) | Self::Proof(_) => None,
        }
    }
}

impl From<TokenError> for SenderError {
    fn from(error: TokenError) -> Self {
        Self::Token(error)
    }
}

impl From<ProofError> for SenderError {
    fn from(error: ProofError) -> Self {
        Self::Proof(error)
    }
}
