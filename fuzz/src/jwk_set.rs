//! A JWK Set.

use okta_auth_runtime::__fuzz::{has_kid, restrict, select_key, skipped_entries};
use okta_auth_runtime::{Algorithm, keys::JwkSet};

/// Checks the JSON text of a JWK Set. Returns whether it has a usable key.
pub fn check_jwk_set(data: &[u8]) -> bool {
    let Ok(set) = JwkSet::from_json(data) else { return false };
    for line in skipped_entries(&set) {
        assert!(line.len() < 1024 && !line.chars().any(char::is_control), "{line:?}");
    }
    assert!(!format!("{set:?}").contains('\n'));
    assert!(restrict(set.clone(), &[Algorithm::RS256]).len() <= set.len());
    for algorithm in Algorithm::ALL {
        for kid in ["", "k", "rsa-2048"] {
            check_key(&set, kid, algorithm);
        }
    }
    !set.is_empty()
}

/// A selected key is the one that was asked for, and does not verify a signature that is not its own.
fn check_key(set: &JwkSet, kid: &str, algorithm: Algorithm) {
    let Some(key) = select_key(set, kid, algorithm) else { return };
    assert!(!kid.is_empty(), "the key has no kid");
    assert!(has_kid(set, kid));
    assert_eq!((key.id(), key.algorithm()), (kid, algorithm));
    assert!(!key.verifies(b"message", &[1; 256]));
}
