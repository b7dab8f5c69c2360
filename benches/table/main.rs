//! What authentication costs, as one table: every target as a ratio within this run.
//!
//! ```sh
//! cargo bench --bench table                    # the table
//! cargo bench --bench table -- --quick         # fewer rounds, for a first look
//! cargo bench --bench table -- --only NAME N   # one contestant N times, to be run under a profiler
//! ```

mod contestants;
mod http;
mod load;
mod report;
mod rounds;
mod threads;
mod tokens;

use contestants::Contestants;
use report::Report;
use tokens::Tokens;

/// How long to measure.
#[derive(Clone, Copy)]
struct Effort {
    rounds: usize,
    cached_tokens: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["--only", name, times] => only(name, times.parse().expect("a number")),
        ["--only", "http", handler, times] => http::only(handler, times.parse().expect("a number")),
        ["--quick"] => table(Effort { rounds: 15, cached_tokens: 2_000 }),
        [] => table(Effort { rounds: 101, cached_tokens: 10_000 }),
        // `cargo test --benches` and the like: nothing to test.
        _ => eprintln!("expected nothing, --quick, --only NAME TIMES or --only http open|protected TIMES"),
    }
}

fn table(effort: Effort) {
    let tokens = Tokens::new();
    let mut report = Report::new(&tokens);
    let contestants = Contestants::new(&tokens, effort.cached_tokens);
    let results = rounds::interleaved(contestants.all(), effort.rounds);
    report.validation(&results);
    report.start(&results);
    report.threads(&threads::measure(&tokens, effort.rounds));
    report.http(&http::measure(&tokens, effort.rounds), results.median("floor"));
    report.print();
}

fn only(name: &str, times: u64) {
    let tokens = Tokens::new();
    let mut all = Contestants::new(&tokens, 1).all();
    let contestant = all.iter_mut().find(|contestant| contestant.name == name);
    let contestant = contestant.unwrap_or_else(|| panic!("no contestant is called {name:?}"));
    (0..times).for_each(|_| (contestant.run)());
}
