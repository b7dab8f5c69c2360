//! The response of an introspection endpoint.

use std::sync::LazyLock;
use std::time::Duration;

use okta_auth_runtime::__fuzz::{AnswerRules, Introspected};
use serde_json::{Map, Value};

use super::claims::{AUDIENCE, CLIENT, ISSUER, NOW};
use super::error::check_message;
use super::json::parse_object;

const LEEWAY: u64 = 60;
/// The answer was asked for just now, and is used for 10 s.
const USED_FOR: u64 = 10;

static RULES: LazyLock<AnswerRules> =
    LazyLock::new(|| AnswerRules::new(ISSUER, AUDIENCE, CLIENT, Duration::from_secs(LEEWAY)));

/// Checks the body of a response: with status 400 if it begins with `!`, else with status 200.
///
/// Returns whether the answer makes a caller. An answer that makes one is read again by serde_json, which must find the
/// members that the rules ask for.
pub fn check_introspection(data: &[u8]) -> bool {
    let (status, body) = match data.strip_prefix(b"!") {
        Some(body) => (400, body),
        None => (200, data),
    };
    match RULES.check(status, body, Duration::from_secs(NOW), Duration::from_secs(NOW + USED_FOR)) {
        Introspected::Active(claims) => {
            assert_eq!(status, 200);
            let body = std::str::from_utf8(body).expect("an answer is UTF-8");
            let Some(members) = parse_object(body) else { return true };
            check_members(&members);
            let text = |name: &str| members.get(name).and_then(Value::as_str);
            assert_eq!(text("sub").unwrap_or(CLIENT), &*claims.subject);
            assert_eq!((&*claims.client, text("uid")), (CLIENT, claims.user_id.as_deref()));
            assert_eq!(claims.is_bound, members.get("cnf").is_some_and(|cnf| !cnf.is_null()));
            assert!(claims.usable_until <= Duration::from_secs(NOW + USED_FOR));
            true
        }
        Introspected::Rejected(error) => {
            check_message(&error);
            false
        }
        Introspected::Unavailable(error) => {
            check_message(&error);
            assert!(status == 400 || !is_answer(body), "an answer does not lock out other callers");
            false
        }
    }
}

/// Whether serde_json reads an object with a boolean `active`.
fn is_answer(body: &[u8]) -> bool {
    let object: Option<Map<String, Value>> = serde_json::from_slice(body).ok();
    object.is_some_and(|members| members.get("active").is_some_and(Value::is_boolean))
}

fn check_members(members: &Map<String, Value>) {
    let member = |name: &str| members.get(name).filter(|value| !value.is_null());
    let is = |name: &str, expected: &str| member(name).is_some_and(|value| value.as_str() == Some(expected));
    assert_eq!(member("active"), Some(&Value::Bool(true)));
    assert!(member("iss").is_none() || is("iss", ISSUER), "another issuer");
    assert!(is("client_id", CLIENT), "another client");
    let is_audience = |value: &Value| value.as_str() == Some(AUDIENCE);
    let audience = member("aud").expect("an audience");
    assert!(is_audience(audience) || audience.as_array().is_some_and(|list| list.iter().any(is_audience)));
    let token_type = member("token_type").map(|value| value.as_str().expect("a string").to_ascii_lowercase());
    assert!(token_type.is_none_or(|token_type| ["bearer", "dpop"].contains(&&*token_type)), "not an access token");
    assert!(member("sub").is_none_or(|sub| sub.as_str().is_some_and(|sub| !sub.is_empty())), "a wrong subject");
    assert!(member("sub").is_some() || member("username").is_none(), "a user without a subject");
    let date = |name: &str| member(name).map(|date| date.as_f64().expect("a number"));
    let (now, leeway) = (NOW as f64, LEEWAY as f64);
    assert!(date("exp").is_none_or(|exp| now < exp + leeway), "expired");
    assert!(["nbf", "iat"].map(date).into_iter().flatten().all(|date| date <= now + leeway), "not yet valid");
}
