//! Why a claim can't be read.

/// Why a claim can't be read. Shows its name, never its value.
///
/// Of the path below the claim, only indices of lists and the name of a missing field are shown. `…` replaces
/// everything else, because the keys of a map are text of the token.
///
/// ```
/// use okta_auth_runtime::error::ClaimError;
///
/// let error = ClaimError::Missing { path: "tier".into() };
/// assert_eq!(error.to_string(), r#"missing claim "tier""#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// The token has no such claim.
    #[error("missing claim \"{path}\"")]
    Missing {
        /// The claim's name, and the part of the path below it that may be shown.
        path: Box<str>,
    },
    /// The claim is not of the requested type, or appears more than once.
    #[error("claim \"{path}\" is not of the expected type")]
    Invalid {
        /// The claim's name, and the part of the path below it that may be shown.
        path: Box<str>,
    },
}
