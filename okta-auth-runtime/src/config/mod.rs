//! What a validator is told: by its builder or by the environment.

mod builder;
mod environment;
mod issuer;
mod url_rules;

pub(crate) use builder::Settings;
pub use builder::{Dangerous, ValidatorBuilder};
pub use issuer::Issuer;
pub(crate) use issuer::TrustedIssuer;
pub(crate) use url_rules::is_okta_domain;
