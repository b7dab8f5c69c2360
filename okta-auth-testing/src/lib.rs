//! Tests for APIs that accept Okta access tokens, without a network.
//!
//! [`MockOkta`] is a local Okta server. It serves metadata and a JWK Set that rotates, signs valid and defective
//! tokens, and fails on demand. This crate belongs in `[dev-dependencies]`.
//!
//! [`LogIn`] and [`LoggedIn`] test handlers without a token.
//! [The guide](https://docs.rs/okta-auth/latest/okta_auth/guide/testing/index.html) has recipes.
//!
//! ```
//! use okta_auth_testing::{Endpoint, Fault, MockOkta};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let okta = MockOkta::start();
//!
//! // A token that the API under test must accept, and one that it must reject.
//! let good = okta.token().user("alice@example.com").user_id("00u1").scope("orders:read").sign();
//! let bad = okta.token().expired().sign();
//! # drop((good, bad));
//!
//! // Failures of the identity provider.
//! okta.rotate_without_overlap();
//! okta.fault(Fault::Status(503).on(Endpoint::Keys).times(2));
//! okta.go_down();
//! assert!(reqwest::get(okta.jwks_uri()).await.is_err());
//! okta.come_back();
//!
//! // The number of requests that arrived.
//! assert_eq!(okta.key_fetches(), 0);
//! # }
//! ```
//!
//! | feature | default | meaning |
//! |---|---|---|
//! | `aws-lc-rs` | yes | signs with aws-lc-rs; has precedence if both are enabled |
//! | `rust-crypto` | no | signs in pure Rust |
//! | `rustls`, `native-tls` | `rustls` | the TLS library of okta-auth's key fetch |

#[cfg(not(any(feature = "aws-lc-rs", feature = "rust-crypto")))]
compile_error!("okta-auth-testing signs tokens: turn on the feature `aws-lc-rs` (the default) or `rust-crypto`");

mod acr;
mod active;
mod answers;
mod authorization_server;
mod builder;
mod caller_middleware;
mod client;
mod client_cert_header;
mod clock;
mod connection;
mod cors;
mod endpoints;
mod extra_routes;
mod fault;
mod fault_middleware;
mod grants;
mod host;
mod ids;
mod introspection;
mod jws;
mod key;
mod key_pool;
mod key_ring;
mod mock;
mod opaque_tokens;
pub mod prelude;
mod private_jwk;
mod proof;
mod proof_key;
mod record;
mod serve;
mod sessions;
mod signature;
mod signing_algorithm;
mod state;
mod tamper;
mod test_caller;
mod test_request;
mod thumbprint;
mod token;
mod user;
mod validator;

pub use authorization_server::AuthorizationServer;
pub use builder::MockOktaBuilder;
pub use caller_middleware::{LoggedIn, LoggedInService};
pub use client::Client;
pub use client_cert_header::client_cert_header;
pub use clock::TestClock;
pub use fault::{Fault, Injection};
pub use key::SigningKey;
pub use mock::MockOkta;
pub use proof::ProofBuilder;
pub use proof_key::ProofKey;
pub use record::{Endpoint, ReceivedRequest};
pub use signing_algorithm::{SigningAlgorithm, UnsupportedAlgorithm};
pub use tamper::Tamper;
pub use test_caller::{TestCaller, TestContext};
pub use test_request::{LogIn, LoggedInRequest};
pub use token::TokenBuilder;
pub use user::User;

/// The examples of the README run with the doctests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
