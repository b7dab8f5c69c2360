//! The introspection response for a token (RFC 7662 section 2.2).

use serde_json::{Map, Value, json};

use crate::active;
use crate::endpoints::dpop;
use crate::opaque_tokens::{OpaqueContent, OpaqueToken};
use crate::state::{MockState, ServerState};

/// The response of the authorization server. A token that it did not issue is inactive, even if another authorization
/// server of the mock issued it.
pub(crate) fn response(state: &MockState, server: &ServerState, token: &str) -> Value {
    let response = (!active::is_revoked(state, token)).then(|| describe(state, server, token)).flatten();
    response.unwrap_or_else(|| json!({ "active": false }))
}

fn describe(state: &MockState, server: &ServerState, token: &str) -> Option<Value> {
    if let Some(claims) = active::active_claims(state, server, token) {
        return Some(describe_claims(claims));
    }
    if let Some(OpaqueToken { server: id, content: OpaqueContent::Response(response) }) =
        state.opaque_tokens.find(token)
    {
        return (id == server.id).then_some(response);
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

/// The claims under the names of RFC 7662 section 2.2: `scp` becomes `scope`, and `cid` becomes `client_id`. With `acr` and
/// `auth_time`, a resource server can ask for a step-up (RFC 9470 section 6.2).
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
            ("ver", _) => {}
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
