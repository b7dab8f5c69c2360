//! The state that the requests of all workers share: the set, its life cycle, and the fetch in flight.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;

use super::lifecycle::{FetchId, Lifecycle};
use super::settings::KeySettings;
use super::source::FetchedKeys;
use super::warning::RateLimitedWarning;
use crate::error::{FetchError, SkippedKey};
use crate::jose::JwkSet;

/// How many missing key IDs are remembered per fetch. Clients make them up, and a fetch may take seconds.
const MAX_MISSING_KEY_IDS: usize = 64;

pub(super) struct State {
    pub(super) set: JwkSet,
    pub(super) lifecycle: Lifecycle,
    /// A fetch that is to be spawned when the lock is released, and the runtime for it.
    pub(super) to_spawn: Option<(FetchId, Handle)>,
    in_flight: Option<InFlight>,
    /// The skipped keys of the last set that was logged.
    logged: Vec<SkippedKey>,
    warning: RateLimitedWarning,
}

/// A fetch in flight, as its waiters see it.
#[derive(Default)]
struct InFlight {
    /// The missing key IDs of requests from before it started. If one stays missing, the cooldown starts.
    missing: HashSet<String>,
    /// There were more than are remembered: one of them is assumed to stay missing.
    overflowed: bool,
    /// Closed when the fetch has ended, in whatever way, and when another takes its place.
    done: watch::Sender<()>,
}

impl State {
    pub(super) fn new(settings: KeySettings) -> Self {
        Self {
            set: JwkSet::default(),
            lifecycle: Lifecycle::new(settings),
            to_spawn: None,
            in_flight: None,
            logged: Vec::new(),
            warning: RateLimitedWarning::new(settings.warn_interval),
        }
    }

    /// Takes note of the time, and updates the keys if that changes the end of their use.
    pub(super) fn observe(&mut self, now: Duration) {
        let before = self.lifecycle.usable_until();
        self.lifecycle.observe(now);
        match self.lifecycle.usable_until() {
            after if after == before => {}
            Some(until) => self.set.use_until(until),
            None => self.set.retire(),
        }
    }

    /// Starts a fetch that no request waits for, if a refresh is due.
    pub(super) fn start_refresh_if_due(&mut self) {
        if self.lifecycle.is_refresh_due()
            && let Ok(runtime) = Handle::try_current()
        {
            self.start(runtime);
        }
    }

    pub(super) fn start(&mut self, runtime: Handle) {
        self.in_flight = Some(InFlight::default());
        self.to_spawn = Some((self.lifecycle.start(), runtime));
    }

    /// Joins the waiters for the fetch in flight. They wait until the channel closes; nothing is ever sent.
    pub(super) fn join(&mut self, kid: Option<&str>, started_before: FetchId) -> watch::Receiver<()> {
        let in_flight = self.in_flight.get_or_insert_default();
        if let Some(kid) = kid
            && started_before < self.lifecycle.last_started()
        {
            in_flight.note_missing(kid);
        }
        in_flight.done.subscribe()
    }

    /// Replaces the set with a fetched one. `None` if it doesn't count, since another fetch was started.
    ///
    /// Returns whether the last fetch failed, and the skipped keys that are to be logged.
    pub(super) fn succeed(
        &mut self,
        id: FetchId,
        FetchedKeys { mut set, max_age }: FetchedKeys,
    ) -> Option<(bool, Vec<SkippedKey>)> {
        let still_missing = self.in_flight.as_ref().is_some_and(|in_flight| in_flight.is_missing_from(&set));
        let was_failing = self.lifecycle.last_error().is_some();
        if !self.lifecycle.succeed(id, max_age, still_missing, random()) {
            return None;
        }
        set.replace(std::mem::take(&mut self.set));
        set.use_until(self.lifecycle.usable_until().unwrap_or_default());
        self.set = set;
        self.in_flight = None;
        let skipped = self.set.skipped().to_vec();
        Some((was_failing, self.not_logged(skipped)))
    }

    /// Takes note of a failed fetch. `None` if it doesn't count, since another was started.
    ///
    /// Returns how long until the next one, the number of suppressed warnings if this one is to be a warning, and the
    /// skipped keys that are to be logged.
    pub(super) fn fail(
        &mut self,
        id: FetchId,
        error: &Arc<FetchError>,
    ) -> Option<(Duration, Option<u64>, Vec<SkippedKey>)> {
        let retry_in = self.lifecycle.fail(id, error, random())?;
        self.in_flight = None;
        let suppressed = self.warning.permit(self.lifecycle.seen());
        // Most failures bring no set at all, so that they say nothing about its keys.
        let skipped = match &**error {
            FetchError::NoUsableKey { skipped, .. } if !skipped.is_empty() => self.not_logged(skipped.clone()),
            _ => Vec::new(),
        };
        Some((retry_in, suppressed, skipped))
    }

    /// Takes note of a fetch that was lost with its runtime.
    pub(super) fn abandon(&mut self, id: FetchId) {
        if self.lifecycle.abandon(id) {
            self.in_flight = None;
        }
    }

    /// The skipped keys, unless they were logged before.
    fn not_logged(&mut self, skipped: Vec<SkippedKey>) -> Vec<SkippedKey> {
        if self.logged == skipped {
            return Vec::new();
        }
        self.logged.clone_from(&skipped);
        skipped
    }
}

impl InFlight {
    fn note_missing(&mut self, kid: &str) {
        if !self.missing.contains(kid) {
            self.overflowed |= self.missing.len() >= MAX_MISSING_KEY_IDS;
            if !self.overflowed {
                self.missing.insert(kid.to_owned());
            }
        }
    }

    /// Whether a request from before the fetch still lacks its key.
    fn is_missing_from(&self, set: &JwkSet) -> bool {
        self.overflowed || self.missing.iter().any(|kid| !set.has_kid(kid))
    }
}

/// 0 to 1, for jitter.
fn random() -> f64 {
    let bits = RandomState::new().hash_one(());
    bits as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_a_part_and_another_one_each_time() {
        let drawn: Vec<f64> = (0..100).map(|_| random()).collect();
        assert!(drawn.iter().all(|part| (0.0..=1.0).contains(part)));
        for quarter in [0.0, 0.25, 0.5, 0.75] {
            assert!(drawn.iter().any(|part| (quarter..quarter + 0.25).contains(part)), "{quarter}");
        }
    }
}
