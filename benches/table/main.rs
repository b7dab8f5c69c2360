//! Prints a table of the cost of authentication. Targets are ratios within one run.
//!
//! ```sh
//! cargo bench --bench table                    # the table
//! cargo bench --bench table -- --quick         # fewer rounds, for a first look
//! cargo bench --bench table -- --only NAME N   # one benchmark N times, to be run under a profiler
//! ```

mod benchmarks;
mod growth;
mod http;
mod load;
mod proofs;
mod report;
mod rounds;
mod threads;
mod tokens;

use benchmarks::Benchmarks;
use proofs::Proofs;
use report::Report;
use tokens::Tokens;

/// The amount of work in one run.
#[derive(Clone, Copy)]
struct Options {
    rounds: usize,
    cached_tokens: usize,
    /// In the memory of proofs.
    proofs: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["--only", name, times] => only(name, times.parse().expect("a number")),
        ["--only", "http", handler, times] => http::only(handler, times.parse().expect("a number")),
        ["--quick"] => table(Options { rounds: 15, cached_tokens: 2_000, proofs: 50_000 }),
        [] => table(Options { rounds: 101, cached_tokens: 10_000, proofs: 1_000_000 }),
        // `cargo test --benches` passes other arguments. There is nothing to test.
        _ => eprintln!("expected nothing, --quick, --only NAME TIMES or --only http open|protected|dpop TIMES"),
    }
}

fn table(options: Options) {
    let tokens = Tokens::new();
    let mut report = Report::new(&tokens);
    let proofs = Proofs::new(&tokens);
    let benchmarks = Benchmarks::new(&tokens, &proofs, options.cached_tokens);
    let results = rounds::interleaved(benchmarks.all(), options.rounds);
    report.validation(&results);
    report.start(&results);
    report.threads(&threads::measure(&tokens, options.rounds));
    let http = http::measure(&tokens, &proofs, options.rounds);
    report.http(&http, results.median("floor"));
    report.proofs(&results, &http);
    report.growth(&growth::measure(&proofs, options.proofs));
    report.print();
}

fn only(name: &str, times: u32) {
    let tokens = Tokens::new();
    let proofs = Proofs::new(&tokens);
    let mut all = Benchmarks::new(&tokens, &proofs, 1).all();
    let benchmark = all.iter_mut().find(|benchmark| benchmark.name == name);
    let benchmark = benchmark.unwrap_or_else(|| panic!("no benchmark is called {name:?}"));
    (benchmark.prepare)(times);
    (0..times).for_each(|_| (benchmark.run)());
}
