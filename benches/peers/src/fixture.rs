//! The token and the keys that every peer validates.

use okta_auth_testing::MockOkta;

/// The authorization server and the token of all peers.
pub(crate) struct Fixture {
    pub(crate) okta: MockOkta,
    pub(crate) token: String,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let okta = MockOkta::start();
        let token = okta
            .token()
            .scopes(["openid", "profile", "orders:read"])
            .group("Everyone")
            .group("engineering")
            .group("orders-admins")
            .claim("tenant", "acme-corporation")
            .claim("tier", "gold")
            .sign();
        Self { okta, token }
    }

    /// The key set as JSON.
    pub(crate) fn keys(&self) -> String {
        serde_json::json!({ "keys": [self.okta.signing_key().jwk()] }).to_string()
    }

    pub(crate) fn credentials(&self) -> String {
        format!("Bearer {}", self.token)
    }
}
