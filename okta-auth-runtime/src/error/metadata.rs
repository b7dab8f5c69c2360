//! Why an authorization server's metadata can't be used.

use super::{Excerpt, HttpError};

/// Why an endpoint can't be read from the metadata of an authorization server (RFC 8414, OpenID Connect Discovery).
///
/// ```
/// use okta_auth_runtime::error::{Excerpt, MetadataError};
///
/// let error = MetadataError::OtherIssuer {
///     url: Excerpt::url("https://example.com/.well-known/openid-configuration"),
///     found: Excerpt::new("https://example.org"),
///     expected: Excerpt::new("https://example.com"),
/// };
/// assert_eq!(
///     error.to_string(),
///     "https://example.com/.well-known/openid-configuration is the metadata of issuer \"https://example.org\", \
///      expected \"https://example.com\""
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// The request failed.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The body is not metadata, or does not name the endpoint.
    #[error("{url} did not answer with authorization server metadata (a JSON object with issuer and {endpoint})")]
    Malformed {
        /// The requested URL.
        url: Excerpt,
        /// The endpoint's name in the metadata, such as `jwks_uri`.
        endpoint: &'static str,
    },
    /// The metadata names another issuer than the configured one: RFC 8414 section 3.3.
    #[error("{url} is the metadata of issuer {found}, expected {expected}")]
    OtherIssuer {
        /// The requested URL.
        url: Excerpt,
        /// The metadata's `issuer`.
        found: Excerpt,
        /// The configured issuer.
        expected: Excerpt,
    },
    /// The endpoint may not be requested: it is not https, and not both it and the issuer are on loopback.
    #[error("{url} names the {endpoint} {found}, expected an https URL")]
    InsecureEndpoint {
        /// The requested URL.
        url: Excerpt,
        /// The endpoint's name in the metadata, such as `jwks_uri`.
        endpoint: &'static str,
        /// The endpoint's URL.
        found: Excerpt,
    },
}
