//! One JWK to one verifying key, a key set that selects, and the store around it.

mod algorithm;
mod crypto;
mod jwk;
mod jwk_set;
mod key;
#[cfg(test)]
mod testdata;

pub use algorithm::Algorithm;
pub use jwk_set::{JwkSet, JwkSetError};
