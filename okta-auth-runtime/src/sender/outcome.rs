//! The outcomes of confirming a sender.

use crate::error::{ProofError, TokenError};
use crate::shared_store::ProofId;

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
    /// The memory of proofs can't say whether the proof was used before: it is full, or the shared store is unavailable.
    /// `fresh_nonce` is set if that of the proof is due for renewal.
    StoreUnavailable {
        fresh_nonce: Option<String>,
    },
}

/// A proof that the request has spent.
#[derive(Debug, Clone)]
pub(crate) struct SpentProof {
    pub(crate) id: ProofId,
    /// The nonce that the response carries, if that of the proof is due for renewal.
    pub(crate) fresh_nonce: Option<String>,
}

impl SenderError {
    /// The nonce for the next proof of the client.
    pub(crate) fn take_nonce(&mut self) -> Option<String> {
        match self {
            Self::NonceRequired { fresh, .. } => Some(std::mem::take(fresh)),
            Self::StoreUnavailable { fresh_nonce } => fresh_nonce.take(),
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
