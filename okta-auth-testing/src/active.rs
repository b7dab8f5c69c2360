//! Whether a token that the mock issued is active.

use serde_json::{Map, Value};

use crate::opaque_tokens::{OpaqueContent, OpaqueToken};
use crate::state::{MockState, ServerState};

/// The claims of a token if the authorization server issued it, it is currently valid, and it is not revoked.
pub(crate) fn active_claims(state: &MockState, server: &ServerState, token: &str) -> Option<Map<String, Value>> {
    let claims = issued_claims(state, server, token)?;
    let now = state.now_seconds();
    let unexpired = claims.get("exp")?.as_u64()? > now;
    let in_effect = claims.get("nbf").is_none_or(|nbf| nbf.as_u64().is_some_and(|nbf| nbf <= now));
    let issued_here = claims.get("iss").and_then(Value::as_str) == Some(server.issuer.as_str());
    (unexpired && in_effect && issued_here && !is_revoked(state, token)).then_some(claims)
}

pub(crate) fn is_revoked(state: &MockState, token: &str) -> bool {
    state.grants.lock().revoked.contains(token)
}

/// The claims of a token that the authorization server issued: a JWT or an opaque token. The claims are not checked.
pub(crate) fn issued_claims(state: &MockState, server: &ServerState, token: &str) -> Option<Map<String, Value>> {
    match state.opaque_tokens.find(token) {
        Some(OpaqueToken { server: id, content: OpaqueContent::Claims(claims) }) if id == server.id => Some(claims),
        Some(_) => None,
        None => signed_claims(server, token),
    }
}

/// The claims of a token if a key of the authorization server signed it. The claims are not checked.
pub(crate) fn signed_claims(server: &ServerState, token: &str) -> Option<Map<String, Value>> {
    let (message, signature) = token.rsplit_once('.')?;
    let (header, payload) = message.split_once('.')?;
    let header: Map<String, Value> = serde_json::from_slice(&decode(header)?).ok()?;
    let key = server.key(header.get("kid")?.as_str()?)?;
    let algorithm_fits = header.get("alg")?.as_str()? == key.algorithm().name();
    if !algorithm_fits || !key.verify(message.as_bytes(), &decode(signature)?) {
        return None;
    }
    serde_json::from_slice(&decode(payload)?).ok()
}

fn decode(part: &str) -> Option<Vec<u8>> {
    base64_simd::URL_SAFE_NO_PAD.decode_to_vec(part).ok()
}
