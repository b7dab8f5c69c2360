//! The keys of one issuer, as a validator asks for them.

use std::sync::Arc;
use std::time::Duration;

use super::fetch::Fetch;
use super::remote::RemoteKeys;
use super::settings::KeySettings;
use super::status::IssuerStatus;
use crate::algorithm::Algorithm;
use crate::clock::Clock;
use crate::error::KeyError;
use crate::jose::JwkSet;
use crate::jose::Key;

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

/// Why there is no key for a token.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FindError {
    /// The issuer has no key of this ID.
    UnknownKey,
    /// The key of this ID is for these algorithms.
    AlgorithmNotOfKey(Vec<Algorithm>),
    /// The keys can't be had.
    Keys(KeyError),
}

impl KeyStore {
    /// Keys that `fetcher` brings when they are first needed, for these algorithms. Does no I/O.
    pub(crate) fn remote(
        issuer: &str,
        algorithms: &[Algorithm],
        settings: KeySettings,
        fetcher: Arc<dyn Fetch>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let keys = Keys::Remote(RemoteKeys::new(issuer, algorithms, settings, fetcher, clock));
        Self { issuer: issuer.into(), keys }
    }

    /// The keys of a given set, for these algorithms. Never fetches.
    pub(crate) fn fixed(issuer: &str, set: JwkSet, algorithms: &[Algorithm]) -> Self {
        let set = set.restricted_to(algorithms);
        set.skipped().iter().for_each(|skipped| tracing::warn!(issuer, "{skipped}"));
        Self { issuer: issuer.into(), keys: Keys::Fixed(Arc::new(set)) }
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
            Keys::Fixed(set) => look(set, kid, algorithm).unwrap_or(Err(FindError::UnknownKey)),
            Keys::Remote(remote) => remote.answer(Some(kid), |set| look(set, kid, algorithm)).await,
        }
    }

    /// Fetches the keys, unless they are at hand.
    ///
    /// # Errors
    ///
    /// They can't be had.
    pub(crate) async fn warm_up(&self) -> Result<(), KeyError> {
        let Keys::Remote(remote) = &self.keys else { return Ok(()) };
        match remote.answer(None, |_| Some(Ok(()))).await {
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

/// What the set says of a key; `None` if it does not know the ID.
fn look(set: &JwkSet, kid: &str, algorithm: Algorithm) -> Option<Result<Arc<Key>, FindError>> {
    match set.select(kid, algorithm) {
        Some(key) => Some(Ok(Arc::clone(key))),
        None => set.algorithms_of(kid).map(|of_key| Err(FindError::AlgorithmNotOfKey(of_key))),
    }
}
