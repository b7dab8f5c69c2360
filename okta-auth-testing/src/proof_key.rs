//! Keys of clients, to which tokens are bound.

use std::cell::Cell;

use serde_json::{Map, Value};

use crate::key_pool::{self, EmbeddedKey};
use crate::signing_algorithm::{KeyPairKind, SigningAlgorithm};
use crate::{private_jwk, thumbprint};

/// A client's key pair for DPoP (RFC 9449): a token is bound to it, and it signs proofs. It is also a key for
/// [`Client::private_key_jwt`](crate::Client::private_key_jwt).
///
/// The private key is one of the test keys embedded in this crate, so it is public. The keys that one thread creates
/// differ from each other, up to four keys of a kind.
///
/// ```
/// use okta_auth_testing::{MockOkta, ProofKey};
///
/// let okta = MockOkta::start();
/// let key = ProofKey::new();
/// let token = okta.token().bound_to(&key).sign();
/// let proof = okta.proof(&key).method("GET").url("https://api.example.com/orders").access_token(&token).sign();
/// # assert_eq!(proof.split('.').count(), 3);
///
/// assert_eq!(key.jwk()["crv"], "P-256");
/// assert_ne!(ProofKey::new().thumbprint(), key.thumbprint());
/// ```
#[derive(Clone)]
pub struct ProofKey {
    algorithm: SigningAlgorithm,
    embedded: &'static EmbeddedKey,
}

impl ProofKey {
    /// A key for ES256.
    pub fn new() -> Self {
        Self::with_algorithm(SigningAlgorithm::ES256)
    }

    /// A key for another algorithm.
    ///
    /// # Panics
    ///
    /// If the algorithm is not asymmetric. [`ProofBuilder::algorithm`](crate::ProofBuilder::algorithm) signs a proof with
    /// HMAC or `none`.
    pub fn with_algorithm(algorithm: SigningAlgorithm) -> Self {
        // A test runs on one thread, so that a counter per thread gives it different keys, whatever other tests run.
        thread_local!(static NEXT: Cell<usize> = const { Cell::new(0) });
        let index = NEXT.with(|next| next.replace(next.get() + 1));
        let keys = key_pool::all(algorithm.expect_key_pair());
        Self { algorithm, embedded: &keys[index % keys.len()] }
    }

    /// The algorithm that the key signs with.
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// The public key as a JWK: `kty` and the key parameters.
    pub fn jwk(&self) -> Value {
        Value::Object(self.public_members())
    }

    /// The key as a JWK with its private members, such as `d`. A proof must never contain it.
    pub fn private_jwk(&self) -> Value {
        let mut jwk = self.public_members();
        jwk.extend(private_jwk::members(self.embedded));
        Value::Object(jwk)
    }

    /// The private key as PEM (RFC 7468): PKCS#1 for RSA, PKCS#8 otherwise.
    ///
    /// ```
    /// use okta_auth_testing::ProofKey;
    ///
    /// assert!(ProofKey::new().private_pem().starts_with("-----BEGIN PRIVATE KEY-----\n"));
    /// ```
    pub fn private_pem(&self) -> String {
        let label = match self.embedded.kind {
            KeyPairKind::Rsa => "RSA PRIVATE KEY",
            KeyPairKind::P256 | KeyPairKind::P384 | KeyPairKind::Ed25519 => "PRIVATE KEY",
        };
        let lines = self.embedded.der.chunks(48).map(|bytes| base64_simd::STANDARD.encode_to_string(bytes) + "\n");
        format!("-----BEGIN {label}-----\n{}-----END {label}-----\n", lines.collect::<String>())
    }

    /// The SHA-256 thumbprint of the public key (RFC 7638), which is `cnf.jkt` in a bound token.
    pub fn thumbprint(&self) -> String {
        thumbprint::compute(&self.public_members()).expect("an embedded key has the members of its type")
    }

    fn public_members(&self) -> Map<String, Value> {
        serde_json::from_str(self.embedded.jwk).expect("an embedded JWK is an object")
    }

    pub(crate) fn embedded(&self) -> &'static EmbeddedKey {
        self.embedded
    }
}

impl Default for ProofKey {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProofKey")
            .field("thumbprint", &self.thumbprint())
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn successive_keys_of_a_thread_differ() {
        for algorithm in [SigningAlgorithm::RS256, SigningAlgorithm::ES384, SigningAlgorithm::Ed25519] {
            let keys: Vec<_> = (0..4).map(|_| ProofKey::with_algorithm(algorithm).thumbprint()).collect();
            assert_eq!(keys.iter().collect::<std::collections::HashSet<_>>().len(), 4);
        }
    }

    #[test]
    fn only_the_private_jwk_has_private_members() {
        for algorithm in [SigningAlgorithm::RS256, SigningAlgorithm::ES256, SigningAlgorithm::Ed25519] {
            let key = ProofKey::with_algorithm(algorithm);
            assert!(key.jwk().get("d").is_none() && key.private_jwk()["d"].is_string());
        }
    }

    #[test]
    fn the_private_pem_has_the_embedded_key() {
        for (algorithm, label) in [
            (SigningAlgorithm::RS256, "RSA PRIVATE KEY"),
            (SigningAlgorithm::ES256, "PRIVATE KEY"),
            (SigningAlgorithm::Ed25519, "PRIVATE KEY"),
        ] {
            let key = ProofKey::with_algorithm(algorithm);
            let pem = key.private_pem();
            let body = pem.strip_prefix(&format!("-----BEGIN {label}-----\n")).unwrap();
            let body = body.strip_suffix(&format!("-----END {label}-----\n")).unwrap();
            assert!(body.lines().all(|line| line.len() <= 64));
            let der = base64_simd::STANDARD.decode_to_vec(body.replace('\n', "")).unwrap();
            assert_eq!(der, key.embedded().der, "{algorithm:?}");
        }
    }

    #[test]
    fn debug_does_not_show_the_private_key() {
        let key = ProofKey::new();
        assert!(!format!("{key:?}").contains(key.private_jwk()["d"].as_str().unwrap()));
    }
}
