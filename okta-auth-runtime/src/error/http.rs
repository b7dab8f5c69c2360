//! Why an HTTP request failed.

use std::time::Duration;

use super::Excerpt;
use super::seconds::whole_seconds;

/// Why one HTTP request to an authorization server failed.
///
/// ```
/// use okta_auth_runtime::error::{Excerpt, HttpError};
///
/// let error = HttpError::Status { url: Excerpt::url("https://example.com/keys"), found: 500, retry_after: None };
/// assert_eq!(error.to_string(), "https://example.com/keys answered with status 500, expected 200");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The HTTP client can't be made: no CA certificates, or a setting of `configure_http`.
    #[error("the HTTP client can't be made: {reason}")]
    Client {
        /// The HTTP library's reason.
        reason: Excerpt,
    },
    /// No connection, no TLS, or no complete response.
    #[error("{url} can't be reached: {reason}")]
    Unreachable {
        /// The requested URL.
        url: Excerpt,
        /// The HTTP library's reason.
        reason: Excerpt,
    },
    /// The fetch took longer than its time-out.
    #[error("{url} did not answer in full within {} s", whole_seconds(*limit))]
    TimedOut {
        /// The requested URL.
        url: Excerpt,
        /// The time-out of the fetch as a whole.
        limit: Duration,
    },
    /// Any status but 200. Redirects are not followed.
    #[error("{url} answered with status {found}, expected 200")]
    Status {
        /// The requested URL.
        url: Excerpt,
        /// The status code.
        found: u16,
        /// The response's `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// The body is larger than its limit.
    #[error("{url} answered with more than {limit} bytes")]
    TooLarge {
        /// The requested URL.
        url: Excerpt,
        /// The limit in bytes.
        limit: usize,
    },
}

impl HttpError {
    /// The server's `Retry-After`, if it sent one (RFC 9110 section 10.2.3).
    pub fn retry_after(&self) -> Option<Duration> {
        if let Self::Status { retry_after, .. } = self { *retry_after } else { None }
    }
}
