//! When a key set is fetched and how long it is used: the policy, without I/O, locks or a clock of its own.
//!
//! Times are since the Unix epoch. `random`, from 0 to 1, selects how much of the jitter shortens a wait. Fetches are
//! numbered from 1, so that "fetched after the request arrived" is a comparison of two numbers.
//!
//! A set is held until `fresh_until + stale_on_error`. The first row that applies decides on a request:
//!
//! | state | decision |
//! |---|---|
//! | the held set has the key | serve it; also fetch in the background if a refresh is due |
//! | the held set lacks the key, and was fetched by a fetch that started after the request arrived | unknown |
//! | the held set lacks the key, in a cooldown, and the last fetch did not fail | unknown |
//! | a fetch is in flight | wait for it, then decide again |
//! | in a back-off | unavailable |
//! | the last fetch failed, and started after the request arrived | unavailable |
//! | else | fetch, and wait for it |
//!
//! The effect of an event:
//!
//! | event | held set | next fetch |
//! |---|---|---|
//! | fetch succeeds | replaced | after `refresh_ahead` of the freshness; failures are forgotten |
//! | fetch succeeds, a request from before it still lacks its key | replaced | for unknown keys, after the cooldown |
//! | fetch fails, or brings no usable key | kept, not prolonged | after the back-off |
//! | fetch is lost with its runtime | kept, not prolonged | at once |
//! | clock goes backwards | kept; all times move back with the clock | likewise |

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use super::settings::KeySettings;
use crate::error::{FetchError, KeyError};

/// The number of a fetch, from 1; 0 before the first.
pub(super) type FetchId = u64;

/// The state of one key set.
#[derive(Debug)]
pub(super) struct Lifecycle {
    settings: KeySettings,
    /// The latest time that was seen.
    seen: Duration,
    last_started: FetchId,
    /// When the fetch in flight, the last that was started, is overdue. `None` if none is in flight.
    in_flight_until: Option<Duration>,
    held: Option<HeldSet>,
    backoff: Option<Backoff>,
    cooldown_until: Duration,
    /// When the last fetch succeeded or failed.
    last_ended_at: Option<Duration>,
}

/// A set that may be used.
#[derive(Debug)]
struct HeldSet {
    fetch_id: FetchId,
    fetched: Duration,
    refresh_at: Duration,
    fresh_until: Duration,
    usable_until: Duration,
}

/// The wait after failed fetches.
#[derive(Debug)]
struct Backoff {
    fetch_id: FetchId,
    cause: Arc<FetchError>,
    failures: u32,
    retry_at: Duration,
}

/// The decision on a request.
#[derive(Debug, PartialEq)]
pub(super) enum Decision {
    /// Serve the key in the set.
    Serve,
    /// There is no such key, and no reason to fetch again.
    Unknown,
    /// Start a fetch and wait for it.
    Fetch,
    /// Wait for the fetch in flight.
    Wait,
    /// Fail until the next attempt.
    Unavailable(KeyError),
}

impl Lifecycle {
    pub(super) fn new(settings: KeySettings) -> Self {
        Self {
            settings,
            seen: Duration::ZERO,
            last_started: 0,
            in_flight_until: None,
            held: None,
            backoff: None,
            cooldown_until: Duration::ZERO,
            last_ended_at: None,
        }
    }

    /// Records the time, before any other call. Drops a set that may no longer be used, and an overdue fetch.
    ///
    /// If the clock went backwards, all times move back with it, so that the rest of each wait and of the set's use
    /// stays the same.
    pub(super) fn observe(&mut self, now: Duration) {
        if let Some(back) = self.seen.checked_sub(now).filter(|back| !back.is_zero()) {
            self.move_back(back);
        }
        self.seen = now;
        self.held.take_if(|held| now >= held.usable_until);
        self.in_flight_until.take_if(|in_flight_until| now >= *in_flight_until);
    }

    /// Decides on a request. `missing`: the set lacks its key.
    pub(super) fn decide(&self, missing: bool, last_fetch_at_arrival: FetchId) -> Decision {
        let now = self.seen;
        if let Some(held) = &self.held {
            if !missing {
                return Decision::Serve;
            }
            let cooling_down = self.backoff.is_none() && now < self.cooldown_until;
            if held.fetch_id > last_fetch_at_arrival || cooling_down {
                return Decision::Unknown;
            }
        }
        if self.in_flight_until.is_some() {
            return Decision::Wait;
        }
        match &self.backoff {
            Some(backoff) if now < backoff.retry_at || backoff.fetch_id > last_fetch_at_arrival => {
                let retry_after = backoff.retry_at.saturating_sub(now);
                Decision::Unavailable(KeyError::unavailable(Arc::clone(&backoff.cause), retry_after))
            }
            _ => Decision::Fetch,
        }
    }

    /// Whether a fetch in the background is due.
    pub(super) fn is_refresh_due(&self) -> bool {
        self.held.is_some() && self.in_flight_until.is_none() && self.seen >= self.next_fetch()
    }

    /// Starts a fetch. An overdue fetch no longer counts.
    pub(super) fn start(&mut self) -> FetchId {
        self.last_started += 1;
        self.in_flight_until = Some(self.seen + self.settings.limits().backstop());
        self.last_started
    }

    /// A fetch succeeded with usable keys. `still_missing`: a request from before the fetch still lacks its key.
    ///
    /// Returns false if a newer fetch replaced it.
    pub(super) fn succeed(&mut self, id: FetchId, max_age: Option<Duration>, still_missing: bool, random: f64) -> bool {
        if !self.end(id) {
            return false;
        }
        let (now, settings) = (self.seen, self.settings);
        let freshness = settings.freshness_of(max_age);
        let fresh_until = now + freshness;
        self.held = Some(HeldSet {
            fetch_id: id,
            fetched: now,
            refresh_at: now + settings.refresh_after(freshness, random),
            fresh_until,
            usable_until: fresh_until + settings.stale_on_error,
        });
        self.backoff = None;
        if still_missing {
            self.cooldown_until = now + settings.cooldown;
        }
        true
    }

    /// Extends the cooldown to `cooldown` after the held set was fetched, if that fetch started after this request
    /// arrived. Needed for requests that waited for an earlier, overdue fetch; `succeed` does not see them.
    pub(super) fn start_cooldown(&mut self, last_fetch_at_arrival: FetchId) {
        if let Some(held) = self.held.as_ref().filter(|held| held.fetch_id > last_fetch_at_arrival) {
            self.cooldown_until = self.cooldown_until.max(held.fetched + self.settings.cooldown);
        }
    }

    /// A fetch failed. Returns how long until the next one; `None` if a newer fetch replaced it.
    pub(super) fn fail(&mut self, id: FetchId, cause: &Arc<FetchError>, random: f64) -> Option<Duration> {
        if !self.end(id) {
            return None;
        }
        let failures = self.backoff.as_ref().map_or(0, |backoff| backoff.failures).saturating_add(1);
        let wait = self.settings.backoff().wait(failures, cause.retry_after(), random);
        self.backoff = Some(Backoff { fetch_id: id, cause: Arc::clone(cause), failures, retry_at: self.seen + wait });
        Some(wait)
    }

    /// A fetch was lost with its runtime. Returns whether it was in flight.
    pub(super) fn abandon(&mut self, id: FetchId) -> bool {
        id == self.last_started && self.in_flight_until.take().is_some()
    }

    fn end(&mut self, id: FetchId) -> bool {
        if id != self.last_started {
            return false;
        }
        self.in_flight_until = None;
        self.last_ended_at = Some(self.seen);
        true
    }

    fn move_back(&mut self, back: Duration) {
        let shift = |time: &mut Duration| *time = time.saturating_sub(back);
        if let Some(held) = &mut self.held {
            [&mut held.fetched, &mut held.refresh_at, &mut held.fresh_until, &mut held.usable_until]
                .into_iter()
                .for_each(shift);
        }
        if let Some(backoff) = &mut self.backoff {
            shift(&mut backoff.retry_at);
        }
        [&mut self.in_flight_until, &mut self.last_ended_at].into_iter().flatten().for_each(shift);
        shift(&mut self.cooldown_until);
    }

    /// The last fetch that was started; 0 if there was none.
    pub(super) fn last_started(&self) -> FetchId {
        self.last_started
    }

    pub(super) fn seen(&self) -> Duration {
        self.seen
    }

    /// The end of the set's use; `None` if no set is held.
    pub(super) fn usable_until(&self) -> Option<Duration> {
        self.held.as_ref().map(|held| held.usable_until)
    }

    /// How old the set is; `None` if no set is held.
    pub(super) fn age(&self) -> Option<Duration> {
        self.held.as_ref().map(|held| self.seen.saturating_sub(held.fetched))
    }

    /// Whether the set is used beyond its freshness.
    pub(super) fn is_stale(&self) -> bool {
        self.held.as_ref().is_some_and(|held| self.seen >= held.fresh_until)
    }

    /// Why the last fetch failed; `None` if it succeeded, or there was none.
    pub(super) fn last_error(&self) -> Option<&Arc<FetchError>> {
        self.backoff.as_ref().map(|backoff| &backoff.cause)
    }

    /// How long ago the last fetch succeeded or failed.
    pub(super) fn ended_ago(&self) -> Option<Duration> {
        self.last_ended_at.map(|ended_at| self.seen.saturating_sub(ended_at))
    }

    /// When the next request with a key in the set, or any request without a set, can cause a fetch. Not in the future
    /// if it can now.
    pub(super) fn next_fetch(&self) -> Duration {
        if let Some(in_flight_until) = self.in_flight_until {
            return in_flight_until;
        }
        let refresh = self.held.as_ref().map_or(Duration::ZERO, |held| held.refresh_at);
        let retry = self.backoff.as_ref().map_or(Duration::ZERO, |backoff| backoff.retry_at);
        refresh.max(retry)
    }
}
