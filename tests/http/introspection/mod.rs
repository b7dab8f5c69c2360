//! Introspection (RFC 7662): which tokens the authorization server is asked about, and the effect of its answers.

mod active_within;
mod answers;
mod calls;
mod faults;
mod not_configured;

use std::time::{Duration, SystemTime};

use actix_web::web::{self, Json, ServiceConfig};
use actix_web::{HttpResponse, Responder, get};
use okta_auth::config::{IntrospectionMode, ValidatorBuilder};
use okta_auth::keys::{IntrospectionStatus, KeySettings};
use okta_auth::{AuthContext, LoginRequired, Validator, login_required};
use okta_auth_testing::{Endpoint, MockOkta, MockOktaBuilder, TestClock};
use serde_json::json;

use crate::support::{Server, with_rules};

#[get("/test")]
#[login_required]
async fn test(user: AuthContext) -> impl Responder {
    let scopes: Vec<&str> = user.scopes().collect();
    Json(json!({
        "user": user.user(), "user_id": user.user_id(), "client": user.client_id(), "scopes": scopes,
        "tier": user.claim::<String>("tier").ok(),
    }))
}

#[get("/live")]
#[login_required(active_within = 10)]
async fn live() -> impl Responder {
    HttpResponse::Ok()
}

#[get("/live-orders")]
#[login_required(active_within = 10, scope("orders:read"))]
async fn live_orders() -> impl Responder {
    HttpResponse::Ok()
}

#[get("/now")]
#[login_required(active_within = 0)]
async fn now() -> impl Responder {
    HttpResponse::Ok()
}

fn routes(app: &mut ServiceConfig) {
    let behind = web::scope("/behind").wrap(LoginRequired::new().active_within(seconds(10)));
    app.service((test, live, live_orders, now)).service(behind.route("", web::get().to(HttpResponse::Ok)));
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A provider, and an API that asks it about tokens. Both have a frozen clock.
struct Scenario {
    okta: MockOkta,
    validator: Validator,
    api: Server,
}

impl Scenario {
    fn start(mode: IntrospectionMode) -> Self {
        Self::of(frozen(), |okta| okta.validator_builder().introspection(okta.introspection().mode(mode)))
    }

    /// The API of the validator that `configure` makes.
    fn of(okta: MockOktaBuilder, configure: impl FnOnce(&MockOkta) -> ValidatorBuilder) -> Self {
        let okta = okta.start();
        let validator = with_rules(configure(&okta)).build().expect("a validator");
        let api = Server::start(validator.clone(), routes);
        Self { okta, validator, api }
    }

    async fn status(&self, token: &str) -> u16 {
        self.api.status("/test", token).await
    }

    /// The status of a route, and the rule that rejects the request.
    async fn verdict(&self, path: &str, token: &str) -> (u16, String) {
        let response = self.api.get(path, token).await;
        (response.status().as_u16(), crate::support::rule(&response).to_owned())
    }

    fn calls(&self) -> usize {
        self.okta.count(Endpoint::Introspect)
    }

    fn pass(&self, time: Duration) -> &Self {
        self.okta.clock().advance(time);
        self
    }

    /// The state of the endpoint.
    fn endpoint(&self) -> IntrospectionStatus {
        self.validator.status()[0].introspection().expect("introspection").clone()
    }
}

fn frozen() -> MockOktaBuilder {
    MockOkta::builder().clock(TestClock::frozen_at(SystemTime::now()))
}

/// Without jitter, so that the time of the next call is known.
fn exact(builder: ValidatorBuilder) -> ValidatorBuilder {
    builder.key_settings(KeySettings::default().jitter(0.0))
}
