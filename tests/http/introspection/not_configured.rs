//! Routes with `active_within` below a validator without introspection: they never fail open, and the other steps come first.

use std::time::Duration;

use actix_web::web::{self, ServiceConfig};
use actix_web::{get, guard, post};
use okta_auth::{AuthContext, LoginRequired, Policy, StatusMapping, Validator, login_required, policy};
use okta_auth_testing::MockOkta;
use reqwest::{Method, Response};

use crate::support::{Server, code, rule, with_rules};

/// The response if the validator has no introspection.
const NOT_CONFIGURED: (u16, &str) = (500, "misconfigured");

static PAY: Policy = policy!(scope("pay"));

#[get("/above")]
#[login_required(active_within = 10, scope("pay"))]
async fn above() -> &'static str {
    "paid"
}

#[login_required(scope("pay"), active_within = 0)]
#[get("/below")]
async fn below(_: AuthContext) -> &'static str {
    "paid"
}

#[post("/named")]
#[login_required(policy = PAY, active_within = "1m")]
async fn named(_: web::Json<u8>) -> &'static str {
    "paid"
}

#[get("/open")]
#[login_required(scope("pay"))]
async fn open() -> &'static str {
    "paid"
}

async fn bare() -> &'static str {
    "paid"
}

fn within_ten_seconds() -> LoginRequired {
    LoginRequired::with(Policy::scope("pay")).active_within(Duration::from_secs(10))
}

fn routes(app: &mut ServiceConfig) {
    app.service(above)
        .service(below)
        .service(named)
        .service(open)
        .service(web::scope("/middleware").wrap(within_ten_seconds()).route("", web::get().to(bare)).service(open));
}

/// The requests that ask for an active token.
fn requests() -> [(Method, &'static str); 5] {
    let get = |path| (Method::GET, path);
    [get("/above"), get("/below"), (Method::POST, "/named"), get("/middleware"), get("/middleware/open")]
}

async fn outcome(response: Response) -> (u16, String) {
    (response.status().as_u16(), code(response).await)
}

fn of((status, code): (u16, &str)) -> (u16, String) {
    (status, code.to_owned())
}

#[actix_web::test]
async fn active_within_without_introspection_is_misconfigured() {
    let okta = MockOkta::start();
    let token = okta.token().scopes(["pay"]).sign();
    for (mapping, anonymous) in [(StatusMapping::Flask, 403), (StatusMapping::Rfc6750, 401)] {
        let validator = okta.validator_builder().status_mapping(mapping).build().expect("a validator");
        let server = Server::start(validator, routes);
        for (method, path) in requests() {
            let request = || server.request(method.clone(), path);
            let response = request().bearer_auth(&token).send().await.expect("an answer");
            assert_eq!(outcome(response).await, of(NOT_CONFIGURED), "{mapping:?} {path}");
            assert_eq!(request().send().await.expect("an answer").status(), anonymous, "{mapping:?} {path}");
        }
        assert_eq!(server.status("/open", &token).await, 200);
    }
}

#[actix_web::test]
async fn token_and_policy_are_checked_before_introspection() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), routes);
    for (method, path) in requests() {
        let request = || server.request(method.clone(), path);
        let anonymous = request().send().await.expect("an answer");
        assert_eq!(outcome(anonymous).await, of((403, "missing_token")), "{path}");
        for (token, expected) in [
            ("a.b".to_owned(), "invalid_token"),
            (okta.token().expired().sign(), "token_expired"),
            (okta.token().scopes(["read"]).sign(), "insufficient_scope"),
        ] {
            let response = request().bearer_auth(token).send().await.expect("an answer");
            assert_eq!(outcome(response).await, of((403, expected)), "{path}");
        }
    }
}

#[actix_web::test]
async fn validator_that_authenticated_the_request_is_asked() {
    let okta = MockOkta::start();
    let own = with_rules(okta.validator_builder()).build().expect("a validator");
    let token = okta.token().scopes(["pay"]).sign();
    // The one in app data would not name the rule.
    let server = Server::start_with(1, move |app: &mut ServiceConfig| {
        app.app_data(unreachable_validator());
        let login = within_ten_seconds().validator(own.clone());
        app.service(web::scope("/own").wrap(login).route("", web::get().to(bare)));
    });
    let response = server.get("/own", &token).await;
    assert_eq!(rule(&response), NOT_CONFIGURED.1);
    assert_eq!(outcome(response).await, of(NOT_CONFIGURED));
}

fn unreachable_validator() -> Validator {
    let builder = Validator::builder().issuer("https://example.okta.com/oauth2/default").audience("api://default");
    builder.any_client().build().expect("a validator")
}

#[actix_web::test]
async fn default_service_behind_an_exception_needs_an_active_token() {
    let okta = MockOkta::start();
    let login = || within_ten_seconds().except(["/health"]);
    let server = Server::start_behind(login, okta.validator(), |app| {
        app.route("/health", web::get().guard(guard::Header("x-probe", "yes")).to(bare)).default_service(web::to(bare));
    });
    let probe = server.request(Method::GET, "/health").header("x-probe", "yes").send().await.expect("an answer");
    assert_eq!(probe.status(), 200);
    for (token, expected) in [
        ("a.b".to_owned(), (403, "invalid_token")),
        (okta.token().scopes(["read"]).sign(), (403, "insufficient_scope")),
        (okta.token().scopes(["pay"]).sign(), NOT_CONFIGURED),
    ] {
        assert_eq!(outcome(server.get("/health", &token).await).await, of(expected));
    }
}
