//! What a validator is told: by its builder or by the environment.

mod builder;
mod environment;
mod issuer;
mod url_rules;

pub use builder::{Dangerous, ValidatorBuilder};
pub use issuer::Issuer;
