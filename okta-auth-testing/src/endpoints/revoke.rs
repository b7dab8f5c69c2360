//! Token revocation (RFC 7009).

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value;

use super::active;
use super::authentication::{Parameters, authenticate};
use super::error::ErrorResponse;
use super::lookup::{self, ServerId};
use crate::state::MockState;

/// Responds with 200 even if the token is unknown (RFC 7009 section 2.2). Introspection and userinfo treat a revoked
/// access token as inactive. Local validation can't detect the revocation.
pub(crate) async fn revoke(
    state: web::Data<MockState>,
    id: ServerId,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, ErrorResponse> {
    let server = lookup::server(&state, &id)?;
    let form = Parameters::parse(&body);
    let client = authenticate(&state, &request, &form)?.client;
    let token = form.require("token")?;

    let jti = active::signed_claims(server, token).and_then(|mut claims| {
        let is_clients = claims.get("cid").and_then(Value::as_str) == Some(client.id.as_str());
        claims.remove("jti").filter(|_| is_clients)
    });
    let mut grants = state.grants.lock();
    if let Some(Value::String(jti)) = jti {
        grants.revoked.insert(jti);
    }
    if grants.refresh_tokens.get(token).is_some_and(|grant| grant.client == client.id) {
        grants.refresh_tokens.remove(token);
    }
    Ok(HttpResponse::Ok().finish())
}
