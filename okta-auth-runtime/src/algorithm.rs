//! The algorithm table.

use std::fmt;

/// A signature algorithm of RFC 7518 section 3.1 or RFC 8037 section 3.1, except `none` and HMAC.
///
/// `Ed25519` (RFC 9864 section 2.2) is a second name of [`EdDSA`](Self::EdDSA), whose keys are always Ed25519 keys here. Tokens
/// and keys can use either name, and a token can use the other name than its key. Other names of RFC 9864 are not supported.
///
/// Okta signs access tokens with RS256. By default, a validator accepts only RS256.
///
/// ```
/// use okta_auth_runtime::Algorithm;
///
/// assert_eq!(Algorithm::parse("RS256"), Some(Algorithm::RS256));
/// assert_eq!(Algorithm::parse("Ed25519"), Some(Algorithm::EdDSA));
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
    /// All algorithms.
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

    /// Parses an `alg` value, which is case-sensitive. `None` if the algorithm is not supported.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            // RFC 9864 section 2.2. Ed448 keys are not supported.
            "Ed25519" => Some(Self::EdDSA),
            _ => Self::ALL.into_iter().find(|algorithm| algorithm.name() == name),
        }
    }

    /// The `alg` value of RFC 7518 or RFC 8037.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    pub(crate) const fn key_kind(self) -> KeyKind {
        self.row().kind
    }

    #[cfg_attr(feature = "aws-lc-rs", allow(dead_code))]
    pub(crate) const fn in_jsonwebtoken(self) -> jsonwebtoken::Algorithm {
        self.row().jsonwebtoken
    }

    #[cfg(feature = "aws-lc-rs")]
    pub(crate) const fn in_aws_lc(self) -> AwsLc {
        self.row().aws_lc
    }

    const fn row(self) -> Row {
        use jsonwebtoken::Algorithm as J;

        macro_rules! row {
            ($name:literal, $kind:ident, $jsonwebtoken:ident, $family:ident($aws_lc:ident)) => {
                Row {
                    name: $name,
                    kind: KeyKind::$kind,
                    jsonwebtoken: J::$jsonwebtoken,
                    #[cfg(feature = "aws-lc-rs")]
                    aws_lc: AwsLc::$family(&aws_lc_rs::signature::$aws_lc),
                }
            };
        }

        match self {
            Self::RS256 => row!("RS256", Rsa, RS256, Rsa(RSA_PKCS1_2048_8192_SHA256)),
            Self::RS384 => row!("RS384", Rsa, RS384, Rsa(RSA_PKCS1_2048_8192_SHA384)),
            Self::RS512 => row!("RS512", Rsa, RS512, Rsa(RSA_PKCS1_2048_8192_SHA512)),
            Self::PS256 => row!("PS256", Rsa, PS256, Rsa(RSA_PSS_2048_8192_SHA256)),
            Self::PS384 => row!("PS384", Rsa, PS384, Rsa(RSA_PSS_2048_8192_SHA384)),
            Self::PS512 => row!("PS512", Rsa, PS512, Rsa(RSA_PSS_2048_8192_SHA512)),
            Self::ES256 => row!("ES256", P256, ES256, Curve(ECDSA_P256_SHA256_FIXED)),
            Self::ES384 => row!("ES384", P384, ES384, Curve(ECDSA_P384_SHA384_FIXED)),
            Self::EdDSA => row!("EdDSA", Ed25519, EdDSA, Curve(ED25519)),
        }
    }
}

/// The names of an algorithm: of RFC 7518, and in each backend.
struct Row {
    name: &'static str,
    kind: KeyKind,
    #[cfg_attr(feature = "aws-lc-rs", allow(dead_code))]
    jsonwebtoken: jsonwebtoken::Algorithm,
    #[cfg(feature = "aws-lc-rs")]
    aws_lc: AwsLc,
}

/// The `kty` of a JWK (RFC 7518 section 6.1), and its `crv` if it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyKind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

/// aws-lc-rs parses an RSA key from its modulus and exponent, and other keys from an encoded point.
#[cfg(feature = "aws-lc-rs")]
#[derive(Clone, Copy)]
pub(crate) enum AwsLc {
    Rsa(&'static aws_lc_rs::signature::RsaParameters),
    Curve(&'static dyn aws_lc_rs::signature::VerificationAlgorithm),
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_supported_algorithms_parse() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::parse(algorithm.name()), Some(algorithm));
            assert_eq!(format!("{:?}", algorithm.in_jsonwebtoken()), algorithm.name());
        }
        assert_eq!(Algorithm::parse("Ed25519"), Some(Algorithm::EdDSA));
        for name in
            ["", "none", "None", "HS256", "rs256", "RS256 ", "ES512", "ES256K", "ed25519", "Ed448", "ESP256", "EDDSA"]
        {
            assert_eq!(Algorithm::parse(name), None, "{name}");
        }
    }
}
