//! Introspection errors.

use std::sync::Arc;
use std::time::Duration;

use super::seconds::whole_seconds;
use super::{Excerpt, HttpError, MetadataError};

/// Why it is unknown whether a token is active, so that it is neither valid nor invalid (RFC 7662).
///
/// ```
/// use std::time::Duration;
/// use okta_auth_runtime::error::{CallError, Excerpt, HttpError, IntrospectionError};
///
/// let url = Excerpt::url("https://example.com/introspect");
/// let cause = CallError::from(HttpError::Status { url, found: 500, retry_after: None });
/// let error = IntrospectionError::unavailable(cause, Duration::from_secs(2));
/// assert_eq!(error.retry_after(), Duration::from_secs(2));
/// assert_eq!(
///     error.to_string(),
///     "introspection unavailable: https://example.com/introspect answered with status 500, expected 200 (next attempt in 2 s)"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the docs of the variants describe the fields")]
pub enum IntrospectionError {
    /// The endpoint failed with `cause`. It may be called again in `retry_after`.
    #[error("introspection unavailable: {cause} (next attempt in {} s)", whole_seconds(*retry_after))]
    Unavailable { cause: Arc<CallError>, retry_after: Duration },
    /// The call had no turn: as many calls as allowed already wait, or it has waited for as long as a call may take.
    #[error("introspection unavailable: too many calls are waiting")]
    TooManyCalls,
    /// The request has waited for a call for `waited`, its limit. The call continues for later requests.
    #[error("introspection unavailable: the call took longer than {} s", whole_seconds(*waited))]
    TimedOut { waited: Duration },
    /// The request has to wait for a call, but this was not called on a Tokio runtime.
    #[error("introspection unavailable: a call needs a Tokio runtime, call this from one")]
    NoRuntime,
    /// A handler asks for introspection, but none is configured for `issuer`. This is a mistake in the app, and becomes
    /// [`Reason::Misconfigured`](crate::Reason::Misconfigured).
    #[error(
        "no introspection is configured for the issuer {issuer}: add `.introspection(..)` or set OKTA_INTROSPECTION"
    )]
    NotConfigured { issuer: Excerpt },
}

impl IntrospectionError {
    /// A failed call, with the time until the next one.
    pub fn unavailable(cause: impl Into<Arc<CallError>>, retry_after: Duration) -> Self {
        Self::Unavailable { cause: cause.into(), retry_after }
    }

    /// The value of the `Retry-After` header: whole seconds, rounded up, at least 1. It is 1 s unless the endpoint has failed.
    pub fn retry_after(&self) -> Duration {
        let precise = if let Self::Unavailable { retry_after, .. } = self { *retry_after } else { Duration::ZERO };
        Duration::from_secs(whole_seconds(precise).max(1))
    }
}

/// Why a call to the introspection endpoint failed.
///
/// `url` is the endpoint, without user information and query.
///
/// ```
/// use okta_auth_runtime::error::{CallError, Excerpt};
///
/// let error = CallError::NotAnAnswer { url: Excerpt::url("https://example.com/introspect") };
/// assert_eq!(
///     error.to_string(),
///     "https://example.com/introspect did not answer with an introspection response (a JSON object with a boolean active)"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the docs of the enum describe the fields")]
pub enum CallError {
    /// The request failed.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The endpoint could not be discovered.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The endpoint rejects the credentials of this API: with status 401 or 403, or with status 400 and an `error` about the
    /// client (RFC 6749 section 5.2).
    #[error(
        "{url} rejects our credentials (status {status}, error {error}): check OKTA_INTROSPECTION_CLIENT_ID and \
         OKTA_INTROSPECTION_CLIENT_SECRET, and that this client may introspect tokens"
    )]
    CredentialsRejected { url: Excerpt, status: u16, error: Excerpt, retry_after: Option<Duration> },
    /// The body is not an introspection response (RFC 7662 section 2.2).
    #[error("{url} did not answer with an introspection response (a JSON object with a boolean active)")]
    NotAnAnswer { url: Excerpt },
    /// The credentials of this API can't be made, for this `reason`: the operating system has no randomness, or the key does not sign.
    #[error("the credentials for the introspection endpoint can't be made: {reason}")]
    Credentials { reason: Excerpt },
    /// The call panicked, or was lost when its runtime shut down.
    #[error("the call was cut off")]
    Abandoned,
}

impl CallError {
    /// The server's `Retry-After`, if it sent one (RFC 9110 section 10.2.3).
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Http(error) | Self::Metadata(MetadataError::Http(error)) => error.retry_after(),
            Self::CredentialsRejected { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether the cause is a mistake in the configuration of this API, not an outage.
    pub(crate) fn is_misconfiguration(&self) -> bool {
        matches!(self, Self::CredentialsRejected { .. } | Self::Credentials { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_that_of_the_response() {
        let (url, wait) = (|| Excerpt::url("https://example.com"), Some(Duration::from_secs(7)));
        let status = || HttpError::Status { url: url(), found: 429, retry_after: wait };
        let rejected =
            CallError::CredentialsRejected { url: url(), status: 403, error: Excerpt::none(), retry_after: wait };
        for error in [status().into(), MetadataError::from(status()).into(), rejected] {
            assert_eq!(error.retry_after(), wait, "{error}");
        }
        for error in [CallError::NotAnAnswer { url: url() }, CallError::Abandoned] {
            assert_eq!(error.retry_after(), None, "{error}");
        }
    }
}
