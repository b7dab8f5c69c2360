//! Metadata errors.

use super::{Excerpt, HttpError};

/// Why an endpoint can't be read from the metadata of an authorization server (RFC 8414, OpenID Connect Discovery).
///
/// `url` is the requested URL, and `endpoint` is the endpoint's name in the metadata, such as `jwks_uri`.
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
#[allow(missing_docs, reason = "the docs of the enum describe the fields")]
pub enum MetadataError {
    /// The request failed.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The body is not metadata, or does not name the endpoint.
    #[error("{url} did not answer with authorization server metadata (a JSON object with issuer and {endpoint})")]
    Malformed { url: Excerpt, endpoint: &'static str },
    /// The `issuer` of the metadata is not the configured issuer (RFC 8414 section 3.3).
    #[error("{url} is the metadata of issuer {found}, expected {expected}")]
    OtherIssuer { url: Excerpt, found: Excerpt, expected: Excerpt },
    /// The endpoint's URL, `found`, is not https, or has user information. Plain http is allowed if the issuer uses it too and
    /// both are on loopback.
    #[error("{url} names the {endpoint} {found}, expected an https URL without user information")]
    InsecureEndpoint { url: Excerpt, endpoint: &'static str, found: Excerpt },
}
