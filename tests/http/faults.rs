//! Every fault of an identity provider, and its effect on the API.

use std::time::{Duration, SystemTime};

use actix_web::web::ServiceConfig;
use actix_web::{Responder, get};
use futures_util::future::join_all;
use okta_auth::{Validator, keys::KeySettings, login_required};
use okta_auth_testing::{Endpoint, Fault, Injection, MockOkta, TestClock};

use crate::support::{self, Outage, Server, code, header};

#[get("/test")]
#[login_required]
async fn test() -> impl Responder {
    "in"
}

fn outages() -> Vec<Outage> {
    support::outages([
        (Fault::Status(400), "status 400"),
        (Fault::EmptyKeySet, "no usable key"),
        (Fault::Body(r#"{"keys":[{"kty":"oct","k":"AAAA","kid":"x"}]}"#.into()), "no usable key"),
    ])
}

/// A provider and an API that trusts it, with a frozen clock. Keys without `Cache-Control` are fresh for 5 minutes.
struct Scenario {
    okta: MockOkta,
    validator: Validator,
    api: Server,
}

impl Scenario {
    fn start() -> Self {
        Self::start_for(&Fault::Garbage)
    }

    /// As [`start`](Self::start), for a test in which this fault occurs.
    fn start_for(fault: &Fault) -> Self {
        let okta = MockOkta::builder().clock(TestClock::frozen_at(SystemTime::now())).start();
        okta.no_cache_control();
        // In real time. A fetch ends only if the provider answers or the timeout is over, so only a provider that stays
        // silent needs a short one. Requests wait longer than that, so the fetch always ends first.
        let is_silent = matches!(fault, Fault::Hang | Fault::SlowDrip { .. });
        let fetch_timeout = Duration::from_secs(if is_silent { 5 } else { 100 });
        let wait = Duration::from_secs(300);
        let settings = KeySettings::default().fetch_timeout(fetch_timeout).wait(wait).jitter(0.0);
        let validator = okta.validator_builder().key_settings(settings).build().expect("a validator");
        let api = Server::start(validator.clone(), |app: &mut ServiceConfig| _ = app.service(test));
        Self { okta, validator, api }
    }

    /// The status for a new token, signed with a key of the provider.
    async fn status_of_new_token(&self) -> u16 {
        self.api.status("/test", &self.okta.token().sign()).await
    }

    /// The status for an unknown key ID. Waits for the fetch in flight.
    async fn status_of_unknown_key(&self) -> u16 {
        self.api.status("/test", &self.okta.token().kid("unknown").sign()).await
    }

    /// Waits until a background refresh has replaced the set.
    async fn wait_for_refresh(&self) {
        while self.validator.status()[0].age() != Some(Duration::ZERO) {
            tokio::task::yield_now().await;
        }
    }

    fn last_error(&self) -> Option<String> {
        self.validator.status()[0].last_error().map(ToString::to_string)
    }
}

#[actix_web::test]
async fn every_fault_without_keys_is_a_503_and_one_fetch() {
    join_all(outages().into_iter().map(|Outage { fault, wait, cause }| async move {
        let scenario = Scenario::start_for(&fault);
        scenario.okta.fault(fault.clone().on(Endpoint::Keys));
        let response = scenario.api.get("/test", &scenario.okta.token().sign()).await;
        assert_eq!(response.status(), 503, "{fault:?}");
        assert_eq!(header(&response, "Retry-After"), Some(&*wait.as_secs().to_string()), "{fault:?}");
        assert_eq!(code(response).await, "keys_unavailable", "{fault:?}");
        for _ in 0..5 {
            assert_eq!(
                (scenario.status_of_new_token().await, scenario.status_of_unknown_key().await),
                (503, 503),
                "{fault:?}"
            );
        }
        assert_eq!(scenario.okta.key_fetches(), 1, "{fault:?}: the back-off holds the others back");
        let error = scenario.last_error().expect("an error");
        assert!(error.contains(cause), "{fault:?}: {error}");

        scenario.okta.clear_faults();
        scenario.okta.clock().advance(wait);
        assert_eq!(scenario.status_of_new_token().await, 200, "{fault:?}: over");
        assert_eq!((scenario.okta.key_fetches(), scenario.last_error()), (2, None), "{fault:?}");
    }))
    .await;
}

#[actix_web::test]
async fn known_keys_bridge_every_fault_for_an_hour() {
    join_all(outages().into_iter().map(|Outage { fault, wait, cause }| async move {
        let scenario = Scenario::start_for(&fault);
        let token = scenario.okta.token().expires_in(Duration::from_secs(24 * 3600)).sign();
        assert_eq!(scenario.api.status("/test", &token).await, 200);
        scenario.okta.fault(fault.clone().on(Endpoint::Keys));
        scenario.okta.clock().advance(Duration::from_secs(5 * 60));
        assert_eq!(
            (scenario.api.status("/test", &token).await, scenario.status_of_new_token().await),
            (200, 200),
            "{fault:?}"
        );
        assert_eq!(scenario.status_of_unknown_key().await, 503, "{fault:?}: whether the key exists now is unknown");
        assert_eq!(
            (scenario.api.status("/test", &token).await, scenario.status_of_new_token().await),
            (200, 200),
            "{fault:?}"
        );
        let status = &scenario.validator.status()[0];
        assert!(status.usable() && status.serving_stale(), "{fault:?}: {status:?}");
        let error = scenario.last_error().expect("an error");
        assert!(error.contains(cause), "{fault:?}: {error}");

        scenario.okta.clear_faults();
        scenario.okta.clock().advance(wait);
        assert_eq!(scenario.status_of_new_token().await, 200, "{fault:?}");
        assert_eq!(scenario.status_of_unknown_key().await, 403, "{fault:?}: the set is known again");
        let status = &scenario.validator.status()[0];
        assert!(!status.serving_stale() && status.last_error().is_none(), "{fault:?}: {status:?}");

        scenario.okta.fault(fault.clone());
        scenario.okta.clock().advance(Duration::from_secs(5 * 60 + 3600));
        assert_eq!(scenario.api.status("/test", &token).await, 503, "{fault:?}: too long");
    }))
    .await;
}

#[actix_web::test]
async fn fault_of_discovery_makes_keys_unavailable() {
    join_all(outages().into_iter().map(|Outage { fault, wait, .. }| async move {
        let scenario = Scenario::start_for(&fault);
        scenario.okta.fault(Injection::from(fault.clone()));
        assert_eq!(scenario.status_of_new_token().await, 503, "{fault:?}");
        assert_eq!(scenario.okta.key_fetches(), 0, "{fault:?}");
        assert!(scenario.last_error().is_some(), "{fault:?}");
        scenario.okta.clear_faults();
        scenario.okta.clock().advance(wait);
        assert_eq!(scenario.status_of_new_token().await, 200, "{fault:?}");
    }))
    .await;
}

#[actix_web::test]
async fn leeway_allows_one_minute_of_clock_skew() {
    let scenario = Scenario::start();
    let minute = Duration::from_secs(60);
    for (skew, status) in [(minute, 200), (minute + Duration::from_secs(1), 403)] {
        scenario.okta.run_ahead(skew);
        assert_eq!(scenario.status_of_new_token().await, status, "{skew:?} ahead");
    }
    let hour = Duration::from_secs(3600);
    for (skew, status) in [(hour + minute - Duration::from_secs(1), 200), (hour + minute, 403)] {
        scenario.okta.run_behind(skew);
        assert_eq!(scenario.status_of_new_token().await, status, "{skew:?} behind, with tokens of an hour");
    }
}

#[actix_web::test]
async fn cache_control_is_clamped_to_a_minute_and_an_hour() {
    let longest = "max-age=3293198, must-revalidate";
    for (script, fresh) in [
        (vec![longest], 3600),
        (vec!["no-store"], 60),
        (vec!["max-age=0"], 60),
        (vec!["max-age=600"], 600),
        (vec!["max-age=x"], 60),
        (vec!["public"], 300),
    ] {
        let scenario = Scenario::start();
        scenario.okta.cache_control_script(script.clone());
        assert_eq!(scenario.status_of_new_token().await, 200);
        let ahead = Duration::from_secs(fresh * 8 / 10);
        scenario.okta.clock().advance(ahead - Duration::from_secs(1));
        assert_eq!((scenario.status_of_new_token().await, scenario.okta.key_fetches()), (200, 1), "{script:?}");
        scenario.okta.clock().advance(Duration::from_secs(1));
        assert_eq!(scenario.status_of_new_token().await, 200, "{script:?}");
        scenario.okta.wait_for_key_fetches(2).await;
    }
}

#[actix_web::test]
async fn each_cache_control_applies_until_the_next() {
    let scenario = Scenario::start();
    scenario.okta.cache_control_script(["max-age=60", "max-age=600"]);
    assert_eq!(scenario.status_of_new_token().await, 200);
    for (seconds, fetches) in [(48, 2), (479, 2), (1, 3)] {
        scenario.okta.clock().advance(Duration::from_secs(seconds));
        assert_eq!(scenario.status_of_new_token().await, 200);
        scenario.okta.wait_for_key_fetches(fetches).await;
        assert_eq!(scenario.okta.key_fetches(), fetches);
        if seconds != 479 {
            scenario.wait_for_refresh().await;
        }
    }
}
