//! The app of the Flask decorator, configured by the environment or a `.env` file.
//!
//! ```sh
//! cp .env.example .env   # and fill it in
//! cargo run --example server
//! ```

use std::time::Duration;

use actix_web::rt::time::timeout;
use actix_web::{App, HttpResponse, HttpServer, Responder, get, middleware::Logger, post, web};
use okta_auth::{AuthContext, LoginRequired, MaybeAuth, Validator, login_required};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[get("/test")]
#[login_required]
async fn test(user: AuthContext) -> impl Responder {
    web::Json(json!({ "user_id": user.user_id(), "email": user.user() }))
}

#[get("/public")]
async fn public() -> impl Responder {
    web::Json(json!({ "status": "ok" }))
}

#[derive(Serialize, Deserialize)]
struct Echo {
    message: String,
}

#[post("/echo")]
#[login_required]
async fn echo(body: web::Json<Echo>) -> impl Responder {
    body
}

#[get("/orders")]
#[login_required(scope("orders:read"))]
async fn orders() -> impl Responder {
    web::Json(json!({ "orders": [] }))
}

#[get("/admin")]
#[login_required(scope("orders:read") && group("admins"))]
async fn admin() -> impl Responder {
    web::Json(json!({ "admin": true }))
}

#[get("/payments")]
#[login_required(acr("urn:okta:loa:2fa:any") && auth_within(300))]
async fn payments() -> impl Responder {
    web::Json(json!({ "payments": [] }))
}

#[get("/maybe")]
async fn maybe(caller: MaybeAuth) -> impl Responder {
    web::Json(json!({ "user": caller.user().map(AuthContext::user) }))
}

/// Registered if introspection is on. A token that was revoked is refused here after 10 seconds at most.
#[get("/live")]
#[login_required(active_within = 10)]
async fn live() -> impl Responder {
    web::Json(json!({ "active": true }))
}

/// Protected by the middleware of its scope.
#[get("/test")]
async fn test_v2(user: AuthContext) -> impl Responder {
    web::Json(json!({ "user_id": user.user_id(), "email": user.user() }))
}

/// A readiness probe: 200 if tokens of at least one issuer can be validated, otherwise 503. An outage of one issuer must not
/// lock out the users of another. The back-off of key fetches limits its requests to Okta.
#[get("/health")]
pub(crate) async fn health(okta: web::Data<Validator>) -> impl Responder {
    let usable = || okta.status().iter().any(|issuer| issuer.usable());
    if !usable() {
        let _ = timeout(Duration::from_secs(1), okta.warm_up()).await;
    }
    match usable() {
        true => HttpResponse::Ok().json(json!({ "status": "ok" })),
        false => HttpResponse::ServiceUnavailable().json(json!({ "status": "keys unavailable" })),
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    match dotenvy::dotenv() {
        Err(error) if !error.not_found() => return Err(format!(".env can't be read: {error}").into()),
        _ => {}
    }
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().with_env_filter(filter).init();

    let okta = Validator::builder().from_env().scopes_supported(["orders:read"]).build()?;
    let address = variable("BIND_ADDR").unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let workers =
        variable("WORKERS").map(|count| count.parse().map_err(|_| format!("WORKERS is {count:?}, expected a number")));

    // The server starts even if the fetch fails. Protected handlers respond with 503 until there are keys.
    let warm_up = okta.clone();
    actix_web::rt::spawn(async move {
        if let Err(error) = warm_up.warm_up().await {
            tracing::warn!("started without keys: {error}");
        }
    });

    let is_introspected = okta.status().iter().any(|issuer| issuer.introspection().is_some());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(okta.clone()))
            .wrap(Logger::new("%a %s %U %Dms")) // %U is only the path: some clients put tokens in the query
            .service(okta.resource_metadata())
            .service((test, public, echo, orders, admin, payments, maybe, health))
            .configure(|app| {
                if is_introspected {
                    app.service(live);
                }
            })
            .service(web::scope("/v2").wrap(LoginRequired::new()).service(test_v2))
    });
    let server = match workers.transpose()? {
        Some(workers) => server.workers(workers),
        None => server,
    };
    let server = server.bind(&address).map_err(|error| format!("BIND_ADDR {address}: {error}"))?;
    tracing::info!("listening on {address}");
    Ok(server.run().await?)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}
