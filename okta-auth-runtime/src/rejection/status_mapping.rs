//! The statuses of rejections.

/// The statuses of rejections. [`Reason`](crate::Reason) has the table.
///
/// Use `Rfc6750` for a new API: standard clients refresh their token only after a 401.
///
/// The guide: [rejections](https://docs.rs/okta-auth/latest/okta_auth/guide/rejections/index.html).
///
/// ```
/// use okta_auth_runtime::StatusMapping;
///
/// assert_eq!(StatusMapping::default(), StatusMapping::Flask);
/// assert_eq!(StatusMapping::parse("flask"), Some(StatusMapping::Flask));
/// assert_eq!(StatusMapping::parse("decorator"), Some(StatusMapping::Flask));
/// assert_eq!(StatusMapping::parse("rfc6750"), Some(StatusMapping::Rfc6750));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum StatusMapping {
    /// The statuses of the Flask decorator: 403 for a missing or rejected token, 401 for a client that is not allowed.
    #[default]
    Flask,
    /// The statuses of RFC 6750 section 3.1: 401 for a missing or rejected token, 400 for a malformed header.
    Rfc6750,
}

impl StatusMapping {
    /// Parses a value of `OKTA_STATUS_MAPPING`: `flask` or `rfc6750`. `decorator` is another name for `flask`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "flask" | "decorator" => Some(Self::Flask),
            "rfc6750" => Some(Self::Rfc6750),
            _ => None,
        }
    }
}
