//! The runtime of okta-auth.

#[cfg(not(any(feature = "aws-lc-rs", feature = "rust-crypto")))]
compile_error!("okta-auth needs a signature backend: turn on the feature `aws-lc-rs` (the default) or `rust-crypto`");

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
compile_error!("okta-auth needs TLS to fetch keys: turn on the feature `rustls` (the default) or `native-tls`");

mod clock;
mod error;
mod keys;

pub use clock::{Clock, SystemClock};
pub use error::{ConfigError, ConfigProblem, Excerpt, FetchError, KeyError, Segment, TokenError, ValidateError};
pub use keys::{Algorithm, IssuerStatus, JwkSet, JwkSetError};
