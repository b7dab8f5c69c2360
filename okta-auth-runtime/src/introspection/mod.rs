//! The claims of a token from the authorization server that issued it: RFC 7662.
//!
//! `introspector` asks, and remembers the answers in `memory`. `lifecycle` decides when to call. `endpoint` makes a call, with
//! the credentials of `client_authentication`, and `response` reads its response. `status` reports the state.

mod client_authentication;
mod endpoint;
mod introspector;
mod lifecycle;
mod memory;
mod mode;
mod response;
mod status;
#[cfg(test)]
mod tests;

pub use mode::IntrospectionMode;
pub use status::IntrospectionStatus;

pub(crate) use client_authentication::ClientAuthentication;
pub(crate) use endpoint::IntrospectionEndpoint;
pub(crate) use introspector::{ActiveResponse, IntrospectionSettings, Introspector};
#[cfg(any(test, fuzzing))]
pub(crate) use response::TokenState;
