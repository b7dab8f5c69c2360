//! The form of valid and defective tokens.

mod support;

use std::time::{Duration, UNIX_EPOCH};

use okta_auth_testing::{MockOkta, SigningAlgorithm, SigningKey, Tamper, TestClock, User};
use serde_json::{Value, json};
use support::{bytes, claims, header};

const NOW: u64 = 1_800_000_000;

fn okta() -> MockOkta {
    MockOkta::builder().clock(TestClock::frozen_at(UNIX_EPOCH + Duration::from_secs(NOW))).start()
}

fn names(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn an_access_token_has_oktas_header_and_claims() {
    let okta = okta();
    let token = okta.token().user("alice@example.com").user_id("00u1").scope("orders:read").group("admins").sign();
    assert_eq!(header(&token), json!({"alg": "RS256", "kid": okta.signing_key().kid()}));

    let claims = claims(&token);
    assert!(claims["jti"].as_str().unwrap().starts_with("AT."));
    let mut rest = claims.clone();
    rest.as_object_mut().unwrap().remove("jti");
    assert_eq!(
        rest,
        json!({
            "ver": 1, "iss": okta.issuer(), "aud": "api://default", "sub": "alice@example.com", "iat": NOW,
            "exp": NOW + 3600, "auth_time": NOW, "cid": okta.client_id(), "uid": "00u1", "scp": ["orders:read"],
            "groups": ["admins"],
        })
    );
}

#[test]
fn the_default_token_is_for_the_first_user() {
    let user = User::new("bob@example.com").id("00ubob").group("auditors");
    let okta = MockOkta::builder().user(user).audience("api://orders").client_id("0oaother").start();
    let claims = claims(&okta.token().sign());
    assert_eq!(claims["sub"], "bob@example.com");
    assert_eq!(claims["uid"], "00ubob");
    assert_eq!(claims["groups"], json!(["auditors"]));
    assert_eq!(claims["aud"], "api://orders");
    assert_eq!(claims["cid"], "0oaother");
}

#[test]
fn the_default_client_id_has_oktas_length() {
    assert_eq!(okta().client_id().len(), 20);
}

#[test]
fn every_token_is_different() {
    let okta = okta();
    assert_ne!(okta.token().sign(), okta.token().sign());
}

#[test]
fn a_service_token_has_no_user() {
    let okta = okta();
    let claims = claims(&okta.service_token().scope("orders:read").sign());
    assert_eq!(names(&claims), ["aud", "cid", "exp", "iat", "iss", "jti", "scp", "sub", "ver"]);
    assert_eq!(claims["sub"], okta.client_id());
}

#[test]
fn an_id_token_is_for_the_client_and_has_no_scopes() {
    let okta = okta();
    let claims = claims(&okta.id_token().sign());
    assert_eq!(claims["aud"], okta.client_id());
    assert!(claims["jti"].as_str().unwrap().starts_with("ID."));
    assert!(claims["sub"].as_str().unwrap().starts_with("00u"));
    assert!(claims.get("scp").is_none() && claims.get("cid").is_none());
}

#[test]
fn token_times_follow_the_mocks_clock_and_skew() {
    let okta = okta();
    let times = |token: String| {
        let claims = claims(&token);
        ["iat", "exp", "nbf"].map(|name| claims[name].as_i64().map(|time| time - NOW as i64))
    };
    let minute = Duration::from_secs(60);
    assert_eq!(times(okta.token().expires_in(minute).sign()), [Some(0), Some(60), None]);
    assert_eq!(times(okta.token().expired().sign()), [Some(-7200), Some(-3600), None]);
    assert_eq!(times(okta.token().expired_ago(minute).sign()), [Some(-3660), Some(-60), None]);
    assert_eq!(times(okta.token().not_before_in(minute).sign()), [Some(0), Some(3600), Some(60)]);
    assert_eq!(times(okta.token().issued_in(minute).sign()), [Some(60), Some(3660), None]);
    okta.run_ahead(minute);
    assert_eq!(times(okta.token().sign()), [Some(60), Some(3660), None]);
    okta.run_behind(minute);
    assert_eq!(times(okta.token().sign()), [Some(-60), Some(3540), None]);
    okta.run_behind(Duration::ZERO);
    okta.clock().advance(minute);
    assert_eq!(times(okta.token().sign()), [Some(60), Some(3660), None]);
}

#[test]
fn claims_and_header_members_can_be_set_and_removed() {
    let token = okta()
        .token()
        .issuer("https://evil.example")
        .audiences(["a", "b"])
        .without("exp")
        .claim("cnf", json!({"jkt": "x"}))
        .header("typ", "at+jwt")
        .kid("other")
        .sign();
    assert_eq!(header(&token), json!({"alg": "RS256", "kid": "other", "typ": "at+jwt"}));
    let claims = claims(&token);
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!("https://evil.example"), &json!(["a", "b"])));
    assert_eq!(claims["cnf"]["jkt"], "x");
    assert!(claims.get("exp").is_none());
    assert!(header(&okta().token().without_header("kid").sign()).get("kid").is_none());
}

#[test]
fn a_token_can_say_how_and_when_the_user_authenticated() {
    let okta = okta();
    let minute = Duration::from_secs(60);
    let token = okta.token().acr("phr").amr(["hwk", "mfa"]).authenticated_ago(10 * minute);
    let claims_of_token = claims(&token.sign());
    assert_eq!((&claims_of_token["acr"], &claims_of_token["amr"]), (&json!("phr"), &json!(["hwk", "mfa"])));
    assert_eq!((&claims_of_token["auth_time"], &claims_of_token["iat"]), (&json!(NOW - 600), &json!(NOW)));
    let ahead = claims(&okta.token().auth_time(UNIX_EPOCH + Duration::from_secs(NOW) + minute).sign());
    assert_eq!(ahead["auth_time"], NOW + 60);
}

#[test]
fn a_token_can_name_its_actors() {
    let okta = okta();
    assert_eq!(claims(&okta.token().actor("agent").sign())["act"], json!({"sub": "agent"}));
    let chain = json!({"sub": "tool", "act": {"sub": "agent"}});
    for act in [chain, Value::Null, json!("agent")] {
        let token = okta.token().actor("replaced").act(act.clone()).sign();
        assert_eq!(claims(&token).get("act"), Some(&act));
    }
}

#[test]
fn raw_parts_are_sent_unchanged() {
    let token = okta().token().raw_header(*b"{\"alg\":\"RS256\",\"alg\":\"none\"}").raw_payload(*b"\xff").sign();
    assert_eq!(bytes(&token, 0), b"{\"alg\":\"RS256\",\"alg\":\"none\"}");
    assert_eq!(bytes(&token, 1), b"\xff");
    assert_eq!(bytes(&token, 2).len(), 256);
}

#[test]
fn another_key_signs_under_its_own_or_a_given_key_id() {
    let okta = okta();
    let unknown = SigningKey::unknown(SigningAlgorithm::RS256);
    assert_eq!(header(&okta.token().signed_by(&unknown).sign())["kid"], unknown.kid());
    let known = okta.signing_key();
    let forged = okta.token().signed_by(&unknown.with_kid(known.kid())).sign();
    assert_eq!(header(&forged)["kid"], known.kid());
    assert_eq!(bytes(&forged, 2).len(), 256);
}

#[test]
fn another_algorithm_changes_the_header_and_the_signature() {
    let okta = okta();
    for (algorithm, length) in [
        (SigningAlgorithm::RS512, 256),
        (SigningAlgorithm::PS256, 256),
        (SigningAlgorithm::ES256, 64),
        (SigningAlgorithm::ES384, 96),
        (SigningAlgorithm::EdDSA, 64),
        (SigningAlgorithm::Ed25519, 64),
        (SigningAlgorithm::HS256, 32),
        (SigningAlgorithm::HS512, 64),
        (SigningAlgorithm::None, 0),
    ] {
        let token = okta.token().algorithm(algorithm).sign();
        assert_eq!(header(&token)["alg"], algorithm.name());
        assert_eq!(bytes(&token, 2).len(), length, "{algorithm:?}");
        assert_eq!(header(&token)["kid"], okta.signing_key().kid());
    }
    assert_eq!(header(&okta.token().hmac_secret("secret").sign())["alg"], "HS256");
}

#[test]
fn tampering_changes_one_part_but_not_its_meaning() {
    let okta = okta();
    let token = |tamper: Option<Tamper>| {
        let token = okta.token().claim("jti", "AT.same");
        tamper.into_iter().fold(token, |token, tamper| token.tamper(tamper)).sign()
    };
    let untampered = token(None);
    for (tamper, changed) in [(Tamper::Header, 0), (Tamper::Payload, 1), (Tamper::Signature, 2)] {
        let tampered = token(Some(tamper));
        for part in 0..3 {
            assert_eq!(bytes(&untampered, part) != bytes(&tampered, part), part == changed, "{tamper:?} {part}");
        }
        assert_eq!((header(&untampered), claims(&untampered)), (header(&tampered), claims(&tampered)), "{tamper:?}");
    }
    assert_eq!(token(Some(Tamper::RemoveSignature)), untampered.rsplit_once('.').unwrap().0.to_owned() + ".");
}
