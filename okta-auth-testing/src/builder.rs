//! How a mock is set up.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::web::ServiceConfig;
use parking_lot::Mutex;

use crate::client::{Client, DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET};
use crate::clock::TestClock;
use crate::extra_routes::ExtraRoutes;
use crate::fault::Faults;
use crate::ids::Ids;
use crate::key_ring::KeyRing;
use crate::mock::MockOkta;
use crate::record::RequestLog;
use crate::serve::ServerThread;
use crate::signing_algorithm::SigningAlgorithm;
use crate::state::{Lifetimes, MockSettings, MockState, ServerState};
use crate::user::User;

/// Sets up a [`MockOkta`]. Made by [`MockOkta::builder`].
///
/// # Defaults
///
/// | setting | default |
/// |---|---|
/// | authorization servers | one, `default`, so that the issuer ends in `/oauth2/default` |
/// | audience | `api://default` |
/// | clients | one, [`MockOkta::client_id`] with [`MockOkta::client_secret`] |
/// | users | one, `alice@example.com` |
/// | scopes | any |
/// | keys | one, RS256 |
/// | clock | the operating system's |
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
}

/// Setting up.
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

    /// Sets up a mock.
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
        }
    }
}

impl MockOktaBuilder {
    /// The ID of the first authorization server: the issuer's path is `/oauth2/{id}`.
    pub fn issuer_id(mut self, id: impl Into<String>) -> Self {
        self.issuer_id = id.into();
        self
    }

    /// Adds an authorization server with keys of its own at `/oauth2/{id}`.
    pub fn authorization_server(mut self, id: impl Into<String>) -> Self {
        self.further_servers.push(id.into());
        self
    }

    /// The audience of access tokens.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = audience.into();
        self
    }

    /// The ID of the mock's own client: the `cid` of tokens. A [`client`](Self::client) of this ID takes its place.
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        self.client_id = id.into();
        self
    }

    /// Registers a further client.
    pub fn client(mut self, client: Client) -> Self {
        self.clients.push(client);
        self
    }

    /// Registers a user. The first one takes the place of `alice@example.com` and is whom tokens are for.
    pub fn user(mut self, user: User) -> Self {
        self.users.push(user);
        self
    }

    /// Allows a scope besides OpenID Connect's own. Once one is allowed, others are an `invalid_scope`.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scopes.push(scope.into());
        self
    }

    /// What the authorization servers sign with.
    ///
    /// # Panics
    ///
    /// [`start`](Self::start) panics if it is not asymmetric.
    pub fn algorithm(mut self, algorithm: SigningAlgorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// How many keys each authorization server publishes at first, at least one. The first of them signs.
    pub fn keys(mut self, count: usize) -> Self {
        self.keys = count;
        self
    }

    /// The source of time: a [`TestClock`] or a function that returns a `SystemTime`.
    pub fn clock(mut self, clock: impl Into<TestClock>) -> Self {
        self.clock = clock.into();
        self
    }

    /// How long access tokens live. At least a second.
    pub fn access_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetimes.access = lifetime;
        self
    }

    /// How long ID tokens live.
    pub fn id_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetimes.id = lifetime;
        self
    }

    /// How long refresh tokens live.
    pub fn refresh_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetimes.refresh = lifetime;
        self
    }

    /// How long authorization codes live.
    pub fn code_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetimes.code = lifetime;
        self
    }

    /// Where to listen. Port 0 takes a free one. The address must be on loopback: the mock trusts everyone.
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Serves further routes beside Okta's, outside of `/oauth2/` and `/.well-known/`. With them, no fault and no outage
    /// strikes what is not Okta's, and no record is kept of it.
    pub fn routes(mut self, routes: impl Fn(&mut ServiceConfig) + Send + Sync + 'static) -> Self {
        self.routes = Some(ExtraRoutes::new(routes));
        self
    }

    /// Sends people who come to authorize to the page `{path}/{server}`, one of [`routes`](Self::routes), with the
    /// parameters that they brought. Without it the user of `login_hint`, or the first one, agrees at once.
    ///
    /// The page posts these parameters back to the authorization endpoint, with `username` and `password`, or with
    /// `cancel`. After a wrong password it is shown once more, with the parameter `failed`.
    pub fn sign_in_page(mut self, path: impl Into<String>) -> Self {
        self.sign_in_page = Some(path.into());
        self
    }

    /// Starts the mock. It serves when this returns, and needs no async runtime around it.
    ///
    /// # Panics
    ///
    /// If the address is taken or not on loopback, the algorithm is not asymmetric, or a thread can't be started.
    #[must_use = "the mock stops when it is dropped"]
    pub fn start(self) -> MockOkta {
        let address = self.address;
        self.try_start().unwrap_or_else(|error| panic!("MockOkta can't serve on {address}: {error}"))
    }

    /// [`start`](Self::start) for a fixed address, which may be taken.
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
        // Mocks of one process start with different keys, so that their tokens don't verify at each other.
        static NEXT_KEY: AtomicUsize = AtomicUsize::new(0);

        let origin = format!("http://{address}");
        let ids = Ids::new();
        let servers = std::iter::once(self.issuer_id).chain(self.further_servers);
        let servers = servers.map(|id| ServerState {
            issuer: format!("{origin}/oauth2/{id}"),
            keys: Mutex::new(KeyRing::new(
                self.algorithm,
                self.keys,
                NEXT_KEY.fetch_add(self.keys.max(1), Ordering::Relaxed),
                &ids,
            )),
            id,
        });
        let servers = servers.collect();
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
                audience: self.audience,
                lifetimes: self.lifetimes,
                clients,
                users,
                scopes: self.scopes,
                extra_routes: self.routes,
                sign_in_page: self.sign_in_page,
            },
            servers,
            clock: self.clock,
            skew: Mutex::default(),
            ids,
            log: RequestLog::new(),
            faults: Faults::new(),
            cache_control: Mutex::default(),
            grants: Mutex::default(),
            down: false.into(),
            turned_away: AtomicUsize::new(0),
        }
    }
}
