//! The location of an issuer's endpoints: OpenID Connect Discovery 1.0 section 4, RFC 8414 section 3.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::error::{Excerpt, HttpError, MetadataError};
use crate::http::{HttpClient, is_loopback};

/// An endpoint that metadata names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// RFC 8414 section 2.
    JwksUri,
    /// RFC 8414 section 2, RFC 7662.
    Introspection,
}

/// Finds one endpoint of an issuer in its metadata, and remembers it.
pub(crate) struct IssuerMetadata {
    issuer: Arc<str>,
    endpoint: Endpoint,
    /// The possible locations of the metadata, in the order of the requests.
    urls: Vec<Url>,
    /// Plain http is allowed everywhere.
    allow_http: bool,
    /// The issuer is on plain http on loopback, so that plain http is allowed there.
    is_local: bool,
    /// How long metadata is used before it is read again.
    freshness: Duration,
    cached: Mutex<Option<Cached>>,
    /// Held by the request that reads the metadata for all.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Clone, PartialEq)]
struct Cached {
    url: Url,
    /// When the metadata was read; `None` if it has to be read again, since a request with it failed.
    read_at: Option<Duration>,
}

/// The members that are read (RFC 8414 section 2).
#[derive(Deserialize)]
struct AuthorizationServerMetadata {
    issuer: String,
    /// Any value, so that one endpoint does not depend on the other.
    #[serde(default)]
    jwks_uri: Value,
    #[serde(default)]
    introspection_endpoint: Value,
}

impl Endpoint {
    fn name(self) -> &'static str {
        match self {
            Self::JwksUri => "jwks_uri",
            Self::Introspection => "introspection_endpoint",
        }
    }
}

impl IssuerMetadata {
    /// Does no I/O.
    pub(crate) fn new(
        issuer: Arc<str>,
        endpoint: Endpoint,
        allow_http: bool,
        freshness: Duration,
    ) -> Result<Self, url::ParseError> {
        let url = Url::parse(&issuer)?;
        Ok(Self {
            urls: metadata_urls(&issuer)?,
            allow_http,
            is_local: url.scheme() == "http" && is_loopback(&url),
            issuer,
            endpoint,
            freshness,
            cached: Mutex::new(None),
            reading: tokio::sync::Mutex::new(()),
        })
    }

    /// The URL of the endpoint: from the cached metadata while it is fresh, or read anew.
    pub(crate) async fn locate(
        &self,
        http: &HttpClient,
        now: Duration,
        deadline: Instant,
    ) -> Result<Url, MetadataError> {
        let known = self.cached.lock().clone();
        if let Some(Cached { url, read_at: Some(read_at) }) = &known
            && now.checked_sub(*read_at).is_some_and(|age| age < self.freshness)
        {
            return Ok(url.clone());
        }
        // With a cached URL to fall back on, leave the request to the endpoint half of the time.
        let start = Instant::now();
        let half = start + deadline.saturating_duration_since(start) / 2;
        // One request reads for those that come meanwhile. If that takes long, they read too: its runtime can be blocked.
        let _reading = timeout_at(half, self.reading.lock()).await;
        let cached = self.cached.lock().clone();
        if let Some(Cached { url, read_at: Some(_) }) = &cached
            && cached != known
        {
            return Ok(url.clone());
        }
        let deadline = if cached.is_some() { half } else { deadline };
        match (self.read(http, deadline).await, cached) {
            (Ok(url), _) => {
                *self.cached.lock() = Some(Cached { url: url.clone(), read_at: Some(now) });
                Ok(url)
            }
            (Err(error), Some(cached)) if !is_refusal(&error) => Ok(cached.url),
            (Err(error), _) => {
                *self.cached.lock() = None;
                Err(error)
            }
        }
    }

    /// A request to an endpoint failed: the metadata is read again before the next one.
    pub(crate) fn distrust(&self) {
        if let Some(cached) = &mut *self.cached.lock() {
            cached.read_at = None;
        }
    }

    /// Requests one URL after the other. If none has the metadata, returns the error of the first.
    async fn read(&self, http: &HttpClient, deadline: Instant) -> Result<Url, MetadataError> {
        let mut first = None;
        for url in &self.urls {
            let response = http.get(url, deadline).await.map_err(MetadataError::from);
            match response.and_then(|response| self.parse(url, &response.body)) {
                Err(error) if is_not_here(&error) => _ = first.get_or_insert(error),
                result => return result,
            }
        }
        let endpoint = self.endpoint.name();
        Err(first.unwrap_or_else(|| MetadataError::Malformed { url: Excerpt::url(&self.issuer), endpoint }))
    }

    fn parse(&self, url: &Url, body: &[u8]) -> Result<Url, MetadataError> {
        let (url, endpoint) = (Excerpt::url(url.as_str()), self.endpoint.name());
        let malformed = || MetadataError::Malformed { url: url.clone(), endpoint };
        let metadata: AuthorizationServerMetadata = serde_json::from_slice(body).map_err(|_| malformed())?;
        if *metadata.issuer != *self.issuer {
            let (found, expected) = (Excerpt::new(&metadata.issuer), Excerpt::new(&self.issuer));
            return Err(MetadataError::OtherIssuer { url, found, expected });
        }
        let found = match self.endpoint {
            Endpoint::JwksUri => metadata.jwks_uri,
            Endpoint::Introspection => metadata.introspection_endpoint,
        };
        let found = Url::parse(found.as_str().ok_or_else(malformed)?).map_err(|_| malformed())?;
        if !self.may_request(&found) {
            let found = Excerpt::url_text(found.as_str());
            return Err(MetadataError::InsecureEndpoint { url, endpoint, found });
        }
        Ok(found)
    }

    /// A URL with user information would choose the credentials of the request.
    fn may_request(&self, endpoint: &Url) -> bool {
        let has_user = !endpoint.username().is_empty() || endpoint.password().is_some();
        match endpoint.scheme() {
            _ if has_user => false,
            "https" => true,
            "http" => self.allow_http || (self.is_local && is_loopback(endpoint)),
            _ => false,
        }
    }
}

/// The metadata was read and is not acceptable, so that the cached metadata must not be used either.
fn is_refusal(error: &MetadataError) -> bool {
    matches!(error, MetadataError::OtherIssuer { .. } | MetadataError::InsecureEndpoint { .. })
}

/// The server responded, but has no metadata at this URL. It may have some at the next one.
fn is_not_here(error: &MetadataError) -> bool {
    match error {
        MetadataError::Http(HttpError::Status { found, .. }) => (300..500).contains(found) && *found != 429,
        MetadataError::Malformed { .. } => true,
        _ => false,
    }
}

/// Appended as in OpenID Connect Discovery, appended with RFC 8414's name, and inserted as in RFC 8414 section 3.
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
