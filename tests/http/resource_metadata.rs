//! Protected resource metadata (RFC 9728): the document, its route, and the challenges that lead to it.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Responder, get, guard};
use okta_auth::config::ValidatorBuilder;
use okta_auth::error::ClaimError;
use okta_auth::{AuthContext, LoginRequired, Policy, Rejection, StatusMapping, Validator, login_required};
use okta_auth_testing::MockOkta;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{Server, header};

const RESOURCE: &str = "https://api.example.com/orders";
const PATH: &str = "/.well-known/oauth-protected-resource/orders";
const PARAMETER: &str = "resource_metadata=\"https://api.example.com/.well-known/oauth-protected-resource/orders\"";
const MAPPINGS: [StatusMapping; 2] = [StatusMapping::Flask, StatusMapping::Rfc6750];

#[get("/any")]
#[login_required]
async fn any() -> impl Responder {
    "in"
}

#[get("/orders")]
#[login_required(scope("orders:read"))]
async fn orders() -> impl Responder {
    "in"
}

#[get("/either")]
#[login_required(scope("a") && scope("b") && scope("c") || scope("d") && scope("e") || scope("f") && scope("g"))]
async fn either() -> impl Responder {
    "in"
}

#[get("/group")]
#[login_required(scope("orders:read") || group("admins"))]
async fn group() -> impl Responder {
    "in"
}

#[get("/recent")]
#[login_required(auth_within(300))]
async fn recent() -> impl Responder {
    "in"
}

#[get("/argument")]
async fn argument(_user: AuthContext) -> impl Responder {
    "in"
}

#[get("/claim")]
#[login_required(scope("a"))]
async fn claim(user: AuthContext) -> Result<impl Responder, ClaimError> {
    user.claim::<String>("tier")
}

#[get("/checked")]
async fn checked(user: AuthContext, request: HttpRequest) -> Result<impl Responder, Rejection> {
    Policy::scope("orders:read").authorize(&user, &request)?;
    Ok("in")
}

fn routes(app: &mut ServiceConfig) {
    app.service((any, orders, either, group, recent, argument, claim, checked));
    let closed = web::scope("/closed").wrap(LoginRequired::with(Policy::scope("x").and(Policy::scope("y"))));
    app.service(closed.service(orders).default_service(web::to(HttpResponse::Ok)));
    // The exception's route is skipped by its guard, so its response is withheld.
    let withheld = web::scope("/withheld").wrap(LoginRequired::with(Policy::scope("z")).except(["/withheld/health"]));
    let never = || guard::fn_guard(|_| false);
    let health = web::resource("/health").guard(never()).route(web::get().to(HttpResponse::Ok));
    app.service(withheld.service(health));
}

/// Serves the routes and the metadata.
fn start(builder: ValidatorBuilder) -> Server {
    start_validator(builder.build().expect("a validator"))
}

fn start_validator(validator: Validator) -> Server {
    Server::start_with(1, move |app| {
        app.app_data(validator.clone()).service(validator.resource_metadata());
        routes(app);
    })
}

async fn send(server: &Server, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = server.request(method, path);
    headers
        .iter()
        .fold(request, |request, (name, value)| request.header(*name, *value))
        .send()
        .await
        .expect("an answer")
}

#[actix_web::test]
async fn metadata_is_public_cacheable_and_complete() {
    let okta = MockOkta::start();
    for mapping in MAPPINGS {
        let builder = okta.validator_builder().status_mapping(mapping).resource(RESOURCE);
        let server = start(builder.scopes_supported(["orders:read", "orders:write"]).scopes_supported(["orders:read"]));
        let response = send(&server, Method::GET, PATH, &[]).await;
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, "Content-Type"), Some("application/json"));
        assert_eq!(header(&response, "Access-Control-Allow-Origin"), Some("*"));
        assert_eq!(header(&response, "Cache-Control"), Some("public, max-age=3600"));
        let metadata: Value = response.json().await.expect("JSON");
        assert_eq!(
            metadata,
            json!({
                "resource": RESOURCE,
                "authorization_servers": [okta.issuer()],
                "scopes_supported": ["orders:read", "orders:write"],
                "bearer_methods_supported": ["header"],
            })
        );
    }
}

#[actix_web::test]
async fn metadata_lists_every_issuer_and_the_description() {
    let (okta, other) = (MockOkta::start(), MockOkta::start());
    let builder = okta
        .validator_builder()
        .add_issuer(okta_auth::Issuer::new(other.issuer()).audience(RESOURCE).any_client())
        .resource(RESOURCE)
        .resource_name("Orders \"API\"")
        .resource_documentation("https://example.com/docs")
        .resource_policy_uri("https://example.com/policy")
        .resource_tos_uri("https://example.com/terms");
    let metadata: Value = send(&start(builder), Method::GET, PATH, &[]).await.json().await.expect("JSON");
    assert_eq!(
        metadata,
        json!({
            "resource": RESOURCE,
            "authorization_servers": [okta.issuer(), other.issuer()],
            "bearer_methods_supported": ["header"],
            "resource_name": "Orders \"API\"",
            "resource_documentation": "https://example.com/docs",
            "resource_policy_uri": "https://example.com/policy",
            "resource_tos_uri": "https://example.com/terms",
        })
    );
}

#[actix_web::test]
async fn metadata_is_read_with_get_and_head_only() {
    let okta = MockOkta::start();
    let server = start(okta.validator_builder().resource(RESOURCE));
    let response = send(&server, Method::HEAD, PATH, &[]).await;
    assert_eq!((response.status().as_u16(), header(&response, "Access-Control-Allow-Origin")), (200, Some("*")));
    let length = header(&response, "Content-Length").expect("a length").to_owned();
    assert_eq!(response.text().await.expect("no body"), "");
    let body = send(&server, Method::GET, PATH, &[]).await.text().await.expect("a body");
    assert_eq!(length, body.len().to_string());
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
        let response = send(&server, method.clone(), PATH, &[]).await;
        assert_eq!(
            (response.status().as_u16(), header(&response, "Allow")),
            (405, Some("GET, HEAD, OPTIONS")),
            "{method}"
        );
    }
}

#[actix_web::test]
async fn preflight_request_is_answered() {
    let okta = MockOkta::start();
    let server = start(okta.validator_builder().resource(RESOURCE));
    let preflight = [
        ("Origin", "https://app.example.com"),
        ("Access-Control-Request-Method", "GET"),
        ("Access-Control-Request-Headers", "mcp-protocol-version"),
    ];
    let response = send(&server, Method::OPTIONS, PATH, &preflight).await;
    assert_eq!(response.status(), 204);
    assert_eq!(header(&response, "Access-Control-Allow-Origin"), Some("*"));
    assert_eq!(header(&response, "Access-Control-Allow-Methods"), Some("GET, HEAD, OPTIONS"));
    assert_eq!(header(&response, "Access-Control-Allow-Headers"), Some("*"));
}

#[actix_web::test]
async fn path_of_the_metadata_is_formed_by_insertion() {
    let okta = MockOkta::start();
    for (resource, path, others) in [
        ("https://api.example.com", "", ["/", "/orders"]),
        ("https://api.example.com/", "", ["/", "/orders"]),
        ("https://api.example.com/orders", "/orders", ["", "/orders/"]),
        ("https://api.example.com/orders/", "/orders/", ["", "/orders"]),
        ("https://api.example.com:8443/a/b", "/a/b", ["/a", "/a/b/c"]),
        ("http://127.0.0.1:8080/a.b", "/a.b", ["/a/b", "/axb"]),
        ("https://api.example.com/a+b;c=(d)", "/a+b;c=(d)", ["/a b;c=(d)", "/a+b"]),
    ] {
        let server = start(okta.validator_builder().resource(resource));
        let well_known = |path: &str| format!("/.well-known/oauth-protected-resource{path}");
        let response = send(&server, Method::GET, &well_known(path), &[]).await;
        assert_eq!(response.status(), 200, "{resource}");
        assert_eq!(response.json::<Value>().await.expect("JSON")["resource"], resource, "to the letter");
        for other in others {
            assert_eq!(send(&server, Method::GET, &well_known(other), &[]).await.status(), 404, "{resource}: {other}");
        }
        let challenge = send(&server, Method::GET, "/any", &[]).await;
        let origin = reqwest::Url::parse(resource).expect("a URL").origin().ascii_serialization();
        let expected = format!("Bearer resource_metadata=\"{origin}{}\"", well_known(path));
        assert_eq!(header(&challenge, "WWW-Authenticate"), Some(&*expected));
    }
}

#[actix_web::test]
async fn nothing_of_a_request_reaches_the_metadata() {
    let okta = MockOkta::start();
    let server = start(okta.validator_builder().resource(RESOURCE));
    let plain = send(&server, Method::GET, PATH, &[]).await.text().await.expect("a body");
    let token =
        okta.token().user("alice@example.com").scope("secret:scope").audience("https://evil.example.com").sign();
    let authorization = format!("Bearer {token}");
    let hostile = [
        ("Authorization", &*authorization),
        ("Host", "evil.example.com"),
        ("Forwarded", "host=evil.example.com;proto=http"),
        ("X-Forwarded-Host", "evil.example.com"),
        ("X-Forwarded-Proto", "http"),
        ("Origin", "https://evil.example.com"),
    ];
    let response = send(&server, Method::GET, &format!("{PATH}?resource=https://evil.example.com"), &hostile).await;
    let text = format!("{:?}", response.headers());
    assert!(!text.contains("evil"), "{text}");
    assert_eq!(response.text().await.expect("a body"), plain);
    let challenge = send(&server, Method::GET, "/any", &hostile).await;
    let text = header(&challenge, "WWW-Authenticate").expect("a challenge");
    assert!(text.ends_with(PARAMETER) && !text.contains("evil") && !text.contains("secret"), "{text}");
}

/// A request, its statuses, and the challenge without a resource. `scope` is what a 401 has with one.
struct Case {
    path: &'static str,
    authorization: Option<String>,
    statuses: [u16; 2],
    challenge: &'static str,
    scope: &'static str,
}

fn cases(okta: &MockOkta) -> Vec<Case> {
    const INVALID: &str = "Bearer error=\"invalid_token\", error_description=\"The access token is not valid here.\"";
    const EXPIRED: &str = "Bearer error=\"invalid_token\", error_description=\"The access token has expired.\"";
    const CLIENT: &str =
        "Bearer error=\"invalid_token\", error_description=\"The client of the access token is not allowed here.\"";
    const MALFORMED: &str = "Bearer error=\"invalid_request\", error_description=\"The request needs exactly one \
                             Authorization header: Bearer and one token.\"";
    const SCOPE: &str = "Bearer error=\"insufficient_scope\", error_description=\"The access token lacks a scope that this needs.\", scope=";
    const STEP_UP: &str = "Bearer error=\"insufficient_user_authentication\", error_description=\"This needs another or a \
                           more recent authentication of the user.\", max_age=\"300\"";
    let bearer = |token: String| Some(format!("Bearer {token}"));
    let case =
        |path, authorization, statuses, challenge, scope| Case { path, authorization, statuses, challenge, scope };
    let scope = |parameter: &str| -> &'static str { format!("{SCOPE}\"{parameter}\"").leak() };
    vec![
        case("/any", None, [403, 401], "Bearer", ""),
        case("/any", Some("Basic YTpi".into()), [403, 401], "Bearer", ""),
        case("/orders", None, [403, 401], "Bearer", "orders:read"),
        case("/either", None, [403, 401], "Bearer", "d e"),
        case("/group", None, [403, 401], "Bearer", ""),
        case("/argument", None, [403, 401], "Bearer", ""),
        case("/checked", None, [403, 401], "Bearer", ""),
        case("/claim", None, [403, 401], "Bearer", "a"),
        case("/closed/orders", None, [403, 401], "Bearer", "x y"),
        case("/closed/nothing", None, [403, 401], "Bearer", "x y"),
        case("/withheld/health", None, [403, 401], "Bearer", "z"),
        case("/orders", Some("Bearer".into()), [403, 400], MALFORMED, ""),
        case("/orders", Some("Bearer a b".into()), [403, 400], MALFORMED, ""),
        case("/orders", bearer("a.b.c".into()), [403, 401], INVALID, "orders:read"),
        case("/orders", bearer(okta.token().expired().sign()), [403, 401], EXPIRED, "orders:read"),
        case("/orders", bearer(okta.token().kid("unknown-key").sign()), [403, 401], INVALID, "orders:read"),
        case("/orders", bearer(okta.token().client("0oaforeign").sign()), [401, 401], CLIENT, "orders:read"),
        case("/closed/orders", bearer(okta.token().expired().sign()), [403, 401], EXPIRED, "x y"),
        case("/orders", bearer(okta.token().scope("openid").sign()), [403, 403], scope("orders:read"), ""),
        case("/checked", bearer(okta.token().scope("openid").sign()), [403, 403], scope("orders:read"), ""),
        case("/closed/orders", bearer(okta.token().scope("x").sign()), [403, 403], scope("x y"), ""),
        case("/recent", bearer(okta.service_token().sign()), [401, 401], STEP_UP, ""),
        case("/claim", bearer(okta.token().scope("a").sign()), [403, 403], "Bearer", ""),
    ]
}

async fn response_to(server: &Server, case: &Case) -> (u16, Vec<(String, String)>, String) {
    let authorization = case.authorization.as_deref().map(|value| ("Authorization", value));
    let response = send(server, Method::GET, case.path, authorization.as_slice()).await;
    let text = |value: &reqwest::header::HeaderValue| value.to_str().expect("text").to_owned();
    let mut headers: Vec<_> = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), text(value)))
        .filter(|(name, _)| name != "date")
        .collect();
    headers.sort();
    (response.status().as_u16(), headers, response.text().await.expect("a body"))
}

#[actix_web::test]
async fn every_challenge_leads_to_the_metadata_in_both_mappings() {
    let okta = MockOkta::start();
    for (index, mapping) in MAPPINGS.into_iter().enumerate() {
        let builder = || okta.validator_builder().status_mapping(mapping).scopes_supported(["orders:read"]);
        let (with, without) = (start(builder().resource(RESOURCE)), start(builder()));
        for case in cases(&okta) {
            let shown = format!("{mapping:?} {} {:?}", case.path, case.authorization);
            let (status, headers, body) = response_to(&with, &case).await;
            let (plain_status, plain_headers, plain_body) = response_to(&without, &case).await;
            assert_eq!((status, plain_status), (case.statuses[index], case.statuses[index]), "{shown}");
            assert_eq!(body, plain_body, "{shown}");
            let challenge = |headers: &[(String, String)]| {
                headers.iter().find(|(name, _)| name == "www-authenticate").expect("a challenge").1.clone()
            };
            assert_eq!(challenge(&plain_headers), case.challenge, "{shown}");
            let separator = if case.challenge == "Bearer" { " " } else { ", " };
            let scope = match case.scope {
                scope if status == 401 && !scope.is_empty() => format!("scope=\"{scope}\", "),
                _ => String::new(),
            };
            assert_eq!(challenge(&headers), format!("{}{separator}{scope}{PARAMETER}", case.challenge), "{shown}");
            let others = |headers: Vec<(String, String)>| -> Vec<_> {
                headers.into_iter().filter(|(name, _)| name != "www-authenticate").collect()
            };
            assert_eq!(others(headers), others(plain_headers), "{shown}");
        }
    }
}

#[actix_web::test]
async fn hook_and_realm_keep_the_metadata() {
    let okta = MockOkta::start();
    let builder = okta.validator_builder().status_mapping(StatusMapping::Rfc6750).resource(RESOURCE).realm("orders");
    let server = start(builder.on_rejection(|rejection, _request| rejection.default_response()));
    let response = send(&server, Method::GET, "/orders", &[]).await;
    let expected = format!("Bearer realm=\"orders\", scope=\"orders:read\", {PARAMETER}");
    assert_eq!(header(&response, "WWW-Authenticate"), Some(&*expected));
}

#[actix_web::test]
async fn outage_has_no_challenge() {
    let okta = MockOkta::start();
    okta.go_down();
    let server = start(okta.validator_builder().resource(RESOURCE));
    let response = server.get("/orders", &okta.token().scope("orders:read").sign()).await;
    assert_eq!((response.status().as_u16(), header(&response, "WWW-Authenticate")), (503, None));
    assert_eq!(send(&server, Method::GET, PATH, &[]).await.status(), 200, "the metadata needs no keys");
}

#[actix_web::test]
async fn without_a_resource_nothing_is_mounted() {
    let okta = MockOkta::start();
    let server = start(okta.validator_builder().scopes_supported(["a"]).resource_name("Orders"));
    for path in ["/.well-known/oauth-protected-resource", PATH] {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST] {
            assert_eq!(send(&server, method, path, &[]).await.status(), 404, "{path}");
        }
    }
}

#[actix_web::test]
async fn two_resources_of_a_server_have_their_own_metadata() {
    let (one, two) = (MockOkta::start(), MockOkta::start());
    let first = one.validator_builder().resource("https://api.example.com/one").build().expect("a validator");
    let second = two.validator_builder().resource("https://api.example.com/two").build().expect("a validator");
    let server = Server::start_with(1, move |app| {
        app.service(first.resource_metadata()).service(second.resource_metadata());
        app.service(web::scope("/one").app_data(first.clone()).service(any));
        app.service(web::scope("/two").app_data(second.clone()).service(any));
    });
    for (name, okta) in [("one", &one), ("two", &two)] {
        let path = format!("/.well-known/oauth-protected-resource/{name}");
        let metadata: Value = send(&server, Method::GET, &path, &[]).await.json().await.expect("JSON");
        assert_eq!(metadata["authorization_servers"], json!([okta.issuer()]));
        let response = send(&server, Method::GET, &format!("/{name}/any"), &[]).await;
        let expected = format!("Bearer resource_metadata=\"https://api.example.com{path}\"");
        assert_eq!(header(&response, "WWW-Authenticate"), Some(&*expected));
    }
}

#[actix_web::test]
async fn exception_serves_the_metadata_of_a_closed_app() {
    let okta = MockOkta::start();
    let validator = okta.validator_builder().resource(RESOURCE).build().expect("a validator");
    let behind = |login: fn() -> LoginRequired| {
        let service = validator.clone();
        Server::start_behind(login, validator.clone(), move |app| {
            app.service(service.resource_metadata()).service(any);
        })
    };
    let closed = behind(LoginRequired::new);
    assert_eq!(send(&closed, Method::GET, PATH, &[]).await.status(), 403);
    let open = behind(|| LoginRequired::new().except([PATH]).except_method(actix_web::http::Method::OPTIONS, [PATH]));
    for (method, path, status) in [
        (Method::GET, PATH, 200),
        (Method::OPTIONS, PATH, 204),
        (Method::HEAD, PATH, 403),
        (Method::POST, PATH, 403),
        (Method::GET, "/any", 403),
        (Method::GET, "/.well-known/oauth-protected-resource", 403),
    ] {
        assert_eq!(send(&open, method.clone(), path, &[]).await.status(), status, "{method} {path}");
    }
}
