//! Routes that need a recent statement that the token is active.

use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use okta_auth::config::Dpop;
use okta_auth::{StatusMapping, ValidateError};
use okta_auth_testing::ProofKey;

use super::*;
use crate::dpop::RESOURCE;
use crate::support::code;

/// Every route that needs a statement which is at most 10 s old.
const LIVE: [&str; 2] = ["/live", "/behind"];

#[actix_web::test]
async fn revoked_token_is_refused_within_the_bound_in_every_mode() {
    for mode in [IntrospectionMode::Opaque, IntrospectionMode::Always] {
        for path in LIVE.into_iter().chain(["/test"]) {
            let scenario = Scenario::start(mode);
            // Only a JWT on a route without `active_within` can be validated without the server.
            let asks_about_jwt = mode == IntrospectionMode::Always || path != "/test";
            for (is_jwt, is_asked) in [(true, asks_about_jwt), (false, true)] {
                let token = if is_jwt { scenario.okta.token().sign() } else { scenario.okta.token().opaque() };
                assert_eq!(scenario.api.status(path, &token).await, 200, "{mode:?} {path}");
                scenario.okta.revoke(&token);
                scenario.pass(Duration::from_millis(9_999));
                assert_eq!(scenario.api.status(path, &token).await, 200);
                scenario.pass(Duration::from_millis(1));
                let expected = if is_asked { 403 } else { 200 };
                assert_eq!(scenario.api.status(path, &token).await, expected, "{mode:?} {path} {is_jwt}");
                assert_eq!(scenario.okta.introspections(&token), if is_asked { 2 } else { 0 });
            }
        }
    }
}

#[actix_web::test]
async fn zero_seconds_ask_on_every_request() {
    let scenario = Scenario::start(IntrospectionMode::Opaque);
    let token = scenario.okta.token().sign();
    for calls in 1..=5 {
        assert_eq!((scenario.api.status("/now", &token).await, scenario.calls()), (200, calls));
    }
    scenario.okta.revoke(&token);
    assert_eq!(scenario.api.status("/now", &token).await, 403);
    assert_eq!(scenario.api.status("/live", &token).await, 403, "the newest answer counts for all routes");
}

#[actix_web::test]
async fn token_sender_and_policy_come_before_the_call() {
    let okta = frozen().start();
    let builder = okta.validator_builder().resource(RESOURCE).dpop(Dpop::accept()).introspection(okta.introspection());
    let api = Server::start(builder.build().expect("a validator"), routes);
    let key = ProofKey::new();
    let foreign = MockOkta::start();
    for (token, status, expected) in [
        (okta.token().scope("orders:read").expired().sign(), 403, "token_expired"),
        (okta.token().scope("orders:read").signed_by(&foreign.signing_key()).sign(), 403, "invalid_token"),
        (okta.token().scope("orders:read").client("other").sign(), 401, "client_not_allowed"),
        (okta.token().scope("orders:read").bound_to(&key).sign(), 403, "invalid_token"),
        (okta.token().sign(), 403, "insufficient_scope"),
    ] {
        okta.revoke(&token);
        let response = api.get("/live-orders", &token).await;
        assert_eq!((response.status().as_u16(), &*code(response).await), (status, expected));
        assert_eq!(okta.count(Endpoint::Introspect), 0, "{expected}");
    }
    let good = okta.token().scope("orders:read").sign();
    assert_eq!((api.status("/live-orders", &good).await, okta.count(Endpoint::Introspect)), (200, 1));
}

#[actix_web::test]
async fn jwt_needs_an_answer_that_follows_the_rules() {
    let scenario = Scenario::start(IntrospectionMode::Opaque);
    type Change = fn(&mut serde_json::Value);
    let changes: [(Change, u16); 7] = [
        (|_| (), 200),
        (|answer| *answer = json!({ "active": true }), 403),
        (|answer| answer["aud"] = json!("other"), 403),
        (|answer| answer["client_id"] = json!("other"), 401),
        (|answer| answer["token_type"] = json!("refresh_token"), 403),
        (|answer| answer["cnf"] = json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" }), 403),
        (|answer| answer["iss"] = json!("https://other"), 403),
    ];
    for (index, (change, status)) in changes.into_iter().enumerate() {
        let token = scenario.okta.token().sign();
        scenario.okta.change_answer(&token, change);
        assert_eq!(scenario.api.status("/live", &token).await, status, "{index}");
        assert_eq!(scenario.api.status("/test", &token).await, 200, "{index}: the JWT itself is valid");
    }
}

#[actix_web::test]
async fn outage_closes_only_the_routes_that_ask() {
    let scenario = Scenario::start(IntrospectionMode::Opaque);
    let (known, other) = (scenario.okta.token().sign(), scenario.okta.token().sign());
    assert_eq!((scenario.api.status("/live", &known).await, scenario.status(&other).await), (200, 200));
    scenario.okta.go_down();
    let response = scenario.api.get("/live", &other).await;
    assert_eq!(crate::support::header(&response, "Retry-After"), Some("1"));
    assert_eq!((response.status().as_u16(), &*code(response).await), (503, "introspection_unavailable"));
    assert_eq!((scenario.status(&other).await, scenario.api.status("/live", &known).await), (200, 200));
    scenario.pass(seconds(10));
    assert_eq!((scenario.status(&known).await, scenario.api.status("/live", &known).await), (200, 503));
}

#[get("/pay")]
#[login_required]
async fn pay(user: AuthContext, okta: Data<Validator>) -> Result<HttpResponse, ValidateError> {
    okta.confirm_active(&user, seconds(10)).await?;
    Ok(HttpResponse::Ok().finish())
}

#[actix_web::test]
async fn handler_can_confirm_by_itself() {
    let okta = frozen().start();
    let builder = okta.validator_builder().status_mapping(StatusMapping::Rfc6750).introspection(okta.introspection());
    let validator = Data::new(builder.build().expect("a validator"));
    let api = Server::start_with(1, move |app| _ = app.app_data(validator.clone()).service(pay));
    let token = okta.token().sign();
    assert_eq!(api.status("/pay", &token).await, 200);
    okta.revoke(&token);
    okta.clock().advance(seconds(10));
    let response = api.get("/pay", &token).await;
    assert_eq!(response.status(), 401);
    let challenge = crate::support::header(&response, "WWW-Authenticate").expect("a challenge");
    assert!(challenge.contains(r#"error="invalid_token""#), "{challenge}");
    assert_eq!(code(response).await, "invalid_token");
    okta.go_down();
    let response = api.get("/pay", &okta.token().sign()).await;
    assert_eq!((response.status().as_u16(), &*code(response).await), (503, "introspection_unavailable"));
}

#[actix_web::test]
async fn caller_of_another_validator_is_not_confirmed() {
    let okta = frozen().start();
    let without = okta.validator();
    let with = okta.validator_builder().introspection(okta.introspection()).build().expect("a validator");
    let user = without.validate(&okta.token().sign()).await.expect("a valid token");
    // Its validator did not keep the token.
    assert!(with.confirm_active(&user, seconds(10)).await.is_err());
    assert!(without.confirm_active(&user, seconds(10)).await.is_err());
    let user = with.validate(&okta.token().sign()).await.expect("a valid token");
    assert!(with.confirm_active(&user, seconds(10)).await.is_ok());
    assert!(without.confirm_active(&user, seconds(10)).await.is_err());
    assert_eq!(okta.count(Endpoint::Introspect), 1);
}

#[actix_web::test]
async fn replaced_header_does_not_change_the_confirmed_token() {
    use actix_web::dev::Service;

    let okta = frozen().start();
    let validator = okta.validator_builder().introspection(okta.introspection()).build().expect("a validator");
    let (active, revoked) = (okta.token().sign(), okta.token().sign());
    okta.revoke(&revoked);
    let replacement = active.clone();
    let api = Server::start_with(1, move |app| {
        let replacement = replacement.clone();
        // The outer middleware has already authenticated the caller.
        let scope = web::scope("/scope")
            .wrap_fn(move |mut request, service| {
                let value = format!("Bearer {replacement}").parse().expect("a header");
                request.headers_mut().insert(AUTHORIZATION, value);
                service.call(request)
            })
            .wrap(LoginRequired::new());
        app.app_data(validator.clone()).service(scope.service(live));
    });
    assert_eq!(api.status("/scope/live", &revoked).await, 403);
    assert_eq!(okta.introspections(&active), 0);
}
