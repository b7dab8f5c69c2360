//! Whether two threads get in each other's way, each with tokens of its own and one validator.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;

use cpu_time::ThreadTime;
use okta_auth::Validator;

use crate::contestants::remember;
use crate::rounds::median;
use crate::tokens::{Tokens, validate};

/// Distinct tokens of each thread.
const TOKENS: usize = 64;
/// Runs of one thread in one round.
const TIMES: usize = 40_000;

/// Nanoseconds of a thread's CPU time per cache hit.
pub(crate) struct Threads {
    pub(crate) one: f64,
    pub(crate) two: f64,
    pub(crate) ratio: f64,
}

/// Alternates between one thread and two.
pub(crate) fn measure(tokens: &Tokens, rounds: usize) -> Threads {
    let validator = tokens.validator(10_000);
    let (left, right) = (tokens.many(TOKENS), tokens.many(TOKENS));
    remember(&validator, &left);
    remember(&validator, &right);
    let rounds: Vec<(f64, f64)> = (0..rounds)
        .map(|_| {
            let barrier = Barrier::new(1);
            let one = hits(&validator, &left, &barrier);
            let barrier = Barrier::new(2);
            let two = thread::scope(|scope| {
                let other = scope.spawn(|| hits(&validator, &right, &barrier));
                (hits(&validator, &left, &barrier) + other.join().expect("measured")) / 2.0
            });
            (one, two)
        })
        .collect();
    Threads {
        one: median(rounds.iter().map(|(one, _)| *one).collect()),
        two: median(rounds.iter().map(|(_, two)| *two).collect()),
        ratio: median(rounds.iter().map(|(one, two)| two / one).collect()),
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
