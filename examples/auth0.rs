//! Auth0 instead of Okta: the profile names the claims of Auth0.
//!
//! ```sh
//! AUTH0_DOMAIN=example.eu.auth0.com AUTH0_AUDIENCE=https://api.example.com cargo run --example auth0
//! ```

use actix_web::{App, HttpServer, Responder, get, web};
use okta_auth::{AuthContext, Profile, StatusMapping, Validator, login_required};
use serde_json::json;

/// `group(..)` reads Auth0's `permissions`.
#[get("/orders")]
#[login_required(scope("read:orders") || group("read:orders"))]
async fn orders(user: AuthContext) -> impl Responder {
    web::Json(json!({ "orders": [], "client": user.client_id() }))
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let domain =
        std::env::var("AUTH0_DOMAIN").map_err(|_| "AUTH0_DOMAIN is missing, for example example.eu.auth0.com")?;
    let audience = std::env::var("AUTH0_AUDIENCE")
        .map_err(|_| "AUTH0_AUDIENCE is missing, for example https://api.example.com")?;
    let auth0 = Validator::builder()
        .issuer(format!("https://{domain}/")) // an Auth0 issuer ends with a slash
        .audience(audience)
        .any_client()
        .profile(Profile::auth0())
        .status_mapping(StatusMapping::Rfc6750)
        .build()?;
    println!("listening on http://127.0.0.1:8080/orders");
    HttpServer::new(move || App::new().app_data(auth0.clone()).service(orders))
        .bind(("127.0.0.1", 8080))?
        .run()
        .await?;
    Ok(())
}
