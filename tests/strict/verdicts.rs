//! Every case gets the expected verdict.

use actix_web::http::header::HeaderValue;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, web};
use okta_auth::{AuthContext, TokenError, ValidateError, Validator};
use okta_auth_testing::MockOkta;

use crate::corpus::{ACCEPTED, GROUPS, flips};
use crate::fixture::{Config, Fixture};

/// The reason code with its subject, if the rule has one: `missing_claim aud`, `not_base64url payload`,
/// `duplicate_member header alg`. An error that blames the wrong member misleads the reader.
pub(crate) fn verdict_on(error: &TokenError) -> String {
    let code = error.code();
    match error {
        TokenError::NotBase64Url { segment, .. } | TokenError::NotJsonObject { segment, .. } => {
            format!("{code} {segment}")
        }
        TokenError::DuplicateMember { segment, member } => {
            format!("{code} {segment} {}", member.to_string().trim_matches('"'))
        }
        TokenError::MissingHeader { parameter }
        | TokenError::InvalidHeader { parameter, .. }
        | TokenError::UnsupportedHeader { parameter, .. } => format!("{code} {parameter}"),
        TokenError::MissingClaim { claim } | TokenError::InvalidClaim { claim, .. } => format!("{code} {claim}"),
        TokenError::NotYetValid { claim, .. } => format!("{code} {claim}"),
        _ => code.to_owned(),
    }
}

/// The verdict on a token in the form of [`Case::expected`](crate::corpus::Case::expected).
async fn precise_verdict(validator: &Validator, token: &str) -> String {
    match validator.validate(token).await {
        Ok(_) => ACCEPTED.to_owned(),
        Err(ValidateError::Token(error)) => verdict_on(&error),
        Err(_) => "undecided".to_owned(),
    }
}

/// [`ACCEPTED`], or only the reason code. Missing keys are not a verdict.
pub(crate) async fn verdict(validator: &Validator, token: &str) -> &'static str {
    match validator.validate(token).await {
        Ok(_) => ACCEPTED,
        Err(ValidateError::Token(error)) => error.code(),
        Err(_) => "undecided",
    }
}

/// The minimum number of rejected and accepted tokens in each group, so that no group becomes empty unnoticed.
const AT_LEAST: [(&str, usize, usize); GROUPS.len()] = [
    ("algorithms", 390, 18),
    ("labels", 430, 15),
    ("headers", 330, 35),
    ("encodings", 80, 2),
    ("json", 175, 35),
    ("claims", 115, 20),
    ("times", 20, 19),
    ("signatures", 70, 13),
    ("flips", 2048, 0),
    ("profiles", 170, 55),
    ("origins", 50, 4),
    ("order", 600, 0),
];

/// `--nocapture` shows the counts.
#[tokio::test]
async fn every_token_of_the_corpus_gets_its_verdict() {
    let fixture = Fixture::new();
    let (mut wrong, mut counts) = (Vec::new(), Vec::new());
    for (group, cases) in GROUPS {
        let (mut refused, mut accepted) = (0, 0);
        for case in cases(&fixture) {
            *if case.expected == ACCEPTED { &mut accepted } else { &mut refused } += 1;
            let found = precise_verdict(fixture.validator(case.config), &case.token).await;
            if found != case.expected {
                wrong.push(format!("{group}: {} ({:?}): {found}, expected {}", case.name, case.config, case.expected));
            }
        }
        println!("{group}: {refused} refused, {accepted} accepted");
        counts.push((group, refused, accepted));
    }
    assert!(wrong.is_empty(), "{} verdicts are wrong:\n{}", wrong.len(), wrong.join("\n"));
    let sum = |number: fn(&(&str, usize, usize)) -> usize| -> usize {
        counts.iter().filter(|(group, ..)| *group != "flips").map(number).sum()
    };
    println!("without flips: {} refused, {} accepted", sum(|count| count.1), sum(|count| count.2));
    for ((group, refused, accepted), (known, hostile, good)) in counts.into_iter().zip(AT_LEAST) {
        assert_eq!(group, known, "the groups' minima are in the order of the groups");
        assert!(refused >= hostile, "only {refused} tokens of {group} are refused, there were {hostile}");
        assert!(accepted >= good, "only {accepted} tokens of {group} are accepted, there were {good}");
    }
}

#[tokio::test]
async fn token_with_any_bit_changed_is_rejected() {
    let fixture = Fixture::new();
    let token = flips::token(&fixture);
    assert_eq!(precise_verdict(fixture.validator(Config::Default), &token).await, ACCEPTED);
    for (of, flips, at_least) in [
        ("its JSON", flips::of_the_json(&fixture), 2_000),
        ("its text", flips::of_the_text(&fixture), token.len() * 7),
        ("other signatures", flips::of_other_signatures(&fixture), (256 + 64 + 96 + 64) * 8),
    ] {
        println!("{} flips of {of}", flips.len());
        assert!(flips.len() >= at_least, "{} flips of {of}, expected {at_least}", flips.len());
        for flip in flips {
            let found = precise_verdict(fixture.validator(flip.config), &flip.token).await;
            assert!(flip.any_of.contains(&&*found), "{}: {found}, expected one of {:?}", flip.name, flip.any_of);
        }
    }
}

#[actix_web::test]
async fn token_that_is_not_ascii_is_rejected() {
    let fixture = Fixture::new();
    let route = web::get().to(|user: AuthContext| async move { user.client_id().to_owned() });
    let app = init_service(App::new().app_data(fixture.validator(Config::Default).clone()).route("/", route)).await;
    let good = flips::token(&fixture);
    for (token, is_let_in) in std::iter::once((good.clone().into_bytes(), true))
        .chain(flips::high_bits(&fixture).into_iter().map(|t| (t, false)))
    {
        let header = HeaderValue::from_bytes(&[b"Bearer ", token.as_slice()].concat()).expect("no control characters");
        let request = TestRequest::get().uri("/").insert_header(("authorization", header)).to_request();
        let status = call_service(&app, request).await.status();
        assert_eq!(status.is_success(), is_let_in, "{status}: {}", String::from_utf8_lossy(&token));
        assert!(!status.is_server_error(), "{status}: {}", String::from_utf8_lossy(&token));
    }
}

#[tokio::test]
async fn no_token_causes_an_outgoing_request() {
    let fixture = Fixture::new();
    for (_, cases) in GROUPS {
        for case in cases(&fixture) {
            let _ = verdict(fixture.validator(case.config), &case.token).await;
        }
    }
    fixture.assert_trap_is_empty();
    // Seven validators fetch keys once each. The one that sees unknown key IDs fetches once more.
    assert!(fixture.okta.key_fetches() <= 8, "{} fetches", fixture.okta.key_fetches());
}

#[tokio::test]
async fn explanation_agrees_with_the_verdict() {
    let fixture = Fixture::new();
    for (group, cases) in GROUPS.into_iter().filter(|(name, _)| *name != "flips") {
        // `explain` ignores white space around a token, because people paste tokens.
        for case in cases(&fixture).into_iter().filter(|case| case.token.trim() == case.token) {
            let explanation = fixture.validator(case.config).explain(&case.token).await;
            assert_eq!(explanation.is_valid(), case.expected == ACCEPTED, "{group}: {}\n{explanation}", case.name);
        }
    }
}

#[tokio::test]
async fn tokens_of_two_trusted_issuers_are_not_mixed_up() {
    let one = MockOkta::start();
    // All mocks of a process share eleven keys. Other tests start mocks at the same time, so this key can be the same.
    let is_another = |okta: &MockOkta| okta.signing_key().jwk()["n"] != one.signing_key().jwk()["n"];
    let other = std::iter::repeat_with(MockOkta::start).find(is_another).expect("one of another key");
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
