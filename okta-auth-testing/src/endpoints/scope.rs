//! The scopes that a client may request.

use crate::state::MockState;

pub(crate) const MISSING: &str = "The authorization server resource does not have any configured default scopes, \
                                  'scope' must be provided.";
pub(crate) const UNKNOWN: &str = "One or more scopes are not configured for the authorization server resource.";

/// The scopes that every authorization server of Okta has: those of OpenID Connect, `groups` and `device_sso`.
pub(crate) const RESERVED: [&str; 8] =
    ["openid", "profile", "email", "address", "phone", "offline_access", "groups", "device_sso"];

/// Whether all scopes are configured. A mock without configured scopes accepts every scope.
pub(crate) fn are_known(state: &MockState, scopes: &[String]) -> bool {
    let configured = &state.settings.scopes;
    configured.is_empty() || scopes.iter().all(|scope| RESERVED.contains(&scope.as_str()) || configured.contains(scope))
}
