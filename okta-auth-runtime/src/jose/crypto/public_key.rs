//! The numbers of a public key, and the interface of a parsed key.

use crate::algorithm::KeyKind;

/// The numbers of a public key, with checked sizes. Equal material is the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Material {
    /// Modulus and exponent, big-endian without leading zeros.
    Rsa { n: Box<[u8]>, e: Box<[u8]> },
    /// An uncompressed point, `04 || x || y` (SEC 1 section 2.3.3). It may be off the curve.
    P256(Box<[u8]>),
    /// As [`Self::P256`].
    P384(Box<[u8]>),
    /// An encoded point of 32 bytes (RFC 8032 section 5.1.2).
    Ed25519(Box<[u8]>),
}

impl Material {
    pub(crate) fn kind(&self) -> KeyKind {
        match self {
            Self::Rsa { .. } => KeyKind::Rsa,
            Self::P256(_) => KeyKind::P256,
            Self::P384(_) => KeyKind::P384,
            Self::Ed25519(_) => KeyKind::Ed25519,
        }
    }
}

/// A parsed key that verifies the signatures of one algorithm.
pub(crate) trait Verify: Send + Sync {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), NotVerified>;
}

/// The signature does not verify. Deliberately without a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotVerified;
