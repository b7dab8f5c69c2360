//! An encoded private key, and the interface of a parsed one.

use crate::algorithm::KeyKind;

/// A private key in the encoding that both backends read. It may be malformed.
pub(crate) enum PrivateMaterial {
    /// `RSAPrivateKey` (RFC 8017 appendix A.1.2). The caller has checked the sizes.
    Rsa(Box<[u8]>),
    /// `PrivateKeyInfo` (RFC 5208 section 5), as the others.
    P256(Box<[u8]>),
    P384(Box<[u8]>),
    Ed25519(Box<[u8]>),
}

impl PrivateMaterial {
    pub(crate) fn kind(&self) -> KeyKind {
        match self {
            Self::Rsa(_) => KeyKind::Rsa,
            Self::P256(_) => KeyKind::P256,
            Self::P384(_) => KeyKind::P384,
            Self::Ed25519(_) => KeyKind::Ed25519,
        }
    }
}

/// A parsed private key that signs with one algorithm.
pub(crate) trait Sign: Send + Sync {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, NotSigned>;
}

/// The backend failed to sign. Deliberately without a cause, which could describe the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature can't be made")]
pub(crate) struct NotSigned;
