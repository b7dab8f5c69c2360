//! Clients that are registered with the mock.

/// Has the form of Okta's client IDs: `0oa`, then 17 letters and digits.
pub(crate) const DEFAULT_CLIENT_ID: &str = "0oa1mockokta2client3";
pub(crate) const DEFAULT_CLIENT_SECRET: &str = "mock-okta-client-secret";

/// A registered OAuth client.
///
/// ```
/// use okta_auth_testing::{Client, MockOkta};
///
/// let okta = MockOkta::builder()
///     .client(Client::public("0oaspa").redirect_uri("http://localhost:3000/callback"))
///     .client(Client::confidential("0oaservice", "s3cret"))
///     .start();
/// # drop(okta);
/// ```
#[derive(Clone)]
pub struct Client {
    pub(crate) id: String,
    pub(crate) secret: Option<String>,
    pub(crate) secret_optional: bool,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) must_bind_tokens: bool,
}

impl Client {
    /// A client without a secret, such as a single-page app. It must use PKCE (RFC 7636).
    pub fn public(id: impl Into<String>) -> Self {
        Self { id: id.into(), secret: None, secret_optional: true, redirect_uris: Vec::new(), must_bind_tokens: false }
    }

    /// A client that authenticates with a secret in the `Authorization` header or in the form.
    pub fn confidential(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            secret: Some(secret.into()),
            secret_optional: false,
            redirect_uris: Vec::new(),
            must_bind_tokens: false,
        }
    }

    /// The default client. It may leave out the secret in requests that a public client may send.
    pub(crate) fn with_optional_secret(id: &str, secret: &str) -> Self {
        Self { secret_optional: true, ..Self::confidential(id, secret) }
    }

    /// Allows a redirect URI, which must match exactly. A client without redirect URIs may use every `http` or `https`
    /// URL on loopback.
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uris.push(uri.into());
        self
    }

    /// Rejects token requests without a DPoP proof, as Okta does for an app with *Require Demonstrating Proof of
    /// Possession (DPoP) header in token requests*. Without this setting, a client gets a bound token if it sends a proof.
    ///
    /// ```
    /// use okta_auth_testing::{Client, MockOkta};
    ///
    /// let okta = MockOkta::builder().client(Client::public("0oaspa").requires_dpop()).start();
    /// # drop(okta);
    /// ```
    pub fn requires_dpop(mut self) -> Self {
        self.must_bind_tokens = true;
        self
    }

    pub(crate) fn allows_redirect(&self, uri: &str) -> bool {
        if !self.redirect_uris.is_empty() {
            return self.redirect_uris.iter().any(|allowed| allowed == uri);
        }
        url::Url::parse(uri).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && is_loopback(&url))
    }
}

/// Whether the host of a URL is `localhost` or a loopback address.
pub(crate) fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(host)) => host == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id)
            .field("confidential", &self.secret.is_some())
            .field("redirect_uris", &self.redirect_uris)
            .finish_non_exhaustive()
    }
}
