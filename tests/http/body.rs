//! The body of an unauthenticated request is never read.

use std::future::{Ready, ready};
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::dev::Payload;
use actix_web::web::{self, ServiceConfig};
use actix_web::{Error, FromRequest, HttpRequest, Responder, post};
use okta_auth::{AuthContext, login_required};
use okta_auth_testing::{Endpoint, Fault, MockOkta};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::Server;

/// The attribute below the route.
#[post("/below")]
#[login_required]
async fn below(body: web::Json<serde_json::Value>) -> impl Responder {
    body
}

/// The attribute above the route.
#[login_required]
#[post("/above")]
async fn above(body: web::Json<serde_json::Value>) -> impl Responder {
    body
}

/// Authenticated only by its argument, which is extracted together with the body.
#[post("/argument")]
async fn argument(_user: AuthContext, body: web::Json<serde_json::Value>) -> impl Responder {
    body
}

fn routes(app: &mut ServiceConfig) {
    app.service((below, above, argument));
}

/// The status line of the response to a POST whose body never ends.
async fn status_of_endless_post(server: &Server, path: &str, authorization: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).await.expect("a connection");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}Content-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\n5\r\n{{\"mes\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("a request");
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

#[actix_web::test]
async fn endless_body_does_not_delay_the_rejection() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), routes);
    for path in ["/below", "/above"] {
        assert_eq!(status_of_endless_post(&server, path, "").await, "HTTP/1.1 403", "{path}");
        let expired = format!("Authorization: Bearer {}\r\n", okta.token().expired().sign());
        assert_eq!(status_of_endless_post(&server, path, &expired).await, "HTTP/1.1 403", "{path}");
    }
}

#[actix_web::test]
async fn bad_body_without_a_token_is_403_while_keys_are_slow() {
    let okta = MockOkta::start();
    okta.fault(Fault::Hang.on(Endpoint::Keys));
    let server = Server::start(okta.validator(), routes);
    let waiting = server.request(Method::POST, "/below").bearer_auth(okta.token().sign()).json(&json!({})).send();
    let waiting = actix_web::rt::spawn(waiting);
    okta.wait_for_key_fetches(1).await;
    for path in ["/below", "/above"] {
        let response = server.request(Method::POST, path).body("not JSON").send().await.expect("an answer");
        assert_eq!(response.status(), 403, "{path}");
        assert_eq!(status_of_endless_post(&server, path, "").await, "HTTP/1.1 403", "{path}");
    }
    okta.clear_faults();
    okta.release();
    waiting.await.expect("the task").expect("an answer");
}

#[actix_web::test]
async fn body_of_an_authenticated_request_is_read() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), routes);
    for path in ["/below", "/above", "/argument"] {
        let request = |body: &'static str| {
            let request = server.request(Method::POST, path).header("Content-Type", "application/json");
            request.bearer_auth(okta.token().sign()).body(body).send()
        };
        assert_eq!(request("not JSON").await.expect("an answer").status(), 400, "{path}");
        let response = request(r#"{"message":"hi"}"#).await.expect("an answer");
        assert_eq!(response.text().await.expect("a body"), r#"{"message":"hi"}"#, "{path}");
    }
}

/// How often an argument was extracted and a handler ran.
#[derive(Default)]
struct Counts {
    extracted: AtomicUsize,
    handled: AtomicUsize,
}

impl Counts {
    fn read(&self) -> (usize, usize) {
        (self.extracted.load(Ordering::SeqCst), self.handled.load(Ordering::SeqCst))
    }
}

/// An argument whose extraction has a side effect.
struct Eager;

impl FromRequest for Eager {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let counts = request.app_data::<web::Data<Counts>>().expect("counts");
        counts.extracted.fetch_add(1, Ordering::SeqCst);
        ready(Ok(Self))
    }
}

type Body = web::Json<serde_json::Value>;

#[post("/protected")]
#[login_required]
async fn protected(counts: web::Data<Counts>, _body: Body, _eager: Eager, _caller: AuthContext) -> impl Responder {
    counts.handled.fetch_add(1, Ordering::SeqCst);
    "in"
}

#[post("/unprotected")]
async fn unprotected(counts: web::Data<Counts>, _body: Body, _eager: Eager, _caller: AuthContext) -> impl Responder {
    counts.handled.fetch_add(1, Ordering::SeqCst);
    "in"
}

fn server_with(counts: &web::Data<Counts>, okta: &MockOkta) -> Server {
    let (counts, validator) = (counts.clone(), okta.validator());
    Server::start_with(1, move |app| {
        app.app_data(validator.clone()).app_data(counts.clone()).service((protected, unprotected));
    })
}

/// The statuses of a POST without a token: with a body of JSON, and with one that is not declared as JSON.
async fn anonymous_statuses(server: &Server, path: &str) -> [u16; 2] {
    let status = async |content_type: &str| {
        let request = server.request(Method::POST, path).header("Content-Type", content_type).body("{}");
        request.send().await.expect("an answer").status().as_u16()
    };
    [status("application/json").await, status("text/plain").await]
}

#[actix_web::test]
async fn attribute_rejects_before_arguments_are_extracted() {
    let (okta, counts) = (MockOkta::start(), web::Data::new(Counts::default()));
    let server = server_with(&counts, &okta);
    assert_eq!(anonymous_statuses(&server, "/protected").await, [403, 403]);
    assert_eq!(counts.read(), (0, 0));
    let request = server.request(Method::POST, "/protected").bearer_auth(okta.token().sign()).json(&json!({}));
    assert_eq!(request.send().await.expect("an answer").status(), 200);
    assert_eq!(counts.read(), (1, 1));
}

#[actix_web::test]
async fn argument_protects_the_handler_not_other_arguments() {
    let (okta, counts) = (MockOkta::start(), web::Data::new(Counts::default()));
    let server = server_with(&counts, &okta);
    assert_eq!(anonymous_statuses(&server, "/unprotected").await, [403, 400]);
    assert_eq!(counts.read(), (2, 0));
    let request = server.request(Method::POST, "/unprotected").bearer_auth(okta.token().sign()).json(&json!({}));
    assert_eq!(request.send().await.expect("an answer").status(), 200);
    assert_eq!(counts.read(), (3, 1));
}
