//! A model of a store and its instances: no order of their steps lets one proof in twice.
//!
//! Each request runs on an instance of its own, so that no memory of a process helps. A scheduler lets one request take its
//! next step, or the store fail: it restarts, so that all commands and answers on their way are lost, or it loses its data.
//!
//! Two limits of the marker are not in the model. It has whole seconds, so a loss lasts until the next second. An instance can
//! notice a loss and set the marker only after another loss, to a second before that: here, a restart ends all connections, and
//! keys are deleted under open connections at most once, from a store with a marker.

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use proptest::prelude::*;
use redis::{Arg, Cmd, Pipeline, Value};

use super::address::Address;
use super::core::{Core, StoreSettings};
use super::link::Commands;
use super::replies::Failure;
use super::store::Decision;
use crate::clock::Clock;
use crate::shared_store::proof_id::ProofId;
use crate::shared_store::replay_store::{ProofUse, Remembered};

const START: u64 = 1_700_000_000;

/// The state of the store, and the time.
#[derive(Default)]
struct Model {
    keys: HashMap<Vec<u8>, Vec<u8>>,
    /// Seconds since the start.
    now: u64,
    /// Counts the restarts of the store. A connection belongs to one of them.
    restarts: usize,
}

#[derive(Clone, Default)]
struct SharedModel(Arc<Mutex<Model>>);

impl Clock for SharedModel {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(START + self.0.lock().now)
    }
}

/// A connection to the store. Each command is a step, and so is each answer.
struct Connection {
    model: SharedModel,
    restarts: usize,
}

impl Connection {
    fn open(model: &SharedModel) -> Self {
        Self { model: model.clone(), restarts: model.0.lock().restarts }
    }

    fn check(&self) -> Result<(), Failure> {
        let is_open = self.model.0.lock().restarts == self.restarts;
        if is_open { Ok(()) } else { Err(Failure::Connection("lost".to_owned())) }
    }
}

impl Commands for Connection {
    async fn send<const N: usize>(&self, commands: &Pipeline) -> Result<[Value; N], Failure> {
        let mut replies = Vec::new();
        for command in commands.cmd_iter() {
            step().await;
            self.check()?;
            replies.push(self.model.0.lock().run(command));
        }
        step().await;
        self.check()?;
        replies.try_into().map_err(|_| Failure::Nonsense)
    }
}

impl Model {
    /// As Redis does, except that no key expires.
    fn run(&mut self, command: &Cmd) -> Value {
        let words: Vec<Vec<u8>> = command
            .args_iter()
            .map(|word| match word {
                Arg::Simple(word) => word.to_vec(),
                _ => panic!("a word is expected"),
            })
            .collect();
        match words.as_slice() {
            [get, key] if get == b"GET" => {
                self.keys.get(key).map_or(Value::Nil, |value| Value::BulkString(value.clone()))
            }
            [set, key, ..]
                if set == b"SET" && words.iter().any(|word| word == b"NX") && self.keys.contains_key(key) =>
            {
                Value::Nil
            }
            [set, key, value, ..] if set == b"SET" => {
                self.keys.insert(key.clone(), value.clone());
                Value::Okay
            }
            other => panic!("an unknown command: {other:?}"),
        }
    }
}

/// Lets the scheduler decide what happens next.
async fn step() {
    let mut is_waiting = true;
    poll_fn(|_| if std::mem::take(&mut is_waiting) { Poll::Pending } else { Poll::Ready(()) }).await;
}

/// A step of the schedule.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// The request with this number takes its next step.
    Request(usize),
    /// The store restarts with its data.
    Restart,
    /// The store restarts without its data, in the next second.
    RestartEmpty,
    /// Someone deletes all keys, in the next second. Connections stay open.
    Flush,
    Second,
}

fn event(loss: Event) -> impl Strategy<Value = Event> {
    prop_oneof![
        20 => (0..4_usize).prop_map(Event::Request),
        1 => Just(Event::Restart),
        1 => Just(Event::Second),
        1 => Just(loss),
    ]
}

fn marked() -> SharedModel {
    let model = SharedModel::default();
    model.0.lock().keys.insert(b"marker".to_vec(), START.to_string().into_bytes());
    model
}

const LEEWAY: Duration = Duration::from_secs(60);

/// One attempt to use the proof, on an instance of its own.
async fn attempt(model: SharedModel, issued_at: u64, leeway: Duration) -> Result<Decision, Failure> {
    let address = Address::parse("redis://127.0.0.1").expect("a URL");
    let settings = StoreSettings { address, key_prefix: String::new(), timeout: Duration::from_secs(1), roots: None };
    let core = Core::new(settings);
    core.clock.get_or_init(|| Arc::new(model.clone()));
    let (issued_at, now) = (Duration::from_secs(issued_at), core.now());
    let until = issued_at + Duration::from_secs(120);
    let proof = ProofUse { id: ProofId::from_bytes([7; 16]), issued_at, until, now, leeway };
    step().await;
    let connection = Connection::open(&model);
    core.decide(&connection, &proof).await
}

type Attempt = Pin<Box<dyn Future<Output = Result<Decision, Failure>>>>;

fn poll(attempt: &mut Attempt) -> Poll<Result<Decision, Failure>> {
    attempt.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// How often the proof was accepted.
fn accepted(events: &[Event], model: &SharedModel) -> usize {
    let mut attempts: Vec<Option<Attempt>> =
        (0..4).map(|_| Some(Box::pin(attempt(model.clone(), START, LEEWAY)) as Attempt)).collect();
    let mut count = 0;
    // In the end, all requests that are left run to their end.
    let rest = (0..4).flat_map(|number| [Event::Request(number); 16]);
    for event in events.iter().copied().chain(rest) {
        match event {
            Event::Request(number) => {
                let Some(running) = &mut attempts[number] else { continue };
                if let Poll::Ready(decision) = poll(running) {
                    count += usize::from(decision == Ok(Decision::Remembered(Remembered::New)));
                    attempts[number] = None;
                }
            }
            Event::Restart => model.0.lock().restarts += 1,
            Event::RestartEmpty => {
                let mut model = model.0.lock();
                (model.restarts, model.now) = (model.restarts + 1, model.now + 1);
                model.keys.clear();
            }
            Event::Flush => {
                let mut model = model.0.lock();
                model.now += 1;
                model.keys.clear();
            }
            Event::Second => model.0.lock().now += 1,
        }
    }
    assert!(attempts.iter().all(Option::is_none), "every request ends");
    count
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn no_interleaving_accepts_a_proof_twice(
        is_marked in any::<bool>(),
        events in prop::collection::vec(event(Event::RestartEmpty), 0..80),
    ) {
        let model = if is_marked { marked() } else { SharedModel::default() };
        prop_assert!(accepted(&events, &model) <= 1);
    }

    #[test]
    fn no_deletion_of_keys_accepts_a_proof_twice(
        before in prop::collection::vec(event(Event::Second), 0..60),
        after in prop::collection::vec(event(Event::Second), 0..60),
    ) {
        let events: Vec<Event> = before.into_iter().chain([Event::Flush]).chain(after).collect();
        prop_assert!(accepted(&events, &marked()) <= 1);
    }
}

/// The model would be worthless if it accepted nothing.
#[test]
fn undisturbed_store_accepts_a_proof_once() {
    assert_eq!(accepted(&[], &marked()), 1);
    // A store without a marker is noticed in the second in which the proof was issued.
    assert_eq!(accepted(&[], &SharedModel::default()), 1);
    assert_eq!(accepted(&[Event::Second], &SharedModel::default()), 0);
}

/// The leeway is for the clocks of clients. Without one, the instance would set the marker to an earlier second, and accept the
/// proofs again that were used between the two.
#[test]
fn instance_whose_clock_is_behind_keeps_the_marker() {
    for leeway in [Duration::ZERO, LEEWAY] {
        let (model, since) = (SharedModel::default(), START + 50);
        model.0.lock().keys.insert(b"marker".to_vec(), since.to_string().into_bytes());
        let mut attempt = Box::pin(attempt(model.clone(), START, leeway));
        let decision = loop {
            if let Poll::Ready(decision) = attempt.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                break decision;
            }
        };
        assert_eq!(decision, Ok(Decision::Incomplete { since }), "{leeway:?}");
        assert_eq!(model.0.lock().keys.get(&b"marker"[..]), Some(&since.to_string().into_bytes()), "{leeway:?}");
    }
}

/// The clock of the client is ahead, so that the marker, which is older than the proof, does not help.
#[test]
fn proof_in_the_store_is_not_taken_for_that_of_another_request() {
    let model = marked();
    let start = || Box::pin(attempt(model.clone(), START + 30, LEEWAY)) as Attempt;
    let (mut one, mut other) = (start(), start());
    // Each sets the proof as its first command.
    let set = |attempt: &mut Attempt| {
        for _ in 0..3 {
            assert!(poll(attempt).is_pending());
        }
    };
    set(&mut one);
    model.0.lock().keys.clear();
    // Finds that the marker is missing.
    assert!(poll(&mut one).is_pending());
    set(&mut other);
    let decide = |mut attempt: Attempt| loop {
        if let Poll::Ready(decision) = poll(&mut attempt) {
            return decision;
        }
    };
    assert_eq!(decide(one), Ok(Decision::Remembered(Remembered::Replayed)));
    assert_eq!(decide(other), Ok(Decision::Remembered(Remembered::New)));
}
