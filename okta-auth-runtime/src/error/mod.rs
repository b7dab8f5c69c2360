//! Error types: tokens, keys, requests to the authorization server, claims and configurations.

mod claim;
mod config;
mod excerpt;
mod http;
mod introspection;
mod keys;
mod metadata;
mod proof;
mod seconds;
mod token;
mod validate;

pub use claim::ClaimError;
pub use config::{ConfigError, ConfigProblem, Setting};
pub use excerpt::Excerpt;
pub use http::HttpError;
pub use introspection::{CallError, IntrospectionError};
pub use keys::{FetchError, JwkSetError, KeyError, SkippedKey};
pub use metadata::MetadataError;
pub use proof::ProofError;
pub use token::{Segment, TokenError};
pub use validate::ValidateError;

pub(crate) use keys::FindError;
