//! The identifier of a proof in every store.

use crate::jose::{Thumbprint, sha256};

/// Identifies a proof: the first half of the SHA-256 hash of its key and its `jti`. A client that finds two texts with
/// one hash only refuses its own requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ProofId([u8; 16]);

impl ProofId {
    pub(crate) fn new(key: &Thumbprint, jti: &str) -> Self {
        let hash = sha256(&[key.bytes().as_slice(), jti.as_bytes()].concat());
        let (half, _) = hash.split_at(16);
        Self(half.try_into().unwrap_or_default())
    }

    pub(crate) fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    #[cfg(test)]
    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_jti_of_another_key_is_another_proof() {
        let keys = [[1; 32], [2; 32]].map(Thumbprint::from_bytes);
        assert_ne!(ProofId::new(&keys[0], "a"), ProofId::new(&keys[1], "a"));
        assert_ne!(ProofId::new(&keys[0], "a"), ProofId::new(&keys[0], "b"));
        assert_eq!(ProofId::new(&keys[0], "a"), ProofId::new(&keys[0], "a"));
    }
}
