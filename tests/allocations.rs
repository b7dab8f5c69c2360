//! Counts the memory that tokens cost.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use allocation_counter::{AllocationInfo, measure};
use okta_auth::{AuthContext, ValidateError, Validator, keys::JwkSet};
use okta_auth_testing::MockOkta;
use serde_json::json;

fn validator(okta: &MockOkta, cache: usize) -> Validator {
    let keys = json!({ "keys": [okta.signing_key().jwk()] }).to_string();
    let builder = okta.validator_builder().jwk_set(JwkSet::from_json(keys).unwrap());
    builder.token_cache_capacity(cache).build().unwrap()
}

/// Calls `validate`. With given keys, it never waits.
fn validate(validator: &Validator, token: &str) -> Result<AuthContext, ValidateError> {
    match pin!(validator.validate(token)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("the keys are at hand"),
    }
}

fn validations(validator: &Validator, tokens: &[String]) -> AllocationInfo {
    measure(|| tokens.iter().for_each(|token| drop(validate(validator, token))))
}

fn tokens(okta: &MockOkta, count: usize) -> Vec<String> {
    (0..count).map(|_| okta.token().scopes(["openid", "orders:read"]).group("Everyone").sign()).collect()
}

#[test]
fn cache_hit_allocates_nothing() {
    let okta = MockOkta::start();
    let validator = validator(&okta, 100);
    let tokens = tokens(&okta, 10);
    assert!(validations(&validator, &tokens).count_total > 0, "the first time, there is something to count");
    assert_eq!(validations(&validator, &tokens).count_total, 0);
}

#[test]
fn memory_for_garbage_does_not_grow_with_its_length() {
    let okta = MockOkta::start();
    let validator = validator(&okta, 100);
    for shape in ["x", ".", "a.b.c.d.", "é", "Bearer "] {
        let cost = |bytes: usize| {
            let garbage = shape.repeat(bytes / shape.len());
            let info = measure(|| drop(validate(&validator, &garbage)));
            assert_eq!(info.count_current, 0, "{shape}: something is left");
            info.bytes_total
        };
        assert!(cost(1_000) <= 256, "{shape}: {} bytes", cost(1_000));
        for length in [16_000, 100_000, 1_000_000] {
            assert!(cost(length) <= cost(1_000), "{shape}, {length}: {} bytes", cost(length));
        }
    }
}

#[test]
fn flood_of_garbage_evicts_no_verified_token() {
    let okta = MockOkta::start();
    let validator = validator(&okta, 64);
    let known = tokens(&okta, 8);
    validations(&validator, &known);
    let template = okta.token().sign();
    let (input, _) = template.rsplit_once('.').unwrap();
    for number in 0..10_000 {
        drop(validate(&validator, &format!("garbage-{number}")));
        // Well formed up to the signature. The check of a full-length signature is slow without optimization.
        drop(validate(&validator, &format!("{input}.{number:04}")));
    }
    assert_eq!(validations(&validator, &known).count_total, 0, "all of them are hits still");
}

#[test]
fn cached_token_takes_at_most_1_kb_beyond_its_claims() {
    const COUNT: i64 = 256;
    let okta = MockOkta::start();
    let tokens = tokens(&okta, COUNT as usize);
    let mut kept = None;
    let info = measure(|| {
        let validator = validator(&okta, COUNT as usize);
        validations(&validator, &tokens);
        kept = Some(validator);
    });
    let claims = claims_of(&tokens[0]);
    let each = info.bytes_current / COUNT;
    assert!(each <= 1024 + claims, "{each} bytes for {claims} bytes of claims");
    drop(kept);
}

#[test]
fn full_cache_does_not_grow_with_new_tokens() {
    const CAPACITY: usize = 32;
    let okta = MockOkta::start();
    let validator = validator(&okta, CAPACITY);
    let tokens = tokens(&okta, 16 * CAPACITY);
    let (first, rest) = tokens.split_at(4 * CAPACITY);
    let full = validations(&validator, first).bytes_current;
    let grown = validations(&validator, rest).bytes_current;
    let one = claims_of(&tokens[0]) + 1024;
    assert!(full <= CAPACITY as i64 * 2 * one, "{full} bytes for {CAPACITY} tokens");
    assert!(grown <= one, "grew by {grown} bytes over {} further tokens", rest.len());
}

#[test]
fn large_tokens_stay_within_the_limit_of_the_cache() {
    const CAPACITY: usize = 64;
    let okta = MockOkta::start();
    let large = |number: usize| {
        let group = if number.is_multiple_of(2) { "" } else { "twenty-five-bytes-of-text" };
        let count = if group.is_empty() { 3_700 } else { 390 };
        okta.token().claim("groups", vec![group; count]).sign()
    };
    let tokens: Vec<String> = (0..CAPACITY).map(large).collect();
    assert!(tokens.iter().all(|token| (14_000..16 * 1024).contains(&token.len())), "{}", tokens[0].len());
    let validator = validator(&okta, CAPACITY);
    validations(&validator, &[okta.token().sign()]);
    let kept = validations(&validator, &tokens).bytes_current;
    assert!((1..=CAPACITY as i64 * 2 * 1024).contains(&kept), "{kept} bytes");
}

fn claims_of(token: &str) -> i64 {
    let payload = token.split('.').nth(1).unwrap();
    i64::try_from(payload.len() * 3 / 4).unwrap()
}
