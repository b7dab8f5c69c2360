//! The value that a policy compares a claim with.

use std::borrow::Cow;

/// The value that a claim must be, or must contain if it is an array.
///
/// ```
/// use okta_auth_runtime::ClaimValue;
///
/// assert_eq!(ClaimValue::from("gold"), ClaimValue::Text("gold".into()));
/// assert_eq!(ClaimValue::from(3), ClaimValue::Integer(3));
/// assert_eq!(ClaimValue::from(true), ClaimValue::Boolean(true));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClaimValue {
    /// A JSON string.
    Text(Cow<'static, str>),
    /// A JSON number without a fraction.
    Integer(i64),
    /// `true` or `false`.
    Boolean(bool),
}

impl From<&'static str> for ClaimValue {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for ClaimValue {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<i64> for ClaimValue {
    fn from(integer: i64) -> Self {
        Self::Integer(integer)
    }
}

impl From<bool> for ClaimValue {
    fn from(boolean: bool) -> Self {
        Self::Boolean(boolean)
    }
}

impl ClaimValue {
    /// Whether the claim is this value, or an array that holds it.
    pub(super) fn is_in(&self, found: &serde_json::Value) -> bool {
        match found {
            serde_json::Value::Array(items) => items.iter().any(|item| self.is(item)),
            one => self.is(one),
        }
    }

    fn is(&self, found: &serde_json::Value) -> bool {
        match self {
            Self::Text(text) => found.as_str() == Some(text),
            Self::Integer(integer) => found.as_i64() == Some(*integer),
            Self::Boolean(boolean) => found.as_bool() == Some(*boolean),
        }
    }
}
