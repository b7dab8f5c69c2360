//! Asks the authorization server about tokens: carries out the decisions of the life cycle, and remembers the answers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, timeout_at};

use super::IntrospectionMode;
use super::call_task::CallTask;
use super::endpoint::IntrospectionSource;
use super::lifecycle::Decision;
use super::memory::Answer;
use super::shared::{IntrospectionSettings, Outcome, Shared, State, Waiters};
use super::status::IntrospectionStatus;
use crate::access_token::{AnswerPeriod, Fingerprint, IssuerRules, ValidToken, b64token, is_padded_at_its_end};
use crate::clock::Clock;
use crate::error::{CallError, Excerpt, IntrospectionError, TokenError, ValidateError};
use crate::jose::MAX_LENGTH;

/// The most calls that a request waits for: one that started too early for it, one of its own, and two that are lost because their
/// runtime shuts down.
const MAX_CALL_WAITS: usize = 4;

/// Asks one issuer's authorization server about tokens. All workers share it: a clone is a handle to the same introspector.
#[derive(Clone)]
pub(crate) struct Introspector(Arc<Shared>);

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
        Shared::new(rules, settings, source, clock).map(|shared| Self(Arc::new(shared)))
    }

    pub(crate) fn mode(&self) -> IntrospectionMode {
        self.0.settings.mode
    }

    /// The token, with the claims of an answer that is at most `max_age` old.
    pub(crate) async fn introspect(&self, token: &str) -> Result<ValidToken, ValidateError> {
        Ok(self.ask(token, self.0.settings.max_age).await?.verdict?)
    }

    /// The response, if it says that the token is active, even if it breaks a rule. It is as recent as the answer of
    /// [`introspect`](Self::introspect). For explanations.
    pub(crate) async fn active_response(&self, token: &str) -> Result<ActiveResponse, ValidateError> {
        let Answer { asked_at, verdict, rejected } = self.ask(token, self.0.settings.max_age).await?;
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
        let answer = self.ask(text, within.min(self.0.settings.max_age)).await?.verdict?;
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

    /// The answer about a token, at most `within` old. Waits for a call if no answer that is less than `within` old is remembered.
    async fn ask(&self, token: &str, within: Duration) -> Result<Answer, ValidateError> {
        if token.len() > MAX_LENGTH {
            return Err(TokenError::TooLong { found: token.len(), limit: MAX_LENGTH }.into());
        }
        let token = b64token(token.as_bytes()).ok_or(TokenError::NotAToken)?;
        let fingerprint = self.0.memory.fingerprint(token).ok_or(TokenError::NotAToken)?;
        let arrived_at = self.0.now();
        if let Some(answer) = self.0.memory.find(&fingerprint, within, arrived_at) {
            return Ok(answer);
        }
        if !is_padded_at_its_end(token) {
            return Err(TokenError::NotAToken.into());
        }
        // A call that was admitted before this is too old for the request.
        let oldest = arrived_at.saturating_sub(within);
        let waits = self.0.settings.limits.timeout.saturating_add(self.0.settings.wait);
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
        Err(IntrospectionError::unavailable(CallError::Abandoned, self.0.settings.backoff.min).into())
    }

    /// The remembered answer, or the call to wait for, which this may start.
    fn step(&self, fingerprint: Fingerprint, token: &str, within: Duration) -> Result<Step, IntrospectionError> {
        let Self(shared) = self;
        let (step, started) = shared.with_state(|state| {
            // A call can have ended since the request looked.
            if let Some(answer) = shared.memory.find(&fingerprint, within, state.lifecycle.seen()) {
                return Ok((Step::Done(answer), None));
            }
            // The wait for a call needs a runtime, too.
            let runtime = || Handle::try_current().map_err(|_| IntrospectionError::NoRuntime);
            match state.lifecycle.decide(&fingerprint) {
                Decision::Unavailable(error) => Err(error),
                Decision::Join(id) => {
                    runtime()?;
                    let waiters = state.lifecycle.waiters(id).ok_or(IntrospectionError::TooManyCalls)?;
                    Ok((Step::WaitFor(waiters.outcome.subscribe()), None))
                }
                Decision::Start => {
                    let runtime = runtime()?;
                    let (sender, admitted) = oneshot::channel();
                    let (outcome, call) = watch::channel(None);
                    let id = state.lifecycle.start(fingerprint, Waiters { outcome, admitted: Some(sender) });
                    let task = CallTask::new(Arc::clone(shared), id, fingerprint, token);
                    Ok((Step::WaitFor(call), Some((runtime, task, admitted))))
                }
            }
        })?;
        // After the lock is released: a runtime that shuts down drops the task at once, and its drop takes the lock.
        if let Some((runtime, task, admitted)) = started {
            // Detached, so that a client that disconnects does not cancel it.
            runtime.spawn(task.run(admitted));
        }
        Ok(step)
    }
}

/// Shows the issuer; neither tokens nor credentials.
impl fmt::Debug for Introspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuer = Excerpt::new(&self.0.rules.issuer);
        f.debug_struct("Introspector").field("issuer", &issuer).field("mode", &self.mode()).finish_non_exhaustive()
    }
}
