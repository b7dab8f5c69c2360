//! JSON Object Signing and Encryption: parses tokens and keys, and makes and verifies signatures. Knows nothing of
//! OAuth; no I/O.
//!
//! RFC 7515 (JWS), 7517 (JWK), 7518 (algorithms), 7519 section 2 (NumericDate), 7638 (thumbprints), 8037 (Ed25519), and the
//! proof of RFC 9449 section 4.2, as far as it is JOSE.

mod crypto;
mod der;
mod error;
mod header;
pub(crate) mod json;
mod jwk;
mod jwk_set;
mod jws;
mod key;
mod numeric_date;
mod pem;
mod private_jwk;
mod private_key;
mod proof;
mod signing_key;
#[cfg(test)]
pub(crate) mod testdata;
mod thumbprint;
#[cfg(test)]
mod vectors;

pub use jwk_set::JwkSet;

pub(crate) use crypto::{MacKey, sha256};
pub(crate) use error::JoseError;
pub(crate) use header::JoseHeader;
pub(crate) use json::Members;
pub(crate) use jws::{Jws, MAX_LENGTH};
pub(crate) use key::{Key, KeyLifetime, millis};
pub(crate) use numeric_date::NumericDate;
pub(crate) use proof::{KnownHeader, ProofHeader, ProofKey, ProofSegments, UncheckedProofClaims, UnverifiedProof};
pub(crate) use signing_key::SigningKey;
pub(crate) use thumbprint::Thumbprint;
