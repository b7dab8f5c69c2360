//! The messages of errors.

use std::error::Error;

/// The message of an error is short and has no control characters.
pub(crate) fn check_message(error: &impl Error) {
    let text = format!("{error} {error:?}");
    assert!(text.len() < 8 * 1024, "{} bytes", text.len());
    assert!(!text.chars().any(char::is_control), "{text:?}");
}
