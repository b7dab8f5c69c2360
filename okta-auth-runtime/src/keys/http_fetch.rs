//! Key sets over HTTP: from a given URL, or from where the issuer's metadata says.

use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::fetch::{Fetch, FetchFailure, Fetched, Fetching};
use super::settings::KeySettings;
use crate::algorithm::Algorithm;
use crate::http::{ConfigureHttp, Http, Reach, shown};
use crate::metadata::Discovery;

/// Fetches the key set of one issuer.
pub(crate) struct HttpFetch {
    http: Http,
    location: Location,
    settings: KeySettings,
}

enum Location {
    Given(Url),
    Discovered(Box<Discovery>),
}

impl HttpFetch {
    /// Fetches from `jwks_uri`. Does no I/O.
    ///
    /// `allow_http` allows a plain-http URL that is not on loopback.
    pub(crate) fn from_jwks_uri(
        jwks_uri: Url,
        allow_http: bool,
        settings: KeySettings,
        configure: Option<ConfigureHttp>,
    ) -> Self {
        let reach = Reach::of(&jwks_uri, allow_http);
        Self { http: Http::new(configure, reach, settings), location: Location::Given(jwks_uri), settings }
    }

    /// Fetches from where the metadata of `issuer` says. Does no I/O.
    ///
    /// # Errors
    ///
    /// The issuer is not a URL.
    pub(crate) fn from_issuer(
        issuer: &str,
        allow_http: bool,
        settings: KeySettings,
        configure: Option<ConfigureHttp>,
    ) -> Result<Self, url::ParseError> {
        let reach = Reach::of(&Url::parse(issuer)?, allow_http);
        let location = Location::Discovered(Box::new(Discovery::new(issuer, allow_http, settings)?));
        Ok(Self { http: Http::new(configure, reach, settings), location, settings })
    }

    async fn keys(&self, now: Duration, algorithms: &[Algorithm]) -> Result<Fetched, FetchFailure> {
        let deadline = Instant::now() + self.settings.fetch_timeout;
        let discovery = match &self.location {
            Location::Given(jwks_uri) => return self.keys_at(jwks_uri, algorithms, deadline).await,
            Location::Discovered(discovery) => discovery,
        };
        let jwks_uri = discovery.jwks_uri(&self.http, now, deadline).await?;
        let fetched = self.keys_at(&jwks_uri, algorithms, deadline).await;
        if fetched.is_err() {
            discovery.distrust();
        }
        fetched
    }

    async fn keys_at(&self, url: &Url, algorithms: &[Algorithm], deadline: Instant) -> Result<Fetched, FetchFailure> {
        let answer = self.http.get(url, deadline).await?;
        Fetched::parse(&shown(url), &answer.body, algorithms, answer.max_age)
    }
}

impl Fetch for HttpFetch {
    fn fetch<'a>(&'a self, now: Duration, algorithms: &'a [Algorithm]) -> Fetching<'a> {
        Box::pin(self.keys(now, algorithms))
    }
}
