//! Signature algorithms, the honest ones and those that no verifier may accept.

use jsonwebtoken::Algorithm as Jwa;

/// A signature algorithm (RFC 7518 section 3.1, RFC 8037), named by the header's `alg`.
///
/// A [`MockOkta`](crate::MockOkta) publishes keys of the asymmetric ones; the others exist so that a test can show that
/// they are refused.
///
/// ```
/// use okta_auth_testing::Algorithm;
///
/// assert_eq!(Algorithm::default(), Algorithm::RS256);
/// assert_eq!(Algorithm::ES256.name(), "ES256");
/// assert!(!Algorithm::HS256.is_asymmetric());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256: what Okta signs with.
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
    /// HMAC with SHA-256. The secret is the PEM text of the public key: the algorithm confusion attack.
    HS256,
    /// HMAC with SHA-384, keyed as [`HS256`](Self::HS256).
    HS384,
    /// HMAC with SHA-512, keyed as [`HS256`](Self::HS256).
    HS512,
    /// `none`: an unsecured JWS (RFC 7515 appendix A.5), whose signature is empty.
    None,
}

/// The kind of key that an algorithm signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyKind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

impl Algorithm {
    /// The value of the header's `alg`.
    pub fn name(self) -> &'static str {
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
            Self::HS256 => "HS256",
            Self::HS384 => "HS384",
            Self::HS512 => "HS512",
            Self::None => "none",
        }
    }

    /// Whether it has a public key that a key set can publish.
    pub fn is_asymmetric(self) -> bool {
        self.kind().is_some()
    }

    pub(crate) fn kind(self) -> Option<KeyKind> {
        match self {
            Self::RS256 | Self::RS384 | Self::RS512 | Self::PS256 | Self::PS384 | Self::PS512 => Some(KeyKind::Rsa),
            Self::ES256 => Some(KeyKind::P256),
            Self::ES384 => Some(KeyKind::P384),
            Self::EdDSA => Some(KeyKind::Ed25519),
            Self::HS256 | Self::HS384 | Self::HS512 | Self::None => None,
        }
    }

    /// The same algorithm in jsonwebtoken's words; it has no `none`.
    pub(crate) fn jwa(self) -> Option<Jwa> {
        Some(match self {
            Self::RS256 => Jwa::RS256,
            Self::RS384 => Jwa::RS384,
            Self::RS512 => Jwa::RS512,
            Self::PS256 => Jwa::PS256,
            Self::PS384 => Jwa::PS384,
            Self::PS512 => Jwa::PS512,
            Self::ES256 => Jwa::ES256,
            Self::ES384 => Jwa::ES384,
            Self::EdDSA => Jwa::EdDSA,
            Self::HS256 => Jwa::HS256,
            Self::HS384 => Jwa::HS384,
            Self::HS512 => Jwa::HS512,
            Self::None => return None,
        })
    }
}
