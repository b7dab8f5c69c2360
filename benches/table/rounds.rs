//! Runs benchmarks in interleaved rounds, so that a disturbance of the machine affects all of them.

use std::time::Duration;

use cpu_time::ThreadTime;

use crate::benchmarks::Benchmark;

/// The duration of one benchmark in one round.
const TURN: Duration = Duration::from_millis(3);

/// Nanoseconds of this thread's CPU time per run, round by round.
pub(crate) struct Results(Vec<(&'static str, Vec<f64>)>);

impl Results {
    /// The median of one benchmark, in nanoseconds.
    pub(crate) fn median(&self, name: &str) -> f64 {
        median(self.of(name).to_vec())
    }

    /// The median over all rounds of one benchmark's time relative to another's in the same round.
    pub(crate) fn ratio(&self, name: &str, to: &str) -> f64 {
        median(self.of(name).iter().zip(self.of(to)).map(|(one, other)| one / other).collect())
    }

    fn of(&self, name: &str) -> &[f64] {
        let found = self.0.iter().find(|(known, _)| *known == name);
        &found.unwrap_or_else(|| panic!("no benchmark is called {name:?}")).1
    }
}

/// Runs every benchmark in every round.
pub(crate) fn interleaved(mut benchmarks: Vec<Benchmark<'_>>, rounds: usize) -> Results {
    let times: Vec<u32> = benchmarks.iter_mut().map(calibrate).collect();
    let mut results: Vec<_> = benchmarks.iter().map(|benchmark| (benchmark.name, Vec::new())).collect();
    for _ in 0..rounds {
        for ((benchmark, times), (_, found)) in benchmarks.iter_mut().zip(&times).zip(&mut results) {
            found.push(turn(benchmark, *times));
        }
    }
    Results(results)
}

/// Nanoseconds of CPU time per run.
fn turn(benchmark: &mut Benchmark<'_>, times: u32) -> f64 {
    (benchmark.prepare)(times);
    let start = ThreadTime::now();
    (0..times).for_each(|_| (benchmark.run)());
    start.elapsed().as_nanos() as f64 / f64::from(times)
}

/// The number of runs that fill a turn. Also warms up.
fn calibrate(benchmark: &mut Benchmark<'_>) -> u32 {
    let mut times = 1;
    loop {
        let took = turn(benchmark, times) * f64::from(times);
        if took >= TURN.as_nanos() as f64 {
            return times;
        }
        times *= 2;
    }
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
