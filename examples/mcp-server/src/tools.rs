//! The tools, and the policy of each.

use okta_auth::{AuthContext, Policy, policy};
use rmcp::handler::server::common::FromContextPart;
use rmcp::handler::server::tool::ToolCallContext;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::{ErrorData, ServerHandler, schemars, tool, tool_handler, tool_router};
use rmcp_actix_web::transport::on_request_extensions;
use serde::Deserialize;

/// The scope that every request needs. A client without a token learns it from the first 401.
pub const ENDPOINT: Policy = policy!(scope("orders:read"));

/// The policy of a tool, in addition to [`ENDPOINT`]. `None` for an unknown tool, which can't be called.
pub(crate) fn policy_of(tool: &str) -> Option<&'static Policy> {
    static LIST: Policy = ENDPOINT;
    static CREATE: Policy = policy!(scope("orders:write"));
    static REFUND: Policy = policy!(scope("orders:write") && acr("urn:okta:loa:2fa:any") && auth_within("5m"));
    match tool {
        "list_orders" => Some(&LIST),
        "create_order" => Some(&CREATE),
        "refund_order" => Some(&REFUND),
        _ => None,
    }
}

/// A caller who may call one tool. Only `authorize_tool` makes it, so that a tool with this argument can't be called if the
/// middleware is missing.
///
/// rmcp runs tools in tasks of its own, where `AuthContext::current()` is `None`.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) user: AuthContext,
    pub(crate) tool: String,
}

impl<S> FromContextPart<ToolCallContext<'_, S>> for Caller {
    fn from_context_part(context: &mut ToolCallContext<'_, S>) -> Result<Self, ErrorData> {
        let extensions = on_request_extensions(&context.request_context.extensions);
        let caller = extensions.and_then(|extensions| extensions.get::<Self>());
        let caller = caller.filter(|caller| caller.tool == context.name);
        caller.cloned().ok_or_else(|| ErrorData::internal_error("the call was not authorized", None))
    }
}

#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub(crate) struct Order {
    item: String,
}

/// The MCP server. rmcp makes one for each request.
pub(crate) struct Orders;

#[tool_router(vis = "pub(crate)")]
impl Orders {
    #[tool(description = "Lists the orders of the caller.")]
    async fn list_orders(&self, caller: Caller) -> String {
        format!("the orders of {}", caller.user.subject())
    }

    #[tool(description = "Orders an item for the caller.")]
    async fn create_order(&self, caller: Caller, Parameters(order): Parameters<Order>) -> String {
        format!("ordered {} for {}", order.item, caller.user.subject())
    }

    #[tool(description = "Refunds an order. The caller needs a fresh second factor.")]
    async fn refund_order(&self, caller: Caller, Parameters(order): Parameters<Order>) -> String {
        format!("refunded {} to {}", order.item, caller.user.subject())
    }
}

#[tool_handler]
impl ServerHandler for Orders {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_has_a_policy() {
        for tool in Orders::tool_router().list_all() {
            assert!(policy_of(&tool.name).is_some(), "{}", tool.name);
        }
    }
}
