//! The state of an issuer's keys, for readiness probes.

use std::sync::Arc;
use std::time::Duration;

use crate::error::FetchError;
#[cfg(doc)]
use crate::introspection::IntrospectionMode;
use crate::introspection::IntrospectionStatus;

/// The state of one issuer's keys. Reading it causes no fetch.
///
/// For a readiness probe: an instance is ready while the keys of at least one issuer are [`usable`](Self::usable). The
/// status contains no secret, but an error's text names URLs: log it, and do not send it to clients.
///
/// The guide: [deployment](https://docs.rs/okta-auth/latest/okta_auth/guide/deployment/index.html#readiness).
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
    pub(super) introspection: Option<IntrospectionStatus>,
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
            introspection: None,
        }
    }

    pub(crate) fn with_introspection(self, introspection: Option<IntrospectionStatus>) -> Self {
        Self { introspection, ..self }
    }

    /// The issuer, as configured.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whether there is a key that can verify tokens. If every token is introspected
    /// ([`Always`](IntrospectionMode::Always)), whether the endpoint may be called now: it is not in a back-off.
    pub fn usable(&self) -> bool {
        match &self.introspection {
            Some(endpoint) if endpoint.introspects_every_token() => endpoint.usable(),
            _ => self.keys > 0,
        }
    }

    /// The state of the issuer's introspection endpoint. `None` if introspection is off.
    pub fn introspection(&self) -> Option<&IntrospectionStatus> {
        self.introspection.as_ref()
    }

    /// The number of distinct key IDs with a usable key.
    pub fn keys(&self) -> usize {
        self.keys
    }

    /// How long ago the key set was fetched. `None` if there is none, or if it was given in the configuration.
    pub fn age(&self) -> Option<Duration> {
        self.age
    }

    /// How long ago the last fetch succeeded or failed. `None` if there was none yet.
    pub fn last_refresh(&self) -> Option<Duration> {
        self.last_refresh
    }

    /// Why the last fetch failed. `None` if it succeeded, or if there was none yet.
    pub fn last_error(&self) -> Option<&FetchError> {
        self.last_error.as_deref()
    }

    /// Whether keys are used beyond their freshness, because they could not be refreshed or no request needed them.
    pub fn serving_stale(&self) -> bool {
        self.serving_stale
    }

    /// How long until a request can cause the next fetch; zero if the next request does. `None` if the key set was
    /// given in the configuration.
    ///
    /// A request with an unknown key ID may cause a fetch earlier.
    pub fn next_attempt(&self) -> Option<Duration> {
        self.next_attempt
    }
}
