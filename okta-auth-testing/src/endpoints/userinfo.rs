//! The userinfo endpoint (OpenID Connect Core 1.0 section 5.3).

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::active;
use super::error::{ErrorResponse, oauth_error};
use super::lookup;
use crate::state::{MockState, ServerState};

pub(crate) async fn userinfo(
    state: web::Data<MockState>,
    id: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ErrorResponse> {
    let server = lookup::server(&state, &id)?;
    Ok(HttpResponse::Ok().json(describe(&state, server, &request)?))
}

fn describe(state: &MockState, server: &ServerState, request: &HttpRequest) -> Result<Value, ErrorResponse> {
    let invalid = || reject(StatusCode::UNAUTHORIZED, "invalid_token", "The access token is invalid.");
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|value| value.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).ok_or_else(invalid)?.1;
    let claims = active::active_claims(state, server, token.trim()).ok_or_else(invalid)?;

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

/// Sends the error in the header (RFC 6750 section 3) and in the body, as Okta does.
fn reject(status: StatusCode, error: &str, description: &str) -> ErrorResponse {
    let response = oauth_error(status, error, description);
    match HeaderValue::from_str(&format!("Bearer error=\"{error}\", error_description=\"{description}\"")) {
        Ok(challenge) => response.with(WWW_AUTHENTICATE, challenge),
        Err(_) => response,
    }
}
