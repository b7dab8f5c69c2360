//! Valid uses of the macros compile. Invalid uses have the expected messages of the compiler, with a file for each
//! mistake.
//!
//! The test is in this crate, because trybuild compiles its cases with the dev-dependencies of the crate that it runs
//! in. Those of `okta-auth` need features that only its own tests can enable.
//!
//! `TRYBUILD=overwrite cargo test -p okta-auth-macros --test ui` updates the expected messages.

#[test]
fn valid_use_compiles_and_invalid_use_is_explained() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
