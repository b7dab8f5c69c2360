//! Replays the fuzzing corpus of the `arguments` target.

use std::path::Path;

use proc_macro2::TokenStream;

use crate::args::LoginRequiredArgs;

#[test]
fn fuzzing_corpus_does_not_make_the_parser_panic() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/arguments");
    let (mut accepted, mut refused) = ([0; 2], [0; 2]);
    for input in std::fs::read_dir(corpus).expect("the committed corpus") {
        let bytes = std::fs::read(input.expect("an entry").path()).expect("an input");
        // The target skips the same inputs: those that are not UTF-8, and those that the compiler itself rejects.
        let Ok(text) = std::str::from_utf8(&bytes) else { continue };
        let Ok(tokens) = text.parse::<TokenStream>() else { continue };
        let parsed =
            [LoginRequiredArgs::parse(tokens.clone()).is_ok(), LoginRequiredArgs::parse_expression(tokens).is_ok()];
        for (at, good) in parsed.into_iter().enumerate() {
            *(if good { &mut accepted[at] } else { &mut refused[at] }) += 1;
        }
    }
    // A replay in which every input fails early would test nothing.
    let enough = accepted.iter().chain(&refused).all(|count| *count >= 8);
    assert!(enough, "arguments and expressions: {accepted:?} accepted, {refused:?} refused");
}
