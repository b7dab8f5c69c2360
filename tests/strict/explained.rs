//! Of several defects, the explanation reports the validator's reason first.

use okta_auth::{Issuer, ValidateError, explain::Verdict};
use okta_auth_testing::MockOkta;
use serde_json::json;

use crate::fixture::{Config, Fixture, segments};

#[tokio::test]
async fn first_failed_check_of_explain_is_the_validators_reason() {
    let fixture = Fixture::new();
    let other = MockOkta::start();
    let trusted = Issuer::new(other.issuer()).audience(other.audience()).client_id(other.client_id());
    let two_issuers = fixture.okta.validator_builder().add_issuer(trusted).build().expect("a validator");
    let validators = [fixture.validator(Config::Default), fixture.validator(Config::Rfc9068), &two_issuers];

    let kid = fixture.okta.signing_key().kid().to_owned();
    let headers = [
        fixture.header(""),
        fixture.header(r#""typ":"at+jwt""#),
        fixture.header(r#""typ":"JWT""#),
        fixture.header(r#""typ":"dpop+jwt","crit":["x"]"#),
        format!(r#"{{"alg":"none","typ":1,"kid":"{kid}"}}"#),
        r#"{"alg":"none","kid":""}"#.to_owned(),
        r#"{"typ":"at+jwt","alg":"RS256"}"#.to_owned(),
        r#"{"typ":"at+jwt","alg":"RS256","kid":"unknown"}"#.to_owned(),
        r#"{"alg":1,"alg":2}"#.to_owned(),
        "[]".to_owned(),
    ];
    let evil = json!("https://evil.example.com").to_string();
    let payloads = [
        fixture.payload(&[]),
        fixture.payload(&[("iss", &evil), ("exp", "1")]),
        fixture.payload(&[("iss", ""), ("aud", "")]),
        fixture.payload(&[("iss", "1"), ("cnf", "{}")]),
        fixture.payload(&[("iss", &evil)]).replacen('{', r#"{"aud":1,"aud":1,"#, 1),
        fixture.payload(&[]).replacen('{', r#"{"iss":1,"#, 1),
        fixture.payload(&[("cnf", "{}"), ("aud", "1"), ("exp", "1")]),
        fixture.payload(&[("aud", "\"x\""), ("exp", "1"), ("nbf", "3e9"), ("iat", "null")]),
        fixture.payload(&[("exp", "null"), ("nbf", "3e9"), ("iat", "null")]),
        fixture.payload(&[("nbf", "3e9"), ("iat", "null"), ("sub", "")]),
        fixture.payload(&[("sub", "\"\""), ("uid", "1"), ("scp", "1"), ("groups", "1"), ("cid", "1")]),
        fixture.payload(&[("groups", "1"), ("cid", "\"x\""), ("client_id", "\"x\"")]),
        "null".to_owned(),
    ];
    let mut reasons = std::collections::BTreeSet::new();
    for header in &headers {
        for payload in &payloads {
            let token = fixture.token().raw_header(header.as_str()).raw_payload(payload.as_str()).sign();
            let [first, second, third] = segments(&token);
            let damaged = [
                token.clone(),
                format!("{first}.{second}.{}", third.to_uppercase()),
                format!("{first}.{second}.{third}!"),
                format!("{first}.{second}!.{third}"),
                format!("{first}!.{second}!.{third}"),
            ];
            for (token, validator) in damaged.iter().flat_map(|token| validators.map(|validator| (token, validator))) {
                let reason = validator.validate(token).await.err();
                let explanation = validator.explain(token).await;
                let first = explanation.checks().iter().find_map(|check| match check.verdict() {
                    Verdict::Failed(error) => Some(error.clone()),
                    _ => None,
                });
                assert_eq!(first, reason, "{header} {payload}\n{explanation}");
                if let Some(ValidateError::Token(error)) = reason {
                    reasons.insert(error.code());
                }
            }
        }
    }
    assert!(reasons.len() > 14, "{reasons:?}");
}
