//! The keys of an issuer: which key verifies a token now, and when they are fetched.
//!
//! `store` finds a key. `remote` holds a fetched set. `state` is what its lock protects. `lifecycle` decides when to
//! fetch. `source` fetches. `settings` configures `lifecycle` and `source`. `status` reports the state.

mod lifecycle;
mod remote;
mod settings;
mod source;
mod state;
mod status;
mod store;
#[cfg(test)]
mod tests;
mod warning;

pub use crate::algorithm::Algorithm;
pub use crate::introspection::IntrospectionStatus;
pub use crate::jose::JwkSet;
pub use settings::KeySettings;
pub use status::IssuerStatus;

pub(crate) use crate::error::FindError;
pub(crate) use source::HttpKeySource;
pub(crate) use store::KeyStore;
