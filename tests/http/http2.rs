//! HTTP/2 without TLS, with prior knowledge: the same decisions as over HTTP/1.1.

use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web;
use actix_web::{App, HttpServer, Responder, post};
use okta_auth::{LoginRequired, Validator, login_required};
use okta_auth_testing::MockOkta;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use reqwest::{Client, Version};

use crate::support::code;

#[post("/attribute")]
#[login_required]
async fn below_the_attribute(body: String) -> impl Responder {
    body
}

async fn below_the_middleware(body: String) -> impl Responder {
    body
}

struct Http2Server {
    origin: String,
    client: Client,
    handle: ServerHandle,
}

impl Http2Server {
    fn start(validator: Validator) -> Self {
        let server = HttpServer::new(move || {
            let scope = web::scope("/middleware").wrap(LoginRequired::new());
            let scope = scope.route("", web::post().to(below_the_middleware));
            App::new().app_data(validator.clone()).service((below_the_attribute, scope))
        });
        let server = server.workers(1).bind_auto_h2c(("127.0.0.1", 0)).expect("a free port");
        let origin = format!("http://{}", server.addrs()[0]);
        let server = server.disable_signals().run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let client = Client::builder().http2_prior_knowledge().build().expect("a client");
        Self { origin, client, handle }
    }

    async fn post(&self, path: &str, authorization: &[String]) -> reqwest::Response {
        let mut headers = HeaderMap::new();
        for value in authorization {
            headers.append(AUTHORIZATION, value.parse().expect("a header value"));
        }
        let request = self.client.post(format!("{}{path}", self.origin)).headers(headers).body("hello");
        let response = request.timeout(Duration::from_secs(60)).send().await.expect("an answer");
        assert_eq!(response.version(), Version::HTTP_2);
        response
    }
}

impl Drop for Http2Server {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

#[actix_web::test]
async fn http2_requests_get_the_same_decisions() {
    let okta = MockOkta::start();
    let server = Http2Server::start(okta.validator());
    let valid = format!("Bearer {}", okta.token().sign());
    let expired = format!("Bearer {}", okta.token().expired().sign());
    for path in ["/attribute", "/middleware"] {
        let response = server.post(path, std::slice::from_ref(&valid)).await;
        assert_eq!(
            (response.status().as_u16(), response.text().await.expect("a body")),
            (200, "hello".into()),
            "{path}"
        );
        for (authorization, expected) in [
            (vec![], "missing_token"),
            (vec![expired.clone()], "token_expired"),
            (vec![valid.clone(), valid.clone()], "malformed_credentials"),
            (vec![valid.clone(), expired.clone()], "malformed_credentials"),
            (vec![format!("{valid}, {valid}")], "malformed_credentials"),
        ] {
            let response = server.post(path, &authorization).await;
            assert_eq!(response.status(), 403, "{path} {authorization:?}");
            assert_eq!(code(response).await, expected, "{path} {authorization:?}");
        }
    }
}

#[actix_web::test]
async fn streams_of_one_connection_have_their_own_callers() {
    let okta = MockOkta::start();
    let server = Http2Server::start(okta.validator());
    let valid = format!("Bearer {}", okta.token().sign());
    let requests = (0..40).map(|index| {
        let authorization = if index % 2 == 0 { vec![valid.clone()] } else { Vec::new() };
        let server = &server;
        async move { server.post("/attribute", &authorization).await.status().as_u16() }
    });
    let statuses = futures_util::future::join_all(requests).await;
    let expected: Vec<u16> = (0..40).map(|index| if index % 2 == 0 { 200 } else { 403 }).collect();
    assert_eq!(statuses, expected);
}
