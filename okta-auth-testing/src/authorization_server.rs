//! An authorization server of a mock.

use std::sync::Arc;

use serde_json::Value;

use crate::introspection;
use crate::key::SigningKey;
use crate::opaque_tokens::OpaqueContent;
use crate::state::{MockState, ServerState};
use crate::token::TokenBuilder;

/// An authorization server of a [`MockOkta`](crate::MockOkta). Each has its own keys. A clone is a handle to the same
/// server.
///
/// `MockOkta` has the same methods for its first authorization server. Most tests need only those.
///
/// ```
/// use okta_auth_testing::MockOkta;
///
/// let okta = MockOkta::builder().authorization_server("aus2partners").start();
/// let partners = okta.authorization_server("aus2partners");
/// assert!(partners.issuer().ends_with("/oauth2/aus2partners"));
/// assert_ne!(partners.signing_key().kid(), okta.signing_key().kid());
/// ```
#[derive(Debug, Clone)]
pub struct AuthorizationServer {
    state: Arc<MockState>,
    index: usize,
}

impl AuthorizationServer {
    pub(crate) fn first(state: &Arc<MockState>) -> Self {
        Self { state: state.clone(), index: 0 }
    }

    pub(crate) fn find(state: &Arc<MockState>, id: &str) -> Option<Self> {
        let index = state.servers.iter().position(|server| server.id == id)?;
        Some(Self { state: state.clone(), index })
    }

    /// The ID, which is the last segment of the issuer. The ID of the org authorization server is empty.
    pub fn id(&self) -> &str {
        &self.server().id
    }

    /// The issuer: `http://127.0.0.1:{port}/oauth2/{id}`, or `http://127.0.0.1:{port}` for the org authorization server.
    pub fn issuer(&self) -> &str {
        &self.server().issuer
    }

    /// The URL of the JWK Set.
    pub fn jwks_uri(&self) -> String {
        self.server().endpoint("keys")
    }

    /// The URL of the introspection endpoint (RFC 7662).
    pub fn introspection_endpoint(&self) -> String {
        self.server().endpoint("introspect")
    }

    /// The audience of access tokens.
    pub fn audience(&self) -> &str {
        &self.server().audience
    }

    /// A user's access token. It has Okta's claims for the mock's first user, first client and audience, and no scopes.
    pub fn token(&self) -> TokenBuilder {
        TokenBuilder::access(&self.state, self.server())
    }

    /// An access token of the client credentials grant. It has no `uid` and no `auth_time`, and `sub` is the client ID.
    pub fn service_token(&self) -> TokenBuilder {
        TokenBuilder::service(&self.state, self.server())
    }

    /// An ID token for the mock's first user. An API must reject it as a Bearer token.
    pub fn id_token(&self) -> TokenBuilder {
        TokenBuilder::id(&self.state, self.server())
    }

    /// An opaque access token, whose introspection response is this JSON, unchanged, until the token is revoked. Times in it
    /// have no effect. [`TokenBuilder::opaque`] builds a token with claims.
    ///
    /// ```
    /// use okta_auth_testing::MockOkta;
    /// use serde_json::json;
    ///
    /// let okta = MockOkta::start();
    /// let token = okta.opaque_token(json!({ "active": true, "exp": "soon", "sub": null }));
    /// assert_eq!(okta.introspect(&token)["exp"], "soon");
    /// ```
    pub fn opaque_token(&self, response: impl Into<Value>) -> String {
        self.state.opaque_tokens.issue(self.id(), OpaqueContent::Response(response.into()))
    }

    /// The introspection response for a token, without a request to the [endpoint](Self::introspection_endpoint). No count
    /// includes it, and neither faults nor [`MockOkta::answer_with`](crate::MockOkta::answer_with) and
    /// [`change_answer`](crate::MockOkta::change_answer) affect it.
    pub fn introspect(&self, token: &str) -> Value {
        introspection::response(&self.state, self.server(), token)
    }

    /// The key that currently signs. The org authorization server signs only ID tokens with it.
    pub fn signing_key(&self) -> SigningKey {
        self.server().signing_key()
    }

    /// Publishes a new key and signs with it from now on. The old keys stay published. Returns the new key.
    pub fn rotate(&self) -> SigningKey {
        self.server().keys.lock().rotate(&self.state.ids)
    }

    /// Publishes only a new key and signs with it from now on. Returns the new key.
    pub fn rotate_without_overlap(&self) -> SigningKey {
        self.server().keys.lock().rotate_without_overlap(&self.state.ids)
    }

    /// Removes a key from the JWK Set. A key that signs continues to sign. Returns whether the key was published.
    pub fn withdraw(&self, kid: &str) -> bool {
        self.server().keys.lock().withdraw(kid)
    }

    /// Adds an entry to the JWK Set unchanged, whether it is a valid JWK or not.
    pub fn publish(&self, jwk: impl Into<Value>) {
        self.server().keys.lock().publish(jwk.into());
    }

    /// The key IDs in the JWK Set, in order.
    pub fn published_kids(&self) -> Vec<String> {
        let keys = self.server().keys.lock();
        keys.published().iter().filter_map(|jwk| jwk["kid"].as_str().map(str::to_owned)).collect()
    }

    pub(crate) fn server(&self) -> &ServerState {
        &self.state.servers[self.index]
    }

    pub(crate) fn state(&self) -> &MockState {
        &self.state
    }
}
