//! The header of a token.

use okta_auth_runtime::{__fuzz, Algorithm};
use serde_json::Value;

use super::error::check_message;
use super::json::parse_object;

/// Checks the JSON text of a header.
pub fn check_header(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let header = match __fuzz::check_header(text, &Algorithm::ALL) {
        Ok(header) => header,
        Err(error) => {
            check_message(&error);
            return false;
        }
    };
    assert!(!header.key_id.is_empty());
    let is_rs256_allowed = __fuzz::check_header(text, &[Algorithm::RS256]).is_ok();
    assert_eq!(is_rs256_allowed, header.algorithm == Algorithm::RS256);
    let Some(members) = parse_object(text) else { return true };
    assert_eq!(members.get("alg").and_then(Value::as_str), Some(header.algorithm.name()));
    assert_eq!(members.get("kid").and_then(Value::as_str), Some(&*header.key_id));
    assert!(["crit", "zip", "enc"].iter().all(|name| !members.contains_key(*name)));
    assert!(members.get("b64").is_none_or(|value| *value == Value::Bool(true)));
    let typ = members.get("typ").map(|typ| typ.as_str().expect("a string").to_ascii_lowercase());
    let typ = typ.as_deref().map(|typ| typ.strip_prefix("application/").unwrap_or(typ));
    assert!(matches!(typ, None | Some("jwt" | "at+jwt")), "{typ:?}");
    assert_eq!(header.is_access_token, typ == Some("at+jwt"));
    true
}
