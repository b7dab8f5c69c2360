//! The tables of the life cycle, row by row.

use super::Decision::*;
use super::*;
use crate::access_token::FingerprintHasher;
use crate::error::{Excerpt, HttpError};

const START: u64 = 1_000_000;

/// Two calls in flight, three that wait, without jitter. Times are in seconds from the start.
struct Fixture {
    lifecycle: Lifecycle<&'static str>,
    fingerprints: FingerprintHasher,
}

impl Fixture {
    fn new() -> Self {
        let backoff = BackoffSettings {
            min: Duration::from_secs(1),
            max: Duration::from_secs(5),
            retry_after_max: Duration::from_secs(60),
            jitter: 0.0,
        };
        let limits = CallLimits { in_flight: 2, waiting: 3, overdue_after: Duration::from_secs(11), backoff };
        let fingerprints = FingerprintHasher::random().expect("randomness");
        let mut fixture = Self { lifecycle: Lifecycle::new(limits), fingerprints };
        fixture.at(0);
        fixture
    }

    fn at(&mut self, second: u64) -> &mut Self {
        self.lifecycle.observe(Duration::from_secs(START + second));
        self
    }

    fn token(&self, token: &str) -> Fingerprint {
        self.fingerprints.of(token.as_bytes()).expect("a short text")
    }

    fn decide(&self, token: &str) -> Decision {
        self.lifecycle.decide(&self.token(token))
    }

    /// Starts a call, which the decision must allow, and admits it if there is room.
    fn starts(&mut self, token: &'static str) -> CallId {
        assert_eq!(self.decide(token), Start, "{token}");
        let id = self.lifecycle.start(self.token(token), token);
        self.admits();
        id
    }

    /// Admits all calls that may be in flight, and returns their tokens.
    fn admits(&mut self) -> Vec<&'static str> {
        std::iter::from_fn(|| self.lifecycle.admit().map(|(_, _, token)| *token)).collect()
    }

    fn succeeds(&mut self, id: CallId) -> Option<Succeeded<&'static str>> {
        self.lifecycle.succeed(id)
    }

    fn fails(&mut self, id: CallId) -> Option<Failed<&'static str>> {
        self.lifecycle.fail(id, &failure(None), 0.0)
    }

    fn fails_until(&mut self, id: CallId, retry_after: u64) -> Option<Failed<&'static str>> {
        self.lifecycle.fail(id, &failure(Some(retry_after)), 0.0)
    }

    fn counts(&self) -> (usize, usize) {
        (self.lifecycle.in_flight(), self.lifecycle.waiting())
    }
}

fn failure(retry_after: Option<u64>) -> Arc<CallError> {
    let retry_after = retry_after.map(Duration::from_secs);
    Arc::new(HttpError::Status { url: Excerpt::url("https://example.com"), found: 503, retry_after }.into())
}

fn unavailable(seconds: u64) -> Decision {
    Unavailable(IntrospectionError::unavailable(failure(None), Duration::from_secs(seconds)))
}

fn failed(waiters: &[&'static str], seconds: u64) -> Option<Failed<&'static str>> {
    Some(Failed { waiters: waiters.to_vec(), retry_in: Duration::from_secs(seconds) })
}

fn succeeded(waiters: &'static str, has_recovered: bool) -> Option<Succeeded<&'static str>> {
    Some(Succeeded { waiters, has_recovered })
}

const TOO_MANY: Decision = Unavailable(IntrospectionError::TooManyCalls);

#[test]
fn requests_with_one_token_join_its_call() {
    let mut fixture = Fixture::new();
    let a = fixture.starts("a");
    assert_eq!((fixture.decide("a"), fixture.decide("b")), (Join(a), Start));
    assert_eq!(fixture.succeeds(a), succeeded("a", false));
    assert_eq!(fixture.decide("a"), Start);
    assert_eq!(fixture.succeeds(a), None, "it has ended");
}

#[test]
fn calls_beyond_the_limit_wait_in_turn() {
    let mut fixture = Fixture::new();
    let [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map(|token| fixture.starts(token));
    assert_eq!(fixture.counts(), (2, 3));
    assert_eq!((fixture.decide("f"), fixture.decide("d")), (TOO_MANY, Join(d)));
    assert_eq!(fixture.succeeds(b), succeeded("b", false));
    assert_eq!(fixture.admits(), ["c"]);
    assert_eq!(fixture.counts(), (2, 2));
    assert_eq!(fixture.decide("f"), Start);
    assert_eq!(fixture.lifecycle.abandon(d), Some("d"), "it has waited for too long");
    assert_eq!(fixture.lifecycle.abandon(d), None);
    assert_eq!((fixture.succeeds(a), fixture.succeeds(c)), (succeeded("a", false), succeeded("c", false)));
    assert_eq!(fixture.admits(), ["e"]);
    assert_eq!(fixture.succeeds(e), succeeded("e", false));
    assert_eq!((fixture.counts(), fixture.lifecycle.admitted()), ((0, 0), 4));
}

#[test]
fn failure_begins_a_back_off_that_grows() {
    let mut fixture = Fixture::new();
    for (second, backoff) in [(0, 1), (1, 2), (3, 4), (7, 5), (12, 5)] {
        let id = fixture.at(second).starts("a");
        assert_eq!(fixture.fails(id), failed(&["a"], backoff));
        assert_eq!(fixture.decide("b"), unavailable(backoff), "also other tokens");
        assert_eq!(fixture.lifecycle.retry_in(), Some(Duration::from_secs(backoff)));
    }
    let id = fixture.at(17).starts("a");
    assert_eq!(fixture.succeeds(id), succeeded("a", true));
    assert_eq!((fixture.lifecycle.last_error(), fixture.lifecycle.retry_in()), (None, None));
    let id = fixture.starts("a");
    assert_eq!(fixture.fails(id), failed(&["a"], 1), "failures are forgotten");
}

#[test]
fn back_off_ends_at_its_time_and_honors_retry_after() {
    let mut fixture = Fixture::new();
    let id = fixture.starts("a");
    assert_eq!(fixture.fails_until(id, 30), failed(&["a"], 30));
    assert!(matches!(fixture.at(29).decide("a"), Unavailable(_)));
    assert_eq!(fixture.at(30).decide("a"), Start);
    let id = fixture.starts("a");
    assert_eq!(fixture.fails_until(id, 3600), failed(&["a"], 60), "up to a limit");
}

#[test]
fn calls_that_wait_fail_with_the_one_in_flight() {
    let mut fixture = Fixture::new();
    let [a, b, c, _] = ["a", "b", "c", "d"].map(|token| fixture.starts(token));
    assert_eq!(fixture.fails(a), failed(&["a", "c", "d"], 1));
    assert_eq!((fixture.counts(), fixture.fails(c)), ((1, 0), None));
    assert_eq!((fixture.decide("b"), fixture.decide("c")), (Join(b), unavailable(1)));
}

#[test]
fn after_a_failure_one_call_is_in_flight_until_it_succeeds() {
    let mut fixture = Fixture::new();
    let id = fixture.starts("a");
    fixture.fails(id);
    let [a, _, _] = ["a", "b", "c"].map(|token| fixture.at(1).starts(token));
    assert_eq!(fixture.counts(), (1, 2));
    assert_eq!(fixture.succeeds(a), succeeded("a", true));
    assert_eq!(fixture.admits(), ["b", "c"]);

    let mut fixture = Fixture::new();
    let id = fixture.starts("a");
    fixture.fails(id);
    let [a, _] = ["a", "b"].map(|token| fixture.at(1).starts(token));
    assert_eq!(fixture.fails(a), failed(&["a", "b"], 2), "the endpoint is still down");
}

#[test]
fn calls_that_were_in_flight_together_count_as_one_failure() {
    let mut fixture = Fixture::new();
    let [a, b] = ["a", "b"].map(|token| fixture.starts(token));
    assert_eq!(fixture.fails(a), failed(&["a"], 1));
    assert_eq!(fixture.fails(b), failed(&["b"], 1), "not 2 s");
    let id = fixture.at(1).starts("a");
    assert_eq!(fixture.fails(id), failed(&["a"], 2));

    let mut fixture = Fixture::new();
    let [a, b] = ["a", "b"].map(|token| fixture.starts(token));
    fixture.fails(a);
    assert_eq!(fixture.fails_until(b, 20), failed(&["b"], 20), "its Retry-After counts");
    assert!(matches!(fixture.at(19).decide("a"), Unavailable(_)));

    let mut fixture = Fixture::new();
    let [a, b] = ["a", "b"].map(|token| fixture.starts(token));
    fixture.fails_until(a, 20);
    assert_eq!(fixture.fails_until(b, 5), failed(&["b"], 20), "but it does not shorten");
}

#[test]
fn success_from_before_a_failure_does_not_end_the_back_off() {
    let mut fixture = Fixture::new();
    let [a, b] = ["a", "b"].map(|token| fixture.starts(token));
    fixture.fails_until(a, 30);
    assert_eq!(fixture.succeeds(b), succeeded("b", false));
    assert!(matches!(fixture.decide("c"), Unavailable(_)));
}

#[test]
fn call_that_hangs_since_before_a_failure_delays_no_recovery() {
    let mut fixture = Fixture::new();
    let [a, hanging] = ["a", "hanging"].map(|token| fixture.starts(token));
    fixture.fails(a);
    let [a, b] = ["a", "b"].map(|token| fixture.at(1).starts(token));
    assert_eq!(fixture.counts(), (2, 1), "one of the two new calls is in flight");
    assert_eq!(fixture.succeeds(a), succeeded("a", true));
    assert_eq!((fixture.admits(), fixture.decide("hanging")), (vec!["b"], Join(hanging)));
    assert_eq!(fixture.succeeds(b), succeeded("b", false));
}

#[test]
fn failure_from_before_a_recovery_begins_no_back_off() {
    for (retry_after, expected) in [(0, 0), (7, 7)] {
        let mut fixture = Fixture::new();
        let [a, old] = ["a", "old"].map(|token| fixture.starts(token));
        fixture.fails(a);
        let a = fixture.at(1).starts("a");
        assert_eq!(fixture.succeeds(a), succeeded("a", true));
        assert_eq!(fixture.fails_until(old, retry_after), failed(&["old"], expected));
        assert_eq!(fixture.decide("b") == Start, retry_after == 0, "its Retry-After counts");
        assert_eq!(fixture.lifecycle.last_error().is_some(), retry_after > 0);
    }
}

#[test]
fn retry_after_of_an_old_call_holds_back_all_others() {
    let mut fixture = Fixture::new();
    let [a, old] = ["a", "old"].map(|token| fixture.starts(token));
    fixture.fails(a);
    let a = fixture.at(1).starts("a");
    fixture.succeeds(a);
    let [b, _] = ["b", "waiting"].map(|token| fixture.starts(token));
    assert_eq!(fixture.fails_until(old, 7), failed(&["old", "waiting"], 7));
    assert_eq!(fixture.succeeds(b), succeeded("b", false), "it says nothing about the time after that");
    assert!(matches!(fixture.at(7).decide("c"), Unavailable(_)) && fixture.at(8).decide("c") == Start);
}

#[test]
fn overdue_and_lost_calls_make_room_for_others() {
    let mut fixture = Fixture::new();
    let a = fixture.starts("a");
    fixture.at(5).starts("b");
    fixture.starts("c");
    assert_eq!(fixture.at(10).decide("a"), Join(a));
    assert_eq!(fixture.at(11).decide("a"), Start);
    assert_eq!((fixture.admits(), fixture.succeeds(a)), (vec!["c"], None));
    assert_eq!(fixture.at(16).counts(), (0, 0), "all are overdue");
    assert_eq!(fixture.lifecycle.ended_ago(), None, "none has succeeded or failed");

    let [a, _, c] = ["a", "b", "c"].map(|token| fixture.starts(token));
    assert_eq!(fixture.lifecycle.abandon(a), Some("a"));
    assert_eq!(fixture.admits(), ["c"]);
    assert_eq!(fixture.succeeds(c), succeeded("c", false));
    assert_eq!(fixture.at(20).lifecycle.ended_ago(), Some(Duration::from_secs(4)));
}

#[test]
fn times_move_back_with_the_clock() {
    let mut fixture = Fixture::new();
    fixture.at(100);
    let [a, b] = ["a", "b"].map(|token| fixture.starts(token));
    fixture.fails_until(a, 30);
    assert_eq!(fixture.at(40).lifecycle.retry_in(), Some(Duration::from_secs(30)));
    assert_eq!(fixture.at(50).decide("b"), Join(b));
    assert_eq!(fixture.at(51).counts(), (0, 0), "it is overdue 11 s after its start");
    assert_eq!(fixture.lifecycle.ended_ago(), Some(Duration::from_secs(11)));
    assert!(matches!(fixture.at(69).decide("a"), Unavailable(_)));
    assert_eq!(fixture.at(70).decide("a"), Start);
}

/// Every state with every event keeps the bookkeeping consistent.
#[test]
fn random_events_keep_the_counts_and_the_limits() {
    const TOKENS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut draw = |bound: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % bound
    };
    for _ in 0..300 {
        let mut fixture = Fixture::new();
        let (mut second, mut started, mut ended) = (100, Vec::new(), 0);
        for _ in 0..200 {
            let token = TOKENS[draw(8) as usize];
            let id = started.get(draw(started.len().max(1) as u64) as usize).copied().unwrap_or_default();
            match draw(6) {
                0 => ended += usize::from(fixture.succeeds(id).is_some()),
                1 => ended += fixture.fails(id).map_or(0, |failed| failed.waiters.len()),
                2 => ended += usize::from(fixture.lifecycle.abandon(id).is_some()),
                3 => {
                    second = if draw(8) == 0 { second - draw(50).min(second) } else { second + draw(8) };
                    let before = fixture.lifecycle.calls.len();
                    fixture.at(second);
                    ended += before - fixture.lifecycle.calls.len();
                }
                _ => {
                    if fixture.decide(token) == Start {
                        started.push(fixture.lifecycle.start(fixture.token(token), token));
                    }
                }
            }
            let failing = fixture.lifecycle.backoff.is_some();
            fixture.admits();
            let (in_flight, waiting) = fixture.counts();
            assert_eq!(in_flight + waiting + ended, started.len());
            assert!(in_flight <= 2 && waiting <= 3, "{in_flight} {waiting}");
            let is_new = |call: &&Call<_>| call.admitted_in == Some(fixture.lifecycle.epoch);
            let new = fixture.lifecycle.calls.values().filter(is_new).count();
            assert!(!failing || new <= 1, "{new} new calls after a failure");
            assert!(waiting == 0 || new > 0 || in_flight == 2, "a call waits for nothing");
            assert_eq!(fixture.lifecycle.by_token.len(), in_flight + waiting);
        }
    }
}
