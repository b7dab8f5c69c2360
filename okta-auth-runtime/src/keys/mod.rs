//! One JWK to one verifying key, a key set that selects, and the store around it.
//!
//! From the inside out: `algorithm` is the one table of algorithms, `crypto` verifies, `key` is a parsed key that knows
//! until when it may be used, `jwk` and `jwk_set` parse and select. Around them `remote` fetches: when is `lifecycle`'s
//! to say (with the numbers of `settings`), how is `http_fetch`'s, over `discovery`, `http` and `cache_control`. `store`
//! is what a validator sees.

mod fetch;
mod http_fetch;
mod lifecycle;
mod remote;
mod settings;
mod status;
mod store;
#[cfg(test)]
mod tests;
mod warnings;

pub use settings::KeySettings;
pub use status::IssuerStatus;

pub(crate) use fetch::FetchFailure;
pub(crate) use http_fetch::HttpFetch;
pub(crate) use store::{FindError, KeyStore};
