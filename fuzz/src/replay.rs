//! Replays the committed corpus.

use std::path::Path;

use super::claims::PROFILES;

/// The inputs of a fuzz target.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let inputs = std::fs::read_dir(directory).expect("the committed corpus");
    inputs.map(|input| std::fs::read(input.expect("an entry").path()).expect("an input")).collect()
}

#[test]
fn every_input_of_the_fuzzing_corpus_passes_the_assertions() {
    type Target = fn(&[u8]) -> bool;
    let targets: [(&str, Target); 6] = [
        ("header", super::check_header),
        ("token", super::check_token),
        ("jwk_set", super::check_jwk_set),
        ("proof", super::check_proof),
        ("introspection", super::check_introspection),
        ("cache_control", super::check_cache_control),
    ];
    for (target, check) in targets {
        let (accepted, rejected): (Vec<_>, Vec<_>) = corpus(target).into_iter().partition(|input| check(input));
        // A corpus that is rejected at once would test nothing.
        let counts = (accepted.len(), rejected.len());
        assert!(counts.0 >= 8 && counts.1 >= 8, "{target}: {counts:?} inputs are accepted and rejected");
    }
}

/// For each profile, the corpus has a payload that only this profile accepts.
#[test]
fn every_profile_is_reached_by_the_corpus() {
    let mut reached = [0; 4];
    for input in corpus("token") {
        let Ok(text) = std::str::from_utf8(&input) else { continue };
        let Some((_, payload)) = text.split_once('\n') else { continue };
        let accepting = PROFILES.each_ref().map(|profile| profile.check_claims(payload));
        if let [profile] = *(0..4).filter(|profile| accepting[*profile]).collect::<Vec<_>>() {
            reached[profile] += 1;
        }
    }
    assert!(reached.iter().all(|count| *count > 0), "payloads that only one profile accepts: {reached:?}");
}
