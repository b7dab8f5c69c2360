//! The server, configured by the environment: the variables of okta-auth, and `BIND_ADDR`. `OKTA_RESOURCE` is required: the URL
//! of `/mcp`, as clients are configured with it.

use actix_web::{App, HttpServer};
use okta_auth::Validator;
use tracing_subscriber::EnvFilter;
use url::Url;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().with_env_filter(filter).init();

    // First, because its error says how to correct each variable.
    let okta = mcp_server::settings(Validator::builder().from_env()).build()?;
    let resource = std::env::var("OKTA_RESOURCE").unwrap_or_default();
    let resource = Url::parse(&resource).map_err(|_| "OKTA_RESOURCE is not set")?;
    let (Some(host), Some(port)) = (resource.host_str(), resource.port_or_known_default()) else {
        return Err("OKTA_RESOURCE has no host".into());
    };
    let hosts = vec![host.to_owned()];
    // Without a port, rmcp would allow every port.
    let origins = vec![format!("{}://{host}:{port}", resource.scheme())];
    let routes = mcp_server::routes(okta, hosts, origins);

    let address = std::env::var("BIND_ADDR").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let server = HttpServer::new(move || App::new().configure(routes.clone())).bind(&address)?;
    println!("{resource} on {address}");
    Ok(server.run().await?)
}
