//! The benchmarks without HTTP.

use std::cell::RefCell;
use std::hint::black_box;
use std::rc::Rc;

use base64_simd::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use okta_auth::Validator;
use serde::Deserialize;

use crate::proofs::{Proofs, authenticate};
use crate::tokens::{Tokens, validate};

/// One benchmark, with the name of its row.
pub(crate) struct Benchmark<'t> {
    pub(crate) name: &'static str,
    /// Makes the input of so many runs. Not measured.
    pub(crate) prepare: Box<dyn FnMut(u32) + 't>,
    pub(crate) run: Box<dyn FnMut() + 't>,
}

impl<'t> Benchmark<'t> {
    fn new(name: &'static str, run: impl FnMut() + 't) -> Self {
        Self { name, prepare: Box::new(|_| ()), run: Box::new(run) }
    }

    /// Each run has an input of its own.
    fn prepared<I: 't>(name: &'static str, make: impl Fn() -> I + 't, run: impl Fn(&I) + 't) -> Self {
        let inputs = Rc::new(RefCell::new((Vec::new(), 0)));
        let prepared = Rc::clone(&inputs);
        let prepare = move |times| *prepared.borrow_mut() = ((0..times).map(|_| make()).collect(), 0);
        let run = move || {
            let (inputs, next) = &mut *inputs.borrow_mut();
            run(&inputs[*next]);
            *next += 1;
        };
        Self { name, prepare: Box::new(prepare), run: Box::new(run) }
    }
}

/// All benchmarks, on the same tokens.
pub(crate) struct Benchmarks<'t> {
    tokens: &'t Tokens,
    proofs: &'t Proofs<'t>,
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
    pub(crate) fn new(tokens: &'t Tokens, proofs: &'t Proofs<'t>, cached: usize) -> Self {
        Self { tokens, proofs, cached }
    }

    pub(crate) fn all(&self) -> Vec<Benchmark<'t>> {
        let tokens = self.tokens;
        vec![
            self.floor(),
            self.jsonwebtoken(),
            self.uncached(),
            self.cached("cached", vec![tokens.good()]),
            self.cached("cached, many", tokens.many(self.cached)),
            self.introspected(),
            self.rejected("expired", tokens.expired()),
            self.rejected("bad signature", tokens.badly_signed()),
            self.garbage("garbage", "x".repeat(1_000)),
            self.garbage("garbage, dotted", format!("{0}.{0}.{0}", "!".repeat(333))),
            self.garbage("garbage, huge", "x".repeat(1 << 20)),
            self.garbage("garbage, dots", ".".repeat(1 << 20)),
            self.start(),
            self.proof_floor(),
            self.proof(),
            self.rejected_proof("proof, bad signature", self.proofs.badly_signed()),
            self.rejected_proof("proof, expired", self.proofs.expired()),
            self.rejected_proof("proof, another URL", self.proofs.of_another_url()),
            self.rejected_proof("proof, another key", self.proofs.of_another_key()),
            self.rejected_proof("proof, garbage", "x".repeat(8_000)),
            self.replay(),
        ]
    }

    /// Only the signature: the lower bound for the verification of a token.
    fn floor(&self) -> Benchmark<'t> {
        let (key, token) = (self.tokens.parsed_key(), self.tokens.good());
        let (input, signature) = token.rsplit_once('.').expect("three segments");
        let (input, signature) = (input.to_owned(), URL_SAFE_NO_PAD.decode_to_vec(signature).expect("base64url"));
        let run = move || key.verify_sig(black_box(input.as_bytes()), black_box(&signature)).expect("verified");
        Benchmark::new("floor", run)
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
        Benchmark::new("jsonwebtoken", run)
    }

    fn uncached(&self) -> Benchmark<'t> {
        let (validator, token) = (self.tokens.validator(0), self.tokens.good());
        let run = move || drop(black_box(validate(&validator, black_box(&token)).expect("valid")));
        Benchmark::new("uncached", run)
    }

    /// A text without a valid form is looked up in the cache first.
    fn garbage(&self, name: &'static str, token: String) -> Benchmark<'t> {
        let validator = self.tokens.validator(10_000);
        let run = move || drop(black_box(validate(&validator, black_box(&token)).expect_err("refused")));
        Benchmark::new(name, run)
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
        Benchmark::new(name, run)
    }

    /// The answer about an opaque token is remembered.
    fn introspected(&self) -> Benchmark<'t> {
        let (validator, token) = self.tokens.introspected();
        let run = move || drop(black_box(validate(&validator, black_box(&token)).expect("valid")));
        Benchmark::new("introspected", run)
    }

    /// The work before the first request, without the key fetch.
    fn start(&self) -> Benchmark<'t> {
        let tokens = self.tokens;
        Benchmark::new("start", || drop(black_box(tokens.validator(black_box(10_000)))))
    }

    /// Only the signatures of different proofs. To verify one of them again and again would be faster.
    fn proof_floor(&self) -> Benchmark<'t> {
        let (proofs, key) = (self.proofs, self.proofs.parsed_key());
        let signed = move || proofs.signed();
        let verify = move |(input, signature): &(String, Vec<u8>)| {
            key.verify_sig(black_box(input.as_bytes()), black_box(signature)).expect("verified");
        };
        Benchmark::prepared("proof floor", signed, verify)
    }

    /// A cached token with a new proof each time.
    fn proof(&self) -> Benchmark<'t> {
        let (proofs, validator) = (self.proofs, self.proofs.validator());
        let request = move || proofs.request(&validator, &proofs.good());
        let authenticate = |request: &_| drop(black_box(authenticate(black_box(request)).expect("valid")));
        Benchmark::prepared("proof", request, authenticate)
    }

    fn rejected_proof(&self, name: &'static str, proof: String) -> Benchmark<'t> {
        let request = self.proofs.request(&self.proofs.validator(), &proof);
        let run = move || drop(black_box(authenticate(black_box(&request)).expect_err("refused")));
        Benchmark::new(name, run)
    }

    /// A proof that another request has spent.
    fn replay(&self) -> Benchmark<'t> {
        let (validator, proof) = (self.proofs.validator(), self.proofs.good());
        authenticate(&self.proofs.request(&validator, &proof)).expect("valid once");
        let request = self.proofs.request(&validator, &proof);
        let run = move || drop(black_box(authenticate(black_box(&request)).expect_err("refused")));
        Benchmark::new("proof, replayed", run)
    }

    /// A validator that has accepted a good token, as in production. Its cache is off, as in `uncached`.
    fn rejected(&self, name: &'static str, token: String) -> Benchmark<'t> {
        let validator = self.tokens.validator(0);
        fill_cache(&validator, &[self.tokens.good()]);
        let run = move || drop(black_box(validate(&validator, black_box(&token)).expect_err("refused")));
        Benchmark::new(name, run)
    }
}

/// Validates each token once.
pub(crate) fn fill_cache(validator: &Validator, tokens: &[String]) {
    tokens.iter().for_each(|token| drop(validate(validator, token).expect("valid")));
}
