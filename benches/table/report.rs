//! The table: each figure, its target, and whether it meets the target.

use crate::growth::Growth;
use crate::http::Http;
use crate::rounds::Results;
use crate::threads::Threads;
use crate::tokens::Tokens;

/// Rows in the order of measurement.
pub(crate) struct Report {
    title: String,
    rows: Vec<[String; 4]>,
    missed: usize,
}

impl Report {
    pub(crate) fn new(tokens: &Tokens) -> Self {
        let title =
            format!("RS256 with 2048 bits, tokens of {} bytes; medians of interleaved rounds", tokens.good().len());
        Self { title, rows: Vec::new(), missed: 0 }
    }

    pub(crate) fn validation(&mut self, results: &Results) {
        self.shown("aws-lc-rs verifies the signature: the floor", results.median("floor"), "");
        let ratio = results.ratio("jsonwebtoken", "floor");
        self.shown(
            "jsonwebtoken: decode_header + decode",
            results.median("jsonwebtoken"),
            &format!("{ratio:.3} × floor"),
        );
        for (what, name, to, words, at_most) in [
            ("validate, not cached", "uncached", "floor", "floor", 1.10),
            ("the same", "uncached", "jsonwebtoken", "jsonwebtoken", 0.80),
            ("validate, cached", "cached", "floor", "floor", 1.0 / 40.0),
            ("validate, many cached tokens", "cached, many", "floor", "floor", 1.0 / 20.0),
            ("validate, introspected, answer remembered", "introspected", "floor", "floor", 1.0 / 40.0),
            ("refused: expired", "expired", "uncached", "accepted", 1.0),
            ("refused: bad signature", "bad signature", "uncached", "accepted", 1.0),
        ] {
            let ratio = results.ratio(name, to);
            // Two medians of the same work differ by about this much.
            let tolerance = if at_most == 1.0 { 0.02 } else { 0.0 };
            self.row(
                what,
                results.median(name),
                format!("{ratio:.4} × {words}"),
                at_most,
                ratio <= at_most + tolerance,
            );
        }
        for (what, name) in [
            ("refused: 1 KB without a dot", "garbage"),
            ("refused: 1 KB, no base64url", "garbage, dotted"),
            ("refused: 1 MiB without a dot", "garbage, huge"),
            ("refused: 1 MiB of dots", "garbage, dots"),
        ] {
            let nanoseconds = results.median(name);
            self.row(what, nanoseconds, format!("{nanoseconds:.0} ns"), 1000.0, nanoseconds <= 1000.0);
        }
    }

    pub(crate) fn start(&mut self, results: &Results) {
        self.shown("at the start: a validator is made", results.median("start"), "");
    }

    pub(crate) fn threads(&mut self, threads: &Threads) {
        self.shown("cache hit, one thread, 64 tokens", threads.one, "");
        let ratio = format!("{:.3} × one thread", threads.ratio);
        self.row("cache hit, two threads, distinct tokens", threads.two, ratio, 1.15, threads.ratio <= 1.15);
        let ratio = format!("{:.3} × one thread", threads.apart_ratio);
        self.shown("the same with nothing shared: the machine", threads.apart, &ratio);
    }

    /// `floor` is the time of one signature verification, in nanoseconds.
    pub(crate) fn http(&mut self, http: &Http, floor: f64) {
        self.shown("HTTP, unprotected, server CPU", http.open, "");
        let more = |nanoseconds: f64| format!("{nanoseconds:+.0} ns");
        self.row(
            "HTTP, protected, token cached",
            http.cached,
            more(http.cached_overhead),
            500.0,
            http.cached_overhead <= 500.0,
        );
        self.row(
            "HTTP, protected, every token new",
            http.new,
            more(http.new_overhead),
            18_000.0,
            http.new_overhead <= 18_000.0,
        );
        self.shown("of that, all but the signature", http.new_overhead - floor, "");
        let shown = format!("{:.3} × unprotected", http.throughput);
        self.rows.push([
            "HTTP, requests per second on one core".to_owned(),
            String::new(),
            shown,
            verdict(&mut self.missed, "≥", 0.95, http.throughput >= 0.95),
        ]);
    }

    /// Tokens with a DPoP proof.
    pub(crate) fn proofs(&mut self, results: &Results, http: &Http) {
        let floor = results.median("proof floor");
        self.shown("aws-lc-rs verifies ES256: the proof floor", floor, "");
        for (what, name, to, words, at_most) in [
            ("DPoP, token cached", "proof", "proof floor", "proof floor", 1.10),
            ("refused proof: bad signature", "proof, bad signature", "proof", "accepted", 1.0),
            ("refused proof: expired", "proof, expired", "proof", "accepted", 1.0),
            ("refused proof: for another URL", "proof, another URL", "proof", "accepted", 1.0),
            ("refused proof: of another key", "proof, another key", "proof", "accepted", 0.5),
            ("refused proof: replayed", "proof, replayed", "proof", "accepted", 0.5),
            ("refused proof: 8 KB of garbage", "proof, garbage", "proof", "accepted", 0.5),
        ] {
            let ratio = results.ratio(name, to);
            self.row(what, results.median(name), format!("{ratio:.4} × {words}"), at_most, ratio <= at_most);
        }
        self.shown("HTTP, DPoP, token cached", http.dpop, &format!("{:+.0} ns", http.dpop_overhead));
        let rest = http.dpop_overhead - floor;
        self.row("of that, all but the signature", rest, format!("{rest:+.0} ns"), 5_000.0, rest <= 5_000.0);
    }

    /// The memory of proofs.
    pub(crate) fn growth(&mut self, growth: &Growth) {
        let Growth { requests, first, last, slowest, bytes } = growth;
        self.shown(&format!("DPoP, the first tenth of {requests} proofs"), *first, "");
        let ratio = last / first;
        self.row("the last tenth", *last, format!("{ratio:.3} × the first"), 1.10, ratio <= 1.10);
        self.shown("the slowest: a part of the memory grows", *slowest, "");
        self.row("memory per proof", f64::NAN, format!("{bytes:.0} bytes"), 67.0, *bytes <= 67.0);
    }

    pub(crate) fn print(&self) {
        println!("{}\n", self.title);
        println!("| {:<43} | {:>9} | {:>22} | {:<17} |", "", "ns", "", "target");
        println!("|{:-<45}|{:->10}:|{:->23}:|{:-<19}|", "", "", "", "");
        for [what, nanoseconds, ratio, target] in &self.rows {
            println!("| {what:<43} | {nanoseconds:>9} | {ratio:>22} | {target:<17} |");
        }
        match self.missed {
            0 => println!("\nEvery target is met."),
            missed => println!("\n{missed} missed."),
        }
    }

    fn shown(&mut self, what: &str, nanoseconds: f64, ratio: &str) {
        self.rows.push([what.to_owned(), format!("{nanoseconds:.0}"), ratio.to_owned(), String::new()]);
    }

    /// `nanoseconds` are NaN for a row about something else.
    fn row(&mut self, what: &str, nanoseconds: f64, ratio: String, at_most: f64, met: bool) {
        let target = verdict(&mut self.missed, "≤", at_most, met);
        let nanoseconds = if nanoseconds.is_nan() { String::new() } else { format!("{nanoseconds:.0}") };
        self.rows.push([what.to_owned(), nanoseconds, ratio, target]);
    }
}

fn verdict(missed: &mut usize, relation: &str, bound: f64, met: bool) -> String {
    *missed += usize::from(!met);
    format!("{relation} {bound} {}", if met { "met" } else { "MISSED" })
}
