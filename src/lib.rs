//! Okta access tokens for actix-web: one attribute protects a handler.
//!
//! `#[login_required]` checks the token's signature, issuer, audience, client and times, and your own requirements, before it
//! reads anything else of the request. The keys are fetched once and refreshed in the background, so requests do not wait for
//! Okta.
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
//! # How do I ...?
//!
//! | task | page of the [guide] |
//! |---|---|
//! | find the values in the Admin Console of Okta | [okta_setup](guide::okta_setup) |
//! | configure an app: variables, builder, defaults | [configuration](guide::configuration) |
//! | require scopes, groups or claims; close a whole app; use the caller | [policies](guide::policies) |
//! | require a second factor or a recent login; distinguish agents from people | [step_up](guide::step_up) |
//! | accept only tokens that are bound to a key of the client (DPoP) | [dpop](guide::dpop) |
//! | accept tokens that are bound to a certificate of the client (mutual TLS) | [certificates](guide::certificates) |
//! | accept opaque tokens or those of Okta's org server; refuse a token that was just revoked | [introspection](guide::introspection) |
//! | fulfill the FAPI 2.0 Security Profile | [fapi](guide::fapi) |
//! | choose statuses, and change the response to a rejected request | [rejections](guide::rejections) |
//! | test handlers, rejected tokens and outages without Okta | [testing](guide::testing) |
//! | control when keys are fetched and how long they are used | [keys](guide::keys) |
//! | trust several authorization servers, Auth0, or another provider | [issuers](guide::issuers) |
//! | run it in production: image, readiness, proxies, several instances, CORS, logging | [deployment](guide::deployment) |
//! | use it together with CORS, sessions, WebSockets, tracing, OpenAPI | [ecosystem](guide::ecosystem) |
//! | protect an MCP server and its tools | [mcp](guide::mcp) |
//! | find out why a token is rejected | [troubleshooting](guide::troubleshooting) |
//! | replace the Flask decorator | [from_flask](guide::from_flask) |
//!
//! # Where are the items?
//!
//! | for | see |
//! |---|---|
//! | the attribute, its policies and its compile errors | [`macro@login_required`], [`policy!`] |
//! | policies that are made at run time or checked in a handler | [`Policy`] |
//! | an app, scope or resource that denies by default | [`LoginRequired`] |
//! | the caller, its actor and the claims | [`AuthContext`], [`Actor`], [`MaybeAuth`], [`Claims`], [`error::ClaimError`] |
//! | settings, and validation without actix-web | [`Validator`], [`config::ValidatorBuilder`], [`keys::KeySettings`] |
//! | several authorization servers, other providers | [`Issuer`], [`Profile`] |
//! | the security of an OpenAPI document | `openapi::OktaSecurity`, with the feature `utoipa` |
//! | metadata, for clients that find the authorization server on their own | [`Validator::resource_metadata`] |
//! | tokens that are bound to a key, and errors of proofs | [`config::Dpop`], [`error::ProofError`] |
//! | DPoP on several instances | [`config::SharedStore`], [`config::ReplayStore`] |
//! | tokens that are bound to a certificate | [`config::ClientCertificates`], and `mtls::client_certificate` with the feature `mtls` |
//! | tokens that only the authorization server can validate | [`config::Introspection`], [`Validator::confirm_active`], [`error::IntrospectionError`] |
//! | statuses, reason codes, custom responses | [`Reason`], [`StatusMapping`], [`on_rejection`] |
//! | why a token or a DPoP proof is rejected | [`Validator::explain`], [`Validator::explain_dpop`], [`explain`], [`TokenError`] |
//! | readiness probes | [`Validator::status`], [`keys::IssuerStatus`] |
//! | errors and their causes | [`error`] |
//!
//! The crate [`okta-auth-testing`](https://docs.rs/okta-auth-testing) is for tests: a local Okta, valid and defective tokens,
//! outages on demand.
//!
//! [`on_rejection`]: config::ValidatorBuilder::on_rejection
//!
//! # The path of a request
//!
//! 1. The attribute reads the one `Authorization` header, scheme Bearer, and nothing else of the request. If DPoP is on, the
//!    scheme can be DPoP, with a proof in the header `DPoP`.
//! 2. A cached token is accepted if it has not expired and its key is still in the key set.
//! 3. Any other token is validated: shape, header, issuer, key, signature, claims. A request waits for the network only if
//!    its key is unknown or there are no keys yet, and only for a limited time. With introspection, the authorization server is
//!    asked about an opaque token, or about every token.
//! 4. A valid token becomes the caller. If it is bound to a key (`cnf`), it needs a proof of that key for this request. If it is
//!    bound to a certificate, the client must have that certificate. Only a request with a proof waits for a shared store.
//! 5. The policy is checked. Then, if the handler has `active_within`, the authorization server must say that the token is active.
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
//! | `rustls` | yes | TLS of the key fetch and of the shared store with rustls, which uses aws-lc; has precedence if both are enabled |
//! | `native-tls` | no | TLS of the key fetch and of the shared store with the system's library |
//! | `mtls` | no | `mtls::client_certificate`: the certificates of clients, from TLS connections of actix-web with rustls |
//! | `redis` | no | `config::SharedStore::connect`: instances share the used DPoP proofs in Redis or Valkey |
//! | `utoipa` | no | `openapi::OktaSecurity`: the security of an OpenAPI document, from the policies |
//!
//! One of the first two and one of the next two must be enabled, or the crate does not compile. A build without aws-lc is
//! `default-features = false, features = ["rust-crypto", "native-tls"]`.

pub mod guide;

pub use okta_auth_runtime::*;

/// The code of the README compiles, and runs unless it is marked `no_run`.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
