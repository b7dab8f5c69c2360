//! One call of an introspection endpoint: RFC 7662 section 2.1.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::header::HeaderValue;
use tokio::time::Instant;
use url::{Url, form_urlencoded};

use super::client_authentication::ClientAuthentication;
use super::response::TokenState;
use crate::error::{CallError, Excerpt, HttpError};
use crate::http::{ConfigureHttp, HttpClient, HttpPolicy, Limits};
use crate::metadata::{Endpoint, IssuerMetadata};

/// Makes the calls. Tests have one without HTTP.
pub(crate) trait IntrospectionSource: Send + Sync + 'static {
    /// Asks about one token. `now` is the time since the Unix epoch.
    fn call<'a>(&'a self, token: &'a str, now: Duration) -> BoxFuture<'a, CallResult>;
}

/// The result of one call.
pub(crate) type CallResult = Result<TokenState, CallError>;

/// The introspection endpoint of one issuer, over HTTP.
pub(crate) struct IntrospectionEndpoint {
    http: HttpClient,
    location: Location,
    authentication: ClientAuthentication,
}

enum Location {
    Given(Url),
    Discovered(Box<IssuerMetadata>),
}

impl IntrospectionEndpoint {
    /// The endpoint at this URL. Does no I/O.
    ///
    /// `allow_http` allows a plain-http URL that is not on loopback.
    pub(crate) fn at(
        url: Url,
        authentication: ClientAuthentication,
        allow_http: bool,
        limits: Limits,
        configure: Option<ConfigureHttp>,
    ) -> Self {
        let http = HttpClient::new(configure, HttpPolicy::of(&url, allow_http), limits);
        Self { http, location: Location::Given(url), authentication }
    }

    /// The endpoint in the metadata of `issuer`, which is read again after `freshness`. Does no I/O.
    pub(crate) fn of_issuer(
        issuer: Arc<str>,
        authentication: ClientAuthentication,
        allow_http: bool,
        limits: Limits,
        freshness: Duration,
        configure: Option<ConfigureHttp>,
    ) -> Result<Self, url::ParseError> {
        let http = HttpClient::new(configure, HttpPolicy::of(&Url::parse(&issuer)?, allow_http), limits);
        let metadata = IssuerMetadata::new(issuer, Endpoint::Introspection, allow_http, freshness)?;
        Ok(Self { http, location: Location::Discovered(Box::new(metadata)), authentication })
    }

    async fn post(&self, token: &str, now: Duration) -> CallResult {
        let deadline = self.http.deadline();
        let metadata = match &self.location {
            Location::Given(url) => return self.post_to(url, token, now, deadline).await,
            Location::Discovered(metadata) => metadata,
        };
        let url = metadata.locate(&self.http, now, deadline).await?;
        let result = self.post_to(&url, token, now, deadline).await;
        if result.is_err() {
            // The endpoint may have moved.
            metadata.distrust();
        }
        result
    }

    async fn post_to(&self, url: &Url, token: &str, now: Duration, deadline: Instant) -> CallResult {
        let (form, authorization) = self.request(url, token, now)?;
        match self.http.post_form(url, form, authorization, deadline).await {
            Ok(response) => TokenState::parse(url, response).map(|state| state.without_token(token)),
            Err(HttpError::Status { url, found: status @ (401 | 403), retry_after }) => {
                Err(CallError::CredentialsRejected { url, status, error: Excerpt::none(), retry_after })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The form of a call, and the value of its `Authorization` header, if it has one.
    fn request(&self, url: &Url, token: &str, now: Duration) -> Result<(String, Option<HeaderValue>), CallError> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", token).append_pair("token_type_hint", "access_token");
        let authorization = self.authentication.authenticate(url, now, &mut form);
        let authorization =
            authorization.map_err(|error| CallError::Credentials { reason: Excerpt::unquoted(&error.to_string()) })?;
        Ok((form.finish(), authorization))
    }
}

impl IntrospectionSource for IntrospectionEndpoint {
    fn call<'a>(&'a self, token: &'a str, now: Duration) -> BoxFuture<'a, CallResult> {
        Box::pin(self.post(token, now))
    }
}
