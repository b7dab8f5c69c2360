//! Defects that were found once: ways to bypass the guard or to crash a handler.

use std::collections::HashMap;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method as ActixMethod;
use actix_web::middleware::{Next, NormalizePath, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, Error, HttpMessage as _, HttpRequest, HttpServer, Responder, get, guard, post};
use okta_auth::{AuthContext, Claims, LoginRequired, Policy, login_required};
use okta_auth_testing::MockOkta;
use reqwest::Method;
use serde::Deserialize;

use crate::support::{Server, code, header};

/// A handler without the attribute.
#[get("/docs/secret")]
async fn secret() -> impl Responder {
    "SECRET"
}

#[get("/docs/{tail:.*}")]
async fn docs() -> impl Responder {
    "docs"
}

/// A handler without the attribute, whose path matches an exception.
#[post("/docs/orders")]
async fn orders() -> impl Responder {
    "ORDERS"
}

#[post("/login")]
async fn login() -> impl Responder {
    "login"
}

/// A resource with several patterns. The first is an exception.
async fn several() -> impl Responder {
    "several"
}

fn routes(app: &mut ServiceConfig) {
    app.service((secret, docs, orders, login))
        .service(web::resource(["/public", "/private"]).to(several))
        .service(web::resource(["/share/{id}", "/files/{id}"]).to(several));
}

#[actix_web::test]
async fn exception_opens_no_other_spelling_or_method() {
    let okta = MockOkta::start();
    let validator = okta.validator();
    let server = HttpServer::new(move || {
        let required = LoginRequired::new()
            .except(["/docs/{tail:.*}", "/public", "/share/{id}"])
            .except(["/in/docs/{tail:.*}", "/in/public", "/in/share/{id}"])
            .except_method(ActixMethod::POST, ["/login"]);
        App::new()
            .app_data(validator.clone())
            .wrap(NormalizePath::trim())
            .wrap(required.clone())
            .configure(routes)
            .service(web::scope("/in").wrap(required).configure(routes))
    });
    let server = server.workers(1).bind(("127.0.0.1", 0)).expect("a free port");
    let origin = format!("http://{}", server.addrs()[0]);
    actix_web::rt::spawn(server.disable_signals().run());
    let client = reqwest::Client::new();
    for (method, path, status) in [
        (Method::GET, "/docs/x", 200),
        (Method::HEAD, "/docs/x", 403),
        (Method::POST, "/login", 200),
        (Method::GET, "/login", 403),
        (Method::GET, "/docs/secret", 403),
        (Method::GET, "/docs/s%65cret", 403),
        (Method::GET, "/%64ocs/secret", 403),
        (Method::GET, "/docs//secret", 403),
        (Method::POST, "/docs/orders", 403),
        (Method::DELETE, "/docs/x", 403),
        (Method::GET, "/public", 200),
        (Method::POST, "/public", 403),
        (Method::GET, "/private", 403),
        (Method::POST, "/private", 403),
        (Method::GET, "/share/1", 200),
        (Method::POST, "/share/1", 403),
        (Method::GET, "/files/1", 403),
    ] {
        for prefix in ["", "/in"] {
            if prefix == "/in" && path == "/login" {
                continue;
            }
            let request = client.request(method.clone(), format!("{origin}{prefix}{path}"));
            assert_eq!(request.send().await.expect("an answer").status(), status, "{method} {prefix}{path}");
        }
    }
}

/// Relies on the requirement before it.
fn own(user: &AuthContext, _: &HttpRequest) -> bool {
    user.user_id().expect("a person") == "00u1"
}

#[get("/own")]
#[login_required(user_id_present() && check(own))]
async fn owned() -> impl Responder {
    "in"
}

#[get("/scoped")]
#[login_required(scope("a") && user_id_present() && check(own))]
async fn scoped() -> impl Responder {
    "in"
}

#[actix_web::test]
async fn check_runs_only_if_earlier_requirements_hold() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), |app| _ = app.service((owned, scoped)));
    let service = okta.service_token().sign();
    assert_eq!(code(server.get("/own", &service).await).await, "forbidden");
    assert_eq!(code(server.get("/scoped", &service).await).await, "forbidden");
    let response = server.get("/scoped", &okta.token().user_id("00u1").scope("b").sign()).await;
    assert_eq!(code(response).await, "insufficient_scope");
}

/// Optional login in a middleware. The rejection is held while the request continues.
async fn optional_login<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let caller = request.extract::<AuthContext>().await;
    let response = next.call(request).await?;
    drop(caller);
    Ok(response)
}

#[actix_web::test]
async fn held_rejection_does_not_block_routing() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), |app| {
        app.service(web::scope("/in").wrap(from_fn(optional_login)).service(docs));
    });
    let response = server.request(Method::GET, "/in/docs/x").send().await.expect("an answer");
    assert_eq!(response.text().await.expect("a body"), "docs");
}

#[derive(Deserialize)]
struct Accounts {
    accounts: HashMap<String, u32>,
}

#[get("/accounts")]
async fn accounts(claims: Claims<Accounts>) -> impl Responder {
    claims.accounts.len().to_string()
}

#[actix_web::test]
async fn claim_error_path_shows_no_text_of_the_token() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), |app| _ = app.service(accounts));
    for (key, accept) in [("number 4711\nFORGED LOG LINE", "*/*"), ("4711", "*/*"), ("4711", "text/plain")] {
        let token = okta.token().claim("accounts", serde_json::json!({ key: "x" })).sign();
        let request = server.request(Method::GET, "/accounts").bearer_auth(&token).header("Accept", accept);
        let text = request.send().await.expect("an answer").text().await.expect("a body");
        assert!(text.contains("accounts") && !text.contains("4711") && !text.contains("FORGED"), "{text}");
    }
}

#[actix_web::test]
async fn middleware_rejects_with_its_own_validators_realm() {
    let okta = MockOkta::start();
    let validator = okta.validator_builder().realm("inner").build().expect("a validator");
    let server = Server::start_with(1, move |app| {
        let required = LoginRequired::with(Policy::scope("a")).validator(validator.clone());
        app.service(web::scope("/in").wrap(required).service(docs));
    });
    for token in [okta.token().expired(), okta.token().scope("b")] {
        let response = server.get("/in/docs/x", &token.sign()).await;
        let challenge = header(&response, "WWW-Authenticate").expect("a challenge");
        assert!(challenge.contains("realm=\"inner\""), "{challenge}");
    }
}

/// A guard of an inner route.
fn is_alice(context: &guard::GuardContext<'_>) -> bool {
    drop(context.req_data());
    AuthContext::current().is_some_and(|user| user.user() == "alice")
}

#[actix_web::test]
async fn inner_guards_see_the_caller() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), |app| {
        let route = web::get().guard(guard::fn_guard(is_alice)).to(|request: HttpRequest| async move {
            drop(request.extensions());
            "alice's"
        });
        app.service(web::scope("/in").wrap(LoginRequired::new()).route("/x", route));
    });
    assert_eq!(server.status("/in/x", &okta.token().user("alice").sign()).await, 200);
    assert_eq!(server.status("/in/x", &okta.token().user("bob").sign()).await, 404);
}

#[test]
fn unbounded_key_settings_are_rejected() {
    let okta = MockOkta::start();
    let unbounded = okta_auth::keys::KeySettings::default().stale_on_error(std::time::Duration::MAX);
    let error = okta.validator_builder().key_settings(unbounded).build().expect_err("for ever");
    assert!(error.to_string().contains("at most 365 days"), "{error}");
}
