//! When a key set is fetched and how long it serves: the policy, without I/O, locks or a clock of its own.
//!
//! Times are since the Unix epoch. `random` is from 0 to 1 and shortens waits. Fetches are numbered from 1, so that
//! "fetched after the request arrived" is a comparison of two numbers.
//!
//! What a request gets, by the state of the set and what it asks for:
//!
//! | state | key at hand | unknown key ID |
//! |---|---|---|
//! | fresh, before refresh-ahead | served | fetch, wait |
//! | refresh due, and until freshness + 1 h | served, fetch in the background | fetch, wait |
//! | ... and a fetch is under way | served | waits for it; if it does not bring the key, another fetch |
//! | ... and in a cooldown | served | refused at once |
//! | ... and the last fetch failed, within its back-off | served | unavailable at once |
//! | ... and the last fetch failed, its back-off over | served; fetch in the background if a refresh is due | fetch, wait |
//! | a set fetched after the request arrived lacks the key | | refused |
//! | cold: no set, or one older than freshness + 1 h | | fetch, wait |
//! | cold, a fetch is under way | | waits for it |
//! | cold, within a back-off | | unavailable at once |
//!
//! What an event changes:
//!
//! | event | set | next fetch |
//! |---|---|---|
//! | fetch succeeds | replaced, fresh again | at 80% of the freshness; failures are forgotten |
//! | ... and a request from before it still lacks its key | as above | unknown key IDs: after the cooldown |
//! | fetch fails, or brings no usable key | kept, not prolonged | after the back-off |
//! | fetch is lost with its runtime | kept, not prolonged | at once |
//! | clock goes backwards | its end comes no later: all times move back with the clock | likewise |

use std::time::Duration;

use super::settings::KeySettings;

/// The number of a fetch, from 1. A request is placed by the last fetch that was started before it arrived.
pub(super) type FetchId = u64;

/// The state of one key set.
#[derive(Debug)]
pub(super) struct Lifecycle {
    settings: KeySettings,
    /// The latest time that was seen.
    seen: Duration,
    last_started: FetchId,
    /// When the fetch in flight, the last that was started, counts as dead.
    overdue_at: Option<Duration>,
    held: Option<HeldSet>,
    backoff: Option<Backoff>,
    cooldown_until: Duration,
    /// When the last fetch ended, well or not.
    ended: Option<Duration>,
}

/// A set that may serve.
#[derive(Debug)]
struct HeldSet {
    by: FetchId,
    fetched: Duration,
    refresh_at: Duration,
    fresh_until: Duration,
    usable_until: Duration,
}

/// The wait after failed fetches.
#[derive(Debug)]
struct Backoff {
    by: FetchId,
    failures: u32,
    retry_at: Duration,
}

/// What a request gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// The key at hand; and a fetch in the background, if `refresh`.
    Serve { refresh: bool },
    /// No such key, and there is no reason to look again.
    Unknown,
    /// The answer of a fetch that is to be begun.
    Fetch,
    /// The answer of the fetch under way.
    Wait,
    /// No answer for so long.
    Unavailable { retry_after: Duration },
}

impl Lifecycle {
    pub(super) fn new(settings: KeySettings) -> Self {
        Self {
            settings,
            seen: Duration::ZERO,
            last_started: 0,
            overdue_at: None,
            held: None,
            backoff: None,
            cooldown_until: Duration::ZERO,
            ended: None,
        }
    }

    /// Takes note of the time, before anything else is asked or told. Ends what has run out.
    ///
    /// If the clock went backwards, everything moves back with it, so that what was left of a wait or of a set's use
    /// stays what it was.
    pub(super) fn observe(&mut self, now: Duration) {
        if let Some(back) = self.seen.checked_sub(now).filter(|back| !back.is_zero()) {
            self.move_back(back);
        }
        self.seen = now;
        self.held.take_if(|held| now >= held.usable_until);
        self.overdue_at.take_if(|overdue_at| now >= *overdue_at);
    }

    /// Decides on a request that arrived when `started_before` was the last fetch. `missing`: the set lacks its key.
    pub(super) fn decide(&self, missing: bool, started_before: FetchId) -> Decision {
        let now = self.seen;
        if let Some(held) = &self.held {
            if !missing {
                return Decision::Serve { refresh: self.refresh_due(held, now) };
            }
            let cooling_down = self.backoff.is_none() && now < self.cooldown_until;
            if held.by > started_before || cooling_down {
                return Decision::Unknown;
            }
        }
        if self.overdue_at.is_some() {
            return Decision::Wait;
        }
        match &self.backoff {
            Some(backoff) if now < backoff.retry_at || backoff.by > started_before => {
                Decision::Unavailable { retry_after: backoff.retry_at.saturating_sub(now) }
            }
            _ => Decision::Fetch,
        }
    }

    fn refresh_due(&self, held: &HeldSet, now: Duration) -> bool {
        now >= held.refresh_at
            && self.overdue_at.is_none()
            && self.backoff.as_ref().is_none_or(|backoff| now >= backoff.retry_at)
    }

    /// Starts a fetch, in the place of one that is still in flight.
    pub(super) fn start(&mut self) -> FetchId {
        self.last_started += 1;
        self.overdue_at = Some(self.seen + self.settings.limits().backstop());
        self.last_started
    }

    /// A fetch brought a set with usable keys. `still_missing`: a request from before the fetch still lacks its key.
    ///
    /// Returns whether the set counts: not if another fetch was started since.
    pub(super) fn succeed(&mut self, id: FetchId, max_age: Option<Duration>, still_missing: bool, random: f64) -> bool {
        if !self.end(id) {
            return false;
        }
        let (now, settings) = (self.seen, self.settings);
        let freshness = settings.freshness_of(max_age);
        let fresh_until = now + freshness;
        self.held = Some(HeldSet {
            by: id,
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
    /// [`succeed`](Self::succeed) knows of most such requests, but not of one that still waited for a fetch which was
    /// given up.
    pub(super) fn start_cooldown(&mut self, started_before: FetchId) {
        if let Some(held) = self.held.as_ref().filter(|held| held.by > started_before) {
            self.cooldown_until = self.cooldown_until.max(held.fetched + self.settings.cooldown);
        }
    }

    /// A fetch failed. Returns how long until the next one; `None` if it doesn't count, since another was started.
    pub(super) fn fail(&mut self, id: FetchId, retry_after: Option<Duration>, random: f64) -> Option<Duration> {
        if !self.end(id) {
            return None;
        }
        let failures = self.backoff.as_ref().map_or(0, |backoff| backoff.failures).saturating_add(1);
        let wait = self.settings.backoff(failures, retry_after, random);
        self.backoff = Some(Backoff { by: id, failures, retry_at: self.seen + wait });
        Some(wait)
    }

    /// A fetch was lost with the runtime that it ran on, and may be started anew. Returns whether it was in flight.
    pub(super) fn abandon(&mut self, id: FetchId) -> bool {
        id == self.last_started && self.overdue_at.take().is_some()
    }

    fn end(&mut self, id: FetchId) -> bool {
        if id != self.last_started {
            return false;
        }
        self.overdue_at = None;
        self.ended = Some(self.seen);
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
        [&mut self.overdue_at, &mut self.ended].into_iter().flatten().for_each(shift);
        shift(&mut self.cooldown_until);
    }

    /// The last fetch that was started; 0 if there was none.
    pub(super) fn last_started(&self) -> FetchId {
        self.last_started
    }

    /// The latest time that was seen.
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

    /// Whether the last fetch failed.
    pub(super) fn is_failing(&self) -> bool {
        self.backoff.is_some()
    }

    /// How long ago the last fetch ended, well or not.
    pub(super) fn ended_ago(&self) -> Option<Duration> {
        self.ended.map(|ended| self.seen.saturating_sub(ended))
    }

    /// When the next request with a key at hand, or any request if cold, causes a fetch; in the past if it would now.
    pub(super) fn next_fetch(&self) -> Duration {
        if let Some(overdue_at) = self.overdue_at {
            return overdue_at;
        }
        let refresh = self.held.as_ref().map_or(Duration::ZERO, |held| held.refresh_at);
        let retry = self.backoff.as_ref().map_or(Duration::ZERO, |backoff| backoff.retry_at);
        refresh.max(retry)
    }
}

#[cfg(test)]
mod tests {
    use super::Decision::*;
    use super::*;

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
            assert!(self.0.fail(id, None, 0.0).is_some());
            self
        }

        /// A request that arrives now.
        fn known(&self) -> Decision {
            self.0.decide(false, self.0.last_started())
        }

        /// A request that arrives now.
        fn unknown(&self) -> Decision {
            self.0.decide(true, self.0.last_started())
        }
    }

    const SERVE: Decision = Serve { refresh: false };
    const SERVE_AND_REFRESH: Decision = Serve { refresh: true };

    fn unavailable(seconds: u64) -> Decision {
        Unavailable { retry_after: Duration::from_secs(seconds) }
    }

    #[test]
    fn cold_requests_fetch_then_wait_and_after_a_failure_are_refused_until_the_back_off_is_over() {
        let mut fixture = Fixture::new();
        assert_eq!((fixture.known(), fixture.unknown()), (Fetch, Fetch));
        let id = fixture.starts();
        assert_eq!((fixture.known(), fixture.unknown()), (Wait, Wait));
        fixture.0.fail(id, None, 0.0);
        assert_eq!((fixture.known(), fixture.unknown()), (unavailable(1), unavailable(1)));
        assert_eq!(fixture.at(1).unknown(), Fetch);
        assert_eq!(fixture.fails().unknown(), unavailable(2));
        assert_eq!(fixture.at(2).unknown(), unavailable(1));
        assert_eq!(fixture.at(3).fails().unknown(), unavailable(4));
        assert_eq!(fixture.at(7).fails().unknown(), unavailable(5));
        assert_eq!(fixture.at(12).fails().unknown(), unavailable(5));
    }

    #[test]
    fn a_failure_answers_those_who_waited_for_it_and_nobody_who_came_later() {
        let mut fixture = Fixture::new();
        let before = fixture.0.last_started();
        fixture.fails();
        assert!(fixture.0.is_failing());
        assert_eq!(fixture.at(1).0.decide(true, before), unavailable(0), "its fetch has failed");
        assert_eq!(fixture.unknown(), Fetch);
        let lost = fixture.starts();
        assert!(fixture.0.abandon(lost));
        assert_eq!(fixture.unknown(), Fetch, "a fetch was started and abandoned since");
        assert!(!fixture.fetches(false).0.is_failing());
    }

    #[test]
    fn a_fresh_set_serves_and_is_refreshed_ahead_of_its_end() {
        let mut fixture = Fixture::warm();
        assert_eq!(fixture.known(), SERVE);
        assert_eq!(fixture.at(239).known(), SERVE);
        assert_eq!(fixture.at(240).known(), SERVE_AND_REFRESH);
        let id = fixture.starts();
        assert_eq!(fixture.known(), SERVE, "one fetch at a time");
        fixture.0.succeed(id, None, false, 0.0);
        assert_eq!(fixture.at(479).known(), SERVE);
        assert_eq!(fixture.at(480).known(), SERVE_AND_REFRESH);
    }

    #[test]
    fn a_stale_set_serves_for_an_hour_and_not_a_moment_longer() {
        let mut fixture = Fixture::warm();
        assert!(!fixture.at(299).0.is_stale());
        assert!(fixture.at(300).0.is_stale());
        assert_eq!(fixture.at(300 + HOUR - 1).known(), SERVE_AND_REFRESH);
        assert_eq!(fixture.at(300 + HOUR).known(), Fetch);
        assert_eq!(fixture.0.usable_until(), None);
    }

    #[test]
    fn failures_neither_shorten_nor_prolong_the_use_of_a_set() {
        let mut fixture = Fixture::warm();
        let until = fixture.0.usable_until();
        for second in (240..300 + HOUR).step_by(5) {
            assert_eq!(fixture.at(second).known(), SERVE_AND_REFRESH, "{second}");
            assert_eq!(fixture.fails().known(), SERVE);
            assert_eq!(
                fixture.unknown(),
                unavailable(if second == 240 {
                    1
                } else if second == 245 {
                    2
                } else if second == 250 {
                    4
                } else {
                    5
                })
            );
            assert_eq!(fixture.0.usable_until(), until);
        }
        assert_eq!(fixture.at(300 + HOUR).known(), Fetch);
    }

    #[test]
    fn an_unknown_key_fetches_once_and_then_waits_for_the_cooldown() {
        let mut fixture = Fixture::warm();
        assert_eq!(fixture.at(10).unknown(), Fetch, "a rotation right after the start is picked up at once");
        fixture.fetches(true);
        assert_eq!((fixture.unknown(), fixture.known()), (Unknown, SERVE));
        assert_eq!(fixture.at(19).unknown(), Unknown);
        assert_eq!(fixture.at(20).unknown(), Fetch);
    }

    #[test]
    fn a_fetch_that_answered_everybody_starts_no_cooldown() {
        let mut fixture = Fixture::warm();
        fixture.at(10).fetches(false);
        assert_eq!(fixture.unknown(), Fetch);
    }

    #[test]
    fn a_request_is_answered_by_a_fetch_that_began_after_it_arrived() {
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
    fn unknown_keys_are_undecided_while_fetches_fail_also_in_a_cooldown() {
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
        assert!(!fixture.0.is_failing());
        assert_eq!(fixture.fails().unknown(), unavailable(1));
    }

    #[test]
    fn a_lost_fetch_is_begun_anew_at_once() {
        let mut fixture = Fixture::new();
        let id = fixture.starts();
        assert!(fixture.0.abandon(id));
        assert!(!fixture.0.abandon(id));
        assert_eq!(fixture.unknown(), Fetch);
    }

    #[test]
    fn a_fetch_that_never_ends_is_given_up_and_its_late_result_dropped_for_that_of_the_next() {
        let mut fixture = Fixture::new();
        let first = fixture.starts();
        assert_eq!(fixture.at(5).unknown(), Wait);
        assert_eq!(fixture.at(6).unknown(), Fetch);
        let second = fixture.starts();
        assert!(!fixture.0.succeed(first, None, false, 0.0));
        assert_eq!(fixture.0.fail(first, None, 0.0), None);
        assert!(!fixture.0.abandon(first));
        assert_eq!(fixture.unknown(), Wait);
        assert!(fixture.0.succeed(second, None, false, 0.0));
        assert_eq!(fixture.known(), SERVE);
    }

    #[test]
    fn retry_after_keeps_the_next_fetch_back_for_a_minute_at_most() {
        let mut fixture = Fixture::warm();
        let id = fixture.starts();
        fixture.0.fail(id, Some(Duration::from_secs(HOUR)), 0.0);
        assert_eq!((fixture.unknown(), fixture.known()), (unavailable(60), SERVE));
    }

    #[test]
    fn a_clock_that_goes_backwards_prolongs_nothing() {
        let mut fixture = Fixture::warm();
        let id = fixture.at(1000).starts();
        fixture.0.fail(id, Some(Duration::from_secs(30)), 0.0);
        fixture.0.observe(Duration::from_secs(1000));
        assert_eq!(fixture.unknown(), unavailable(30));
        assert_eq!(fixture.0.usable_until(), Some(Duration::from_secs(1000 + 300 + HOUR - 1000)));
        assert_eq!(fixture.0.age(), Some(Duration::from_secs(1000)));
        assert_eq!(fixture.0.next_fetch(), Duration::from_secs(1030));
        fixture.0.observe(Duration::from_secs(1000 + 300 + HOUR - 1001));
        assert_eq!(fixture.known(), SERVE_AND_REFRESH);
        fixture.0.observe(Duration::from_secs(1000 + 300 + HOUR - 1000));
        assert_eq!(fixture.known(), Fetch);
    }

    #[test]
    fn a_cooldown_and_a_fetch_under_way_move_back_with_the_clock() {
        let mut fixture = Fixture::warm();
        fixture.fetches(true).starts();
        fixture.0.observe(Duration::from_secs(5000));
        fixture.0.observe(Duration::from_secs(5006));
        assert_eq!(fixture.known(), SERVE, "before refresh-ahead");
        assert_eq!(fixture.unknown(), Unknown);
        fixture.0.observe(Duration::from_secs(5010));
        assert_eq!(fixture.unknown(), Fetch);
    }
}
