//! The algorithm table, in one place.

use std::fmt;

/// A signature algorithm of RFC 7518 section 3.1 or RFC 8037 section 3.1. `none` and HMAC are not among them.
///
/// Okta signs access tokens with RS256, which is all that a validator accepts unless told otherwise.
///
/// ```
/// use okta_auth_runtime::Algorithm;
///
/// assert_eq!(Algorithm::parse("RS256"), Some(Algorithm::RS256));
/// assert_eq!(Algorithm::parse("none"), None);
/// assert_eq!(Algorithm::ES256.to_string(), "ES256");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Algorithm {
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    EdDSA,
}

impl Algorithm {
    /// Every algorithm that can be allowed.
    pub const ALL: [Self; 9] = [
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::ES256,
        Self::ES384,
        Self::EdDSA,
    ];

    /// The algorithm of an `alg` value, which is case-sensitive; `None` for what can't be allowed.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// The `alg` value.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::EdDSA => "EdDSA",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
