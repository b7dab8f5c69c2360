//! Exceptions of `LoginRequired` open one method of one route, and nothing behind it.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::http::{Method as ActixMethod, Uri};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{Error, HttpResponse, Responder, get, guard, head, post};
use okta_auth::config::Dpop;
use okta_auth::{LoginRequired, Policy};
use okta_auth_testing::MockOkta;
use reqwest::{Method, Response};

use crate::support::{Server, code};

/// A default service that forwards every request.
async fn proxy() -> impl Responder {
    HttpResponse::Ok().insert_header(("X-Proxy", "yes")).body("PROXY")
}

#[get("/health")]
async fn health() -> impl Responder {
    "fine"
}

#[get("/docs/{tail:.*}")]
async fn docs() -> impl Responder {
    "docs"
}

/// A handler without the attribute that relies on the middleware.
#[head("/docs/reset")]
async fn reset() -> impl Responder {
    "RESET"
}

/// A handler without the attribute whose path also matches `/health`.
#[post("/{collection}")]
async fn create() -> impl Responder {
    "CREATED"
}

async fn send(server: &Server, method: Method, path: &str, headers: &[(&'static str, &str)]) -> Response {
    let request = server.request(method, path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.send().await.expect("an answer")
}

/// Sends requests without a token and checks the statuses.
async fn assert_statuses(server: &Server, expected: &[(Method, &str, u16)]) {
    for (method, path, status) in expected {
        let response = send(server, method.clone(), path, &[]).await;
        assert_eq!(response.status(), *status, "{method} {path}");
    }
}

#[actix_web::test]
async fn exception_opens_only_get() {
    let okta = MockOkta::start();
    let login = || LoginRequired::new().except(["/health", "/docs/{tail:.*}"]);
    let server = Server::start_behind(login, okta.validator(), |app| {
        let purge = web::resource("/docs/purge").to(|| async { "PURGED" });
        app.service((health, create, docs, purge, reset)).default_service(web::to(proxy));
    });
    let expected = [
        (Method::GET, "/health", 200),
        (Method::GET, "/docs/x", 200),
        (Method::POST, "/health", 403),
        (Method::DELETE, "/health", 403),
        (Method::HEAD, "/health", 403),
        (Method::HEAD, "/docs/x", 403),
        (Method::HEAD, "/docs/purge", 403),
        (Method::HEAD, "/docs/reset", 403),
    ];
    assert_statuses(&server, &expected).await;
    let created = server.request(Method::POST, "/health").bearer_auth(okta.token().sign()).send();
    assert_eq!(created.await.expect("an answer").text().await.expect("a body"), "CREATED");
}

#[actix_web::test]
async fn exception_for_a_method_opens_only_that_method() {
    let okta = MockOkta::start();
    let login = || {
        let hooks = LoginRequired::new().except_method(ActixMethod::POST, ["/hooks/{name}"]);
        hooks
            .except_method(ActixMethod::HEAD, ["/docs/reset"])
            .except(["/both"])
            .except_method(ActixMethod::PUT, ["/both"])
    };
    let server = Server::start_behind(login, okta.validator(), |app| {
        let [hooks, both] = ["/hooks/{name}", "/both"].map(|path| web::resource(path).to(HttpResponse::Ok));
        app.service((hooks, both, reset));
    });
    let expected = [
        (Method::POST, "/hooks/a", 200),
        (Method::GET, "/hooks/a", 403),
        (Method::PUT, "/hooks/a", 403),
        (Method::HEAD, "/docs/reset", 200),
        (Method::GET, "/docs/reset", 403),
        (Method::GET, "/both", 200),
        (Method::PUT, "/both", 200),
        (Method::POST, "/both", 403),
    ];
    assert_statuses(&server, &expected).await;
}

/// Routes with a guard that fails without the header `X-Tenant: a`, and other services behind them.
fn guarded(app: &mut ServiceConfig) {
    let tenant = |path: &str| web::resource(path).guard(guard::Header("x-tenant", "a")).to(|| async { "tenant" });
    let inner = web::scope("/inner").service(tenant("/x")).default_service(web::to(proxy));
    let inherits = web::scope("/inherits").service(tenant("/x"));
    let scope = web::scope("/scope").service(tenant("/x")).service(inner).service(inherits);
    let host = web::resource("/host").guard(guard::Host("a.example")).to(|| async { "host" });
    app.service((tenant("/tenant"), host, tenant("/deep/x")))
        .service(scope.default_service(web::to(proxy)))
        .service(web::scope("/inherits").service(tenant("/x")))
        .service(web::resource("/posted").guard(guard::Post()).to(|| async { "posted" }))
        .service(web::resource("/{page}").to(|| async { "PAGE" }))
        .default_service(web::to(proxy));
}

const GUARDED: [&str; 7] =
    ["/tenant", "/deep/x", "/scope/x", "/scope/inner/x", "/scope/inherits/x", "/inherits/x", "/host"];

fn guarded_are_excepted() -> LoginRequired {
    let wrapped = GUARDED.map(|path| format!("/wrapped{path}"));
    LoginRequired::with(Policy::scope("a")).except(GUARDED).except(wrapped).except(["/posted", "/wrapped/posted"])
}

async fn assert_nothing_behind_is_open(okta: &MockOkta, server: &Server, prefix: &str) {
    for path in GUARDED.into_iter().chain(["/posted"]).map(|path| format!("{prefix}{path}")) {
        let response = send(server, Method::GET, &path, &[]).await;
        assert_eq!(response.status(), 403, "{path}");
        assert!(!response.headers().contains_key("X-Proxy"), "{path}");
        assert_eq!(code(response).await, "missing_token", "{path}");
        let expired = server.get(&path, &okta.token().scope("a").expired().sign()).await;
        assert_eq!(code(expired).await, "token_expired", "{path}");
        let unscoped = server.get(&path, &okta.token().scope("b").sign()).await;
        assert_eq!(code(unscoped).await, "insufficient_scope", "{path}");
        assert_eq!(server.status(&path, &okta.token().scope("a").sign()).await, 200, "{path}");
        let header = if path.ends_with("/host") { ("Host", "a.example") } else { ("X-Tenant", "a") };
        let expected = if path.ends_with("/posted") { 403 } else { 200 };
        assert_eq!(send(server, Method::GET, &path, &[header]).await.status(), expected, "{path}");
    }
}

#[actix_web::test]
async fn exception_around_an_app_opens_nothing_behind_a_guard() {
    let okta = MockOkta::start();
    let server = Server::start_behind(guarded_are_excepted, okta.validator(), guarded);
    assert_nothing_behind_is_open(&okta, &server, "").await;
}

#[actix_web::test]
async fn exception_around_a_scope_opens_nothing_behind_a_guard() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), |app| {
        let wrapped = web::scope("/wrapped").wrap(guarded_are_excepted()).configure(guarded);
        app.service(wrapped).default_service(web::to(proxy));
    });
    assert_nothing_behind_is_open(&okta, &server, "/wrapped").await;
}

#[actix_web::test]
async fn exception_opens_routes_in_scopes_and_their_405() {
    let okta = MockOkta::start();
    let login = || LoginRequired::new().except(["/scope", "/scope/inner/{id}", "/posts", "/first", "/second"]);
    let server = Server::start_behind(login, okta.validator(), |app| {
        let inner = web::scope("/inner").route("/{id}", web::get().to(HttpResponse::Ok));
        app.service(web::scope("/scope").route("", web::get().to(HttpResponse::Ok)).service(inner))
            .service(web::resource("/posts").post(HttpResponse::Ok))
            .service(web::resource(["/first", "/second"]).to(HttpResponse::Ok));
    });
    let expected = [
        (Method::GET, "/scope", 200),
        (Method::GET, "/scope/inner/7", 200),
        (Method::GET, "/posts", 405),
        (Method::POST, "/posts", 403),
        (Method::GET, "/first", 200),
        (Method::GET, "/second", 403),
    ];
    assert_statuses(&server, &expected).await;
}

#[actix_web::test]
async fn exception_on_a_resource_is_that_resource() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), |app| {
        let login = LoginRequired::new().except(["/a/open", "/b/open"]);
        let tenant = || guard::Header("x-tenant", "a");
        // The first resource for each path has a guard that fails.
        app.service(web::resource("/a/{id}").guard(tenant()).to(|| async { "tenant" }))
            .service(web::resource("/a/open").wrap(login.clone()).to(|| async { "open" }))
            .service(web::resource("/b/open").guard(tenant()).to(|| async { "tenant" }))
            .service(web::resource("/b/{id}").wrap(login).to(|| async { "SECRET" }));
    });
    let expected = [
        (Method::GET, "/a/open", 200),
        (Method::POST, "/a/open", 403),
        (Method::GET, "/b/open", 403),
        (Method::GET, "/b/%6fpen", 403),
    ];
    assert_statuses(&server, &expected).await;
}

#[actix_web::test]
async fn encoded_path_opens_only_the_exception() {
    let okta = MockOkta::start();
    let login = || LoginRequired::new().except(["/health", "/docs/{tail:.*}"]);
    let server = Server::start_behind(login, okta.validator(), |app| {
        app.service((web::scope("/docs/private").default_service(web::to(proxy)), health, docs));
    });
    let expected = [
        (Method::GET, "/h%65alth", 200),
        (Method::GET, "/docs/%78", 200),
        (Method::GET, "/docs/%70rivate", 403),
        (Method::GET, "/docs/%70rivate/x", 403),
        (Method::POST, "/h%65alth", 403),
    ];
    assert_statuses(&server, &expected).await;
}

#[actix_web::test]
async fn encoded_path_of_a_scope_is_not_the_exception() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), |app| {
        let login = LoginRequired::new().except(["/docs/{tail:.*}"]);
        // The raw path `/docs/%70rivate` matches only `docs`.
        app.service(web::scope("/docs/private").wrap(login).default_service(web::to(proxy))).service(docs);
    });
    let expected = [(Method::GET, "/docs/private", 403), (Method::GET, "/docs/%70rivate", 403)];
    assert_statuses(&server, &expected).await;
}

/// Changes the method and the path as the request asks.
async fn rewrite<B: MessageBody>(mut request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let header = |name| request.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
    let (method, path) = (header("X-HTTP-Method-Override"), header("X-Path"));
    if let Some(method) = method {
        request.head_mut().method = method.parse().expect("a method");
    }
    if let Some(path) = path {
        let uri: Uri = path.parse().expect("a path");
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
    next.call(request).await
}

#[actix_web::test]
async fn rewritten_request_is_not_the_exception() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), |app| {
        let login = LoginRequired::new().except(["/health"]);
        let other = web::resource("/other").to(|| async { "OTHER" });
        let any_method = web::resource("/health").to(|| async { "any method" });
        app.service(web::scope("").wrap(from_fn(rewrite)).wrap(login).service((any_method, other)));
    });
    let get = async |headers: &[(&'static str, &str)]| send(&server, Method::GET, "/health", headers).await;
    assert_eq!(get(&[]).await.status(), 200);
    for header in [("X-HTTP-Method-Override", "DELETE"), ("X-Path", "/other")] {
        let response = get(&[header]).await;
        assert_eq!(response.status(), 403, "{header:?}");
        assert_eq!(code(response).await, "missing_token", "{header:?}");
        let token = format!("Bearer {}", okta.token().sign());
        assert_eq!(get(&[header, ("Authorization", &token)]).await.status(), 200, "{header:?}");
    }
}

#[actix_web::test]
async fn rewritten_preflight_is_not_a_preflight() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), |app| {
        let login = LoginRequired::new().allow_preflight(true);
        let any_method = web::resource("/orders").to(|| async { "any method" });
        app.service(web::scope("").wrap(from_fn(rewrite)).wrap(login).service(any_method));
    });
    let preflight = [("Origin", "https://a.example"), ("Access-Control-Request-Method", "DELETE")];
    assert_eq!(send(&server, Method::OPTIONS, "/orders", &preflight).await.status(), 200);
    let rewritten = [&preflight[..], &[("X-HTTP-Method-Override", "DELETE")]].concat();
    let response = send(&server, Method::OPTIONS, "/orders", &rewritten).await;
    assert_eq!(response.status(), 403);
    assert_eq!(code(response).await, "missing_token");
    let token = format!("Bearer {}", okta.token().sign());
    let with_token = [&rewritten[..], &[("Authorization", &token)]].concat();
    assert_eq!(send(&server, Method::OPTIONS, "/orders", &with_token).await.status(), 200);
}

/// Answers without calling the router.
async fn answer<B: MessageBody>(request: ServiceRequest, _: Next<B>) -> Result<ServiceResponse, Error> {
    Ok(request.into_response(HttpResponse::Ok()))
}

#[actix_web::test]
async fn middleware_that_answers_itself_is_not_the_exception() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), |app| {
        let login = LoginRequired::new().except(["/in/health"]);
        app.service(web::scope("/in").wrap(from_fn(answer)).wrap(login).service(health));
    });
    assert_statuses(&server, &[(Method::GET, "/in/health", 403)]).await;
    assert_eq!(server.status("/in/health", &okta.token().sign()).await, 200);
}

#[actix_web::test]
async fn exception_does_not_open_a_scope_for_its_whole_path() {
    let okta = MockOkta::start();
    let login = || LoginRequired::new().except(["/tenant", "/docs/{tail:.*}"]);
    let server = Server::start_behind(login, okta.validator(), |app| {
        let tenant = |path: &str| web::resource(path).guard(guard::Header("x-tenant", "a")).to(|| async { "tenant" });
        // Both scopes inherit the default service of the app.
        let name = web::scope("/{name}").guard(guard::Header("x-scope", "name")).service(tenant("/x"));
        let tail = web::scope("/{tail:.*}").service(tenant("/x"));
        app.service((tenant("/tenant"), tenant("/docs/{tail:.*}"), name, tail)).default_service(web::to(proxy));
    });
    for (path, scope) in [("/tenant", "name"), ("/tenant", "tail"), ("/docs/x", "tail")] {
        let response = send(&server, Method::GET, path, &[("X-Scope", scope)]).await;
        assert_eq!(response.status(), 403, "{path} {scope}");
        assert_eq!(send(&server, Method::GET, path, &[("X-Tenant", "a")]).await.status(), 200, "{path}");
        assert_eq!(server.status(path, &okta.token().sign()).await, 200, "{path}");
    }
}

/// Replaces the token, as before a request to another service.
async fn replace_token<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if let Some(token) = request.headers().get("X-Own-Token").cloned() {
        request.headers_mut().insert(AUTHORIZATION, token);
    }
    next.call(request).await
}

#[actix_web::test]
async fn token_of_inner_middleware_is_not_the_callers() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), |app| {
        let login = LoginRequired::with(Policy::scope("a")).except(["/in/tenant"]);
        let scope = web::scope("/in").wrap(from_fn(replace_token)).wrap(login).configure(guarded);
        app.service(scope);
    });
    let [good, other] = ["a", "b"].map(|scope| format!("Bearer {}", okta.token().scope(scope).sign()));
    for (path, own, sent, expected) in [
        ("/in/tenant", &*good, None, 403),
        ("/in/other", &good, None, 403),
        ("/in/tenant", &good, Some(&*other), 403),
        ("/in/other", &good, Some(&other), 403),
        ("/in/tenant", &other, Some(&good), 200),
        ("/in/other", &other, Some(&good), 200),
    ] {
        let mut headers = vec![("X-Own-Token", own)];
        headers.extend(sent.map(|sent| ("Authorization", sent)));
        assert_eq!(send(&server, Method::GET, path, &headers).await.status(), expected, "{path} {sent:?}");
    }
}

#[actix_web::test]
async fn withheld_response_is_rejected_in_the_scheme_of_the_arrival() {
    let okta = MockOkta::start();
    let validator = okta.validator_builder().resource("https://api.example.com").dpop(Dpop::accept()).build();
    let server = Server::start(validator.expect("a validator"), |app| {
        let login = LoginRequired::new().except(["/in/tenant"]);
        app.service(web::scope("/in").wrap(from_fn(replace_token)).wrap(login).configure(guarded));
    });
    let token = format!("DPoP {}", okta.token().sign());
    for own in [None, Some("Basic x"), Some("Bearer x")] {
        let mut headers = vec![("Authorization", &*token), ("DPoP", "x")];
        headers.extend(own.map(|own| ("X-Own-Token", own)));
        let response = send(&server, Method::GET, "/in/tenant", &headers).await;
        assert_eq!(response.status(), 401, "{own:?}");
        let challenge = response.headers()["WWW-Authenticate"].to_str().expect("text");
        assert!(challenge.starts_with("DPoP error=\"invalid_token\""), "{own:?}: {challenge}");
    }
}

#[actix_web::test]
async fn withheld_response_needs_a_token_of_the_outer_validator() {
    let [okta, other] = [MockOkta::start(), MockOkta::start()];
    let (outer, inner) = (okta.validator(), other.validator());
    let server = Server::start_with(1, move |app| {
        let login = LoginRequired::new().except(["/out/in/tenant"]);
        let scope = web::scope("/in").app_data(inner.clone()).configure(guarded);
        app.service(web::scope("/out").app_data(outer.clone()).wrap(login).service(scope));
    });
    for path in ["/out/in/tenant", "/out/in/other"] {
        assert_eq!(server.status(path, &other.token().sign()).await, 403, "{path}");
        assert_eq!(server.status(path, &okta.token().sign()).await, 200, "{path}");
    }
}
