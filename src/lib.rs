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
//! | the environment's variables | [`Validator::from_env`] |
//! | settings in code, and their defaults | [`config::ValidatorBuilder`] |
//! | policies made at run time or checked in a handler | [`Policy`] |
//! | an app, scope or resource that is closed by default | [`LoginRequired`] |
//! | the caller and the claims | [`AuthContext`], [`Claims`], [`error::ClaimError`] |
//! | optional login | [`MaybeAuth`] |
//! | statuses and reason codes | [`Reason`], [`StatusMapping`] |
//! | responses of your own | [`on_rejection`](config::ValidatorBuilder::on_rejection) |
//! | keys: how long they are used, when they are fetched | [`keys::KeySettings`] |
//! | several authorization servers | [`Issuer`] |
//! | Auth0 and other providers | [`Profile`] |
//! | why a token is refused | [`Validator::explain`], [`explain`], [`TokenError`] |
//! | errors and their causes | [`error`] |
//! | readiness probes | [`keys::IssuerStatus`] |
//! | validation without actix-web | [`Validator::validate`] |
//!
//! The crate `okta-auth-testing` is for tests: a local Okta, tokens right and wrong, outages on demand. The README has a
//! guide from the admin console to deployment.
//!
//! # The journey of a request
//!
//! 1. The attribute takes the one `Authorization` header, scheme Bearer, and nothing else of the request.
//! 2. A token that was verified before is looked up. The answer stands while the token has not expired and its key is
//!    still in the key set.
//! 3. Otherwise the token is validated: shape, header, issuer, key, signature, claims. Only an unknown key, or having no
//!    keys yet, makes a request wait for the network, and it waits for a bounded time.
//! 4. A valid token becomes the caller, unless it is bound to a key (`cnf`).
//! 5. The policy is checked.
//! 6. Only now the handler's arguments are extracted and the handler runs. The body of a request that was refused is
//!    never read.
//!
//! Every "no" is a [`Rejection`], which travels as an `actix_web::Error`.
//!
//! # Features
//!
//! | feature | default | meaning |
//! |---|---|---|
//! | `aws-lc-rs` | yes | token signatures with aws-lc-rs; wins where both are on |
//! | `rust-crypto` | no | token signatures in pure Rust, for targets on which aws-lc does not build |
//! | `rustls` | yes | TLS of the key fetch; brings aws-lc itself; wins where both are on |
//! | `native-tls` | no | TLS of the key fetch by the system's library |
//!
//! One of each pair has to be on; that none is on is a compile error. A build without aws-lc is
//! `default-features = false, features = ["rust-crypto", "native-tls"]`.

pub use okta_auth_runtime::*;

/// The code of the README has to compile, and to run where it says nothing else.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
