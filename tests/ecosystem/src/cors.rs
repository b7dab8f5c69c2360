//! actix-cors: outside of `LoginRequired`, so that browsers can read rejections, and not around the metadata, which any
//! origin may read.

use std::collections::BTreeSet;

use actix_cors::Cors;
use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, Responder, get};
use okta_auth::config::Dpop;
use okta_auth::{AuthContext, LoginRequired, StatusMapping, Validator, login_required};
use okta_auth_testing::{MockOkta, ProofKey};
use serde_json::Value;

use crate::support::{get, get_anonymously, header};

const FRONTEND: (&str, &str) = ("Origin", "https://app.example.com");
const OTHER: (&str, &str) = ("Origin", "https://other.example");
const METADATA: &str = "/.well-known/oauth-protected-resource/api";
const RESOURCE_METADATA: &str =
    r#"resource_metadata="https://api.example.com/.well-known/oauth-protected-resource/api""#;

fn cors(origin: &str) -> Cors {
    Cors::default()
        .allowed_origin(origin)
        .allowed_methods([Method::GET, Method::POST])
        .allowed_headers([AUTHORIZATION, CONTENT_TYPE])
        .expose_headers([WWW_AUTHENTICATE, RETRY_AFTER])
}

fn cors_of_mcp(origin: &str) -> Cors {
    cors(origin).allowed_headers(["mcp-protocol-version", "mcp-method", "mcp-name"].map(HeaderName::from_static))
}

fn cors_of_dpop(origin: &str) -> Cors {
    cors(origin).allowed_header(HeaderName::from_static("dpop")).expose_headers([HeaderName::from_static("dpop-nonce")])
}

/// The recipe: any origin may read the metadata, and one may use the rest.
pub(crate) fn api(okta: Validator, origin: &str) -> impl Fn(&mut ServiceConfig) + Clone + use<> {
    let origin = origin.to_owned();
    move |app| {
        app.app_data(okta.clone()).service(okta.resource_metadata()).service(
            web::scope("").wrap(LoginRequired::new()).wrap(cors(&origin)).service((orders, invoices, payments)),
        );
    }
}

#[get("/orders")]
async fn orders(user: AuthContext) -> impl Responder {
    format!("orders of {}", user.subject())
}

#[get("/invoices")]
#[login_required(scope("invoices:read"))]
async fn invoices() -> impl Responder {
    "invoices"
}

#[get("/payments")]
#[login_required(acr("urn:okta:loa:2fa:any") && auth_within("5m"))]
async fn payments() -> impl Responder {
    "payments"
}

fn validator(okta: &MockOkta) -> Validator {
    let builder = okta.validator_builder().status_mapping(StatusMapping::Rfc6750);
    builder.resource("https://api.example.com/api").build().expect("good settings")
}

fn preflight_of(path: &str, origin: (&'static str, &'static str), headers: &'static str) -> TestRequest {
    let request = TestRequest::default().method(Method::OPTIONS).uri(path).insert_header(origin);
    let request = request.insert_header(("Access-Control-Request-Method", "GET"));
    request.insert_header(("Access-Control-Request-Headers", headers))
}

fn preflight() -> TestRequest {
    preflight_of("/orders", FRONTEND, "authorization")
}

/// The names in a header that is a list. actix-cors writes them in any order.
fn names<'r, B>(response: &'r ServiceResponse<B>, name: &str) -> BTreeSet<&'r str> {
    header(response, name).into_iter().flat_map(|list| list.split(',')).map(str::trim).collect()
}

/// Asserts that a script of the frontend can read the response and these of its headers.
fn assert_readable<B>(response: &ServiceResponse<B>) {
    assert_eq!(header(response, "access-control-allow-origin"), Some(FRONTEND.1));
    assert_eq!(names(response, "access-control-expose-headers"), BTreeSet::from(["retry-after", "www-authenticate"]));
}

#[actix_web::test]
async fn outer_cors_answers_preflights() {
    let okta = MockOkta::start();
    let app = init_service(App::new().configure(api(validator(&okta), FRONTEND.1))).await;
    let response = call_service(&app, preflight().to_request()).await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "access-control-allow-origin"), Some(FRONTEND.1));
    assert_eq!(names(&response, "access-control-allow-headers"), BTreeSet::from(["authorization", "content-type"]));
}

#[actix_web::test]
async fn rejection_has_cors_headers_and_a_readable_challenge() {
    let okta = MockOkta::start();
    let app = init_service(App::new().configure(api(validator(&okta), FRONTEND.1))).await;
    let response = call_service(&app, get_anonymously("/orders").insert_header(FRONTEND).to_request()).await;
    assert_eq!(response.status(), 401);
    assert_eq!(header(&response, "www-authenticate"), Some(&*format!("Bearer {RESOURCE_METADATA}")));
    assert_readable(&response);
    let allowed = get("/orders", &okta.token().sign()).insert_header(FRONTEND).to_request();
    assert_eq!(call_service(&app, allowed).await.status(), 200);
    // Unknown paths are closed, too.
    assert_eq!(call_service(&app, get_anonymously("/missing").to_request()).await.status(), 401);
}

#[actix_web::test]
async fn policy_rejections_have_readable_challenges() {
    let okta = MockOkta::start();
    let app = init_service(App::new().configure(api(validator(&okta), FRONTEND.1))).await;
    for (path, status, parameters) in [
        ("/payments", 401, r#"acr_values="urn:okta:loa:2fa:any", max_age="300""#),
        ("/invoices", 403, r#"scope="invoices:read""#),
    ] {
        let response = call_service(&app, get(path, &okta.token().sign()).insert_header(FRONTEND).to_request()).await;
        assert_eq!(response.status(), status);
        let challenge = header(&response, "www-authenticate").expect("a challenge");
        assert!(challenge.ends_with(&format!("{parameters}, {RESOURCE_METADATA}")), "{challenge}");
        assert_readable(&response);
    }
}

#[actix_web::test]
async fn script_can_read_when_to_try_again() {
    let okta = MockOkta::start();
    let app = init_service(App::new().configure(api(validator(&okta), FRONTEND.1))).await;
    okta.go_down();
    let request = get("/orders", &okta.token().sign()).insert_header(FRONTEND).to_request();
    let response = call_service(&app, request).await;
    assert_eq!(response.status(), 503);
    assert!(header(&response, "retry-after").is_some());
    assert_readable(&response);
}

#[actix_web::test]
async fn other_origin_is_not_allowed() {
    let okta = MockOkta::start();
    let app = init_service(App::new().configure(api(validator(&okta), FRONTEND.1))).await;
    let request = get("/orders", &okta.token().sign()).insert_header(OTHER).to_request();
    let response = call_service(&app, request).await;
    assert_eq!(header(&response, "access-control-allow-origin"), None);
    assert_eq!(call_service(&app, preflight_of("/orders", OTHER, "authorization").to_request()).await.status(), 400);
}

#[actix_web::test]
async fn any_origin_can_read_the_metadata() {
    let okta = MockOkta::start();
    let app = init_service(App::new().configure(api(validator(&okta), FRONTEND.1))).await;
    for origin in [FRONTEND, OTHER] {
        let response = call_service(&app, preflight_of(METADATA, origin, "mcp-protocol-version").to_request()).await;
        assert_eq!(response.status(), 204);
        assert_eq!(header(&response, "access-control-allow-origin"), Some("*"));
        assert_eq!(header(&response, "access-control-allow-headers"), Some("*"));
        let response = call_service(&app, get_anonymously(METADATA).insert_header(origin).to_request()).await;
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, "access-control-allow-origin"), Some("*"));
        let metadata: Value = read_body_json(response).await;
        assert_eq!(metadata["authorization_servers"][0], okta.issuer());
    }
}

/// The reason for the scope in [`api`].
#[actix_web::test]
async fn cors_around_the_metadata_refuses_preflights_of_other_origins() {
    let okta = MockOkta::start();
    let metadata = || validator(&okta).resource_metadata();
    let app = init_service(App::new().wrap(cors(FRONTEND.1)).service(metadata())).await;
    let preflight = preflight_of(METADATA, OTHER, "mcp-protocol-version").to_request();
    assert_eq!(call_service(&app, preflight).await.status(), 400);
    // A request without a preflight can be read.
    for (origin, allowed) in [(OTHER, "*"), (FRONTEND, FRONTEND.1)] {
        let response = call_service(&app, get_anonymously(METADATA).insert_header(origin).to_request()).await;
        assert_eq!(header(&response, "access-control-allow-origin"), Some(allowed));
    }
    let app = init_service(App::new().wrap(cors(FRONTEND.1).block_on_origin_mismatch(true)).service(metadata())).await;
    let response = call_service(&app, get_anonymously(METADATA).insert_header(OTHER).to_request()).await;
    assert_eq!(response.status(), 400);
}

#[actix_web::test]
async fn mcp_client_in_a_browser_may_send_its_headers() {
    let okta = MockOkta::start();
    let app = App::new().app_data(validator(&okta)).wrap(LoginRequired::new()).service(orders);
    let app = init_service(app.wrap(cors_of_mcp(FRONTEND.1))).await;
    let headers = "authorization,content-type,mcp-method,mcp-name,mcp-protocol-version";
    let response = call_service(&app, preflight_of("/orders", FRONTEND, headers).to_request()).await;
    assert_eq!(response.status(), 200);
    assert_eq!(names(&response, "access-control-allow-headers"), headers.split(',').collect());
}

#[actix_web::test]
async fn script_can_send_a_proof_and_read_the_nonce() {
    let okta = MockOkta::start();
    let builder = okta.validator_builder().resource("https://api.example.com");
    let validator = builder.dpop(Dpop::require().require_nonces()).build().expect("good settings");
    let app = App::new().app_data(validator).wrap(LoginRequired::new()).wrap(cors_of_dpop(FRONTEND.1)).service(orders);
    let app = init_service(app).await;
    let response = call_service(&app, preflight_of("/orders", FRONTEND, "authorization,dpop").to_request()).await;
    assert_eq!(response.status(), 200);
    assert!(names(&response, "access-control-allow-headers").contains("dpop"));

    let key = ProofKey::new();
    let token = okta.token().bound_to(&key).sign();
    let proof = okta.proof(&key).url("https://api.example.com/orders").access_token(&token).sign();
    let request = TestRequest::get().uri("/orders").insert_header(FRONTEND).insert_header(("DPoP", proof));
    let request = request.insert_header(("Authorization", format!("DPoP {token}"))).to_request();
    let response = call_service(&app, request).await;
    assert_eq!(response.status(), 401);
    assert!(header(&response, "dpop-nonce").is_some());
    let exposed = BTreeSet::from(["dpop-nonce", "retry-after", "www-authenticate"]);
    assert_eq!(names(&response, "access-control-expose-headers"), exposed);
}

#[actix_web::test]
async fn inner_cors_sees_neither_preflights_nor_rejections() {
    let okta = MockOkta::start();
    let app = App::new().app_data(validator(&okta)).wrap(cors(FRONTEND.1)).wrap(LoginRequired::new()).service(orders);
    let app = init_service(app).await;
    for request in [preflight(), get_anonymously("/orders").insert_header(FRONTEND)] {
        let response = call_service(&app, request.to_request()).await;
        assert_eq!(response.status(), 401);
        assert_eq!(header(&response, "access-control-allow-origin"), None);
    }
}
