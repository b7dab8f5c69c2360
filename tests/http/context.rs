//! `AuthContext::current`, the equivalent of Flask's `g`.

use actix_web::dev::Payload;
use actix_web::test::TestRequest;
use actix_web::web::ServiceConfig;
use actix_web::{FromRequest, HttpRequest, Responder, get, web};
use okta_auth::{AuthContext, LoginRequired, Validator, login_required};
use okta_auth_testing::{MockOkta, TestClock};
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use crate::support::Server;

fn current() -> String {
    AuthContext::current().map_or_else(|| "none".to_owned(), |user| user.user().to_owned())
}

/// Extracts the current caller.
struct CurrentCaller(String);

impl FromRequest for CurrentCaller {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(current())))
    }
}

#[get("/handler")]
#[login_required]
async fn handler(extracted: CurrentCaller) -> impl Responder {
    let spawned = actix_web::rt::spawn(async { current() }).await.expect("the task");
    let blocking = web::block(current).await.expect("the pool");
    format!("{} {} {spawned} {blocking}", extracted.0, current())
}

#[get("/open")]
async fn open() -> impl Responder {
    current()
}

fn routes(app: &mut ServiceConfig) {
    app.service((handler, open)).service(web::scope("/in").wrap(LoginRequired::new()).service(open));
}

#[actix_web::test]
async fn current_is_set_only_below_attribute_and_middleware() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), routes);
    let token = okta.token().user("alice").sign();
    let text = |path: &'static str| async { server.get(path, &token).await.text().await.expect("a body") };
    assert_eq!(text("/handler").await, "alice alice none none");
    assert_eq!(text("/open").await, "none");
    assert_eq!(text("/in/open").await, "alice");
    assert_eq!(text("/open").await, "none");
}

/// Extracts the caller of this request, and of another request without a token.
struct Callers(Option<String>, Option<String>);

impl FromRequest for Callers {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let validator = request.app_data::<Validator>().expect("a validator").clone();
            let other = TestRequest::default().app_data(validator).to_http_request();
            Ok(Self(caller_of(&request).await, caller_of(&other).await))
        })
    }
}

async fn caller_of(request: &HttpRequest) -> Option<String> {
    AuthContext::extract(request).await.ok().map(|user| user.user().to_owned())
}

/// The handler advances the clock by two hours.
#[get("/callers")]
#[login_required]
async fn callers(Callers(own, other): Callers, request: HttpRequest, clock: web::Data<TestClock>) -> impl Responder {
    clock.advance(Duration::from_secs(2 * 3600));
    format!("{own:?} {other:?} {:?} {}", caller_of(&request).await, current())
}

#[actix_web::test]
async fn caller_belongs_to_one_request_and_expires_with_its_token() {
    let okta = MockOkta::builder().clock(TestClock::frozen_at(SystemTime::now())).start();
    let (validator, clock) = (okta.validator(), web::Data::new(okta.clock().clone()));
    let server = Server::start_with(1, move |app| {
        app.app_data(validator.clone()).app_data(clock.clone()).service(callers);
    });
    let token = okta.token().user("alice").expires_in(Duration::from_secs(3600)).sign();
    // The first request verifies the token. The second finds it in the cache.
    for _ in 0..2 {
        let answer = server.get("/callers", &token).await.text().await.expect("a body");
        assert_eq!(answer, r#"Some("alice") None None alice"#);
        okta.clock().rewind(Duration::from_secs(2 * 3600));
    }
}
