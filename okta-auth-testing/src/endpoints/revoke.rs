//! Token revocation (RFC 7009).

use actix_web::{HttpRequest, HttpResponse, web};

use super::authentication::authenticate;
use super::error::ErrorResponse;
use super::lookup::{self, ServerId};
use super::parameters::Parameters;
use crate::active;
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
    let client = authenticate(&state, server, "revoke", &request, &form)?.client;
    let token = form.require("token")?;

    let claims = active::issued_claims(&state, server, token);
    let owner = claims.as_ref().and_then(|claims| claims.get("cid")?.as_str());
    let mut grants = state.grants.lock();
    if owner == Some(client.id.as_str()) {
        grants.revoked.insert(token.to_owned());
    }
    if grants.refresh_tokens.get(token).is_some_and(|grant| grant.client == client.id && grant.server == server.id) {
        grants.refresh_tokens.remove(token);
    }
    Ok(HttpResponse::Ok().finish())
}
