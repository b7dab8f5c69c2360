//! A key set that is fetched: the life cycle, put to work around a local set.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::lifecycle::{Decision, FlightNumber, Lifecycle};
use super::settings::KeySettings;
use super::source::{FetchedKeys, KeySource};
use super::status::IssuerStatus;
use super::warnings::Warnings;
use crate::algorithm::Algorithm;
use crate::clock::{Clock, since_epoch};
use crate::error::{FetchError, FindError, KeyError, SkippedKey};
use crate::jose::{JwkSet, Key, millis};

/// How many fetches one request waits for: a fetch under way, one of its own, and two that their runtimes took along.
const PATIENCE: usize = 4;

/// How many unknown key IDs are remembered for one fetch. Strangers make them up, and a fetch may take seconds.
const MOST_WANTED: usize = 64;

/// How far behind the latest seen time a reading has to be to count as a clock that went backwards, and not as one
/// that was taken a moment before.
const BACKWARDS: u64 = 1_000;

/// A key set that is fetched, shared by all workers.
#[derive(Clone)]
pub(super) struct RemoteKeys {
    shared: Arc<Shared>,
}

struct Shared {
    issuer: Arc<str>,
    algorithms: Box<[Algorithm]>,
    settings: KeySettings,
    source: Arc<dyn KeySource>,
    clock: Arc<dyn Clock>,
    /// Locked for moments, never across an await.
    state: Mutex<State>,
    /// When a refresh is due, in milliseconds since the epoch.
    due: AtomicU64,
    /// The latest time that was seen, in milliseconds since the epoch.
    seen: AtomicU64,
}

struct State {
    set: JwkSet,
    lifecycle: Lifecycle,
    flight: Option<Flight>,
    error: Option<Arc<FetchError>>,
    /// What was skipped in the last set that was logged.
    skipped: Vec<SkippedKey>,
    warnings: Warnings,
}

/// The fetch under way, as those see it who wait for it.
struct Flight {
    /// The unknown key IDs of requests from before it began. If one stays unknown, the cooldown starts.
    wanted: HashSet<String>,
    /// There were more than are remembered: one of them is taken to stay unknown.
    overflown: bool,
    /// Closed when the fetch has ended, in whatever way, and when another takes its place.
    done: watch::Sender<()>,
}

/// A fetch that was decided on and is to be spawned, with the lock released.
struct Departure(FlightNumber);

/// What a request does next.
enum Step<T> {
    Answer(Result<T, FindError>),
    Wait(watch::Receiver<()>),
}

impl RemoteKeys {
    pub(super) fn new(
        issuer: Arc<str>,
        algorithms: &[Algorithm],
        settings: KeySettings,
        source: Arc<dyn KeySource>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let state = State {
            set: JwkSet::default(),
            lifecycle: Lifecycle::new(settings),
            flight: None,
            error: None,
            skipped: Vec::new(),
            warnings: Warnings::default(),
        };
        let shared = Shared {
            issuer,
            algorithms: algorithms.into(),
            settings,
            source,
            clock,
            state: Mutex::new(state),
            due: AtomicU64::new(0),
            seen: AtomicU64::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    /// See [`KeyStore::cached`](super::store::KeyStore::cached).
    pub(super) fn cached(&self, kid: &str, algorithm: Algorithm, now: Duration) -> Option<Arc<Key>> {
        let (key, refresh) = self.shared.locked(Some(now), |state| {
            let key = state.set.select(kid, algorithm).cloned();
            (key, state.begin_refresh())
        });
        self.spawn_refresh(refresh);
        key
    }

    /// See [`KeyStore::tend`](super::store::KeyStore::tend).
    pub(super) fn tend(&self, now: Duration) {
        let (now_millis, seen) = (millis(now), self.shared.seen.load(Ordering::Relaxed));
        if now_millis > seen {
            self.shared.seen.fetch_max(now_millis, Ordering::Relaxed);
        }
        if now_millis >= self.shared.due.load(Ordering::Relaxed) || now_millis + BACKWARDS <= seen {
            let refresh = self.shared.locked(Some(now), State::begin_refresh);
            self.spawn_refresh(refresh);
        }
    }

    /// What `find` finds in the set, or would find in one that is fetched. If it is [`FindError::UnknownKey`], `kid` is
    /// the unknown ID.
    pub(super) async fn resolve<T>(
        &self,
        kid: Option<&str>,
        find: impl Fn(&JwkSet) -> Result<T, FindError>,
    ) -> Result<T, FindError> {
        let mut arrival = None;
        let mut deadline = None;
        for _ in 0..PATIENCE {
            let mut done = match self.step(kid, &mut arrival, &find) {
                Step::Answer(answer) => return answer,
                Step::Wait(done) => done,
            };
            let wait = self.shared.settings.wait;
            let deadline = *deadline.get_or_insert_with(|| Instant::now() + wait);
            // An error means that the fetch has ended: nothing is ever sent.
            if timeout_at(deadline, done.changed()).await.is_err() {
                return Err(FindError::Keys(KeyError::TimedOut { waited: wait }));
            }
        }
        match self.step(kid, &mut arrival, &find) {
            Step::Answer(answer) => answer,
            Step::Wait(_) => {
                let retry_after = self.shared.settings.backoff_min;
                Err(FindError::Keys(KeyError::unavailable(FetchError::Abandoned, retry_after)))
            }
        }
    }

    fn step<T>(
        &self,
        kid: Option<&str>,
        arrival: &mut Option<FlightNumber>,
        find: impl Fn(&JwkSet) -> Result<T, FindError>,
    ) -> Step<T> {
        let (step, departure) = self.shared.locked(None, |state| {
            let arrival = *arrival.get_or_insert(state.lifecycle.begun());
            let found = find(&state.set);
            let missing = matches!(found, Err(FindError::UnknownKey));
            let refused = |error| Step::Answer(Err(error));
            match (state.lifecycle.decide(missing, arrival), found) {
                (Decision::Serve { .. }, found) => (Step::Answer(found), state.begin_refresh()),
                (Decision::Unavailable { retry_after }, _) => {
                    let cause = state.error.clone().unwrap_or_else(|| Arc::new(FetchError::Abandoned));
                    (refused(FindError::Keys(KeyError::Unavailable { cause, retry_after })), None)
                }
                (Decision::Fetch | Decision::Wait, _) if Handle::try_current().is_err() => {
                    (refused(FindError::Keys(KeyError::NoRuntime)), None)
                }
                (Decision::Fetch, _) => {
                    let (done, departure) = state.begin();
                    state.want(kid, arrival);
                    (Step::Wait(done), Some(departure))
                }
                (Decision::Wait, _) => {
                    state.want(kid, arrival);
                    match &state.flight {
                        Some(flight) => (Step::Wait(flight.done.subscribe()), None),
                        None => (refused(FindError::UnknownKey), None),
                    }
                }
                (Decision::Unknown, _) => {
                    state.lifecycle.refuse(arrival);
                    (refused(FindError::UnknownKey), None)
                }
            }
        });
        self.spawn_refresh(departure);
        step
    }

    /// See [`KeyStore::status`](super::store::KeyStore::status).
    pub(super) fn status(&self) -> IssuerStatus {
        self.shared.locked(None, |state| IssuerStatus {
            issuer: Arc::clone(&self.shared.issuer),
            keys: state.set.len(),
            age: state.lifecycle.age(),
            last_refresh: state.lifecycle.ended_ago(),
            last_error: state.error.clone(),
            serving_stale: state.lifecycle.is_stale(),
            next_attempt: Some(state.lifecycle.next_fetch().saturating_sub(state.lifecycle.seen())),
        })
    }

    /// Sets the fetch off on this thread's runtime, as a task of its own that nobody's disconnecting ends.
    fn spawn_refresh(&self, departure: Option<Departure>) {
        let Some(Departure(number)) = departure else { return };
        let landing = Landing { shared: Arc::clone(&self.shared), number, landed: false };
        // Without a runtime, dropping the landing says so.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(landing.fly());
        }
    }
}

impl Shared {
    /// The one way to the state: takes note of the time first, and publishes what `tend` reads.
    ///
    /// `now` saves a reading of the clock; one from before the latest is taken anew under the lock, where none can
    /// come in between, so that two threads in a race do not look like a clock that went backwards.
    fn locked<T>(&self, now: Option<Duration>, act: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock();
        let tended = Duration::from_millis(self.seen.load(Ordering::Relaxed));
        let seen = state.lifecycle.seen().max(tended);
        let now = now.filter(|now| *now >= seen).unwrap_or_else(|| since_epoch(self.clock.now()));
        state.observe(seen);
        state.observe(now);
        let answer = act(&mut state);
        self.due.store(millis(state.lifecycle.next_fetch()), Ordering::Relaxed);
        self.seen.store(millis(state.lifecycle.seen()), Ordering::Relaxed);
        answer
    }
}

impl State {
    /// Takes note of the time, and tells the keys if that changes the end of their use.
    fn observe(&mut self, now: Duration) {
        let before = self.lifecycle.usable_until();
        self.lifecycle.observe(now);
        match self.lifecycle.usable_until() {
            after if after == before => {}
            Some(until) => self.set.use_until(until),
            None => self.set.retire(),
        }
    }

    /// A fetch for nobody, if a refresh is due.
    fn begin_refresh(&mut self) -> Option<Departure> {
        let due = matches!(self.lifecycle.decide(false, 0), Decision::Serve { refresh: true });
        (due && Handle::try_current().is_ok()).then(|| self.begin().1)
    }

    fn begin(&mut self) -> (watch::Receiver<()>, Departure) {
        let (done, waits) = watch::channel(());
        self.flight = Some(Flight { wanted: HashSet::new(), overflown: false, done });
        (waits, Departure(self.lifecycle.begin()))
    }

    /// Notes that a request waits for `kid`, if it arrived before the fetch began.
    fn want(&mut self, kid: Option<&str>, arrival: FlightNumber) {
        if let (Some(flight), Some(kid)) = (&mut self.flight, kid)
            && arrival < self.lifecycle.begun()
            && !flight.wanted.contains(kid)
        {
            flight.overflown |= flight.wanted.len() >= MOST_WANTED;
            if !flight.overflown {
                flight.wanted.insert(kid.to_owned());
            }
        }
    }

    /// Whether a request from before the fetch still lacks its key.
    fn unanswered_by(&self, set: &JwkSet) -> bool {
        self.flight.as_ref().is_some_and(|flight| flight.overflown || flight.wanted.iter().any(|kid| !set.has_kid(kid)))
    }

    /// What was skipped, unless that was logged before.
    fn news_of(&mut self, skipped: Vec<SkippedKey>) -> Vec<SkippedKey> {
        if self.skipped == skipped {
            return Vec::new();
        }
        self.skipped.clone_from(&skipped);
        skipped
    }
}

/// The end of a fetch: told to the state, or found out when it is dropped with the runtime that it ran on.
struct Landing {
    shared: Arc<Shared>,
    number: FlightNumber,
    landed: bool,
}

impl Landing {
    async fn fly(mut self) {
        let now = since_epoch(self.shared.clock.now());
        let shared = Arc::clone(&self.shared);
        let outcome = shared.source.fetch(now, &shared.algorithms).await;
        match outcome {
            Ok(fetched) => self.succeed(fetched),
            Err(error) => self.fail(error),
        }
        self.landed = true;
    }

    fn succeed(&self, fetched: FetchedKeys) {
        let (mut set, max_age) = fetched.into_parts();
        let skipped = set.skipped().to_vec();
        let news = self.shared.locked(None, |state| {
            let unanswered = state.unanswered_by(&set);
            let was_failing = state.lifecycle.is_failing();
            if !state.lifecycle.succeed(self.number, max_age, unanswered, random()) {
                return None;
            }
            let until = state.lifecycle.usable_until().unwrap_or_default();
            set.replace(std::mem::take(&mut state.set));
            set.use_until(until);
            state.set = set;
            (state.flight, state.error) = (None, None);
            Some((was_failing, state.set.len(), state.news_of(skipped)))
        });
        let Some((was_failing, keys, skipped)) = news else { return };
        let issuer = &*self.shared.issuer;
        if was_failing {
            tracing::info!(issuer, keys, "keys can be fetched again");
        } else {
            tracing::debug!(issuer, keys, "keys were fetched");
        }
        self.log_skipped(&skipped);
    }

    fn fail(&self, error: FetchError) {
        let error = Arc::new(error);
        let interval = self.shared.settings.warn_interval;
        let news = self.shared.locked(None, |state| {
            let retry_in = state.lifecycle.fail(self.number, error.retry_after(), random())?;
            (state.flight, state.error) = (None, Some(Arc::clone(&error)));
            let warning = state.warnings.permit(state.lifecycle.seen(), interval);
            // Most failures bring no set at all, which is no news of one.
            let skipped = match &*error {
                FetchError::NoUsableKey { skipped, .. } if !skipped.is_empty() => state.news_of(skipped.clone()),
                _ => Vec::new(),
            };
            Some((retry_in, warning, state.set.len(), skipped))
        });
        let Some((retry_in, warning, keys, skipped)) = news else { return };
        let issuer = &*self.shared.issuer;
        match warning {
            Some(suppressed) => {
                tracing::warn!(issuer, %error, keys, ?retry_in, suppressed, "keys can't be fetched");
            }
            None => tracing::debug!(issuer, %error, keys, ?retry_in, "keys can't be fetched"),
        }
        self.log_skipped(&skipped);
    }

    fn log_skipped(&self, skipped: &[SkippedKey]) {
        skipped.iter().for_each(|skipped| tracing::warn!(issuer = &*self.shared.issuer, "{skipped}"));
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        if self.landed {
            return;
        }
        if std::thread::panicking() {
            // The fetcher would panic again: hold the next attempt back.
            return self.fail(FetchError::Abandoned);
        }
        self.shared.locked(None, |state| {
            if state.lifecycle.lose(self.number) {
                state.flight = None;
            }
        });
    }
}

/// 0 to 1, for jitter.
fn random() -> f64 {
    let bits = RandomState::new().hash_one(());
    bits as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures_util::future::BoxFuture;

    use super::*;
    use crate::clock::SystemClock;

    struct Never;

    impl KeySource for Never {
        fn fetch<'a>(&'a self, _: Duration, _: &'a [Algorithm]) -> BoxFuture<'a, Result<FetchedKeys, FetchError>> {
            Box::pin(std::future::pending())
        }
    }

    #[test]
    fn a_hit_takes_no_lock_while_nothing_is_due() {
        let keys = RemoteKeys::new("i".into(), &[], KeySettings::default(), Arc::new(Never), Arc::new(SystemClock));
        let now = since_epoch(SystemClock.now());
        keys.shared.due.store(u64::MAX, Ordering::Relaxed);
        let (done, waits) = mpsc::channel();
        let locked = keys.shared.state.lock();
        let hit = keys.clone();
        // The second reading is a moment old, as another thread's may be.
        let tends = std::thread::spawn(move || {
            hit.tend(now);
            hit.tend(now - Duration::from_millis(BACKWARDS - 1));
            done.send(())
        });
        let answer = waits.recv_timeout(Duration::from_secs(10));
        drop(locked);
        assert_eq!(answer, Ok(()));
        assert!(tends.join().is_ok());
    }

    #[test]
    fn jitter_is_a_part_and_another_one_each_time() {
        let drawn: Vec<f64> = (0..100).map(|_| random()).collect();
        assert!(drawn.iter().all(|part| (0.0..=1.0).contains(part)));
        for quarter in [0.0, 0.25, 0.5, 0.75] {
            assert!(drawn.iter().any(|part| (quarter..quarter + 0.25).contains(part)), "{quarter}");
        }
    }
}
