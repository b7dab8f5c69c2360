//! The life cycle of a key set as clients of the API see it.

use std::time::{Duration, SystemTime};

use actix_web::web::ServiceConfig;
use actix_web::{Responder, get};
use okta_auth::{
    Issuer, Validator,
    keys::{JwkSet, KeySettings},
    login_required,
};
use okta_auth_testing::{Endpoint, Fault, MockOkta, TestClock};

use crate::support::{Server, code};

#[get("/test")]
#[login_required]
async fn test() -> impl Responder {
    "in"
}

/// A mock with a frozen clock.
fn frozen() -> MockOkta {
    MockOkta::builder().clock(TestClock::frozen_at(SystemTime::now())).start()
}

fn routes(app: &mut ServiceConfig) {
    app.service(test);
}

#[actix_web::test]
async fn hundred_cold_requests_cause_one_fetch() {
    let okta = MockOkta::start();
    okta.fault(Fault::Hang.on(Endpoint::Keys).times(1));
    let server = Server::start(okta.validator(), routes);
    let requests: Vec<_> = (0..100)
        .map(|number| {
            let token = okta.token().user(format!("user-{number}")).sign();
            actix_web::rt::spawn(server.request(reqwest::Method::GET, "/test").bearer_auth(token).send())
        })
        .collect();
    okta.wait_for_key_fetches(1).await;
    okta.release();
    for request in requests {
        assert_eq!(request.await.expect("the task").expect("an answer").status(), 200);
    }
    assert_eq!(okta.key_fetches(), 1);
}

#[actix_web::test]
async fn fetch_survives_the_disconnect_of_its_client() {
    let okta = MockOkta::start();
    okta.fault(Fault::Hang.on(Endpoint::Keys).times(1));
    let server = Server::start(okta.validator(), routes);
    let token = okta.token().sign();
    let leader = actix_web::rt::spawn(server.request(reqwest::Method::GET, "/test").bearer_auth(&token).send());
    okta.wait_for_key_fetches(1).await;
    let follower = actix_web::rt::spawn(server.request(reqwest::Method::GET, "/test").bearer_auth(&token).send());
    leader.abort();
    okta.release();
    assert_eq!(follower.await.expect("the task").expect("an answer").status(), 200);
    assert_eq!(okta.key_fetches(), 1);
}

#[actix_web::test]
async fn outage_ends_within_one_back_off_of_recovery() {
    let okta = frozen();
    let server = Server::start(okta.validator(), routes);
    let token = okta.token().sign();
    okta.go_down();
    for _ in 0..10 {
        assert_eq!(server.status("/test", &token).await, 503);
        okta.clock().advance(Duration::from_secs(2));
    }
    okta.come_back();
    okta.clock().advance(Duration::from_secs(5));
    assert_eq!(server.status("/test", &token).await, 200);
}

#[actix_web::test]
async fn unknown_kids_cause_one_fetch_per_cooldown() {
    let okta = frozen();
    let server = Server::start(okta.validator(), routes);
    assert_eq!(server.status("/test", &okta.token().sign()).await, 200);
    for number in 0..50 {
        let response = server.get("/test", &okta.token().kid(format!("unknown-{number}")).sign()).await;
        assert_eq!(response.status(), 403);
        assert_eq!(code(response).await, "invalid_token");
    }
    assert_eq!(okta.key_fetches(), 2);
    okta.clock().advance(Duration::from_secs(11));
    assert_eq!(server.status("/test", &okta.token().kid("unknown").sign()).await, 403);
    assert_eq!(okta.key_fetches(), 3);
    // No keys are fetched for an issuer that is not configured.
    okta.clock().advance(Duration::from_secs(11));
    let foreign = okta.token().kid("unknown").issuer("https://evil.example.com").sign();
    assert_eq!(server.status("/test", &foreign).await, 403);
    assert_eq!(okta.key_fetches(), 3);
}

#[actix_web::test]
async fn withdrawn_key_invalidates_its_cached_tokens() {
    let okta = frozen();
    let server = Server::start(okta.validator(), routes);
    let old = okta.token().sign();
    assert_eq!(server.status("/test", &old).await, 200);
    okta.rotate();
    assert_eq!(server.status("/test", &okta.token().sign()).await, 200);
    assert_eq!(server.status("/test", &old).await, 200);
    okta.rotate_without_overlap();
    okta.clock().advance(Duration::from_secs(11));
    assert_eq!(server.status("/test", &okta.token().sign()).await, 200);
    assert_eq!(server.status("/test", &old).await, 403, "its key is gone, though the token was cached");
}

#[actix_web::test]
async fn cached_token_expires_with_its_claims_and_its_key() {
    let okta = frozen();
    okta.no_cache_control();
    let server = Server::start(okta.validator(), routes);
    let short = okta.token().expires_in(Duration::from_secs(100)).sign();
    let long = okta.token().expires_in(Duration::from_secs(24 * 3600)).sign();
    for token in [&short, &long] {
        assert_eq!(server.status("/test", token).await, 200);
    }
    okta.go_down();
    okta.clock().advance(Duration::from_secs(159));
    assert_eq!(server.status("/test", &short).await, 200, "within the leeway");
    okta.clock().advance(Duration::from_secs(2));
    assert_eq!(server.status("/test", &short).await, 403);
    okta.clock().advance(Duration::from_secs(3600));
    assert_eq!(server.status("/test", &long).await, 200, "stale, but within an hour of its freshness");
    okta.clock().advance(Duration::from_secs(600));
    assert_eq!(server.status("/test", &long).await, 503, "too stale");
}

#[actix_web::test]
async fn each_issuer_has_its_own_keys_audience_and_clients() {
    let (one, other) = (MockOkta::start(), MockOkta::start());
    let validator = one
        .validator_builder()
        .add_issuer(Issuer::new(other.issuer()).audience("api://other").any_client())
        .build()
        .expect("a validator");
    let server = Server::start(validator, routes);
    assert_eq!(server.status("/test", &one.token().sign()).await, 200);
    assert_eq!(server.status("/test", &other.token().audience("api://other").client("0oaany").sign()).await, 200);
    assert_eq!(server.status("/test", &other.token().sign()).await, 403, "the audience of the first issuer");
    assert_eq!(server.status("/test", &one.token().client("0oaany").sign()).await, 401, "a client of the other issuer");
    let forged = one.token().issuer(other.issuer()).audience("api://other").sign();
    assert_eq!(server.status("/test", &forged).await, 403, "signed with a key of the first issuer");
}

#[actix_web::test]
async fn outage_of_one_issuer_does_not_affect_another() {
    let (one, other) = (MockOkta::start(), MockOkta::start());
    let validator = one
        .validator_builder()
        .add_issuer(Issuer::new(other.issuer()).audience("api://default").any_client())
        .build()
        .expect("a validator");
    other.go_down();
    let server = Server::start(validator.clone(), routes);
    assert_eq!(server.status("/test", &one.token().sign()).await, 200);
    assert_eq!(server.status("/test", &other.token().sign()).await, 503);
    let usable: Vec<bool> = validator.status().iter().map(|issuer| issuer.usable()).collect();
    assert_eq!(usable, [true, false]);
}

#[actix_web::test]
async fn given_keys_need_no_network() {
    let okta = MockOkta::start();
    let json = reqwest::get(okta.jwks_uri()).await.expect("an answer").text().await.expect("a body");
    let file = std::env::temp_dir().join(format!("okta-auth-{}-{}.json", std::process::id(), okta.key_fetches()));
    std::fs::write(&file, &json).expect("a file");
    let set = JwkSet::from_json(&json).expect("a key set");
    okta.go_down();
    let builder = || Validator::builder().issuer(okta.issuer()).audience(okta.audience()).any_client();
    for validator in [builder().jwk_set(set).build(), builder().jwks_file(&file).build()] {
        let validator = validator.expect("a validator");
        validator.warm_up().await.expect("keys");
        assert_eq!(validator.validate(&okta.token().user("alice").sign()).await.expect("a caller").user(), "alice");
    }
    std::fs::remove_file(&file).expect("the file");
    let error = builder().jwks_file(&file).build().expect_err("no file");
    assert!(error.to_string().contains("`.jwks_file(..)`"), "{error}");
    assert_eq!(okta.key_fetches(), 1);
}

#[actix_web::test]
async fn warm_up_fetches_keys_and_status_reports_them() {
    let okta = frozen();
    let validator = okta.validator();
    assert!(!validator.status()[0].usable());
    validator.warm_up().await.expect("keys");
    let status = &validator.status()[0];
    assert!(status.usable() && !status.serving_stale() && status.last_error().is_none());
    assert_eq!((status.issuer(), status.age()), (okta.issuer(), Some(Duration::ZERO)));
    assert!(status.keys() > 0, "{status:?}");
    validator.warm_up().await.expect("keys");
    assert_eq!(okta.key_fetches(), 1);
}

#[actix_web::test]
async fn configured_jwks_uri_needs_no_discovery() {
    let okta = MockOkta::start();
    let validator = okta.validator_builder().jwks_uri(okta.jwks_uri()).build().expect("a validator");
    validator.warm_up().await.expect("keys");
    assert_eq!((okta.discovery_fetches(), okta.key_fetches()), (0, 1));
}

#[actix_web::test]
async fn key_settings_change_the_cooldown() {
    let okta = frozen();
    let settings = KeySettings::default().cooldown(Duration::from_secs(1000));
    let server = Server::start(okta.validator_builder().key_settings(settings).build().expect("a validator"), routes);
    for _ in 0..3 {
        assert_eq!(server.status("/test", &okta.token().kid("unknown").sign()).await, 403);
        okta.clock().advance(Duration::from_secs(100));
    }
    let error = okta.validator_builder().key_settings(KeySettings::default().cooldown(Duration::ZERO)).build();
    assert!(error.expect_err("no cooldown").to_string().contains("cooldown above zero"));
}

#[actix_web::test]
async fn http_client_limits_cannot_be_configured_away() {
    let okta = MockOkta::start();
    okta.fault(Fault::Redirect(okta.jwks_uri()).on(Endpoint::Keys).times(1));
    let validator = okta
        .validator_builder()
        .configure_http(|client| client.user_agent("orders-api").redirect(reqwest::redirect::Policy::limited(10)))
        .build()
        .expect("a validator");
    validator.warm_up().await.expect_err("a redirect is not followed");
    assert_eq!(okta.key_fetches(), 1);
}
