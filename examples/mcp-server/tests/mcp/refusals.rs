//! Requests that the server refuses, and those that could be mistaken for others.

use actix_web::http::header::{ACCEPT, AUTHORIZATION, WWW_AUTHENTICATE};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::support::{CLIENT_ID, McpServer, http};

impl McpServer {
    fn token(&self, scope: &str) -> String {
        self.okta.token().client(CLIENT_ID).user("ada@example.com").scope(scope).sign()
    }

    fn request(&self, method: Method, token: Option<&str>, body: impl Into<reqwest::Body>) -> RequestBuilder {
        let mut request = http().request(method, &self.url).body(body);
        request = request.header(ACCEPT.as_str(), "application/json, text/event-stream");
        request = request.header("Content-Type", "application/json");
        if let Some(token) = token {
            request = request.header(AUTHORIZATION.as_str(), format!("Bearer {token}"));
        }
        request
    }

    async fn send(&self, method: Method, token: Option<&str>, body: impl Into<reqwest::Body>) -> Response {
        self.request(method, token, body).send().await.expect("a response")
    }

    async fn post(&self, token: Option<&str>, body: impl Into<reqwest::Body>) -> Response {
        self.send(Method::POST, token, body).await
    }
}

fn call(tool: &str) -> Value {
    let params = json!({ "name": tool, "arguments": { "item": "tea" } });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })
}

fn challenge(response: &Response) -> &str {
    response.headers()[WWW_AUTHENTICATE.as_str()].to_str().expect("text")
}

#[actix_web::test]
async fn no_token_gets_the_scope_of_the_endpoint() {
    let server = McpServer::start();
    let response = server.post(None, call("create_order").to_string()).await;
    assert_eq!(response.status(), 401);
    assert_eq!(challenge(&response), format!("Bearer scope=\"orders:read\", {}", server.resource_metadata()));
}

#[actix_web::test]
async fn token_for_another_audience_is_refused() {
    let server = McpServer::start();
    let token = server.okta.token().client(CLIENT_ID).scope("orders:read").audience("https://other.example/mcp").sign();
    let response = server.post(Some(&token), call("list_orders").to_string()).await;
    assert_eq!(response.status(), 401);
    assert!(challenge(&response).contains("error=\"invalid_token\""), "{response:?}");
}

#[actix_web::test]
async fn call_without_the_scope_of_the_tool_names_it() {
    let server = McpServer::start();
    let token = server.token("orders:read");
    let response = server.post(Some(&token), call("list_orders").to_string()).await;
    assert_eq!(response.status(), 200);
    let response = server.post(Some(&token), call("create_order").to_string()).await;
    assert_eq!(response.status(), 403);
    for parameter in ["error=\"insufficient_scope\"", "scope=\"orders:write\"", &server.resource_metadata()] {
        assert!(challenge(&response).contains(parameter), "{response:?}");
    }
}

#[actix_web::test]
async fn broader_scope_is_enough_for_every_tool() {
    let server = McpServer::start();
    let token = server.token("orders:write");
    for tool in ["list_orders", "create_order"] {
        let response = server.post(Some(&token), call(tool).to_string()).await;
        assert_eq!(response.status(), 200, "{tool}");
    }
}

#[actix_web::test]
async fn call_without_a_second_factor_names_all_that_it_needs() {
    let server = McpServer::start();
    let token = server.token("orders:read");
    let response = server.post(Some(&token), call("refund_order").to_string()).await;
    assert_eq!(response.status(), 401);
    for parameter in [
        "error=\"insufficient_user_authentication\"",
        "scope=\"orders:write\"",
        "acr_values=\"urn:okta:loa:2fa:any\"",
        "max_age=\"300\"",
        &server.resource_metadata(),
    ] {
        assert!(challenge(&response).contains(parameter), "{response:?}");
    }
}

#[actix_web::test]
async fn message_that_names_no_known_tool_is_not_a_call() {
    let server = McpServer::start();
    let token = server.token("orders:read");
    let create = call("create_order").to_string();
    let twice = |member: &str, first: &str, second: &str| {
        create.replace(
            &format!("\"{member}\":\"{second}\""),
            &format!("\"{member}\":\"{first}\",\"{member}\":\"{second}\""),
        )
    };
    let requests = [
        ("an unknown tool", call("delete_order").to_string(), 403),
        ("another spelling", call("Create_Order").to_string(), 403),
        ("a batch", json!([call("list_orders"), call("create_order")]).to_string(), 400),
        // Not a call for the SDK, which answers that it has no such method.
        ("two names", twice("name", "list_orders", "create_order"), 200),
        ("two methods", twice("method", "ping", "tools/call"), 400),
        ("not JSON", create[1..].to_owned(), 400),
        ("nothing", String::new(), 400),
        ("too large", create.replace("tea", &"tea ".repeat(20_000)), 413),
    ];
    for (name, body, status) in requests {
        let response = server.post(Some(&token), body).await;
        assert_eq!(response.status(), status, "{name}");
        let body = response.text().await.expect("text");
        assert!(!body.contains("order"), "{name}: {body}");
    }
}

#[actix_web::test]
async fn other_methods_need_a_token_and_call_nothing() {
    let server = McpServer::start();
    for method in [Method::GET, Method::DELETE, Method::PUT, Method::OPTIONS] {
        let response = server.send(method.clone(), None, call("list_orders").to_string()).await;
        assert_eq!(response.status(), 401, "{method}");
        let token = server.token("orders:read");
        let response = server.send(method.clone(), Some(&token), call("list_orders").to_string()).await;
        assert_eq!(response.status(), 405, "{method}");
    }
}

#[actix_web::test]
async fn pages_of_other_origins_are_refused() {
    let server = McpServer::start();
    let token = server.token("orders:read");
    let own = server.url.trim_end_matches("/mcp");
    for (origin, status) in [
        (own, 200),
        ("https://evil.example", 403),
        ("null", 403),
        ("not an origin", 403),
        ("http://127.0.0.1:1", 403),
        (&own.replace("http", "https"), 403),
    ] {
        let request = server.request(Method::POST, Some(&token), call("list_orders").to_string());
        let response = request.header("Origin", origin).send().await.expect("a response");
        assert_eq!(response.status(), status, "{origin}");
    }
}
