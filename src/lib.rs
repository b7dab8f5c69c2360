//! Okta access tokens for actix-web: one attribute protects a handler.
//!
//! ```no_run
//! use actix_web::{App, HttpServer, Responder, get, web};
//! use okta_auth::{AuthContext, Validator, login_required};
//! use serde_json::json;
//!
//! #[get("/test")]
//! #[login_required]
//! async fn test(user: AuthContext) -> impl Responder {
//!     web::Json(json!({ "user_id": user.user_id(), "email": user.user() }))
//! }
//!
//! #[get("/orders")]
//! #[login_required(scope("orders:read") && (group("ops") || claim("tier", "gold")))]
//! async fn orders() -> impl Responder {
//!     web::Json(json!({ "orders": [] }))
//! }
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let okta = Validator::from_env()?; // OKTA_ISSUER, OKTA_CLIENT_ID, OKTA_AUDIENCE, OKTA_JWKS_URI
//!     HttpServer::new(move || App::new().app_data(okta.clone()).service((test, orders)))
//!         .bind(("127.0.0.1", 8080))?
//!         .run()
//!         .await?;
//!     Ok(())
//! }
//! ```
//!
//! # Where to look
//!
//! | for | see |
//! |---|---|
//! | the attribute, its policies and its compile errors | [`macro@login_required`] |
//! | the environment variables | [`Validator::from_env`] |
//! | settings in code, and their defaults | [`config::ValidatorBuilder`] |
//! | policies that are made at run time or checked in a handler | [`Policy`] |
//! | an app, scope or resource that denies by default | [`LoginRequired`] |
//! | the caller and the claims | [`AuthContext`], [`Claims`], [`error::ClaimError`] |
//! | optional login | [`MaybeAuth`] |
//! | statuses and reason codes | [`Reason`], [`StatusMapping`] |
//! | custom responses | [`on_rejection`](config::ValidatorBuilder::on_rejection) |
//! | the life cycle of keys | [`keys::KeySettings`] |
//! | several authorization servers | [`Issuer`] |
//! | Auth0 and other providers | [`Profile`] |
//! | why a token is rejected | [`Validator::explain`], [`explain`], [`TokenError`] |
//! | errors and their causes | [`error`] |
//! | readiness probes | [`keys::IssuerStatus`] |
//! | validation without actix-web | [`Validator::validate`] |
//!
//! The crate `okta-auth-testing` is for tests: a local Okta, valid and defective tokens, outages on demand. The README has a
//! guide from the Admin Console to deployment.
//!
//! # The path of a request
//!
//! 1. The attribute reads the one `Authorization` header, scheme Bearer, and nothing else of the request.
//! 2. A cached token is accepted if it has not expired and its key is still in the key set.
//! 3. Any other token is validated: shape, header, issuer, key, signature, claims. A request waits for the network only if
//!    its key is unknown or there are no keys yet, and only for a limited time.
//! 4. A valid token becomes the caller, unless it is bound to a key (`cnf`).
//! 5. The policy is checked.
//! 6. The handler's arguments are extracted, and the handler runs. The body of a rejected request is never read.
//!
//! Every failure is a [`Rejection`], which is an `actix_web::Error`.
//!
//! # Features
//!
//! | feature | default | meaning |
//! |---|---|---|
//! | `aws-lc-rs` | yes | token signatures with aws-lc-rs; has precedence if both are enabled |
//! | `rust-crypto` | no | token signatures in pure Rust, for targets on which aws-lc does not build |
//! | `rustls` | yes | TLS of the key fetch with rustls, which uses aws-lc; has precedence if both are enabled |
//! | `native-tls` | no | TLS of the key fetch with the system's library |
//!
//! One of each pair must be enabled, or the crate does not compile. A build without aws-lc is
//! `default-features = false, features = ["rust-crypto", "native-tls"]`.

pub mod guide;

pub use okta_auth_runtime::*;

/// The code of the README compiles, and runs unless it is marked `no_run`.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
