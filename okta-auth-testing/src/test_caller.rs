//! Callers without a token.

use std::time::{Duration, SystemTime};

use okta_auth_runtime::AuthContext;
use serde_json::{Map, Value, json};

use crate::client::DEFAULT_CLIENT_ID;
use crate::clock::seconds;
use crate::ids;
use crate::proof_key::ProofKey;

/// Adds `AuthContext::test`, which creates the caller of a unit test.
///
/// ```
/// use okta_auth::AuthContext;
/// use okta_auth_testing::TestContext;
///
/// let alice: AuthContext = AuthContext::test("alice@example.com").scope("orders:read").into();
/// assert_eq!(alice.user(), "alice@example.com");
/// assert!(alice.has_scope("orders:read"));
/// ```
pub trait TestContext {
    /// Creates a caller with this login, which is the `sub` claim.
    fn test(login: impl Into<String>) -> TestCaller;
}

impl TestContext for AuthContext {
    fn test(login: impl Into<String>) -> TestCaller {
        TestCaller::new(login)
    }
}

/// A caller without a token. Returned by [`AuthContext::test`](TestContext::test), and accepted by
/// [`login`](crate::LogIn::login) and [`LoggedIn::as_user`](crate::LoggedIn::as_user).
///
/// # Defaults
///
/// | claim | default |
/// |---|---|
/// | `uid` | derived from the login, as in [`MockOkta`](crate::MockOkta) |
/// | `cid` | `0oa1mockokta2client3`, the default client of a mock |
/// | `scp`, `groups` | none |
/// | `iss`, `aud` | `https://okta.test/oauth2/default`, `api://default` |
/// | `iat`, `exp` | now, an hour from now |
/// | `acr`, `amr`, `auth_time`, `act`, `cnf` | none |
///
/// ```
/// use okta_auth::AuthContext;
/// use okta_auth_testing::TestContext;
///
/// let user: AuthContext = AuthContext::test("alice@example.com")
///     .user_id("00u1")
///     .client("0oaspa")
///     .scopes(["orders:read", "orders:write"])
///     .group("admins")
///     .claim("tier", "gold")
///     .into();
/// assert_eq!(user.user_id(), Some("00u1"));
/// assert_eq!(user.claim::<&str>("tier").unwrap(), "gold");
///
/// let robot: AuthContext = AuthContext::test("0oarobot").service().into();
/// assert_eq!((robot.user_id(), robot.client_id()), (None, "0oarobot"));
/// ```
#[derive(Debug, Clone)]
#[must_use = "a test caller has no effect before `login` or `LoggedIn::as_user`"]
pub struct TestCaller(Map<String, Value>);

impl TestCaller {
    fn new(login: impl Into<String>) -> Self {
        let now = SystemTime::now();
        let login = login.into();
        let user_id = ids::derive("00u", &login);
        Self(Map::new())
            .claim("iss", "https://okta.test/oauth2/default")
            .claim("aud", "api://default")
            .claim("iat", seconds(now))
            .claim("exp", seconds(now + Duration::from_secs(3600)))
            .claim("sub", login)
            .client(DEFAULT_CLIENT_ID)
            .user_id(user_id)
    }

    /// Adds a scope.
    pub fn scope(self, scope: impl Into<String>) -> Self {
        self.push("scp", scope.into())
    }

    /// Adds several scopes.
    pub fn scopes<S: Into<String>>(self, scopes: impl IntoIterator<Item = S>) -> Self {
        scopes.into_iter().fold(self, |caller, scope| caller.scope(scope))
    }

    /// Adds a group.
    pub fn group(self, group: impl Into<String>) -> Self {
        self.push("groups", group.into())
    }

    /// Sets the user ID: `uid`.
    pub fn user_id(self, id: impl Into<String>) -> Self {
        self.claim("uid", id.into())
    }

    /// Sets the client ID: `cid`.
    pub fn client(self, id: impl Into<String>) -> Self {
        self.claim("cid", id.into())
    }

    /// How the caller authenticated: `acr`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use okta_auth::AuthContext;
    /// use okta_auth_testing::TestContext;
    ///
    /// let alice: AuthContext = AuthContext::test("alice@example.com")
    ///     .acr("urn:okta:loa:2fa:any")
    ///     .authenticated_ago(Duration::from_secs(60))
    ///     .into();
    /// assert_eq!(alice.claim::<&str>("acr").unwrap(), "urn:okta:loa:2fa:any");
    /// ```
    pub fn acr(self, acr: impl Into<String>) -> Self {
        self.claim("acr", acr.into())
    }

    /// The authentication methods: `amr`, such as `["mfa", "otp", "pwd"]`.
    pub fn amr<S: Into<String>>(self, methods: impl IntoIterator<Item = S>) -> Self {
        self.claim("amr", methods.into_iter().map(Into::into).collect::<Vec<String>>())
    }

    /// The time of the caller's authentication: `auth_time`.
    pub fn auth_time(self, time: SystemTime) -> Self {
        self.claim("auth_time", seconds(time))
    }

    /// Sets `auth_time` to this time before the system clock.
    ///
    /// ```
    /// use std::time::Duration;
    /// use okta_auth_testing::TestContext;
    ///
    /// let just_now = okta_auth::AuthContext::test("alice@example.com").authenticated_ago(Duration::ZERO);
    /// # drop(just_now);
    /// ```
    pub fn authenticated_ago(self, ago: Duration) -> Self {
        self.auth_time(SystemTime::now() - ago)
    }

    /// The actor that acts for the caller: `act` with this `sub`.
    ///
    /// ```
    /// use okta_auth::AuthContext;
    /// use okta_auth_testing::TestContext;
    ///
    /// let alice: AuthContext = AuthContext::test("alice@example.com").actor("agent@example.com").into();
    /// assert_eq!(alice.user(), "alice@example.com");
    /// assert_eq!(alice.claim::<serde_json::Value>("act").unwrap()["sub"], "agent@example.com");
    /// ```
    pub fn actor(self, subject: impl Into<String>) -> Self {
        self.act(json!({ "sub": subject.into() }))
    }

    /// Sets `act` to any JSON, such as a chain of actors or an `act` that can't be read.
    pub fn act(self, act: impl Into<Value>) -> Self {
        self.claim("act", act)
    }

    /// Binds the caller to a client's key, as if each request had a proof of it: `cnf.jkt` is the thumbprint of the key. The
    /// caller meets `sender_constrained()`. For a caller who is bound to a certificate, set the claim `cnf` with `x5t#S256`.
    ///
    /// ```
    /// use okta_auth::AuthContext;
    /// use okta_auth_testing::{ProofKey, TestContext};
    ///
    /// let alice: AuthContext = AuthContext::test("alice@example.com").bound_to(&ProofKey::new()).into();
    /// assert!(alice.is_sender_constrained());
    /// ```
    pub fn bound_to(self, key: &ProofKey) -> Self {
        self.claim("cnf", json!({ "jkt": key.thumbprint() }))
    }

    /// Sets any claim.
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// Makes the caller a service (client credentials): it has no `uid`, and `cid` is the login.
    pub fn service(mut self) -> Self {
        self.0.remove("uid");
        let subject = self.0.get("sub").cloned().unwrap_or_default();
        self.claim("cid", subject)
    }

    fn push(mut self, claim: &str, value: String) -> Self {
        match self.0.get_mut(claim) {
            Some(Value::Array(values)) => values.push(Value::String(value)),
            _ => drop(self.0.insert(claim.to_owned(), json!([value]))),
        }
        self
    }
}

/// # Panics
///
/// If a validator would reject the claims, for example because `cid` is not a string.
impl From<TestCaller> for AuthContext {
    fn from(caller: TestCaller) -> Self {
        let context = AuthContext::without_token(&Value::Object(caller.0));
        context.unwrap_or_else(|error| panic!("no token can have the claims of this TestCaller: {error}"))
    }
}
