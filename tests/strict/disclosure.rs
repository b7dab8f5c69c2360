//! No output shows a secret: runs the whole corpus and reads every error, explanation, `Debug`, and event of every
//! level.

mod actors;
mod log;
mod proofs;
mod responses;
mod secrets;

use std::error::Error;
use std::fmt::Write as _;

use okta_auth::{AuthContext, ValidateError, explain::Verdict, keys::JwkSet};
use okta_auth_testing::SigningAlgorithm;
use serde::Deserialize;
use serde_json::json;

use self::log::{Entry, Log};
use self::secrets::Secrets;
use crate::corpus::all;
use crate::fixture::{Fixture, MARK};

/// An error as programs print it, with all its sources.
fn chain(mut error: &dyn Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    while let Some(source) = error.source() {
        let _ = write!(text, "\n{source} {source:?} {source:#?}");
        error = source;
    }
    text
}

/// All entries as one text.
fn text(entries: &[Entry]) -> String {
    entries.iter().map(|entry| format!("{} {}\n", entry.message, entry.rest)).collect()
}

/// Asserts that the text has no control characters from untrusted input, which could forge log lines.
fn assert_printable(text: &str) {
    assert!(text.chars().all(|character| character == '\n' || !character.is_control()), "{text:?}");
}

/// A type that does not match the claims.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only whether it can be read counts")]
struct WrongTypes {
    email: Option<bool>,
    tier: Option<Tier>,
    sub: u64,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only whether it can be read counts")]
struct Tier {
    name: u8,
}

/// The `Debug` of a caller, and the errors of reading its claims as the wrong types.
fn describe_caller(user: &AuthContext) -> String {
    let mut text = format!("{user:?} {user:#?}");
    for name in ["sub", "uid", "email", "tier", "groups", "jti", "name", "missing"] {
        for error in [
            user.claim::<bool>(name).err().map(|error| chain(&error)),
            user.claim::<Tier>(name).err().map(|error| chain(&error)),
        ] {
            text.push_str(&error.expect("no such type"));
        }
    }
    text.push_str(&chain(&user.claims::<WrongTypes>().expect_err("no such type")));
    text
}

#[tokio::test]
async fn no_error_explanation_debug_or_event_shows_a_secret() {
    let log = Log::record();
    let fixture = Fixture::new();
    let secrets = Secrets::new(&fixture);
    let (mut callers, mut refusals) = (0, 0);
    for case in all(&fixture) {
        let validator = fixture.validator(case.config);
        let token_secrets = secrets.of(&case.token);
        let outcome = validator.validate(&case.token).await;
        let shown = match &outcome {
            Ok(user) => {
                callers += 1;
                describe_caller(user)
            }
            Err(error) => {
                refusals += 1;
                assert!(matches!(error, ValidateError::Token(_)), "{}: {error}", case.name);
                chain(error)
            }
        };
        token_secrets.assert_absent(&shown, &case.name, "the outcome");
        assert_printable(&shown);
        let shown = format!("{validator:?} {:?}", validator.status());
        token_secrets.assert_absent(&shown, &case.name, "the validator");
        let explanation = validator.explain(&case.token).await;
        let mut shown = format!("{explanation} {explanation:?}");
        let failed = explanation.checks().iter().filter_map(|check| match check.verdict() {
            Verdict::Failed(error) => Some(error),
            _ => None,
        });
        shown.extend(failed.clone().map(|error| chain(error)));
        // The explanation reports failures in the order of the validator. It ignores white space around a token.
        if case.token.trim() == case.token {
            assert_eq!(failed.clone().next(), outcome.as_ref().err(), "{}:\n{explanation}", case.name);
        }
        // The validator does not log rejections: its callers do. The tests with requests check that.
        shown.push_str(&text(&log.take()));
        token_secrets.assert_absent(&shown, &case.name, "the explanation or the log");
        assert_printable(&shown);
    }
    assert!(callers > 100 && refusals > 2900, "{callers} callers, {refusals} refusals");
}

#[test]
fn debug_of_keys_and_configurations_shows_no_secret() {
    let fixture = Fixture::new();
    let secrets = Secrets::new(&fixture);
    let without_token = secrets.of("");
    let algorithms = [
        SigningAlgorithm::RS256,
        SigningAlgorithm::PS256,
        SigningAlgorithm::ES256,
        SigningAlgorithm::ES384,
        SigningAlgorithm::EdDSA,
    ];
    let mut keys: Vec<_> = algorithms.map(|algorithm| fixture.key(algorithm).jwk()).into();
    keys.push(json!({ "kty": "oct", "kid": "secret", "k": MARK }));
    let set = JwkSet::from_json(json!({ "keys": keys }).to_string()).expect("a key set");
    assert_eq!(set.len(), algorithms.len());
    let builder = fixture.okta.validator_builder().jwk_set(set.clone());
    let shown = format!("{set:?} {set:#?} {builder:?} {builder:#?}");
    let shown = format!("{shown} {:?}", builder.build());
    without_token.assert_absent(&shown, "the keys", "the debug");
    assert_printable(&shown);
    assert!(shown.contains(fixture.key(SigningAlgorithm::EdDSA).kid()), "the kids are there: {shown}");
}
