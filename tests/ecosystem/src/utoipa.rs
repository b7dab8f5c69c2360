//! utoipa: the path macro above and below the attribute, and a document with the scopes of the policies.

use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpResponse, Responder, get, web};
use okta_auth::openapi::OktaSecurity;
use okta_auth::{AuthContext, Policy, login_required, policy};
use okta_auth_testing::MockOkta;
use serde_json::{Value, json};
use utoipa::{Modify as _, OpenApi as _};

use crate::support::{get, get_anonymously};

static READ: Policy = policy!(scope("orders:read") || group("ops"));

#[utoipa::path(responses((status = 200, description = "An order")))]
#[get("/above/{id}")]
#[login_required(policy = READ)]
async fn path_macro_above(id: web::Path<u32>, user: AuthContext) -> impl Responder {
    format!("order {id} of {}", user.subject())
}

#[login_required(policy = READ)]
#[utoipa::path(responses((status = 200, description = "An order")))]
#[get("/below/{id}")]
async fn path_macro_below(id: web::Path<u32>, user: AuthContext) -> impl Responder {
    format!("order {id} of {}", user.subject())
}

#[utoipa::path(security(()), responses((status = 200, description = "The service is up")))]
#[get("/health")]
async fn health() -> impl Responder {
    HttpResponse::Ok()
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(path_macro_above, path_macro_below, health))]
struct Api;

/// The document that the app serves.
fn document(okta: &MockOkta) -> Value {
    let security = OktaSecurity::new(&okta.validator())
        .every_operation(&Policy::authenticated())
        .operation("path_macro_above", &READ)
        .operation("path_macro_below", &READ);
    let mut document = Api::openapi();
    security.modify(&mut document);
    serde_json::to_value(document).expect("JSON")
}

#[actix_web::test]
async fn handler_is_protected_above_and_below_the_path_macro() {
    let okta = MockOkta::start();
    let app = App::new().app_data(okta.validator()).service((path_macro_above, path_macro_below));
    let app = init_service(app).await;
    for path in ["/above/7", "/below/7"] {
        assert_eq!(call_service(&app, get_anonymously(path).to_request()).await.status(), 403, "{path}");
        let refused = get(path, &okta.token().sign()).to_request();
        assert_eq!(call_service(&app, refused).await.status(), 403, "{path}");
        let allowed = get(path, &okta.token().user("alice").scope("orders:read").sign()).to_request();
        let body = actix_web::test::call_and_read_body(&app, allowed).await;
        assert_eq!(body, "order 7 of alice", "{path}");
    }
}

#[actix_web::test]
async fn document_is_the_same_above_and_below() {
    let document = document(&MockOkta::start());
    let operation = |path: &str| {
        let mut operation = document["paths"][path]["get"].clone();
        operation.as_object_mut().expect("an operation").remove("operationId");
        operation
    };
    assert_eq!(operation("/above/{id}"), operation("/below/{id}"));
    let parameters = &operation("/below/{id}")["parameters"];
    assert_eq!(parameters[0]["name"], "id");
    assert_eq!(parameters.as_array().map(Vec::len), Some(1));
}

#[actix_web::test]
async fn document_has_the_scopes_of_the_policy() {
    let okta = MockOkta::start();
    let document = document(&okta);
    let with_scope = json!([{ "okta": ["orders:read"] }, { "access_token": ["orders:read"] }]);
    let any_token = json!([{ "okta": [] }, { "access_token": [] }]);
    let expected: Vec<Value> =
        [&with_scope, &any_token].into_iter().flat_map(|list| list.as_array().cloned()).flatten().collect();
    assert_eq!(document["paths"]["/above/{id}"]["get"]["security"], Value::Array(expected));
    assert_eq!(document["security"], any_token);
    assert_eq!(document["paths"]["/health"]["get"]["security"], json!([{}]));
    let url = &document["components"]["securitySchemes"]["okta"]["openIdConnectUrl"];
    assert_eq!(url, &format!("{}/.well-known/openid-configuration", okta.issuer()));
}

#[actix_web::test]
async fn document_and_app_agree_on_what_is_open() {
    let okta = MockOkta::start();
    let app = App::new().app_data(okta.validator()).service((path_macro_above, path_macro_below, health));
    let app = init_service(app).await;
    let document = document(&okta);
    for (path, item) in document["paths"].as_object().expect("paths") {
        let is_open = item["get"].get("security") == Some(&json!([{}]));
        let request = TestRequest::get().uri(&path.replace("{id}", "7")).to_request();
        assert_eq!(call_service(&app, request).await.status(), if is_open { 200 } else { 403 }, "{path}");
    }
}
