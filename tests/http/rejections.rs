//! The form of a rejection: status, headers, body.

use actix_web::body::BoxBody;
use actix_web::web::ServiceConfig;
use actix_web::{HttpResponse, Responder, get, http::header as actix_header, web};
use okta_auth::login_required;
use okta_auth_testing::MockOkta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Server, header};

#[get("/test")]
#[login_required(scope("a"))]
async fn test() -> impl Responder {
    "in"
}

fn routes(app: &mut ServiceConfig) {
    app.service(test).route("/test", web::head().to(head));
}

#[login_required]
async fn head() -> impl Responder {
    "in"
}

#[actix_web::test]
async fn rejection_is_a_problem_document_that_is_not_stored() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), routes);
    let response = server.request(Method::GET, "/test").send().await.expect("an answer");
    assert_eq!(header(&response, "Content-Type"), Some("application/problem+json"));
    assert_eq!(header(&response, "Cache-Control"), Some("no-store"));
    assert_eq!(header(&response, "WWW-Authenticate"), Some("Bearer"));
    let problem: Value = response.json().await.expect("JSON");
    assert_eq!(
        problem,
        json!({
            "type": "about:blank",
            "title": "Forbidden",
            "status": 403,
            "detail": "This needs an access token in the Authorization header, as \"Bearer <token>\".",
            "code": "missing_token",
        })
    );
}

#[actix_web::test]
async fn browsers_get_plain_text() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), routes);
    for accept in ["text/html,application/xhtml+xml,*/*;q=0.8", "text/plain"] {
        let response = server.request(Method::GET, "/test").header("Accept", accept).send().await.expect("an answer");
        assert_eq!(header(&response, "Content-Type"), Some("text/plain; charset=utf-8"));
        let text = response.text().await.expect("a body");
        assert!(text.starts_with("403 Forbidden\n") && text.ends_with("(missing_token)\n"), "{text}");
    }
}

#[actix_web::test]
async fn no_response_shows_a_token_a_claim_or_a_cause() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), routes);
    let secret = || okta.token().user("alice@example.com").user_id("00usecret").claim("tier", "platinum");
    for token in [
        secret().expired(),
        secret().issuer("https://evil.example.com"),
        secret().audience("api://other"),
        secret().client("0oaforeign"),
        secret().kid("unknown-key"),
        secret().claim("groups", "Staff"),
        secret(),
    ] {
        let token = token.sign();
        let response = server.get("/test", &token).await;
        let text = format!("{:?} {}", response.headers().clone(), response.text().await.expect("a body"));
        for word in [&token, "alice", "00usecret", "platinum", "evil", "other", "foreign", "unknown-key", "Staff"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
}

#[actix_web::test]
async fn head_responses_have_no_body() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), routes);
    let response = server.request(Method::HEAD, "/test").send().await.expect("an answer");
    assert_eq!(response.status(), 403);
    assert_eq!(header(&response, "WWW-Authenticate"), Some("Bearer"));
    assert_eq!(response.text().await.expect("no body"), "");
}

#[actix_web::test]
async fn on_rejection_hook_replaces_the_body() {
    let okta = MockOkta::start();
    let validator = okta.validator_builder().realm("orders").on_rejection(|rejection, request| {
        let body = format!("{} {}", request.path(), rejection.reason().code());
        let mut response: HttpResponse = rejection.default_response().set_body(BoxBody::new(body));
        response.headers_mut().insert(actix_header::CONTENT_TYPE, actix_header::HeaderValue::from_static("text/x-own"));
        response
    });
    let server = Server::start(validator.build().expect("a validator"), routes);
    let response = server.request(Method::GET, "/test").send().await.expect("an answer");
    assert_eq!((response.status().as_u16(), header(&response, "Content-Type")), (403, Some("text/x-own")));
    assert_eq!(header(&response, "WWW-Authenticate"), Some("Bearer realm=\"orders\""));
    assert_eq!(response.text().await.expect("a body"), "/test missing_token");
    let response = server.get("/test", &okta.token().scope("b").sign()).await;
    assert_eq!(response.text().await.expect("a body"), "/test insufficient_scope");
}
