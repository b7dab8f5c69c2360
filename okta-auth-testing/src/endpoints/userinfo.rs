//! The userinfo endpoint (OpenID Connect Core 1.0 section 5.3).

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::dpop;
use super::dpop::Proof;
use super::error::{ErrorResponse, oauth_error};
use super::lookup::{self, ServerId};
use crate::active;
use crate::state::{MockState, ServerState};

pub(crate) async fn userinfo(
    state: web::Data<MockState>,
    id: ServerId,
    request: HttpRequest,
) -> Result<HttpResponse, ErrorResponse> {
    let server = lookup::server(&state, &id)?;
    Ok(HttpResponse::Ok().json(describe(&state, server, &request)?))
}

fn describe(state: &MockState, server: &ServerState, request: &HttpRequest) -> Result<Value, ErrorResponse> {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, token) = header.and_then(|value| value.split_once(' ')).unwrap_or_default();
    let is_dpop = scheme.eq_ignore_ascii_case("dpop");
    let reject = |status, error, description: &str| reject(is_dpop, status, error, description);
    let invalid = || reject(StatusCode::UNAUTHORIZED, "invalid_token", "The access token is invalid.");
    if !is_dpop && !scheme.eq_ignore_ascii_case("bearer") {
        return Err(invalid());
    }
    let token = token.trim();
    let claims = active::active_claims(state, server, token).ok_or_else(invalid)?;
    match (is_dpop, dpop::bound_to(&claims)) {
        (false, None) => {}
        (true, Some(bound_to)) => check_proof(state, server, request, token, bound_to)
            .map_err(|defect| reject(StatusCode::BAD_REQUEST, "invalid_dpop_proof", &defect))?,
        // A bound token is not a Bearer token, and the other way around (RFC 9449 section 7.1).
        (false, Some(_)) | (true, None) => return Err(invalid()),
    }

    let scopes = claims.get("scp").and_then(Value::as_array);
    let has = |scope: &str| scopes.is_some_and(|scopes| scopes.iter().any(|granted| granted == scope));
    if !has("openid") {
        let description = "The access token must provide access to at least one of these scopes - openid";
        return Err(reject(StatusCode::FORBIDDEN, "insufficient_scope", description));
    }
    let uid = claims.get("uid").and_then(Value::as_str).ok_or_else(invalid)?;
    let login = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
    let mut response = json!({ "sub": uid });
    if has("profile") {
        response["name"] = json!(state.user(login).map_or(login, |user| &user.name));
        response["preferred_username"] = json!(login);
    }
    if has("email") {
        response["email"] = json!(login);
        response["email_verified"] = json!(true);
    }
    if let Some(groups) = claims.get("groups").filter(|_| has("groups")) {
        response["groups"] = groups.clone();
    }
    Ok(response)
}

/// Checks the proof for a token that is bound to the key with this thumbprint. Okta requires no nonce here.
fn check_proof(
    state: &MockState,
    server: &ServerState,
    request: &HttpRequest,
    token: &str,
    bound_to: &str,
) -> Result<(), dpop::Defect> {
    let proof = Proof::find(state, request, &server.endpoint("userinfo"))?;
    proof.ok_or("The DPoP proof JWT header is missing.")?.check_token(token, bound_to)
}

/// Sends the error in the header (RFC 6750 section 3, RFC 9449 section 7.1) and in the body, as Okta does.
fn reject(is_dpop: bool, status: StatusCode, error: &str, description: &str) -> ErrorResponse {
    let response = oauth_error(status, error, description);
    let scheme = match is_dpop {
        true => format!("DPoP algs=\"{}\",", dpop::algorithm_names().join(" ")),
        false => "Bearer".to_owned(),
    };
    match HeaderValue::from_str(&format!("{scheme} error=\"{error}\", error_description=\"{description}\"")) {
        Ok(challenge) => response.with(WWW_AUTHENTICATE, challenge),
        Err(_) => response,
    }
}
