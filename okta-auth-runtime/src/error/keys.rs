//! Why the keys of an issuer can't be had.

use std::sync::Arc;
use std::time::Duration;

use super::Excerpt;

/// Why the keys of an issuer can't be had, so that nothing can be decided about its tokens.
///
/// ```
/// use std::time::Duration;
/// use okta_auth_runtime::{FetchError, KeyError};
///
/// let error = KeyError::unavailable(FetchError::Status { url: "https://example.com/keys".into(), found: 500 }, Duration::from_secs(2));
/// assert_eq!(error.retry_after(), Duration::from_secs(2));
/// assert_eq!(
///     error.to_string(),
///     "keys unavailable: https://example.com/keys answered with status 500, expected 200 (next attempt in 2 s)"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The last fetch failed and the next one is not due yet.
    #[error("keys unavailable: {cause} (next attempt in {} s)", whole_seconds(*retry_after))]
    Unavailable {
        /// Why the last fetch failed.
        cause: Arc<FetchError>,
        /// Until the next attempt.
        retry_after: Duration,
    },
    /// The fetch took longer than a request waits for it. It goes on for those that come later.
    #[error("keys unavailable: the fetch took longer than {} s", whole_seconds(*waited))]
    TimedOut {
        /// How long the request waited.
        waited: Duration,
    },
    /// A fetch is due, but there is no Tokio runtime to run it on.
    #[error("keys unavailable: a key fetch needs a Tokio runtime, call this from one")]
    NoRuntime,
}

impl KeyError {
    /// A failed fetch, and how long until the next one.
    pub fn unavailable(cause: impl Into<Arc<FetchError>>, retry_after: Duration) -> Self {
        Self::Unavailable { cause: cause.into(), retry_after }
    }

    /// How long a client does well to wait: what `Retry-After` says, rounded up to whole seconds, at least 1.
    pub fn retry_after(&self) -> Duration {
        let wait = match self {
            Self::Unavailable { retry_after, .. } => *retry_after,
            Self::TimedOut { .. } | Self::NoRuntime => Duration::ZERO,
        };
        Duration::from_secs(whole_seconds(wait).max(1))
    }
}

/// Rounded up, as `Retry-After` has no fractions (RFC 9110 section 10.2.3).
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}

/// Why one fetch of a key set failed.
///
/// URLs are shown without user information, query and fragment.
///
/// ```
/// use okta_auth_runtime::FetchError;
///
/// let error = FetchError::NoUsableKey { url: "https://example.com/keys".into(), skipped: 2 };
/// assert_eq!(error.to_string(), "https://example.com/keys holds no usable key (2 entries skipped)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The HTTP client can't be made: no CA certificates, or a setting of `configure_http`.
    #[error("the HTTP client can't be made: {reason}")]
    Client {
        /// What the HTTP library said.
        reason: Box<str>,
    },
    /// No connection, no TLS, no complete answer.
    #[error("{url} can't be reached: {reason}")]
    Unreachable {
        /// What was fetched.
        url: Box<str>,
        /// What the HTTP library said.
        reason: Box<str>,
    },
    /// The fetch took longer than its time-out.
    #[error("{url} did not answer in full within {} s", whole_seconds(*limit))]
    TimedOut {
        /// What was fetched.
        url: Box<str>,
        /// The time-out.
        limit: Duration,
    },
    /// Any status but 200. Redirects are not followed.
    #[error("{url} answered with status {found}, expected 200")]
    Status {
        /// What was fetched.
        url: Box<str>,
        /// The status code.
        found: u16,
    },
    /// The body is larger than its limit.
    #[error("{url} answered with more than {limit} bytes")]
    TooLarge {
        /// What was fetched.
        url: Box<str>,
        /// The limit in bytes.
        limit: usize,
    },
    /// The body is not what it has to be.
    #[error("{url} did not answer with {expected}")]
    Malformed {
        /// What was fetched.
        url: Box<str>,
        /// What it has to be.
        expected: &'static str,
    },
    /// A key set without a single key that can verify a token.
    #[error("{url} holds no usable key ({skipped} entries skipped)")]
    NoUsableKey {
        /// What was fetched.
        url: Box<str>,
        /// How many entries the set has, all skipped.
        skipped: usize,
    },
    /// The metadata names another issuer than the configured one: RFC 8414 section 3.3.
    #[error("{url} is the metadata of issuer {found}, expected {expected}")]
    OtherIssuer {
        /// What was fetched.
        url: Box<str>,
        /// The metadata's `issuer`.
        found: Excerpt,
        /// The configured issuer.
        expected: Excerpt,
    },
    /// The metadata names a `jwks_uri` that may not be fetched: not https, and not both ends on loopback.
    #[error("{url} names the jwks_uri {found}, expected an https URL")]
    InsecureKeySet {
        /// What was fetched.
        url: Box<str>,
        /// The metadata's `jwks_uri`.
        found: Excerpt,
    },
    /// The fetch ended before it was done, with the runtime that it ran on.
    #[error("the fetch was cut off")]
    Abandoned,
    /// The key set file can't be read or holds no key set.
    #[error("the key set file can't be used: {reason}")]
    File {
        /// What is wrong.
        reason: Box<str>,
    },
}
