//! One of the mock's authorization servers.

use std::sync::Arc;

use serde_json::Value;

use crate::key::SigningKey;
use crate::state::{MockState, ServerState};
use crate::token::TokenBuilder;

/// An authorization server of a [`MockOkta`](crate::MockOkta), with keys of its own. Clones are the same server.
///
/// `MockOkta` has the same methods for its first one, which is all that most tests need.
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

    /// The ID: the last segment of the issuer.
    pub fn id(&self) -> &str {
        &self.server().id
    }

    /// The issuer: `http://127.0.0.1:{port}/oauth2/{id}`.
    pub fn issuer(&self) -> &str {
        &self.server().issuer
    }

    /// Where the JWK Set is.
    pub fn jwks_uri(&self) -> String {
        format!("{}/v1/keys", self.issuer())
    }

    /// A user's access token: Okta's claims for the mock's first user, first client and audience, without scopes.
    pub fn token(&self) -> TokenBuilder {
        TokenBuilder::access(&self.state, self.server())
    }

    /// A client-credentials access token: no `uid`, no `auth_time`, `sub` is the client's ID.
    pub fn service_token(&self) -> TokenBuilder {
        TokenBuilder::service(&self.state, self.server())
    }

    /// An ID token for the mock's first user. As a Bearer token it is always wrong.
    pub fn id_token(&self) -> TokenBuilder {
        TokenBuilder::id(&self.state, self.server())
    }

    /// The key that signs now.
    pub fn signing_key(&self) -> SigningKey {
        self.server().signing_key()
    }

    /// A new key signs from now on and is published; the old ones stay published. Returns the new key.
    pub fn rotate(&self) -> SigningKey {
        self.server().keys.lock().rotate(&self.state.ids)
    }

    /// A new key signs from now on and is the only one that is published. Returns the new key.
    pub fn rotate_without_overlap(&self) -> SigningKey {
        self.server().keys.lock().rotate_without_overlap(&self.state.ids)
    }

    /// Publishes a key no longer; if it signs, it goes on signing. Returns whether it had been published.
    pub fn withdraw(&self, kid: &str) -> bool {
        self.server().keys.lock().withdraw(kid)
    }

    /// Publishes a further entry as it is, sound or not.
    pub fn publish(&self, jwk: impl Into<Value>) {
        self.server().keys.lock().publish(jwk.into());
    }

    /// The key IDs in the JWK Set, in its order.
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
