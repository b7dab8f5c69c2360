//! Chromium: a page of one origin finds the authorization server of an API of another origin.
//!
//! `tests/browser/run` installs the browser. Without chromedriver, the test is skipped.

use std::net::TcpListener;

use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, web};
use okta_auth::StatusMapping;
use okta_auth_testing::MockOkta;
use serde_json::{Value, json};

use crate::cors::api;
use crate::support::Server;
use crate::web_driver::{Browser, Scripts};

/// A page whose script adds its result to the page. `BODY` is the body of an async function.
const PAGE: &str = r#"<!doctype html>
<title>a client</title>
<script type="module">
const parameter = (challenge, name) => challenge.match(new RegExp(`${name}="([^"]*)"`))?.[1];
async function discover(metadata) {
    // The header makes the browser send a preflight, as for an MCP client.
    const resource = await fetch(metadata, { headers: { "MCP-Protocol-Version": "2026-07-28" } });
    const [issuer] = (await resource.json()).authorization_servers;
    const server = await fetch(`${issuer}/.well-known/openid-configuration`);
    return (await server.json()).authorization_endpoint;
}
async function call(url, headers) {
    const response = await fetch(url, { headers });
    const challenge = response.headers.get("WWW-Authenticate");
    return {
        status: response.status,
        code: (await response.json()).code,
        acr_values: parameter(challenge, "acr_values"),
        max_age: parameter(challenge, "max_age"),
        authorization_endpoint: await discover(parameter(challenge, "resource_metadata")),
    };
}
async function run() {
    BODY
}
const output = document.createElement("output");
output.textContent = JSON.stringify(await run().catch((error) => `${error}`));
document.body.append(output);
</script>
"#;

fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

async fn read(browser: &Browser, page: &str) -> Value {
    browser.open(page).await;
    serde_json::from_str(&browser.text("output").await).expect("JSON")
}

#[actix_web::test]
async fn page_of_another_origin_finds_the_authorization_server() {
    let Some(browser) = Browser::start(Scripts::Run).await else { return };
    let okta = MockOkta::start();
    let ((api_listener, api_port), (page_listener, page_port)) = (listener(), listener());
    let origin = format!("http://127.0.0.1:{page_port}");
    let resource = format!("http://127.0.0.1:{api_port}/api");
    let validator = okta.validator_builder().status_mapping(StatusMapping::Rfc6750).resource(&resource);
    let api = api(validator.build().expect("good settings"), &origin);
    let _api = Server::start_on(api_listener, move || App::new().configure(api.clone()));

    let payments = format!("http://127.0.0.1:{api_port}/payments");
    let metadata = format!("http://127.0.0.1:{api_port}/.well-known/oauth-protected-resource/api");
    let pages = [
        ("/anonymous", format!("return call({payments:?}, {{}});")),
        ("/signed-in", format!("return call({payments:?}, {{ Authorization: 'Bearer {}' }});", okta.token().sign())),
        ("/discover", format!("return discover({metadata:?});")),
    ];
    let _pages = Server::start_on(page_listener, move || {
        pages.iter().fold(App::new(), |app, (path, body)| {
            let page = PAGE.replace("BODY", body);
            app.route(
                path,
                web::get().to(move || {
                    let page = HttpResponse::Ok().insert_header(ContentType::html()).body(page.clone());
                    async { page }
                }),
            )
        })
    });

    let authorization_endpoint = format!("{}/v1/authorize", okta.issuer());
    let expected = json!({
        "status": 401,
        "code": "missing_token",
        "authorization_endpoint": authorization_endpoint,
    });
    assert_eq!(read(&browser, &format!("{origin}/anonymous")).await, expected);

    let expected = json!({
        "status": 401,
        "code": "insufficient_user_authentication",
        "acr_values": "urn:okta:loa:2fa:any",
        "max_age": "300",
        "authorization_endpoint": authorization_endpoint,
    });
    assert_eq!(read(&browser, &format!("{origin}/signed-in")).await, expected);

    // An origin that may not call the API.
    let other = format!("http://localhost:{page_port}");
    assert_eq!(read(&browser, &format!("{other}/anonymous")).await, "TypeError: Failed to fetch");
    assert_eq!(read(&browser, &format!("{other}/discover")).await, authorization_endpoint);
    browser.quit().await;
}
