//! The keys of one issuer, as a validator asks for them.

use std::sync::Arc;
use std::time::Duration;

use super::remote::RemoteKeys;
use super::settings::KeySettings;
use super::source::KeySource;
use super::status::IssuerStatus;
use crate::algorithm::Algorithm;
use crate::clock::Clock;
use crate::error::{FindError, KeyError};
use crate::jose::{JwkSet, Key};

/// The keys of one issuer. One for all workers; a clone is the same store.
#[derive(Clone)]
pub(crate) struct KeyStore {
    issuer: Arc<str>,
    keys: Keys,
}

#[derive(Clone)]
enum Keys {
    /// A set that never changes.
    Fixed(Arc<JwkSet>),
    /// A set that is fetched.
    Remote(RemoteKeys),
}

impl KeyStore {
    /// Keys that `source` brings when they are first needed, for these algorithms. Does no I/O.
    pub(crate) fn remote(
        issuer: Arc<str>,
        algorithms: &[Algorithm],
        settings: KeySettings,
        source: Arc<dyn KeySource>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let keys = Keys::Remote(RemoteKeys::new(Arc::clone(&issuer), algorithms, settings, source, clock));
        Self { issuer, keys }
    }

    /// The keys of a given set, for these algorithms. Never fetches.
    pub(crate) fn fixed(issuer: Arc<str>, set: JwkSet, algorithms: &[Algorithm]) -> Self {
        let set = set.restricted_to(algorithms);
        set.skipped().iter().for_each(|skipped| tracing::warn!(issuer = &*issuer, "{skipped}"));
        Self { issuer, keys: Keys::Fixed(Arc::new(set)) }
    }

    /// The key, if it is at hand and usable at `now`, the time since the Unix epoch. Never waits; begins a refresh in
    /// the background if one is due.
    pub(crate) fn cached(&self, kid: &str, algorithm: Algorithm, now: Duration) -> Option<Arc<Key>> {
        match &self.keys {
            Keys::Fixed(set) => set.select(kid, algorithm).cloned(),
            Keys::Remote(remote) => remote.cached(kid, algorithm, now),
        }
    }

    /// For whoever answers from a cache of its own, on each answer: begins a refresh in the background if one is due,
    /// and notices a clock that went backwards. Two atomic reads if there is nothing to do.
    pub(crate) fn tend(&self, now: Duration) {
        if let Keys::Remote(remote) = &self.keys {
            remote.tend(now);
        }
    }

    /// The key; waits for a fetch if it is not at hand and a fetch may bring it.
    ///
    /// # Errors
    ///
    /// There is no such key, or no keys at all.
    pub(crate) async fn find(&self, kid: &str, algorithm: Algorithm) -> Result<Arc<Key>, FindError> {
        match &self.keys {
            Keys::Fixed(set) => set.find(kid, algorithm),
            Keys::Remote(remote) => remote.resolve(Some(kid), |set| set.find(kid, algorithm)).await,
        }
    }

    /// Fetches the keys, unless they are at hand.
    ///
    /// # Errors
    ///
    /// They can't be had.
    pub(crate) async fn warm_up(&self) -> Result<(), KeyError> {
        let Keys::Remote(remote) = &self.keys else { return Ok(()) };
        match remote.resolve(None, |_| Ok(())).await {
            Err(FindError::Keys(error)) => Err(error),
            _ => Ok(()),
        }
    }

    /// How the keys are.
    pub(crate) fn status(&self) -> IssuerStatus {
        match &self.keys {
            Keys::Fixed(set) => IssuerStatus::fixed(&self.issuer, set.len()),
            Keys::Remote(remote) => remote.status(),
        }
    }
}
