//! Asks the authorization server about tokens: carries out the decisions of the life cycle, and remembers the answers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, timeout, timeout_at};

use super::IntrospectionMode;
use super::endpoint::{CallResult, IntrospectionSource};
use super::lifecycle::{CallId, CallLimits, Decision, Lifecycle};
use super::memory::{Answer, Memory};
use super::response::TokenState;
use super::status::IntrospectionStatus;
use crate::access_token::{
    AnswerPeriod, Fingerprint, IssuerRules, UncheckedAnswer, ValidToken, b64token, is_padded_at_its_end,
};
use crate::clock::{Clock, since_epoch};
use crate::error::{CallError, Excerpt, IntrospectionError, TokenError, ValidateError};
use crate::http::{BackoffSettings, Limits, random};
use crate::jose::MAX_LENGTH;
use crate::warning::RateLimitedWarning;

/// The most calls that a request waits for: one that started too early for it, one of its own, and two that are lost because their
/// runtime shuts down.
const MAX_CALL_WAITS: usize = 4;

/// The most calls that wait for their turn.
const MAX_WAITING_CALLS: usize = 1_000;

/// How one issuer's tokens are introspected.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IntrospectionSettings {
    pub(crate) mode: IntrospectionMode,
    /// How long an answer is remembered.
    pub(crate) max_age: Duration,
    /// The memory for active answers.
    pub(crate) remembered_bytes: usize,
    /// The most calls in flight.
    pub(crate) concurrent_calls: usize,
    pub(crate) limits: Limits,
    pub(crate) backoff: BackoffSettings,
    /// How long a request waits for a call that is in flight.
    pub(crate) wait: Duration,
    /// The shortest time between two warnings.
    pub(crate) warn_interval: Duration,
}

/// Asks one issuer's authorization server about tokens. All workers share it: a clone is a handle to the same introspector.
#[derive(Clone)]
pub(crate) struct Introspector(Arc<Parts>);

struct Parts {
    /// The rules of answers: [`IssuerRules::of_answers`].
    rules: Arc<IssuerRules>,
    settings: IntrospectionSettings,
    source: Arc<dyn IntrospectionSource>,
    clock: Arc<dyn Clock>,
    memory: Memory,
    /// Never locked across an await.
    state: Mutex<State>,
}

struct State {
    lifecycle: Lifecycle<Waiters>,
    failures: RateLimitedWarning,
    rejections: RateLimitedWarning,
    /// Whether the current mistake in the configuration is in the log. It is logged again only after an answer with status 200.
    is_misconfiguration_logged: bool,
    /// The task of a call that was just started. It is spawned after the lock is released, because a runtime that shuts down drops
    /// it at once, and its drop takes the lock.
    to_spawn: Option<(Handle, CallTask, oneshot::Receiver<Duration>)>,
}

/// The requests that wait for one call, and the task that makes it.
struct Waiters {
    outcome: watch::Sender<Option<Outcome>>,
    /// Tells the task that the call is admitted, and when.
    admitted: Option<oneshot::Sender<Duration>>,
}

type Outcome = Result<Answer, IntrospectionError>;

/// A response that says that a token is active. Its other members are not checked.
pub(crate) struct ActiveResponse {
    pub(crate) response: Arc<str>,
    pub(crate) period: AnswerPeriod,
}

/// The next step of a request.
enum Step {
    Done(Answer),
    WaitFor(watch::Receiver<Option<Outcome>>),
}

impl Introspector {
    /// Does no I/O. Fails if the operating system has no randomness.
    pub(crate) fn new(
        rules: Arc<IssuerRules>,
        settings: IntrospectionSettings,
        source: Arc<dyn IntrospectionSource>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, getrandom::Error> {
        let timeout = settings.limits.timeout;
        let lifecycle = Lifecycle::new(CallLimits {
            in_flight: settings.concurrent_calls,
            waiting: MAX_WAITING_CALLS,
            overdue_after: timeout.saturating_add(settings.limits.backstop()),
            backoff: settings.backoff,
        });
        let state = State {
            lifecycle,
            failures: RateLimitedWarning::new(settings.warn_interval),
            rejections: RateLimitedWarning::new(settings.warn_interval),
            is_misconfiguration_logged: false,
            to_spawn: None,
        };
        let memory = Memory::new(settings.remembered_bytes)?;
        Ok(Self(Arc::new(Parts { rules, settings, source, clock, memory, state: Mutex::new(state) })))
    }

    pub(crate) fn mode(&self) -> IntrospectionMode {
        self.0.settings.mode
    }

    /// The token, with the claims of an answer that is at most `max_age` old.
    pub(crate) async fn introspect(&self, token: &str) -> Result<ValidToken, ValidateError> {
        Ok(self.0.ask(token, self.0.settings.max_age).await?.verdict?)
    }

    /// The response, if it says that the token is active, even if it breaks a rule. It is as recent as the answer of
    /// [`introspect`](Self::introspect). For explanations.
    pub(crate) async fn active_response(&self, token: &str) -> Result<ActiveResponse, ValidateError> {
        let Answer { asked_at, verdict, rejected } = self.0.ask(token, self.0.settings.max_age).await?;
        let response = match (verdict, rejected) {
            (Ok(token), _) => token.payload().into(),
            (Err(_), Some(rejected)) => rejected,
            (Err(error), None) => return Err(error.into()),
        };
        Ok(ActiveResponse { response, period: self.0.period_of(asked_at) })
    }

    /// The rules of the answers.
    pub(crate) fn rules(&self) -> &Arc<IssuerRules> {
        &self.0.rules
    }

    /// Confirms that a valid token is active, by an answer that is at most `within` old. If the answer says that the token is
    /// bound, it must be bound to the same keys.
    pub(crate) async fn confirm(&self, token: &ValidToken, text: &str, within: Duration) -> Result<(), ValidateError> {
        let answer = self.0.ask(text, within.min(self.0.settings.max_age)).await?.verdict?;
        let bound_to = answer.claims().confirmation.as_deref();
        if bound_to.is_some() && bound_to != token.claims().confirmation.as_deref() {
            return Err(TokenError::BoundToOtherKey.into());
        }
        Ok(())
    }

    pub(crate) fn status(&self) -> IntrospectionStatus {
        let remembered = self.0.memory.held();
        self.0.with_state(|State { lifecycle, .. }| IntrospectionStatus {
            introspects_every_token: self.mode() == IntrospectionMode::Always,
            calls: lifecycle.admitted(),
            in_flight: lifecycle.in_flight(),
            waiting: lifecycle.waiting(),
            remembered,
            last_call: lifecycle.ended_ago(),
            last_error: lifecycle.last_error().cloned(),
            retry_in: lifecycle.retry_in(),
        })
    }
}

impl Parts {
    /// The answer about a token, at most `within` old. Waits for a call if no answer that is less than `within` old is remembered.
    async fn ask(self: &Arc<Self>, token: &str, within: Duration) -> Result<Answer, ValidateError> {
        if token.len() > MAX_LENGTH {
            return Err(TokenError::TooLong { found: token.len(), limit: MAX_LENGTH }.into());
        }
        let token = b64token(token.as_bytes()).ok_or(TokenError::NotAToken)?;
        let fingerprint = self.memory.fingerprint(token).ok_or(TokenError::NotAToken)?;
        let arrived_at = self.now();
        if let Some(answer) = self.memory.find(&fingerprint, within, arrived_at) {
            return Ok(answer);
        }
        if !is_padded_at_its_end(token) {
            return Err(TokenError::NotAToken.into());
        }
        // A call that was admitted before this is too old for the request.
        let oldest = arrived_at.saturating_sub(within);
        let waits = self.settings.limits.timeout.saturating_add(self.settings.wait);
        let deadline = Instant::now() + waits;
        for _ in 0..MAX_CALL_WAITS {
            let mut call = match self.step(fingerprint, token, within)? {
                Step::Done(answer) => return Ok(answer),
                Step::WaitFor(call) => call,
            };
            let outcome = match timeout_at(deadline, call.wait_for(Option::is_some)).await {
                Ok(outcome) => outcome.ok().and_then(|outcome| outcome.clone()),
                Err(_) => return Err(IntrospectionError::TimedOut { waited: waits }.into()),
            };
            match outcome {
                Some(Ok(answer)) if answer.asked_at >= oldest => return Ok(answer),
                // Too old, or lost with its runtime.
                Some(Ok(_)) | None => {}
                Some(Err(error)) => return Err(error.into()),
            }
        }
        Err(IntrospectionError::unavailable(CallError::Abandoned, self.settings.backoff.min).into())
    }

    /// The remembered answer, or the call to wait for, which this may start.
    fn step(
        self: &Arc<Self>,
        fingerprint: Fingerprint,
        token: &str,
        within: Duration,
    ) -> Result<Step, IntrospectionError> {
        let runtime = || Handle::try_current().map_err(|_| IntrospectionError::NoRuntime);
        self.with_state(|state| {
            // A call can have ended since the request looked.
            if let Some(answer) = self.memory.find(&fingerprint, within, state.lifecycle.seen()) {
                return Ok(Step::Done(answer));
            }
            let id = match state.lifecycle.decide(&fingerprint) {
                // The wait needs a runtime, too.
                Decision::Join(id) => runtime().map(|_| id)?,
                Decision::Unavailable(error) => return Err(error),
                Decision::Start => {
                    let runtime = runtime()?;
                    let (sender, receiver) = oneshot::channel();
                    let waiters = Waiters { outcome: watch::Sender::new(None), admitted: Some(sender) };
                    let id = state.lifecycle.start(fingerprint, waiters);
                    let introspector = Arc::clone(self);
                    let task = CallTask { introspector, id, fingerprint, token: token.into(), has_ended: false };
                    state.to_spawn = Some((runtime, task, receiver));
                    id
                }
            };
            let waiters = state.lifecycle.waiters(id).map(|waiters| waiters.outcome.subscribe());
            waiters.map(Step::WaitFor).ok_or(IntrospectionError::TooManyCalls)
        })
    }

    /// The only access to the state. Records the time first, admits calls afterwards, and spawns a call that `act` started.
    fn with_state<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock();
        if state.lifecycle.observe(self.now()) {
            // Their times are in the future, and would come again.
            self.memory.clear();
        }
        let result = act(&mut state);
        while let Some((_, at, waiters)) = state.lifecycle.admit() {
            if let Some(admitted) = waiters.admitted.take() {
                // A task that was dropped abandons its call by itself.
                _ = admitted.send(at);
            }
        }
        let to_spawn = state.to_spawn.take();
        drop(state);
        if let Some((runtime, task, admitted)) = to_spawn {
            // Detached, so that a client that disconnects does not cancel it.
            runtime.spawn(task.run(admitted));
        }
        result
    }

    /// The period in which an answer is used whose call was admitted at this time.
    fn period_of(&self, asked_at: Duration) -> AnswerPeriod {
        AnswerPeriod { asked_at, usable_until: asked_at.saturating_add(self.settings.max_age) }
    }

    fn now(&self) -> Duration {
        since_epoch(self.clock.now())
    }
}

/// A call from its start to its end. If its runtime shuts down, the call is abandoned. If it panics, the call fails.
struct CallTask {
    introspector: Arc<Parts>,
    id: CallId,
    fingerprint: Fingerprint,
    token: Box<str>,
    has_ended: bool,
}

impl CallTask {
    async fn run(mut self, admitted: oneshot::Receiver<Duration>) {
        match timeout(self.introspector.settings.limits.timeout, admitted).await {
            Ok(Ok(asked_at)) => {
                let now = self.introspector.now();
                let result = self.introspector.source.call(&self.token, now).await;
                self.complete(asked_at, result);
            }
            // The call ended before it was admitted.
            Ok(Err(_)) => {}
            Err(_) => {
                let waiters = self.introspector.with_state(|state| state.lifecycle.abandon(self.id));
                if let Some(Waiters { outcome, .. }) = waiters {
                    outcome.send_replace(Some(Err(IntrospectionError::TooManyCalls)));
                }
            }
        }
        self.has_ended = true;
    }

    fn complete(&self, asked_at: Duration, result: CallResult) {
        match result {
            Ok(state) => self.succeed(asked_at, state),
            Err(error) => self.fail(&Arc::new(error)),
        }
    }

    /// Remembers the answer, and gives it to the requests that wait for it.
    fn succeed(&self, asked_at: Duration, token_state: TokenState) {
        let Parts { rules, memory, .. } = &*self.introspector;
        let (verdict, rejected) = match token_state {
            TokenState::Active(response) => {
                let (period, now) = (self.introspector.period_of(asked_at), self.introspector.now());
                let verdict = UncheckedAnswer::parse(&response).validate(&self.token, rules, period, now);
                let rejected = verdict.is_err().then(|| response.into());
                (verdict, rejected)
            }
            TokenState::Inactive(error) => (Err(error), None),
        };
        let answer = Answer { asked_at, verdict, rejected };
        let ended = self.introspector.with_state(|state| {
            // A call that is no longer awaited is too old: its answer must not replace a newer one.
            state.lifecycle.waiters(self.id)?;
            // If the clock went back during the call, the answer is from the future, and its time would come again.
            if asked_at <= state.lifecycle.seen() {
                memory.insert(self.fingerprint, answer.clone());
            }
            let ended = state.lifecycle.succeed(self.id)?;
            let now = state.lifecycle.seen();
            let is_rejected = matches!(answer.verdict, Err(TokenError::RejectedByEndpoint { .. }));
            // A server can reject a malformed request before it looks at the credentials.
            state.is_misconfiguration_logged &= is_rejected;
            Some((ended, is_rejected.then(|| state.rejections.permit(now)).flatten()))
        });
        let Some((ended, suppressed)) = ended else { return };
        let issuer = &*rules.issuer;
        if ended.has_recovered {
            tracing::info!(issuer, "the introspection endpoint answers again");
        }
        if let (Err(TokenError::RejectedByEndpoint { error }), Some(suppressed)) = (&answer.verdict, suppressed) {
            tracing::warn!(issuer, %error, suppressed, "the introspection endpoint rejects a token with status 400");
        }
        ended.waiters.outcome.send_replace(Some(Ok(answer)));
    }

    /// Fails the requests that wait for this call, and those whose calls wait for their turn.
    fn fail(&self, cause: &Arc<CallError>) {
        let bad_request = match &**cause {
            CallError::CredentialsRejected { status: 400, error, .. } => Some(error),
            _ => None,
        };
        let failed = self.introspector.with_state(|state| {
            let failed = state.lifecycle.fail(self.id, cause, random())?;
            let now = state.lifecycle.seen();
            let is_mistake = cause.is_misconfiguration();
            let is_news = is_mistake && !std::mem::replace(&mut state.is_misconfiguration_logged, true);
            let warning = if bad_request.is_some() { &mut state.rejections } else { &mut state.failures };
            Some((failed, is_news, warning.permit(now)))
        });
        let Some((failed, is_news, suppressed)) = failed else { return };
        let (issuer, retry_in) = (&*self.introspector.rules.issuer, failed.retry_in);
        if is_news {
            tracing::error!(issuer, "tokens can't be introspected: {cause}");
        }
        match (suppressed, bad_request) {
            (Some(suppressed), Some(error)) => {
                tracing::warn!(issuer, %error, suppressed, "the introspection endpoint rejects our client with status 400");
            }
            (Some(suppressed), None) if !is_news => {
                tracing::warn!(issuer, error = %cause, ?retry_in, suppressed, "tokens can't be introspected");
            }
            _ => tracing::debug!(issuer, error = %cause, ?retry_in, "tokens can't be introspected"),
        }
        for Waiters { outcome, .. } in failed.waiters {
            outcome.send_replace(Some(Err(IntrospectionError::unavailable(Arc::clone(cause), retry_in))));
        }
    }
}

impl Drop for CallTask {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        if std::thread::panicking() {
            // Another call at once would probably panic again.
            return self.fail(&Arc::new(CallError::Abandoned));
        }
        // The requests that wait for it start another call.
        drop(self.introspector.with_state(|state| state.lifecycle.abandon(self.id)));
    }
}

/// Shows the issuer; neither tokens nor credentials.
impl fmt::Debug for Introspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuer = Excerpt::new(&self.0.rules.issuer);
        f.debug_struct("Introspector").field("issuer", &issuer).field("mode", &self.mode()).finish_non_exhaustive()
    }
}
