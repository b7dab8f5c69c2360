//! The keys of an issuer: which key verifies a token now, and when they are fetched.
//!
//! `store` is the validator's view. `remote` fetches: `lifecycle` decides when, by the numbers of `settings`; `source`
//! does it.

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
pub use crate::jose::JwkSet;
pub use settings::KeySettings;
pub use status::IssuerStatus;

pub(crate) use crate::error::FindError;
pub(crate) use source::HttpKeySource;
pub(crate) use store::KeyStore;
