//! `LoginRequired` denies by default.

use actix_web::http::Method as ActixMethod;
use actix_web::middleware::{ErrorHandlerResponse, ErrorHandlers};
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, HttpResponse, HttpServer, Responder, get, http};
use okta_auth::{AuthContext, LoginRequired, Policy, Rejection, Validator, login_required};
use okta_auth_testing::MockOkta;
use reqwest::Method;

use crate::support::{Server, code};

#[get("/forgotten")]
async fn forgotten() -> impl Responder {
    "in"
}

#[get("/health")]
async fn health() -> impl Responder {
    "fine"
}

#[get("/docs/{tail:.*}")]
async fn docs() -> impl Responder {
    "docs"
}

#[get("/write")]
#[login_required(scope("orders:write"))]
async fn write(user: AuthContext) -> impl Responder {
    user.user().to_owned()
}

fn closed(app: &mut ServiceConfig) {
    let login = LoginRequired::with(Policy::scope("orders:read")).except(["/in/health", "/in/docs/{tail:.*}"]);
    app.service(web::scope("/in").wrap(login).service((forgotten, health, docs, write)));
}

async fn anonymous(server: &Server, path: &str) -> u16 {
    server.request(Method::GET, path).send().await.expect("an answer").status().as_u16()
}

#[actix_web::test]
async fn middleware_protects_a_handler_without_the_attribute() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), closed);
    assert_eq!(anonymous(&server, "/in/forgotten").await, 403);
    assert_eq!(server.status("/in/forgotten", &okta.token().scope("orders:read").sign()).await, 200);
    assert_eq!(server.status("/in/forgotten", &okta.token().scope("other").sign()).await, 403);
}

#[actix_web::test]
async fn exceptions_match_only_their_route_patterns() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), closed);
    assert_eq!(anonymous(&server, "/in/health").await, 200);
    assert_eq!(anonymous(&server, "/in/docs/a/b").await, 200);
    for path in ["/in/nothing", "/in/health/", "/in//health", "/in/HEALTH", "/in/docs/../forgotten", "/in/health%2f.."]
    {
        assert_eq!(anonymous(&server, path).await, 403, "{path}");
    }
}

#[actix_web::test]
async fn handler_policy_applies_inside_the_middleware() {
    let okta = MockOkta::start();
    let validator = okta.validator_builder().token_cache_capacity(0).build().expect("a validator");
    let server = Server::start(validator, closed);
    let both = okta.token().user("alice").scope("orders:read").scope("orders:write").sign();
    assert_eq!(server.get("/in/write", &both).await.text().await.expect("a body"), "alice");
    for scope in ["orders:read", "orders:write"] {
        let response = server.get("/in/write", &okta.token().scope(scope).sign()).await;
        assert_eq!(response.status(), 403);
        assert_eq!(code(response).await, "insufficient_scope");
    }
}

#[actix_web::test]
async fn different_validators_each_verify_the_token() {
    let okta = MockOkta::start();
    let strict = okta.validator_builder().audience("api://strict").build().expect("a validator");
    let narrow = Validator::builder().issuer(okta.issuer()).audience("api://strict").any_client().build();
    let narrow = narrow.expect("a validator");
    let server = Server::start_with(1, move |app| {
        let scope = web::scope("/in").wrap(LoginRequired::new().validator(strict.clone())).service(write);
        app.app_data(narrow.clone()).service(scope);
    });
    let token = |audience: &str| okta.token().scope("orders:write").audience(audience).sign();
    assert_eq!(server.status("/in/write", &token("api://strict")).await, 200, "both accept it");
    assert_eq!(server.status("/in/write", &token("api://default")).await, 403, "only the middleware accepts it");
}

#[actix_web::test]
async fn preflight_requests_pass_only_where_allowed() {
    let okta = MockOkta::start();
    let validator = okta.validator();
    let server = Server::start_with(1, move |app| {
        let options = || web::route().method(ActixMethod::OPTIONS).to(HttpResponse::NoContent);
        let open = web::scope("/open").wrap(LoginRequired::new().allow_preflight(true)).route("/x", options());
        let shut = web::scope("/shut").wrap(LoginRequired::new()).route("/x", options());
        app.app_data(validator.clone()).service(open).service(shut);
    });
    let preflight = |path: &str, headers: &[(&str, &str)]| {
        let request = server.request(Method::OPTIONS, path);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        async { request.send().await.expect("an answer").status().as_u16() }
    };
    let headers = [("Origin", "https://app.example.com"), ("Access-Control-Request-Method", "GET")];
    assert_eq!(preflight("/open/x", &headers).await, 204);
    assert_eq!(preflight("/open/x", &headers[..1]).await, 403, "no preflight");
    assert_eq!(preflight("/shut/x", &headers).await, 403);
}

#[actix_web::test]
async fn middleware_around_an_app_closes_unknown_paths() {
    let okta = MockOkta::start();
    let validator = okta.validator();
    let server = HttpServer::new(move || {
        let count = ErrorHandlers::new().handler(http::StatusCode::FORBIDDEN, |mut response| {
            let code = response.response().error().and_then(|error| error.as_error::<Rejection>());
            let code = code.map_or("none", |rejection| rejection.reason().code());
            let name = http::header::HeaderName::from_static("x-code");
            response.response_mut().headers_mut().insert(name, http::header::HeaderValue::from_static(code));
            Ok(ErrorHandlerResponse::Response(response.map_into_left_body()))
        });
        let login = LoginRequired::new().except(["/health"]);
        App::new().app_data(validator.clone()).wrap(login).wrap(count).service((health, forgotten, write))
    })
    .workers(1)
    .bind(("127.0.0.1", 0))
    .expect("a free port");
    let origin = format!("http://{}", server.addrs()[0]);
    let server = server.disable_signals().run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    let get = |path: &str| reqwest::get(format!("{origin}{path}"));
    assert_eq!(get("/health").await.expect("an answer").status(), 200);
    for path in ["/forgotten", "/nothing"] {
        let response = get(path).await.expect("an answer");
        assert_eq!(response.status(), 403, "{path}");
        assert_eq!(response.headers()["x-code"], "missing_token", "{path}");
    }
    let request = reqwest::Client::new().get(format!("{origin}/write")).bearer_auth(okta.token().scope("x").sign());
    let response = request.send().await.expect("an answer");
    assert_eq!(response.headers()["x-code"], "insufficient_scope", "the attribute's rejection, too");
    handle.stop(false).await;
}
