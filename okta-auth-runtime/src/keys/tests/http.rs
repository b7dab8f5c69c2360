//! Tests of the HTTP source against a server that sends given bytes.

use std::collections::HashMap;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::*;
use crate::error::{MetadataError, SkippedKey};
use crate::keys::HttpKeySource;

/// A server on loopback: raw responses by path, 404 for others.
#[derive(Clone)]
struct Site {
    port: u16,
    pages: Arc<Mutex<HashMap<String, Page>>>,
    seen: Arc<Mutex<Vec<String>>>,
    sent: Arc<AtomicUsize>,
}

#[derive(Clone)]
enum Page {
    /// These bytes.
    Bytes(Vec<u8>),
    /// A response whose body never ends.
    Endless,
    /// No response, while this much time passes.
    Silence(Duration),
}

impl Site {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let site = Self { port, pages: Arc::default(), seen: Arc::default(), sent: Arc::default() };
        let serving = site.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(connection));
            }
        });
        site
    }

    async fn serve(self, mut connection: TcpStream) -> std::io::Result<()> {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(connection.read_u8().await?);
        }
        let request = String::from_utf8_lossy(&request).into_owned();
        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
        self.seen.lock().push(path.clone());
        let page = self.pages.lock().get(&path).cloned().unwrap_or_else(|| response("404 Not Found", "", ""));
        match page {
            Page::Bytes(bytes) => connection.write_all(&bytes).await?,
            Page::Silence(time) => {
                tokio::time::pause();
                tokio::time::advance(time).await;
                tokio::time::resume();
                std::future::pending().await
            }
            Page::Endless => {
                connection.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await?;
                let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
                loop {
                    connection.write_all(&chunk).await?;
                    self.sent.fetch_add(0x10000, Ordering::SeqCst);
                }
            }
        }
        connection.shutdown().await
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn page(&self, path: &str, page: Page) -> &Self {
        self.pages.lock().insert(path.to_owned(), page);
        self
    }

    /// The paths that were requested since the last call.
    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut *self.seen.lock())
    }

    /// Without the proxies of the environment that the tests run in.
    fn fetch_from(&self, path: &str) -> HttpKeySource {
        let url = Url::parse(&self.url(path)).expect("a URL");
        HttpKeySource::from_jwks_uri(url, false, KeySettings::default(), Some(Arc::new(|builder| builder.no_proxy())))
    }

    fn discover(&self, issuer: &str) -> HttpKeySource {
        self.discover_with(issuer, KeySettings::default())
    }

    fn discover_with(&self, issuer: &str, settings: KeySettings) -> HttpKeySource {
        let configure: crate::http::ConfigureHttp = Arc::new(|builder| builder.no_proxy());
        HttpKeySource::from_issuer(issuer.into(), false, settings, Some(configure)).expect("an issuer")
    }

    /// Metadata of `issuer` at the first URL for it, naming `jwks_uri`.
    fn metadata(&self, path: &str, issuer: &str, jwks_uri: &str) -> &Self {
        self.page(path, ok(&serde_json::json!({"issuer": issuer, "jwks_uri": jwks_uri, "more": [1]}).to_string()))
    }
}

fn response(status: &str, headers: &str, body: &str) -> Page {
    let length = body.len();
    Page::Bytes(format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}").into_bytes())
}

fn ok(body: &str) -> Page {
    response("200 OK", "content-type: application/json\r\n", body)
}

fn of_metadata(error: HttpError) -> FetchError {
    MetadataError::from(error).into()
}

async fn fetch(source: &HttpKeySource) -> Result<Option<Duration>, FetchError> {
    fetch_at(source, HOUR).await
}

async fn fetch_at(source: &HttpKeySource, now: Duration) -> Result<Option<Duration>, FetchError> {
    source.fetch(now, &[Algorithm::RS256]).await.map(|fetched| fetched.max_age)
}

#[tokio::test]
async fn a_key_set_is_fetched_with_how_long_it_is_fresh() {
    let site = Site::start().await;
    site.page("/keys", response("200 OK", "cache-control: max-age=120\r\nage: 20\r\n", &body(&["a"])));
    assert_eq!(fetch(&site.fetch_from("/keys")).await.expect("keys"), Some(seconds(100)));
    site.page("/keys", ok(&body(&["a"])));
    assert_eq!(fetch(&site.fetch_from("/keys")).await.expect("keys"), None);
}

#[tokio::test]
async fn a_response_that_is_not_a_key_set_is_an_error() {
    let site = Site::start().await;
    let url = Excerpt::url(&site.url("/keys"));
    let good = body(&["a"]);
    let malformed = FetchError::Malformed { url: url.clone() };
    let status = |found| FetchError::from(HttpError::Status { url: url.clone(), found, retry_after: None });
    let not_an_object = |index| SkippedKey { index, kid: None, algorithm: None, reason: "it is not a JSON object" };
    let table = [
        (ok("<html>"), malformed.clone()),
        (ok(&good[..good.len() - 1]), malformed.clone()),
        (ok(""), malformed),
        (
            ok(&format!(r#"{{"keys": [{}0]}}"#, "0,".repeat(500_000))),
            FetchError::TooManyEntries { url: url.clone(), limit: 1000 },
        ),
        (ok(r#"{"keys": []}"#), FetchError::NoUsableKey { url: url.clone(), skipped: Vec::new() }),
        (
            ok(r#"{"keys": [1, 2]}"#),
            FetchError::NoUsableKey { url: url.clone(), skipped: vec![not_an_object(0), not_an_object(1)] },
        ),
        (response("500 Internal Server Error", "", &good), status(500)),
        (response("404 Not Found", "", &good), status(404)),
        (response("203 Non-Authoritative", "", &good), status(203)),
        (response("304 Not Modified", "", ""), status(304)),
        (response("302 Found", "location: /elsewhere\r\n", &good), status(302)),
        (response("308 Permanent Redirect", "location: /elsewhere\r\n", &good), status(308)),
        (
            Page::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n".to_vec()),
            HttpError::TooLarge { url: url.clone(), limit: 1024 * 1024 }.into(),
        ),
    ];
    site.page("/elsewhere", ok(&good));
    for (page, expected) in table {
        site.page("/keys", page);
        let error = fetch(&site.fetch_from("/keys")).await.expect_err("no key set");
        assert_eq!(error, expected);
        assert_eq!(site.seen(), ["/keys"]);
    }
}

#[tokio::test]
async fn a_response_that_is_not_complete_http_is_unreachable() {
    let site = Site::start().await;
    let truncated = format!("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{}", body(&["a"]));
    for page in [truncated.into_bytes(), b"HTTP/1.1 200 OK\r\n".to_vec(), b"SSH-2.0\r\n\r\n".to_vec(), Vec::new()] {
        site.page("/keys", Page::Bytes(page));
        let error = fetch(&site.fetch_from("/keys")).await.expect_err("no key set");
        assert!(matches!(error, FetchError::Http(HttpError::Unreachable { .. })), "{:?}", error);
    }
}

#[tokio::test]
async fn a_closed_port_is_unreachable_and_the_error_shows_no_secret() {
    let site = Site::start().await;
    let port = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address").port();
    let source = HttpKeySource::from_jwks_uri(
        Url::parse(&format!("http://user:hunter2@127.0.0.1:{port}/keys?token=hunter3")).expect("a URL"),
        false,
        KeySettings::default(),
        Some(Arc::new(|builder| builder.no_proxy())),
    );
    let error = fetch(&source).await.expect_err("a closed port");
    let text = format!("{error} {error:?}");
    assert!(text.contains(&format!("http://127.0.0.1:{port}/keys can't be reached")), "{text}");
    assert!(!text.contains("hunter"), "{text}");

    let proxy = format!("http://proxy:hunter2@127.0.0.1:{port}");
    let configure: crate::http::ConfigureHttp =
        Arc::new(move |builder| builder.proxy(reqwest::Proxy::all(&proxy).expect("a proxy")));
    let url = Url::parse(&site.url("/keys")).expect("a URL");
    let source = HttpKeySource::from_jwks_uri(url, false, KeySettings::default(), Some(configure));
    let error = fetch(&source).await.expect_err("a closed proxy");
    assert!(!format!("{error} {error:?}").contains("hunter"), "{error}");
}

#[tokio::test]
async fn an_endless_body_is_read_only_up_to_the_limit() {
    let site = Site::start().await;
    site.page("/keys", Page::Endless);
    let error = fetch(&site.fetch_from("/keys")).await.expect_err("no key set");
    assert_eq!(error, HttpError::TooLarge { url: Excerpt::url(&site.url("/keys")), limit: 1024 * 1024 }.into());
    // The bytes sent beyond the limit are in the buffers of the system.
    assert!(site.sent.load(Ordering::SeqCst) < 64 * 1024 * 1024);
}

#[tokio::test]
async fn a_body_may_have_exactly_as_many_bytes_as_the_limit() {
    let site = Site::start().await;
    let limit = KeySettings::default().body_limit;
    let padded = |length: usize| format!("{}{}", body(&["a"]), " ".repeat(length - body(&["a"]).len()));
    // In two chunks, without a length.
    let in_pieces = |body: &str| {
        let (one, other) = body.split_at(body.len() / 2);
        let pieces = [one, other, ""].map(|piece| format!("{:x}\r\n{piece}\r\n", piece.len())).concat();
        Page::Bytes(format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{pieces}").into_bytes())
    };
    for (length, accepted) in [(limit, true), (limit + 1, false)] {
        for page in [ok(&padded(length)), in_pieces(&padded(length))] {
            site.page("/keys", page);
            let error = fetch(&site.fetch_from("/keys")).await.err();
            let expected =
                (!accepted).then(|| HttpError::TooLarge { url: Excerpt::url(&site.url("/keys")), limit }.into());
            assert_eq!(error, expected, "{length}");
        }
    }
}

#[tokio::test]
async fn a_server_that_stays_silent_times_out() {
    let site = Site::start().await;
    site.page("/keys", Page::Silence(seconds(5)));
    let error = fetch(&site.fetch_from("/keys")).await.expect_err("no key set");
    assert_eq!(error, HttpError::TimedOut { url: Excerpt::url(&site.url("/keys")), limit: seconds(5) }.into());
}

#[tokio::test]
async fn slow_metadata_leaves_the_keys_half_of_the_time() {
    let site = Site::start().await;
    let issuer = site.url("/i");
    let place = "/i/.well-known/openid-configuration";
    site.metadata(place, &issuer, &site.url("/keys")).page("/keys", ok(&body(&["a"])));
    let source = site.discover_with(&issuer, KeySettings { fetch_timeout: HOUR, ..KeySettings::default() });
    assert!(fetch_at(&source, HOUR).await.is_ok());

    site.page(place, Page::Silence(HOUR - MINUTE)).seen();
    assert!(fetch_at(&source, 2 * HOUR).await.is_ok());
    assert_eq!(site.seen(), [place, "/keys"]);

    // Without a known endpoint, the metadata gets all the time.
    let newcomer = site.discover_with(&issuer, KeySettings { fetch_timeout: HOUR - MINUTE, ..KeySettings::default() });
    let error = fetch_at(&newcomer, HOUR).await.expect_err("no metadata");
    assert_eq!(error, of_metadata(HttpError::TimedOut { url: Excerpt::url(&site.url(place)), limit: HOUR - MINUTE }));
}

#[tokio::test]
async fn a_client_that_takes_for_ever_to_be_made_times_out() {
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = Mutex::new(released);
    let configure: crate::http::ConfigureHttp = Arc::new(move |builder| {
        // Blocks until the test is over, or long enough to show that nothing timed out.
        let _ = released.lock().recv_timeout(seconds(10));
        builder
    });
    let url = Url::parse("http://127.0.0.1:1/keys").expect("a URL");
    let settings = KeySettings { fetch_timeout: Duration::from_millis(1), ..KeySettings::default() };
    let source = HttpKeySource::from_jwks_uri(url, false, settings, Some(configure));
    let error = fetch(&source).await.expect_err("no client");
    drop(release);
    assert!(matches!(error, FetchError::Http(HttpError::TimedOut { .. })), "{error}");
}

#[tokio::test]
async fn a_tls_backend_of_the_users_own_is_not_replaced() {
    let site = Site::start().await;
    site.page("/keys", ok(&body(&["a"])));
    // A value that is not a TLS backend makes the client fail, if it is used.
    let configure: crate::http::ConfigureHttp = Arc::new(|builder| builder.no_proxy().tls_backend_preconfigured(42_u8));
    let url = Url::parse(&site.url("/keys")).expect("a URL");
    let source = HttpKeySource::from_jwks_uri(url, false, KeySettings::default(), Some(configure));
    assert!(matches!(fetch(&source).await.expect_err("no client"), FetchError::Http(HttpError::Client { .. })));
}

#[tokio::test]
async fn a_set_of_useless_keys_says_what_is_wrong_with_each() {
    let site = Site::start().await;
    site.page("/keys", ok(r#"{"keys": [{"kty": "oct", "kid": "a"}, 7]}"#));
    let error = fetch(&site.fetch_from("/keys")).await.expect_err("no key");
    let FetchError::NoUsableKey { skipped, .. } = error else { panic!("{error}") };
    assert_eq!(skipped.len(), 2);
}

#[tokio::test]
async fn retry_after_of_a_failure_is_passed_on() {
    let site = Site::start().await;
    for status in ["429 Too Many Requests", "503 Service Unavailable"] {
        site.page("/keys", response(status, "retry-after: 7\r\n", ""));
        let error = fetch(&site.fetch_from("/keys")).await.expect_err("no key set");
        assert_eq!(error.retry_after(), Some(seconds(7)), "{status}");
    }
}

#[tokio::test]
async fn the_users_client_keeps_our_limits() {
    let site = Site::start().await;
    site.page("/keys", response("302 Found", "location: /elsewhere\r\n", "")).page("/elsewhere", ok(&body(&["a"])));
    let configure: crate::http::ConfigureHttp = Arc::new(|builder| {
        builder.no_proxy().redirect(reqwest::redirect::Policy::limited(5)).user_agent("mine").https_only(true)
    });
    let url = Url::parse(&site.url("/keys")).expect("a URL");
    let source = HttpKeySource::from_jwks_uri(url, false, KeySettings::default(), Some(configure));
    let error = fetch(&source).await.expect_err("a redirect");
    assert!(matches!(error, FetchError::Http(HttpError::Status { found: 302, .. })));
    assert_eq!(site.seen(), ["/keys"]);
}

#[tokio::test]
async fn plain_http_beyond_loopback_is_not_even_tried() {
    let configure: crate::http::ConfigureHttp = Arc::new(|builder| builder.no_proxy().https_only(false));
    let url = Url::parse("http://keys.invalid/keys").expect("a URL");
    let source = HttpKeySource::from_jwks_uri(url, false, KeySettings::default(), Some(configure));
    match fetch(&source).await.expect_err("plain http") {
        FetchError::Http(HttpError::Unreachable { reason, .. }) => {
            assert!(reason.to_string().contains("scheme"), "{reason}");
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_client_that_can_not_be_made_is_an_error() {
    let configure: crate::http::ConfigureHttp = Arc::new(|builder| builder.user_agent("\n"));
    let url = Url::parse("http://127.0.0.1:1/keys").expect("a URL");
    let source = HttpKeySource::from_jwks_uri(url.clone(), false, KeySettings::default(), Some(configure));
    assert!(matches!(fetch(&source).await.expect_err("no client"), FetchError::Http(HttpError::Client { .. })));

    let configure: crate::http::ConfigureHttp = Arc::new(|_| panic!("as the user likes"));
    let source = HttpKeySource::from_jwks_uri(url, false, KeySettings::default(), Some(configure));
    assert!(matches!(fetch(&source).await.expect_err("no client"), FetchError::Http(HttpError::Client { .. })));
}

#[tokio::test]
async fn keys_are_discovered_at_any_of_the_three_urls_in_their_order() {
    let urls = [
        "/oauth2/default/.well-known/openid-configuration",
        "/oauth2/default/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/oauth2/default",
    ];
    for place in 0..3 {
        let site = Site::start().await;
        let issuer = site.url("/oauth2/default");
        site.metadata(urls[place], &issuer, &site.url("/keys")).page("/keys", ok(&body(&["a"])));
        if place > 0 {
            site.page(urls[0], ok("<html>"));
        }
        assert!(fetch(&site.discover(&issuer)).await.is_ok(), "{place}");
        let mut asked = urls[..=place].to_vec();
        asked.push("/keys");
        assert_eq!(site.seen(), asked);
    }
}

#[tokio::test]
async fn missing_metadata_is_the_first_urls_error() {
    let site = Site::start().await;
    let issuer = site.url("/i");
    let first = "/i/.well-known/openid-configuration";
    let error = fetch(&site.discover(&issuer)).await.expect_err("no metadata");
    assert_eq!(
        error,
        of_metadata(HttpError::Status { url: Excerpt::url(&site.url(first)), found: 404, retry_after: None })
    );
    assert_eq!(site.seen().len(), 3);

    for (status, found) in [("500 Internal Server Error", 500), ("429 Too Many Requests", 429)] {
        site.page(first, response(status, "retry-after: 9\r\n", ""));
        let error = fetch(&site.discover(&issuer)).await.expect_err("no metadata");
        let retry_after = Some(seconds(9));
        assert_eq!(error.retry_after(), retry_after);
        assert_eq!(error, of_metadata(HttpError::Status { url: Excerpt::url(&site.url(first)), found, retry_after }));
        assert_eq!(site.seen().len(), 1);
    }
}

#[tokio::test]
async fn metadata_of_another_issuer_is_an_error() {
    let site = Site::start().await;
    let issuer = site.url("/i");
    site.page("/keys", ok(&body(&["a"])));
    for other in [site.url("/i/"), site.url("/I"), site.url("/other"), String::new()] {
        site.metadata("/i/.well-known/openid-configuration", &other, &site.url("/keys"));
        let error = fetch(&site.discover(&issuer)).await.expect_err("another issuer");
        assert!(matches!(error, FetchError::Metadata(MetadataError::OtherIssuer { .. })), "{other}: {error}");
        assert_eq!(site.seen(), ["/i/.well-known/openid-configuration"]);
    }
}

#[tokio::test]
async fn a_jwks_uri_in_the_metadata_that_is_not_safe_is_not_fetched() {
    let site = Site::start().await;
    let issuer = site.url("/i");
    site.metadata("/i/.well-known/openid-configuration", &issuer, "http://user:hunter2@keys.invalid/keys?a=hunter3");
    let error = fetch(&site.discover(&issuer)).await.expect_err("plain http");
    assert!(
        matches!(error, FetchError::Metadata(MetadataError::InsecureEndpoint { endpoint: "jwks_uri", .. })),
        "{error}"
    );
    assert!(!error.to_string().contains("hunter"), "{error}");
}

#[tokio::test]
async fn metadata_can_not_choose_credentials_for_a_request() {
    let site = Site::start().await;
    let (issuer, metadata) = (site.url("/i"), "/i/.well-known/openid-configuration");
    site.page("/keys", ok(&body(&["a"])));
    for user in ["user:hunter2@", "user@", ":hunter2@"] {
        site.metadata(metadata, &issuer, &site.url("/keys").replace("http://", &format!("http://{user}")));
        let error = fetch(&site.discover(&issuer)).await.expect_err("user information");
        let FetchError::Metadata(MetadataError::InsecureEndpoint { found, .. }) = &error else { panic!("{error}") };
        assert!(found.to_string().contains("…@") && !error.to_string().contains("hunter"), "{error}");
        assert_eq!(site.seen(), [metadata]);
    }
}

#[tokio::test]
async fn metadata_is_read_again_when_it_is_old_or_the_keys_are_gone() {
    let site = Site::start().await;
    let issuer = site.url("/i");
    let place = "/i/.well-known/openid-configuration";
    site.metadata(place, &issuer, &site.url("/keys")).page("/keys", ok(&body(&["a"])));
    let source = site.discover(&issuer);
    let start = 10 * HOUR;
    assert!(fetch_at(&source, start).await.is_ok());
    assert_eq!(site.seen(), [place, "/keys"]);

    assert!(fetch_at(&source, start + HOUR - seconds(1)).await.is_ok());
    assert_eq!(site.seen(), ["/keys"]);
    assert!(fetch_at(&source, start + HOUR).await.is_ok());
    assert_eq!(site.seen(), [place, "/keys"]);
    assert!(fetch_at(&source, start).await.is_ok());
    assert_eq!(site.seen(), [place, "/keys"], "read in the future");

    // The keys move.
    site.metadata(place, &issuer, &site.url("/moved")).page("/moved", ok(&body(&["a"])));
    site.page("/keys", response("404 Not Found", "", ""));
    assert!(fetch_at(&source, start).await.is_err());
    assert_eq!(site.seen(), ["/keys"]);
    assert!(fetch_at(&source, start).await.is_ok());
    assert_eq!(site.seen(), [place, "/moved"]);

    // If old metadata can't be read again, its endpoint is still used. Metadata of another issuer is an error.
    site.page(place, response("500 Internal Server Error", "", ""));
    assert!(fetch_at(&source, start + 2 * HOUR).await.is_ok());
    assert_eq!(site.seen(), [place, "/moved"]);
    site.metadata(place, "https://other.example.com", &site.url("/moved"));
    let error = fetch_at(&source, start + 2 * HOUR).await.expect_err("another issuer");
    assert!(matches!(error, FetchError::Metadata(MetadataError::OtherIssuer { .. })), "{error}");
    assert_eq!(site.seen(), [place]);
}

#[tokio::test]
async fn a_store_over_http_finds_its_keys_and_serves_each_runtime() {
    let site = Site::start().await;
    site.page("/keys", ok(&body(&["a"])));
    let clock: Arc<dyn Clock> = Arc::new(MockClock(Mutex::new(HOUR)));
    let source = Arc::new(site.fetch_from("/keys"));
    let store = KeyStore::remote(ISSUER.into(), &[Algorithm::RS256], KeySettings::default(), source, clock);
    assert!(store.find("a", Algorithm::RS256).await.is_ok());
    assert_eq!(store.find("x", Algorithm::RS256).await.err(), Some(FindError::UnknownKey));
    assert_eq!(site.seen(), ["/keys", "/keys"]);

    let elsewhere = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async { store.find("a", Algorithm::RS256).await.is_ok() })
    });
    assert!(elsewhere.join().expect("no panic"));
}
