//! Asks the authorization server whether a token is active, and which claims it has: RFC 7662.
//!
//! A *call* is one request to the introspection endpoint. An *answer* is a response that says whether the token is active,
//! after its checks.
//!
//! `introspector` is the entry: it finds an answer in `memory`, or joins or starts a call. `lifecycle` decides when a call is made,
//! behind the lock of `shared`. `call_task` makes it and hands out its result. `endpoint` sends the request, with the credentials
//! of `client_authentication`, and `response` reads the response. `status` reports the state.

mod call_task;
mod client_authentication;
mod endpoint;
mod introspector;
mod lifecycle;
mod memory;
mod mode;
mod response;
mod shared;
mod status;
#[cfg(test)]
mod tests;

pub use mode::IntrospectionMode;
pub use status::IntrospectionStatus;

pub(crate) use client_authentication::ClientAuthentication;
pub(crate) use endpoint::IntrospectionEndpoint;
pub(crate) use introspector::{ActiveResponse, Introspector};
#[cfg(any(test, fuzzing))]
pub(crate) use response::TokenState;
pub(crate) use shared::IntrospectionSettings;
