//! Which calls are made and when: the policy of one introspection endpoint, without I/O, locks or a clock of its own.
//!
//! Times are since the Unix epoch. `random`, from 0 to 1, selects how much of the jitter shortens a wait. A call asks about one
//! token, and a token has at most one call. A call first waits for its turn. Once it is admitted, it is in flight.
//!
//! The first row that applies decides on a request whose answer is not remembered:
//!
//! | state | decision |
//! |---|---|
//! | a call about the token waits or is in flight | join it |
//! | in a back-off | unavailable |
//! | as many calls as allowed are in flight, and as many as allowed wait | too many calls |
//! | else | start a call, and join it |
//!
//! Calls that wait are admitted in the order in which they started, as soon as fewer calls than allowed are in flight. After a
//! failure, one new call at a time is admitted until one succeeds, so that a server that recovers is not flooded.
//!
//! The effect of an event:
//!
//! | event | the call | other calls | the endpoint |
//! |---|---|---|---|
//! | it is admitted | is in flight | | |
//! | it succeeds | ends | the next ones are admitted | the back-off ends; failures are forgotten |
//! | it fails | ends | those that wait fail with it | the back-off begins, and is longer each time |
//! | it was in flight when another one failed, and succeeds | ends | the next ones are admitted | |
//! | it was in flight when another one failed, and fails without `Retry-After` | ends | | |
//! | it was in flight when another one failed, and fails with `Retry-After` | ends | those that wait fail with it | the back-off begins or is prolonged, but does not grow |
//! | it has waited for too long | ends | | |
//! | it is lost with its runtime, or overdue | ends | the next ones are admitted | |
//! | the clock goes backwards | | | all times move back with the clock |

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::BuildHasherDefault;
use std::sync::Arc;
use std::time::Duration;

use crate::access_token::{Fingerprint, IdentityHasher};
use crate::error::{CallError, IntrospectionError};
use crate::http::BackoffSettings;

/// The number of a call, from 1.
pub(super) type CallId = u64;

#[derive(Debug, Clone, Copy)]
pub(super) struct CallLimits {
    /// The most calls in flight.
    pub(super) in_flight: usize,
    /// The most calls that wait for their turn.
    pub(super) waiting: usize,
    /// How long after its start a call is overdue. Its time-outs are shorter, so this is only for a call that hangs despite them.
    pub(super) overdue_after: Duration,
    pub(super) backoff: BackoffSettings,
}

/// The state of one endpoint. `W` are the requests that wait for a call. They are dropped with it.
pub(super) struct Lifecycle<W> {
    limits: CallLimits,
    /// The latest time that was seen.
    seen: Duration,
    last_started: CallId,
    /// In the order of the starts.
    calls: BTreeMap<CallId, Call<W>>,
    by_token: HashMap<Fingerprint, CallId, BuildHasherDefault<IdentityHasher>>,
    /// The calls that wait for their turn, in the order of the starts.
    queue: VecDeque<CallId>,
    backoff: Option<Backoff>,
    /// How often the endpoint has failed. Calls that were in flight together count as one failure, unless one has a `Retry-After`. The
    /// outcome of a call that was admitted in an earlier epoch says nothing new about the endpoint.
    epoch: u64,
    /// When the last call succeeded or failed.
    last_ended_at: Option<Duration>,
    /// How many calls were admitted so far.
    admitted: u64,
}

struct Call<W> {
    token: Fingerprint,
    overdue_at: Duration,
    /// The epoch in which the call was admitted; `None` while it waits.
    admitted_in: Option<u64>,
    waiters: W,
}

/// The wait after failed calls.
#[derive(Debug)]
struct Backoff {
    cause: Arc<CallError>,
    /// The number of failures in a row. Failures of calls that were in flight together count as one.
    failures: u32,
    retry_at: Duration,
}

/// The decision on a request.
#[derive(Debug, PartialEq)]
pub(super) enum Decision {
    /// Wait for this call.
    Join(CallId),
    /// Start a call, and wait for it.
    Start,
    /// Fail.
    Unavailable(IntrospectionError),
}

/// A call that succeeded.
#[derive(Debug, PartialEq)]
pub(super) struct Succeeded<W> {
    pub(super) waiters: W,
    /// The endpoint had failed, and works again.
    pub(super) has_recovered: bool,
}

/// A call that failed.
#[derive(Debug, PartialEq)]
pub(super) struct Failed<W> {
    /// The requests that waited for the call, and those of the calls that waited for their turn.
    pub(super) waiters: Vec<W>,
    pub(super) retry_in: Duration,
}

impl<W> Lifecycle<W> {
    pub(super) fn new(limits: CallLimits) -> Self {
        Self {
            limits,
            seen: Duration::ZERO,
            last_started: 0,
            calls: BTreeMap::new(),
            by_token: HashMap::default(),
            queue: VecDeque::new(),
            backoff: None,
            epoch: 0,
            last_ended_at: None,
            admitted: 0,
        }
    }

    /// Records the time, before any other call. Drops the calls that are overdue.
    ///
    /// If the clock went backwards, all times move back with it, so that the rest of each wait stays the same. Returns whether
    /// it did.
    pub(super) fn observe(&mut self, now: Duration) -> bool {
        let back = self.seen.checked_sub(now).filter(|back| !back.is_zero());
        back.iter().for_each(|back| self.move_back(*back));
        self.seen = now;
        while let Some((id, call)) = self.calls.first_key_value()
            && now >= call.overdue_at
        {
            self.end(*id);
        }
        back.is_some()
    }

    /// Decides on a request with this token.
    pub(super) fn decide(&self, token: &Fingerprint) -> Decision {
        if let Some(id) = self.by_token.get(token) {
            return Decision::Join(*id);
        }
        if let Some(backoff) = self.backoff.as_ref().filter(|backoff| self.seen < backoff.retry_at) {
            let retry_after = backoff.retry_at.saturating_sub(self.seen);
            return Decision::Unavailable(IntrospectionError::unavailable(Arc::clone(&backoff.cause), retry_after));
        }
        if self.queue.len() >= self.limits.waiting && !self.may_admit() {
            return Decision::Unavailable(IntrospectionError::TooManyCalls);
        }
        Decision::Start
    }

    /// Starts a call, which waits for its turn.
    pub(super) fn start(&mut self, token: Fingerprint, waiters: W) -> CallId {
        self.last_started += 1;
        let id = self.last_started;
        let overdue_at = self.seen + self.limits.overdue_after;
        self.calls.insert(id, Call { token, overdue_at, admitted_in: None, waiters });
        self.by_token.insert(token, id);
        self.queue.push_back(id);
        id
    }

    /// Admits the next call that waits, if another one may be in flight. Returns its number, the time at which it was
    /// admitted, and its waiters.
    pub(super) fn admit(&mut self) -> Option<(CallId, Duration, &mut W)> {
        if !self.may_admit() {
            return None;
        }
        let id = self.queue.pop_front()?;
        let call = self.calls.get_mut(&id)?;
        call.admitted_in = Some(self.epoch);
        self.admitted += 1;
        Some((id, self.seen, &mut call.waiters))
    }

    /// The waiters of a call.
    pub(super) fn waiters(&self, id: CallId) -> Option<&W> {
        self.calls.get(&id).map(|call| &call.waiters)
    }

    /// Ends a call that succeeded. `None` if it has ended before: it was overdue, for example.
    pub(super) fn succeed(&mut self, id: CallId) -> Option<Succeeded<W>> {
        let Call { admitted_in, waiters, .. } = self.end(id)?;
        self.last_ended_at = Some(self.seen);
        let has_recovered = admitted_in == Some(self.epoch) && self.backoff.take().is_some();
        Some(Succeeded { waiters, has_recovered })
    }

    /// Ends a call that failed. `None` if it has ended before: it was overdue, for example.
    pub(super) fn fail(&mut self, id: CallId, cause: &Arc<CallError>, random: f64) -> Option<Failed<W>> {
        let Call { admitted_in, waiters, .. } = self.end(id)?;
        self.last_ended_at = Some(self.seen);
        let retry_after = cause.retry_after().filter(|wait| !wait.is_zero());
        let is_news = admitted_in == Some(self.epoch);
        if !is_news && retry_after.is_none() {
            return Some(Failed { waiters: vec![waiters], retry_in: self.retry_in().unwrap_or_default() });
        }
        self.epoch += 1;
        let (failures, earliest) = match &self.backoff {
            Some(backoff) if is_news => (backoff.failures.saturating_add(1), Duration::ZERO),
            Some(backoff) => (backoff.failures, backoff.retry_at),
            None => (1, Duration::ZERO),
        };
        let wait = self.limits.backoff.wait(failures, retry_after, random);
        let retry_at = earliest.max(self.seen + wait);
        self.backoff = Some(Backoff { cause: Arc::clone(cause), failures, retry_at });
        let waiters = std::iter::once(waiters).chain(self.take_waiting()).collect();
        Some(Failed { waiters, retry_in: retry_at.saturating_sub(self.seen) })
    }

    /// Removes all calls that wait for their turn, and returns their waiters.
    fn take_waiting(&mut self) -> Vec<W> {
        let waiting = std::mem::take(&mut self.queue);
        let waiting: Vec<Call<W>> = waiting.iter().filter_map(|id| self.calls.remove(id)).collect();
        waiting.iter().for_each(|call| _ = self.by_token.remove(&call.token));
        waiting.into_iter().map(|call| call.waiters).collect()
    }

    /// A call has waited for its turn for too long, or was lost with its runtime. Returns its waiters, if it was still awaited.
    pub(super) fn abandon(&mut self, id: CallId) -> Option<W> {
        self.end(id).map(|call| call.waiters)
    }

    /// Removes a call.
    fn end(&mut self, id: CallId) -> Option<Call<W>> {
        let call = self.calls.remove(&id)?;
        self.by_token.remove(&call.token);
        if call.admitted_in.is_none() {
            self.queue.retain(|waiting| *waiting != id);
        }
        Some(call)
    }

    fn move_back(&mut self, back: Duration) {
        let shift = |time: &mut Duration| *time = time.saturating_sub(back);
        self.calls.values_mut().for_each(|call| shift(&mut call.overdue_at));
        self.backoff.iter_mut().for_each(|backoff| shift(&mut backoff.retry_at));
        self.last_ended_at.iter_mut().for_each(shift);
    }

    /// Whether another call may be admitted. After a failure, one new call at a time shows whether the endpoint works again. Calls
    /// from before the failure do not count: they say nothing about that, and can take long.
    fn may_admit(&self) -> bool {
        let is_testing = || self.calls.values().any(|call| call.admitted_in == Some(self.epoch));
        self.in_flight() < self.limits.in_flight && (self.backoff.is_none() || !is_testing())
    }

    /// How many calls are in flight.
    pub(super) fn in_flight(&self) -> usize {
        self.calls.len() - self.queue.len()
    }

    /// How many calls wait for their turn.
    pub(super) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// How many calls were admitted so far.
    pub(super) fn admitted(&self) -> u64 {
        self.admitted
    }

    pub(super) fn seen(&self) -> Duration {
        self.seen
    }

    /// Why the last call failed; `None` if the endpoint works.
    pub(super) fn last_error(&self) -> Option<&Arc<CallError>> {
        self.backoff.as_ref().map(|backoff| &backoff.cause)
    }

    /// How long until the endpoint may be called again; `None` if it may be called now.
    pub(super) fn retry_in(&self) -> Option<Duration> {
        let retry_at = self.backoff.as_ref()?.retry_at;
        retry_at.checked_sub(self.seen).filter(|wait| !wait.is_zero())
    }

    /// How long ago the last call succeeded or failed.
    pub(super) fn ended_ago(&self) -> Option<Duration> {
        self.last_ended_at.map(|ended_at| self.seen.saturating_sub(ended_at))
    }
}
