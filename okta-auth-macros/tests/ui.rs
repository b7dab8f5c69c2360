//! What the attribute accepts, and what it says to what it does not: one file for each mistake.
//!
//! Here and not in the tests of the workspace: what trybuild compiles gets the dev-dependencies of the
//! crate that it runs in, and those of `okta-auth` need features that its own tests alone can turn on.
//!
//! `TRYBUILD=overwrite cargo test -p okta-auth-macros --test ui` writes the expected messages anew.

#[test]
fn valid_use_compiles_and_invalid_use_is_explained() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
