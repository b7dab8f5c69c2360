//! The builder of a mock.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::web::ServiceConfig;
use parking_lot::Mutex;

use crate::answers::Answers;
use crate::client::{Client, DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET};
use crate::clock::TestClock;
use crate::extra_routes::ExtraRoutes;
use crate::fault::Faults;
use crate::ids::Ids;
use crate::key::SigningKey;
use crate::key_ring::KeyRing;
use crate::mock::MockOkta;
use crate::opaque_tokens::OpaqueTokens;
use crate::record::RequestLog;
use crate::serve::ServerThread;
use crate::signing_algorithm::SigningAlgorithm;
use crate::state::{Lifetimes, MockSettings, MockState, ORG, ServerState};
use crate::user::User;

/// Builds a [`MockOkta`]. Returned by [`MockOkta::builder`].
///
/// # Defaults
///
/// | setting | default |
/// |---|---|
/// | authorization servers | one, `default`; its issuer ends in `/oauth2/default` |
/// | audience | `api://default` |
/// | clients | one, [`MockOkta::client_id`] with [`MockOkta::client_secret`] |
/// | users | one, `alice@example.com` |
/// | scopes | any |
/// | keys of each authorization server | one, RS256 |
/// | clock | the system clock |
/// | sessions | none: each authorization request is a new sign-in |
/// | lifetimes | access and ID tokens 1 hour, authorization codes 1 minute, refresh tokens 100 days |
/// | address | 127.0.0.1, a free port |
///
/// ```
/// use std::time::Duration;
/// use okta_auth_testing::{SigningAlgorithm, MockOkta, User};
///
/// let okta = MockOkta::builder()
///     .audience("api://orders")
///     .user(User::new("bob@example.com").group("auditors"))
///     .algorithm(SigningAlgorithm::ES256)
///     .keys(2)
///     .access_token_lifetime(Duration::from_secs(300))
///     .start();
/// assert_eq!(okta.published_kids().len(), 2);
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing runs before `start`"]
pub struct MockOktaBuilder {
    address: SocketAddr,
    issuer_id: String,
    further_servers: Vec<String>,
    has_org_server: bool,
    audience: String,
    client_id: String,
    clients: Vec<Client>,
    users: Vec<User>,
    scopes: Vec<String>,
    algorithm: SigningAlgorithm,
    keys: usize,
    clock: TestClock,
    lifetimes: Lifetimes,
    routes: Option<ExtraRoutes>,
    sign_in_page: Option<String>,
    has_sessions: bool,
}

/// Starting a mock.
impl MockOkta {
    /// Starts a mock with the defaults of [`MockOktaBuilder`].
    ///
    /// # Panics
    ///
    /// If loopback has no free port or a thread can't be started.
    #[must_use = "the mock stops when it is dropped"]
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// Returns a builder with the defaults of [`MockOktaBuilder`].
    pub fn builder() -> MockOktaBuilder {
        MockOktaBuilder::default()
    }
}

impl Default for MockOktaBuilder {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            issuer_id: "default".to_owned(),
            further_servers: Vec::new(),
            has_org_server: false,
            audience: "api://default".to_owned(),
            client_id: DEFAULT_CLIENT_ID.to_owned(),
            clients: Vec::new(),
            users: Vec::new(),
            scopes: Vec::new(),
            algorithm: SigningAlgorithm::RS256,
            keys: 1,
            clock: TestClock::system(),
            lifetimes: Lifetimes {
                access: Duration::from_secs(3600),
                id: Duration::from_secs(3600),
                refresh: Duration::from_secs(100 * 24 * 3600),
                code: Duration::from_secs(60),
            },
            routes: None,
            sign_in_page: None,
            has_sessions: false,
        }
    }
}

impl MockOktaBuilder {
    /// The ID of the first authorization server. The path of its issuer is `/oauth2/{id}`.
    pub fn issuer_id(mut self, id: impl Into<String>) -> Self {
        self.issuer_id = id.into();
        self
    }

    /// Adds an authorization server at `/oauth2/{id}`. It has its own keys.
    pub fn authorization_server(mut self, id: impl Into<String>) -> Self {
        self.further_servers.push(id.into());
        self
    }

    /// Adds the org authorization server. Its issuer is the [origin](MockOkta::origin), without a path, and its endpoints
    /// are below `/oauth2/v1/`.
    ///
    /// Its access tokens look like JWTs. As with Okta, their audience is the issuer, and no published key verifies them:
    /// only its introspection endpoint can validate them. The published keys verify its ID tokens.
    ///
    /// ```
    /// use okta_auth_testing::MockOkta;
    ///
    /// let okta = MockOkta::builder().org_authorization_server().start();
    /// let org = okta.org_authorization_server();
    /// assert_eq!(org.issuer(), okta.origin());
    ///
    /// let token = org.token().sign();
    /// assert_eq!(org.introspect(&token)["active"], true);
    /// // Another authorization server does not know the token.
    /// assert_eq!(okta.introspect(&token)["active"], false);
    /// ```
    pub fn org_authorization_server(mut self) -> Self {
        self.has_org_server = true;
        self
    }

    /// The audience of access tokens. Those of the org authorization server have another one.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = audience.into();
        self
    }

    /// The ID of the default client, which is the `cid` of tokens. A [`client`](Self::client) with this ID replaces it.
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        self.client_id = id.into();
        self
    }

    /// Registers a client in addition to the default one.
    pub fn client(mut self, client: Client) -> Self {
        self.clients.push(client);
        self
    }

    /// Registers a user. The first one replaces `alice@example.com`, and tokens are for this user by default.
    pub fn user(mut self, user: User) -> Self {
        self.users.push(user);
        self
    }

    /// Allows a scope in addition to those of OpenID Connect. If this is called at least once, the mock rejects all
    /// other scopes with `invalid_scope`.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scopes.push(scope.into());
        self
    }

    /// The algorithm of the authorization servers' keys.
    ///
    /// # Panics
    ///
    /// [`start`](Self::start) panics if the algorithm is not asymmetric.
    pub fn algorithm(mut self, algorithm: SigningAlgorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// The number of keys that each authorization server publishes at the start, at least 1. The first one signs.
    pub fn keys(mut self, count: usize) -> Self {
        self.keys = count;
        self
    }

    /// The clock of the mock: a [`TestClock`] or a function that returns a `SystemTime`.
    pub fn clock(mut self, clock: impl Into<TestClock>) -> Self {
        self.clock = clock.into();
        self
    }

    /// The lifetime of access tokens, at least one second.
    pub fn access_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetimes.access = lifetime;
        self
    }

    /// The lifetime of ID tokens.
    pub fn id_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetimes.id = lifetime;
        self
    }

    /// The lifetime of refresh tokens.
    pub fn refresh_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetimes.refresh = lifetime;
        self
    }

    /// The lifetime of authorization codes.
    pub fn code_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetimes.code = lifetime;
        self
    }

    /// The address to listen on. Port 0 selects a free port. The address must be on loopback, because the mock trusts
    /// every caller.
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Adds routes outside of `/oauth2/` and `/.well-known/`. With them, faults and outages affect only Okta's
    /// endpoints, and the mock records only requests to those.
    pub fn routes(mut self, routes: impl Fn(&mut ServiceConfig) + Send + Sync + 'static) -> Self {
        self.routes = Some(ExtraRoutes::new(routes));
        self
    }

    /// Redirects authorization requests to the page `{path}/{server}`, which is one of the [`routes`](Self::routes),
    /// with the parameters of the request. Without a sign-in page, the mock approves each request at once for the user
    /// in `login_hint`, or for the first user.
    ///
    /// The page posts these parameters back to the authorization endpoint, together with `username` and `password`, or
    /// with `cancel`. After a wrong password, the mock redirects to the page again and adds the parameter `failed`.
    ///
    /// The page may also post what the tokens say about the sign-in: `acr`, `amr` (separated by spaces), `auth_age` (the
    /// age of the sign-in in seconds) and `actor` (the `sub` of `act`). They override the request.
    pub fn sign_in_page(mut self, path: impl Into<String>) -> Self {
        self.sign_in_page = Some(path.into());
        self
    }

    /// Starts a session when a user signs in. A later authorization request for the user keeps the `auth_time` of the
    /// session, as with Okta's cookie. The user signs in again if the request has `prompt=login`, a `max_age` that the
    /// session exceeds, or `acr_values` that are stronger than the session. With `prompt=none`, the error is
    /// `login_required`. The logout endpoint ends the session of the user in `id_token_hint`.
    ///
    /// Without sessions, each authorization request is a new sign-in. A sign-in page has no sessions.
    ///
    /// ```
    /// use std::time::Duration;
    /// use okta_auth_testing::MockOkta;
    ///
    /// let okta = MockOkta::builder().sessions().start();
    /// // ... the client signs in, and ten minutes later the API asks for a fresh authentication.
    /// okta.clock().advance(Duration::from_secs(600));
    /// // Only a client that repeats the `max_age` of the challenge now gets a token with a new `auth_time`.
    /// ```
    pub fn sessions(mut self) -> Self {
        self.has_sessions = true;
        self
    }

    /// Starts the mock. It accepts connections when this returns. The caller needs no async runtime.
    ///
    /// # Panics
    ///
    /// If the address is taken or not on loopback, the algorithm is not asymmetric, or a thread can't be started.
    #[must_use = "the mock stops when it is dropped"]
    pub fn start(self) -> MockOkta {
        let address = self.address;
        self.try_start().unwrap_or_else(|error| panic!("MockOkta can't serve on {address}: {error}"))
    }

    /// Like [`start`](Self::start), for a fixed address, which may be in use.
    ///
    /// # Errors
    ///
    /// If the address is taken or not on loopback, or a thread can't be started.
    ///
    /// # Panics
    ///
    /// If the algorithm is not asymmetric.
    pub fn try_start(self) -> io::Result<MockOkta> {
        if !self.address.ip().is_loopback() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "MockOkta listens on loopback alone, since it trusts everyone",
            ));
        }
        let listener = TcpListener::bind(self.address)?;
        let state = Arc::new(self.state(listener.local_addr()?));
        let thread = ServerThread::spawn(listener, state.clone())?;
        Ok(MockOkta::new(state, thread))
    }

    fn state(self, address: SocketAddr) -> MockState {
        // The mocks of a process start with different keys, so that one does not accept a token of another.
        static NEXT_KEY: AtomicUsize = AtomicUsize::new(0);

        let origin = format!("http://{address}");
        let ids = Ids::new();
        let keys = || {
            let first = NEXT_KEY.fetch_add(self.keys.max(1), Ordering::Relaxed);
            Mutex::new(KeyRing::new(self.algorithm, self.keys, first, &ids))
        };
        let custom_servers = std::iter::once(self.issuer_id).chain(self.further_servers).map(|id| {
            let issuer = format!("{origin}/oauth2/{id}");
            let audience = self.audience.clone();
            ServerState { id, base: issuer.clone(), issuer, audience, keys: keys(), unpublished_key: None }
        });
        let org_server = self.has_org_server.then(|| ServerState {
            id: ORG.to_owned(),
            issuer: origin.clone(),
            base: format!("{origin}/oauth2"),
            audience: origin.clone(),
            keys: keys(),
            unpublished_key: Some(SigningKey::unknown(self.algorithm).with_kid(ids.generate())),
        });
        let servers = custom_servers.chain(org_server).collect();
        let mut clients = self.clients;
        match clients.iter().position(|client| client.id == self.client_id) {
            Some(own) => clients.swap(0, own),
            None => clients.insert(0, Client::with_optional_secret(&self.client_id, DEFAULT_CLIENT_SECRET)),
        }
        let mut users = self.users;
        if users.is_empty() {
            users.push(User::new("alice@example.com"));
        }
        MockState {
            settings: MockSettings {
                origin,
                lifetimes: self.lifetimes,
                clients,
                users,
                scopes: self.scopes,
                extra_routes: self.routes,
                sign_in_page: self.sign_in_page,
                has_sessions: self.has_sessions,
            },
            servers,
            clock: self.clock,
            skew: Mutex::default(),
            ids,
            log: RequestLog::new(),
            faults: Faults::new(),
            cache_control: Mutex::default(),
            grants: Mutex::default(),
            opaque_tokens: Arc::new(OpaqueTokens::new()),
            answers: Answers::default(),
            down: false.into(),
            turned_away: AtomicUsize::new(0),
        }
    }
}
