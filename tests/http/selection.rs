//! The selection of the validator.

use std::process::Command;

use actix_web::web::{self, Data};
use actix_web::{Responder, get};
use okta_auth::{LoginRequired, Validator, login_required};
use okta_auth_testing::MockOkta;

use crate::claim_errors::log;
use crate::support::{Server, code};

#[get("/test")]
#[login_required]
async fn test() -> impl Responder {
    "in"
}

#[actix_web::test]
async fn validator_is_found_bare_and_as_data() {
    let okta = MockOkta::start();
    let token = okta.token().sign();
    let validator = okta.validator();
    let (bare, data, both) = (validator.clone(), validator.clone(), validator);
    let servers = [
        Server::start_with(1, move |app| _ = app.app_data(bare.clone()).service(test)),
        Server::start_with(1, move |app| _ = app.app_data(Data::new(data.clone())).service(test)),
        Server::start_with(1, move |app| {
            app.app_data(both.clone()).app_data(Data::new(both.clone())).service(test);
        }),
    ];
    for server in servers {
        assert_eq!(server.status("/test", &token).await, 200);
    }
}

#[actix_web::test]
async fn two_different_validators_are_a_misconfiguration() {
    let okta = MockOkta::start();
    let (one, other) = (okta.validator(), okta.validator());
    let server = Server::start_with(1, move |app| {
        let scope = web::scope("/in").app_data(Data::new(other.clone())).service(test);
        app.app_data(one.clone()).service(scope);
    });
    let response = server.get("/in/test", &okta.token().sign()).await;
    assert_eq!(response.status(), 500);
    assert_eq!(code(response).await, "misconfigured");
}

#[actix_web::test]
async fn misconfigured_environment_rejects_every_request() {
    // No test of this binary sets OKTA_ISSUER.
    let okta = MockOkta::start();
    let server = Server::start_with(1, |app| _ = app.service(test));
    for _ in 0..2 {
        let response = server.get("/test", &okta.token().sign()).await;
        assert_eq!(response.status(), 500);
        assert_eq!(code(response).await, "misconfigured");
    }
    assert_eq!(okta.key_fetches(), 0);
}

/// Set in the process that [`validator_of_the_environment_is_logged_once`] starts.
const TOKEN: &str = "TEST_TOKEN";

/// Runs itself in another process, because the environment configures one validator per process.
#[actix_web::test]
async fn validator_of_the_environment_is_logged_once() {
    if let Ok(token) = std::env::var(TOKEN) {
        return uses_the_environment(&token).await;
    }
    let okta = MockOkta::start();
    let variables = [
        ("OKTA_ISSUER", okta.issuer()),
        ("OKTA_CLIENT_ID", okta.client_id()),
        ("OKTA_AUDIENCE", okta.audience()),
        (TOKEN, &okta.token().sign()),
    ];
    let output = Command::new(std::env::current_exe().expect("a path"))
        .args(["--exact", "selection::validator_of_the_environment_is_logged_once"])
        .envs(variables)
        .output()
        .expect("the test starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(okta.key_fetches(), 1, "the test ran");
}

async fn uses_the_environment(token: &str) {
    let log = log();
    let server = Server::start_with(2, |app| _ = app.service(test));
    for _ in 0..2 {
        assert_eq!(server.status("/test", token).await, 200);
    }
    let variable = |name| std::env::var(name).expect("a variable");
    let (issuer, audience) = (variable("OKTA_ISSUER"), variable("OKTA_AUDIENCE"));
    let lines: Vec<String> =
        log.lock().expect("the log").iter().filter(|line| line.contains("environment")).cloned().collect();
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert!(line.contains("no validator in app data"), "{line}");
    assert!(line.contains(&issuer) && line.contains(&audience), "{line}");
}

#[actix_web::test]
async fn validate_works_without_actix() {
    let okta = MockOkta::start();
    let validator: Validator = okta.validator();
    let user = validator.validate(&okta.token().user("alice").scope("a").group("g").sign()).await.expect("a caller");
    assert_eq!((user.user(), user.has_scope("a"), user.has_group("g")), ("alice", true, true));
    assert_eq!(user.issuer(), okta.issuer());
    let error = validator.validate("a.b").await.expect_err("no token");
    assert_eq!(error.to_string(), "invalid number of segments: found 2, expected 3 separated by dots");
}

#[get("/write")]
#[login_required(scope("orders:write"))]
async fn written() -> impl Responder {
    "in"
}

#[actix_web::test]
async fn policy_rejection_uses_the_handlers_validator() {
    let okta = MockOkta::start();
    let named = |name: &'static str| {
        let builder = okta.validator_builder().on_rejection(move |rejection, _| {
            rejection.default_response().set_body(actix_web::body::BoxBody::new(name))
        });
        builder.build().expect("a validator")
    };
    let (outside, own) = (named("outside"), named("own"));
    let server = Server::start_with(1, move |app| {
        let login = LoginRequired::new().validator(outside.clone());
        app.app_data(own.clone()).service(web::scope("").wrap(login).service(written));
    });
    let token = okta.token().sign();
    // The first request verifies the token. The second finds it in the cache.
    for _ in 0..2 {
        assert_eq!(server.get("/write", &token).await.text().await.expect("a body"), "own");
    }
}
