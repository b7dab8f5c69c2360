//! What fuzzing found interesting, replayed.

use std::path::Path;

use proc_macro2::TokenStream;

use crate::args::Arguments;

#[test]
fn no_argument_of_the_fuzzing_corpus_makes_the_parser_panic() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/arguments");
    let (mut count, mut good) = (0, 0);
    for input in std::fs::read_dir(corpus).expect("the committed corpus") {
        let bytes = std::fs::read(input.expect("an entry").path()).expect("an input");
        let Ok(tokens) = String::from_utf8_lossy(&bytes).parse::<TokenStream>() else { continue };
        good += usize::from(Arguments::parse(tokens.clone()).is_ok());
        let _ = Arguments::parse_expression(tokens);
        count += 1;
    }
    assert!(count >= 8 && good >= 4, "{count} inputs, {good} of them good");
}
