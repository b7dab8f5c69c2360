//! Claims as values of Rust types.

use std::borrow::Cow;

use serde::Deserialize;
use serde_path_to_error::Segment;

use crate::error::ClaimError;
use crate::jose::Members;
use crate::jose::json::items;

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

/// The raw JSON of a claim, by its name, or by a JSON Pointer (RFC 6901) if the name starts with `/`. `None` if it is missing,
/// or if a member on the path occurs more than once.
///
/// No level is read as a `serde_json::Value`, which would keep the last of two members, and read an object with a private key
/// of serde_json (`$serde_json::private::RawValue`) as another type.
pub(crate) fn select<'c>(payload: &'c str, name: &str) -> Option<&'c str> {
    match name.strip_prefix('/') {
        Some(pointer) => pointer.split('/').try_fold(payload, step),
        None => member(payload, name),
    }
}

/// The value that one reference token of a JSON Pointer selects in an object or an array (RFC 6901 section 4).
fn step<'c>(raw: &'c str, token: &str) -> Option<&'c str> {
    if raw.starts_with('[') {
        return items(raw)?.nth(index(token)?);
    }
    member(raw, &token.replace("~1", "/").replace("~0", "~"))
}

fn member<'c>(object: &'c str, name: &str) -> Option<&'c str> {
    Members::scan(object, &[name]).ok()?.raw(0)
}

/// An array index: digits without a leading zero.
fn index(token: &str) -> Option<usize> {
    let is_canonical = token == "0" || !token.starts_with(['0', '+']);
    token.parse().ok().filter(|_| is_canonical)
}
