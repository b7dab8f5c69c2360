//! `server` keeps its documented contract.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use actix_web::web::Data;
use actix_web::{App, HttpServer};
use okta_auth::Issuer;
use okta_auth_testing::{Endpoint, Fault, MockOkta, ProofKey, client_cert_header};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::process::{Process, run};
use crate::redis_server::{DEADLINE, RedisServer, free_port};

/// The handlers of the example. Its variables configure only one issuer.
#[allow(dead_code)]
#[path = "../../examples/server.rs"]
mod example;

struct Server {
    _process: Process,
    origin: String,
    client: Client,
}

impl Server {
    fn start(okta: &MockOkta, more: &[(&str, &str)]) -> Self {
        // Finds a free port. Another process can take it before the server starts.
        let address =
            TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("an address").to_string();
        let variables = [
            ("OKTA_ISSUER", okta.issuer()),
            ("OKTA_CLIENT_ID", okta.client_id()),
            ("OKTA_AUDIENCE", okta.audience()),
            ("BIND_ADDR", &address),
            ("WORKERS", "2"),
        ];
        let mut process = Process::start("server", &[&variables, more].concat());
        process.read_until("listening on");
        let client = Client::builder().no_proxy().build().expect("a client");
        Self { _process: process, origin: format!("http://{address}"), client }
    }

    async fn get(&self, path: &str, token: Option<&str>) -> (u16, Value) {
        let request = self.client.get(format!("{}{path}", self.origin));
        let request = token.into_iter().fold(request, |request, token| request.bearer_auth(token));
        let response = request.send().await.expect("an answer");
        (response.status().as_u16(), response.json().await.expect("JSON"))
    }
}

#[actix_web::test]
async fn every_route_keeps_its_contract() {
    let okta = MockOkta::start();
    let server = Server::start(&okta, &[("OKTA_JWKS_URI", &okta.jwks_uri())]);
    let token = okta.token().user("alice@example.com").user_id("00u1").scope("openid").sign();
    let admin = okta.token().scope("orders:read").group("admins").sign();
    let service = okta.service_token().sign();
    let alice = json!({ "user_id": "00u1", "email": "alice@example.com" });
    assert_eq!(server.get("/test", Some(&token)).await, (200, alice.clone()));
    assert_eq!(server.get("/v2/test", Some(&token)).await, (200, alice));
    assert_eq!(server.get("/test", Some(&service)).await.1["user_id"], Value::Null);
    assert_eq!(server.get("/public", None).await, (200, json!({ "status": "ok" })));
    assert_eq!(server.get("/health", None).await, (200, json!({ "status": "ok" })));
    let metadata = server.client.get(format!("{}/.well-known/oauth-protected-resource", server.origin)).send();
    assert_eq!(metadata.await.expect("an answer").status(), 404, "no resource is set");
    assert_eq!(server.get("/maybe", None).await, (200, json!({ "user": null })));
    assert_eq!(server.get("/maybe", Some(&token)).await, (200, json!({ "user": "alice@example.com" })));
    assert_eq!(server.get("/orders", Some(&admin)).await, (200, json!({ "orders": [] })));
    assert_eq!(server.get("/admin", Some(&admin)).await, (200, json!({ "admin": true })));
    let strong = okta.token().acr("urn:okta:loa:2fa:any");
    let old = strong.clone().authenticated_ago(Duration::from_secs(400)).sign();
    assert_eq!(server.get("/payments", Some(&strong.sign())).await, (200, json!({ "payments": [] })));
    let foreign = okta.token().client("0oaforeign").sign();
    for (path, token, status, code) in [
        ("/test", None, 403, "missing_token"),
        ("/v2/test", None, 403, "missing_token"),
        ("/v2/nothing", None, 403, "missing_token"),
        ("/orders", Some(&token), 403, "insufficient_scope"),
        ("/admin", Some(&token), 403, "forbidden"),
        ("/payments", Some(&service), 401, "insufficient_user_authentication"),
        ("/payments", Some(&old), 401, "insufficient_user_authentication"),
        ("/test", Some(&foreign), 401, "client_not_allowed"),
    ] {
        let (found, problem) = server.get(path, token.map(String::as_str)).await;
        assert_eq!((found, problem["code"].as_str()), (status, Some(code)), "{path}");
    }
    let echo = |body: &'static str, token: Option<&str>| {
        let request = server.client.request(Method::POST, format!("{}/echo", server.origin));
        let request = request.header("Content-Type", "application/json").body(body);
        token.into_iter().fold(request, |request, token| request.bearer_auth(token)).send()
    };
    let response = echo(r#"{"message":"hi"}"#, Some(&token)).await.expect("an answer");
    assert_eq!(response.text().await.expect("a body"), r#"{"message":"hi"}"#);
    assert_eq!(echo("not JSON", Some(&token)).await.expect("an answer").status(), 400);
    assert_eq!(echo("not JSON", None).await.expect("an answer").status(), 403);
}

#[actix_web::test]
async fn metadata_of_the_resource_is_published() {
    let okta = MockOkta::start();
    for (resource, path) in [
        ("http://localhost:8080", "/.well-known/oauth-protected-resource"),
        ("https://api.example.com/orders", "/.well-known/oauth-protected-resource/orders"),
    ] {
        let server = Server::start(&okta, &[("OKTA_RESOURCE", resource), ("OKTA_STATUS_MAPPING", "rfc6750")]);
        let metadata = json!({
            "resource": resource,
            "authorization_servers": [okta.issuer()],
            "scopes_supported": ["orders:read"],
            "bearer_methods_supported": ["header"],
        });
        assert_eq!(server.get(path, None).await, (200, metadata));
        let response = server.client.get(format!("{}/orders", server.origin)).send().await.expect("an answer");
        let challenge = response.headers()["WWW-Authenticate"].to_str().expect("text");
        let origin = resource.trim_end_matches("/orders");
        assert_eq!(challenge, format!("Bearer scope=\"orders:read\", resource_metadata=\"{origin}{path}\""));
    }
}

/// This test takes the place of the proxy.
#[actix_web::test]
async fn token_that_is_bound_to_a_certificate_needs_it() {
    let okta = MockOkta::start();
    let token = okta.token().user("alice@example.com").bound_to_certificate("alice").sign();
    let [alice, mallory] = ["alice", "mallory"].map(client_cert_header);
    for (proxies, mapping, status, refused) in [
        ("127.0.0.1", "rfc6750", 200, 401),
        ("10.0.0.0/8, 127.0.0.0/8, ::1", "decorator", 200, 403),
        ("10.0.0.0/8", "rfc6750", 401, 401),
    ] {
        let server = Server::start(
            &okta,
            &[
                ("OKTA_CLIENT_CERT_HEADER", "Client-Cert"),
                ("OKTA_TRUSTED_PROXIES", proxies),
                ("OKTA_STATUS_MAPPING", mapping),
                ("OKTA_RESOURCE", "https://api.example.com"),
            ],
        );
        for (certificates, expected) in [
            (&[&*alice][..], status),
            (&[&mallory], refused),
            (&[&alice, &alice], refused),
            (&[alice.trim_matches(':')], refused),
            (&[], refused),
        ] {
            let request = server.client.get(format!("{}/test", server.origin)).bearer_auth(&token);
            let request = certificates.iter().fold(request, |request, value| request.header("Client-Cert", *value));
            assert_eq!(request.send().await.expect("an answer").status(), expected, "{proxies} {certificates:?}");
        }
        let metadata = server.get("/.well-known/oauth-protected-resource", None).await.1;
        assert_eq!(metadata["tls_client_certificate_bound_access_tokens"], true);
    }
}

#[actix_web::test]
async fn server_starts_while_the_authorization_server_is_down() {
    let okta = MockOkta::start();
    okta.go_down();
    let server = Server::start(&okta, &[("OKTA_STATUS_MAPPING", "rfc6750")]);
    assert_eq!(server.get("/public", None).await.0, 200);
    assert_eq!(server.get("/health", None).await.0, 503);
    assert_eq!(server.get("/test", Some(&okta.token().sign())).await.1["code"], "keys_unavailable");
    assert_eq!(server.get("/test", None).await.0, 401);
}

/// The status of `GET /test` with a proof.
async fn status_with_proof(server: &Server, token: &str, proof: &str) -> u16 {
    let request = server.client.get(format!("{}/test", server.origin)).header("Authorization", format!("DPoP {token}"));
    request.header("DPoP", proof).send().await.expect("an answer").status().as_u16()
}

const DPOP: [(&str, &str); 2] = [("OKTA_RESOURCE", "https://api.example.com"), ("OKTA_DPOP", "accept")];

#[actix_web::test]
async fn server_starts_while_the_store_is_down() {
    let okta = MockOkta::start();
    let store = ("OKTA_STORE_URL", &*format!("redis://127.0.0.1:{}", free_port()));
    let server = Server::start(&okta, &[&DPOP[..], &[store]].concat());
    let key = ProofKey::new();
    let token = okta.token().bound_to(&key).sign();
    let proof = || okta.proof(&key).method("GET").url("https://api.example.com/test").access_token(&token);
    assert_eq!(status_with_proof(&server, &token, &proof().sign()).await, 503);
    assert_eq!(status_with_proof(&server, &token, &proof().method("PUT").sign()).await, 401);
    assert_eq!(server.get("/test", Some(&okta.token().sign())).await.0, 200);
    assert_eq!(server.get("/health", None).await.0, 200, "the store does not count");
}

#[actix_web::test]
async fn two_servers_share_the_proofs_that_were_used() {
    let Some(redis) = RedisServer::start(&[]) else { return };
    let okta = MockOkta::start();
    let store = ("OKTA_STORE_URL", &*redis.url());
    let servers = [(); 2].map(|()| Server::start(&okta, &[&DPOP[..], &[store]].concat()));
    let key = ProofKey::new();
    let token = okta.token().bound_to(&key).sign();
    let proof = || okta.proof(&key).method("GET").url("https://api.example.com/test").access_token(&token).sign();
    // A proof of the second before the store came up is refused.
    let deadline = Instant::now() + DEADLINE;
    while status_with_proof(&servers[0], &token, &proof()).await != 200 {
        assert!(Instant::now() < deadline, "not accepted");
    }
    let used = proof();
    assert_eq!(status_with_proof(&servers[0], &token, &used).await, 200);
    assert_eq!(status_with_proof(&servers[1], &token, &used).await, 401);
    assert_eq!(status_with_proof(&servers[1], &token, &proof()).await, 200);
}

/// The variables of introspection with the client of the mock.
fn introspection<'v>(okta: &'v MockOkta, mode: &'v str) -> [(&'v str, &'v str); 3] {
    [
        ("OKTA_INTROSPECTION", mode),
        ("OKTA_INTROSPECTION_CLIENT_ID", okta.client_id()),
        ("OKTA_INTROSPECTION_CLIENT_SECRET", okta.client_secret()),
    ]
}

#[actix_web::test]
async fn live_asks_the_authorization_server() {
    let okta = MockOkta::start();
    // Each is another token, with its own `jti`.
    let token = || okta.token().user("alice@example.com").user_id("00u1");
    let (jwt, opaque) = (token().sign(), token().opaque());
    let (revoked, revoked_opaque) = (token().sign(), token().opaque());
    okta.revoke(&revoked);
    okta.revoke(&revoked_opaque);
    let alice = json!({ "user_id": "00u1", "email": "alice@example.com" });
    let active = (200, json!({ "active": true }));
    let refused = |(status, problem): (u16, Value)| {
        assert_eq!((status, problem["code"].as_str()), (403, Some("invalid_token")));
    };
    for uri in [None, Some(okta.introspection_endpoint())] {
        let uri = uri.as_ref().map(|uri| ("OKTA_INTROSPECTION_URI", uri.as_str()));
        let variables: Vec<_> = introspection(&okta, "opaque").into_iter().chain(uri).collect();
        let server = Server::start(&okta, &variables);
        assert_eq!(server.get("/test", Some(&opaque)).await, (200, alice.clone()));
        refused(server.get("/test", Some(&revoked_opaque)).await);
        assert_eq!(server.get("/test", Some(&revoked)).await.0, 200, "validated locally");
        assert_eq!(server.get("/live", Some(&jwt)).await, active);
        assert_eq!(server.get("/live", Some(&opaque)).await, active);
        refused(server.get("/live", Some(&revoked)).await);
        refused(server.get("/live", Some(&revoked_opaque)).await);
        assert_eq!(server.get("/live", None).await.1["code"], "missing_token");
    }
    for variables in [&[][..], &[("OKTA_INTROSPECTION", "off")]] {
        let server = Server::start(&okta, variables);
        let response = server.client.get(format!("{}/live", server.origin)).bearer_auth(&jwt).send().await;
        assert_eq!(response.expect("an answer").status(), 404, "{variables:?}");
    }
}

#[actix_web::test]
async fn org_authorization_server_validates_every_token() {
    let okta = MockOkta::builder().org_authorization_server().start();
    let org = okta.org_authorization_server();
    let server = Server::start(
        &okta,
        &[
            &introspection(&okta, "always")[..],
            &[("OKTA_ISSUER", org.issuer()), ("OKTA_AUDIENCE", org.audience()), ("OKTA_STATUS_MAPPING", "rfc6750")],
        ]
        .concat(),
    );
    let health = async || server.get("/health", None).await.0;
    let [token, other, revoked] = ["alice@example.com", "bob@example.com", "carol@example.com"]
        .map(|user| org.token().user(user).scope("orders:read").sign());
    okta.revoke(&revoked);
    assert_eq!(health().await, 200, "no call has failed");
    assert_eq!(server.get("/test", Some(&token)).await.1["email"], "alice@example.com");
    assert_eq!(server.get("/orders", Some(&token)).await.0, 200);
    assert_eq!(server.get("/live", Some(&token)).await, (200, json!({ "active": true })));
    let (status, problem) = server.get("/test", Some(&revoked)).await;
    assert_eq!((status, problem["code"].as_str()), (401, Some("invalid_token")));
    assert_eq!(health().await, 200);

    // The back-off is long, so that it is not over before the end of the test.
    let fault = Fault::TooManyRequests { retry_after: Some(Duration::from_secs(60)) };
    okta.fault(fault.on(Endpoint::Introspect));
    let (status, problem) = server.get("/test", Some(&other)).await;
    assert_eq!((status, problem["code"].as_str()), (503, Some("introspection_unavailable")));
    assert_eq!(health().await, 503);
    assert_eq!(server.get("/public", None).await.0, 200);
    assert_eq!(okta.key_fetches(), 0);
}

#[actix_web::test]
async fn readiness_needs_the_keys_of_one_issuer() {
    let (okta, other) = (MockOkta::start(), MockOkta::start());
    let trusted = || Issuer::new(other.issuer()).audience("api://other").any_client();
    let health = async || {
        let validator = Data::new(okta.validator_builder().add_issuer(trusted()).build().expect("a validator"));
        let server = HttpServer::new(move || App::new().app_data(validator.clone()).service(example::health));
        let server = server.workers(1).bind(("127.0.0.1", 0)).expect("a free port");
        let url = format!("http://{}/health", server.addrs()[0]);
        let server = server.disable_signals().run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let client = Client::builder().no_proxy().build().expect("a client");
        let status = client.get(url).send().await.expect("an answer").status().as_u16();
        handle.stop(false).await;
        status
    };
    assert_eq!(health().await, 200);
    other.go_down();
    assert_eq!(health().await, 200, "the other issuer works");
    okta.go_down();
    assert_eq!(health().await, 503);
}

#[test]
fn wrong_environment_is_reported_in_full() {
    let variables = [
        ("OKTA_ISSUER", "https://{yourOktaDomain}/oauth2/default"),
        ("OKTA_LEEWAY", "x"),
        ("OKTA_RESOURCE", "https://api.example.com/orders#a"),
        ("OKTA_CLIENT_CERT_HEADER", "Client Cert"),
        ("OKTA_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("OKTA_INTROSPECTION", "opaque"),
        ("OKTA_INTROSPECTION_URI", "http://login.example.com"),
        ("OKTA_INTROSPECTION_CLIENT_ID", "{clientId}"),
    ];
    let output = run("server", &[], &variables, "");
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr);
    for part in [
        "OKTA_ISSUER still has the placeholder",
        "OKTA_CLIENT_ID is missing",
        "OKTA_AUDIENCE is missing",
        "OKTA_LEEWAY is \"x\"",
        "OKTA_RESOURCE is \"https://api.example.com/orders…\", expected a URL without a fragment",
        "OKTA_CLIENT_CERT_HEADER is \"Client Cert\", expected the name of a header, such as Client-Cert",
        "OKTA_TRUSTED_PROXIES is \"10.0.0.0/33\", expected addresses or CIDR blocks, such as 10.0.0.0/8",
        "OKTA_INTROSPECTION_URI is plain http",
        "OKTA_INTROSPECTION_CLIENT_ID still has the placeholder",
        "OKTA_INTROSPECTION_CLIENT_SECRET is missing",
    ] {
        assert!(errors.contains(part), "{part}: {errors}");
    }
}
