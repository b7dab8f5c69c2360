//! Three readers of the same tokens: our validator, jsonwebtoken's `decode`, and a deliberately naive reader. The naive
//! reader implements our rules and must always agree, including the reason. If jsonwebtoken disagrees, a documented
//! rule must explain it.

mod edits;
mod json;
mod jsonwebtoken;
mod members;
mod naive;
mod readers;

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use self::edits::{Edit, build, edits};
use self::jsonwebtoken::STRICTER_THAN_JSONWEBTOKEN;
use self::readers::{READERS, Readers};
use crate::corpus::ACCEPTED;

/// Compares the readers on one token. Returns whether it was accepted.
fn compare(readers: &Readers, edits: &[Edit]) -> Result<bool, TestCaseError> {
    let now = readers.now();
    let token = build(readers, edits, now);
    let (ours, theirs) = (readers.ours(&token), readers.jsonwebtoken(&token));
    let naive = readers.naive(&token, now);
    let accepted = ours == ACCEPTED;
    prop_assert!(
        if accepted { naive.defects.is_empty() } else { naive.defects.contains(ours) },
        "we say {ours}, the rules {:?}",
        naive.defects
    );
    if accepted {
        prop_assert_eq!(readers.lists(&token), naive.lists());
    }
    match theirs {
        Err(error) if accepted => prop_assert!(naive.is_beyond_jsonwebtoken(&error), "we accept, they say {error:?}"),
        Ok(()) if !accepted => {
            // jsonwebtoken checks `nbf`, but not `iat`.
            let by_iat = ours == "not_yet_valid" && naive.ahead() == [false, true];
            prop_assert!(by_iat || STRICTER_THAN_JSONWEBTOKEN.contains(&ours), "we say {ours}, they accept");
        }
        _ => {}
    }
    Ok(accepted)
}

/// The number of tokens: `PROPTEST_CASES`, or 1,000.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1000)
}

#[test]
fn every_disagreement_is_a_documented_rule() {
    let config = ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() };
    let tokens = (0..READERS.len()).prop_flat_map(|at| (Just(at), edits(&READERS[at])));
    let (accepted, changed) = ([const { Cell::new(0) }; 3], Cell::new(0));
    let result = TestRunner::new(config).run(&tokens, |(at, edits)| {
        if compare(&READERS[at], &edits)? {
            accepted[at].set(accepted[at].get() + 1);
            changed.set(changed.get() + u32::from(!edits.is_empty()));
        }
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
    let accepted: [u32; 3] = accepted.each_ref().map(Cell::get);
    println!("{accepted:?} of {} tokens accepted, {} of them changed", cases(), changed.get());
    // Readers that reject every token also agree, so some must be accepted. Few tokens are not enough to check the
    // shares.
    if cases() >= 500 {
        let sum: u32 = accepted.iter().sum();
        assert!(accepted.iter().all(|count| *count > cases() / 30), "{accepted:?} of {} tokens accepted", cases());
        assert!(
            changed.get() > cases() / 20 && sum < cases() * 3 / 4,
            "{sum} accepted, {} of them changed",
            changed.get()
        );
    }
}

#[test]
fn all_readers_accept_good_and_reject_forged_tokens() {
    for readers in &*READERS {
        let now = readers.now();
        let token = build(readers, &[], now);
        assert_eq!(readers.ours(&token), ACCEPTED);
        assert!(readers.jsonwebtoken(&token).is_ok());
        assert!(readers.naive(&token, now).defects.is_empty());
        for with_its_key in [false, true] {
            let forged = build(readers, &[Edit::Forge(with_its_key)], now);
            assert_eq!(readers.ours(&forged), "bad_signature");
            assert!(readers.jsonwebtoken(&forged).is_err());
            assert_eq!(readers.naive(&forged, now).defects.into_iter().collect::<Vec<_>>(), ["bad_signature"]);
        }
    }
}
