//! The parts of an introspector that all workers and calls share: its settings, its memory, and its state behind a lock.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{oneshot, watch};

use super::IntrospectionMode;
use super::endpoint::IntrospectionSource;
use super::lifecycle::{CallLimits, Lifecycle};
use super::memory::{Answer, Memory};
use crate::access_token::{AnswerPeriod, IssuerRules};
use crate::clock::{Clock, since_epoch};
use crate::error::IntrospectionError;
use crate::http::{BackoffSettings, Limits};
use crate::warning::RateLimitedWarning;

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

/// The parts of an introspector. Its handles and the tasks of its calls share them.
pub(super) struct Shared {
    /// The rules of answers: [`IssuerRules::of_answers`].
    pub(super) rules: Arc<IssuerRules>,
    pub(super) settings: IntrospectionSettings,
    pub(super) source: Arc<dyn IntrospectionSource>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) memory: Memory,
    /// Never locked across an await.
    state: Mutex<State>,
}

/// The state behind the lock.
pub(super) struct State {
    pub(super) lifecycle: Lifecycle<Waiters>,
    pub(super) failures: RateLimitedWarning,
    pub(super) rejections: RateLimitedWarning,
    /// Whether the current mistake in the configuration is in the log. It is logged again only after an answer with status 200.
    pub(super) is_misconfiguration_logged: bool,
}

/// The requests that wait for one call, and the task that makes it.
pub(super) struct Waiters {
    pub(super) outcome: watch::Sender<Option<Outcome>>,
    /// Tells the task that the call is admitted, and when.
    pub(super) admitted: Option<oneshot::Sender<Duration>>,
}

pub(super) type Outcome = Result<Answer, IntrospectionError>;

impl Shared {
    /// Does no I/O. Fails if the operating system has no randomness.
    pub(super) fn new(
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
        };
        let memory = Memory::new(settings.remembered_bytes)?;
        Ok(Self { rules, settings, source, clock, memory, state: Mutex::new(state) })
    }

    /// The only access to the state. Records the time first, and admits calls afterwards.
    pub(super) fn with_state<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
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
        result
    }

    /// The period in which an answer is used whose call was admitted at this time.
    pub(super) fn period_of(&self, asked_at: Duration) -> AnswerPeriod {
        AnswerPeriod { asked_at, usable_until: asked_at.saturating_add(self.settings.max_age) }
    }

    pub(super) fn now(&self) -> Duration {
        since_epoch(self.clock.now())
    }
}
