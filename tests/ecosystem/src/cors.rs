//! actix-cors: outside of `LoginRequired`, so that browsers can read rejections.

use actix_cors::Cors;
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, Responder, get};
use okta_auth::{AuthContext, LoginRequired, StatusMapping, Validator};
use okta_auth_testing::MockOkta;

use crate::support::{get, get_anonymously, header};

const FRONTEND: (&str, &str) = ("Origin", "https://app.example.com");

fn cors() -> Cors {
    Cors::default()
        .allowed_origin(FRONTEND.1)
        .allowed_methods([Method::GET, Method::POST])
        .allowed_header(AUTHORIZATION)
        .expose_headers([WWW_AUTHENTICATE])
}

#[get("/orders")]
async fn orders(user: AuthContext) -> impl Responder {
    format!("orders of {}", user.subject())
}

fn validator(okta: &MockOkta) -> Validator {
    okta.validator_builder().status_mapping(StatusMapping::Rfc6750).build().expect("good settings")
}

fn preflight() -> TestRequest {
    let request = TestRequest::default().method(Method::OPTIONS).uri("/orders").insert_header(FRONTEND);
    let request = request.insert_header(("Access-Control-Request-Method", "GET"));
    request.insert_header(("Access-Control-Request-Headers", "authorization"))
}

#[actix_web::test]
async fn outer_cors_answers_preflights() {
    let okta = MockOkta::start();
    let app = App::new().app_data(validator(&okta)).wrap(LoginRequired::new()).wrap(cors()).service(orders);
    let app = init_service(app).await;
    let response = call_service(&app, preflight().to_request()).await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "access-control-allow-origin"), Some(FRONTEND.1));
    assert_eq!(header(&response, "access-control-allow-headers"), Some("authorization"));
}

#[actix_web::test]
async fn rejection_has_cors_headers_and_a_readable_challenge() {
    let okta = MockOkta::start();
    let app = App::new().app_data(validator(&okta)).wrap(LoginRequired::new()).wrap(cors()).service(orders);
    let app = init_service(app).await;
    let response = call_service(&app, get_anonymously("/orders").insert_header(FRONTEND).to_request()).await;
    assert_eq!(response.status(), 401);
    assert_eq!(header(&response, "www-authenticate"), Some("Bearer"));
    assert_eq!(header(&response, "access-control-allow-origin"), Some(FRONTEND.1));
    assert_eq!(header(&response, "access-control-expose-headers"), Some("www-authenticate"));
    let allowed = get("/orders", &okta.token().sign()).insert_header(FRONTEND).to_request();
    assert_eq!(call_service(&app, allowed).await.status(), 200);
}

#[actix_web::test]
async fn other_origin_is_not_allowed() {
    let okta = MockOkta::start();
    let app = App::new().app_data(validator(&okta)).wrap(LoginRequired::new()).wrap(cors()).service(orders);
    let app = init_service(app).await;
    let request = get("/orders", &okta.token().sign()).insert_header(("Origin", "https://evil.example")).to_request();
    let response = call_service(&app, request).await;
    assert_eq!(header(&response, "access-control-allow-origin"), None);
}

#[actix_web::test]
async fn inner_cors_sees_neither_preflights_nor_rejections() {
    let okta = MockOkta::start();
    let app = App::new().app_data(validator(&okta)).wrap(cors()).wrap(LoginRequired::new()).service(orders);
    let app = init_service(app).await;
    for request in [preflight(), get_anonymously("/orders").insert_header(FRONTEND)] {
        let response = call_service(&app, request.to_request()).await;
        assert_eq!(response.status(), 401);
        assert_eq!(header(&response, "access-control-allow-origin"), None);
    }
}
