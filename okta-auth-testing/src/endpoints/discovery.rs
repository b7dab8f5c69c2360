//! Metadata: OpenID Connect Discovery 1.0 section 3 and RFC 8414 section 2.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::error::ErrorResponse;
use super::lookup::{self, ServerId};
use super::{client_assertion, dpop};
use crate::acr;
use crate::signing_algorithm::SigningAlgorithm;
use crate::state::{MockState, ServerState};

pub(crate) async fn openid_configuration(
    state: web::Data<MockState>,
    id: ServerId,
) -> Result<HttpResponse, ErrorResponse> {
    let server = lookup::server(&state, &id)?;
    let mut metadata = metadata(&state, server);
    let algorithm = server.keys.lock().signing().algorithm().name();
    for (name, value) in [
        ("userinfo_endpoint", json!(server.endpoint("userinfo"))),
        ("id_token_signing_alg_values_supported", json!([algorithm])),
        (
            "claims_supported",
            json!([
                "iss",
                "ver",
                "sub",
                "aud",
                "iat",
                "exp",
                "jti",
                "auth_time",
                "acr",
                "amr",
                "idp",
                "nonce",
                "name",
                "preferred_username",
                "email",
                "email_verified",
                "at_hash"
            ]),
        ),
    ] {
        metadata[name] = value;
    }
    Ok(respond(&metadata))
}

pub(crate) async fn oauth_metadata(state: web::Data<MockState>, id: ServerId) -> Result<HttpResponse, ErrorResponse> {
    let server = lookup::server(&state, &id)?;
    Ok(respond(&metadata(&state, server)))
}

/// The members that both documents have.
fn metadata(state: &MockState, server: &ServerState) -> Value {
    let mut scopes = vec!["openid", "profile", "email", "address", "phone", "offline_access", "groups"];
    scopes.extend(state.settings.scopes.iter().map(String::as_str));
    let authentication = json!(["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]);
    let assertion_algorithms = json!(client_assertion::ALGORITHMS.map(SigningAlgorithm::name));
    json!({
        "issuer": server.issuer,
        "authorization_endpoint": server.endpoint("authorize"),
        "token_endpoint": server.endpoint("token"),
        "jwks_uri": server.endpoint("keys"),
        "introspection_endpoint": server.endpoint("introspect"),
        "revocation_endpoint": server.endpoint("revoke"),
        "end_session_endpoint": server.endpoint("logout"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment"],
        "grant_types_supported": ["authorization_code", "refresh_token", "password", "client_credentials"],
        "subject_types_supported": ["public"],
        "scopes_supported": scopes,
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": acr::SUPPORTED,
        "dpop_signing_alg_values_supported": dpop::algorithm_names(),
        "token_endpoint_auth_methods_supported": authentication,
        "token_endpoint_auth_signing_alg_values_supported": assertion_algorithms,
        "introspection_endpoint_auth_methods_supported": authentication,
        "introspection_endpoint_auth_signing_alg_values_supported": assertion_algorithms,
        "revocation_endpoint_auth_methods_supported": authentication,
        "revocation_endpoint_auth_signing_alg_values_supported": assertion_algorithms,
    })
}

fn respond(metadata: &Value) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "max-age=86400, must-revalidate")).json(metadata)
}
