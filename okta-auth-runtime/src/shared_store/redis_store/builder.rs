//! The settings of a store.

use std::fmt;
use std::time::Duration;

use super::address::Address;
use super::core::{Core, StoreSettings};
use super::store::RedisStore;
use super::tls::Roots;
use crate::error::{ConfigError, ConfigProblem, Excerpt, Setting};
use crate::shared_store::handle::SharedStore;

const URL_EXPECTED: &str = "a URL such as redis://127.0.0.1:6379, or rediss://user:password@store.example.com:6379/0 \
                            with TLS; special characters of the password are percent-encoded";

const LONGEST_PREFIX: usize = 100;

const TIMEOUTS: std::ops::RangeInclusive<Duration> = Duration::from_millis(10)..=Duration::from_secs(10);

/// The settings of a shared store in Redis or Valkey. See [`SharedStore::builder`].
///
/// | setting | default |
/// |---|---|
/// | [`key_prefix`](Self::key_prefix) | `okta-auth:` |
/// | [`timeout`](Self::timeout) | 500 ms |
/// | [`root_certificates`](Self::root_certificates) | those of the system |
///
/// ```
/// use std::time::Duration;
/// use okta_auth_runtime::config::SharedStore;
///
/// let store = SharedStore::builder("rediss://orders:password@store.example.com:6379/0")
///     .key_prefix("orders:")
///     .timeout(Duration::from_millis(200))
///     .connect()?;
/// assert!(!format!("{store:?}").contains("password"));
/// # Ok::<(), okta_auth_runtime::ConfigError>(())
/// ```
#[must_use = "a builder does nothing until `.connect()`"]
pub struct SharedStoreBuilder {
    url: String,
    key_prefix: String,
    timeout: Duration,
    root_certificates: Option<Vec<u8>>,
}

impl SharedStoreBuilder {
    /// The beginning of each key, of at most 100 ASCII characters without spaces. Default `okta-auth:`. All instances of an API
    /// need the same one. Different APIs can share a prefix, because a proof is for one API. But anyone who may write these keys
    /// can then use up the proofs of all of them.
    pub fn key_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.key_prefix = prefix.into();
        self
    }

    /// The longest time that a request waits for the store. Then it is rejected with 503. Default 500 ms, from 10 ms to 10 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Trusts only these certificates, in PEM, for `rediss://`: those of a private CA. Default: those of the system.
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates = Some(pem.into());
        self
    }

    /// Checks the settings. Neither connects nor waits: the store begins to connect in the background when a validator with
    /// [`dpop`](crate::config::ValidatorBuilder::dpop) is built with it, and an app starts while the store is down.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with all problems of the settings. It does not show the password.
    pub fn connect(self) -> Result<SharedStore, ConfigError> {
        self.check(&Setting::method("shared_store"))
    }

    /// As [`connect`](Self::connect), with problems named by `setting`.
    pub(crate) fn check(self, setting: &Setting) -> Result<SharedStore, ConfigError> {
        let mut problems = Vec::new();
        let mut unexpected = |found: Excerpt, expected| {
            problems.push(ConfigProblem::Unexpected { setting: setting.clone(), found, expected });
        };
        let is_printable = self.key_prefix.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_printable || self.key_prefix.len() > LONGEST_PREFIX {
            unexpected(Excerpt::new(&self.key_prefix), "a key_prefix of at most 100 ASCII characters without spaces");
        }
        if !TIMEOUTS.contains(&self.timeout) {
            unexpected(Excerpt::new(&format!("{:?}", self.timeout)), "a timeout from 10 ms to 10 s");
        }
        let roots = self.root_certificates.as_deref().map(Roots::parse);
        if roots.as_ref().is_some_and(Option::is_none) {
            unexpected(Excerpt::word("set"), "root_certificates in PEM, at least one");
        }
        let address = Address::parse(&self.url);
        if address.is_none() {
            // No part of it: with a slash in the password, it is not clear where the password ends.
            unexpected(Excerpt::word("not a valid URL of a store"), URL_EXPECTED);
        }
        let Some(address) = address.filter(|_| problems.is_empty()) else { return Err(ConfigError::of(problems)) };
        let settings =
            StoreSettings { address, key_prefix: self.key_prefix, timeout: self.timeout, roots: roots.flatten() };
        Ok(SharedStore::new(RedisStore::new(Core::new(settings))))
    }
}

/// Shows no settings, because the URL may contain a password.
impl fmt::Debug for SharedStoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedStoreBuilder").finish_non_exhaustive()
    }
}

impl SharedStore {
    /// A store in Redis (6 or newer) or Valkey, with the defaults of [`SharedStoreBuilder`]. See
    /// [`connect`](SharedStoreBuilder::connect).
    ///
    /// The URL is `redis://host:port/database`, or `rediss://` for TLS, with an optional `user:password@` before the host. The
    /// port is 6379 and the database is 0 if they are missing.
    ///
    /// ```
    /// use okta_auth_runtime::Validator;
    /// use okta_auth_runtime::config::{Dpop, SharedStore};
    ///
    /// let validator = Validator::builder()
    ///     .issuer("https://dev-123456.okta.com/oauth2/default")
    ///     .audience("api://default")
    ///     .any_client()
    ///     .resource("https://api.example.com/orders")
    ///     .dpop(Dpop::accept())
    ///     .shared_store(SharedStore::connect("redis://127.0.0.1:6379")?)
    ///     .build()?;
    /// # drop(validator);
    /// # Ok::<(), okta_auth_runtime::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if the URL is not valid. It does not show the password.
    pub fn connect(url: impl Into<String>) -> Result<Self, ConfigError> {
        Self::builder(url).connect()
    }

    /// The settings of a store in Redis or Valkey.
    pub fn builder(url: impl Into<String>) -> SharedStoreBuilder {
        SharedStoreBuilder {
            url: url.into(),
            key_prefix: "okta-auth:".to_owned(),
            timeout: Duration::from_millis(500),
            root_certificates: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefix_and_timeout_have_limits() {
        let (longest, too_long) = ("p".repeat(100), "p".repeat(101));
        for (prefix, millis, is_valid) in [
            ("", 10, true),
            (&*longest, 10_000, true),
            (&too_long, 500, false),
            ("a b", 500, false),
            ("\u{e9}", 500, false),
            ("p", 9, false),
            ("p", 10_001, false),
        ] {
            let builder = SharedStore::builder("redis://127.0.0.1").key_prefix(prefix);
            let store = builder.timeout(Duration::from_millis(millis)).connect();
            assert_eq!(store.is_ok(), is_valid, "{prefix} {millis}");
        }
    }

    #[test]
    fn debug_of_the_settings_shows_none_of_them() {
        let builder = SharedStore::builder("redis://:hunter2@127.0.0.1");
        assert_eq!(format!("{builder:?}"), "SharedStoreBuilder { .. }");
    }
}
