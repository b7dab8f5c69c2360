//! The state that the requests of all workers share: the set, its life cycle, and the fetch in flight.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;

use super::lifecycle::{FetchId, Lifecycle};
use super::settings::KeySettings;
use super::source::FetchedKeys;
use crate::error::{FetchError, SkippedKey};
use crate::http::random;
use crate::jose::JwkSet;
use crate::warning::RateLimitedWarning;

/// How many missing key IDs are remembered per fetch. Clients make them up, and a fetch may take seconds.
const MAX_MISSING_KEY_IDS: usize = 64;

pub(super) struct State {
    pub(super) set: JwkSet,
    pub(super) lifecycle: Lifecycle,
    /// A fetch that is to be spawned when the lock is released, and the runtime for it.
    pub(super) to_spawn: Option<(FetchId, Handle)>,
    waiters: Waiters,
    /// The skipped keys of the last set that was logged.
    logged: Vec<SkippedKey>,
    warning: RateLimitedWarning,
}

/// The requests that wait for the last fetch.
#[derive(Default)]
struct Waiters {
    /// The key IDs that requests from before the fetch lack. If the fetched set lacks one, the cooldown starts.
    missing: HashSet<String>,
    /// There were more than are remembered. The fetched set is assumed to lack one of them.
    overflowed: bool,
    /// Closed when the fetch ends, and when another replaces it.
    done: watch::Sender<()>,
}

/// A fetch that succeeded, as it is logged.
pub(super) struct Success {
    pub(super) keys: usize,
    pub(super) was_failing: bool,
    /// The skipped keys, unless they were logged before.
    pub(super) skipped: Vec<SkippedKey>,
}

/// A fetch that failed, as it is logged.
pub(super) struct Failure {
    /// How many keys are still held.
    pub(super) keys: usize,
    pub(super) retry_in: Duration,
    /// The number of suppressed warnings. `None` if this one is suppressed, too.
    pub(super) suppressed: Option<u64>,
    /// The skipped keys, unless they were logged before.
    pub(super) skipped: Vec<SkippedKey>,
}

impl State {
    pub(super) fn new(settings: KeySettings) -> Self {
        Self {
            set: JwkSet::default(),
            lifecycle: Lifecycle::new(settings),
            to_spawn: None,
            waiters: Waiters::default(),
            logged: Vec::new(),
            warning: RateLimitedWarning::new(settings.warn_interval),
        }
    }

    /// Records the time, and updates the keys if that changes the end of their use.
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
        self.waiters = Waiters::default();
        self.to_spawn = Some((self.lifecycle.start(), runtime));
    }

    /// Joins the waiters for the fetch in flight.
    pub(super) fn join(&mut self, kid: Option<&str>, last_fetch_at_arrival: FetchId) -> watch::Receiver<()> {
        if let Some(kid) = kid
            && last_fetch_at_arrival < self.lifecycle.last_started()
        {
            self.waiters.note_missing(kid);
        }
        self.waiters.done.subscribe()
    }

    /// Replaces the set with a fetched one. `None` if a newer fetch replaced this one.
    pub(super) fn succeed(&mut self, id: FetchId, fetched: FetchedKeys) -> Option<Success> {
        let FetchedKeys { mut set, max_age } = fetched;
        let still_missing = self.waiters.is_missing_from(&set);
        let was_failing = self.lifecycle.last_error().is_some();
        if !self.lifecycle.succeed(id, max_age, still_missing, random()) {
            return None;
        }
        set.replace(std::mem::take(&mut self.set));
        set.use_until(self.lifecycle.usable_until().unwrap_or_default());
        self.set = set;
        self.waiters = Waiters::default();
        let skipped = self.not_logged(self.set.skipped().to_vec());
        Some(Success { keys: self.set.len(), was_failing, skipped })
    }

    /// Records a failed fetch. `None` if a newer fetch replaced it.
    pub(super) fn fail(&mut self, id: FetchId, error: &Arc<FetchError>) -> Option<Failure> {
        let retry_in = self.lifecycle.fail(id, error, random())?;
        self.waiters = Waiters::default();
        let suppressed = self.warning.permit(self.lifecycle.seen());
        // Most failures bring no set at all, so that they say nothing about its keys.
        let skipped = match &**error {
            FetchError::NoUsableKey { skipped, .. } if !skipped.is_empty() => self.not_logged(skipped.clone()),
            _ => Vec::new(),
        };
        Some(Failure { keys: self.set.len(), retry_in, suppressed, skipped })
    }

    /// Records a fetch that was lost with its runtime.
    pub(super) fn abandon(&mut self, id: FetchId) {
        if self.lifecycle.abandon(id) {
            self.waiters = Waiters::default();
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

impl Waiters {
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
