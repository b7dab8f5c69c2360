//! `AuthContext::current`, as with Flask's `g`.

use actix_web::dev::Payload;
use actix_web::web::ServiceConfig;
use actix_web::{FromRequest, HttpRequest, Responder, get, web};
use okta_auth::{AuthContext, LoginRequired, login_required};
use okta_auth_testing::MockOkta;
use std::future::{Ready, ready};

use crate::support::Server;

fn current() -> String {
    AuthContext::current().map_or_else(|| "nobody".to_owned(), |user| user.user().to_owned())
}

/// An extractor that asks for the caller.
struct Asked(String);

impl FromRequest for Asked {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(current())))
    }
}

#[get("/handler")]
#[login_required]
async fn handler(asked: Asked) -> impl Responder {
    let spawned = actix_web::rt::spawn(async { current() }).await.expect("the task");
    let blocking = web::block(current).await.expect("the pool");
    format!("{} {} {spawned} {blocking}", asked.0, current())
}

#[get("/open")]
async fn open() -> impl Responder {
    current()
}

fn routes(app: &mut ServiceConfig) {
    app.service((handler, open)).service(web::scope("/in").wrap(LoginRequired::new()).service(open));
}

#[actix_web::test]
async fn it_is_the_caller_below_the_attribute_and_the_middleware_and_nobody_elsewhere() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), routes);
    let token = okta.token().user("alice").sign();
    let text = |path: &'static str| async { server.get(path, &token).await.text().await.expect("a body") };
    assert_eq!(text("/handler").await, "alice alice nobody nobody");
    assert_eq!(text("/open").await, "nobody");
    assert_eq!(text("/in/open").await, "alice");
    assert_eq!(text("/open").await, "nobody");
}
