//! Validation errors.

use super::{IntrospectionError, KeyError, TokenError};

/// Why [`Validator::validate`](crate::Validator::validate) did not return a caller.
///
/// The cases need different responses: the client can replace a bad token, but it can't provide missing keys. If a handler
/// returns this error, the response is that of the [`Reason`](crate::Reason) that it becomes.
///
/// ```
/// use okta_auth_runtime::{TokenError, ValidateError};
///
/// fn log_line(error: &ValidateError) -> String {
///     match error {
///         ValidateError::Token(reason) => format!("refused: {reason}"),
///         ValidateError::Keys(reason) => format!("undecided: {reason}"),
///         _ => format!("{error}"),
///     }
/// }
///
/// let error = ValidateError::from(TokenError::WrongSegmentCount { found: 2 });
/// assert_eq!(log_line(&error), "refused: invalid number of segments: found 2, expected 3 separated by dots");
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ValidateError {
    /// The token is invalid.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The issuer's keys are unavailable, so the token is neither valid nor invalid. Try again later.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// It is unknown whether the token is active, so it is neither valid nor invalid. Try again later.
    #[error(transparent)]
    Introspection(#[from] IntrospectionError),
}
