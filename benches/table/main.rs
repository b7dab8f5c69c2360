//! Prints a table of the cost of authentication. Targets are ratios within one run.
//!
//! ```sh
//! cargo bench --bench table                    # the table
//! cargo bench --bench table -- --quick         # fewer rounds, for a first look
//! cargo bench --bench table -- --only NAME N   # one benchmark N times, to be run under a profiler
//! ```

mod benchmarks;
mod http;
mod load;
mod report;
mod rounds;
mod threads;
mod tokens;

use benchmarks::Benchmarks;
use report::Report;
use tokens::Tokens;

/// The amount of work in one run.
#[derive(Clone, Copy)]
struct Options {
    rounds: usize,
    cached_tokens: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["--only", name, times] => only(name, times.parse().expect("a number")),
        ["--only", "http", handler, times] => http::only(handler, times.parse().expect("a number")),
        ["--quick"] => table(Options { rounds: 15, cached_tokens: 2_000 }),
        [] => table(Options { rounds: 101, cached_tokens: 10_000 }),
        // `cargo test --benches` passes other arguments. There is nothing to test.
        _ => eprintln!("expected nothing, --quick, --only NAME TIMES or --only http open|protected TIMES"),
    }
}

fn table(options: Options) {
    let tokens = Tokens::new();
    let mut report = Report::new(&tokens);
    let benchmarks = Benchmarks::new(&tokens, options.cached_tokens);
    let results = rounds::interleaved(benchmarks.all(), options.rounds);
    report.validation(&results);
    report.start(&results);
    report.threads(&threads::measure(&tokens, options.rounds));
    report.http(&http::measure(&tokens, options.rounds), results.median("floor"));
    report.print();
}

fn only(name: &str, times: u64) {
    let tokens = Tokens::new();
    let mut all = Benchmarks::new(&tokens, 1).all();
    let benchmark = all.iter_mut().find(|benchmark| benchmark.name == name);
    let benchmark = benchmark.unwrap_or_else(|| panic!("no benchmark is called {name:?}"));
    (0..times).for_each(|_| (benchmark.run)());
}
