//! The table of outcomes, in both status mappings.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Responder, get};
use okta_auth::{AuthContext, StatusMapping, login_required};
use okta_auth_testing::{MockOkta, TokenBuilder};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Server, code, header};

#[get("/test")]
#[login_required]
async fn test(user: AuthContext) -> impl Responder {
    web::Json(json!({ "user_id": user.user_id(), "email": user.user() }))
}

#[get("/public")]
async fn public() -> impl Responder {
    HttpResponse::Ok()
}

fn routes(app: &mut ServiceConfig) {
    app.service((test, public));
}

fn servers(okta: &MockOkta) -> [Server; 2] {
    [StatusMapping::Flask, StatusMapping::Rfc6750].map(|mapping| {
        Server::start(okta.validator_builder().status_mapping(mapping).build().expect("a validator"), routes)
    })
}

#[actix_web::test]
async fn good_token_is_accepted() {
    let okta = MockOkta::start();
    for server in servers(&okta) {
        let response = server.get("/test", &okta.token().user("alice@example.com").user_id("00u1").sign()).await;
        assert_eq!(response.status(), 200);
        let body: Value = response.json().await.expect("JSON");
        assert_eq!(body, json!({ "user_id": "00u1", "email": "alice@example.com" }));
    }
}

#[actix_web::test]
async fn service_has_no_user_id() {
    let okta = MockOkta::start();
    let [server, _] = servers(&okta);
    for token in [okta.service_token().sign(), okta.token().claim("uid", Value::Null).sign()] {
        let response = server.get("/test", &token).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.json::<Value>().await.expect("JSON")["user_id"], Value::Null);
    }
}

#[actix_web::test]
async fn route_without_the_attribute_is_open() {
    let okta = MockOkta::start();
    let [server, _] = servers(&okta);
    assert_eq!(server.request(Method::GET, "/public").send().await.expect("an answer").status(), 200);
    assert_eq!(okta.key_fetches(), 0);
}

/// The defect, the token, the reason code, and the status in the decorator's mapping and in that of RFC 6750.
fn refused(okta: &MockOkta) -> Vec<(&'static str, TokenBuilder, &'static str, u16, u16)> {
    let token = || okta.token();
    let other = MockOkta::start();
    vec![
        ("expired", token().expired(), "token_expired", 403, 401),
        ("not yet valid", token().not_before_in(std::time::Duration::from_secs(600)), "token_not_yet_valid", 403, 401),
        (
            "issued in the future",
            token().issued_in(std::time::Duration::from_secs(600)),
            "token_not_yet_valid",
            403,
            401,
        ),
        ("another issuer", token().issuer("https://evil.example.com"), "invalid_token", 403, 401),
        ("another audience", token().audience("api://other"), "invalid_token", 403, 401),
        ("another Okta's signature", token().signed_by(&other.signing_key()), "invalid_token", 403, 401),
        ("no sub", token().without("sub"), "invalid_token", 403, 401),
        ("no exp", token().without("exp"), "invalid_token", 403, 401),
        ("no aud", token().without("aud"), "invalid_token", 403, 401),
        ("no iss", token().without("iss"), "invalid_token", 403, 401),
        ("a cnf", token().claim("cnf", json!({ "jkt": "x" })), "invalid_token", 403, 401),
        ("a numeric cid", token().claim("cid", 1), "invalid_token", 403, 401),
        ("no kid", token().without_header("kid"), "invalid_token", 403, 401),
        ("an unknown kid", token().kid("unknown"), "invalid_token", 403, 401),
        ("another client", token().client("0oaforeign"), "client_not_allowed", 401, 401),
        ("no cid", token().without("cid"), "client_not_allowed", 401, 401),
        ("a null cid", token().claim("cid", Value::Null), "client_not_allowed", 401, 401),
        ("no cid and expired", token().without("cid").expired(), "token_expired", 403, 401),
        ("no cid and no sub", token().without("cid").without("sub"), "invalid_token", 403, 401),
    ]
}

#[actix_web::test]
async fn bad_token_is_rejected_with_its_reason_code() {
    let okta = MockOkta::start();
    let servers = servers(&okta);
    for (what, token, expected, decorator, rfc6750) in refused(&okta) {
        let token = token.sign();
        for (server, status) in servers.iter().zip([decorator, rfc6750]) {
            let response = server.get("/test", &token).await;
            assert_eq!(response.status(), status, "{what}");
            let challenge = header(&response, "WWW-Authenticate").expect("a challenge").to_owned();
            assert!(challenge.starts_with("Bearer error=\"invalid_token\""), "{what}: {challenge}");
            assert_eq!(code(response).await, expected, "{what}");
        }
    }
}

#[actix_web::test]
async fn credentials_are_one_bearer_token() {
    let okta = MockOkta::start();
    let servers = servers(&okta);
    let token = okta.token().sign();
    let good = format!("Bearer {token}");
    let cases: [(&[&str], &str, u16, u16); 8] = [
        (&[], "missing_token", 403, 401),
        (&["Basic YTpi"], "missing_token", 403, 401),
        (&[&token], "missing_token", 403, 401),
        (&["Bearer"], "malformed_credentials", 403, 400),
        (&[&format!("Bearer\t{token}")], "malformed_credentials", 403, 400),
        (&[&format!("{good} x")], "malformed_credentials", 403, 400),
        (&[&good, &good], "malformed_credentials", 403, 400),
        (&[&good, "Basic YTpi"], "malformed_credentials", 403, 400),
    ];
    for (values, expected, decorator, rfc6750) in cases {
        for (server, status) in servers.iter().zip([decorator, rfc6750]) {
            let request = server.request(Method::GET, "/test");
            let request = values.iter().fold(request, |request, value| request.header("Authorization", *value));
            let response = request.send().await.expect("an answer");
            assert_eq!(response.status(), status, "{expected}");
            assert!(header(&response, "WWW-Authenticate").is_some_and(|value| value.starts_with("Bearer")));
            assert_eq!(code(response).await, expected);
        }
    }
    for scheme in ["bearer", "BEARER", "Bearer  "] {
        let request = servers[0].request(Method::GET, "/test").header("Authorization", format!("{scheme} {token}"));
        assert_eq!(request.send().await.expect("an answer").status(), 200, "{scheme}");
    }
}

#[actix_web::test]
async fn tokens_outside_the_header_are_ignored() {
    let okta = MockOkta::start();
    let [server, _] = servers(&okta);
    let token = okta.token().sign();
    let request = server.request(Method::GET, &format!("/test?access_token={token}"));
    let request = request.header("Cookie", format!("access_token={token}")).body(format!("access_token={token}"));
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 403);
    assert_eq!(code(response).await, "missing_token");
}

#[actix_web::test]
async fn missing_keys_are_a_503_with_retry_after() {
    let okta = MockOkta::start();
    okta.go_down();
    for server in servers(&okta) {
        let response = server.get("/test", &okta.token().sign()).await;
        assert_eq!(response.status(), 503);
        let seconds: u64 = header(&response, "Retry-After").expect("Retry-After").parse().expect("seconds");
        assert!((1..=60).contains(&seconds), "{seconds}");
        assert_eq!(header(&response, "WWW-Authenticate"), None);
        assert_eq!(code(response).await, "keys_unavailable");
    }
}

#[actix_web::test]
async fn no_token_makes_a_5xx() {
    let okta = MockOkta::start();
    let [server, _] = servers(&okta);
    let long = "A".repeat(15_000);
    let raw = |payload: &str| okta.token().raw_payload(payload.as_bytes().to_vec()).sign();
    let mut tokens = vec![
        raw("null"),
        raw("[]"),
        raw("{}"),
        raw("{"),
        raw(&format!("{{\"sub\":{}1{}}}", "[".repeat(3000), "]".repeat(3000))),
        raw(r#"{"exp":1e999}"#),
        okta.token().raw_payload(vec![0xff, 0xfe]).sign(),
        okta.token().raw_header(b"{}".to_vec()).sign(),
        okta.token().raw_header(b"\xff".to_vec()).sign(),
        "..".into(),
        "a.b.c".into(),
        ".".repeat(1000),
        long,
    ];
    for claim in ["iss", "sub", "aud", "exp", "nbf", "iat", "cid", "uid", "scp", "groups"] {
        for value in [json!(null), json!(1), json!("x"), json!([1]), json!({}), json!(true), json!(-1e300)] {
            tokens.push(okta.token().claim(claim, value).sign());
        }
    }
    for token in tokens {
        let status = server.status("/test", &token).await;
        assert!(status < 500, "{status}: {token}");
    }
}
