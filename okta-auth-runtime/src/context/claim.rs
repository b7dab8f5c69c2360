//! Claims as values of Rust types.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_path_to_error::Segment;

use crate::error::ClaimError;
use crate::jose::Members;

/// Reads one claim of a payload.
pub(super) fn read<'c, T: Deserialize<'c>>(payload: &'c str, name: &str) -> Result<T, ClaimError> {
    let members = Members::scan(payload, &[name]).map_err(|_| ClaimError::Invalid { path: name.into() })?;
    let raw = members.raw(0).ok_or_else(|| ClaimError::Missing { path: name.into() })?;
    deserialize(raw, Some(name))
}

/// Reads the claim `parent`, or all claims. An error shows the path, as far as it contains no text of the token.
pub(super) fn deserialize<'c, T: Deserialize<'c>>(json: &'c str, parent: Option<&str>) -> Result<T, ClaimError> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let message = error.inner().to_string();
        let missing = missing_field(&message);
        let mut names: Vec<Cow<'_, str>> = parent.into_iter().map(Cow::Borrowed).collect();
        push_safe_names(error.path(), &mut names);
        names.extend(missing.map(Cow::Borrowed));
        let path = names.join(".").into();
        if missing.is_some() { ClaimError::Missing { path } } else { ClaimError::Invalid { path } }
    })
}

/// Appends the segments of a path that are safe to show: indices, and the name of a top-level claim. Other names may be
/// keys of a map, which are texts of the token.
fn push_safe_names<'p>(path: &'p serde_path_to_error::Path, names: &mut Vec<Cow<'p, str>>) {
    for segment in path {
        match segment {
            Segment::Seq { index } => names.push(Cow::Owned(index.to_string())),
            Segment::Map { key } if names.is_empty() && is_plain(key) => names.push(Cow::Borrowed(key)),
            _ => return names.push(Cow::Borrowed("…")),
        }
    }
}

/// Whether a text looks like the name of a claim.
fn is_plain(name: &str) -> bool {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "_-.:/".contains(character);
    (1..=64).contains(&name.len()) && name.chars().all(allowed)
}

/// The field that serde reports as missing. The name comes from the expected type, not from the token.
fn missing_field(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.split('`').next()
}

/// A claim by its name, or by a JSON Pointer (RFC 6901) if it starts with `/`. `None` if it is missing or occurs more than once.
pub(crate) fn select(payload: &str, name: &str) -> Option<serde_json::Value> {
    let (top, rest) = match name.strip_prefix('/') {
        Some(pointer) => pointer.split_once('/').map_or((pointer, None), |(top, rest)| (top, Some(rest))),
        None => (name, None),
    };
    let top = if name.starts_with('/') { top.replace("~1", "/").replace("~0", "~") } else { top.to_owned() };
    let raw = Members::scan(payload, &[top]).ok()?.raw(0)?;
    let raw: &RawValue = serde_json::from_str(raw).ok()?;
    let value: serde_json::Value = serde_json::from_str(raw.get()).ok()?;
    match rest {
        Some(rest) => value.pointer(&format!("/{rest}")).cloned(),
        None => Some(value),
    }
}
