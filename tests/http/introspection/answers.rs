//! The rules for an answer, and the caller that it makes.

use okta_auth::Reason;
use okta_auth::config::Dpop;
use okta_auth_testing::ProofKey;
use reqwest::Method;
use serde_json::Value;

use super::*;
use crate::dpop::RESOURCE;
use crate::support::code;

#[actix_web::test]
async fn caller_has_the_claims_of_the_answer() {
    let scenario = Scenario::start(IntrospectionMode::Opaque);
    let token = scenario.okta.token().scope("orders:read").scope("x").claim("tier", "gold").opaque();
    let response = scenario.api.get("/test", &token).await;
    assert_eq!(response.status(), 200);
    let caller: Value = response.json().await.expect("JSON");
    let user = scenario.okta.introspect(&token);
    assert_eq!((&caller["user"], &caller["user_id"]), (&user["sub"], &user["uid"]));
    assert_eq!(caller["client"], scenario.okta.client_id());
    assert_eq!((&caller["scopes"], &caller["tier"]), (&json!(["orders:read", "x"]), &json!("gold")));

    let service = scenario.okta.opaque_token(json!({
        "active": true, "aud": scenario.okta.audience(), "client_id": scenario.okta.client_id(), "scope": "a",
    }));
    let caller: Value = scenario.api.get("/test", &service).await.json().await.expect("JSON");
    assert_eq!((&caller["user"], &caller["user_id"]), (&json!(scenario.okta.client_id()), &Value::Null));
}

/// Every rule of the contract, over HTTP.
#[actix_web::test]
async fn answer_that_breaks_a_rule_is_an_invalid_token() {
    type Change = fn(&mut Value);
    let changes: [(Change, u16, &str); 20] = [
        (|_| (), 200, "none"),
        (|answer| answer["active"] = json!(false), 403, "inactive"),
        (|answer| answer["iss"] = json!("https://other"), 403, "issuer_not_allowed"),
        (|answer| answer["iss"] = Value::Null, 200, "none"),
        (|answer| answer["aud"] = Value::Null, 403, "missing_claim"),
        (|answer| answer["aud"] = json!("other"), 403, "audience_not_allowed"),
        (|answer| answer["client_id"] = json!("other"), 401, "client_not_allowed"),
        (|answer| answer["client_id"] = Value::Null, 401, "client_not_allowed"),
        (|answer| answer["token_type"] = json!("refresh_token"), 403, "invalid_claim"),
        (|answer| answer["token_type"] = json!("BEARER"), 200, "none"),
        (|answer| answer["token_type"] = Value::Null, 200, "none"),
        (|answer| answer["exp"] = json!(1), 403, "expired"),
        (|answer| answer["exp"] = json!("9999999999"), 403, "invalid_claim"),
        (|answer| answer["exp"] = Value::Null, 200, "none"),
        (|answer| answer["nbf"] = json!(9_999_999_999_u64), 403, "not_yet_valid"),
        (|answer| answer["sub"] = json!(""), 403, "invalid_claim"),
        (|answer| answer["sub"] = Value::Null, 403, "missing_claim"),
        (|answer| answer["cnf"] = json!({ "jkt": "x" }), 403, "bound_to_key"),
        (|answer| answer["cnf"] = json!({}), 403, "bound_to_key"),
        (|answer| answer["scope"] = json!(5), 403, "invalid_claim"),
    ];
    for mode in [IntrospectionMode::Opaque, IntrospectionMode::Always] {
        let scenario = Scenario::start(mode);
        for (index, (change, status, rule)) in changes.iter().enumerate() {
            let token = scenario.okta.token().opaque();
            scenario.okta.change_answer(&token, *change);
            assert_eq!(scenario.verdict("/test", &token).await, (*status, (*rule).to_owned()), "{mode:?} {index}");
        }
        let twice = scenario.okta.token().opaque();
        scenario.okta.answer_with(&twice, 200, r#"{"active":true,"active":true,"aud":"api://default"}"#);
        assert_eq!(scenario.verdict("/test", &twice).await, (403, "ambiguous_answer".into()));
        assert!(scenario.endpoint().usable(), "no answer causes a back-off");
    }
}

/// Another library panicked on an odd `exp`.
#[actix_web::test]
async fn odd_timestamps_cause_no_panic() {
    let scenario = Scenario::start(IntrospectionMode::Opaque);
    let answer = |members: &str| {
        let (audience, client) = (scenario.okta.audience(), scenario.okta.client_id());
        format!(r#"{{"active":true,"aud":"{audience}","client_id":"{client}","sub":"a",{members}}}"#)
    };
    for (members, rule) in [
        (r#""exp":1e308"#, "none"),
        (r#""exp":18446744073709551616"#, "none"),
        (r#""exp":1e999"#, "ambiguous_answer"),
        (r#""exp":-1e999"#, "ambiguous_answer"),
        (r#""exp":-1"#, "expired"),
        (r#""exp":-9223372036854775808"#, "expired"),
        (r#""exp":0"#, "expired"),
        (r#""exp":1e-320"#, "expired"),
        (r#""exp":[]"#, "invalid_claim"),
        (r#""iat":-1e308,"nbf":-0.0"#, "none"),
        (r#""nbf":1e308"#, "not_yet_valid"),
        (r#""auth_time":1e308"#, "none"),
    ] {
        let token = scenario.okta.token().opaque();
        scenario.okta.answer_with(&token, 200, answer(members));
        assert_eq!(scenario.verdict("/test", &token).await.1, rule, "{members}");
        let caller = scenario.validator.validate(&token).await;
        drop(caller.map(|caller| (caller.expires_at(), caller.issued_at(), caller.auth_time())));
    }
}

/// Another library looked up answers by a value that the caller chooses.
#[actix_web::test]
async fn tokens_with_the_same_claims_have_answers_of_their_own() {
    for mode in [IntrospectionMode::Opaque, IntrospectionMode::Always] {
        let scenario = Scenario::start(mode);
        let token = || scenario.okta.token().claim("jti", "one").user("alice@example.com");
        let (active, revoked) = (token().opaque(), token().opaque());
        scenario.okta.revoke(&revoked);
        assert_eq!((scenario.status(&active).await, scenario.status(&revoked).await), (200, 403));
        let active = token().sign();
        let (header, rest) = active.split_once('.').expect("three segments");
        let (payload, _) = rest.split_once('.').expect("three segments");
        assert_eq!(scenario.api.status("/live", &active).await, 200);
        assert_eq!(scenario.api.status("/live", &format!("{header}.{payload}.AAAA")).await, 403);
    }
}

#[actix_web::test]
async fn answer_shows_nothing_of_the_user() {
    let scenario = Scenario::start(IntrospectionMode::Opaque);
    let token = scenario.okta.opaque_token(json!({
        "active": true, "aud": scenario.okta.audience(), "client_id": scenario.okta.client_id(), "username": "secret-user",
    }));
    let error = scenario.validator.validate(&token).await.expect_err("no sub");
    let explanation = scenario.validator.explain(&token).await;
    for text in [error.to_string(), format!("{error:?}"), explanation.to_string(), format!("{explanation:?}")] {
        assert!(!text.contains("secret-user") && !text.contains(&token), "{text}");
    }
    let body = scenario.api.get("/test", &token).await.text().await.expect("a body");
    assert!(!body.contains("secret-user") && body.contains("invalid_token"), "{body}");

    let repeated = scenario.okta.token().opaque();
    scenario.okta.answer_with(&repeated, 400, json!({ "error": format!("bad token {repeated}") }).to_string());
    let error = scenario.validator.validate(&repeated).await.expect_err("a 400");
    let explanation = scenario.validator.explain(&repeated).await;
    for text in [error.to_string(), format!("{error:?}"), explanation.to_string(), format!("{explanation:?}")] {
        assert!(!text.contains(&repeated) && text.contains("a part of the token"), "{text}");
    }
}

#[actix_web::test]
async fn introspected_token_that_is_bound_needs_a_proof() {
    let okta = frozen().start();
    let builder = okta.validator_builder().resource(RESOURCE).dpop(Dpop::accept()).introspection(okta.introspection());
    let api = Server::start(builder.build().expect("a validator"), routes);
    let key = ProofKey::new();
    let token = okta.token().bound_to(&key).opaque();
    let url = "https://api.example.com/test";
    let send = |token: String, proof: Option<String>| {
        let request = api.request(Method::GET, "/test");
        let request = match proof {
            Some(proof) => request.header("Authorization", format!("DPoP {token}")).header("DPoP", proof),
            None => request.bearer_auth(token),
        };
        async move { request.send().await.expect("an answer").status().as_u16() }
    };
    let proof = |token: &str, key: &ProofKey| Some(okta.proof(key).method("GET").url(url).access_token(token).sign());
    let plain = okta.token().opaque();
    assert_eq!(send(token.clone(), None).await, 403);
    assert_eq!(send(token.clone(), proof(&token, &key)).await, 200);
    assert_eq!(send(token.clone(), proof(&token, &ProofKey::new())).await, 401);
    assert_eq!((send(plain.clone(), None).await, send(plain.clone(), proof(&plain, &key)).await), (200, 401));
    assert_eq!(okta.introspections(&token), 1, "each request needs its proof, but not its own call");
}

#[actix_web::test]
async fn explanation_shows_every_check_of_an_answer() {
    let scenario = Scenario::start(IntrospectionMode::Opaque);
    let good = scenario.okta.token().opaque();
    let explanation = scenario.validator.explain(&good).await;
    assert!(explanation.is_valid() && explanation.answer().is_none(), "{explanation}");
    let names: Vec<&str> = explanation.checks().iter().map(|check| check.name()).collect();
    assert_eq!(names[..4], ["active", "members", "token_type", "iss"]);
    assert!(explanation.introspection().is_some_and(|endpoint| endpoint.calls() == 1), "{explanation}");
    assert!(
        explanation.to_string().contains("Introspection endpoint: 1 call, the last one succeeded"),
        "{explanation}"
    );

    let bad = scenario.okta.token().audience("api://other").client("other").opaque();
    let explanation = scenario.validator.explain(&bad).await;
    let failed =
        explanation.checks().iter().filter(|check| matches!(check.verdict(), okta_auth::explain::Verdict::Failed(_)));
    assert_eq!(failed.map(|check| check.name()).collect::<Vec<_>>(), ["aud", "client"], "{explanation}");

    scenario.okta.revoke(&good);
    scenario.pass(seconds(10));
    let explanation = scenario.validator.explain(&good).await;
    assert!(explanation.to_string().contains("not active: it has expired, was revoked"), "{explanation}");
    assert_eq!(explanation.answer().map(|answer| (answer.status(), answer.code())), Some((403, "invalid_token")));

    scenario.okta.go_down();
    let explanation = scenario.validator.explain(&scenario.okta.token().opaque()).await;
    assert!(explanation.to_string().contains("Nothing can be said about the token"), "{explanation}");
    assert_eq!(explanation.answer().map(|answer| answer.code()), Some("introspection_unavailable"));
    let jwt = scenario.validator.explain(&scenario.okta.token().sign()).await;
    assert!(jwt.introspection().is_some_and(|endpoint| !endpoint.usable()), "{jwt}");
}

#[actix_web::test]
async fn rejection_of_an_outage_has_the_reason() {
    let scenario = Scenario::start(IntrospectionMode::Opaque);
    scenario.okta.go_down();
    let response = scenario.api.get("/test", &scenario.okta.token().opaque()).await;
    assert!(response.headers().get("WWW-Authenticate").is_none());
    assert_eq!((response.status().as_u16(), &*code(response).await), (503, "introspection_unavailable"));
    let error = scenario.validator.validate(&scenario.okta.token().opaque()).await.expect_err("an outage");
    assert_eq!(Reason::from(error).code(), "introspection_unavailable");
}
