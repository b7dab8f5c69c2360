//! Where an issuer keeps its keys: OpenID Connect Discovery 1.0 section 4, RFC 8414 section 3.

use std::time::Duration;

use parking_lot::Mutex;
use serde::Deserialize;
use tokio::time::Instant;
use url::Url;

use crate::error::{Excerpt, FetchError};
use crate::http::{Http, is_loopback, shown};
use crate::keys::FetchFailure;
use crate::keys::KeySettings;

/// Finds the `jwks_uri` of an issuer in its metadata, and remembers it.
pub(crate) struct Discovery {
    issuer: String,
    /// Where the metadata may be, in the order of asking.
    urls: Vec<Url>,
    http_allowed: HttpAllowed,
    settings: KeySettings,
    known: Mutex<Option<Known>>,
}

/// Which plain-http `jwks_uri` may be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HttpAllowed {
    No,
    OnLoopback,
    Anywhere,
}

#[derive(Clone)]
struct Known {
    jwks_uri: Url,
    /// When the metadata was read; `None` if it has to be read again, since the keys could not be had with it.
    read: Option<Duration>,
}

/// The members that are read.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

impl Discovery {
    pub(crate) fn new(issuer: &str, allow_http: bool, settings: KeySettings) -> Result<Self, url::ParseError> {
        let own = is_loopback(&Url::parse(issuer)?);
        Ok(Self {
            issuer: issuer.to_owned(),
            urls: metadata_urls(issuer)?,
            http_allowed: match (allow_http, own) {
                (true, _) => HttpAllowed::Anywhere,
                (false, true) => HttpAllowed::OnLoopback,
                (false, false) => HttpAllowed::No,
            },
            settings,
            known: Mutex::new(None),
        })
    }

    /// The `jwks_uri`: as remembered, or from the metadata if that is older than its freshness.
    ///
    /// # Errors
    ///
    /// No metadata can be had and none is remembered; or what is had is another issuer's, or names a `jwks_uri` that
    /// may not be fetched.
    pub(crate) async fn jwks_uri(&self, http: &Http, now: Duration, deadline: Instant) -> Result<Url, FetchFailure> {
        let known = self.known.lock().clone();
        if let Some(Known { jwks_uri, read: Some(read) }) = &known
            && now.checked_sub(*read).is_some_and(|age| age < self.settings.metadata_freshness)
        {
            return Ok(jwks_uri.clone());
        }
        // With a remembered URI to fall back on, leave the keys half of the time.
        let half = Instant::now() + self.settings.fetch_timeout / 2;
        let deadline = if known.is_some() { deadline.min(half) } else { deadline };
        match (self.read(http, deadline).await, known) {
            (Ok(jwks_uri), _) => {
                *self.known.lock() = Some(Known { jwks_uri: jwks_uri.clone(), read: Some(now) });
                Ok(jwks_uri)
            }
            (Err(failure), Some(known)) if !is_refusal(&failure.error) => Ok(known.jwks_uri),
            (Err(failure), _) => {
                *self.known.lock() = None;
                Err(failure)
            }
        }
    }

    /// The keys could not be had with what is remembered: it is read again before the next attempt.
    pub(crate) fn distrust(&self) {
        if let Some(known) = &mut *self.known.lock() {
            known.read = None;
        }
    }

    /// Asks one URL after the other. If it is at none of them, the error is that of the first.
    async fn read(&self, http: &Http, deadline: Instant) -> Result<Url, FetchFailure> {
        let mut first = None;
        for url in &self.urls {
            match self.read_one(http, url, deadline).await {
                Err(failure) if is_not_here(&failure.error) => _ = first.get_or_insert(failure),
                answer => return answer,
            }
        }
        Err(first.unwrap_or_else(|| FetchError::Abandoned.into()))
    }

    async fn read_one(&self, http: &Http, url: &Url, deadline: Instant) -> Result<Url, FetchFailure> {
        let answer = http.get(url, deadline).await?;
        let malformed = || FetchError::Malformed {
            url: shown(url),
            expected: "authorization server metadata (a JSON object with issuer and jwks_uri)",
        };
        let metadata: Metadata = serde_json::from_slice(&answer.body).map_err(|_| malformed())?;
        if metadata.issuer != self.issuer {
            let (found, expected) = (Excerpt::new(&metadata.issuer), Excerpt::new(&self.issuer));
            return Err(FetchError::OtherIssuer { url: shown(url), found, expected }.into());
        }
        let jwks_uri = Url::parse(&metadata.jwks_uri).map_err(|_| malformed())?;
        if !self.may_fetch(&jwks_uri) {
            let found = Excerpt::new(&shown(&jwks_uri));
            return Err(FetchError::InsecureKeySet { url: shown(url), found }.into());
        }
        Ok(jwks_uri)
    }

    fn may_fetch(&self, jwks_uri: &Url) -> bool {
        match jwks_uri.scheme() {
            "https" => true,
            "http" => match self.http_allowed {
                HttpAllowed::No => false,
                HttpAllowed::OnLoopback => is_loopback(jwks_uri),
                HttpAllowed::Anywhere => true,
            },
            _ => false,
        }
    }
}

/// The metadata was had, and says what can't be accepted: nothing to fall back from.
fn is_refusal(error: &FetchError) -> bool {
    matches!(error, FetchError::OtherIssuer { .. } | FetchError::InsecureKeySet { .. })
}

/// The server is there, but has no metadata at this URL: the next one may.
fn is_not_here(error: &FetchError) -> bool {
    match error {
        FetchError::Status { found, .. } => (300..500).contains(found) && *found != 429,
        FetchError::Malformed { .. } => true,
        _ => false,
    }
}

/// Appended as OpenID Connect Discovery does, appended with RFC 8414's name, and inserted as RFC 8414 section 3 does.
fn metadata_urls(issuer: &str) -> Result<Vec<Url>, url::ParseError> {
    const OAUTH: &str = "/.well-known/oauth-authorization-server";

    let issuer = issuer.trim_end_matches('/');
    let mut inserted = Url::parse(issuer)?;
    let path = inserted.path().trim_end_matches('/').to_owned();
    inserted.set_path(&format!("{OAUTH}{path}"));

    let mut urls = vec![
        Url::parse(&format!("{issuer}/.well-known/openid-configuration"))?,
        Url::parse(&format!("{issuer}{OAUTH}"))?,
    ];
    if !urls.contains(&inserted) {
        urls.push(inserted);
    }
    Ok(urls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metadata_is_asked_for_at_three_urls_or_two() {
        let urls = |issuer| metadata_urls(issuer).expect("URLs").iter().map(Url::to_string).collect::<Vec<_>>();
        assert_eq!(
            urls("https://dev-1.okta.com/oauth2/default"),
            [
                "https://dev-1.okta.com/oauth2/default/.well-known/openid-configuration",
                "https://dev-1.okta.com/oauth2/default/.well-known/oauth-authorization-server",
                "https://dev-1.okta.com/.well-known/oauth-authorization-server/oauth2/default",
            ]
        );
        let without_path = [
            "https://example.com/.well-known/openid-configuration",
            "https://example.com/.well-known/oauth-authorization-server",
        ];
        assert_eq!(urls("https://example.com"), without_path);
        assert_eq!(urls("https://example.com/"), without_path);
    }

    #[test]
    fn a_jwks_uri_is_https_unless_both_ends_are_on_loopback_or_it_was_allowed() {
        let own = "http://127.0.0.1:8080/keys";
        let foreign = "http://example.com/keys";
        let table = [
            ("https://example.com", false, "https://keys.example.org/", true),
            ("https://example.com", false, foreign, false),
            ("https://example.com", false, own, false),
            ("http://localhost:80/", false, own, true),
            ("http://localhost:80/", false, foreign, false),
            ("http://example.com", true, foreign, true),
            ("https://example.com", true, "file:///etc/passwd", false),
            ("http://localhost", false, "ftp://localhost/", false),
        ];
        for (issuer, allow_http, jwks_uri, expected) in table {
            let discovery = Discovery::new(issuer, allow_http, KeySettings::default()).expect("URLs");
            let jwks_uri = Url::parse(jwks_uri).expect("a URL");
            assert_eq!(discovery.may_fetch(&jwks_uri), expected, "{issuer} {jwks_uri} {allow_http}");
        }
    }
}
