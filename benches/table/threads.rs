//! Measures whether two threads with separate tokens slow each other down in one validator.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;

use cpu_time::ThreadTime;
use okta_auth::Validator;

use crate::benchmarks::fill_cache;
use crate::rounds::median;
use crate::tokens::{Tokens, validate};

/// The number of distinct tokens of each thread.
const TOKENS: usize = 64;
/// The number of runs of one thread in one round.
const TIMES: usize = 40_000;

/// Nanoseconds of a thread's CPU time per cache hit.
pub(crate) struct Threads {
    pub(crate) one: f64,
    pub(crate) two: f64,
    pub(crate) ratio: f64,
    /// The same with one validator per thread: the cost that the machine adds for a second thread.
    pub(crate) apart: f64,
    pub(crate) apart_ratio: f64,
}

/// Alternates between one thread, two threads, and two threads with separate validators.
pub(crate) fn measure(tokens: &Tokens, rounds: usize) -> Threads {
    let [validator, own] = [tokens.validator(10_000), tokens.validator(10_000)];
    let (left, right) = (tokens.many(TOKENS), tokens.many(TOKENS));
    fill_cache(&validator, &left);
    fill_cache(&validator, &right);
    fill_cache(&own, &right);
    let two = |other: &Validator| {
        let barrier = Barrier::new(2);
        thread::scope(|scope| {
            let other = scope.spawn(|| hits(other, &right, &barrier));
            (hits(&validator, &left, &barrier) + other.join().expect("measured")) / 2.0
        })
    };
    let round = |_| [hits(&validator, &left, &Barrier::new(1)), two(&validator), two(&own)];
    let rounds: Vec<[f64; 3]> = (0..rounds).map(round).collect();
    let of = |value: fn(&[f64; 3]) -> f64| median(rounds.iter().map(value).collect());
    Threads {
        one: of(|[one, ..]| *one),
        two: of(|[_, two, _]| *two),
        ratio: of(|[one, two, _]| two / one),
        apart: of(|[.., apart]| *apart),
        apart_ratio: of(|[one, _, apart]| apart / one),
    }
}

fn hits(validator: &Validator, tokens: &[String], start: &Barrier) -> f64 {
    start.wait();
    let start = ThreadTime::now();
    for token in tokens.iter().cycle().take(TIMES) {
        drop(black_box(validate(validator, black_box(token)).expect("valid")));
    }
    start.elapsed().as_nanos() as f64 / TIMES as f64
}
