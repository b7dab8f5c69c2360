//! The requests that arrived: a record of each, counts, and waiting for them.

use std::time::{Duration, Instant, SystemTime};

use actix_web::http::Method;
use parking_lot::{Condvar, Mutex};
use tokio::sync::watch;

/// The time after which a test that waits for requests fails.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(10);

/// The endpoints of an authorization server. Paths are relative to its issuer, `/oauth2/{id}`, unless stated otherwise.
///
/// The org authorization server has its metadata at `/.well-known/openid-configuration` and
/// `/.well-known/oauth-authorization-server`, and its other endpoints below `/oauth2/v1/`.
///
/// ```
/// use okta_auth_testing::{Endpoint, Fault, MockOkta};
///
/// let okta = MockOkta::start();
/// okta.fault(Fault::Status(404).on(Endpoint::OpenIdConfiguration));
/// assert_eq!(okta.count(Endpoint::OpenIdConfiguration), 0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// `/.well-known/openid-configuration` (OpenID Connect Discovery 1.0).
    OpenIdConfiguration,
    /// `/.well-known/oauth-authorization-server` after the path of the issuer. Okta serves it there.
    OAuthMetadata,
    /// `/.well-known/oauth-authorization-server/oauth2/{id}` below the origin (RFC 8414 section 3.1).
    OAuthMetadataInserted,
    /// `/v1/keys`, the JWK Set (RFC 7517).
    Keys,
    /// `/v1/token` (RFC 6749 section 3.2).
    Token,
    /// `/v1/authorize` (RFC 6749 section 3.1).
    Authorize,
    /// `/v1/introspect` (RFC 7662).
    Introspect,
    /// `/v1/revoke` (RFC 7009).
    Revoke,
    /// `/v1/userinfo` (OpenID Connect Core 1.0 section 5.3).
    UserInfo,
    /// `/v1/logout` (OpenID Connect RP-Initiated Logout 1.0).
    Logout,
    /// Any other path. The response is 404 with Okta's `E0000007`.
    Other,
}

impl Endpoint {
    /// Whether the endpoint serves metadata, which names the JWK Set.
    pub fn is_discovery(self) -> bool {
        matches!(self, Self::OpenIdConfiguration | Self::OAuthMetadata | Self::OAuthMetadataInserted)
    }

    /// The endpoint at a path, and the authorization server ID in the path.
    pub(crate) fn at(path: &str) -> (Self, Option<&str>) {
        if let Some(id) = path.strip_prefix("/.well-known/oauth-authorization-server/oauth2/") {
            return (Self::OAuthMetadataInserted, Some(id));
        }
        // The org authorization server.
        if let Some(endpoint) = Self::metadata(path.strip_prefix('/').unwrap_or_default()) {
            return (endpoint, None);
        }
        let Some(rest) = path.strip_prefix("/oauth2/") else { return (Self::Other, None) };
        if let Some(endpoint) = Self::below_base(rest) {
            return (endpoint, None);
        }
        let Some((id, rest)) = rest.split_once('/') else { return (Self::Other, None) };
        (Self::metadata(rest).or_else(|| Self::below_base(rest)).unwrap_or(Self::Other), Some(id))
    }

    /// The metadata at this path below the issuer.
    fn metadata(path: &str) -> Option<Self> {
        Some(match path {
            ".well-known/openid-configuration" => Self::OpenIdConfiguration,
            ".well-known/oauth-authorization-server" => Self::OAuthMetadata,
            _ => return None,
        })
    }

    /// The endpoint at this path below `/oauth2/{id}`, or below `/oauth2` for the org authorization server.
    fn below_base(path: &str) -> Option<Self> {
        Some(match path.strip_prefix("v1/")? {
            "keys" => Self::Keys,
            "token" => Self::Token,
            "authorize" => Self::Authorize,
            "introspect" => Self::Introspect,
            "revoke" => Self::Revoke,
            "userinfo" => Self::UserInfo,
            "logout" => Self::Logout,
            _ => return None,
        })
    }
}

/// A request that arrived, whatever the response.
///
/// ```
/// use okta_auth_testing::{Endpoint, MockOkta};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let okta = MockOkta::start();
/// reqwest::get(okta.jwks_uri()).await.unwrap();
///
/// let requests = okta.requests();
/// assert_eq!(requests[0].endpoint, Endpoint::Keys);
/// assert_eq!(requests[0].path, "/oauth2/default/v1/keys");
/// assert_eq!(requests[0].header("accept"), Some("*/*"));
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReceivedRequest {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The ID of the authorization server in the path. The paths of the org authorization server have none.
    pub server: Option<String>,
    /// The HTTP method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The raw query without `?`; empty if there is none.
    pub query: String,
    /// The body of a POST request, with replacement characters for invalid UTF-8; empty for other requests.
    pub body: String,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The time of arrival by the clock of the mock.
    pub at: SystemTime,
}

impl ReceivedRequest {
    /// The first value of a header. The case of the name does not matter.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The first value of a field in the form that a POST request sent.
    ///
    /// ```
    /// use okta_auth_testing::MockOkta;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let okta = MockOkta::start();
    /// let form = [("token", "abc"), ("token_type_hint", "access_token")];
    /// reqwest::Client::new().post(okta.introspection_endpoint()).form(&form).send().await.unwrap();
    /// assert_eq!(okta.requests()[0].form("token_type_hint").as_deref(), Some("access_token"));
    /// assert_eq!(okta.introspections("abc"), 1);
    /// # }
    /// ```
    pub fn form(&self, field: &str) -> Option<String> {
        let mut fields = url::form_urlencoded::parse(self.body.as_bytes());
        fields.find(|(name, _)| name == field).map(|(_, value)| value.into_owned())
    }

    pub(crate) fn new(request: &actix_web::dev::ServiceRequest, body: &[u8], at: SystemTime) -> Self {
        let (endpoint, server) = Endpoint::at(request.path());
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        Self {
            endpoint,
            server: server.map(str::to_owned),
            method: Method::as_str(request.method()).to_owned(),
            path: request.path().to_owned(),
            query: request.query_string().to_owned(),
            body: text(body),
            headers: request.headers().iter().map(|(n, v)| (n.as_str().to_owned(), text(v.as_bytes()))).collect(),
            at,
        }
    }
}

/// All requests so far.
#[derive(Debug)]
pub(crate) struct RequestLog {
    requests: Mutex<Vec<ReceivedRequest>>,
    arrived: Condvar,
    total: watch::Sender<usize>,
}

impl RequestLog {
    pub(crate) fn new() -> Self {
        Self { requests: Mutex::default(), arrived: Condvar::new(), total: watch::Sender::new(0) }
    }

    pub(crate) fn push(&self, request: ReceivedRequest) {
        let mut requests = self.requests.lock();
        requests.push(request);
        self.arrived.notify_all();
        self.total.send_replace(requests.len());
    }

    pub(crate) fn all(&self) -> Vec<ReceivedRequest> {
        self.requests.lock().clone()
    }

    pub(crate) fn count(&self, wanted: impl Fn(&ReceivedRequest) -> bool) -> usize {
        count(&self.requests.lock(), &wanted)
    }

    /// Waits for `n` such requests. Returns whether they arrived within [`MAX_WAIT`].
    pub(crate) fn wait_blocking(&self, n: usize, wanted: impl Fn(&ReceivedRequest) -> bool) -> bool {
        let deadline = Instant::now() + MAX_WAIT;
        let mut requests = self.requests.lock();
        while count(&requests, &wanted) < n {
            if self.arrived.wait_until(&mut requests, deadline).timed_out() {
                return count(&requests, &wanted) >= n;
            }
        }
        true
    }

    /// Waits for `n` such requests.
    pub(crate) async fn wait(&self, n: usize, wanted: impl Fn(&ReceivedRequest) -> bool) {
        let mut total = self.total.subscribe();
        while self.count(&wanted) < n {
            if total.changed().await.is_err() {
                return;
            }
        }
    }
}

fn count(requests: &[ReceivedRequest], wanted: &impl Fn(&ReceivedRequest) -> bool) -> usize {
    requests.iter().filter(|request| wanted(request)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_okta_path_maps_to_its_endpoint() {
        for (path, endpoint, server) in [
            ("/oauth2/aus1/.well-known/openid-configuration", Endpoint::OpenIdConfiguration, Some("aus1")),
            ("/oauth2/aus1/.well-known/oauth-authorization-server", Endpoint::OAuthMetadata, Some("aus1")),
            ("/.well-known/oauth-authorization-server/oauth2/aus1", Endpoint::OAuthMetadataInserted, Some("aus1")),
            ("/oauth2/aus1/v1/keys", Endpoint::Keys, Some("aus1")),
            ("/oauth2/aus1/v1/token", Endpoint::Token, Some("aus1")),
            ("/oauth2/aus1/v1/authorize", Endpoint::Authorize, Some("aus1")),
            ("/oauth2/aus1/v1/introspect", Endpoint::Introspect, Some("aus1")),
            ("/oauth2/aus1/v1/revoke", Endpoint::Revoke, Some("aus1")),
            ("/oauth2/aus1/v1/userinfo", Endpoint::UserInfo, Some("aus1")),
            ("/oauth2/aus1/v1/logout", Endpoint::Logout, Some("aus1")),
            ("/oauth2/aus1/v1/keys/more", Endpoint::Other, Some("aus1")),
            ("/oauth2/aus1", Endpoint::Other, None),
            ("/.well-known/openid-configuration", Endpoint::OpenIdConfiguration, None),
            ("/.well-known/oauth-authorization-server", Endpoint::OAuthMetadata, None),
            ("/oauth2/v1/keys", Endpoint::Keys, None),
            ("/oauth2/v1/introspect", Endpoint::Introspect, None),
            ("/oauth2/v1/v1/introspect", Endpoint::Introspect, Some("v1")),
            ("/v1/introspect", Endpoint::Other, None),
            ("/", Endpoint::Other, None),
        ] {
            assert_eq!(Endpoint::at(path), (endpoint, server), "{path}");
        }
    }
}
