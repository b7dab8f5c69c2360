//! When a key set is fetched and how long it serves: the policy, without I/O, locks or a clock of its own.
//!
//! Times are since the Unix epoch. `random` is of 0 to 1 and shortens waits. Flights (fetches that were begun) are
//! numbered from 1, so that "fetched after the request arrived" is a comparison of two numbers.
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

/// The number of a fetch, from 1. As the arrival of a request: how many had been begun by then.
pub(super) type FlightNumber = u64;

/// The state of one key set.
#[derive(Debug)]
pub(super) struct Lifecycle {
    settings: KeySettings,
    /// The latest time that was seen.
    seen: Duration,
    /// How many fetches have been begun.
    begun: FlightNumber,
    flight: Option<Flight>,
    held: Option<Held>,
    failing: Option<Failing>,
    cooldown_until: Duration,
    /// When the last fetch ended, well or not.
    ended: Option<Duration>,
}

/// A fetch under way.
#[derive(Debug)]
struct Flight {
    number: FlightNumber,
    /// When it counts as dead.
    overdue: Duration,
}

/// A set that may serve.
#[derive(Debug)]
struct Held {
    by: FlightNumber,
    fetched: Duration,
    refresh_at: Duration,
    fresh_until: Duration,
    usable_until: Duration,
}

/// The last fetch failed.
#[derive(Debug)]
struct Failing {
    by: FlightNumber,
    times: u32,
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
            begun: 0,
            flight: None,
            held: None,
            failing: None,
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
        self.flight.take_if(|flight| now >= flight.overdue);
    }

    /// What a request gets that arrived when `arrival` fetches had been begun. `missing`: the set lacks its key.
    pub(super) fn decide(&self, missing: bool, arrival: FlightNumber) -> Decision {
        let now = self.seen;
        if let Some(held) = &self.held {
            if !missing {
                return Decision::Serve { refresh: self.refresh_due(held, now) };
            }
            let cooling_down = self.failing.is_none() && now < self.cooldown_until;
            if held.by > arrival || cooling_down {
                return Decision::Unknown;
            }
        }
        if self.flight.is_some() {
            return Decision::Wait;
        }
        match &self.failing {
            Some(failing) if now < failing.retry_at || failing.by > arrival => {
                Decision::Unavailable { retry_after: failing.retry_at.saturating_sub(now) }
            }
            _ => Decision::Fetch,
        }
    }

    fn refresh_due(&self, held: &Held, now: Duration) -> bool {
        now >= held.refresh_at
            && self.flight.is_none()
            && self.failing.as_ref().is_none_or(|failing| now >= failing.retry_at)
    }

    /// A fetch begins.
    pub(super) fn begin(&mut self) -> FlightNumber {
        self.begun += 1;
        self.flight = Some(Flight { number: self.begun, overdue: self.seen + self.settings.limits().backstop() });
        self.begun
    }

    /// A fetch brought a set with usable keys. `unanswered`: a request from before the fetch still lacks its key.
    ///
    /// Returns whether the set counts: not if another fetch was begun since.
    pub(super) fn succeed(
        &mut self,
        number: FlightNumber,
        max_age: Option<Duration>,
        unanswered: bool,
        random: f64,
    ) -> bool {
        if !self.land(number) {
            return false;
        }
        let (now, settings) = (self.seen, self.settings);
        let freshness = settings.freshness_of(max_age);
        let fresh_until = now + freshness;
        self.held = Some(Held {
            by: number,
            fetched: now,
            refresh_at: now + settings.refresh_after(freshness, random),
            fresh_until,
            usable_until: fresh_until + settings.stale_on_error,
        });
        self.failing = None;
        if unanswered {
            self.cooldown_until = now + settings.cooldown;
        }
        true
    }

    /// A request that arrived at `arrival` was refused. If the held set was fetched for it, the cooldown runs from then.
    ///
    /// [`succeed`](Self::succeed) knows of most such requests, but not of one that still waited for a fetch which was
    /// given up.
    pub(super) fn refuse(&mut self, arrival: FlightNumber) {
        if let Some(held) = self.held.as_ref().filter(|held| held.by > arrival) {
            self.cooldown_until = self.cooldown_until.max(held.fetched + self.settings.cooldown);
        }
    }

    /// A fetch failed. Returns how long until the next one; `None` if it doesn't count, since another was begun.
    pub(super) fn fail(
        &mut self,
        number: FlightNumber,
        retry_after: Option<Duration>,
        random: f64,
    ) -> Option<Duration> {
        if !self.land(number) {
            return None;
        }
        let times = self.failing.as_ref().map_or(0, |failing| failing.times).saturating_add(1);
        let backoff = self.settings.backoff(times, retry_after, random);
        self.failing = Some(Failing { by: number, times, retry_at: self.seen + backoff });
        Some(backoff)
    }

    /// A fetch was lost with the runtime that it ran on, and may be begun anew. Returns whether it was under way.
    pub(super) fn lose(&mut self, number: FlightNumber) -> bool {
        self.flight.take_if(|flight| flight.number == number).is_some()
    }

    fn land(&mut self, number: FlightNumber) -> bool {
        if number != self.begun {
            return false;
        }
        self.flight = None;
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
        if let Some(failing) = &mut self.failing {
            shift(&mut failing.retry_at);
        }
        if let Some(flight) = &mut self.flight {
            shift(&mut flight.overdue);
        }
        if let Some(ended) = &mut self.ended {
            shift(ended);
        }
        shift(&mut self.cooldown_until);
    }

    /// How many fetches have been begun: the arrival of a request.
    pub(super) fn begun(&self) -> FlightNumber {
        self.begun
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
        self.failing.is_some()
    }

    /// How long ago the last fetch ended, well or not.
    pub(super) fn ended_ago(&self) -> Option<Duration> {
        self.ended.map(|ended| self.seen.saturating_sub(ended))
    }

    /// When the next request with a key at hand, or any request if cold, causes a fetch; in the past if it would now.
    pub(super) fn next_fetch(&self) -> Duration {
        if let Some(flight) = &self.flight {
            return flight.overdue;
        }
        let refresh = self.held.as_ref().map_or(Duration::ZERO, |held| held.refresh_at);
        let retry = self.failing.as_ref().map_or(Duration::ZERO, |failing| failing.retry_at);
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
    struct Story(Lifecycle);

    impl Story {
        fn new() -> Self {
            let mut story = Self(Lifecycle::new(KeySettings::default()));
            story.at(0);
            story
        }

        /// Warm: a set was fetched at 0, fresh until 300, usable until 3900.
        fn warm() -> Self {
            let mut story = Self::new();
            story.fetches(false);
            story
        }

        fn at(&mut self, second: u64) -> &mut Self {
            self.0.observe(Duration::from_secs(START + second));
            self
        }

        fn begins(&mut self) -> FlightNumber {
            self.0.begin()
        }

        fn fetches(&mut self, unanswered: bool) -> &mut Self {
            let number = self.begins();
            assert!(self.0.succeed(number, None, unanswered, 0.0));
            self
        }

        fn fails(&mut self) -> &mut Self {
            let number = self.begins();
            assert!(self.0.fail(number, None, 0.0).is_some());
            self
        }

        /// A request that arrives now.
        fn known(&self) -> Decision {
            self.0.decide(false, self.0.begun())
        }

        /// A request that arrives now.
        fn unknown(&self) -> Decision {
            self.0.decide(true, self.0.begun())
        }
    }

    const SERVE: Decision = Serve { refresh: false };
    const SERVE_AND_REFRESH: Decision = Serve { refresh: true };

    fn unavailable(seconds: u64) -> Decision {
        Unavailable { retry_after: Duration::from_secs(seconds) }
    }

    #[test]
    fn cold_requests_fetch_then_wait_and_after_a_failure_are_refused_until_the_back_off_is_over() {
        let mut story = Story::new();
        assert_eq!((story.known(), story.unknown()), (Fetch, Fetch));
        let number = story.begins();
        assert_eq!((story.known(), story.unknown()), (Wait, Wait));
        story.0.fail(number, None, 0.0);
        assert_eq!((story.known(), story.unknown()), (unavailable(1), unavailable(1)));
        assert_eq!(story.at(1).unknown(), Fetch);
        assert_eq!(story.fails().unknown(), unavailable(2));
        assert_eq!(story.at(2).unknown(), unavailable(1));
        assert_eq!(story.at(3).fails().unknown(), unavailable(4));
        assert_eq!(story.at(7).fails().unknown(), unavailable(5));
        assert_eq!(story.at(12).fails().unknown(), unavailable(5));
    }

    #[test]
    fn a_failure_answers_those_who_waited_for_it_and_nobody_who_came_later() {
        let mut story = Story::new();
        let before = story.0.begun();
        story.fails();
        assert!(story.0.is_failing());
        assert_eq!(story.at(1).0.decide(true, before), unavailable(0), "its fetch has failed");
        assert_eq!(story.unknown(), Fetch);
        let lost = story.begins();
        assert!(story.0.lose(lost));
        assert_eq!(story.unknown(), Fetch, "a fetch was begun and lost since");
        assert!(!story.fetches(false).0.is_failing());
    }

    #[test]
    fn a_fresh_set_serves_and_is_refreshed_ahead_of_its_end() {
        let mut story = Story::warm();
        assert_eq!(story.known(), SERVE);
        assert_eq!(story.at(239).known(), SERVE);
        assert_eq!(story.at(240).known(), SERVE_AND_REFRESH);
        let number = story.begins();
        assert_eq!(story.known(), SERVE, "one fetch at a time");
        story.0.succeed(number, None, false, 0.0);
        assert_eq!(story.at(479).known(), SERVE);
        assert_eq!(story.at(480).known(), SERVE_AND_REFRESH);
    }

    #[test]
    fn a_stale_set_serves_for_an_hour_and_not_a_moment_longer() {
        let mut story = Story::warm();
        assert!(!story.at(299).0.is_stale());
        assert!(story.at(300).0.is_stale());
        assert_eq!(story.at(300 + HOUR - 1).known(), SERVE_AND_REFRESH);
        assert_eq!(story.at(300 + HOUR).known(), Fetch);
        assert_eq!(story.0.usable_until(), None);
    }

    #[test]
    fn failures_neither_shorten_nor_prolong_the_use_of_a_set() {
        let mut story = Story::warm();
        let until = story.0.usable_until();
        for second in (240..300 + HOUR).step_by(5) {
            assert_eq!(story.at(second).known(), SERVE_AND_REFRESH, "{second}");
            assert_eq!(story.fails().known(), SERVE);
            assert_eq!(
                story.unknown(),
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
            assert_eq!(story.0.usable_until(), until);
        }
        assert_eq!(story.at(300 + HOUR).known(), Fetch);
    }

    #[test]
    fn an_unknown_key_fetches_once_and_then_waits_for_the_cooldown() {
        let mut story = Story::warm();
        assert_eq!(story.at(10).unknown(), Fetch, "a rotation right after the start is picked up at once");
        story.fetches(true);
        assert_eq!((story.unknown(), story.known()), (Unknown, SERVE));
        assert_eq!(story.at(19).unknown(), Unknown);
        assert_eq!(story.at(20).unknown(), Fetch);
    }

    #[test]
    fn a_fetch_that_answered_everybody_starts_no_cooldown() {
        let mut story = Story::warm();
        story.at(10).fetches(false);
        assert_eq!(story.unknown(), Fetch);
    }

    #[test]
    fn a_request_is_answered_by_a_fetch_that_began_after_it_arrived() {
        let mut story = Story::warm();
        let early = story.0.begun();
        let number = story.begins();
        let late = story.0.begun();
        story.0.succeed(number, None, false, 0.0);
        assert_eq!(story.0.decide(true, early), Unknown);
        assert_eq!(story.0.decide(true, late), Fetch, "the response may be older than the key");
        story.0.refuse(late);
        assert_eq!(story.unknown(), Fetch);
        story.at(3).0.refuse(early);
        assert_eq!(story.at(9).unknown(), Unknown);
        assert_eq!(story.at(10).unknown(), Fetch, "the cooldown runs from the fetch");
    }

    #[test]
    fn unknown_keys_are_undecided_while_fetches_fail_also_in_a_cooldown() {
        let mut story = Story::warm();
        story.fetches(true);
        story.at(1).fails();
        assert_eq!(story.unknown(), unavailable(1));
        assert_eq!(story.at(2).unknown(), Fetch);
        assert_eq!(story.fetches(false).unknown(), Unknown, "the cooldown of the fetch at 0 goes on");
    }

    #[test]
    fn a_success_forgets_the_failures() {
        let mut story = Story::warm();
        story.fails().fails().fails().fetches(false);
        assert!(!story.0.is_failing());
        assert_eq!(story.fails().unknown(), unavailable(1));
    }

    #[test]
    fn a_lost_fetch_is_begun_anew_at_once() {
        let mut story = Story::new();
        let number = story.begins();
        assert!(story.0.lose(number));
        assert!(!story.0.lose(number));
        assert_eq!(story.unknown(), Fetch);
    }

    #[test]
    fn a_fetch_that_never_ends_is_given_up_and_its_late_result_dropped_for_that_of_the_next() {
        let mut story = Story::new();
        let first = story.begins();
        assert_eq!(story.at(5).unknown(), Wait);
        assert_eq!(story.at(6).unknown(), Fetch);
        let second = story.begins();
        assert!(!story.0.succeed(first, None, false, 0.0));
        assert_eq!(story.0.fail(first, None, 0.0), None);
        assert!(!story.0.lose(first));
        assert_eq!(story.unknown(), Wait);
        assert!(story.0.succeed(second, None, false, 0.0));
        assert_eq!(story.known(), SERVE);
    }

    #[test]
    fn retry_after_keeps_the_next_fetch_back_for_a_minute_at_most() {
        let mut story = Story::warm();
        let number = story.begins();
        story.0.fail(number, Some(Duration::from_secs(HOUR)), 0.0);
        assert_eq!((story.unknown(), story.known()), (unavailable(60), SERVE));
    }

    #[test]
    fn a_clock_that_goes_backwards_prolongs_nothing() {
        let mut story = Story::warm();
        let number = story.at(1000).begins();
        story.0.fail(number, Some(Duration::from_secs(30)), 0.0);
        story.0.observe(Duration::from_secs(1000));
        assert_eq!(story.unknown(), unavailable(30));
        assert_eq!(story.0.usable_until(), Some(Duration::from_secs(1000 + 300 + HOUR - 1000)));
        assert_eq!(story.0.age(), Some(Duration::from_secs(1000)));
        assert_eq!(story.0.next_fetch(), Duration::from_secs(1030));
        story.0.observe(Duration::from_secs(1000 + 300 + HOUR - 1001));
        assert_eq!(story.known(), SERVE_AND_REFRESH);
        story.0.observe(Duration::from_secs(1000 + 300 + HOUR - 1000));
        assert_eq!(story.known(), Fetch);
    }

    #[test]
    fn a_cooldown_and_a_fetch_under_way_move_back_with_the_clock() {
        let mut story = Story::warm();
        story.fetches(true).begins();
        story.0.observe(Duration::from_secs(5000));
        story.0.observe(Duration::from_secs(5006));
        assert_eq!(story.known(), SERVE, "before refresh-ahead");
        assert_eq!(story.unknown(), Unknown);
        story.0.observe(Duration::from_secs(5010));
        assert_eq!(story.unknown(), Fetch);
    }
}
