//! Key errors.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::seconds::whole_seconds;
use super::{Excerpt, HttpError, MetadataError};
use crate::algorithm::Algorithm;

/// Why the keys of an issuer are unavailable, so that its tokens can't be validated now.
///
/// ```
/// use std::time::Duration;
/// use okta_auth_runtime::error::{Excerpt, FetchError, HttpError, KeyError};
///
/// let cause = HttpError::Status { url: Excerpt::url("https://example.com/keys"), found: 500, retry_after: None };
/// let error = KeyError::unavailable(FetchError::from(cause), Duration::from_secs(2));
/// assert_eq!(error.retry_after(), Duration::from_secs(2));
/// assert_eq!(
///     error.to_string(),
///     "keys unavailable: https://example.com/keys answered with status 500, expected 200 (next attempt in 2 s)"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the docs of the variants describe the fields")]
pub enum KeyError {
    /// The last fetch failed with `cause`. The next fetch is due in `retry_after`.
    #[error("keys unavailable: {cause} (next attempt in {} s)", whole_seconds(*retry_after))]
    Unavailable { cause: Arc<FetchError>, retry_after: Duration },
    /// The fetch took longer than `waited`, the limit of a request. The fetch continues for later requests.
    #[error("keys unavailable: the fetch took longer than {} s", whole_seconds(*waited))]
    TimedOut { waited: Duration },
    /// A fetch is due, but the caller is not on a Tokio runtime that could run it.
    #[error("keys unavailable: a key fetch needs a Tokio runtime, call this from one")]
    NoRuntime,
}

impl KeyError {
    /// A failed fetch, with the time until the next one.
    pub fn unavailable(cause: impl Into<Arc<FetchError>>, retry_after: Duration) -> Self {
        Self::Unavailable { cause: cause.into(), retry_after }
    }

    /// The value of the `Retry-After` header: whole seconds, rounded up, at least 1.
    pub fn retry_after(&self) -> Duration {
        let wait = match self {
            Self::Unavailable { retry_after, .. } => *retry_after,
            Self::TimedOut { .. } | Self::NoRuntime => Duration::ZERO,
        };
        Duration::from_secs(whole_seconds(wait).max(1))
    }
}

/// Why one fetch of a key set failed. `url` is the requested URL, without user information, query and fragment.
///
/// ```
/// use okta_auth_runtime::error::{Excerpt, FetchError};
///
/// let error = FetchError::NoUsableKey { url: Excerpt::url("https://example.com/keys"), skipped: Vec::new() };
/// assert_eq!(error.to_string(), "https://example.com/keys holds no usable key (0 entries skipped)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the docs of the enum describe the fields")]
pub enum FetchError {
    /// The request for the key set failed.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The issuer's metadata does not lead to a key set.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The body is not a JWK Set.
    #[error("{url} did not answer with a JWK Set")]
    Malformed { url: Excerpt },
    /// The set has more than `limit` entries.
    #[error("{url} answered with a key set of more than {limit} entries")]
    TooManyEntries { url: Excerpt, limit: usize },
    /// No key of the set can verify a token. `skipped` lists each entry of the set with its reason.
    #[error("{url} holds no usable key ({} entries skipped)", skipped.len())]
    NoUsableKey { url: Excerpt, skipped: Vec<SkippedKey> },
    /// The fetch panicked, or was lost when its runtime shut down.
    #[error("the fetch was cut off")]
    Abandoned,
}

impl FetchError {
    /// The server's `Retry-After`, if it sent one (RFC 9110 section 10.2.3).
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Http(error) | Self::Metadata(MetadataError::Http(error)) => error.retry_after(),
            _ => None,
        }
    }
}

/// An entry of a key set that is not a usable key, or not usable for one algorithm. `Display` shows the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SkippedKey {
    pub(crate) index: usize,
    pub(crate) kid: Option<Excerpt>,
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) reason: &'static str,
}

impl fmt::Display for SkippedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {} of the key set", self.index)?;
        if let Some(kid) = &self.kid {
            write!(f, ", kid {kid}")?;
        }
        if let Some(algorithm) = self.algorithm {
            write!(f, ", for {algorithm}")?;
        }
        write!(f, ", is skipped: {}", self.reason)
    }
}

/// Why there is no key for a token.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FindError {
    UnknownKey,
    /// The key with this ID is for these algorithms only.
    AlgorithmNotOfKey(Vec<Algorithm>),
    Keys(KeyError),
}

/// Why a text is not accepted as a JWK Set.
///
/// ```
/// use okta_auth_runtime::keys::JwkSet;
///
/// let error = JwkSet::from_json(r#"{"keys": {}}"#).unwrap_err();
/// assert_eq!(error.to_string(), "expected a JSON object with an array \"keys\" (RFC 7517 section 5)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the docs of the variants describe the fields")]
pub enum JwkSetError {
    /// It is not JSON, or not an object with an array `keys`.
    #[error("expected a JSON object with an array \"keys\" (RFC 7517 section 5)")]
    Malformed,
    /// `keys` has more than `limit` entries.
    #[error("the key set has more than {limit} entries")]
    TooManyEntries { limit: usize },
}
