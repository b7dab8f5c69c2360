//! The keys of one issuer, as a validator sees them.

use std::sync::Arc;
use std::time::Duration;

use super::remote::RemoteKeys;
use super::settings::KeySettings;
use super::source::KeySource;
use super::status::IssuerStatus;
use super::warning::warn_of_skipped_keys;
use crate::algorithm::Algorithm;
use crate::clock::Clock;
use crate::error::{FindError, KeyError};
use crate::jose::{JwkSet, Key};

/// The keys of one issuer, shared by all workers. A clone is the same store.
#[derive(Clone)]
pub(crate) enum KeyStore {
    /// A given set that never changes.
    Fixed { issuer: Arc<str>, set: Arc<JwkSet> },
    /// A set that is fetched.
    Remote(Arc<RemoteKeys>),
}

impl KeyStore {
    /// Keys for these algorithms, which `source` provides when they are first needed. Does no I/O.
    pub(crate) fn remote(
        issuer: Arc<str>,
        algorithms: &[Algorithm],
        settings: KeySettings,
        source: Arc<dyn KeySource>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self::Remote(Arc::new(RemoteKeys::new(issuer, algorithms, settings, source, clock)))
    }

    /// The keys of a given set, for these algorithms. Never fetches.
    pub(crate) fn fixed(issuer: Arc<str>, set: JwkSet, algorithms: &[Algorithm]) -> Self {
        let set = Arc::new(set.restricted_to(algorithms));
        warn_of_skipped_keys(&issuer, set.skipped());
        Self::Fixed { issuer, set }
    }

    /// Starts a refresh in the background if one is due, and notices a clock that went backwards. Called on each hit of
    /// a cache of verified tokens. If nothing is due, it does two atomic loads, and one atomic update when the clock
    /// has advanced.
    pub(crate) fn refresh_if_due(&self, now: Duration) {
        if let Self::Remote(remote) = self {
            remote.refresh_if_due(now);
        }
    }

    /// The key. If it is not in the set and a fetch may bring it, waits for the fetch.
    pub(crate) async fn find(&self, kid: &str, algorithm: Algorithm) -> Result<Arc<Key>, FindError> {
        match self {
            Self::Fixed { set, .. } => set.find(kid, algorithm),
            Self::Remote(remote) => remote.find(kid, algorithm).await,
        }
    }

    /// Fetches the keys, unless a set is held.
    pub(crate) async fn warm_up(&self) -> Result<(), KeyError> {
        match self {
            Self::Fixed { .. } => Ok(()),
            Self::Remote(remote) => remote.warm_up().await,
        }
    }

    /// The state of the keys.
    pub(crate) fn status(&self) -> IssuerStatus {
        match self {
            Self::Fixed { issuer, set } => IssuerStatus::fixed(issuer, set.len()),
            Self::Remote(remote) => remote.status(),
        }
    }

    /// The key, if it is in the set. Never waits, never fetches.
    #[cfg(test)]
    pub(super) fn select(&self, kid: &str, algorithm: Algorithm) -> Option<Arc<Key>> {
        match self {
            Self::Fixed { set, .. } => set.select(kid, algorithm).cloned(),
            Self::Remote(remote) => remote.select(kid, algorithm),
        }
    }
}
