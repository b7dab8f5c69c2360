//! The body of an unauthenticated request is never read.

use actix_web::web::{self, ServiceConfig};
use actix_web::{Responder, post};
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
