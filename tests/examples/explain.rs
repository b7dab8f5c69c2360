//! `explain` prints the verdict on a token.

use okta_auth_testing::{MockOkta, ProofKey, TokenBuilder};

use crate::process::run;

fn explain(okta: &MockOkta, token: &str) -> (bool, String) {
    let variables =
        [("OKTA_ISSUER", okta.issuer()), ("OKTA_CLIENT_ID", okta.client_id()), ("OKTA_AUDIENCE", okta.audience())];
    let output = run("explain", &[], &variables, token);
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn good_token_passes_every_check() {
    let okta = MockOkta::start();
    let (valid, text) = explain(&okta, &okta.token().user("alice@example.com").sign());
    assert!(valid && text.ends_with("The token is valid here.\n"), "{text}");
    assert!(!text.contains("FAILED") && !text.contains("alice"), "{text}");
}

#[test]
fn defects_are_explained_with_advice() {
    let okta = MockOkta::start();
    let token = || okta.token();
    let org = "https://dev-1.okta.com";
    let cases: Vec<(TokenBuilder, &str)> = vec![
        (token().expired_ago(std::time::Duration::from_secs(100)), "is the clock of this machine right?"),
        (token().audience("api://other"), "has to be in OKTA_AUDIENCE"),
        (token().client("0oaforeign"), "Add the client to OKTA_CLIENT_ID"),
        (token().issuer(org), "is the org authorization server"),
        (
            token().issuer(okta.issuer().replace("default", "other")),
            "another authorization server of the same organization",
        ),
        (token().issuer("https://example.com"), "compare its issuer with OKTA_ISSUER"),
        (okta.id_token(), "This looks like an ID token"),
        (token().kid("old"), "The issuer has no such key"),
        (token().claim("sub", 1), "invalid \"sub\" claim"),
    ];
    for (token, advice) in cases {
        let (valid, text) = explain(&okta, &token.sign());
        assert!(!valid && text.contains(advice), "{advice}: {text}");
        assert!(text.ends_with("The token is NOT valid here.\n"), "{text}");
    }
    for (input, advice) in
        [("", "There is no token"), ("Bearer a.b.c", "Leave \"Bearer\" out"), ("00abc", "opaque string")]
    {
        let (valid, text) = explain(&okta, input);
        assert!(!valid && text.contains(advice), "{advice}: {text}");
    }
}

#[test]
fn claims_are_explained_without_keys() {
    let okta = MockOkta::start();
    okta.go_down();
    let (valid, text) = explain(&okta, &okta.token().audience("api://other").sign());
    assert!(!valid && text.contains("Nothing can be said about the signature"), "{text}");
    assert!(text.contains("has to be in OKTA_AUDIENCE"), "{text}");
}

#[test]
fn proof_is_explained_with_its_request() {
    let okta = MockOkta::start();
    let key = ProofKey::new();
    let token = okta.token().bound_to(&key).sign();
    let url = "https://api.example.com/orders";
    let good = || okta.proof(&key).url(url).access_token(&token);
    let variables = [
        ("OKTA_ISSUER", okta.issuer()),
        ("OKTA_CLIENT_ID", okta.client_id()),
        ("OKTA_AUDIENCE", okta.audience()),
        ("OKTA_RESOURCE", "https://api.example.com"),
        ("OKTA_DPOP", "accept"),
    ];
    for (arguments, is_valid, part) in [
        (&[&*good().sign(), "GET", url][..], true, "The token and its proof are valid here."),
        (&[&good().method("POST").sign(), "GET", url], false, "The proof is for another method"),
        (&[&good().sign()], false, ""),
    ] {
        let output = run("explain", arguments, &variables, &token);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() == is_valid && text.contains(part), "{text}");
    }
}
