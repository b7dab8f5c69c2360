//! The state that the mock's thread and its handles share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;

use crate::answers::Answers;
use crate::client::Client;
use crate::clock::{Offset, TestClock, seconds};
use crate::extra_routes::ExtraRoutes;
use crate::fault::Faults;
use crate::grants::Grants;
use crate::ids::Ids;
use crate::key::SigningKey;
use crate::key_ring::KeyRing;
use crate::opaque_tokens::OpaqueTokens;
use crate::record::RequestLog;
use crate::user::User;

/// The lifetimes of tokens and authorization codes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lifetimes {
    pub(crate) access: Duration,
    pub(crate) id: Duration,
    pub(crate) refresh: Duration,
    pub(crate) code: Duration,
}

/// The settings, which do not change after the start.
#[derive(Debug)]
pub(crate) struct MockSettings {
    /// `http://127.0.0.1:{port}`.
    pub(crate) origin: String,
    pub(crate) lifetimes: Lifetimes,
    /// The first one is the default client.
    pub(crate) clients: Vec<Client>,
    /// The first one is the default user.
    pub(crate) users: Vec<User>,
    /// Scopes in addition to those of OpenID Connect. If empty, every scope is allowed.
    pub(crate) scopes: Vec<String>,
    /// Routes in addition to Okta's endpoints.
    pub(crate) extra_routes: Option<ExtraRoutes>,
    /// The path of the sign-in page. Without it, the mock approves authorization requests at once.
    pub(crate) sign_in_page: Option<String>,
    /// Whether a sign-in starts a session.
    pub(crate) has_sessions: bool,
}

/// The ID of the org authorization server, whose paths have none. No other authorization server can have this ID.
pub(crate) const ORG: &str = "";

/// One authorization server.
#[derive(Debug)]
pub(crate) struct ServerState {
    pub(crate) id: String,
    pub(crate) issuer: String,
    /// The URL below which the endpoints are.
    pub(crate) base: String,
    /// The audience of access tokens.
    pub(crate) audience: String,
    pub(crate) keys: Mutex<KeyRing>,
    /// The key of access tokens if it is not one of the published keys.
    pub(crate) unpublished_key: Option<SigningKey>,
}

impl ServerState {
    pub(crate) fn signing_key(&self) -> SigningKey {
        self.keys.lock().signing().clone()
    }

    pub(crate) fn access_token_key(&self) -> SigningKey {
        self.unpublished_key.clone().unwrap_or_else(|| self.signing_key())
    }

    /// Finds a key that signs or has signed.
    pub(crate) fn key(&self, kid: &str) -> Option<SigningKey> {
        let unpublished = self.unpublished_key.as_ref().filter(|key| key.kid() == kid).cloned();
        unpublished.or_else(|| self.keys.lock().find(kid).cloned())
    }

    /// The URL of an endpoint, such as `token`.
    pub(crate) fn endpoint(&self, name: &str) -> String {
        format!("{}/v1/{name}", self.base)
    }
}

/// The `Cache-Control` of coming key sets.
#[derive(Debug, Default)]
pub(crate) struct CacheControl {
    /// The values for the next responses. The last one repeats. `None` leaves out the header.
    script: std::collections::VecDeque<Option<String>>,
}

impl CacheControl {
    /// A value observed from Okta's key endpoint: 38 days.
    const OKTA: &str = "max-age=3293198, must-revalidate";

    pub(crate) fn set(&mut self, script: impl IntoIterator<Item = Option<String>>) {
        self.script = script.into_iter().collect();
    }

    pub(crate) fn next(&mut self) -> Option<String> {
        match self.script.len() {
            0 => Some(Self::OKTA.to_owned()),
            1 => self.script.front().cloned().flatten(),
            _ => self.script.pop_front().flatten(),
        }
    }
}

/// The state of a mock.
#[derive(Debug)]
pub(crate) struct MockState {
    pub(crate) settings: MockSettings,
    pub(crate) servers: Vec<ServerState>,
    pub(crate) clock: TestClock,
    pub(crate) skew: Mutex<Offset>,
    pub(crate) ids: Ids,
    pub(crate) log: RequestLog,
    pub(crate) faults: Faults,
    pub(crate) cache_control: Mutex<CacheControl>,
    pub(crate) grants: Mutex<Grants>,
    pub(crate) opaque_tokens: Arc<OpaqueTokens>,
    pub(crate) answers: Answers,
    pub(crate) down: AtomicBool,
    pub(crate) turned_away: AtomicUsize,
}

impl MockState {
    /// The time by the clock of the authorization servers, which includes the skew.
    pub(crate) fn now(&self) -> SystemTime {
        self.skew.lock().apply(self.clock.now())
    }

    /// [`now`](Self::now) in whole seconds since the Unix epoch.
    pub(crate) fn now_seconds(&self) -> u64 {
        seconds(self.now())
    }

    pub(crate) fn is_down(&self) -> bool {
        self.down.load(Ordering::SeqCst)
    }

    /// Whether a path is outside of Okta's endpoints. Faults do not affect such a path if the mock has extra routes.
    pub(crate) fn is_extra_route(&self, path: &str) -> bool {
        self.settings.extra_routes.is_some() && !path.starts_with("/oauth2/") && !path.starts_with("/.well-known/")
    }

    pub(crate) fn server(&self, id: &str) -> Option<&ServerState> {
        self.servers.iter().find(|server| server.id == id)
    }

    pub(crate) fn client(&self, id: &str) -> Option<&Client> {
        self.settings.clients.iter().find(|client| client.id == id)
    }

    /// The client of tokens by default. The builder ensures that there is one.
    pub(crate) fn default_client_id(&self) -> &str {
        &self.settings.clients[0].id
    }

    /// The user of tokens by default. The builder ensures that there is one.
    pub(crate) fn default_user(&self) -> &User {
        &self.settings.users[0]
    }

    /// Finds a user by login or user ID.
    pub(crate) fn user(&self, name: &str) -> Option<&User> {
        self.settings.users.iter().find(|user| user.login == name || user.id == name)
    }
}
