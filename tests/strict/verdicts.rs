//! Every case gets the verdict that its rule says.

use okta_auth::{TokenError, ValidateError, Validator};
use okta_auth_testing::MockOkta;

use crate::bench::{Bench, Trust};
use crate::corpus::{ACCEPTED, GROUPS, every_bit_of_the_signed_text};

/// The reason code and, where a rule is about one of many, which one: `missing_claim aud`, `not_base64url payload`,
/// `duplicate_member header alg`. An error that blames the wrong one sends people looking in the wrong place.
pub(crate) fn verdict_on(error: &TokenError) -> String {
    let code = error.code();
    match error {
        TokenError::NotBase64Url { segment } | TokenError::NotJsonObject { segment } => format!("{code} {segment}"),
        TokenError::DuplicateMember { segment, member } => {
            format!("{code} {segment} {}", member.to_string().trim_matches('"'))
        }
        TokenError::MissingHeader { parameter }
        | TokenError::InvalidHeader { parameter, .. }
        | TokenError::UnsupportedHeader { parameter } => format!("{code} {parameter}"),
        TokenError::MissingClaim { claim } | TokenError::InvalidClaim { claim, .. } => format!("{code} {claim}"),
        TokenError::NotYetValid { claim, .. } => format!("{code} {claim}"),
        _ => code.to_owned(),
    }
}

/// The verdict on a token as cases expect it.
async fn precise_verdict(validator: &Validator, token: &str) -> String {
    match validator.validate(token).await {
        Ok(_) => ACCEPTED.to_owned(),
        Err(ValidateError::Token(error)) => verdict_on(&error),
        Err(_) => "undecided".to_owned(),
    }
}

/// [`ACCEPTED`] or the reason code alone; missing keys are no verdict.
pub(crate) async fn verdict(validator: &Validator, token: &str) -> &'static str {
    match validator.validate(token).await {
        Ok(_) => ACCEPTED,
        Err(ValidateError::Token(error)) => error.code(),
        Err(_) => "undecided",
    }
}

#[tokio::test]
async fn every_token_of_the_corpus_gets_its_verdict() {
    let bench = Bench::new();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (group, cases) in GROUPS {
        for case in cases(&bench) {
            count += 1;
            let found = precise_verdict(bench.validator(case.trust), &case.token).await;
            if found != case.expected {
                wrong.push(format!("{group}: {} ({:?}): {found}, expected {}", case.name, case.trust, case.expected));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} verdicts are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 3150, "the corpus shrank to {count} cases");
}

#[tokio::test]
async fn a_token_with_any_bit_changed_is_not_accepted() {
    let bench = Bench::new();
    let validator = bench.validator(Trust::Default);
    for token in every_bit_of_the_signed_text(&bench) {
        let found = verdict(validator, &token).await;
        assert!(found != ACCEPTED && found != "undecided", "{found}: {token}");
    }
}

#[tokio::test]
async fn no_token_makes_anyone_contact_anybody() {
    let bench = Bench::new();
    for (_, cases) in GROUPS {
        for case in cases(&bench) {
            let _ = verdict(bench.validator(case.trust), &case.token).await;
        }
    }
    bench.assert_trap_is_empty();
    // Seven validators fetch: once to have keys, and once more for the first unknown kid, by the one that sees any.
    assert!(bench.okta.key_fetches() <= 8, "{} fetches", bench.okta.key_fetches());
}

#[tokio::test]
async fn the_explanation_of_a_token_agrees_with_its_verdict() {
    let bench = Bench::new();
    for (group, cases) in GROUPS.into_iter().filter(|(name, _)| *name != "signatures") {
        // White space around a token is forgiven there: people paste it.
        for case in cases(&bench).into_iter().filter(|case| case.token.trim() == case.token) {
            let explanation = bench.validator(case.trust).explain(&case.token).await;
            assert_eq!(explanation.is_valid(), case.expected == ACCEPTED, "{group}: {}\n{explanation}", case.name);
        }
    }
}

#[tokio::test]
async fn tokens_of_two_trusted_issuers_are_not_mixed_up() {
    let (one, other) = (MockOkta::start(), MockOkta::start());
    let trusted =
        |okta: &MockOkta| okta_auth::Issuer::new(okta.issuer()).audience(okta.audience()).client_id(okta.client_id());
    let validator = one.validator_builder().add_issuer(trusted(&other)).build().expect("a validator");
    assert_eq!(verdict(&validator, &one.token().sign()).await, ACCEPTED);
    assert_eq!(verdict(&validator, &other.token().sign()).await, ACCEPTED);
    let mixed = one.token().issuer(other.issuer()).sign();
    assert_eq!(verdict(&validator, &mixed).await, "unknown_key");
    let forged = one.token().issuer(other.issuer()).kid(other.signing_key().kid()).sign();
    assert_eq!(verdict(&validator, &forged).await, "bad_signature");
    let foreign = MockOkta::start().token().sign();
    assert_eq!(verdict(&validator, &foreign).await, "issuer_not_allowed");
}
