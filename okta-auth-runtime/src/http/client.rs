//! One HTTP request with limits.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use once_cell::sync::OnceCell;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, RequestBuilder, StatusCode};
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

use super::cache_control;
use crate::error::{Excerpt, HttpError};

/// The user's changes to the HTTP client: proxies, private CAs.
pub(crate) type ConfigureHttp = Arc<dyn Fn(ClientBuilder) -> ClientBuilder + Send + Sync>;

/// The limits of a fetch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The time-out of one connection.
    pub(crate) connect_timeout: Duration,
    /// The time-out of one fetch as a whole, which may consist of several requests.
    pub(crate) timeout: Duration,
    /// The most bytes of one response's body.
    pub(crate) body_limit: usize,
}

impl Limits {
    /// When a fetch is over in any case: after its time-out, which fires first with a better error.
    pub(crate) fn backstop(&self) -> Duration {
        self.timeout.saturating_add(Duration::from_secs(1))
    }
}

/// An HTTP client for one issuer. Built when it is first needed, because that reads the CA certificates from disk.
pub(crate) struct HttpClient {
    client: Arc<OnceCell<Client>>,
    configure: Option<ConfigureHttp>,
    policy: HttpPolicy,
    limits: Limits,
}

/// The hosts that a client may reach.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HttpPolicy {
    /// Plain http is refused.
    https_only: bool,
    /// Proxies are ignored: plain http is allowed on loopback because it does not leave the machine, and a proxy would
    /// change that.
    no_proxy: bool,
}

impl HttpPolicy {
    /// For fetches that begin at `url`: plain http only on loopback, unless `allow_http`.
    pub(crate) fn of(url: &Url, allow_http: bool) -> Self {
        let near = is_loopback(url);
        Self { https_only: !allow_http && !near, no_proxy: near }
    }
}

/// A response with status 200.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) body: Vec<u8>,
    /// As [`cache_control::freshness`].
    pub(crate) max_age: Option<Duration>,
}

/// A response with status 200 or 400 to a form.
#[derive(Debug)]
pub(crate) struct FormResponse {
    pub(crate) status: u16,
    /// Empty if the body of a 400 is too large or breaks off.
    pub(crate) body: Vec<u8>,
}

impl HttpClient {
    pub(crate) fn new(configure: Option<ConfigureHttp>, policy: HttpPolicy, limits: Limits) -> Self {
        Self { client: Arc::default(), configure, policy, limits }
    }

    /// When a fetch that starts now has to be over.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.limits.timeout
    }

    /// Fetches `url`, until `deadline` at most.
    pub(crate) async fn get(&self, url: &Url, deadline: Instant) -> Result<Response, HttpError> {
        let get = |client: Client| client.get(url.clone()).header(ACCEPT, "application/json, */*;q=0.5");
        self.until(deadline, url, async { self.receive(url, self.send(url, get).await?).await }).await
    }

    /// Posts a form to `url`, until `deadline` at most.
    pub(crate) async fn post_form(
        &self,
        url: &Url,
        body: String,
        authorization: Option<HeaderValue>,
        deadline: Instant,
    ) -> Result<FormResponse, HttpError> {
        let post = |client: Client| {
            let request = client
                .post(url.clone())
                .header(ACCEPT, "application/json")
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(body);
            authorization.into_iter().fold(request, |request, value| request.header(AUTHORIZATION, value))
        };
        self.until(deadline, url, async { self.receive_form(url, self.send(url, post).await?).await }).await
    }

    /// Sends the request that `build` makes. Returns when the headers of the response are there.
    async fn send(
        &self,
        url: &Url,
        build: impl FnOnce(Client) -> RequestBuilder,
    ) -> Result<reqwest::Response, HttpError> {
        build(self.client().await?).send().await.map_err(|error| unreachable(url, error))
    }

    async fn until<T>(
        &self,
        deadline: Instant,
        url: &Url,
        response: impl Future<Output = Result<T, HttpError>>,
    ) -> Result<T, HttpError> {
        let timed_out = |_| HttpError::TimedOut { url: Excerpt::url(url.as_str()), limit: self.limits.timeout };
        timeout_at(deadline, response).await.map_err(timed_out)?
    }

    async fn receive(&self, url: &Url, mut response: reqwest::Response) -> Result<Response, HttpError> {
        if response.status() != StatusCode::OK {
            return Err(wrong_status(url, &response));
        }
        let max_age = cache_control::freshness(response.headers());
        Ok(Response { body: self.body(url, &mut response).await?, max_age })
    }

    async fn receive_form(&self, url: &Url, mut response: reqwest::Response) -> Result<FormResponse, HttpError> {
        let body = match response.status() {
            StatusCode::OK => self.body(url, &mut response).await?,
            // The endpoint has answered, so a body that can't be read is not an outage. It names no `error`.
            StatusCode::BAD_REQUEST => self.body(url, &mut response).await.unwrap_or_default(),
            _ => return Err(wrong_status(url, &response)),
        };
        Ok(FormResponse { status: response.status().as_u16(), body })
    }

    /// Reads the body in pieces, so that it never holds more than the limit.
    async fn body(&self, url: &Url, response: &mut reqwest::Response) -> Result<Vec<u8>, HttpError> {
        let limit = self.limits.body_limit;
        let too_large = || HttpError::TooLarge { url: Excerpt::url(url.as_str()), limit };
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

    /// The client. The first call builds it on the blocking pool.
    async fn client(&self) -> Result<Client, HttpError> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let (cell, configure) = (Arc::clone(&self.client), self.configure.clone());
        let (policy, limits) = (self.policy, self.limits);
        let made = tokio::task::spawn_blocking(move || {
            let builder = with_backend(Client::builder());
            let builder = match configure {
                Some(configure) => configure(builder),
                None => builder,
            };
            cell.get_or_try_init(|| limited(builder, policy, limits).build()).cloned()
        });
        match made.await {
            Ok(client) => client.map_err(|error| HttpError::Client { reason: reason(error) }),
            Err(_) => Err(HttpError::Client { reason: Excerpt::word("configure_http panicked") }),
        }
    }
}

/// Chooses the TLS backend, before the user's changes: these may bring their own, such as a rustls configuration that
/// pins a certificate.
fn with_backend(builder: ClientBuilder) -> ClientBuilder {
    #[cfg(feature = "rustls")]
    let builder = builder.tls_backend_rustls();
    #[cfg(all(feature = "native-tls", not(feature = "rustls")))]
    let builder = builder.tls_backend_native();
    builder
}

/// Applies the limits, after the user's changes, so that these can't lift them.
fn limited(builder: ClientBuilder, policy: HttpPolicy, limits: Limits) -> ClientBuilder {
    let builder = if policy.no_proxy { builder.no_proxy() } else { builder };
    builder
        .redirect(Policy::none())
        .connect_timeout(limits.connect_timeout)
        .timeout(limits.backstop())
        .https_only(policy.https_only)
        // A connection lives on the runtime that opened it, and each worker has its own: an idle one may be dead.
        .pool_max_idle_per_host(0)
}

/// Whether the URL's host is this machine, by name or address.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn wrong_status(url: &Url, response: &reqwest::Response) -> HttpError {
    HttpError::Status {
        url: Excerpt::url(url.as_str()),
        found: response.status().as_u16(),
        retry_after: cache_control::retry_after(response.headers()),
    }
}

fn unreachable(url: &Url, error: reqwest::Error) -> HttpError {
    HttpError::Unreachable { url: Excerpt::url(url.as_str()), reason: reason(error) }
}

/// The innermost cause, which is the most precise; without anything that looks like a URL, which may contain
/// credentials.
fn reason(error: reqwest::Error) -> Excerpt {
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let text = cause.to_string();
    Excerpt::unquoted(&if may_hold_credentials(&text) { error.to_string() } else { text })
}

/// Whether a text may contain a URL, or its user information.
fn may_hold_credentials(text: &str) -> bool {
    text.contains("://") || text.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    #[test]
    fn text_that_looks_like_a_url_is_not_quoted() {
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
    fn loopback_is_only_this_machine() {
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
