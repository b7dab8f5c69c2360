//! Claim errors.

/// Why a claim can't be read.
///
/// `path` is the claim's name and a path below it, never a value. The path shows list indices and the name of a missing
/// field. `…` replaces everything else, because the keys of a map are untrusted text from the token.
///
/// ```
/// use okta_auth_runtime::error::ClaimError;
///
/// let error = ClaimError::Missing { path: "tier".into() };
/// assert_eq!(error.to_string(), r#"missing claim "tier""#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the docs of the enum describe the fields")]
pub enum ClaimError {
    /// The token has no such claim.
    #[error("missing claim \"{path}\"")]
    Missing { path: Box<str> },
    /// The claim is not of the requested type, or appears more than once.
    #[error("claim \"{path}\" is not of the expected type")]
    Invalid { path: Box<str> },
}
