//! Introspection of JWTs and opaque tokens, from a resource server's side.

mod support;

use std::collections::HashSet;
use std::time::Duration;

use okta_auth_testing::{Client, MockOkta, ProofKey};
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
