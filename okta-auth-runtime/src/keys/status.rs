//! How the keys of an issuer are, for readiness probes.

use std::sync::Arc;
use std::time::Duration;

use crate::error::FetchError;

/// How the keys of one issuer are. Asking causes no fetch.
///
/// For a readiness probe: an instance is ready while the keys of its issuers are [`usable`](Self::usable). It holds no
/// secret, but an error's text names URLs, so log it rather than show it.
///
/// ```
/// use okta_auth_runtime::keys::IssuerStatus;
///
/// fn health_line(status: &IssuerStatus) -> String {
///     format!("{}: {} keys, {}", status.issuer(), status.keys(), if status.usable() { "ready" } else { "not ready" })
/// }
/// # let _ = health_line;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct IssuerStatus {
    pub(super) issuer: Arc<str>,
    pub(super) keys: usize,
    pub(super) age: Option<Duration>,
    pub(super) last_refresh: Option<Duration>,
    pub(super) last_error: Option<Arc<FetchError>>,
    pub(super) serving_stale: bool,
    pub(super) next_attempt: Option<Duration>,
}

impl IssuerStatus {
    pub(super) fn fixed(issuer: &Arc<str>, keys: usize) -> Self {
        Self {
            issuer: Arc::clone(issuer),
            keys,
            age: None,
            last_refresh: None,
            last_error: None,
            serving_stale: false,
            next_attempt: None,
        }
    }

    /// The issuer, as configured.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whether there is a key that tokens can be verified with.
    pub fn usable(&self) -> bool {
        self.keys > 0
    }

    /// How many usable keys are held.
    pub fn keys(&self) -> usize {
        self.keys
    }

    /// How long ago the held set was fetched; `None` if there is none, or if it is a given one.
    pub fn age(&self) -> Option<Duration> {
        self.age
    }

    /// How long ago the last fetch ended, well or not; `None` if there was none yet.
    pub fn last_refresh(&self) -> Option<Duration> {
        self.last_refresh
    }

    /// Why the last fetch failed; `None` if it did not.
    pub fn last_error(&self) -> Option<&FetchError> {
        self.last_error.as_deref()
    }

    /// Whether keys are used beyond their freshness, since they could not be refreshed or nobody asked for them.
    pub fn serving_stale(&self) -> bool {
        self.serving_stale
    }

    /// How long until a request causes the next fetch, zero if the next one does; `None` if the set is a given one.
    ///
    /// A request with an unknown key ID may cause one before.
    pub fn next_attempt(&self) -> Option<Duration> {
        self.next_attempt
    }
}
