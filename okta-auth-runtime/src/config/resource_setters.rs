//! The setters of the API's metadata: RFC 9728.

use super::ValidatorBuilder;

impl ValidatorBuilder {
    /// The public URL of this API: its resource identifier (RFC 9728 section 1.2). Default none.
    ///
    /// Challenges then name the URL of the API's metadata, and the 401 of a handler that requires scopes names the scopes.
    /// The other setters of metadata have an effect only with this one.
    ///
    /// It is https, or http on loopback, and has no query, fragment or user information. Clients compare it byte for byte, so it
    /// must be written as a parser of URLs writes it: the host in lower case, no port 443. If clients send the `resource`
    /// of RFC 8707, set it to the audience too.
    ///
    /// ```
    /// use okta_auth_runtime::Validator;
    ///
    /// let validator = Validator::builder()
    ///     .issuer("https://dev-123456.okta.com/oauth2/default")
    ///     .audience("https://api.example.com/orders")
    ///     .any_client()
    ///     .resource("https://api.example.com/orders")
    ///     .scopes_supported(["orders:read", "orders:write"])
    ///     .resource_name("Orders API")
    ///     .build()?;
    /// # drop(validator);
    /// # Ok::<(), okta_auth_runtime::ConfigError>(())
    /// ```
    pub fn resource(mut self, url: impl Into<String>) -> Self {
        self.protected_resource.identifier = Some(url.into());
        self
    }

    /// Adds scopes that the metadata lists as `scopes_supported`: those that clients request. Default none.
    ///
    /// Each is one scope (RFC 6749 section 3.3). `offline_access` is an error: a refresh token is a matter between the client
    /// and the authorization server, and MCP asks servers to leave it out.
    pub fn scopes_supported<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.protected_resource.description.scopes_supported.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// The name of the API for people, `resource_name` of the metadata. Default none.
    pub fn resource_name(mut self, name: impl Into<String>) -> Self {
        self.protected_resource.description.resource_name = Some(name.into());
        self
    }

    /// The URL of documentation for developers, `resource_documentation` of the metadata. Default none.
    pub fn resource_documentation(mut self, url: impl Into<String>) -> Self {
        self.protected_resource.description.resource_documentation = Some(url.into());
        self
    }

    /// The URL of the rules for the use of the API's data, `resource_policy_uri` of the metadata. Default none.
    pub fn resource_policy_uri(mut self, url: impl Into<String>) -> Self {
        self.protected_resource.description.resource_policy_uri = Some(url.into());
        self
    }

    /// The URL of the terms of service, `resource_tos_uri` of the metadata. Default none.
    pub fn resource_tos_uri(mut self, url: impl Into<String>) -> Self {
        self.protected_resource.description.resource_tos_uri = Some(url.into());
        self
    }
}
