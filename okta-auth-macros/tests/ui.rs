//! What the attribute accepts, and what it says to what it does not: one file for each mistake.
//!
//! The files are in `tests/ui` of the workspace, the test is here: what trybuild compiles gets the dependencies of the
//! crate that it runs in, and the workspace's own crate has features that only its own tests can turn on.
//!
//! `TRYBUILD=overwrite cargo test -p okta-auth-macros --test ui` writes the expected messages anew.

#[test]
fn right_use_compiles_and_wrong_use_is_explained() {
    let cases = trybuild::TestCases::new();
    cases.pass("../tests/ui/pass/*.rs");
    cases.compile_fail("../tests/ui/fail/*.rs");
}
