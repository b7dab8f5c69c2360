//! Callers without a token. Authentication is skipped; policies apply.

use std::time::{Duration, SystemTime};

use actix_web::test::{TestRequest, call_and_read_body, init_service};
use actix_web::{App, FromRequest, HttpRequest, Responder, get, web};
use okta_auth::{AuthContext, LoginRequired, MaybeAuth, Policy, login_required};
use okta_auth_testing::TestCaller;
use okta_auth_testing::prelude::*;
use serde_json::{Value, json};

#[get("/orders")]
#[login_required(scope("orders:read"))]
async fn orders(user: AuthContext) -> impl Responder {
    format!("orders of {}", user.user())
}

/// Authenticates only through its argument.
#[get("/me")]
async fn me(user: AuthContext) -> impl Responder {
    user.user().to_owned()
}

#[get("/maybe")]
async fn maybe(caller: MaybeAuth) -> impl Responder {
    caller.user().map_or("nobody", AuthContext::user).to_owned()
}

#[get("/current")]
#[login_required]
async fn current() -> impl Responder {
    AuthContext::current().map_or_else(String::new, |user| user.user().to_owned())
}

#[get("/admin")]
async fn admin() -> impl Responder {
    AuthContext::current().map_or_else(String::new, |user| user.user().to_owned())
}

#[get("/whose/{name}")]
#[login_required(crate = okta_auth)]
async fn whose(user: AuthContext, name: web::Path<String>, body: String) -> impl Responder {
    format!("{} {name} {body}", user.user())
}

#[get("/live")]
#[login_required(active_within = 0, scope("orders:read"))]
async fn live(user: AuthContext) -> impl Responder {
    user.user().to_owned()
}

fn routes(app: &mut web::ServiceConfig) {
    let admins = web::scope("/scope").wrap(LoginRequired::with(Policy::group("admins"))).service(admin);
    let active = LoginRequired::new().active_within(Duration::ZERO);
    let active = web::scope("/active").wrap(active).service(admin);
    app.service((orders, me, maybe, current, whose, live, admins, active));
}

fn alice() -> TestCaller {
    AuthContext::test("alice@example.com")
}

/// Status and body of a GET request by this caller. The app has no validator and no environment to build one from.
async fn get(path: &str, user: TestCaller) -> (u16, String) {
    let app = init_service(App::new().configure(routes)).await;
    let response = TestRequest::get().login(user).uri(path).send_request(&app).await;
    let status = response.status().as_u16();
    let body = actix_web::test::read_body(response).await;
    (status, String::from_utf8(body.to_vec()).unwrap())
}

fn ok(body: &str) -> (u16, String) {
    (200, body.to_owned())
}

#[actix_web::test]
async fn the_attribute_accepts_a_test_caller_without_a_validator() {
    assert_eq!(get("/orders", alice().scope("orders:read")).await, ok("orders of alice@example.com"));
}

#[actix_web::test]
async fn the_policy_still_applies_to_a_test_caller() {
    let (status, body) = get("/orders", alice().scope("orders:write")).await;
    assert_eq!(status, 403);
    assert!(body.contains("insufficient_scope"), "{body}");
}

#[actix_web::test]
async fn the_extractors_return_the_test_caller() {
    assert_eq!(get("/me", alice()).await, ok("alice@example.com"));
    assert_eq!(get("/maybe", alice()).await, ok("alice@example.com"));
    assert_eq!(get("/current", alice()).await, ok("alice@example.com"));
}

#[actix_web::test]
async fn the_middleware_applies_its_policy_to_a_test_caller() {
    assert_eq!(get("/scope/admin", alice().group("admins")).await, ok("alice@example.com"));
    assert_eq!(get("/scope/admin", alice().group("users")).await.0, 403);
}

#[actix_web::test]
async fn a_middleware_with_its_own_validator_accepts_a_test_caller() {
    let okta = MockOkta::start();
    let guarded = web::scope("/own").wrap(LoginRequired::new().validator(okta.validator())).service(admin);
    let app = init_service(App::new().service(guarded)).await;
    let response = TestRequest::get().uri("/own/admin").login(alice()).send_request(&app).await;
    assert_eq!((response.status().as_u16(), okta.key_fetches()), (200, 0));
}

#[actix_web::test]
async fn test_caller_is_active() {
    assert_eq!(get("/live", alice().scope("orders:read")).await, ok("alice@example.com"));
    assert_eq!(get("/live", alice()).await.0, 403);
    assert_eq!(get("/active/admin", alice()).await, ok("alice@example.com"));

    let okta = MockOkta::start();
    let app = init_service(App::new().app_data(okta.validator()).configure(routes)).await;
    let request = TestRequest::get().uri("/live").login(alice().scope("orders:read"));
    assert_eq!(call_and_read_body(&app, request.to_request()).await, "alice@example.com");
}

#[actix_web::test]
async fn the_token_of_a_test_caller_is_ignored() {
    let okta = MockOkta::start();
    let app = init_service(App::new().app_data(okta.validator()).configure(routes)).await;
    let request = TestRequest::get().uri("/me").insert_header(("Authorization", "Bearer rubbish")).login(alice());
    assert_eq!(call_and_read_body(&app, request.to_request()).await, "alice@example.com");
}

#[actix_web::test]
async fn a_test_caller_does_not_leak_into_the_next_request() {
    let okta = MockOkta::start();
    let app = init_service(App::new().app_data(okta.validator()).configure(routes)).await;
    assert_eq!(TestRequest::get().uri("/me").login(alice()).send_request(&app).await.status(), 200);
    assert_eq!(TestRequest::get().uri("/me").send_request(&app).await.status(), 403);
}

#[actix_web::test]
async fn logged_in_makes_its_user_the_caller_of_each_request() {
    let app = init_service(App::new().configure(routes).wrap(LoggedIn::as_user(alice()))).await;
    for path in ["/me", "/maybe", "/current"] {
        let request = TestRequest::get().uri(path).to_request();
        assert_eq!(call_and_read_body(&app, request).await, "alice@example.com", "{path}");
    }
    assert_eq!(TestRequest::get().uri("/orders").send_request(&app).await.status(), 403);
}

#[actix_web::test]
async fn a_requests_own_caller_overrides_logged_in() {
    let app = init_service(App::new().configure(routes).wrap(LoggedIn::as_user(alice()))).await;
    let request = TestRequest::get().uri("/me").login(AuthContext::test("bob")).to_request();
    assert_eq!(call_and_read_body(&app, request).await, "bob");
}

#[actix_web::test]
async fn builder_calls_after_login_take_effect() {
    let app = init_service(App::new().configure(routes)).await;
    let request = TestRequest::default().login(alice()).uri("/whose/cat").set_payload("purrs").to_request();
    assert_eq!(call_and_read_body(&app, request).await, "alice@example.com cat purrs");
}

#[actix_web::test]
async fn requests_without_an_app_have_the_caller() {
    async fn caller(request: HttpRequest) -> String {
        AuthContext::extract(&request).await.unwrap().user().to_owned()
    }
    assert_eq!(caller(TestRequest::get().login(alice()).to_http_request()).await, "alice@example.com");
    assert_eq!(caller(TestRequest::get().login(alice()).to_http_parts().0).await, "alice@example.com");
    let request = TestRequest::get().login(alice()).to_srv_request();
    assert_eq!(caller(request.request().clone()).await, "alice@example.com");
}

#[test]
fn a_test_caller_has_the_given_claims_and_defaults() {
    let user: AuthContext = alice().scopes(["a", "b"]).scope("c").group("g").claim("tier", "gold").into();
    assert_eq!(user.scopes().collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(user.groups().collect::<Vec<_>>(), ["g"]);
    assert_eq!(user.claim::<&str>("tier").unwrap(), "gold");
    assert!(user.user_id().unwrap().starts_with("00u"));
    assert_eq!(user.client_id(), "0oa1mockokta2client3");

    let user: AuthContext = alice().user_id("00u1").client("0oaspa").into();
    assert_eq!((user.user_id(), user.client_id()), (Some("00u1"), "0oaspa"));

    let service: AuthContext = AuthContext::test("0oarobot").service().into();
    assert_eq!((service.user(), service.user_id(), service.client_id()), ("0oarobot", None, "0oarobot"));
}

#[test]
fn a_test_caller_has_the_given_authentication_and_actor() {
    let seconds = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let start = seconds(SystemTime::now());
    let minute = Duration::from_secs(60);
    let user: AuthContext = alice().acr("phr").amr(["hwk"]).authenticated_ago(minute).actor("agent").into();
    assert_eq!((user.claim("acr").unwrap(), user.claim("amr").unwrap()), ("phr", vec!["hwk"]));
    let auth_time: u64 = user.claim("auth_time").unwrap();
    assert!((start - 60..=seconds(SystemTime::now()) - 60).contains(&auth_time), "{auth_time} {start}");
    assert_eq!(user.claim::<Value>("act").unwrap(), json!({"sub": "agent"}));

    let user: AuthContext = alice().auth_time(SystemTime::UNIX_EPOCH + minute).act(json!(["agent"])).into();
    assert_eq!(user.claim::<u64>("auth_time").unwrap(), 60);
    assert_eq!(user.claim::<Value>("act").unwrap(), json!(["agent"]));
    let user: AuthContext = alice().into();
    for name in ["acr", "amr", "auth_time", "act", "cnf"] {
        assert!(user.claim::<Value>(name).is_err(), "{name}");
    }
}

#[get("/transfers")]
#[login_required(sender_constrained())]
async fn transfers() -> impl Responder {
    "transfers"
}

#[actix_web::test]
async fn only_a_bound_test_caller_is_sender_constrained() {
    let okta = MockOkta::start();
    let key = ProofKey::new();
    let certificate = json!({ "x5t#S256": key.thumbprint() });
    let with_validator = || App::new().app_data(okta.validator()).service(transfers);
    for (caller, expected) in [
        (alice().bound_to(&key), true),
        (alice().claim("cnf", certificate), true),
        (alice(), false),
        (alice().claim("jkt", key.thumbprint()), false),
    ] {
        let user: AuthContext = caller.clone().into();
        assert_eq!(user.is_sender_constrained(), expected, "{caller:?}");
        for app in [init_service(App::new().service(transfers)).await, init_service(with_validator()).await] {
            let response = TestRequest::get().uri("/transfers").login(caller.clone()).send_request(&app).await;
            assert_eq!(response.status(), if expected { 200 } else { 403 }, "{caller:?}");
            let body = actix_web::test::read_body(response).await;
            assert_eq!(body.starts_with(b"transfers"), expected, "{body:?}");
        }
    }
    let user: AuthContext = alice().bound_to(&key).into();
    assert_eq!(user.claim::<Value>("cnf").unwrap(), json!({ "jkt": key.thumbprint() }));
}

#[test]
#[should_panic(expected = "no token can have the claims of this TestCaller")]
fn test_caller_is_not_bound_to_an_unreadable_key() {
    let _ = AuthContext::from(alice().claim("cnf", json!({ "jkt": "x" })));
}

#[test]
#[should_panic(expected = "no token can have the claims of this TestCaller")]
fn a_test_caller_panics_on_invalid_claims() {
    let _ = AuthContext::from(alice().claim("scp", 7));
}
