//! actix-extensible-rate-limit: by address outside of `LoginRequired`, by caller inside.

use std::time::Duration;

use actix_extensible_rate_limit::RateLimiter;
use actix_extensible_rate_limit::backend::memory::InMemoryBackend;
use actix_extensible_rate_limit::backend::{SimpleInputFunctionBuilder, SimpleOutput};
use actix_web::dev::ServiceRequest;
use actix_web::error::ErrorInternalServerError;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, Responder, get};
use okta_auth::{AuthContext, LoginRequired};
use okta_auth_testing::MockOkta;

use crate::support::{get, get_anonymously, header};

const MINUTE: Duration = Duration::from_secs(60);

#[get("/orders")]
async fn orders(user: AuthContext) -> impl Responder {
    format!("orders of {}", user.subject())
}

fn backend() -> InMemoryBackend {
    InMemoryBackend::builder().with_gc_interval(None).build()
}

/// The key of the caller whom `LoginRequired` has admitted. A subject is unique only within its issuer.
fn caller_key(_: &ServiceRequest) -> Result<String, actix_web::Error> {
    let caller =
        AuthContext::current().ok_or_else(|| ErrorInternalServerError("no LoginRequired around the limiter"))?;
    Ok(format!("{} {}", caller.issuer(), caller.subject()))
}

fn from(request: TestRequest, address: &str) -> actix_web::test::TestRequest {
    request.peer_addr(format!("{address}:4711").parse().expect("an address"))
}

#[actix_web::test]
async fn callers_have_their_own_limits() {
    let okta = MockOkta::start();
    let input = SimpleInputFunctionBuilder::new(MINUTE, 2).custom_fn(caller_key).build();
    let limiter = RateLimiter::<_, SimpleOutput, _>::builder(backend(), input).add_headers().build();
    let app = App::new().app_data(okta.validator()).wrap(limiter).wrap(LoginRequired::new()).service(orders);
    let app = init_service(app).await;
    // Requests without a token count for no caller.
    for _ in 0..3 {
        assert_eq!(call_service(&app, get_anonymously("/orders").to_request()).await.status(), 403);
    }
    let request = |user: &str| get("/orders", &okta.token().user(user).sign()).to_request();
    // Another token of the same caller has the same limit.
    let statuses = [
        call_service(&app, request("alice")).await.status().as_u16(),
        call_service(&app, request("alice")).await.status().as_u16(),
        call_service(&app, request("alice")).await.status().as_u16(),
        call_service(&app, request("bob")).await.status().as_u16(),
    ];
    assert_eq!(statuses, [200, 200, 429, 200]);
    let limited = call_service(&app, request("alice")).await;
    assert_eq!(header(&limited, "x-ratelimit-limit"), Some("2"));
}

#[actix_web::test]
async fn limiter_of_callers_outside_of_login_fails_closed() {
    let okta = MockOkta::start();
    let input = SimpleInputFunctionBuilder::new(MINUTE, 2).custom_fn(caller_key).build();
    let limiter = RateLimiter::builder(backend(), input).build();
    let app = App::new().app_data(okta.validator()).wrap(LoginRequired::new()).wrap(limiter).service(orders);
    let app = init_service(app).await;
    let response = call_service(&app, get("/orders", &okta.token().sign()).to_request()).await;
    assert_eq!(response.status(), 500);
}

#[actix_web::test]
async fn outer_limiter_stops_a_flood_of_bad_tokens() {
    let okta = MockOkta::start();
    let input = SimpleInputFunctionBuilder::new(MINUTE, 2).peer_ip_key().build();
    let limiter = RateLimiter::builder(backend(), input).build();
    let app = App::new().app_data(okta.validator()).wrap(LoginRequired::new()).wrap(limiter).service(orders);
    let app = init_service(app).await;
    let mut statuses = Vec::new();
    for number in 0..4 {
        let request = from(get("/orders", &format!("guess-{number}")), "192.0.2.1");
        statuses.push(call_service(&app, request.to_request()).await.status().as_u16());
    }
    assert_eq!(statuses, [403, 403, 429, 429]);
    let elsewhere = from(get("/orders", &okta.token().sign()), "192.0.2.2");
    assert_eq!(call_service(&app, elsewhere.to_request()).await.status(), 200);
}
