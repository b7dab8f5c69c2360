//! Why a validator returned no caller.

use super::{KeyError, TokenError};

/// Why [`Validator::validate`](crate::Validator::validate) did not return a caller.
///
/// The two cases ask for different answers: a bad token is the client's to mend, missing keys are not.
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
    /// The token is bad, whoever asks and however often.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The keys can't be had, so nothing can be decided: try again later.
    #[error(transparent)]
    Keys(#[from] KeyError),
}
