//! The location of an issuer's endpoints: OpenID Connect Discovery 1.0 section 4, RFC 8414 section 3.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::Instant;
use url::Url;

use crate::error::{Excerpt, HttpError, MetadataError};
use crate::http::{HttpClient, is_loopback};

/// Finds an issuer's endpoints in its metadata, and remembers the metadata.
pub(crate) struct IssuerMetadata {
    issuer: Arc<str>,
    /// The possible locations of the metadata, in the order of the requests.
    urls: Vec<Url>,
    /// Plain http is allowed everywhere.
    allow_http: bool,
    /// The issuer is on loopback, so that plain http is allowed there.
    is_local: bool,
    /// How long metadata is used before it is read again.
    freshness: Duration,
    cached: Mutex<Option<Cached>>,
}

#[derive(Clone)]
struct Cached {
    metadata: Arc<AuthorizationServerMetadata>,
    /// When the metadata was read; `None` if it has to be read again, since a request with it failed.
    read_at: Option<Duration>,
}

/// The members that are read (RFC 8414 section 2). An endpoint is parsed when it is needed, so that a malformed one
/// does not affect the others.
#[derive(Deserialize)]
struct AuthorizationServerMetadata {
    issuer: String,
    jwks_uri: Option<Box<RawValue>>,
    introspection_endpoint: Option<Box<RawValue>>,
}

impl AuthorizationServerMetadata {
    fn endpoint(&self, name: &str) -> Option<Url> {
        let endpoint = match name {
            "jwks_uri" => &self.jwks_uri,
            "introspection_endpoint" => &self.introspection_endpoint,
            _ => return None,
        };
        Url::parse(&serde_json::from_str::<String>(endpoint.as_ref()?.get()).ok()?).ok()
    }
}

impl IssuerMetadata {
    /// Does no I/O.
    ///
    /// # Errors
    ///
    /// The issuer is not a URL.
    pub(crate) fn new(issuer: Arc<str>, allow_http: bool, freshness: Duration) -> Result<Self, url::ParseError> {
        Ok(Self {
            urls: metadata_urls(&issuer)?,
            allow_http,
            is_local: is_loopback(&Url::parse(&issuer)?),
            issuer,
            freshness,
            cached: Mutex::new(None),
        })
    }

    /// The endpoint of this name, such as `jwks_uri`: from the cached metadata while it is fresh, or read anew.
    ///
    /// # Errors
    ///
    /// No metadata with this endpoint can be read and none is cached; or it is another issuer's, or names an endpoint
    /// that may not be requested.
    pub(crate) async fn endpoint(
        &self,
        name: &'static str,
        http: &HttpClient,
        now: Duration,
        deadline: Instant,
    ) -> Result<Url, MetadataError> {
        let cached = self.cached.lock().clone();
        let known =
            cached.as_ref().and_then(|cached| cached.metadata.endpoint(name)).filter(|url| self.may_request(url));
        if let (Some(url), Some(Cached { read_at: Some(read_at), .. })) = (&known, &cached)
            && now.checked_sub(*read_at).is_some_and(|age| age < self.freshness)
        {
            return Ok(url.clone());
        }
        // With a known endpoint to fall back on, leave its own request half of the time.
        let start = Instant::now();
        let half = start + deadline.saturating_duration_since(start) / 2;
        let deadline = if known.is_some() { half } else { deadline };
        match (self.read(name, http, deadline).await, known) {
            (Ok((metadata, url)), _) => {
                *self.cached.lock() = Some(Cached { metadata: Arc::new(metadata), read_at: Some(now) });
                Ok(url)
            }
            (Err(error), Some(known)) if !is_refusal(&error) => Ok(known),
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
    async fn read(
        &self,
        endpoint: &'static str,
        http: &HttpClient,
        deadline: Instant,
    ) -> Result<(AuthorizationServerMetadata, Url), MetadataError> {
        let mut first = None;
        for url in &self.urls {
            let response = http.get(url, deadline).await.map_err(MetadataError::from);
            match response.and_then(|response| self.parse(url, &response.body, endpoint)) {
                Err(error) if is_not_here(&error) => _ = first.get_or_insert(error),
                result => return result,
            }
        }
        Err(first.unwrap_or_else(|| MetadataError::Malformed { url: Excerpt::url(&self.issuer), endpoint }))
    }

    fn parse(
        &self,
        url: &Url,
        body: &[u8],
        endpoint: &'static str,
    ) -> Result<(AuthorizationServerMetadata, Url), MetadataError> {
        let url = Excerpt::url(url.as_str());
        let malformed = || MetadataError::Malformed { url: url.clone(), endpoint };
        let metadata: AuthorizationServerMetadata = serde_json::from_slice(body).map_err(|_| malformed())?;
        if *metadata.issuer != *self.issuer {
            let (found, expected) = (Excerpt::new(&metadata.issuer), Excerpt::new(&self.issuer));
            return Err(MetadataError::OtherIssuer { url, found, expected });
        }
        let found = metadata.endpoint(endpoint).ok_or_else(malformed)?;
        if !self.may_request(&found) {
            let found = Excerpt::new(&Excerpt::url(found.as_str()).to_string());
            return Err(MetadataError::InsecureEndpoint { url, endpoint, found });
        }
        Ok((metadata, found))
    }

    fn may_request(&self, endpoint: &Url) -> bool {
        match endpoint.scheme() {
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
