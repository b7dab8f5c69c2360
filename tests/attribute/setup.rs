//! The one place that knows where tokens and validators come from.

use std::sync::LazyLock;

use actix_web::App;
use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::ServiceConfig;
use okta_auth::Validator;
use okta_auth_testing::MockOkta;

/// Adds the handler under test to an app.
pub(crate) type Routes = fn(&mut ServiceConfig) -> &mut ServiceConfig;

/// One mock for all tests of this file.
static OKTA: LazyLock<MockOkta> = LazyLock::new(MockOkta::start);

/// A validator that trusts [`bearer`].
fn validator() -> Validator {
    OKTA.validator()
}

/// The credentials of the user "alice" with the scope "a".
pub(crate) fn bearer() -> String {
    format!("Bearer {}", OKTA.token().user("alice").scopes(["a"]).sign())
}

/// Status and body of the answer to `request`, as it is.
pub(crate) async fn send(routes: Routes, request: TestRequest) -> (StatusCode, String) {
    let app = init_service(App::new().app_data(validator()).configure(|app| _ = routes(app))).await;
    let response = call_service(&app, request.to_request()).await;
    let status = response.status();
    (status, String::from_utf8_lossy(&read_body(response).await).into_owned())
}

/// Status and body of the answer to `request` with alice's token.
pub(crate) async fn send_as_alice(routes: Routes, request: TestRequest) -> (StatusCode, String) {
    send(routes, request.insert_header((AUTHORIZATION, bearer()))).await
}

/// Checks that `request` is refused without a token, and with alice's is answered with 200 and `body`.
pub(crate) async fn assert_protected(routes: Routes, request: fn() -> TestRequest, body: &str) {
    let (status, _) = send(routes, request()).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "without a token");
    let answer = send_as_alice(routes, request()).await;
    assert_eq!(answer, (StatusCode::OK, body.to_owned()), "with a token");
}
