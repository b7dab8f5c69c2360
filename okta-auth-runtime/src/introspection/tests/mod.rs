//! Tests of the introspector against a mock server, with a mock clock.

mod answers;
mod calls;
mod outages;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::IntrospectionMode;
use super::endpoint::{CallResult, IntrospectionSource};
use super::introspector::Introspector;
use super::response::TokenState;
use super::shared::IntrospectionSettings;
use crate::access_token::{IssuerRules, Profile, ValidToken};
use crate::clock::MockClock;
use crate::error::{CallError, Excerpt, HttpError, IntrospectionError, TokenError, ValidateError};
use crate::http::{BackoffSettings, Limits};

const START: Duration = Duration::from_secs(1_800_000_000);
const URL: &str = "https://issuer.example.com/introspect";

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// How the server answers.
#[derive(Clone)]
enum Mode {
    /// With these members.
    Answers(Value),
    Inactive,
    /// With an error, and optionally a Retry-After.
    Fails(Option<Duration>),
    RejectsCredentials,
    /// With a 400 that is about the client.
    RejectsClient,
    RejectsTokens,
    /// Only after the mode changes.
    Hangs,
    /// The source panics.
    Panics,
}

/// A source that counts its calls.
struct Server {
    mode: Mutex<Mode>,
    calls: AtomicUsize,
    hanging: Mutex<Vec<oneshot::Sender<Mode>>>,
}

impl Server {
    fn answer(mode: Mode) -> CallResult {
        let url = Excerpt::url(URL);
        match mode {
            Mode::Answers(members) => Ok(TokenState::Active(members.to_string().into())),
            Mode::Inactive => Ok(TokenState::Inactive(TokenError::Inactive)),
            Mode::Fails(retry_after) => Err(HttpError::Status { url, found: 500, retry_after }.into()),
            Mode::RejectsCredentials => {
                Err(CallError::CredentialsRejected { url, status: 401, error: Excerpt::none(), retry_after: None })
            }
            Mode::RejectsClient => Err(CallError::CredentialsRejected {
                url,
                status: 400,
                error: Excerpt::new("invalid_client"),
                retry_after: None,
            }),
            Mode::RejectsTokens => {
                Ok(TokenState::Inactive(TokenError::RejectedByEndpoint { error: Excerpt::new("invalid_request") }))
            }
            Mode::Hangs | Mode::Panics => panic!("the mock server panics"),
        }
    }
}

impl IntrospectionSource for Arc<Server> {
    fn call<'a>(&'a self, _: &'a str, _: Duration) -> BoxFuture<'a, CallResult> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let mode = self.mode.lock().clone();
        Box::pin(async move {
            if !matches!(mode, Mode::Hangs) {
                return Server::answer(mode);
            }
            let (release, released) = oneshot::channel();
            self.hanging.lock().push(release);
            Server::answer(released.await.unwrap_or(Mode::Fails(None)))
        })
    }
}

/// An introspector, its server and its clock.
#[derive(Clone)]
struct Fixture {
    introspector: Introspector,
    server: Arc<Server>,
    clock: Arc<MockClock>,
}

type Answer = Result<ValidToken, ValidateError>;

impl Fixture {
    /// A server that answers that each token is active. Without jitter; 64 calls in flight.
    fn new() -> Self {
        let backoff = BackoffSettings { min: seconds(1), max: seconds(5), retry_after_max: seconds(60), jitter: 0.0 };
        Self::with(IntrospectionSettings {
            mode: IntrospectionMode::Opaque,
            max_age: seconds(10),
            remembered_bytes: 32 << 20,
            concurrent_calls: 64,
            limits: Limits { connect_timeout: seconds(2), timeout: seconds(5), body_limit: 1 << 20 },
            backoff,
            wait: seconds(5),
            warn_interval: seconds(60),
        })
    }

    fn with(settings: IntrospectionSettings) -> Self {
        let clients = Some(vec!["client".into()]);
        let rules = IssuerRules::new(
            "https://issuer.example.com".into(),
            vec!["api".into()],
            clients,
            seconds(60),
            &Profile::okta(),
        );
        let rules = Arc::new(rules.of_answers(&Profile::okta()));
        let server = Arc::new(Server {
            mode: Mutex::new(Mode::Answers(active())),
            calls: AtomicUsize::new(0),
            hanging: Mutex::default(),
        });
        let clock = Arc::new(MockClock(Mutex::new(START)));
        let source = Arc::new(Arc::clone(&server));
        let introspector = Introspector::new(rules, settings, source, Arc::clone(&clock) as _).expect("randomness");
        Self { introspector, server, clock }
    }

    fn calls(&self) -> usize {
        self.server.calls.load(Ordering::SeqCst)
    }

    /// Changes how the server answers. Hanging calls get the same answer.
    fn server(&self, mode: Mode) -> &Self {
        for release in self.server.hanging.lock().drain(..) {
            drop(release.send(mode.clone()));
        }
        *self.server.mode.lock() = mode;
        self
    }

    fn pass(&self, time: Duration) -> &Self {
        *self.clock.0.lock() += time;
        self
    }

    fn back(&self, time: Duration) -> &Self {
        *self.clock.0.lock() -= time;
        self
    }

    async fn ask(&self, token: &str) -> Answer {
        self.introspector.introspect(token).await
    }

    /// The subject of an active token, or the error.
    async fn subject(&self, token: &str) -> Result<String, ValidateError> {
        self.ask(token).await.map(|token| token.claims().subject.to_string())
    }

    async fn is_active(&self, token: &str) -> bool {
        self.ask(token).await.is_ok()
    }

    /// Whether a token is active by an answer that is at most `within` old.
    async fn is_active_within(&self, token: &str, within: Duration) -> bool {
        let valid = ValidToken::without_signature(
            &json!({ "iss": "i", "aud": "a", "cid": "c", "sub": "s", "exp": 9e9 }).to_string(),
        );
        self.introspector.confirm(&valid.expect("claims"), token, within).await.is_ok()
    }

    /// Runs all tasks until they wait.
    async fn settle(&self) {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    }

    /// A request on its own task, which already waits if it has to.
    async fn asks(&self, token: &str) -> JoinHandle<Answer> {
        let (fixture, token) = (self.clone(), token.to_owned());
        let request = tokio::spawn(async move { fixture.ask(&token).await });
        self.settle().await;
        request
    }
}

/// The answer about an active token.
fn active() -> Value {
    json!({ "active": true, "aud": "api", "client_id": "client", "sub": "alice", "scope": "a b" })
}

fn error(answer: Answer) -> ValidateError {
    answer.map(|_| ()).expect_err("a rejection")
}

/// The wait until the next attempt, if the error is that the last call failed.
fn retry_after(answer: Answer) -> Option<Duration> {
    match error(answer) {
        ValidateError::Introspection(IntrospectionError::Unavailable { retry_after, .. }) => Some(retry_after),
        _ => None,
    }
}
