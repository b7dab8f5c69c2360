//! The logout endpoint (OpenID Connect RP-Initiated Logout 1.0).

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value;
use url::Url;

use super::error::{ErrorResponse, api_error};
use super::lookup::{self, ServerId};
use super::parameters::Parameters;
use crate::active;
use crate::state::{MockState, ServerState};

/// Redirects to `post_logout_redirect_uri`, which must be a redirect URI of the client. Without it, responds with a
/// text. Ends the session of the user in `id_token_hint`. Tokens stay valid, as with Okta.
pub(crate) async fn logout(
    state: web::Data<MockState>,
    id: ServerId,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, ErrorResponse> {
    let parameters =
        if body.is_empty() { Parameters::parse(request.query_string().as_bytes()) } else { Parameters::parse(&body) };
    let server = lookup::server(&state, &id)?;
    let target = target(&state, server, &parameters)?;
    let subject =
        parameters.find("id_token_hint").and_then(|token| active::signed_claims(server, token)?.remove("sub"));
    if let Some(user) = subject.as_ref().and_then(Value::as_str).and_then(|id| state.user(id)) {
        state.grants.lock().sessions.end(&user.login);
    }
    Ok(match target {
        Some(target) => HttpResponse::Found().insert_header((LOCATION, target.as_str())).finish(),
        None => HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("You are signed out."),
    })
}

/// The URL to redirect to. An expired ID token is accepted, because it still names the client.
fn target(state: &MockState, server: &ServerState, parameters: &Parameters) -> Result<Option<Url>, ErrorResponse> {
    let reject = |summary: &str| Err(api_error(StatusCode::BAD_REQUEST, "invalid_request", summary));
    let hint = parameters.find("id_token_hint").map(|token| {
        active::signed_claims(server, token).and_then(|claims| claims.get("aud")?.as_str().map(str::to_owned))
    });
    let client = match hint {
        Some(None) => return reject("The 'id_token_hint' is not an ID token of this authorization server."),
        Some(Some(client)) => Some(client),
        None => parameters.find("client_id").map(str::to_owned),
    };
    let Some(client) = client.and_then(|id| state.client(&id)) else {
        return reject("The request must name a client by 'id_token_hint' or 'client_id'.");
    };
    let Some(uri) = parameters.find("post_logout_redirect_uri") else { return Ok(None) };
    match Url::parse(uri) {
        Ok(mut target) if client.allows_redirect(uri) => {
            if let Some(state) = parameters.find("state") {
                target.query_pairs_mut().append_pair("state", state);
            }
            Ok(Some(target))
        }
        _ => reject("The 'post_logout_redirect_uri' must be a URI that the client registered."),
    }
}
