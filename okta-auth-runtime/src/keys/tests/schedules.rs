//! Random schedules of events, checked against a model.

use std::collections::HashSet;

use proptest::prelude::*;
use tokio::task::JoinHandle;

use super::*;

/// The key IDs that the server may serve; `x` and `y` never.
const KIDS: [&str; 3] = ["a", "b", "c"];
const UNKNOWN: [&str; 2] = ["x", "y"];

#[derive(Debug, Clone)]
enum Event {
    /// Seconds pass.
    Pass(u64),
    /// The clock goes back by seconds.
    Back(u64),
    /// A request for one of `KIDS` or `UNKNOWN`.
    Ask(usize),
    /// The request that has waited the longest is canceled.
    Leave,
    /// From now on the server has these of `KIDS`, as a bit set.
    Rotate(u8),
    /// The fetch in flight succeeds with the server's keys.
    Succeed,
    /// The fetch in flight fails, with a Retry-After in seconds or without.
    Fail(Option<u64>),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => prop_oneof![0..3_u64, 3..20_u64, 20..400_u64, 400..5000_u64].prop_map(Event::Pass),
        1 => prop_oneof![1..10_u64, 10..10_000_u64].prop_map(Event::Back),
        6 => (0..KIDS.len() + UNKNOWN.len()).prop_map(Event::Ask),
        1 => Just(Event::Leave),
        1 => (0..8_u8).prop_map(Event::Rotate),
        4 => Just(Event::Succeed),
        2 => proptest::option::of(0..120_u64).prop_map(Event::Fail),
    ]
}

/// The expected state, with its own time that never goes backwards.
struct Model {
    fixture: Fixture,
    time: Duration,
    served: HashSet<&'static str>,
    /// The keys that the store should hold, until when, and when they were fetched.
    held: HashSet<&'static str>,
    bound: Option<Duration>,
    fetched: Option<Duration>,
    /// Keys that were returned and should work.
    working: Vec<Arc<Key>>,
    dead: Vec<Arc<Key>>,
    /// When the fetch in flight was started.
    in_flight: Option<Duration>,
    started: usize,
    /// No fetch before.
    not_before: Duration,
    /// No fetch for an unknown key before.
    cooldown: Duration,
    waiting: Vec<Waiting>,
    failing: bool,
}

struct Waiting {
    kid: &'static str,
    /// How many fetches had been started when it arrived.
    last_fetch_at_arrival: usize,
    task: JoinHandle<Result<Arc<Key>, FindError>>,
}

impl Model {
    fn new() -> Self {
        let fixture = Fixture::new(&[]);
        fixture.server(Mode::Hangs);
        Self {
            fixture,
            time: Duration::ZERO,
            served: HashSet::from(["a"]),
            held: HashSet::new(),
            bound: None,
            fetched: None,
            working: Vec::new(),
            dead: Vec::new(),
            in_flight: None,
            started: 0,
            not_before: Duration::ZERO,
            cooldown: Duration::ZERO,
            waiting: Vec::new(),
            failing: false,
        }
    }

    fn usable(&self) -> bool {
        self.bound.is_some_and(|bound| self.time < bound)
    }

    async fn apply(&mut self, event: &Event) {
        match event {
            Event::Pass(time) => {
                self.time += seconds(*time);
                self.fixture.pass(seconds(*time));
                tokio::time::advance(seconds(*time)).await;
            }
            Event::Back(time) => {
                // The store notices the step only if it reads the clock before and after.
                self.fixture.store.status();
                self.fixture.back(seconds(*time)).store.status();
            }
            Event::Ask(index) => self.ask([&KIDS[..], &UNKNOWN].concat()[*index]).await,
            Event::Leave if self.waiting.is_empty() => {}
            Event::Leave => self.waiting.remove(0).task.abort(),
            Event::Rotate(bits) => {
                self.served =
                    KIDS.iter().enumerate().filter(|(i, _)| bits >> i & 1 == 1).map(|(_, kid)| *kid).collect();
            }
            Event::Succeed if self.served.is_empty() => self.end_fetch(Some(None)),
            Event::Succeed => self.end_fetch(None),
            Event::Fail(retry_after) => self.end_fetch(Some(retry_after.map(seconds))),
        }
        self.fixture.settle().await;
        self.check_fetches();
        self.check_keys();
        self.check_answers().await;
    }

    async fn ask(&mut self, kid: &'static str) {
        let is_held = self.usable() && self.held.contains(kid);
        let last_fetch_at_arrival = self.started;
        let task = self.fixture.asks(kid).await;
        assert!(task.is_finished() || !is_held, "a wait with a usable key in the set");
        assert!(self.fixture.cached(kid).is_some() == is_held, "{kid} in the set: {is_held}");
        self.waiting.push(Waiting { kid, last_fetch_at_arrival, task });
    }

    /// Ends the fetch in flight: well (`None`) or with a failure and its Retry-After.
    fn end_fetch(&mut self, failure: Option<Option<Duration>>) {
        let Some(started_at) = self.in_flight.take() else { return };
        let overdue = self.time >= started_at + seconds(6);
        let kids: Vec<_> = self.served.iter().copied().collect();
        let jwks = if failure.is_some() && self.served.is_empty() { &[] } else { kids.as_slice() };
        match failure {
            Some(retry_after) => self.fixture.server.release(&Mode::Fails(retry_after)),
            None => self.fixture.server.release(&Mode::Serves(body(jwks))),
        }
        match failure {
            Some(retry_after) => {
                self.failing = true;
                self.not_before = self.time + seconds(1).max(retry_after.unwrap_or_default().min(MINUTE));
            }
            None => {
                self.failing = false;
                self.held = self.served.clone();
                self.fetched = Some(self.time);
                self.bound = Some(self.time + 5 * MINUTE + HOUR);
                // An overdue fetch forgot its waiters, so that its end starts no cooldown for them.
                let before_it =
                    |waiting: &&Waiting| waiting.last_fetch_at_arrival < self.started && !waiting.task.is_finished();
                let missed = self.waiting.iter().filter(before_it).any(|waiting| !self.held.contains(waiting.kid));
                if missed && !overdue {
                    self.cooldown = self.time + seconds(10);
                }
            }
        }
    }

    fn check_fetches(&mut self) {
        let started = self.fixture.fetches();
        assert!(started <= self.started + 1, "two fetches at once");
        if started == self.started {
            return;
        }
        let given_up = self.in_flight.is_none_or(|started_at| self.time >= started_at + seconds(6));
        assert!(given_up, "a fetch beside another");
        assert!(self.time >= self.not_before, "a fetch within the back-off");
        let scheduled = !self.usable() || self.fetched.is_none_or(|fetched| self.time >= fetched + 4 * MINUTE);
        assert!(scheduled || self.failing || self.time >= self.cooldown, "a fetch within the cooldown");
        self.started = started;
        self.in_flight = Some(self.time);
    }

    /// A returned key works only while it is in the held set, and not beyond the bound.
    fn check_keys(&mut self) {
        let (held, usable) = (&self.held, self.usable());
        let gone = |key: &mut Arc<Key>| !usable || !held.contains(key.kid());
        self.dead.extend(self.working.extract_if(.., gone));
        let now = self.fixture.now();
        for key in &self.dead {
            assert!(!key.usable_at(now), "{} is dead", key.kid());
        }
        for key in &self.working {
            assert!(key.usable_at(now), "{} works", key.kid());
        }
    }

    async fn check_answers(&mut self) {
        for waiting in std::mem::take(&mut self.waiting) {
            if !waiting.task.is_finished() {
                self.waiting.push(waiting);
                continue;
            }
            match waiting.task.await.expect("no panic") {
                Ok(key) => {
                    assert!(self.usable() && self.held.contains(waiting.kid), "{} is not held", waiting.kid);
                    self.working.push(key);
                }
                Err(FindError::UnknownKey) => {
                    assert!(self.usable() && !self.held.contains(waiting.kid), "{} is held", waiting.kid);
                    assert!(!self.failing, "refused while fetches fail");
                }
                Err(FindError::AlgorithmNotOfKey(_)) => panic!("there is one algorithm"),
                Err(FindError::Keys(_)) => {}
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn the_limits_hold_in_every_schedule(events in proptest::collection::vec(event(), 1..120)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime");
        runtime.block_on(async {
            let mut model = Model::new();
            for event in &events {
                model.apply(event).await;
            }
        });
    }
}
