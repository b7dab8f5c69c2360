//! The names of the environment variables.

use crate::error::Setting;

/// The environment variable of a builder method, or the method if it has none.
pub(super) fn variable(method: &str) -> Setting {
    match method {
        "issuer" => Setting::variable("OKTA_ISSUER"),
        "client_id" => Setting::variable("OKTA_CLIENT_ID"),
        "audience" => Setting::variable("OKTA_AUDIENCE"),
        "jwks_uri" => Setting::variable("OKTA_JWKS_URI"),
        "dpop" => Setting::variable("OKTA_DPOP"),
        "dpop_nonce" => Setting::variable("OKTA_DPOP_NONCE"),
        "dpop_nonce_secret" => Setting::variable("OKTA_DPOP_NONCE_SECRET"),
        "shared_store" => Setting::variable("OKTA_STORE_URL"),
        "introspection_mode" => Setting::variable("OKTA_INTROSPECTION"),
        "introspection_uri" => Setting::variable("OKTA_INTROSPECTION_URI"),
        "introspection_client_id" => Setting::variable("OKTA_INTROSPECTION_CLIENT_ID"),
        "introspection_client_secret" => Setting::variable("OKTA_INTROSPECTION_CLIENT_SECRET"),
        "client_certificates" => Setting::variable("OKTA_CLIENT_CERT_HEADER"),
        "trusted_proxy" => Setting::variable("OKTA_TRUSTED_PROXIES"),
        "resource" => Setting::variable("OKTA_RESOURCE"),
        "leeway" => Setting::variable("OKTA_LEEWAY"),
        "status_mapping" => Setting::variable("OKTA_STATUS_MAPPING"),
        "token_cache_capacity" => Setting::variable("OKTA_TOKEN_CACHE_CAPACITY"),
        other => Setting::method(other),
    }
}
