//! Tests of the store against a mock server, with a mock clock.

mod fetches;
mod http;
mod logs;
mod outages;
mod rotations;
mod schedules;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::oneshot;

use super::KeySettings;
use super::source::{FetchResult, FetchedKeys, KeySource};
use super::store::KeyStore;
use crate::algorithm::Algorithm;
use crate::clock::{Clock, MockClock};
use crate::error::{Excerpt, FetchError, FindError, HttpError, KeyError};
use crate::jose::{Key, testdata};

const ISSUER: &str = "https://issuer.example.com";
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// How the server answers.
#[derive(Clone)]
enum Mode {
    /// With this body.
    Serves(String),
    /// With an error, and optionally a Retry-After.
    Fails(Option<Duration>),
    /// Only after the mode changes.
    Hangs,
    /// The source panics.
    Panics,
}

/// A source that counts its fetches.
struct Server {
    mode: Mutex<Mode>,
    max_age: Mutex<Option<Duration>>,
    fetches: AtomicUsize,
    hanging: Mutex<Vec<oneshot::Sender<Mode>>>,
}

impl Server {
    fn answer(&self, mode: &Mode, algorithms: &[Algorithm]) -> FetchResult {
        let url = "https://issuer.example.com/keys";
        match mode {
            Mode::Serves(body) => FetchedKeys::parse(url, body.as_bytes(), algorithms, *self.max_age.lock()),
            Mode::Fails(retry_after) => {
                let (url, retry_after) = (Excerpt::url(url), *retry_after);
                Err(HttpError::Status { url, found: 500, retry_after }.into())
            }
            Mode::Hangs | Mode::Panics => panic!("the mock server panics"),
        }
    }

    /// Answers the hanging fetches.
    fn release(&self, mode: &Mode) {
        for release in self.hanging.lock().drain(..) {
            let _ = release.send(mode.clone());
        }
    }
}

impl KeySource for Arc<Server> {
    fn fetch<'a>(&'a self, _: Duration, algorithms: &'a [Algorithm]) -> BoxFuture<'a, FetchResult> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let mode = self.mode.lock().clone();
        Box::pin(async move {
            if !matches!(mode, Mode::Hangs) {
                return self.answer(&mode, algorithms);
            }
            let (release, released) = oneshot::channel();
            self.hanging.lock().push(release);
            self.answer(&released.await.unwrap_or(Mode::Fails(None)), algorithms)
        })
    }
}

/// A store, its server and its clock.
#[derive(Clone)]
struct Fixture {
    store: KeyStore,
    server: Arc<Server>,
    clock: Arc<MockClock>,
}

impl Fixture {
    /// A server with keys of these IDs, and a store that has not fetched yet. Without jitter.
    fn new(kids: &[&str]) -> Self {
        Self::with(kids, KeySettings { jitter: 0.0, ..KeySettings::default() })
    }

    fn with(kids: &[&str], settings: KeySettings) -> Self {
        let server = Arc::new(Server {
            mode: Mutex::new(Mode::Serves(body(kids))),
            max_age: Mutex::new(None),
            fetches: AtomicUsize::new(0),
            hanging: Mutex::default(),
        });
        let clock = Arc::new(MockClock(Mutex::new(seconds(1_800_000_000))));
        let source = Arc::new(Arc::clone(&server));
        let store = KeyStore::remote(ISSUER.into(), &[Algorithm::RS256], settings, source, Arc::clone(&clock) as _);
        Self { store, server, clock }
    }

    /// As [`new`](Self::new), with the keys fetched.
    async fn warm(kids: &[&str]) -> Self {
        let fixture = Self::new(kids);
        assert_eq!(fixture.store.warm_up().await, Ok(()));
        fixture
    }

    fn fetches(&self) -> usize {
        self.server.fetches.load(Ordering::SeqCst)
    }

    /// Changes how the server answers. Hanging fetches get the same answer.
    fn server(&self, mode: Mode) -> &Self {
        self.server.release(&mode);
        *self.server.mode.lock() = mode;
        self
    }

    fn serves(&self, kids: &[&str]) -> &Self {
        self.server(Mode::Serves(body(kids)))
    }

    fn fails(&self) -> &Self {
        self.server(Mode::Fails(None))
    }

    fn now(&self) -> Duration {
        *self.clock.0.lock()
    }

    fn pass(&self, time: Duration) -> &Self {
        *self.clock.0.lock() += time;
        self
    }

    fn back(&self, time: Duration) -> &Self {
        *self.clock.0.lock() -= time;
        self
    }

    fn cached(&self, kid: &str) -> Option<Arc<Key>> {
        self.store.refresh_if_due(self.now());
        self.store.select(kid, Algorithm::RS256)
    }

    async fn find(&self, kid: &str) -> Result<Arc<Key>, FindError> {
        self.store.find(kid, Algorithm::RS256).await
    }

    async fn finds(&self, kid: &str) {
        assert_eq!(self.find(kid).await.map(|key| key.kid().to_owned()), Ok(kid.to_owned()));
    }

    /// The error for a key that does not exist.
    async fn misses(&self, kid: &str) -> FindError {
        self.find(kid).await.expect_err("a key that is not there")
    }

    /// Runs all tasks until they wait.
    async fn settle(&self) {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    }

    /// A request on its own task, which already waits if it has to.
    async fn asks(&self, kid: &str) -> tokio::task::JoinHandle<Result<Arc<Key>, FindError>> {
        let (fixture, kid) = (self.clone(), kid.to_owned());
        let request = tokio::spawn(async move { fixture.find(&kid).await });
        self.settle().await;
        request
    }
}

fn body(kids: &[&str]) -> String {
    let jwks: Vec<Value> = kids.iter().map(|kid| testdata::renamed("rsa-2048", kid)).collect();
    testdata::set(&jwks)
}

/// The wait until the next attempt, if the error is that the last fetch failed.
fn retry_after(error: &FindError) -> Option<Duration> {
    match error {
        FindError::Keys(KeyError::Unavailable { retry_after, .. }) => Some(*retry_after),
        _ => None,
    }
}
