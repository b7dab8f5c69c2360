//! Token introspection (RFC 7662).

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value, json};

use super::active;
use super::authentication::{Parameters, authenticate};
use super::dpop;
use super::error::ErrorResponse;
use super::lookup::{self, ServerId};
use crate::state::{MockState, ServerState};

pub(crate) async fn introspect(
    state: web::Data<MockState>,
    id: ServerId,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, ErrorResponse> {
    let server = lookup::server(&state, &id)?;
    let form = Parameters::parse(&body);
    authenticate(&state, &request, &form)?;
    let response = describe(&state, server, form.require("token")?).unwrap_or_else(|| json!({ "active": false }));
    Ok(HttpResponse::Ok().json(response))
}

fn describe(state: &MockState, server: &ServerState, token: &str) -> Option<Value> {
    if let Some(claims) = active::active_claims(state, server, token) {
        return Some(describe_claims(claims));
    }
    let grants = state.grants.lock();
    let grant = grants.refresh_tokens.get(token)?;
    (grant.server == server.id && grant.expires > state.now_seconds()).then(|| {
        json!({
            "active": true,
            "scope": grant.scopes.join(" "),
            "username": grant.user,
            "exp": grant.expires,
            "sub": grant.user,
            "iss": server.issuer,
            "client_id": grant.client,
            "uid": state.user(&grant.user).map(|user| user.id.as_str()),
        })
    })
}

/// The claims under the names of RFC 7662 section 2.2: `scp` becomes `scope`, and `cid` becomes `client_id`.
fn describe_claims(claims: Map<String, Value>) -> Value {
    let mut response = Map::new();
    response.insert("active".into(), json!(true));
    // RFC 9449 section 6.2. `cnf` is one of the claims.
    let token_type = if dpop::bound_to(&claims).is_some() { "DPoP" } else { "Bearer" };
    response.insert("token_type".into(), json!(token_type));
    for (name, value) in claims {
        match (name.as_str(), value) {
            ("scp", Value::Array(scopes)) => {
                let scopes: Vec<_> = scopes.iter().filter_map(Value::as_str).collect();
                response.insert("scope".into(), json!(scopes.join(" ")));
            }
            ("cid", value) => drop(response.insert("client_id".into(), value)),
            ("ver" | "auth_time", _) => {}
            (_, value) => {
                if name == "sub" {
                    response.insert("username".into(), value.clone());
                }
                response.insert(name, value);
            }
        }
    }
    Value::Object(response)
}
