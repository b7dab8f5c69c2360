//! Okta access tokens for actix-web.
pub use okta_auth_runtime::*;
