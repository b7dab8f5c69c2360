//! The mock, a handle to a running local Okta.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;

use crate::answers::Answer;
use crate::authorization_server::AuthorizationServer;
use crate::client::DEFAULT_CLIENT_SECRET;
use crate::clock::{Offset, TestClock};
use crate::fault::Injection;
use crate::key::SigningKey;
use crate::proof::ProofBuilder;
use crate::proof_key::ProofKey;
use crate::record::{Endpoint, MAX_WAIT, ReceivedRequest};
use crate::serve::ServerThread;
use crate::state::{MockState, ORG};
use crate::token::TokenBuilder;

/// A local Okta on a free port of 127.0.0.1. It runs on its own thread and stops when it is dropped.
///
/// Start and drop are synchronous, so it works in `#[test]`, `#[actix_web::test]`, `#[tokio::test]` and doctests. Its
/// keys are embedded in this crate and therefore public. Never trust a token that it signs outside of a test.
///
/// The guide: [testing](https://docs.rs/okta-auth/latest/okta_auth/guide/testing/index.html).
///
/// ```
/// use okta_auth_testing::MockOkta;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let okta = MockOkta::start();
/// let token = okta.token().user("alice@example.com").scope("orders:read").sign();
/// # drop(token);
///
/// let keys: serde_json::Value = reqwest::get(okta.jwks_uri()).await.unwrap().json().await.unwrap();
/// assert_eq!(keys["keys"][0]["kid"], okta.signing_key().kid());
/// assert_eq!(okta.key_fetches(), 1);
/// # }
/// ```
#[derive(Debug)]
pub struct MockOkta {
    state: Arc<MockState>,
    first: AuthorizationServer,
    thread: ServerThread,
}

/// Settings.
impl MockOkta {
    pub(crate) fn new(state: Arc<MockState>, thread: ServerThread) -> Self {
        Self { first: AuthorizationServer::first(&state), state, thread }
    }

    /// The issuer of the first authorization server: `http://127.0.0.1:{port}/oauth2/default`.
    pub fn issuer(&self) -> &str {
        self.first.issuer()
    }

    /// The URL of the JWK Set of the first authorization server.
    pub fn jwks_uri(&self) -> String {
        self.first.jwks_uri()
    }

    /// See [`AuthorizationServer::introspection_endpoint`].
    pub fn introspection_endpoint(&self) -> String {
        self.first.introspection_endpoint()
    }

    /// `http://127.0.0.1:{port}`.
    pub fn origin(&self) -> &str {
        &self.state.settings.origin
    }

    /// The audience of access tokens of the first authorization server.
    pub fn audience(&self) -> &str {
        self.first.audience()
    }

    /// The ID of the default client, which is the `cid` of tokens.
    pub fn client_id(&self) -> &str {
        self.state.default_client_id()
    }

    /// The secret of [`client_id`](Self::client_id) for the token endpoint. With PKCE, the client may leave it out.
    pub fn client_secret(&self) -> &str {
        DEFAULT_CLIENT_SECRET
    }

    /// The first authorization server. The methods of `MockOkta` for tokens and keys delegate to it.
    pub fn first(&self) -> &AuthorizationServer {
        &self.first
    }

    /// An authorization server by its ID.
    ///
    /// # Panics
    ///
    /// If the mock has no authorization server with this ID.
    pub fn authorization_server(&self, id: &str) -> AuthorizationServer {
        AuthorizationServer::find(&self.state, id)
            .unwrap_or_else(|| panic!("this MockOkta has no authorization server {id:?}; add it with the builder"))
    }

    /// The org authorization server.
    ///
    /// # Panics
    ///
    /// If the mock was built without [`org_authorization_server`](crate::MockOktaBuilder::org_authorization_server).
    pub fn org_authorization_server(&self) -> AuthorizationServer {
        AuthorizationServer::find(&self.state, ORG)
            .expect("this MockOkta has no org authorization server; add it with the builder")
    }

    /// The clock of the mock, which sets the times in tokens.
    pub fn clock(&self) -> &TestClock {
        &self.state.clock
    }
}

/// Tokens and keys of the first authorization server.
impl MockOkta {
    /// See [`AuthorizationServer::token`].
    pub fn token(&self) -> TokenBuilder {
        self.first.token()
    }

    /// See [`AuthorizationServer::service_token`].
    pub fn service_token(&self) -> TokenBuilder {
        self.first.service_token()
    }

    /// See [`AuthorizationServer::id_token`].
    pub fn id_token(&self) -> TokenBuilder {
        self.first.id_token()
    }

    /// See [`AuthorizationServer::opaque_token`].
    pub fn opaque_token(&self, response: impl Into<Value>) -> String {
        self.first.opaque_token(response)
    }

    /// See [`AuthorizationServer::introspect`].
    pub fn introspect(&self, token: &str) -> Value {
        self.first.introspect(token)
    }

    /// Revokes a token: a JWT, an opaque token or a refresh token of any authorization server. Its introspection responses are
    /// `{"active": false}` from now on. A validator that does not ask the endpoint still accepts a JWT.
    ///
    /// ```
    /// use okta_auth_testing::MockOkta;
    ///
    /// let okta = MockOkta::start();
    /// let (one, other) = (okta.token().sign(), okta.token().opaque());
    /// okta.revoke(&one);
    /// assert_eq!(okta.introspect(&one), serde_json::json!({ "active": false }));
    /// assert_eq!(okta.introspect(&other)["active"], true);
    /// ```
    pub fn revoke(&self, token: impl Into<String>) {
        let token = token.into();
        let mut grants = self.state.grants.lock();
        grants.refresh_tokens.remove(&token);
        grants.revoked.insert(token);
    }

    /// See [`AuthorizationServer::signing_key`].
    pub fn signing_key(&self) -> SigningKey {
        self.first.signing_key()
    }

    /// See [`AuthorizationServer::rotate`].
    pub fn rotate(&self) -> SigningKey {
        self.first.rotate()
    }

    /// See [`AuthorizationServer::rotate_without_overlap`].
    pub fn rotate_without_overlap(&self) -> SigningKey {
        self.first.rotate_without_overlap()
    }

    /// See [`AuthorizationServer::withdraw`].
    pub fn withdraw(&self, kid: &str) -> bool {
        self.first.withdraw(kid)
    }

    /// See [`AuthorizationServer::publish`].
    pub fn publish(&self, jwk: impl Into<Value>) {
        self.first.publish(jwk);
    }

    /// See [`AuthorizationServer::published_kids`].
    pub fn published_kids(&self) -> Vec<String> {
        self.first.published_kids()
    }
}

/// Proofs of clients.
impl MockOkta {
    /// A DPoP proof by this key (RFC 9449). The request sends it in the header `DPoP`, and the token as
    /// `Authorization: DPoP ...`.
    ///
    /// ```
    /// use okta_auth_testing::{MockOkta, ProofKey};
    ///
    /// let okta = MockOkta::start();
    /// let key = ProofKey::new();
    /// let token = okta.token().bound_to(&key).sign();
    /// let proof = okta.proof(&key).method("GET").url("https://api.example.com/orders").access_token(&token).sign();
    /// # drop(proof);
    /// ```
    pub fn proof(&self, key: &ProofKey) -> ProofBuilder {
        ProofBuilder::new(&self.state, key)
    }
}

/// Faults and outages.
impl MockOkta {
    /// Resets the connection of each request (TCP RST), including requests that hang because of a fault. The port stays
    /// bound, so that no other process can answer on it.
    pub fn go_down(&self) {
        self.state.down.store(true, Ordering::SeqCst);
        self.release();
    }

    /// Serves again.
    pub fn come_back(&self) {
        self.state.down.store(false, Ordering::SeqCst);
    }

    /// The number of requests that were reset because the mock was down. No other count includes them.
    pub fn requests_turned_away(&self) -> usize {
        self.state.turned_away.load(Ordering::SeqCst)
    }

    /// Adds a fault after those in force.
    pub fn fault(&self, fault: impl Into<Injection>) {
        self.state.faults.add(fault.into());
    }

    /// The faults in force, in the order in which they were added. Faults that are used up are removed.
    pub fn faults(&self) -> Vec<Injection> {
        self.state.faults.all()
    }

    /// Whether the mock is down.
    pub fn is_down(&self) -> bool {
        self.state.is_down()
    }

    /// Removes all faults and releases hung requests.
    pub fn clear_faults(&self) {
        self.state.faults.clear();
    }

    /// Releases the requests that [`Fault::Hang`](crate::Fault::Hang) and [`Fault::SlowDrip`](crate::Fault::SlowDrip)
    /// delay. The faults stay in force for later requests.
    pub fn release(&self) {
        self.state.faults.release();
    }

    /// Sets the `Cache-Control` of JWK Sets. The default is `max-age=3293198, must-revalidate`, a value observed from
    /// Okta.
    pub fn cache_control(&self, value: impl Into<String>) {
        self.state.cache_control.lock().set([Some(value.into())]);
    }

    /// Sends JWK Sets without `Cache-Control`.
    pub fn no_cache_control(&self) {
        self.state.cache_control.lock().set([None]);
    }

    /// Sets the `Cache-Control` of the next JWK Sets, one value per response. The last value repeats.
    pub fn cache_control_script<S: Into<String>>(&self, values: impl IntoIterator<Item = S>) {
        self.state.cache_control.lock().set(values.into_iter().map(|value| Some(value.into())));
    }

    /// Sets the clock of the authorization servers this far ahead of [`clock`](Self::clock), so that their tokens are
    /// issued in the future. Zero removes the difference.
    pub fn run_ahead(&self, by: Duration) {
        *self.state.skew.lock() = Offset::ahead(by);
    }

    /// Sets the clock of the authorization servers this far behind [`clock`](Self::clock). Zero removes the difference.
    pub fn run_behind(&self, by: Duration) {
        *self.state.skew.lock() = Offset::behind(by);
    }
}

/// Introspection responses for single tokens. A client that fails to authenticate still gets an error, and a fault has
/// precedence.
impl MockOkta {
    /// Changes each introspection response for a token. The function gets the normal response, which is
    /// `{"active": false}` for a token that is unknown or revoked. It replaces an earlier change.
    ///
    /// ```
    /// use okta_auth_testing::MockOkta;
    /// use serde_json::{Value, json};
    ///
    /// let okta = MockOkta::start();
    /// let token = okta.token().opaque();
    /// okta.change_answer(&token, |answer| answer["exp"] = json!("soon"));
    /// okta.change_answer(&token, |answer| answer["sub"] = Value::Null);
    /// // A refresh token is active too, but it is not an access token.
    /// okta.change_answer(&token, |answer| answer["token_type"] = json!("refresh_token"));
    /// // Without `sub`, but with `username`.
    /// okta.change_answer(&token, |answer| drop(answer.as_object_mut().unwrap().remove("sub")));
    /// ```
    pub fn change_answer(&self, token: &str, change: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.state.answers.set(token, Answer::Change(Arc::new(change)));
    }

    /// Answers each introspection request for a token with this status and body, for members that no [`Value`] can have and
    /// for errors. It replaces an earlier change.
    ///
    /// ```
    /// use okta_auth_testing::MockOkta;
    ///
    /// let okta = MockOkta::start();
    /// let (twice, unreadable) = (okta.token().opaque(), okta.token().opaque());
    /// okta.answer_with(&twice, 200, r#"{"active": true, "active": false}"#);
    /// okta.answer_with(&unreadable, 400, r#"{"error": "invalid_request"}"#);
    /// ```
    pub fn answer_with(&self, token: &str, status: u16, body: impl Into<String>) {
        self.state.answers.set(token, Answer::Replace { status, body: body.into() });
    }

    /// Ends [`change_answer`](Self::change_answer) and [`answer_with`](Self::answer_with) for a token.
    pub fn answer_normally(&self, token: &str) {
        self.state.answers.remove(token);
    }
}

/// Recorded requests. A request counts when it arrives, whatever the response.
impl MockOkta {
    /// All requests so far, in order of arrival.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.state.log.all()
    }

    /// The number of requests to an endpoint, for all authorization servers together.
    pub fn count(&self, endpoint: Endpoint) -> usize {
        self.state.log.count(|request| request.endpoint == endpoint)
    }

    /// The number of introspection requests for a token, at all authorization servers together.
    pub fn introspections(&self, token: &str) -> usize {
        self.state.log.count(|request| {
            request.endpoint == Endpoint::Introspect && request.form("token").as_deref() == Some(token)
        })
    }

    /// The number of requests for JWK Sets.
    pub fn key_fetches(&self) -> usize {
        self.count(Endpoint::Keys)
    }

    /// The number of requests for metadata, at any of its three URLs.
    pub fn discovery_fetches(&self) -> usize {
        self.state.log.count(|request| request.endpoint.is_discovery())
    }

    /// Waits until an endpoint has received `n` requests since the start.
    ///
    /// # Panics
    ///
    /// If fewer requests arrive within 10 seconds.
    pub async fn wait_for(&self, endpoint: Endpoint, n: usize) {
        let state = self.state.clone();
        let wait = async move { state.log.wait(n, |request| request.endpoint == endpoint).await };
        // On the mock's runtime, because the caller's runtime may have no timer or a paused one.
        let arrived = self.thread.runtime().spawn(tokio::time::timeout(MAX_WAIT, wait)).await;
        assert!(matches!(arrived, Ok(Ok(()))), "{}", self.timeout_message(endpoint, n));
    }

    /// Like [`wait_for`](Self::wait_for), but blocks the thread.
    ///
    /// # Panics
    ///
    /// If fewer requests arrive within 10 seconds.
    pub fn wait_for_blocking(&self, endpoint: Endpoint, n: usize) {
        let arrived = self.state.log.wait_blocking(n, |request| request.endpoint == endpoint);
        assert!(arrived, "{}", self.timeout_message(endpoint, n));
    }

    /// Like [`wait_for`](Self::wait_for), for JWK Sets.
    ///
    /// # Panics
    ///
    /// If fewer requests arrive within 10 seconds.
    pub async fn wait_for_key_fetches(&self, n: usize) {
        self.wait_for(Endpoint::Keys, n).await;
    }

    /// Like [`wait_for_key_fetches`](Self::wait_for_key_fetches), but blocks the thread.
    ///
    /// # Panics
    ///
    /// If fewer requests arrive within 10 seconds.
    pub fn wait_for_key_fetches_blocking(&self, n: usize) {
        self.wait_for_blocking(Endpoint::Keys, n);
    }

    fn timeout_message(&self, endpoint: Endpoint, n: usize) -> String {
        format!("waited {MAX_WAIT:?} for {n} requests to {endpoint:?}, got {}", self.count(endpoint))
    }
}
