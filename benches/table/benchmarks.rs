//! The benchmarks without HTTP.

use std::hint::black_box;

use base64_simd::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use okta_auth::Validator;
use serde::Deserialize;

use crate::tokens::{Tokens, validate};

/// One benchmark, with the name of its row.
pub(crate) struct Benchmark<'t> {
    pub(crate) name: &'static str,
    pub(crate) run: Box<dyn FnMut() + 't>,
}

/// All benchmarks, on the same tokens.
pub(crate) struct Benchmarks<'t> {
    tokens: &'t Tokens,
    cached: usize,
}

/// The type into which users of `jsonwebtoken` deserialize a token.
#[derive(Deserialize)]
#[allow(dead_code)]
struct Claims {
    sub: String,
    cid: String,
    uid: Option<String>,
    #[serde(default)]
    scp: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
    exp: u64,
}

impl<'t> Benchmarks<'t> {
    pub(crate) fn new(tokens: &'t Tokens, cached: usize) -> Self {
        Self { tokens, cached }
    }

    pub(crate) fn all(&self) -> Vec<Benchmark<'t>> {
        let tokens = self.tokens;
        vec![
            self.floor(),
            self.jsonwebtoken(),
            self.uncached(),
            self.cached("cached", vec![tokens.good()]),
            self.cached("cached, many", tokens.many(self.cached)),
            self.rejected("expired", tokens.expired()),
            self.rejected("bad signature", tokens.badly_signed()),
            self.garbage("garbage", "x".repeat(1_000)),
            self.garbage("garbage, dotted", format!("{0}.{0}.{0}", "!".repeat(333))),
            self.garbage("garbage, huge", "x".repeat(1 << 20)),
            self.garbage("garbage, dots", ".".repeat(1 << 20)),
            self.start(),
        ]
    }

    /// Only the signature: the lower bound for the verification of a token.
    fn floor(&self) -> Benchmark<'t> {
        let (key, token) = (self.tokens.parsed_key(), self.tokens.good());
        let (input, signature) = token.rsplit_once('.').expect("three segments");
        let (input, signature) = (input.to_owned(), URL_SAFE_NO_PAD.decode_to_vec(signature).expect("base64url"));
        let run = move || key.verify_sig(black_box(input.as_bytes()), black_box(&signature)).expect("verified");
        Benchmark { name: "floor", run: Box::new(run) }
    }

    fn jsonwebtoken(&self) -> Benchmark<'t> {
        let (key, token) = (self.tokens.decoding_key(), self.tokens.good());
        let mut rules = Validation::new(Algorithm::RS256);
        rules.set_issuer(&[self.tokens.issuer()]);
        rules.set_audience(&[self.tokens.audience()]);
        let run = move || {
            let header = decode_header(black_box(token.as_str())).expect("a header");
            black_box(header.kid.as_deref());
            black_box(decode::<Claims>(black_box(token.as_str()), &key, &rules).expect("valid"));
        };
        Benchmark { name: "jsonwebtoken", run: Box::new(run) }
    }

    fn uncached(&self) -> Benchmark<'t> {
        let (validator, token) = (self.tokens.validator(0), self.tokens.good());
        let run = move || drop(black_box(validate(&validator, black_box(&token)).expect("valid")));
        Benchmark { name: "uncached", run: Box::new(run) }
    }

    /// A text without a valid form is looked up in the cache first.
    fn garbage(&self, name: &'static str, token: String) -> Benchmark<'t> {
        let validator = self.tokens.validator(10_000);
        let run = move || drop(black_box(validate(&validator, black_box(&token)).expect_err("refused")));
        Benchmark { name, run: Box::new(run) }
    }

    /// Every token is in the cache. The cache has twice the required capacity, because a full cache would evict some of
    /// them.
    fn cached(&self, name: &'static str, tokens: Vec<String>) -> Benchmark<'t> {
        let validator = self.tokens.validator(2 * tokens.len().max(8));
        fill_cache(&validator, &tokens);
        let mut next = 0;
        let run = move || {
            next = if next + 1 < tokens.len() { next + 1 } else { 0 };
            drop(black_box(validate(&validator, black_box(&tokens[next])).expect("valid")));
        };
        Benchmark { name, run: Box::new(run) }
    }

    /// The work before the first request, without the key fetch.
    fn start(&self) -> Benchmark<'t> {
        let tokens = self.tokens;
        Benchmark { name: "start", run: Box::new(|| drop(black_box(tokens.validator(black_box(10_000))))) }
    }

    /// A validator that has accepted a good token, as in production. Its cache is off, as in `uncached`.
    fn rejected(&self, name: &'static str, token: String) -> Benchmark<'t> {
        let validator = self.tokens.validator(0);
        fill_cache(&validator, &[self.tokens.good()]);
        let run = move || drop(black_box(validate(&validator, black_box(&token)).expect_err("refused")));
        Benchmark { name, run: Box::new(run) }
    }
}

/// Validates each token once.
pub(crate) fn fill_cache(validator: &Validator, tokens: &[String]) {
    tokens.iter().for_each(|token| drop(validate(validator, token).expect("valid")));
}
