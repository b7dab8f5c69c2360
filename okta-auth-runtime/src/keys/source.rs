//! Where key sets come from: a given URL, or the one that the issuer's metadata names.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::Instant;
use url::Url;

use super::settings::KeySettings;
use crate::algorithm::Algorithm;
use crate::error::{Excerpt, FetchError, JwkSetError};
use crate::http::{ConfigureHttp, HttpClient, HttpPolicy};
use crate::jose::JwkSet;
use crate::metadata::{Endpoint, IssuerMetadata};

/// The source of an issuer's key set. The caller starts a second fetch only if the first is overdue.
pub(crate) trait KeySource: Send + Sync + 'static {
    /// Fetches the set. `now` is the time since the Unix epoch.
    fn fetch<'a>(&'a self, now: Duration, algorithms: &'a [Algorithm]) -> BoxFuture<'a, FetchResult>;
}

/// The result of one fetch.
pub(crate) type FetchResult = Result<FetchedKeys, FetchError>;

/// A key set with at least one usable key.
#[derive(Debug)]
pub(crate) struct FetchedKeys {
    pub(super) set: JwkSet,
    /// How long the response says that the set is fresh.
    pub(super) max_age: Option<Duration>,
}

impl FetchedKeys {
    /// Parses the body of a response from `url`.
    pub(super) fn parse(url: &str, body: &[u8], algorithms: &[Algorithm], max_age: Option<Duration>) -> FetchResult {
        let url = Excerpt::url(url);
        match JwkSet::parse(body, algorithms) {
            Err(JwkSetError::Malformed) => Err(FetchError::Malformed { url }),
            Err(JwkSetError::TooManyEntries { limit }) => Err(FetchError::TooManyEntries { url, limit }),
            Ok(set) if set.is_empty() => Err(FetchError::NoUsableKey { url, skipped: set.skipped().to_vec() }),
            Ok(set) => Ok(Self { set, max_age }),
        }
    }
}

/// Fetches the key set of one issuer over HTTP.
pub(crate) struct HttpKeySource {
    http: HttpClient,
    jwks_uri: JwksUri,
}

enum JwksUri {
    Given(Url),
    Discovered(Box<IssuerMetadata>),
}

impl HttpKeySource {
    /// Fetches from `jwks_uri`. Does no I/O.
    ///
    /// `allow_http` allows a plain-http URL that is not on loopback.
    pub(crate) fn from_jwks_uri(
        jwks_uri: Url,
        allow_http: bool,
        settings: KeySettings,
        configure: Option<ConfigureHttp>,
    ) -> Self {
        let policy = HttpPolicy::of(&jwks_uri, allow_http);
        Self { http: HttpClient::new(configure, policy, settings.limits()), jwks_uri: JwksUri::Given(jwks_uri) }
    }

    /// Fetches from the `jwks_uri` in the metadata of `issuer`. Does no I/O.
    pub(crate) fn from_issuer(
        issuer: Arc<str>,
        allow_http: bool,
        settings: KeySettings,
        configure: Option<ConfigureHttp>,
    ) -> Result<Self, url::ParseError> {
        let policy = HttpPolicy::of(&Url::parse(&issuer)?, allow_http);
        let metadata = IssuerMetadata::new(issuer, Endpoint::JwksUri, allow_http, settings.metadata_freshness)?;
        let http = HttpClient::new(configure, policy, settings.limits());
        Ok(Self { http, jwks_uri: JwksUri::Discovered(Box::new(metadata)) })
    }

    async fn keys(&self, now: Duration, algorithms: &[Algorithm]) -> FetchResult {
        let deadline = self.http.deadline();
        let metadata = match &self.jwks_uri {
            JwksUri::Given(jwks_uri) => return self.keys_at(jwks_uri, algorithms, deadline).await,
            JwksUri::Discovered(metadata) => metadata,
        };
        let jwks_uri = metadata.locate(&self.http, now, deadline).await?;
        let fetched = self.keys_at(&jwks_uri, algorithms, deadline).await;
        if fetched.is_err() {
            metadata.distrust();
        }
        fetched
    }

    async fn keys_at(&self, url: &Url, algorithms: &[Algorithm], deadline: Instant) -> FetchResult {
        let response = self.http.get(url, deadline).await?;
        FetchedKeys::parse(url.as_str(), &response.body, algorithms, response.max_age)
    }
}

impl KeySource for HttpKeySource {
    fn fetch<'a>(&'a self, now: Duration, algorithms: &'a [Algorithm]) -> BoxFuture<'a, FetchResult> {
        Box::pin(self.keys(now, algorithms))
    }
}
