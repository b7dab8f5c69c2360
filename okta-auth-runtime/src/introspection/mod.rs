//! Asks the authorization server whether a token is active, and which claims it has: RFC 7662.
//!
//! A *call* is one request to the introspection endpoint. An *answer* is a response that says whether the token is active,
//! after its checks.
//!
//! `introspector` is the entry: it joins or starts calls, and keeps their answers in `memory`. `lifecycle` decides when a call is
//! made. `endpoint` makes it, with the credentials of `client_authentication`, and `response` reads the response. `status`
//! reports the state.

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
