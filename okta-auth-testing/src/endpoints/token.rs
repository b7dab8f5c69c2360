//! The token endpoint (RFC 6749 section 3.2).

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::authentication::{Authenticated, authenticate};
use super::dpop::{DPOP_NONCE, Nonces, Proof};
use super::error::{ErrorResponse, oauth_error};
use super::lookup::{self, ServerId};
use super::parameters::Parameters;
use super::{at_hash, dpop, scope};
use crate::acr::Strength;
use crate::authorization_server::AuthorizationServer;
use crate::grants::{Grant, SignIn};
use crate::state::MockState;
use crate::token::TokenBuilder;

pub(crate) async fn token(
    state: web::Data<MockState>,
    id: ServerId,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, ErrorResponse> {
    let state = state.into_inner();
    let server = AuthorizationServer::find(&state, id.as_str()).ok_or_else(|| lookup::unknown_server(&id))?;
    let form = Parameters::parse(&body);
    let client = authenticate(&state, server.server(), "token", &request, &form)?;
    let proof = Proof::find(&state, &request, &server.server().endpoint("token"));
    let proof = proof.map_err(|defect| dpop::reject(&defect))?;
    match &proof {
        Some(proof) => proof.check_nonce(&state)?,
        None if client.client.must_bind_tokens => return Err(missing_proof()),
        None => {}
    }
    let bound_to = proof.map(|proof| proof.thumbprint);
    let is_bound = bound_to.is_some();
    let request = TokenRequest { server: &server, client, form: &form, bound_to };
    let tokens = match form.require("grant_type")? {
        "client_credentials" => client_credentials(&request),
        "authorization_code" => authorization_code(&request),
        "refresh_token" => refresh_token(&request),
        "password" => password(&request),
        _ => Err(reject(
            "unsupported_grant_type",
            "The authorization grant type is not supported by the authorization server.",
        )),
    }?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "no-cache, no-store"));
    if is_bound {
        response.insert_header((DPOP_NONCE, Nonces::at(&state).current()));
    }
    Ok(response.json(tokens))
}

/// A request by an authenticated client.
struct TokenRequest<'a> {
    server: &'a AuthorizationServer,
    client: Authenticated<'a>,
    form: &'a Parameters,
    /// The thumbprint of the key that made the DPoP proof.
    bound_to: Option<String>,
}

impl TokenRequest<'_> {
    /// Binds an access token to the key of the proof.
    fn bind(&self, token: TokenBuilder) -> TokenBuilder {
        self.bound_to.iter().fold(token, |token, thumbprint| token.bound_to_thumbprint(thumbprint))
    }

    fn token_type(&self) -> &'static str {
        if self.bound_to.is_some() { "DPoP" } else { "Bearer" }
    }

    /// Checks that the proof is of the key that a code or a refresh token is bound to.
    fn check_key(&self, bound_to: Option<&str>, description: &str) -> Result<(), ErrorResponse> {
        match (bound_to, &self.bound_to) {
            (None, _) => Ok(()),
            (Some(_), None) => Err(missing_proof()),
            (Some(bound_to), Some(proven)) if proven == bound_to => Ok(()),
            (Some(_), Some(_)) => Err(invalid_grant(description)),
        }
    }

    /// The thumbprint of the key that a new refresh token is bound to. The refresh token of a confidential client is
    /// bound to the client already (RFC 9449 section 5).
    fn refresh_token_bound_to(&self) -> Option<String> {
        self.bound_to.clone().filter(|_| !self.client.is_confidential)
    }
}

fn missing_proof() -> ErrorResponse {
    dpop::reject("The DPoP proof JWT header is missing.")
}

fn reject(error: &str, description: &str) -> ErrorResponse {
    oauth_error(StatusCode::BAD_REQUEST, error, description)
}

fn invalid_grant(description: &str) -> ErrorResponse {
    reject("invalid_grant", description)
}

/// The client credentials grant (RFC 6749 section 4.4).
fn client_credentials(request: &TokenRequest<'_>) -> Result<Value, ErrorResponse> {
    let TokenRequest { server, client, form, .. } = request;
    if !client.is_confidential {
        return Err(reject("unauthorized_client", "The client is not authorized to use the provided grant type."));
    }
    let scopes = requested_scopes(server.state(), form)?;
    if scopes.iter().any(|scope| scope::RESERVED.contains(&scope.as_str())) {
        return Err(reject("invalid_scope", "The client credentials grant can't have scopes of OpenID Connect."));
    }
    let id = client.client.id.as_str();
    let token = request.bind(server.service_token()).client(id).claim("sub", id).scopes(&scopes).sign();
    Ok(json!({
        "token_type": request.token_type(),
        "expires_in": server.state().settings.lifetimes.access.as_secs(),
        "access_token": token,
        "scope": scopes.join(" "),
    }))
}

/// The authorization code grant (RFC 6749 section 4.1.3), with PKCE (RFC 7636 section 4.6) and codes that are bound to a
/// DPoP key (RFC 9449 section 10).
fn authorization_code(request: &TokenRequest<'_>) -> Result<Value, ErrorResponse> {
    let TokenRequest { server, client, form, .. } = request;
    let state = server.state();
    let invalid_code = || invalid_grant("The authorization code is invalid or has expired.");
    // The first attempt uses up a code, even if it fails.
    let code = state.grants.lock().codes.remove(form.require("code")?).ok_or_else(invalid_code)?;
    let grant = code.grant;
    if grant.expires <= state.now_seconds() || grant.client != client.client.id || grant.server != server.id() {
        return Err(invalid_code());
    }
    if form.require("redirect_uri")? != code.redirect_uri {
        return Err(invalid_grant(
            "The 'redirect_uri' does not match the redirection URI of the authorization request.",
        ));
    }
    match (&code.challenge, form.find("code_verifier")) {
        (Some(challenge), Some(verifier)) => {
            if base64_simd::URL_SAFE_NO_PAD.encode_to_string(Sha256::digest(verifier)) != *challenge {
                return Err(invalid_grant("PKCE verification failed."));
            }
        }
        (Some(_), None) => return Err(invalid_grant("PKCE verification failed.")),
        // A verifier without a challenge indicates a PKCE downgrade attack (RFC 9700 section 4.8.2).
        (None, Some(_)) => return Err(invalid_grant("PKCE verification failed.")),
        (None, None) if !client.is_confidential => return Err(invalid_grant("PKCE verification failed.")),
        (None, None) => {}
    }
    request.check_key(code.bound_to.as_deref(), "The authorization code is bound to another DPoP key.")?;
    Ok(token_response(request, &grant, None))
}

/// The refresh token grant (RFC 6749 section 6). The refresh token stays valid.
fn refresh_token(request: &TokenRequest<'_>) -> Result<Value, ErrorResponse> {
    let TokenRequest { server, client, form, .. } = request;
    let state = server.state();
    let token = form.require("refresh_token")?;
    let grant = state.grants.lock().refresh_tokens.get(token).cloned();
    let grant = grant.filter(|grant| {
        grant.client == client.client.id && grant.server == server.id() && grant.expires > state.now_seconds()
    });
    let mut grant = grant.ok_or_else(|| invalid_grant("The refresh token is invalid or expired."))?;
    request.check_key(grant.bound_to.as_deref(), "The refresh token is bound to another DPoP key.")?;
    let narrowed = form.scopes();
    if !narrowed.iter().all(|scope| grant.scopes.contains(scope)) {
        return Err(reject("invalid_scope", "The requested scopes exceed those that were granted."));
    }
    if !narrowed.is_empty() {
        grant.scopes = narrowed;
    }
    grant.nonce = None;
    Ok(token_response(request, &grant, Some(token)))
}

/// The password grant (RFC 6749 section 4.3), for tests without a browser.
fn password(request: &TokenRequest<'_>) -> Result<Value, ErrorResponse> {
    let TokenRequest { server, client, form, .. } = request;
    let state = server.state();
    let (login, password) = (form.require("username")?, form.require("password")?);
    let user = state.user(login).filter(|user| user.accepts(password));
    let user = user.ok_or_else(|| invalid_grant("The credentials provided were invalid."))?;
    let now = state.now_seconds();
    let grant = Grant {
        server: server.id().to_owned(),
        client: client.client.id.clone(),
        user: user.login.clone(),
        scopes: requested_scopes(state, form)?,
        nonce: None,
        bound_to: None,
        sign_in: SignIn::new(now, Strength::Password),
        expires: now,
    };
    Ok(token_response(request, &grant, None))
}

/// The requested scopes, at least one.
fn requested_scopes(state: &MockState, form: &Parameters) -> Result<Vec<String>, ErrorResponse> {
    let scopes = form.scopes();
    if scopes.is_empty() {
        return Err(reject("invalid_scope", scope::MISSING));
    }
    if !scope::are_known(state, &scopes) {
        return Err(reject("invalid_scope", scope::UNKNOWN));
    }
    Ok(scopes)
}

/// The response for a user: an access token, and the tokens that the scopes add.
fn token_response(request: &TokenRequest<'_>, grant: &Grant, refresh_token: Option<&str>) -> Value {
    let server = request.server;
    let state = server.state();
    let lifetimes = state.settings.lifetimes;
    let user = state.user(&grant.user).unwrap_or_else(|| state.default_user());
    let sign_in = &grant.sign_in;
    let has = |scope: &str| grant.scopes.iter().any(|granted| granted == scope);

    let access = request
        .bind(server.token())
        .without("groups")
        .user(&user.login)
        .user_id(&user.id)
        .client(&grant.client)
        .claim("auth_time", sign_in.auth_time)
        .scopes(&grant.scopes);
    let access = sign_in.acr.iter().fold(access, TokenBuilder::acr);
    let access = sign_in.actor.iter().fold(access, TokenBuilder::actor);
    let access_token = user.groups.iter().fold(access, |token, group| token.group(group)).sign();

    let mut response = Map::new();
    if has("openid") {
        let hash = at_hash::compute(server.signing_key().algorithm(), &access_token);
        let mut id = server
            .id_token()
            .audience(&grant.client)
            .claim("sub", user.id.as_str())
            .claim("auth_time", sign_in.auth_time)
            .amr(&sign_in.amr)
            .claim("at_hash", hash);
        id = sign_in.acr.iter().fold(id, TokenBuilder::acr);
        for (claim, scope, value) in [
            ("name", "profile", &user.name),
            ("preferred_username", "profile", &user.login),
            ("email", "email", &user.login),
        ] {
            id = if has(scope) { id.claim(claim, value.as_str()) } else { id.without(claim) };
        }
        if has("groups") {
            id = id.claim("groups", user.groups.clone());
        }
        if let Some(nonce) = &grant.nonce {
            id = id.claim("nonce", nonce.as_str());
        }
        response.insert("id_token".into(), json!(id.sign()));
    }
    if let Some(token) = refresh_token {
        response.insert("refresh_token".into(), json!(token));
    } else if has("offline_access") {
        let token = state.ids.generate();
        let expires = state.now_seconds().saturating_add(lifetimes.refresh.as_secs());
        let bound_to = request.refresh_token_bound_to();
        state.grants.lock().refresh_tokens.insert(token.clone(), Grant { expires, bound_to, ..grant.clone() });
        response.insert("refresh_token".into(), json!(token));
    }
    response.insert("token_type".into(), json!(request.token_type()));
    response.insert("expires_in".into(), json!(lifetimes.access.as_secs()));
    response.insert("access_token".into(), json!(access_token));
    response.insert("scope".into(), json!(grant.scopes.join(" ")));
    Value::Object(response)
}
