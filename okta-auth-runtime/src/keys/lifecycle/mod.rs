//! When a key set is fetched and how long it is used: the policy, without I/O, locks or a clock of its own.
//!
//! Times are since the Unix epoch. `random` is from 0 to 1 and shortens waits. Fetches are numbered from 1, so that
//! "fetched after the request arrived" is a comparison of two numbers.
//!
//! The decision on a request, by the state of the set and the key that the request needs:
//!
//! | state | key at hand | unknown key ID |
//! |---|---|---|
//! | fresh, before refresh-ahead | served | fetch, wait |
//! | refresh due, and until freshness + 1 h | served, fetch in the background | fetch, wait |
//! | ... and a fetch is in flight | served | waits for it; if it does not bring the key, another fetch |
//! | ... and in a cooldown | served | unknown at once |
//! | ... and the last fetch failed, within its back-off | served | unavailable at once |
//! | ... and the last fetch failed, its back-off over | served; fetch in the background if a refresh is due | fetch, wait |
//! | a set fetched after the request arrived lacks the key | | unknown |
//! | cold: no set, or one older than freshness + 1 h | | fetch, wait |
//! | cold, a fetch is in flight | | waits for it |
//! | cold, within a back-off | | unavailable at once |
//!
//! The effect of an event:
//!
//! | event | set | next fetch |
//! |---|---|---|
//! | fetch succeeds | replaced, fresh again | at 80% of the freshness; failures are forgotten |
//! | ... and a request from before it still lacks its key | as above | unknown key IDs: after the cooldown |
//! | fetch fails, or brings no usable key | kept, not prolonged | after the back-off |
//! | fetch is abandoned: lost with its runtime | kept, not prolonged | at once |
//! | clock goes backwards | its end comes no later: all times move back with the clock | likewise |

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use super::settings::KeySettings;
use crate::error::{FetchError, KeyError};

/// The number of a fetch, from 1. For a request, the last fetch that was started before it arrived.
pub(super) type FetchId = u64;

/// The state of one key set.
#[derive(Debug)]
pub(super) struct Lifecycle {
    settings: KeySettings,
    /// The latest time that was seen.
    seen: Duration,
    last_started: FetchId,
    /// When the fetch in flight, the last that was started, counts as dead.
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

    /// Takes note of the time, before any other call. Drops a set and a fetch whose time is over.
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

    /// Decides on a request that arrived when `last_fetch_at_arrival` was the last fetch. `missing`: the set lacks its key.
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

    /// Starts a fetch, in the place of one that is still in flight.
    pub(super) fn start(&mut self) -> FetchId {
        self.last_started += 1;
        self.in_flight_until = Some(self.seen + self.settings.limits().backstop());
        self.last_started
    }

    /// A fetch succeeded with usable keys. `still_missing`: a request from before the fetch still lacks its key.
    ///
    /// Returns whether the set counts. It does not if another fetch was started since.
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

    /// A request lacks its key. If the held set was fetched for it, the cooldown runs from then.
    ///
    /// [`succeed`](Self::succeed) knows of most such requests, but not of those that waited for an earlier, overdue
    /// fetch.
    pub(super) fn start_cooldown(&mut self, last_fetch_at_arrival: FetchId) {
        if let Some(held) = self.held.as_ref().filter(|held| held.fetch_id > last_fetch_at_arrival) {
            self.cooldown_until = self.cooldown_until.max(held.fetched + self.settings.cooldown);
        }
    }

    /// A fetch failed. Returns how long until the next one; `None` if it doesn't count, since another was started.
    pub(super) fn fail(&mut self, id: FetchId, cause: &Arc<FetchError>, random: f64) -> Option<Duration> {
        if !self.end(id) {
            return None;
        }
        let failures = self.backoff.as_ref().map_or(0, |backoff| backoff.failures).saturating_add(1);
        let wait = self.settings.backoff(failures, cause.retry_after(), random);
        self.backoff = Some(Backoff { fetch_id: id, cause: Arc::clone(cause), failures, retry_at: self.seen + wait });
        Some(wait)
    }

    /// A fetch was lost with the runtime that it ran on, and may be started anew. Returns whether it was in flight.
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

    /// The end of the set's use; `None` if cold.
    pub(super) fn usable_until(&self) -> Option<Duration> {
        self.held.as_ref().map(|held| held.usable_until)
    }

    /// How old the set is; `None` if cold.
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

    /// When the next request with a key at hand, or any request if cold, causes a fetch; in the past if it would now.
    pub(super) fn next_fetch(&self) -> Duration {
        if let Some(in_flight_until) = self.in_flight_until {
            return in_flight_until;
        }
        let refresh = self.held.as_ref().map_or(Duration::ZERO, |held| held.refresh_at);
        let retry = self.backoff.as_ref().map_or(Duration::ZERO, |backoff| backoff.retry_at);
        refresh.max(retry)
    }
}
