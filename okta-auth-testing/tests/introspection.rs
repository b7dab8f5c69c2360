//! Introspection of JWTs and opaque tokens, from a resource server's side.

mod support;

use std::collections::HashSet;
use std::time::Duration;

use okta_auth_testing::{Client, Endpoint, Fault, MockOkta, ProofKey};
use serde_json::{Value, json};
use support::{http, post, read};

fn okta() -> MockOkta {
    MockOkta::builder()
        .client(Client::public("0oaspa"))
        .client(Client::confidential("0oaapi", "s3cret"))
        .authorization_server("other")
        .start()
}

async fn send(endpoint: &str, token: &str) -> reqwest::Response {
    let form = [("token", token), ("token_type_hint", "access_token")];
    http().post(endpoint).basic_auth("0oaapi", Some("s3cret")).form(&form).send().await.unwrap()
}

async fn introspect(okta: &MockOkta, token: &str) -> Value {
    let (status, body) = read(send(&okta.introspection_endpoint(), token).await).await;
    assert_eq!(status, 200);
    body
}

fn inactive() -> Value {
    json!({ "active": false })
}

#[tokio::test]
async fn an_opaque_token_has_the_response_of_its_jwt() {
    let okta = okta();
    let key = ProofKey::new();
    let builder = okta.token().scope("orders:read").group("admins").acr("phr").actor("agent").bound_to(&key);
    let (jwt, opaque) = (builder.clone().sign(), builder.opaque());
    assert!(!opaque.is_empty() && opaque.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    let answer = introspect(&okta, &opaque).await;
    assert_eq!(answer, introspect(&okta, &jwt).await);
    assert_eq!(answer, okta.introspect(&opaque));
    assert_eq!((&answer["active"], &answer["token_type"]), (&json!(true), &json!("DPoP")));
    assert_eq!((&answer["scope"], &answer["client_id"]), (&json!("orders:read"), &json!(okta.client_id())));
    assert_eq!((&answer["acr"], &answer["act"]), (&json!("phr"), &json!({"sub": "agent"})));
    assert_eq!(answer["cnf"], json!({"jkt": key.thumbprint()}));
    assert!(answer["auth_time"].is_u64() && answer["exp"].is_u64());
}

#[tokio::test]
async fn opaque_tokens_differ() {
    let okta = okta();
    let tokens: HashSet<String> = (0..100).map(|_| okta.token().opaque()).collect();
    assert_eq!(tokens.len(), 100);
}

#[tokio::test]
async fn an_opaque_token_is_active_within_its_lifetime() {
    let okta = okta();
    for (case, token) in [
        ("expired", okta.token().expired()),
        ("early", okta.token().not_before_in(Duration::from_secs(60))),
        ("without exp", okta.token().without("exp")),
        ("another issuer", okta.token().issuer("https://evil.example")),
    ] {
        assert_eq!(introspect(&okta, &token.opaque()).await, inactive(), "{case}");
    }
    let token = okta.token().expires_in(Duration::from_secs(60)).opaque();
    assert_eq!(introspect(&okta, &token).await["active"], true);
    okta.clock().advance(Duration::from_secs(60));
    assert_eq!(introspect(&okta, &token).await, inactive());
}

#[tokio::test]
async fn an_opaque_token_can_have_any_response() {
    let okta = okta();
    for response in [json!({"active": true, "exp": "soon", "sub": null}), json!({"active": "yes"}), json!([1])] {
        let token = okta.opaque_token(response.clone());
        assert_eq!(introspect(&okta, &token).await, response);
        okta.revoke(&token);
        assert_eq!(introspect(&okta, &token).await, inactive());
    }
}

#[tokio::test]
async fn another_server_says_inactive() {
    let okta = okta();
    let other = okta.authorization_server("other");
    let tokens = [other.token().sign(), other.token().opaque(), other.opaque_token(json!({"active": true}))];
    for (n, token) in tokens.iter().enumerate() {
        assert_eq!(introspect(&okta, token).await, inactive(), "{n}");
        let own = read(send(&other.introspection_endpoint(), token).await).await;
        assert_eq!(own.1["active"], true, "{n}");
    }
    // A token that names the server, but which another one issued.
    for token in [other.token().issuer(okta.issuer()).sign(), other.token().issuer(okta.issuer()).opaque()] {
        assert_eq!(introspect(&okta, &token).await, inactive());
    }
    let stranger = MockOkta::start();
    assert_eq!(introspect(&okta, &stranger.token().opaque()).await, inactive());
}

#[tokio::test]
async fn a_revoked_token_is_inactive_and_no_other_is() {
    let okta = okta();
    let twins = okta.token().claim("jti", "same");
    for (case, token, other) in [
        ("JWT", okta.token().sign(), okta.token().sign()),
        ("JWT without jti", okta.token().without("jti").sign(), okta.token().without("jti").scope("a").sign()),
        ("the same jti", twins.clone().scope("a").sign(), twins.scope("b").sign()),
        ("opaque", okta.token().opaque(), okta.token().opaque()),
    ] {
        assert_eq!(introspect(&okta, &token).await["active"], true, "{case}");
        okta.revoke(&token);
        assert_eq!(introspect(&okta, &token).await, inactive(), "{case}");
        assert_eq!(introspect(&okta, &other).await["active"], true, "{case}");
    }
}

#[tokio::test]
async fn a_client_revokes_its_own_opaque_token() {
    let okta = okta();
    let token = okta.token().client("0oaspa").scope("openid").opaque();
    let userinfo = || http().get(format!("{}/v1/userinfo", okta.issuer())).bearer_auth(&token).send();
    assert_eq!(userinfo().await.unwrap().status(), 200);
    for (client, active) in [(okta.client_id(), true), ("0oaspa", false)] {
        let response = post(&okta, "revoke", &[("token", &token), ("client_id", client)]).await;
        assert_eq!(response.status(), 200);
        assert_eq!(introspect(&okta, &token).await["active"], active, "{client}");
    }
    assert_eq!(userinfo().await.unwrap().status(), 401);
}

#[tokio::test]
async fn no_validator_accepts_an_opaque_token_locally() {
    let okta = okta();
    assert!(okta.validator().validate(&okta.token().opaque()).await.is_err());
    assert_eq!(okta.key_fetches(), 0);
}

#[tokio::test]
async fn a_test_changes_the_response_for_one_token() {
    let okta = okta();
    let (token, other) = (okta.token().sign(), okta.token().sign());
    okta.change_answer(&token, |answer| answer["exp"] = json!("soon"));
    let answer = introspect(&okta, &token).await;
    assert_eq!((&answer["active"], &answer["exp"]), (&json!(true), &json!("soon")));
    assert!(introspect(&okta, &other).await["exp"].is_u64());
    okta.revoke(&token);
    assert_eq!(introspect(&okta, &token).await, json!({"active": false, "exp": "soon"}));
    okta.answer_normally(&token);
    assert_eq!(introspect(&okta, &token).await, inactive());
}

#[tokio::test]
async fn a_test_sends_any_response_for_one_token() {
    let okta = okta();
    let (token, other) = (okta.token().opaque(), okta.token().opaque());
    for (status, body) in [(200, r#"{"active":true,"active":false}"#), (400, r#"{"error":"invalid_request"}"#)] {
        okta.answer_with(&token, status, body);
        let response = send(&okta.introspection_endpoint(), &token).await;
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(response.text().await.unwrap(), body);
        assert_eq!(introspect(&okta, &other).await["active"], true);
        let without_credentials = post(&okta, "introspect", &[("token", &token)]).await;
        assert_eq!(without_credentials.status(), 401);
    }
}

#[tokio::test]
async fn introspection_requests_are_counted_by_token() {
    let okta = okta();
    let other = okta.authorization_server("other");
    let (token, unknown) = (okta.token().opaque(), "a+b/c=");
    for _ in 0..3 {
        introspect(&okta, &token).await;
    }
    introspect(&okta, unknown).await;
    send(&other.introspection_endpoint(), unknown).await;
    post(&okta, "revoke", &[("token", &token), ("client_id", "0oaspa")]).await;
    okta.fault(Fault::Status(503).times(1));
    send(&okta.introspection_endpoint(), &token).await;
    assert_eq!((okta.introspections(&token), okta.introspections(unknown), okta.introspections("c")), (4, 2, 0));
    assert_eq!(okta.count(Endpoint::Introspect), 6);
    let last = okta.requests().pop().unwrap();
    assert_eq!(last.form("token").as_deref(), Some(&*token));
    assert_eq!((last.form("token_type_hint").as_deref(), last.form("x")), (Some("access_token"), None));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_and_counted() {
    let okta = okta();
    let response = send(&okta.introspection_endpoint(), &"x".repeat(1 << 20)).await;
    assert_eq!(response.status(), 413);
    assert_eq!(okta.count(Endpoint::Introspect), 1);
}

/// The result of an introspection request: the status and the body, or `None` for a response that ended early.
async fn outcome(okta: &MockOkta, token: &str) -> Option<(u16, String)> {
    let form = [("token", token)];
    let request = http().post(okta.introspection_endpoint()).basic_auth("0oaapi", Some("s3cret")).form(&form);
    let response = request.send().await.ok()?;
    Some((response.status().as_u16(), response.text().await.ok()?))
}

#[tokio::test]
async fn every_fault_works_at_the_introspection_endpoint() {
    let okta = okta();
    let token = okta.token().opaque();
    let normal = outcome(&okta, &token).await.unwrap();
    let retry_after = Some(Duration::from_secs(7));
    for (fault, status, text) in [
        (Fault::Status(503), 503, "E0000010"),
        (Fault::Status(401), 401, "errorCode"),
        (Fault::TooManyRequests { retry_after }, 429, "E0000047"),
        (Fault::oauth_error(400, "invalid_request"), 400, "\"error\":\"invalid_request\""),
        (Fault::oauth_error(401, "invalid_client"), 401, "\"error\":\"invalid_client\""),
        (Fault::oauth_error(403, "invalid_client"), 403, "\"error\":\"invalid_client\""),
        (Fault::Response { status: 400, body: "nothing".to_owned() }, 400, "nothing"),
        (Fault::Body("{\"active\":1}".to_owned()), 200, "{\"active\":1}"),
        (Fault::Garbage, 200, "not JSON"),
        (Fault::Oversized { bytes: 2 << 20 }, 200, "\"padding\":\"xxx"),
        (Fault::Redirect("https://elsewhere.example/".to_owned()), 302, ""),
    ] {
        okta.fault(fault.clone().on(Endpoint::Introspect).times(1));
        let outcome = outcome(&okta, &token).await.unwrap();
        assert!(outcome.0 == status && outcome.1.contains(text), "{fault:?}: {outcome:?}");
    }
    for fault in [Fault::Truncate, Fault::Reset] {
        okta.fault(fault.on(Endpoint::Introspect).times(1));
        assert_eq!(outcome(&okta, &token).await, None);
    }
    for fault in [Fault::Hang, Fault::SlowDrip { every: Duration::from_secs(3600) }] {
        okta.fault(fault.clone().on(Endpoint::Introspect).times(1));
        let before = okta.count(Endpoint::Introspect);
        let (endpoint, sent) = (okta.introspection_endpoint(), token.clone());
        let request = tokio::spawn(async move { read(send(&endpoint, &sent).await).await });
        okta.wait_for(Endpoint::Introspect, before + 1).await;
        assert!(!request.is_finished());
        okta.release();
        assert_eq!(request.await.unwrap().1["active"], true, "{fault:?}");
    }
    okta.go_down();
    assert_eq!(outcome(&okta, &token).await, None);
    okta.come_back();
    assert_eq!(outcome(&okta, &token).await.unwrap(), normal);
    assert_eq!(okta.count(Endpoint::Introspect), 17);
}
