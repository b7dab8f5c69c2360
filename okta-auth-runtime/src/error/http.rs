//! HTTP errors.

use std::time::Duration;

use super::Excerpt;
use super::seconds::whole_seconds;

/// Why one HTTP request to an authorization server failed.
///
/// `url` is the requested URL without its secret parts, and `reason` is the message of the HTTP library.
///
/// ```
/// use okta_auth_runtime::error::{Excerpt, HttpError};
///
/// let error = HttpError::Status { url: Excerpt::url("https://example.com/keys"), found: 500, retry_after: None };
/// assert_eq!(error.to_string(), "https://example.com/keys answered with status 500, expected 200");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the docs of the enum describe the fields")]
pub enum HttpError {
    /// The HTTP client can't be built: there are no CA certificates, or a setting of `configure_http` is invalid.
    #[error("the HTTP client can't be made: {reason}")]
    Client { reason: Excerpt },
    /// The connection, the TLS handshake or the response failed.
    #[error("{url} can't be reached: {reason}")]
    Unreachable { url: Excerpt, reason: Excerpt },
    /// The fetch as a whole took longer than `limit`.
    #[error("{url} did not answer in full within {} s", whole_seconds(*limit))]
    TimedOut { url: Excerpt, limit: Duration },
    /// The status `found` is not 200. Redirects are not followed. `retry_after` is the response's `Retry-After`.
    #[error("{url} answered with status {found}, expected 200")]
    Status { url: Excerpt, found: u16, retry_after: Option<Duration> },
    /// The body is larger than `limit` bytes.
    #[error("{url} answered with more than {limit} bytes")]
    TooLarge { url: Excerpt, limit: usize },
}

impl HttpError {
    /// The server's `Retry-After`, if it sent one (RFC 9110 section 10.2.3).
    pub fn retry_after(&self) -> Option<Duration> {
        if let Self::Status { retry_after, .. } = self { *retry_after } else { None }
    }
}
