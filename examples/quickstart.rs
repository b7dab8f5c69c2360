//! A mock Okta, a protected app, and tokens to try it with, in one process and without setup.
//!
//! ```sh
//! cargo run --example quickstart
//! ```

use std::net::TcpListener;

use actix_web::{App, HttpServer, Responder, get, web};
use okta_auth::{AuthContext, login_required};
use okta_auth_testing::MockOkta;
use serde_json::json;

#[get("/test")]
#[login_required]
async fn test(user: AuthContext) -> impl Responder {
    web::Json(json!({ "user_id": user.user_id(), "email": user.user() }))
}

#[get("/orders")]
#[login_required(scope("orders:read"))]
async fn orders() -> impl Responder {
    web::Json(json!({ "orders": [] }))
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let okta = MockOkta::start();
    println!("Started a mock Okta.\n  issuer    {}\n  keys      {}", okta.issuer(), okta.jwks_uri());

    let validator = okta.validator();
    let listener = TcpListener::bind("127.0.0.1:8080").or_else(|_| TcpListener::bind("127.0.0.1:0"))?;
    let app = format!("http://{}", listener.local_addr()?);
    let server = HttpServer::new(move || App::new().app_data(validator.clone()).service((test, orders)))
        .workers(1)
        .listen(listener)?
        .run();
    println!("Started a protected app on {app}\n");
    let server = actix_web::rt::spawn(server);

    let client = reqwest::Client::builder().no_proxy().build()?;
    let alice = || okta.token().user("alice@example.com").user_id("00u1alice");
    for (what, path, token) in [
        ("without a token", "/test", None),
        ("with Alice's token", "/test", Some(alice().sign())),
        ("with a token that has expired", "/test", Some(alice().expired().sign())),
        ("without the scope orders:read", "/orders", Some(alice().scope("openid").sign())),
        ("with the scope orders:read", "/orders", Some(alice().scope("orders:read").sign())),
    ] {
        let mut request = client.get(format!("{app}{path}"));
        let mut curl = format!("curl -i {app}{path}");
        if let Some(token) = token {
            curl.push_str(&format!(" -H 'Authorization: Bearer {token}'"));
            request = request.bearer_auth(token);
        }
        let response = request.send().await?;
        println!("# {path} {what}: {}", response.status());
        println!("# {}", response.text().await?);
        println!("{curl}\n");
    }
    println!("Each line above was just tried with the answer that it shows. The app runs until Ctrl-C: paste them.");
    Ok(server.await??)
}
