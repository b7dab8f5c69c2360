//! One JWK to one verifying key, a key set that selects, and the store around it.
//!
//! From the inside out: `algorithm` is the one table of algorithms, `crypto` verifies, `key` is a parsed key that knows
//! until when it may be used, `jwk` and `jwk_set` parse and select. Around them `remote` fetches: when is `lifecycle`'s
//! to say (with the numbers of `settings`), how is `http_fetch`'s, over `discovery`, `http` and `cache_control`. `store`
//! is what a validator sees.

mod algorithm;
mod cache_control;
mod crypto;
mod discovery;
mod fetch;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod http;
mod http_fetch;
mod jwk;
mod jwk_set;
mod key;
mod lifecycle;
mod remote;
mod settings;
mod status;
mod store;
#[cfg(test)]
mod testdata;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
mod warnings;

pub use algorithm::Algorithm;
pub use jwk_set::{JwkSet, JwkSetError};
pub use settings::KeySettings;
pub use status::IssuerStatus;

pub(crate) use http::{ConfigureHttp, is_loopback};
pub(crate) use http_fetch::HttpFetch;
pub(crate) use key::Key;
pub(crate) use store::{FindError, KeyStore};
