//! The runtime of [okta-auth](https://docs.rs/okta-auth): validates Okta access tokens and guards actix-web handlers.
//!
//! Depend on `okta-auth`, which re-exports all of this and has the guide.
//!
//! The journey of a request is one way down: header to token (`web`), `Validator`, verified-token cache, JWS, key,
//! signature, claims (`token`, `keys`), back in `web` the policy and the handler's arguments, then the handler. Every
//! failure goes straight to [`Rejection`].

#[cfg(not(any(feature = "aws-lc-rs", feature = "rust-crypto")))]
compile_error!("okta-auth needs a signature backend: turn on the feature `aws-lc-rs` (the default) or `rust-crypto`");

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
compile_error!("okta-auth needs TLS to fetch keys: turn on the feature `rustls` (the default) or `native-tls`");

mod access_token;
mod algorithm;
mod clock;
mod config;
mod context;
mod error;
mod http;
mod jose;
mod keys;
mod metadata;
mod policy;
mod rejection;
mod validator;
mod web;

pub use access_token::{Profile, ProfileBuilder};
pub use algorithm::Algorithm;
pub use clock::{Clock, SystemClock};
pub use config::{Dangerous, Issuer, ValidatorBuilder};
pub use context::AuthContext;
pub use error::{
    ClaimError, ConfigError, ConfigProblem, Excerpt, FetchError, HttpError, KeyError, MetadataError, Segment, Setting,
    SkippedKey, TokenError, ValidateError,
};
pub use jose::{JwkSet, JwkSetError};
pub use keys::{IssuerStatus, KeySettings};
pub use okta_auth_macros::{login_required, policy};
pub use policy::{CheckFn, ClaimValue, Policy};
pub use rejection::{OnRejection, Reason, Rejection, StatusMapping};
pub use validator::{Check, Explanation, Validator, Verdict};
pub use web::{Claims, LoginRequired, MaybeAuth};

/// What the attribute's expansion names. Not for anyone else.
#[doc(hidden)]
pub mod __private {
    pub use actix_web::web::Payload;
    pub use actix_web::{FromRequest, HttpRequest, Responder};
    pub use okta_auth_macros::login_required_innermost;

    pub use crate::policy::constant as policy;
    pub use crate::web::guard;
    #[cfg(feature = "testing")]
    pub use crate::web::log_in;
}
