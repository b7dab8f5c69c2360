//! Authorization by tool, before the SDK sees the request.

use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::ErrorBadRequest;
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage};
use okta_auth::{AuthContext, Policy};
use rmcp::model::{ClientJsonRpcMessage, ClientRequest};

use crate::tools::{Caller, policy_of};

/// Middleware: a tool is called only if its policy is met.
///
/// The name of the tool is in the body. A tool that checks its caller itself could only return a JSON-RPC error with
/// status 200. MCP clients ask the user for more scopes if the status is 403 and the header `WWW-Authenticate` names them:
/// <https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#scope-challenge-handling>.
pub(crate) async fn authorize_tool<B>(mut request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    authorize(&mut request).await?;
    next.call(request).await
}

async fn authorize(request: &mut ServiceRequest) -> Result<(), Error> {
    let user = request.extract::<AuthContext>().await?;
    // Only a POST has a message.
    if request.method() != Method::POST {
        return Ok(());
    }
    let body = request.extract::<Bytes>().await?;
    // The type and the parser of the SDK, so that both see the same tool in a body with duplicate members. A batch is an
    // error: MCP has no batches since 2025-06-18.
    let message = serde_json::from_slice(&body).map_err(ErrorBadRequest)?;
    if let Some(tool) = tool(&message) {
        policy_of(tool).unwrap_or(&Policy::any([])).authorize(&user, request.request())?;
        request.extensions_mut().insert(Caller { user, tool: tool.to_owned() });
    }
    request.set_payload(body.into());
    Ok(())
}

/// The tool that a message calls. Other messages need only the policy of the endpoint. A server with prompts or resources
/// that need more has to look at these requests, too.
fn tool(message: &ClientJsonRpcMessage) -> Option<&str> {
    match message {
        ClientJsonRpcMessage::Request(message) => match &message.request {
            ClientRequest::CallToolRequest(call) => Some(&call.params.name),
            _ => None,
        },
        _ => None,
    }
}
