//! The claim `at_hash`, which binds an ID token to its access token (OpenID Connect Core 1.0 section 3.1.3.6).

use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::signing_algorithm::SigningAlgorithm;

/// The left half of the hash of the access token, in base64url. The signature algorithm determines the hash.
pub(crate) fn compute(algorithm: SigningAlgorithm, access_token: &str) -> String {
    let hash = match algorithm {
        SigningAlgorithm::RS384 | SigningAlgorithm::PS384 | SigningAlgorithm::ES384 | SigningAlgorithm::HS384 => {
            Sha384::digest(access_token).to_vec()
        }
        SigningAlgorithm::RS512
        | SigningAlgorithm::PS512
        | SigningAlgorithm::EdDSA
        | SigningAlgorithm::Ed25519
        | SigningAlgorithm::HS512 => Sha512::digest(access_token).to_vec(),
        _ => Sha256::digest(access_token).to_vec(),
    };
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(&hash[..hash.len() / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_hash_is_half_of_the_algorithms_hash() {
        // SHA-256 of "abc" is ba7816bf 8f01cfea 414140de 5dae2223 b00361a3 ..., from FIPS 180-2.
        let half = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(compute(SigningAlgorithm::RS256, "abc")).unwrap();
        assert_eq!(half, 0xba7816bf_8f01cfea_414140de_5dae2223_u128.to_be_bytes());
        assert_eq!(compute(SigningAlgorithm::ES384, "abc").len(), 32);
        assert_eq!(compute(SigningAlgorithm::EdDSA, "abc").len(), 43);
        assert_eq!(compute(SigningAlgorithm::Ed25519, "abc"), compute(SigningAlgorithm::EdDSA, "abc"));
    }
}
