//! The value that a policy compares a claim with.

use std::borrow::Cow;

use crate::jose::json::{items, text};

/// The value that a claim must be, or must contain if it is an array.
///
/// The type and the value are compared. A string is compared after unescaping. An integer is equal only to a JSON number
/// without fraction and exponent: `3` is neither `3.0` nor `3e0`, and `0` is not `-0`.
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
    ///
    /// `raw` is the raw JSON of the claim.
    pub(super) fn is_in(&self, raw: &str) -> bool {
        if raw.starts_with('[') {
            return items(raw).is_some_and(|mut items| items.any(|item| self.is(item)));
        }
        self.is(raw)
    }

    fn is(&self, raw: &str) -> bool {
        match self {
            Self::Text(expected) => text(raw).is_some_and(|found| found == *expected),
            Self::Integer(expected) => raw != "-0" && raw.parse() == Ok(*expected),
            Self::Boolean(expected) => raw == if *expected { "true" } else { "false" },
        }
    }
}
