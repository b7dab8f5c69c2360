//! The extractors: `AuthContext`, `MaybeAuth`, `Claims`.

use actix_web::web::{self, ServiceConfig};
use actix_web::{Responder, get};
use okta_auth::{AuthContext, ClaimError, Claims, MaybeAuth, login_required};
use okta_auth_testing::MockOkta;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{Server, code};

#[get("/forgotten")]
async fn forgotten(user: AuthContext) -> impl Responder {
    user.user().to_owned()
}

#[get("/maybe")]
async fn maybe(caller: MaybeAuth) -> impl Responder {
    web::Json(json!({ "user": caller.user().map(AuthContext::user) }))
}

#[derive(Deserialize)]
struct Customer {
    tier: String,
    address: Address,
}

#[derive(Deserialize)]
struct Address {
    city: String,
}

#[get("/customer")]
async fn customer(customer: Claims<Customer>) -> impl Responder {
    format!("{} in {}", customer.tier, customer.address.city)
}

#[get("/tier")]
#[login_required]
async fn tier(user: AuthContext) -> Result<String, ClaimError> {
    user.claim("tier")
}

#[get("/all")]
#[login_required]
async fn all(user: AuthContext, caller: MaybeAuth, claims: Claims<Value>) -> impl Responder {
    assert_eq!(claims["sub"], user.user());
    assert_eq!(caller.user().map(AuthContext::user), Some(user.user()));
    assert_eq!(caller.into_user().expect("the same").user(), user.user());
    format!("{:?}", user)
}

fn routes(app: &mut ServiceConfig) {
    app.service((forgotten, maybe, customer, tier, all));
}

#[actix_web::test]
async fn auth_context_argument_protects_without_the_attribute() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), routes);
    assert_eq!(server.request(Method::GET, "/forgotten").send().await.expect("an answer").status(), 403);
    assert_eq!(server.status("/forgotten", &okta.token().expired().sign()).await, 403);
    assert_eq!(server.status("/forgotten", &okta.token().sign()).await, 200);
}

#[actix_web::test]
async fn optional_login_distinguishes_absent_from_invalid() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), routes);
    let anonymous = [
        server.request(Method::GET, "/maybe"),
        server.request(Method::GET, "/maybe").header("Authorization", "Basic YTpi"),
    ];
    for request in anonymous {
        let body: Value = request.send().await.expect("an answer").json().await.expect("JSON");
        assert_eq!(body, json!({ "user": null }));
    }
    assert_eq!(okta.key_fetches(), 0);
    let body: Value = server.get("/maybe", &okta.token().user("alice").sign()).await.json().await.expect("JSON");
    assert_eq!(body, json!({ "user": "alice" }));
    assert_eq!(server.status("/maybe", &okta.token().expired().sign()).await, 403);
    assert_eq!(server.status("/maybe", &okta.token().client("0oaforeign").sign()).await, 401);
    let malformed = server.request(Method::GET, "/maybe").header("Authorization", "Bearer");
    assert_eq!(malformed.send().await.expect("an answer").status(), 403);
}

#[actix_web::test]
async fn outage_makes_no_caller_anonymous() {
    let okta = MockOkta::start();
    okta.go_down();
    let server = Server::start(okta.validator(), routes);
    assert_eq!(server.status("/maybe", &okta.token().sign()).await, 503);
}

#[actix_web::test]
async fn custom_claims_are_read_or_rejected_with_the_path() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), routes);
    let token = || okta.token().claim("tier", "gold").claim("address", json!({ "city": "Oslo" }));
    let response = server.get("/customer", &token().sign()).await;
    assert_eq!(response.text().await.expect("a body"), "gold in Oslo");
    for (token, path) in [
        (token().without("tier"), "\"tier\""),
        (token().claim("address", json!({})), "\"address.city\""),
        (token().claim("address", json!({ "city": 7 })), "\"address.…\""),
        (token().claim("tier", json!({ "secret": "platinum" })), "\"tier\""),
    ] {
        let response = server.get("/customer", &token.sign()).await;
        assert_eq!(response.status(), 403, "{path}");
        let problem: Value = response.json().await.expect("a problem");
        assert_eq!(problem["code"], "forbidden", "{path}");
        let detail = problem["detail"].as_str().expect("a detail");
        assert!(detail.contains(path), "{path}: {detail}");
        assert!(!detail.contains("platinum"), "{detail}");
    }
}

#[actix_web::test]
async fn missing_claim_makes_the_handler_respond_403() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), routes);
    let response = server.get("/tier", &okta.token().claim("tier", "gold").sign()).await;
    assert_eq!(response.text().await.expect("a body"), "gold");
    let response = server.get("/tier", &okta.token().sign()).await;
    assert_eq!(response.status(), 403);
    assert_eq!(code(response).await, "forbidden");
}

#[actix_web::test]
async fn debug_shows_no_subject_and_no_claim() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), routes);
    let token =
        okta.token().user("alice@example.com").user_id("00u1secret").group("Staff").claim("tier", "gold").sign();
    let text = server.get("/all", &token).await.text().await.expect("a body");
    assert!(text.starts_with("AuthContext { issuer: "), "{text}");
    for secret in ["alice", "00u1secret", "Staff", "gold", &token] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}
