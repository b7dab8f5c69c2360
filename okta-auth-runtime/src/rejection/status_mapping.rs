//! Which status a rejection has.

/// Which status a rejection has.
///
/// | outcome | `Flask` | `Rfc6750` |
/// |---|---|---|
/// | no token | 403 | 401 |
/// | malformed `Authorization` header | 403 | 400 |
/// | token refused | 403 | 401 |
/// | client not allowed | 401 | 401 |
/// | policy not met | 403 | 403 |
/// | keys can't be had | 503 | 503 |
/// | app misconfigured | 500 | 500 |
///
/// New APIs do well to take `Rfc6750`: standard clients refresh their token on 401 alone.
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
    /// As the Flask decorator answered: 403 for whatever is wrong with a token, 401 for a foreign client.
    #[default]
    Flask,
    /// As RFC 6750 section 3.1 says: 401 for a missing or refused token, 400 for a malformed header.
    Rfc6750,
}

impl StatusMapping {
    /// The mapping of a name as in `OKTA_STATUS_MAPPING`: `flask` or `rfc6750`. `decorator` is another name for `flask`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "flask" | "decorator" => Some(Self::Flask),
            "rfc6750" => Some(Self::Rfc6750),
            _ => None,
        }
    }
}
