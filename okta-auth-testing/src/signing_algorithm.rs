//! Signature algorithms, including those that no validator accepts.

use std::fmt;

use okta_auth_runtime::Algorithm;

/// A signature algorithm (RFC 7518 section 3.1, RFC 8037, RFC 9864), named by the header's `alg`.
///
/// A [`MockOkta`](crate::MockOkta) publishes only keys for asymmetric algorithms. The others exist so that a test can
/// show that tokens signed with them are rejected.
///
/// `TryFrom` converts it to the [`Algorithm`] of a validator.
///
/// ```
/// use okta_auth::Algorithm;
/// use okta_auth_testing::SigningAlgorithm;
///
/// assert_eq!(SigningAlgorithm::default(), SigningAlgorithm::RS256);
/// assert_eq!(SigningAlgorithm::ES256.name(), "ES256");
/// assert!(!SigningAlgorithm::HS256.is_asymmetric());
///
/// assert_eq!(Algorithm::try_from(SigningAlgorithm::ES256), Ok(Algorithm::ES256));
/// assert!(Algorithm::try_from(SigningAlgorithm::HS256).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256. Okta signs with this algorithm.
    #[default]
    RS256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RS384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RS512,
    /// RSASSA-PSS with SHA-256.
    PS256,
    /// RSASSA-PSS with SHA-384.
    PS384,
    /// RSASSA-PSS with SHA-512.
    PS512,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// ECDSA on P-384 with SHA-384.
    ES384,
    /// EdDSA on Ed25519.
    EdDSA,
    /// The same as [`EdDSA`](Self::EdDSA), under the name `Ed25519` (RFC 9864 section 2.2).
    Ed25519,
    /// HMAC with SHA-256. The secret is the PEM text of the public key, as in the algorithm confusion attack (RFC 8725
    /// section 2.1).
    HS256,
    /// HMAC with SHA-384, with the secret of [`HS256`](Self::HS256).
    HS384,
    /// HMAC with SHA-512, with the secret of [`HS256`](Self::HS256).
    HS512,
    /// `none`: an unsecured JWS with an empty signature (RFC 7515 appendix A.5).
    None,
}

/// The kind of key pair that an algorithm signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyPairKind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

/// One row of the algorithm table.
struct Row {
    name: &'static str,
    /// `None` for an algorithm without a public key.
    kind: Option<KeyPairKind>,
    /// `None` for `none`, which jsonwebtoken lacks.
    jsonwebtoken: Option<jsonwebtoken::Algorithm>,
    /// `None` for an algorithm that no validator can allow.
    validator: Option<Algorithm>,
}

impl SigningAlgorithm {
    /// The value of the header parameter `alg`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Whether the algorithm has a public key, which a JWK Set can publish.
    pub fn is_asymmetric(self) -> bool {
        self.kind().is_some()
    }

    pub(crate) fn kind(self) -> Option<KeyPairKind> {
        self.row().kind
    }

    /// # Panics
    ///
    /// If the algorithm is not asymmetric.
    pub(crate) fn expect_key_pair(self) -> KeyPairKind {
        self.kind().unwrap_or_else(|| panic!("{} has no public key; use an asymmetric algorithm", self.name()))
    }

    pub(crate) fn in_jsonwebtoken(self) -> Option<jsonwebtoken::Algorithm> {
        self.row().jsonwebtoken
    }

    const fn row(self) -> Row {
        macro_rules! asymmetric {
            ($algorithm:ident, $kind:ident) => {
                Row {
                    name: stringify!($algorithm),
                    kind: Some(KeyPairKind::$kind),
                    jsonwebtoken: Some(jsonwebtoken::Algorithm::$algorithm),
                    validator: Some(Algorithm::$algorithm),
                }
            };
        }
        macro_rules! hmac {
            ($algorithm:ident) => {
                Row {
                    name: stringify!($algorithm),
                    kind: None,
                    jsonwebtoken: Some(jsonwebtoken::Algorithm::$algorithm),
                    validator: None,
                }
            };
        }

        match self {
            Self::RS256 => asymmetric!(RS256, Rsa),
            Self::RS384 => asymmetric!(RS384, Rsa),
            Self::RS512 => asymmetric!(RS512, Rsa),
            Self::PS256 => asymmetric!(PS256, Rsa),
            Self::PS384 => asymmetric!(PS384, Rsa),
            Self::PS512 => asymmetric!(PS512, Rsa),
            Self::ES256 => asymmetric!(ES256, P256),
            Self::ES384 => asymmetric!(ES384, P384),
            Self::EdDSA => asymmetric!(EdDSA, Ed25519),
            Self::Ed25519 => Row { name: "Ed25519", ..Self::EdDSA.row() },
            Self::HS256 => hmac!(HS256),
            Self::HS384 => hmac!(HS384),
            Self::HS512 => hmac!(HS512),
            Self::None => Row { name: "none", kind: None, jsonwebtoken: None, validator: None },
        }
    }
}

/// The algorithm that a validator can allow.
///
/// # Errors
///
/// [`UnsupportedAlgorithm`] for HMAC and `none`.
impl TryFrom<SigningAlgorithm> for Algorithm {
    type Error = UnsupportedAlgorithm;

    fn try_from(algorithm: SigningAlgorithm) -> Result<Self, UnsupportedAlgorithm> {
        algorithm.row().validator.ok_or(UnsupportedAlgorithm(algorithm))
    }
}

/// A validator can't allow this algorithm, because it has no public key.
///
/// ```
/// use okta_auth::Algorithm;
/// use okta_auth_testing::{SigningAlgorithm, UnsupportedAlgorithm};
///
/// let error = Algorithm::try_from(SigningAlgorithm::None).unwrap_err();
/// assert_eq!(error, UnsupportedAlgorithm(SigningAlgorithm::None));
/// assert_eq!(error.to_string(), "a validator can't allow the algorithm none");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsupportedAlgorithm(pub SigningAlgorithm);

impl fmt::Display for UnsupportedAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a validator can't allow the algorithm {}", self.0.name())
    }
}

impl std::error::Error for UnsupportedAlgorithm {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_the_same_algorithm() {
        use SigningAlgorithm as S;
        let all = [
            S::RS256,
            S::RS384,
            S::RS512,
            S::PS256,
            S::PS384,
            S::PS512,
            S::ES256,
            S::ES384,
            S::EdDSA,
            S::Ed25519,
            S::HS256,
            S::HS384,
            S::HS512,
            S::None,
        ];
        for algorithm in all {
            let row = algorithm.row();
            if algorithm != S::None {
                assert_eq!(row.name, format!("{algorithm:?}"));
                let name = if algorithm == S::Ed25519 { "EdDSA" } else { row.name };
                assert_eq!(row.jsonwebtoken, name.parse().ok());
            }
            assert_eq!(row.validator, Algorithm::parse(row.name), "{}", row.name);
            assert_eq!(row.validator.is_some(), algorithm.is_asymmetric(), "{}", row.name);
        }
    }
}
