//! The outcomes of confirming a sender.

use super::replay_memory::ProofId;
use crate::error::{ProofError, TokenError};

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
    /// The memory has no room for the proof, so the proof can't be accepted. `fresh_nonce` is set if that of the proof is due
    /// for renewal.
    MemoryFull {
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
