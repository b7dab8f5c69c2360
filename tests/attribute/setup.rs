//! The validator and the tokens of all tests in this directory.

use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};

use actix_web::App;
use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::ServiceConfig;
use okta_auth::Validator;
use okta_auth_testing::{MockOkta, TokenBuilder};
use serde_json::json;

/// Adds the handler under test to an app.
pub(crate) type Routes = fn(&mut ServiceConfig) -> &mut ServiceConfig;

/// One mock for all tests of this binary.
static OKTA: LazyLock<MockOkta> = LazyLock::new(MockOkta::start);

/// A validator that accepts [`bearer`].
fn validator() -> Validator {
    OKTA.validator()
}

/// A token of the user "alice" with the scope "a". She authenticated ten minutes ago, with two factors.
fn alice() -> TokenBuilder {
    let ten_minutes_ago = OKTA.clock().now() - Duration::from_secs(600);
    let auth_time = ten_minutes_ago.duration_since(UNIX_EPOCH).expect("a time after 1970").as_secs();
    OKTA.token().user("alice").scopes(["a"]).claim("acr", "urn:okta:loa:2fa:any").claim("auth_time", auth_time)
}

/// The credentials of the user "alice".
pub(crate) fn bearer() -> String {
    format!("Bearer {}", alice().sign())
}

/// The credentials of the actor "agent", which acts for alice.
pub(crate) fn bearer_of_agent() -> String {
    format!("Bearer {}", alice().claim("act", json!({ "sub": "agent" })).sign())
}

/// The status and body of the response to `request`.
pub(crate) async fn send(routes: Routes, request: TestRequest) -> (StatusCode, String) {
    let app = init_service(App::new().app_data(validator()).configure(|app| _ = routes(app))).await;
    let response = call_service(&app, request.to_request()).await;
    let status = response.status();
    (status, String::from_utf8_lossy(&read_body(response).await).into_owned())
}

/// The status and body of the response to `request` with alice's token.
pub(crate) async fn send_as_alice(routes: Routes, request: TestRequest) -> (StatusCode, String) {
    send(routes, request.insert_header((AUTHORIZATION, bearer()))).await
}

/// Asserts that `request` is rejected without a token, and that the response with alice's token is 200 with `body`.
pub(crate) async fn assert_protected(routes: Routes, request: fn() -> TestRequest, body: &str) {
    let (status, _) = send(routes, request()).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "without a token");
    let answer = send_as_alice(routes, request()).await;
    assert_eq!(answer, (StatusCode::OK, body.to_owned()), "with a token");
}
