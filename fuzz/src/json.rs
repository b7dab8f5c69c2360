//! The JSON that serde_json reads from a text that the runtime accepted.

use serde_json::{Map, Value};

/// Parses a text that the runtime accepted. `None` if serde_json rejects it for the depth, for a string that is not
/// Unicode, or for a number that does not fit an `f64`. The runtime does not check these in members that it does not
/// read.
pub(crate) fn parse_object(text: &str) -> Option<Map<String, Value>> {
    const UNCHECKED: [&str; 4] = [
        "recursion limit exceeded",
        "lone leading surrogate in hex escape",
        "unexpected end of hex escape",
        "number out of range",
    ];
    let object = serde_json::from_str(text);
    if let Err(error) = &object {
        let error = error.to_string();
        assert!(UNCHECKED.iter().any(|reason| error.starts_with(reason)), "the accepted text is not JSON: {error}");
    }
    object.ok()
}
