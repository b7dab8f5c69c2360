//! Why a claim can't be read.

/// Why a claim can't be read: its name, never its value.
///
/// What stands below the claim is shown as far as it is no text of the token: indices of lists, and the name of a field
/// that is missing. `…` stands for the rest, in which the keys of a map would be such texts.
///
/// ```
/// use okta_auth_runtime::ClaimError;
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
        /// The claim's name, and what may be shown of the path below it.
        path: Box<str>,
    },
    /// The claim is of another type than the one asked for, or stands there twice.
    #[error("claim \"{path}\" is not of the expected type")]
    Invalid {
        /// The claim's name, and what may be shown of the path below it.
        path: Box<str>,
    },
}
