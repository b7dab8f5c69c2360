//! The tables of the life cycle, row by row.

use super::Decision::*;
use super::*;
use crate::error::{Excerpt, HttpError};

const START: u64 = 1_000_000;
const HOUR: u64 = 3600;

/// Without jitter, times in seconds from the start.
struct Fixture(Lifecycle);

impl Fixture {
    fn new() -> Self {
        let mut fixture = Self(Lifecycle::new(KeySettings::default()));
        fixture.at(0);
        fixture
    }

    /// Warm: a set was fetched at 0, fresh until 300, usable until 3900.
    fn warm() -> Self {
        let mut fixture = Self::new();
        fixture.fetches(false);
        fixture
    }

    fn at(&mut self, second: u64) -> &mut Self {
        self.0.observe(Duration::from_secs(START + second));
        self
    }

    fn starts(&mut self) -> FetchId {
        self.0.start()
    }

    fn fetches(&mut self, still_missing: bool) -> &mut Self {
        let id = self.starts();
        assert!(self.0.succeed(id, None, still_missing, 0.0));
        self
    }

    fn fails(&mut self) -> &mut Self {
        let id = self.starts();
        assert!(self.0.fail(id, &failure(None), 0.0).is_some());
        self
    }

    /// A request that arrives now.
    fn known(&self) -> Decision {
        self.0.decide(false, self.0.last_started())
    }

    /// The same, and whether a fetch in the background is due.
    fn served(&self) -> (Decision, bool) {
        (self.known(), self.0.is_refresh_due())
    }

    /// A request that arrives now.
    fn unknown(&self) -> Decision {
        self.0.decide(true, self.0.last_started())
    }
}

const SERVE: (Decision, bool) = (Serve, false);
const SERVE_AND_REFRESH: (Decision, bool) = (Serve, true);

fn unavailable(seconds: u64) -> Decision {
    Unavailable(KeyError::unavailable(failure(None), Duration::from_secs(seconds)))
}

fn failure(retry_after: Option<u64>) -> Arc<FetchError> {
    let retry_after = retry_after.map(Duration::from_secs);
    Arc::new(HttpError::Status { url: Excerpt::url("https://example.com"), found: 503, retry_after }.into())
}

#[test]
fn cold_requests_fetch_then_wait_then_observe_the_back_off() {
    let mut fixture = Fixture::new();
    assert_eq!((fixture.known(), fixture.unknown()), (Fetch, Fetch));
    let id = fixture.starts();
    assert_eq!((fixture.known(), fixture.unknown()), (Wait, Wait));
    fixture.0.fail(id, &failure(None), 0.0);
    assert_eq!((fixture.known(), fixture.unknown()), (unavailable(1), unavailable(1)));
    assert_eq!(fixture.at(1).unknown(), Fetch);
    assert_eq!(fixture.fails().unknown(), unavailable(2));
    assert_eq!(fixture.at(2).unknown(), unavailable(1));
    assert_eq!(fixture.at(3).fails().unknown(), unavailable(4));
    assert_eq!(fixture.at(7).fails().unknown(), unavailable(5));
    assert_eq!(fixture.at(12).fails().unknown(), unavailable(5));
}

#[test]
fn a_failure_answers_only_requests_that_waited_for_it() {
    let mut fixture = Fixture::new();
    let before = fixture.0.last_started();
    fixture.fails();
    assert!(fixture.0.last_error().is_some());
    assert_eq!(fixture.at(1).0.decide(true, before), unavailable(0), "its fetch has failed");
    assert_eq!(fixture.unknown(), Fetch);
    let lost = fixture.starts();
    assert!(fixture.0.abandon(lost));
    assert_eq!(fixture.unknown(), Fetch, "a fetch was started and abandoned since");
    assert!(fixture.fetches(false).0.last_error().is_none());
}

#[test]
fn a_fresh_set_serves_and_is_refreshed_ahead_of_its_end() {
    let mut fixture = Fixture::warm();
    assert_eq!(fixture.served(), SERVE);
    assert_eq!(fixture.at(239).served(), SERVE);
    assert_eq!(fixture.at(240).served(), SERVE_AND_REFRESH);
    let id = fixture.starts();
    assert_eq!(fixture.served(), SERVE, "one fetch at a time");
    fixture.0.succeed(id, None, false, 0.0);
    assert_eq!(fixture.at(479).served(), SERVE);
    assert_eq!(fixture.at(480).served(), SERVE_AND_REFRESH);
}

#[test]
fn a_stale_set_serves_for_an_hour_and_not_a_moment_longer() {
    let mut fixture = Fixture::warm();
    assert!(!fixture.at(299).0.is_stale());
    assert!(fixture.at(300).0.is_stale());
    assert_eq!(fixture.at(300 + HOUR - 1).served(), SERVE_AND_REFRESH);
    assert_eq!(fixture.at(300 + HOUR).served(), (Fetch, false));
    assert_eq!(fixture.0.usable_until(), None);
}

#[test]
fn failures_neither_shorten_nor_prolong_the_use_of_a_set() {
    let mut fixture = Fixture::warm();
    let until = fixture.0.usable_until();
    for second in (240..300 + HOUR).step_by(5) {
        assert_eq!(fixture.at(second).served(), SERVE_AND_REFRESH, "{second}");
        assert_eq!(fixture.fails().served(), SERVE);
        let backoff = match second {
            240 => 1,
            245 => 2,
            250 => 4,
            _ => 5,
        };
        assert_eq!(fixture.unknown(), unavailable(backoff));
        assert_eq!(fixture.0.usable_until(), until);
    }
    assert_eq!(fixture.at(300 + HOUR).known(), Fetch);
}

#[test]
fn an_unknown_key_fetches_once_and_then_waits_for_the_cooldown() {
    let mut fixture = Fixture::warm();
    assert_eq!(fixture.at(10).unknown(), Fetch, "a rotation right after the start is picked up at once");
    fixture.fetches(true);
    assert_eq!((fixture.unknown(), fixture.served()), (Unknown, SERVE));
    assert_eq!(fixture.at(19).unknown(), Unknown);
    assert_eq!(fixture.at(20).unknown(), Fetch);
}

#[test]
fn a_fetch_without_missing_keys_starts_no_cooldown() {
    let mut fixture = Fixture::warm();
    fixture.at(10).fetches(false);
    assert_eq!(fixture.unknown(), Fetch);
}

#[test]
fn a_request_is_answered_by_a_fetch_that_started_after_it() {
    let mut fixture = Fixture::warm();
    let early = fixture.0.last_started();
    let id = fixture.starts();
    let late = fixture.0.last_started();
    fixture.0.succeed(id, None, false, 0.0);
    assert_eq!(fixture.0.decide(true, early), Unknown);
    assert_eq!(fixture.0.decide(true, late), Fetch, "the response may be older than the key");
    fixture.0.start_cooldown(late);
    assert_eq!(fixture.unknown(), Fetch);
    fixture.at(3).0.start_cooldown(early);
    assert_eq!(fixture.at(9).unknown(), Unknown);
    assert_eq!(fixture.at(10).unknown(), Fetch, "the cooldown runs from the fetch");
}

#[test]
fn a_cooldown_rejects_no_unknown_key_while_fetches_fail() {
    let mut fixture = Fixture::warm();
    fixture.fetches(true);
    fixture.at(1).fails();
    assert_eq!(fixture.unknown(), unavailable(1));
    assert_eq!(fixture.at(2).unknown(), Fetch);
    assert_eq!(fixture.fetches(false).unknown(), Unknown, "the cooldown of the fetch at 0 goes on");
}

#[test]
fn a_success_forgets_the_failures() {
    let mut fixture = Fixture::warm();
    fixture.fails().fails().fails().fetches(false);
    assert!(fixture.0.last_error().is_none());
    assert_eq!(fixture.fails().unknown(), unavailable(1));
}

#[test]
fn an_abandoned_fetch_is_started_anew_at_once() {
    let mut fixture = Fixture::new();
    let id = fixture.starts();
    assert!(fixture.0.abandon(id));
    assert!(!fixture.0.abandon(id));
    assert_eq!(fixture.unknown(), Fetch);
}

#[test]
fn the_late_result_of_an_overdue_fetch_is_dropped() {
    let mut fixture = Fixture::new();
    let first = fixture.starts();
    assert_eq!(fixture.at(5).unknown(), Wait);
    assert_eq!(fixture.at(6).unknown(), Fetch);
    let second = fixture.starts();
    assert!(!fixture.0.succeed(first, None, false, 0.0));
    assert_eq!(fixture.0.fail(first, &failure(None), 0.0), None);
    assert!(!fixture.0.abandon(first));
    assert_eq!(fixture.unknown(), Wait);
    assert!(fixture.0.succeed(second, None, false, 0.0));
    assert_eq!(fixture.served(), SERVE);
}

#[test]
fn retry_after_keeps_the_next_fetch_back_for_a_minute_at_most() {
    let mut fixture = Fixture::warm();
    let (id, cause) = (fixture.starts(), failure(Some(HOUR)));
    fixture.0.fail(id, &cause, 0.0);
    let unavailable = Unavailable(KeyError::unavailable(cause, Duration::from_secs(60)));
    assert_eq!((fixture.unknown(), fixture.served()), (unavailable, SERVE));
}

#[test]
fn a_clock_that_goes_backwards_prolongs_nothing() {
    let mut fixture = Fixture::warm();
    let (id, cause) = (fixture.at(1000).starts(), failure(Some(30)));
    fixture.0.fail(id, &cause, 0.0);
    fixture.0.observe(Duration::from_secs(1000));
    assert_eq!(fixture.unknown(), Unavailable(KeyError::unavailable(cause, Duration::from_secs(30))));
    assert_eq!(fixture.0.usable_until(), Some(Duration::from_secs(1000 + 300 + HOUR - 1000)));
    assert_eq!(fixture.0.age(), Some(Duration::from_secs(1000)));
    assert_eq!(fixture.0.next_fetch(), Duration::from_secs(1030));
    fixture.0.observe(Duration::from_secs(1000 + 300 + HOUR - 1001));
    assert_eq!(fixture.served(), SERVE_AND_REFRESH);
    fixture.0.observe(Duration::from_secs(1000 + 300 + HOUR - 1000));
    assert_eq!(fixture.known(), Fetch);
}

#[test]
fn a_cooldown_and_a_fetch_move_back_with_the_clock() {
    let mut fixture = Fixture::warm();
    fixture.fetches(true).starts();
    fixture.0.observe(Duration::from_secs(5000));
    fixture.0.observe(Duration::from_secs(5006));
    assert_eq!(fixture.served(), SERVE, "before refresh-ahead");
    assert_eq!(fixture.unknown(), Unknown);
    fixture.0.observe(Duration::from_secs(5010));
    assert_eq!(fixture.unknown(), Fetch);
}
