//! One GET with limits.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use once_cell::sync::OnceCell;
use reqwest::header::ACCEPT;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response, StatusCode};
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

use super::cache_control;
use crate::error::FetchError;
use crate::keys::FetchFailure;
use crate::keys::KeySettings;

/// What the user does to the HTTP client: proxies, private CAs.
pub(crate) type ConfigureHttp = Arc<dyn Fn(ClientBuilder) -> ClientBuilder + Send + Sync>;

/// The most characters of a URL or of the HTTP library's words that an error shows.
const SHOWN: usize = 128;

/// An HTTP client for one issuer, made when it is first needed: that reads the CA certificates from the disk.
pub(crate) struct Http {
    client: Arc<OnceCell<Client>>,
    configure: Option<ConfigureHttp>,
    reach: Reach,
    settings: KeySettings,
}

/// How far a client may go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reach {
    /// Plain http is refused.
    https_only: bool,
    /// No proxy: plain http is allowed on loopback since it does not leave the machine, which a proxy would change.
    no_proxy: bool,
}

impl Reach {
    /// For fetches that begin at `url`: plain http on loopback alone, unless `allow_http`.
    pub(crate) fn of(url: &Url, allow_http: bool) -> Self {
        let near = is_loopback(url);
        Self { https_only: !allow_http && !near, no_proxy: near }
    }
}

/// A response with status 200.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) body: Vec<u8>,
    /// As [`cache_control::freshness`].
    pub(crate) max_age: Option<Duration>,
}

impl Http {
    pub(crate) fn new(configure: Option<ConfigureHttp>, reach: Reach, settings: KeySettings) -> Self {
        Self { client: Arc::default(), configure, reach, settings }
    }

    /// Fetches `url`, until `deadline` at most.
    ///
    /// # Errors
    ///
    /// No client, no connection, no complete answer in time, another status than 200, too large a body.
    pub(crate) async fn get(&self, url: &Url, deadline: Instant) -> Result<Answer, FetchFailure> {
        let answer = async { self.get_with(&self.client().await?, url).await };
        match timeout_at(deadline, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(FetchError::TimedOut { url: shown(url), limit: self.settings.fetch_timeout }.into()),
        }
    }

    async fn get_with(&self, client: &Client, url: &Url) -> Result<Answer, FetchFailure> {
        let request = client.get(url.clone()).header(ACCEPT, "application/json, */*;q=0.5");
        let mut response = request.send().await.map_err(|error| unreachable(url, error))?;
        if response.status() != StatusCode::OK {
            let error = FetchError::Status { url: shown(url), found: response.status().as_u16() };
            let retry_after = cache_control::retry_after(response.headers());
            return Err(FetchFailure { retry_after, ..error.into() });
        }
        let max_age = cache_control::freshness(response.headers());
        Ok(Answer { body: self.body(url, &mut response).await?, max_age })
    }

    /// Reads the body in pieces, so that no more than the limit is ever held.
    async fn body(&self, url: &Url, response: &mut Response) -> Result<Vec<u8>, FetchError> {
        let limit = self.settings.body_limit;
        let too_large = || FetchError::TooLarge { url: shown(url), limit };
        if response.content_length().is_some_and(|length| length > limit as u64) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| unreachable(url, error))? {
            if body.len() + piece.len() > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }

    /// The client, made off the worker if this is the first fetch.
    async fn client(&self) -> Result<Client, FetchError> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let (cell, configure) = (Arc::clone(&self.client), self.configure.clone());
        let (reach, settings) = (self.reach, self.settings);
        let made = tokio::task::spawn_blocking(move || {
            let builder = with_backend(Client::builder());
            let builder = match configure {
                Some(configure) => configure(builder),
                None => builder,
            };
            cell.get_or_try_init(|| limited(builder, reach, &settings).build()).cloned()
        });
        match made.await {
            Ok(client) => client.map_err(|error| FetchError::Client { reason: reason(error) }),
            Err(_) => Err(FetchError::Client { reason: "configure_http panicked".into() }),
        }
    }
}

/// The TLS backend, chosen first: the user may bring one, such as a rustls configuration that pins a certificate.
fn with_backend(builder: ClientBuilder) -> ClientBuilder {
    #[cfg(feature = "rustls")]
    let builder = builder.tls_backend_rustls();
    #[cfg(all(feature = "native-tls", not(feature = "rustls")))]
    let builder = builder.tls_backend_native();
    builder
}

/// The limits, applied last: nothing that the user configures lifts them.
fn limited(builder: ClientBuilder, reach: Reach, settings: &KeySettings) -> ClientBuilder {
    let builder = if reach.no_proxy { builder.no_proxy() } else { builder };
    builder
        .redirect(Policy::none())
        .connect_timeout(settings.connect_timeout)
        // Over in any case by the deadline, which comes before this and says what it was.
        .timeout(settings.longest_flight())
        .https_only(reach.https_only)
        // A connection lives on the runtime that opened it, and each worker is one: an idle connection may be dead.
        .pool_max_idle_per_host(0)
}

/// A URL without what may be secret: user information, query, fragment.
pub(crate) fn shown(url: &Url) -> Box<str> {
    let mut url = url.clone();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    cut(url.as_str())
}

/// Whether the URL's host is this machine, by its name or number.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn unreachable(url: &Url, error: reqwest::Error) -> FetchError {
    FetchError::Unreachable { url: shown(url), reason: reason(error) }
}

/// The innermost cause, which is the precise one; nothing that looks like a URL, since that may hold credentials.
fn reason(error: reqwest::Error) -> Box<str> {
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let text = cause.to_string();
    if may_hold_credentials(&text) { cut(&error.to_string()) } else { cut(&text) }
}

/// Whether a text may quote a URL, or the part of one that names a user.
fn may_hold_credentials(text: &str) -> bool {
    text.contains("://") || text.contains('@')
}

fn cut(text: &str) -> Box<str> {
    let mut shown: String = text.chars().flat_map(char::escape_debug).take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    #[test]
    fn a_shown_url_has_no_secrets_and_an_end() {
        let secret = url("https://user:word@example.com/keys?token=1#fragment");
        assert_eq!(&*shown(&secret), "https://example.com/keys");
        let long = shown(&url(&format!("https://example.com/{}", "a".repeat(1000))));
        assert_eq!(long.chars().count(), SHOWN + 1);
    }

    #[test]
    fn what_looks_like_a_url_is_not_quoted() {
        for (text, expected) in [
            ("connection refused", false),
            ("no route to https://proxy", true),
            ("no route to user:word@proxy", true),
            ("https://user:word@proxy", true),
        ] {
            assert_eq!(may_hold_credentials(text), expected, "{text}");
        }
    }

    #[test]
    fn loopback_is_this_machine_alone() {
        for own in
            ["http://localhost:1/", "http://127.0.0.1/", "http://127.9.9.9/", "http://[::1]/", "http://LOCALHOST/"]
        {
            assert!(is_loopback(&url(own)), "{own}");
        }
        for foreign in [
            "http://localhost.example.com/",
            "http://127.0.0.1.example.com/",
            "http://128.0.0.1/",
            "http://0.0.0.0/",
            "http://[::]/",
            "http://[::ffff:8.8.8.8]/",
            "data:text/plain,localhost",
        ] {
            assert!(!is_loopback(&url(foreign)), "{foreign}");
        }
    }
}
