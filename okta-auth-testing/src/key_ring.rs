//! The keys of an authorization server: those that sign and those that are published.

use serde_json::Value;

use crate::ids::Ids;
use crate::key::SigningKey;
use crate::signing_algorithm::SigningAlgorithm;

/// All keys that an authorization server has had.
#[derive(Debug)]
pub(crate) struct KeyRing {
    algorithm: SigningAlgorithm,
    /// The index of the embedded key for the next new key.
    next: usize,
    /// The last key signs.
    all: Vec<SigningKey>,
    /// The entries of the JWK Set, in order.
    published: Vec<Value>,
}

impl KeyRing {
    /// A ring with `count` published keys. The first one signs.
    pub(crate) fn new(algorithm: SigningAlgorithm, count: usize, first: usize, ids: &Ids) -> Self {
        let mut ring = Self { algorithm, next: first, all: Vec::new(), published: Vec::new() };
        for _ in 0..count.max(1) {
            let key = ring.generate(ids);
            ring.published.push(key.jwk());
            ring.all.insert(0, key);
        }
        ring
    }

    fn generate(&mut self, ids: &Ids) -> SigningKey {
        let index = self.next;
        self.next += 1;
        SigningKey::served(ids.generate(), self.algorithm, index)
    }

    pub(crate) fn signing(&self) -> &SigningKey {
        self.all.last().expect("a ring starts with a key and never loses one")
    }

    /// Adds a key to the published ones and signs with it from now on.
    pub(crate) fn rotate(&mut self, ids: &Ids) -> SigningKey {
        let key = self.generate(ids);
        self.published.push(key.jwk());
        self.all.push(key.clone());
        key
    }

    pub(crate) fn rotate_without_overlap(&mut self, ids: &Ids) -> SigningKey {
        self.published.clear();
        self.rotate(ids)
    }

    /// Returns whether a key with this ID was published.
    pub(crate) fn withdraw(&mut self, kid: &str) -> bool {
        let before = self.published.len();
        self.published.retain(|jwk| jwk["kid"] != kid);
        self.published.len() < before
    }

    pub(crate) fn publish(&mut self, jwk: Value) {
        self.published.push(jwk);
    }

    pub(crate) fn published(&self) -> &[Value] {
        &self.published
    }

    /// Finds a key that signs or has signed.
    pub(crate) fn find(&self, kid: &str) -> Option<&SigningKey> {
        self.all.iter().find(|key| key.kid() == kid)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn eight_rotations_give_nine_different_rsa_keys() {
        let ids = Ids::new();
        let mut ring = KeyRing::new(SigningAlgorithm::RS256, 1, 5, &ids);
        for _ in 0..8 {
            ring.rotate(&ids);
        }
        let moduli: HashSet<_> = ring.published().iter().map(|jwk| jwk["n"].to_string()).collect();
        assert_eq!(moduli.len(), 9);
    }

    #[test]
    fn a_reused_key_gets_a_new_key_id() {
        let ids = Ids::new();
        let mut ring = KeyRing::new(SigningAlgorithm::ES256, 1, 0, &ids);
        for _ in 0..8 {
            ring.rotate(&ids);
        }
        let kids: HashSet<_> = ring.published().iter().map(|jwk| jwk["kid"].to_string()).collect();
        assert_eq!(kids.len(), 9);
    }
}
