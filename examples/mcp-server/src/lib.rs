//! An MCP server with Streamable HTTP at `/mcp`, for callers with Okta access tokens. The page `guide::mcp` of okta-auth
//! explains it.

mod authorize;
mod tools;

use std::sync::Arc;

use actix_web::HttpMessage;
use actix_web::middleware::from_fn;
use actix_web::web::{PayloadConfig, ServiceConfig};
use okta_auth::config::ValidatorBuilder;
use okta_auth::{LoginRequired, StatusMapping, Validator};
use rmcp_actix_web::transport::{LocalSessionManager, StreamableHttpService};

use crate::authorize::authorize_tool;
use crate::tools::{Caller, ENDPOINT, Orders};

/// The settings that do not depend on the environment.
pub fn settings(validator: ValidatorBuilder) -> ValidatorBuilder {
    validator
        // MCP clients log in after a 401, never after a 403.
        .status_mapping(StatusMapping::Rfc6750)
        // The minimum: clients request all of them if a challenge has no scope.
        .scopes_supported(["orders:read"])
        .scope_implies("orders:write", "orders:read")
}

/// The routes of the server. `hosts` are its public names, with a port or without, and `origins` those of web pages that may
/// call it, with a port. rmcp refuses other hosts and origins, as a defense against DNS rebinding. Requests without an `Origin` header do
/// not come from a page. An empty list would turn its check off.
pub fn routes(okta: Validator, hosts: Vec<String>, origins: Vec<String>) -> impl Fn(&mut ServiceConfig) + Clone {
    let mcp = mcp(hosts, origins);
    move |config| {
        config.service(okta.resource_metadata()).service(
            mcp.clone()
                .scope_with_path("/mcp")
                .app_data(okta.clone())
                .app_data(PayloadConfig::new(64 * 1024))
                .wrap(from_fn(authorize_tool))
                // The last wrap is the outermost: no body of a caller without a token is read.
                .wrap(LoginRequired::with(ENDPOINT)),
        );
    }
}

fn mcp(hosts: Vec<String>, origins: Vec<String>) -> StreamableHttpService<Orders> {
    StreamableHttpService::builder()
        .service_factory(Arc::new(|| Ok(Orders)))
        .session_manager(Arc::new(LocalSessionManager::default()))
        // Without sessions, which a caller could take over with a guessed or stolen ID. MCP 2026-07-28 has none.
        .stateful_mode(false)
        .json_response(true)
        .allowed_hosts(hosts)
        .allowed_origins(origins)
        .on_request_fn(|request, extensions| {
            if let Some(caller) = request.extensions().get::<Caller>() {
                extensions.insert(caller.clone());
            }
        })
        .build()
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::test::{TestRequest, call_and_read_body, init_service};
    use serde_json::json;

    use super::*;

    #[actix_web::test]
    async fn no_tool_runs_without_the_middleware() {
        let mcp = mcp(vec!["localhost".to_owned()], vec!["http://localhost".to_owned()]);
        let app = init_service(App::new().service(mcp.scope_with_path("/mcp"))).await;
        for tool in Orders::tool_router().list_all() {
            let params = json!({ "name": tool.name, "arguments": { "item": "tea" } });
            let request = TestRequest::post()
                .uri("/mcp")
                .insert_header(("Host", "localhost"))
                .insert_header(("Accept", "application/json, text/event-stream"))
                .set_json(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }));
            let body = call_and_read_body(&app, request.to_request()).await;
            let body = String::from_utf8_lossy(&body);
            assert!(body.contains("the call was not authorized"), "{}: {body}", tool.name);
        }
    }
}
