//! A `ValidateError` as the error of a handler is a rejection like any other: that of a request whose token has the defect.

use actix_web::Responder;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use okta_auth::config::ValidatorBuilder;
use okta_auth::error::KeyError;
use okta_auth::{AuthContext, LoginRequired, Policy, StatusMapping, TokenError, ValidateError, login_required};
use okta_auth_testing::MockOkta;
use reqwest::{Method, Response};

use crate::claim_errors::log;
use crate::support::{Server, code, header};

/// The routes whose request is known when the error occurs. Each needs the scope `a`.
const ROUTES: [&str; 3] = ["/attribute", "/error", "/middleware/error"];

/// A token with two segments.
const TWO_SEGMENTS: &str = "a.b";

/// The settings of a validator.
type Configure = fn(ValidatorBuilder) -> ValidatorBuilder;

fn two_segments() -> ValidateError {
    TokenError::WrongSegmentCount { found: 2 }.into()
}

#[login_required(scope("a"))]
async fn attribute() -> Result<&'static str, ValidateError> {
    Err(two_segments())
}

#[login_required(scope("a"))]
async fn error() -> actix_web::Result<&'static str> {
    Err(two_segments())?;
    Ok("not reached")
}

async fn argument(_: AuthContext) -> Result<&'static str, ValidateError> {
    Err(two_segments())
}

#[login_required]
async fn outage() -> Result<&'static str, ValidateError> {
    Err(KeyError::NoRuntime.into())
}

#[login_required]
async fn customized() -> impl Responder {
    Err::<&str, _>(two_segments()).customize().with_status(StatusCode::NOT_FOUND).insert_header(("x-own", "1"))
}

fn routes(app: &mut ServiceConfig) {
    let login = LoginRequired::with(Policy::scope("a"));
    app.route("/attribute", web::route().to(attribute))
        .route("/error", web::route().to(error))
        .route("/argument", web::route().to(argument))
        .route("/outage", web::get().to(outage))
        .route("/customized", web::get().to(customized))
        .service(web::scope("/middleware").wrap(login).route("/error", web::route().to(argument)));
}

fn start(okta: &MockOkta, configure: Configure) -> Server {
    Server::start(configure(okta.validator_builder()).build().expect("a validator"), routes)
}

async fn send(server: &Server, method: Method, path: &str, token: &str) -> Response {
    let request =
        server.request(method, path).bearer_auth(token).header("Accept", "text/plain, application/problem+json;q=0.5");
    request.send().await.expect("an answer")
}

/// The parts of a response that a client reads.
async fn parts(response: Response) -> (u16, [Option<String>; 3], String) {
    let status = response.status().as_u16();
    let headers =
        ["WWW-Authenticate", "Content-Type", "Cache-Control"].map(|name| header(&response, name).map(str::to_owned));
    (status, headers, response.text().await.expect("a body"))
}

#[actix_web::test]
async fn validate_error_is_answered_as_a_token_with_the_defect() {
    let settings: [(Configure, u16, &str); 2] = [
        (
            |builder| builder.realm("orders"),
            403,
            "Bearer realm=\"orders\", error=\"invalid_token\", error_description=\"The access token is not valid here.\"",
        ),
        (
            |builder| builder.status_mapping(StatusMapping::Rfc6750).resource("https://api.example.com"),
            401,
            "Bearer error=\"invalid_token\", error_description=\"The access token is not valid here.\", scope=\"a\", \
             resource_metadata=\"https://api.example.com/.well-known/oauth-protected-resource\"",
        ),
    ];
    for (configure, status, challenge) in settings {
        let okta = MockOkta::start();
        let server = start(&okta, configure);
        let good = okta.token().scopes(["a"]).sign();
        for route in ROUTES {
            for method in [Method::GET, Method::HEAD] {
                let by_guard = parts(send(&server, method.clone(), route, TWO_SEGMENTS).await).await;
                let by_handler = parts(send(&server, method.clone(), route, &good).await).await;
                assert_eq!(by_handler, by_guard, "{method} {route}");
                assert_eq!((by_handler.0, by_handler.1[0].as_deref()), (status, Some(challenge)), "{method} {route}");
                assert_eq!(by_handler.2.is_empty(), method == Method::HEAD, "{method} {route}");
            }
        }
    }
}

#[actix_web::test]
async fn validate_error_runs_the_rejection_hook() {
    let okta = MockOkta::start();
    let server = start(&okta, |builder| {
        builder.on_rejection(|rejection, request| {
            let body = format!("{} {}", request.path(), rejection.reason().code());
            rejection.default_response().set_body(BoxBody::new(body))
        })
    });
    for route in ROUTES {
        let response = send(&server, Method::GET, route, &okta.token().scopes(["a"]).sign()).await;
        assert_eq!(response.text().await.expect("a body"), format!("{route} invalid_token"));
    }
}

#[actix_web::test]
async fn validate_error_without_a_request_is_a_problem() {
    let okta = MockOkta::start();
    let server = start(&okta, |builder| builder.realm("orders"));
    let response = server.get("/argument", &okta.token().sign()).await;
    let challenge = "Bearer error=\"invalid_token\", error_description=\"The access token is not valid here.\"";
    assert_eq!((response.status().as_u16(), header(&response, "WWW-Authenticate")), (403, Some(challenge)));
    assert_eq!(code(response).await, "invalid_token");
}

#[actix_web::test]
async fn outage_in_a_handler_is_a_503_that_says_when_to_retry() {
    let okta = MockOkta::start();
    let server = start(&okta, |builder| builder);
    let response = server.get("/outage", &okta.token().sign()).await;
    let retry_after = KeyError::NoRuntime.retry_after().as_secs().to_string();
    assert_eq!((response.status().as_u16(), header(&response, "Retry-After")), (503, Some(&*retry_after)));
    assert_eq!(header(&response, "WWW-Authenticate"), None);
    assert_eq!(code(response).await, "keys_unavailable");
}

#[actix_web::test]
async fn changed_response_to_a_validate_error_is_kept() {
    let okta = MockOkta::start();
    let server = start(&okta, |builder| builder);
    let response = server.get("/customized", &okta.token().sign()).await;
    assert_eq!((response.status().as_u16(), header(&response, "x-own")), (404, Some("1")));
}

#[actix_web::test]
async fn validate_error_is_logged_once() {
    /// The number of segments occurs in no other test.
    #[login_required]
    async fn logged() -> Result<&'static str, ValidateError> {
        Err(TokenError::WrongSegmentCount { found: 17 }.into())
    }

    let log = log();
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), |app| _ = app.route("/", web::get().to(logged)));
    assert_eq!(server.status("/", &okta.token().sign()).await, 403);
    let lines: Vec<String> =
        log.lock().expect("the log").iter().filter(|line| line.contains("segments: found 17,")).cloned().collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("code=\"invalid_token\""), "{lines:?}");
}
