//! JSON Object Signing and Encryption: parses tokens and keys, and verifies signatures. Knows nothing of OAuth; no I/O.
//!
//! RFC 7515 (JWS), 7517 (JWK), 7518 (algorithms), 7519 section 2 (NumericDate), 8037 (Ed25519).

mod crypto;
mod error;
mod header;
pub(crate) mod json;
mod jwk;
mod jwk_set;
mod jws;
mod key;
mod numeric_date;
#[cfg(test)]
pub(crate) mod testdata;
#[cfg(test)]
mod vectors;

pub use jwk_set::JwkSet;

pub(crate) use error::JoseError;
pub(crate) use header::JoseHeader;
pub(crate) use json::Members;
pub(crate) use jws::{Jws, MAX_LENGTH};
pub(crate) use key::{Key, KeyLifetime, millis};
pub(crate) use numeric_date::NumericDate;
