//! Every fault of an introspection endpoint, and its effect on the API.

use futures_util::future::join_all;
use okta_auth_testing::{Fault, Injection};

use super::*;
use crate::support::{self, Outage, code, header};

fn outages() -> Vec<Outage> {
    support::outages([
        (Fault::oauth_error(400, "invalid_client"), "rejects our credentials (status 400"),
        (Fault::oauth_error(400, "unauthorized_client"), "rejects our credentials (status 400"),
        (Fault::oauth_error(400, "unsupported_grant_type"), "rejects our credentials (status 400"),
        (Fault::oauth_error(401, "invalid_client"), "rejects our credentials (status 401"),
        (Fault::Status(403), "rejects our credentials (status 403"),
        (Fault::EmptyKeySet, "did not answer with"),
        (Fault::Body(r#"{"active":"true"}"#.into()), "did not answer with"),
        (Fault::Body(r#"{"active":null}"#.into()), "did not answer with"),
    ])
}

/// An API with this mode, for a test in which this fault occurs. Only a silent endpoint needs a short time-out.
fn start_for(mode: IntrospectionMode, fault: &Fault) -> Scenario {
    let is_silent = matches!(fault, Fault::Hang | Fault::SlowDrip { .. });
    let timeout = seconds(if is_silent { 3 } else { 100 });
    Scenario::of(frozen(), |okta| {
        let settings = KeySettings::default().fetch_timeout(timeout).wait(seconds(300)).jitter(0.0);
        okta.validator_builder().key_settings(settings).introspection(okta.introspection().mode(mode))
    })
}

fn on_endpoint(fault: &Fault) -> Injection {
    fault.clone().on(Endpoint::Introspect)
}

#[actix_web::test]
async fn every_fault_is_a_503_and_one_call() {
    for mode in [IntrospectionMode::Opaque, IntrospectionMode::Always] {
        join_all(outages().into_iter().map(|Outage { fault, wait, cause }| async move {
            let scenario = start_for(mode, &fault);
            let (known, token) = (scenario.okta.token().opaque(), scenario.okta.token().opaque());
            assert_eq!(scenario.status(&known).await, 200);
            scenario.okta.fault(on_endpoint(&fault));
            let response = scenario.api.get("/test", &token).await;
            assert_eq!(response.status(), 503, "{fault:?}");
            assert_eq!(header(&response, "Retry-After"), Some(&*wait.as_secs().to_string()), "{fault:?}");
            assert_eq!(code(response).await, "introspection_unavailable", "{fault:?}");
            for _ in 0..5 {
                let other = scenario.okta.token().opaque();
                assert_eq!((scenario.status(&token).await, scenario.status(&other).await), (503, 503), "{fault:?}");
                assert_eq!(scenario.status(&known).await, 200, "{fault:?}: remembered answers are served");
            }
            assert_eq!(scenario.calls(), 2, "{fault:?}: the back-off holds the others back");
            let endpoint = scenario.endpoint();
            let error = endpoint.last_error().expect("an error").to_string();
            assert!(error.contains(cause), "{fault:?}: {error}");
            assert_eq!((endpoint.usable(), endpoint.next_attempt()), (false, wait), "{fault:?}");
            let usable = scenario.validator.status()[0].usable();
            assert!(!usable, "{fault:?}: there are no keys, or they do not matter");

            scenario.okta.clear_faults();
            scenario.pass(wait);
            assert_eq!(scenario.status(&token).await, 200, "{fault:?}: over");
            assert_eq!((scenario.calls(), scenario.endpoint().last_error()), (3, None), "{fault:?}");
            assert_eq!(scenario.validator.status()[0].usable(), mode == IntrospectionMode::Always);
        }))
        .await;
    }
}

#[actix_web::test]
async fn every_fault_closes_the_routes_that_ask_and_no_others() {
    join_all(outages().into_iter().map(|Outage { fault, .. }| async move {
        let scenario = start_for(IntrospectionMode::Opaque, &fault);
        let token = scenario.okta.token().sign();
        scenario.okta.fault(on_endpoint(&fault));
        assert_eq!(scenario.api.status("/live", &token).await, 503, "{fault:?}");
        assert_eq!((scenario.status(&token).await, scenario.calls()), (200, 1), "{fault:?}");
    }))
    .await;
}

#[actix_web::test]
async fn every_other_400_is_about_the_token() {
    for error in ["invalid_request", "invalid_token", "unsupported_token_type", "Invalid_Client", ""] {
        let scenario = Scenario::start(IntrospectionMode::Opaque);
        let (unreadable, other) = (scenario.okta.token().opaque(), scenario.okta.token().opaque());
        scenario.okta.answer_with(&unreadable, 400, json!({ "error": error }).to_string());
        for _ in 0..5 {
            assert_eq!(scenario.verdict("/test", &unreadable).await, (403, "rejected_by_endpoint".into()), "{error}");
        }
        assert_eq!((scenario.status(&other).await, scenario.calls()), (200, 2), "{error}: no back-off");
        assert!(scenario.endpoint().last_error().is_none());
    }
    let scenario = Scenario::start(IntrospectionMode::Opaque);
    for (calls, body) in (1..).zip(["", "<html>", "{", "[]", &"x".repeat(2 * 1024 * 1024)]) {
        let token = scenario.okta.token().opaque();
        scenario.okta.answer_with(&token, 400, body);
        assert_eq!(scenario.verdict("/test", &token).await, (403, "rejected_by_endpoint".into()));
        assert_eq!(scenario.calls(), calls);
    }
}

#[actix_web::test]
async fn metadata_that_cannot_be_read_is_an_outage() {
    let scenario = Scenario::of(frozen(), |okta| exact(okta.validator_builder()).introspection(okta.introspection()));
    for metadata in [Endpoint::OpenIdConfiguration, Endpoint::OAuthMetadata, Endpoint::OAuthMetadataInserted] {
        scenario.okta.fault(Fault::Status(500).on(metadata));
    }
    let token = scenario.okta.token().opaque();
    assert_eq!((scenario.status(&token).await, scenario.calls()), (503, 0));
    scenario.okta.clear_faults();
    scenario.pass(seconds(1));
    assert_eq!((scenario.status(&token).await, scenario.calls()), (200, 1));
}

#[actix_web::test]
async fn metadata_that_one_call_waits_for_does_not_hold_up_the_others() {
    let scenario = start_for(IntrospectionMode::Opaque, &Fault::Hang);
    scenario.okta.fault(Fault::Hang.on(Endpoint::OpenIdConfiguration).times(1));
    let tokens: Vec<_> = (0..10).map(|_| scenario.okta.token().opaque()).collect();
    let mut statuses = join_all(tokens.iter().map(|token| scenario.status(token))).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [&[200; 9][..], &[503]].concat());
}

#[actix_web::test]
async fn back_off_grows_until_the_endpoint_answers() {
    let scenario = Scenario::of(frozen(), |okta| exact(okta.validator_builder()).introspection(okta.introspection()));
    let token = scenario.okta.token().opaque();
    assert_eq!(scenario.status(&scenario.okta.token().opaque()).await, 200);
    scenario.okta.fault(Fault::Status(500).on(Endpoint::Introspect));
    for (calls, wait) in (2..).zip([1, 2, 4, 5, 5]) {
        let response = scenario.api.get("/test", &token).await;
        assert_eq!(header(&response, "Retry-After"), Some(&*wait.to_string()));
        assert_eq!(scenario.calls(), calls);
        scenario.pass(seconds(wait) - Duration::from_millis(1));
        assert_eq!((scenario.status(&token).await, scenario.calls()), (503, calls));
        scenario.pass(Duration::from_millis(1));
    }
    scenario.okta.clear_faults();
    assert_eq!(scenario.status(&token).await, 200);
}

#[actix_web::test]
async fn thousand_unknown_tokens_lock_out_no_known_caller() {
    let scenario = start_for(IntrospectionMode::Opaque, &Fault::Garbage);
    let known: Vec<String> = (0..20).map(|_| scenario.okta.token().opaque()).collect();
    for token in &known {
        assert_eq!(scenario.status(token).await, 200);
    }
    scenario.okta.fault(Fault::Hang.on(Endpoint::Introspect));
    let unknown = join_all((0..1_000).map(|number| {
        let scenario = &scenario;
        async move { scenario.status(&format!("unknown-{number}")).await }
    }));
    let served = async {
        while scenario.endpoint().in_flight() + scenario.endpoint().waiting() < 1_000 {
            tokio::task::yield_now().await;
        }
        scenario.okta.wait_for(Endpoint::Introspect, 20 + 64).await;
        assert_eq!((scenario.endpoint().in_flight(), scenario.endpoint().waiting()), (64, 936));
        for token in &known {
            assert_eq!(scenario.status(token).await, 200);
        }
        assert_eq!(scenario.calls(), 20 + 64);
        scenario.okta.clear_faults();
        scenario.okta.release();
    };
    let (unknown, ()) = futures_util::join!(unknown, served);
    assert!(unknown.into_iter().all(|status| status == 403));
    assert_eq!(scenario.calls(), 1_020, "each token is asked about once");
}
