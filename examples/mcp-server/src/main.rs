//! The server, configured by the environment: the variables of okta-auth, and `BIND_ADDR`.

use actix_web::{App, HttpServer};
use okta_auth::Validator;
use tracing_subscriber::EnvFilter;
use url::Url;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().with_env_filter(filter).init();

    let resource = Url::parse(&std::env::var("OKTA_RESOURCE").map_err(|_| "OKTA_RESOURCE is not set")?)?;
    let hosts = vec![resource.host_str().ok_or("OKTA_RESOURCE has no host")?.to_owned()];
    let origins = vec![resource.origin().ascii_serialization()];
    let okta = mcp_server::settings(Validator::builder().from_env()).build()?;
    let routes = mcp_server::routes(okta, hosts, origins);

    let address = std::env::var("BIND_ADDR").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let server = HttpServer::new(move || App::new().configure(routes.clone())).bind(&address)?;
    println!("{resource} on {address}");
    Ok(server.run().await?)
}
