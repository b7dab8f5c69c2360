//! A key set that is fetched: carries out the decisions of its life cycle.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::lifecycle::{Decision, FetchId};
use super::settings::KeySettings;
use super::source::{FetchResult, KeySource};
use super::state::{Failure, State, Success};
use super::status::IssuerStatus;
use super::warning::warn_of_skipped_keys;
use crate::algorithm::Algorithm;
use crate::clock::{Clock, since_epoch};
use crate::error::{FetchError, FindError, KeyError};
use crate::jose::{JwkSet, Key, millis};

/// How many fetches one request waits for: one in flight, one of its own, and two lost when their runtime shut down.
const MAX_FETCH_WAITS: usize = 4;

/// A reading this far behind the latest seen time means that the clock went backwards. A smaller difference means that
/// another thread took its reading a moment later.
const CLOCK_STEP_TOLERANCE_MS: u64 = 1_000;

/// The next step of a request.
enum Step<T> {
    Done(Result<T, KeyError>),
    WaitFor(watch::Receiver<()>),
}

/// A key set that is fetched, shared by all workers.
pub(crate) struct RemoteKeys {
    issuer: Arc<str>,
    algorithms: Box<[Algorithm]>,
    settings: KeySettings,
    source: Arc<dyn KeySource>,
    clock: Arc<dyn Clock>,
    /// Never locked across an await.
    state: Mutex<State>,
    /// When a refresh is due, in milliseconds since the epoch. In `refresh_if_due`, this and `published_seen` save one
    /// uncontended mutex per cache hit.
    due: AtomicU64,
    /// The latest time that was seen, in milliseconds since the epoch.
    published_seen: AtomicU64,
}

impl RemoteKeys {
    pub(super) fn new(
        issuer: Arc<str>,
        algorithms: &[Algorithm],
        settings: KeySettings,
        source: Arc<dyn KeySource>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            issuer,
            algorithms: algorithms.into(),
            settings,
            source,
            clock,
            state: Mutex::new(State::new(settings)),
            due: AtomicU64::new(0),
            published_seen: AtomicU64::new(0),
        }
    }

    #[cfg(test)]
    pub(super) fn select(self: &Arc<Self>, kid: &str, algorithm: Algorithm) -> Option<Arc<Key>> {
        self.with_state(None, |state| state.set.select(kid, algorithm).cloned())
    }

    /// See `KeyStore::refresh_if_due`.
    pub(super) fn refresh_if_due(self: &Arc<Self>, now: Duration) {
        let (now_millis, seen) = (millis(now), self.published_seen.load(Ordering::Relaxed));
        if now_millis > seen {
            self.published_seen.fetch_max(now_millis, Ordering::Relaxed);
        }
        if now_millis >= self.due.load(Ordering::Relaxed) || now_millis + CLOCK_STEP_TOLERANCE_MS <= seen {
            self.with_state(Some(now), State::start_refresh_if_due);
        }
    }

    /// Looks up the key in the set. If a fetch may bring it, waits for the fetch and looks again.
    pub(super) async fn find(self: &Arc<Self>, kid: &str, algorithm: Algorithm) -> Result<Arc<Key>, FindError> {
        self.resolve(Some(kid), |set| set.find(kid, algorithm)).await.map_err(FindError::Keys)?
    }

    /// See `KeyStore::warm_up`.
    pub(super) async fn warm_up(self: &Arc<Self>) -> Result<(), KeyError> {
        self.resolve(None, |_| ()).await
    }

    /// Reads the set. If there is none, or it lacks `kid` and a fetch may bring it, waits for the fetch first.
    async fn resolve<T>(self: &Arc<Self>, kid: Option<&str>, read: impl Fn(&JwkSet) -> T) -> Result<T, KeyError> {
        let last_fetch_at_arrival = self.with_state(None, |state| state.lifecycle.last_started());
        let wait = self.settings.wait;
        let (deadline, mut fetches_awaited) = (Instant::now() + wait, 0);
        loop {
            let mut fetch = match self.step(kid, last_fetch_at_arrival, &read) {
                Step::Done(result) => return result,
                Step::WaitFor(fetch) => fetch,
            };
            if fetches_awaited == MAX_FETCH_WAITS {
                return Err(KeyError::unavailable(FetchError::Abandoned, self.settings.backoff_min));
            }
            fetches_awaited += 1;
            // The channel never sends; it closes when the fetch ends.
            if timeout_at(deadline, fetch.changed()).await.is_err() {
                return Err(KeyError::TimedOut { waited: wait });
            }
        }
    }

    fn step<T>(
        self: &Arc<Self>,
        kid: Option<&str>,
        last_fetch_at_arrival: FetchId,
        read: impl Fn(&JwkSet) -> T,
    ) -> Step<T> {
        self.with_state(None, |state| {
            let missing = kid.is_some_and(|kid| !state.set.has_kid(kid));
            let decision = state.lifecycle.decide(missing, last_fetch_at_arrival);
            match decision {
                Decision::Serve => state.start_refresh_if_due(),
                Decision::Unknown => state.lifecycle.start_cooldown(last_fetch_at_arrival),
                Decision::Unavailable(error) => return Step::Done(Err(error)),
                Decision::Fetch | Decision::Wait => {
                    let Ok(runtime) = Handle::try_current() else {
                        return Step::Done(Err(KeyError::NoRuntime));
                    };
                    if decision == Decision::Fetch {
                        state.start(runtime);
                    }
                    return Step::WaitFor(state.join(kid, last_fetch_at_arrival));
                }
            }
            Step::Done(Ok(read(&state.set)))
        })
    }

    /// See `KeyStore::status`.
    pub(super) fn status(self: &Arc<Self>) -> IssuerStatus {
        self.with_state(None, |state| IssuerStatus {
            issuer: Arc::clone(&self.issuer),
            keys: state.set.len(),
            age: state.lifecycle.age(),
            last_refresh: state.lifecycle.ended_ago(),
            last_error: state.lifecycle.last_error().cloned(),
            serving_stale: state.lifecycle.is_stale(),
            next_attempt: Some(state.lifecycle.next_fetch().saturating_sub(state.lifecycle.seen())),
            introspection: None,
        })
    }

    /// The only access to the state. Records the time first, publishes `due` and `published_seen`, and spawns a fetch
    /// that `act` started.
    ///
    /// `now` saves a reading of the clock. If it is older than the latest, the clock is read again under the lock, so
    /// that a race of two threads does not look like a clock that went backwards.
    fn with_state<T>(self: &Arc<Self>, now: Option<Duration>, act: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock();
        let published_seen = Duration::from_millis(self.published_seen.load(Ordering::Relaxed));
        let seen = state.lifecycle.seen().max(published_seen);
        let now = now.filter(|now| *now >= seen).unwrap_or_else(|| since_epoch(self.clock.now()));
        // First catch up with the time that `refresh_if_due` published, so that a clock that went backwards since then
        // is noticed.
        state.observe(seen);
        state.observe(now);
        let result = act(&mut state);
        self.due.store(millis(state.lifecycle.next_fetch()), Ordering::Relaxed);
        self.published_seen.store(millis(state.lifecycle.seen()), Ordering::Relaxed);
        let to_spawn = state.to_spawn.take();
        drop(state);
        if let Some((id, runtime)) = to_spawn {
            // Detached, so that a client that disconnects does not cancel it.
            runtime.spawn(FetchTask { keys: Arc::clone(self), id, completed: false }.run());
        }
        result
    }
}

/// A running fetch. A task that is dropped with its runtime is abandoned. A task that panics counts as failed.
struct FetchTask {
    keys: Arc<RemoteKeys>,
    id: FetchId,
    completed: bool,
}

impl FetchTask {
    async fn run(mut self) {
        let now = since_epoch(self.keys.clock.now());
        let result = self.keys.source.fetch(now, &self.keys.algorithms).await;
        self.complete(result);
        self.completed = true;
    }

    /// Records the result, and logs it with the lock released.
    fn complete(&self, result: FetchResult) {
        let issuer = &*self.keys.issuer;
        let skipped = match result {
            Ok(fetched) => {
                let success = self.keys.with_state(None, |state| state.succeed(self.id, fetched));
                let Some(Success { keys, was_failing, skipped }) = success else { return };
                if was_failing {
                    tracing::info!(issuer, keys, "keys can be fetched again");
                } else {
                    tracing::debug!(issuer, keys, "keys were fetched");
                }
                skipped
            }
            Err(error) => {
                let error = Arc::new(error);
                let failure = self.keys.with_state(None, |state| state.fail(self.id, &error));
                let Some(Failure { keys, retry_in, suppressed, skipped }) = failure else { return };
                if let Some(suppressed) = suppressed {
                    tracing::warn!(issuer, %error, keys, ?retry_in, suppressed, "keys can't be fetched");
                } else {
                    tracing::debug!(issuer, %error, keys, ?retry_in, "keys can't be fetched");
                }
                skipped
            }
        };
        warn_of_skipped_keys(issuer, &skipped);
    }
}

impl Drop for FetchTask {
    fn drop(&mut self) {
        if self.completed {
            return;
        }
        if std::thread::panicking() {
            // A retry at once would probably panic again.
            return self.complete(Err(FetchError::Abandoned));
        }
        self.keys.with_state(None, |state| state.abandon(self.id));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures_util::future::BoxFuture;

    use super::*;
    use crate::clock::SystemClock;

    struct Never;

    impl KeySource for Never {
        fn fetch<'a>(&'a self, _: Duration, _: &'a [Algorithm]) -> BoxFuture<'a, FetchResult> {
            Box::pin(std::future::pending())
        }
    }

    #[test]
    fn a_hit_takes_no_lock_while_nothing_is_due() {
        let clock = Arc::new(SystemClock);
        let keys = Arc::new(RemoteKeys::new("i".into(), &[], KeySettings::default(), Arc::new(Never), clock));
        let now = since_epoch(SystemClock.now());
        keys.due.store(u64::MAX, Ordering::Relaxed);
        let (done, waits) = mpsc::channel();
        let locked = keys.state.lock();
        let hit = Arc::clone(&keys);
        // The second reading is a moment older, as in a race of two threads.
        let hits = std::thread::spawn(move || {
            hit.refresh_if_due(now);
            hit.refresh_if_due(now - Duration::from_millis(CLOCK_STEP_TOLERANCE_MS - 1));
            done.send(())
        });
        let answer = waits.recv_timeout(Duration::from_secs(10));
        drop(locked);
        assert_eq!(answer, Ok(()));
        assert!(hits.join().is_ok());
    }
}
