//! Signatures by the backend that the features select.
//!
//! This module names jsonwebtoken's provider, because the process default panics if feature unification enables both
//! backends.

use jsonwebtoken::crypto::CryptoProvider;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, EncodingKey};

use crate::key_pool::EmbeddedKey;
use crate::signing_algorithm::{KeyPairKind, SigningAlgorithm};

#[cfg(feature = "aws-lc-rs")]
fn provider() -> &'static CryptoProvider {
    &jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER
}

#[cfg(all(feature = "rust-crypto", not(feature = "aws-lc-rs")))]
fn provider() -> &'static CryptoProvider {
    &jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER
}

/// Signs `message`. If the algorithm needs another kind of key, the unserved embedded key of that kind signs.
///
/// # Panics
///
/// If the backend rejects an embedded key. A test of this crate covers all of them.
pub(crate) fn sign(algorithm: SigningAlgorithm, key: &EmbeddedKey, message: &[u8]) -> Vec<u8> {
    let Some(jwa) = algorithm.in_jsonwebtoken() else { return Vec::new() };
    let key = match algorithm.kind() {
        None => EncodingKey::from_secret(key.pem.as_bytes()),
        Some(kind) if kind == key.kind => private_key(key),
        Some(kind) => private_key(crate::key_pool::unserved(kind)),
    };
    try_sign(jwa, &key, message).expect("the embedded keys sign")
}

/// Signs with HMAC and the caller's secret.
pub(crate) fn sign_with_secret(algorithm: SigningAlgorithm, secret: &[u8], message: &[u8]) -> Vec<u8> {
    let jwa = match algorithm {
        SigningAlgorithm::HS384 => jsonwebtoken::Algorithm::HS384,
        SigningAlgorithm::HS512 => jsonwebtoken::Algorithm::HS512,
        _ => jsonwebtoken::Algorithm::HS256,
    };
    try_sign(jwa, &EncodingKey::from_secret(secret), message).expect("an HMAC key may have any length")
}

fn try_sign(
    jwa: jsonwebtoken::Algorithm,
    key: &EncodingKey,
    message: &[u8],
) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let signer = (provider().signer_factory)(&jwa, key)?;
    Ok(signer.try_sign(message)?)
}

fn private_key(key: &EmbeddedKey) -> EncodingKey {
    match key.kind {
        KeyPairKind::Rsa => EncodingKey::from_rsa_der(key.der),
        KeyPairKind::P256 | KeyPairKind::P384 => EncodingKey::from_ec_der(key.der),
        KeyPairKind::Ed25519 => EncodingKey::from_ed_der(key.der),
    }
}

/// Whether `key` made `signature` over `message`.
pub(crate) fn verify(algorithm: SigningAlgorithm, key: &EmbeddedKey, message: &[u8], signature: &[u8]) -> bool {
    serde_json::from_str(key.jwk).is_ok_and(|jwk| verify_with_jwk(algorithm, &jwk, message, signature))
}

/// Whether the owner of the public key made `signature` over `message`.
pub(crate) fn verify_with_jwk(algorithm: SigningAlgorithm, jwk: &Jwk, message: &[u8], signature: &[u8]) -> bool {
    let Some(jwa) = algorithm.in_jsonwebtoken() else { return false };
    let Ok(key) = DecodingKey::from_jwk(jwk) else { return false };
    let Ok(verifier) = (provider().verifier_factory)(&jwa, &key) else { return false };
    verifier.verify(message, &signature.to_vec()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_pool;

    const ALL: [SigningAlgorithm; 10] = [
        SigningAlgorithm::RS256,
        SigningAlgorithm::RS384,
        SigningAlgorithm::RS512,
        SigningAlgorithm::PS256,
        SigningAlgorithm::PS384,
        SigningAlgorithm::PS512,
        SigningAlgorithm::ES256,
        SigningAlgorithm::ES384,
        SigningAlgorithm::EdDSA,
        SigningAlgorithm::Ed25519,
    ];

    #[test]
    fn every_embedded_key_pair_signs_and_verifies() {
        for algorithm in ALL {
            let kind = algorithm.kind().unwrap();
            for index in 0..11 {
                let key = key_pool::served(kind, index);
                let signature = sign(algorithm, key, b"message");
                assert!(verify(algorithm, key, b"message", &signature), "{algorithm:?} {index}");
                assert!(!verify(algorithm, key, b"massage", &signature), "{algorithm:?} {index}");
            }
            let key = key_pool::unserved(kind);
            assert!(verify(algorithm, key, b"message", &sign(algorithm, key, b"message")), "{algorithm:?} unserved");
        }
    }

    #[test]
    fn a_foreign_key_of_the_same_kind_does_not_verify() {
        for algorithm in ALL {
            let kind = algorithm.kind().unwrap();
            let signature = sign(algorithm, key_pool::unserved(kind), b"message");
            assert!(!verify(algorithm, key_pool::served(kind, 0), b"message", &signature), "{algorithm:?}");
        }
    }
}
