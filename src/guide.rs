//! The guide: one page for each task, in reading order.
//!
//! | page | answers |
//! |---|---|
//! | [okta_setup] | which authorization server, and where are its values in the Admin Console? |
//! | [configuration] | which variables and settings are there, and what are their defaults? |
//! | [policies] | how does a handler, or a whole app, require scopes, groups or a claim, and how does it get the caller? |
//! | [step_up] | how does a handler require a second factor or a recent login, and how does it tell an agent from its user? |
//! | [dpop] | how do I accept only tokens that are bound to a key of the client, behind a proxy and with several instances? |
//! | [certificates] | how do I accept tokens that are bound to a certificate of the client, directly and behind a proxy? |
//! | [introspection] | how do I accept opaque tokens and those of the org server, and refuse a token that was just revoked? |
//! | [fapi] | which requirements of the FAPI 2.0 Security Profile are fulfilled, and which are left to me? |
//! | [rejections] | which status, headers and body does a rejected request get, and how do I change them? |
//! | [testing] | how do I test handlers, rejected tokens and outages without Okta? |
//! | [keys] | when are keys fetched, how long are they used, and where do they come from? |
//! | [issuers] | how do I trust several authorization servers, or one that is not Okta's? |
//! | [deployment] | how do I run it: image, readiness, proxies, several instances, CORS, logging, cache, clock? |
//! | [ecosystem] | how does it work together with CORS, sessions, WebSockets, files, tracing, Sentry, OpenAPI? |
//! | [mcp] | how do I protect an MCP server, and each of its tools? |
//! | [troubleshooting] | why is my token rejected? |
//! | [from_flask] | how do I replace the Flask decorator? |
//!
//! All code on these pages compiles, and runs unless it needs a port. The rules for tokens and proofs, with their sources and tests, are
//! in the repository: [token rules](https://github.com/okta-auth/okta-auth/blob/main/docs/token-rules.md),
//! [proof rules](https://github.com/okta-auth/okta-auth/blob/main/docs/proof-rules.md). The guarantees and their limits are in
//! [SECURITY.md](https://github.com/okta-auth/okta-auth/blob/main/SECURITY.md).

#[doc = include_str!("guide/okta_setup.md")]
pub mod okta_setup {}

#[doc = include_str!("guide/configuration.md")]
pub mod configuration {}

#[doc = include_str!("guide/policies.md")]
pub mod policies {}

#[doc = include_str!("guide/step_up.md")]
pub mod step_up {}

#[doc = include_str!("guide/dpop.md")]
pub mod dpop {}

#[doc = include_str!("guide/certificates.md")]
pub mod certificates {}

#[doc = include_str!("guide/introspection.md")]
pub mod introspection {}

#[doc = include_str!("guide/fapi.md")]
pub mod fapi {}

#[doc = include_str!("guide/rejections.md")]
pub mod rejections {}

#[doc = include_str!("guide/testing.md")]
pub mod testing {}

#[doc = include_str!("guide/keys.md")]
pub mod keys {}

#[doc = include_str!("guide/issuers.md")]
pub mod issuers {}

#[doc = include_str!("guide/deployment.md")]
pub mod deployment {}

#[doc = include_str!("guide/ecosystem.md")]
pub mod ecosystem {}

#[doc = include_str!("guide/mcp.md")]
pub mod mcp {}

#[doc = include_str!("guide/troubleshooting.md")]
pub mod troubleshooting {}

#[doc = include_str!("guide/from_flask.md")]
pub mod from_flask {}
