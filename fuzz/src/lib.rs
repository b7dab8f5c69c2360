//! The properties of the runtime that hold for every input. Each function panics if its input breaks one of them, and
//! returns whether the runtime accepts the input.
//!
//! This directory is also a module of the runtime's tests, which replay the committed corpus.

mod cache_control;
mod claims;
mod error;
mod header;
mod introspection;
mod json;
mod jwk_set;
mod proof;
#[cfg(test)]
mod replay;
mod target_uri;
mod token;

pub use cache_control::check_cache_control;
pub use header::check_header;
pub use introspection::check_introspection;
pub use jwk_set::check_jwk_set;
pub use proof::check_proof;
pub use token::check_token;
