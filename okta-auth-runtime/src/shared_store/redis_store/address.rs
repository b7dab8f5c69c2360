//! Where a store is, and who we are for it: the URL.

use std::fmt;

use redis::{IntoConnectionInfo as _, ProtocolVersion, RedisConnectionInfo};
use url::{Host, Url};

/// The port of Redis.
const DEFAULT_PORT: u16 = 6379;

/// A URL of a store: `redis://` or `rediss://`, with an optional user, password and number of a database.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) is_tls: bool,
    /// User, password and database.
    pub(super) login: RedisConnectionInfo,
}

impl Address {
    /// Stricter than the crate `redis`: no query, and no fragment, because `#insecure` turns off the check of certificates.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut url = Url::parse(text).ok().filter(|_| !text.contains(char::is_whitespace))?;
        let is_tls = match url.scheme() {
            "redis" => false,
            "rediss" => true,
            _ => return None,
        };
        if url.query().is_some() || url.fragment().is_some() {
            return None;
        }
        let host = match url.host()? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let database = url.path().strip_prefix('/').unwrap_or_default();
        if host.is_empty() || host.contains('%') || !database.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let port = url.port().unwrap_or(DEFAULT_PORT);
        // Only for user, password and database. The crate has no TLS here.
        url.set_scheme("redis").ok()?;
        let login = url.into_connection_info().ok()?.redis_settings().clone();
        // Without a password, the crate does not log in, so the user would be the default one.
        if login.username().is_some() && login.password().is_none_or(str::is_empty) {
            return None;
        }
        // A client of Redis 6 has no name for itself, so that `CLIENT SETINFO` would be an error there.
        let login = login.set_protocol(ProtocolVersion::RESP3).set_skip_set_lib_name();
        Some(Self { host, port, is_tls, login })
    }
}

/// Without user and password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, is_tls, login } = self;
        let scheme = if *is_tls { "rediss" } else { "redis" };
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        write!(f, "{scheme}://{host}:{port}/{}", login.db())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_names_host_user_password_and_database() {
        for (url, shown, user, password) in [
            ("redis://127.0.0.1", "redis://127.0.0.1:6379/0", None, None),
            ("redis://127.0.0.1:7000/", "redis://127.0.0.1:7000/0", None, None),
            ("rediss://store.example.com/3", "rediss://store.example.com:6379/3", None, None),
            ("redis://[::1]:7000/2", "redis://[::1]:7000/2", None, None),
            ("redis://:hunter2@localhost", "redis://localhost:6379/0", None, Some("hunter2")),
            ("rediss://app:p%40ss%2Fw@localhost:1/1", "rediss://localhost:1/1", Some("app"), Some("p@ss/w")),
        ] {
            let address = Address::parse(url).expect(url);
            assert_eq!(address.to_string(), shown);
            assert_eq!((address.login.username(), address.login.password()), (user, password), "{url}");
        }
    }

    /// `#insecure` would turn off the check of certificates.
    #[test]
    fn url_with_anything_else_is_refused() {
        for url in [
            "",
            "redis",
            "localhost:6379",
            "http://localhost",
            "redis://",
            "redis:///1",
            "redis+unix:///run/redis.sock",
            "unix:///run/redis.sock",
            "rediss://store.example.com#insecure",
            "rediss://store.example.com/#insecure",
            "redis://localhost/?protocol=resp2",
            "redis://localhost/db",
            "redis://localhost/-1",
            "redis://localhost/0/1",
            "redis://local host",
            "redis://local%20host",
            "redis://localhost:99999",
            "redis://0.0.0.0",
            "redis://a:%ff@localhost",
            "redis://app@localhost",
            "redis://app:@localhost",
        ] {
            assert!(Address::parse(url).is_none(), "{url}");
        }
    }
}
