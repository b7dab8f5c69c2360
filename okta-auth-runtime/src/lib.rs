//! The runtime of [okta-auth](https://docs.rs/okta-auth): validates Okta access tokens and guards actix-web handlers.
//!
//! Depend on `okta-auth`, which re-exports all of this and has the guide.
//!
//! # Modules
//!
//! A module uses only modules of earlier rows.
//!
//! | layer | module | contents | source |
//! |---:|---|---|---|
//! | 1 | `clock` | the current time | |
//! | 1 | `algorithm` | the table of signature algorithms | RFC 7518, 8037, 9864 |
//! | 1 | `error` | the causes of failure | |
//! | 1 | `warning` | the limit of warnings by time | |
//! | 2 | `jose` | text to signed JSON and to keys; no OAuth, no I/O | RFC 7515-7519, 8037 |
//! | 2 | `http` | one bounded request | RFC 9110, 9111 |
//! | 3 | `metadata` | the location of an issuer's endpoints | RFC 8414, OpenID Connect Discovery |
//! | 3 | `protected_resource` | the API's identifier and its published metadata | RFC 9728 |
//! | 3 | `access_token` | header, claims, the ordered list of checks, the valid token | RFC 8725, 9068, 7800, 8693 |
//! | 3 | `mtls` | the certificate of a client's TLS connection (feature `mtls`) | RFC 8705 |
//! | 3 | `shared_store` | the proofs that were used, on this instance or on all | RFC 9449 |
//! | 4 | `introspection` | a token's claims from the authorization server | RFC 7662 |
//! | 4 | `keys` | the key that verifies a token now: life cycle, remote set, store | RFC 7517 |
//! | 5 | `context` | `AuthContext`, the proof that every check passed | |
//! | 6 | `sender` | the sender of a token: Bearer, a proof of the key (DPoP), a certificate | RFC 9449, 8705, 9440 |
//! | 6 | `policy` | authorization decisions | RFC 9470, 8693 |
//! | 7 | `rejection` | every rejection: one row per cause | RFC 6750, 9457 |
//! | 8 | `validator` | trusted issuers, cached tokens, `validate`, `explain` | |
//! | 8 | `explain` | the public path of the explanation | |
//! | 9 | `openapi` | the security of an OpenAPI document (feature `utoipa`) | OpenAPI 3.1 |
//! | 9 | `config` | builder, environment, common mistakes | |
//! | 10 | `web` | actix-web: credentials, caller, guard, extractors, middleware, the route of the metadata | |
//!
//! # The path of a request
//!
//! ```text
//! web::guard → web::authenticate      a caller that the request remembers, or else:
//!   → web::credentials                one Authorization header: Bearer, or DPoP with one proof
//!   → validator
//!       → the cache: a token that was validated before ────────────┐
//!       → access_token (parse, issuer) → keys → verify → checks    │
//!         or introspection (opaque, or always) → checks            │
//!       → a valid token, not yet a caller              ◄───────────┘
//!   → sender: not bound, or the certificate, or a proof of the key
//!       → shared_store: the proof was not used before
//!   ⇒ AuthContext
//!   → policy → introspection (active_within) → the handler's arguments → the handler
//! any failure → rejection
//! ```

#[cfg(not(any(feature = "aws-lc-rs", feature = "rust-crypto")))]
compile_error!("okta-auth needs a signature backend: turn on the feature `aws-lc-rs` (the default) or `rust-crypto`");

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
compile_error!("okta-auth needs TLS to fetch keys: turn on the feature `rustls` (the default) or `native-tls`");

mod access_token;
mod algorithm;
mod clock;
pub mod config;
mod context;
pub mod error;
mod http;
mod introspection;
mod jose;
pub mod keys;
mod metadata;
#[cfg(feature = "mtls")]
pub mod mtls;
#[cfg(feature = "utoipa")]
pub mod openapi;
mod policy;
mod protected_resource;
mod rejection;
mod sender;
mod shared_store;
mod validator;
mod warning;
mod web;

pub use access_token::{Actor, Profile};
pub use algorithm::Algorithm;
pub use config::Issuer;
pub use context::AuthContext;
pub use error::{ConfigError, TokenError, ValidateError};
pub use okta_auth_macros::{login_required, policy};
pub use policy::{CheckFn, ClaimValue, Policy};
pub use rejection::{Reason, Rejection, StatusMapping};
pub use validator::Validator;
pub use web::{Claims, LoginRequired, MaybeAuth, ResourceMetadata};

/// The result of [`Validator::explain`]: every check of a token, with advice.
pub mod explain {
    pub use crate::validator::{Answer, Check, Explanation, Verdict};
}

/// Items referenced by the macro expansion. Not public API.
#[doc(hidden)]
pub mod __private {
    pub use actix_web::web::Payload;
    pub use actix_web::{FromRequest, HttpRequest, Responder};
    pub use okta_auth_macros::login_required_innermost;

    pub use crate::policy::constant as policy;
    #[cfg(feature = "testing")]
    pub use crate::web::log_in;
    pub use crate::web::{guard, guard_active};
}

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
#[path = "fuzzing.rs"]
pub mod __fuzz;

#[cfg(test)]
mod test_log;

/// The fuzz assertions. Their tests replay the committed corpus. They name this crate as other crates do.
#[cfg(test)]
#[path = "../../fuzz/src/lib.rs"]
#[allow(unreachable_pub)]
mod fuzz;
#[cfg(test)]
extern crate self as okta_auth_runtime;
