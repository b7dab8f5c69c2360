//! The extractors: `AuthContext`, `MaybeAuth`, `Claims`.

use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, HttpRequest, Responder, get};
use okta_auth::{AuthContext, Claims, LoginRequired, MaybeAuth, error::ClaimError, login_required};
use okta_auth_testing::{MockOkta, TestClock};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};

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

/// Extracts the caller before and after the token expires.
async fn extract_twice(request: HttpRequest, clock: web::Data<TestClock>) -> String {
    let first = AuthContext::extract(&request).await.map(|user| user.user().to_owned());
    clock.advance(Duration::from_secs(3 * 3600));
    let second = AuthContext::extract(&request).await.map_err(|rejection| rejection.reason().code());
    format!("{first:?} {second:?}")
}

#[get("/attribute")]
#[login_required]
async fn twice_below_the_attribute(request: HttpRequest, clock: web::Data<TestClock>) -> impl Responder {
    extract_twice(request, clock).await
}

#[get("/argument")]
async fn twice_beside_an_argument(_: AuthContext, request: HttpRequest, clock: web::Data<TestClock>) -> impl Responder {
    extract_twice(request, clock).await
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

#[actix_web::test]
async fn remembered_caller_is_refused_once_expired() {
    let okta = MockOkta::builder().clock(TestClock::frozen_at(SystemTime::now())).start();
    let (validator, clock) = (okta.validator(), web::Data::new(okta.clock().clone()));
    let server = Server::start_with(1, move |app| {
        let middleware = web::scope("/middleware").wrap(LoginRequired::new()).route("", web::get().to(extract_twice));
        let services = (twice_below_the_attribute, twice_beside_an_argument, middleware);
        app.app_data(validator.clone()).app_data(clock.clone()).service(services);
    });
    let token = okta.token().user("alice").expires_in(Duration::from_secs(3600)).sign();
    for path in ["/attribute", "/argument", "/middleware"] {
        let answer = server.get(path, &token).await.text().await.expect("a body");
        assert_eq!(answer, r#"Ok("alice") Err("token_expired")"#, "{path}");
        okta.clock().rewind(Duration::from_secs(3 * 3600));
    }
}

#[actix_web::test]
async fn caller_is_remembered_when_the_clock_goes_back() {
    let okta = MockOkta::start();
    let (validator, clock) = (okta.validator(), okta.clock().clone());
    let server = Server::start_with(1, move |app| {
        let clock = clock.clone();
        // Behind this the request has no token, so only the remembered caller can answer.
        let strip = from_fn(move |mut request: ServiceRequest, next: Next<BoxBody>| {
            request.headers_mut().remove(AUTHORIZATION);
            clock.rewind(Duration::from_millis(5));
            next.call(request)
        });
        let handler = web::get().to(|caller: AuthContext| async move { caller.subject().to_owned() });
        let scope = web::scope("/stripped").wrap(strip).wrap(LoginRequired::new()).route("", handler);
        app.app_data(validator.clone()).service(scope);
    });
    assert_eq!(server.get("/stripped", &okta.token().sign()).await.status().as_u16(), 200);
}
