//! Makes and verifies signatures. Only this module uses a cryptographic library.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
mod private_key;
mod public_key;
#[cfg(feature = "rust-crypto")]
#[cfg_attr(feature = "aws-lc-rs", allow(dead_code))]
mod rust_crypto;

use crate::algorithm::Algorithm;

pub(crate) use private_key::{NotSigned, PrivateMaterial, Sign};
pub(crate) use public_key::{Material, NotVerified, Verify};

/// If both features are enabled, aws-lc-rs signs and verifies: it keeps parsed keys, and its RSA is constant in time.
#[cfg(feature = "aws-lc-rs")]
use aws_lc as backend;
#[cfg(all(feature = "rust-crypto", not(feature = "aws-lc-rs")))]
use rust_crypto as backend;

/// Parses a key for one algorithm.
///
/// The error is for the log: the wrong type of key, a point off its curve, or a key too large for the backend.
pub(crate) fn parse(material: &Material, algorithm: Algorithm) -> Result<Box<dyn Verify>, &'static str> {
    if material.kind() != algorithm.key_kind() {
        return Err("its type is not that of its algorithm");
    }
    backend::parse(material, algorithm)
}

/// Parses a private key for one algorithm. The error is for people who configure the key.
pub(crate) fn parse_private(material: &PrivateMaterial, algorithm: Algorithm) -> Result<Box<dyn Sign>, &'static str> {
    if material.kind() != algorithm.key_kind() {
        return Err("its type is not that of its algorithm");
    }
    backend::parse_private(material, algorithm)
}

/// SHA-256 (FIPS 180-4).
pub(crate) fn sha256(message: &[u8]) -> [u8; 32] {
    backend::sha256(message)
}

/// A key of HMAC-SHA256 (RFC 2104).
pub(crate) struct MacKey(backend::MacKey);

impl MacKey {
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self(backend::MacKey::new(secret))
    }

    pub(crate) fn tag(&self, message: &[u8]) -> [u8; 32] {
        self.0.tag(message)
    }

    /// Compares in constant time.
    pub(crate) fn is_tag_of(&self, message: &[u8], tag: &[u8]) -> bool {
        self.0.is_tag_of(message, tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::testdata;

    #[test]
    fn sha256_has_the_values_of_fips_180() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let hex = |hash: [u8; 32]| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(hex(sha256(b"abc")), abc);
        #[cfg(feature = "aws-lc-rs")]
        assert_eq!(hex(aws_lc::sha256(b"abc")), abc);
        #[cfg(feature = "rust-crypto")]
        assert_eq!(hex(rust_crypto::sha256(b"abc")), abc);
    }

    /// RFC 4231 section 4.3.
    #[test]
    fn hmac_has_the_values_of_rfc_4231() {
        let expected = [
            0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7, 0x5a, 0x00,
            0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43,
        ];
        let (secret, message) = (b"Jefe", b"what do ya want for nothing?");
        assert_eq!(MacKey::new(secret).tag(message), expected);
        #[cfg(feature = "aws-lc-rs")]
        assert_eq!(aws_lc::MacKey::new(secret).tag(message), expected);
        #[cfg(feature = "rust-crypto")]
        assert_eq!(rust_crypto::MacKey::new(secret).tag(message), expected);
        let key = MacKey::new(secret);
        assert!(key.is_tag_of(message, &expected));
        assert!(
            !key.is_tag_of(message, &expected[..31])
                && !key.is_tag_of(b"other", &expected)
                && !key.is_tag_of(message, &[])
        );
    }

    type Parse = fn(&Material, Algorithm) -> Result<Box<dyn Verify>, &'static str>;

    const BACKENDS: &[(&str, Parse)] = &[
        ("chosen", parse),
        #[cfg(feature = "aws-lc-rs")]
        ("aws-lc-rs", aws_lc::parse),
        #[cfg(feature = "rust-crypto")]
        ("rust-crypto", rust_crypto::parse),
    ];

    #[test]
    fn every_algorithm_verifies_its_signature_and_nothing_else() {
        for (backend, parse) in BACKENDS {
            for algorithm in Algorithm::ALL {
                let vector = testdata::vector(algorithm);
                let key = parse(&vector.material, algorithm).expect("a good key");
                let about = format!("{backend} {algorithm}");
                assert_eq!(key.verify(&vector.message, &vector.signature), Ok(()), "{about}");

                let mut message = vector.message.clone();
                message[0] ^= 1;
                assert_eq!(key.verify(&message, &vector.signature), Err(NotVerified), "{about}, message");
                for position in [0, vector.signature.len() / 2, vector.signature.len() - 1] {
                    let mut signature = vector.signature.clone();
                    signature[position] ^= 1;
                    assert_eq!(key.verify(&vector.message, &signature), Err(NotVerified), "{about}, byte {position}");
                }
                let (_, short) = vector.signature.split_at(1);
                let long = [&[0], vector.signature.as_slice()].concat();
                for signature in [&[], short, &long] {
                    assert_eq!(key.verify(&vector.message, signature), Err(NotVerified), "{about}, length");
                }
            }
        }
    }

    #[test]
    fn a_signature_does_not_verify_for_another_algorithm() {
        for (backend, parse) in BACKENDS {
            for signed in Algorithm::ALL {
                let vector = testdata::vector(signed);
                for asked in Algorithm::ALL.into_iter().filter(|asked| *asked != signed) {
                    if let Ok(key) = parse(&vector.material, asked) {
                        let answer = key.verify(&vector.message, &vector.signature);
                        assert_eq!(answer, Err(NotVerified), "{backend}: {signed} as {asked}");
                    }
                }
            }
        }
    }

    type ParsePrivate = fn(&PrivateMaterial, Algorithm) -> Result<Box<dyn Sign>, &'static str>;

    const PRIVATE_BACKENDS: &[(&str, ParsePrivate)] = &[
        ("chosen", parse_private),
        #[cfg(feature = "aws-lc-rs")]
        ("aws-lc-rs", aws_lc::parse_private),
        #[cfg(feature = "rust-crypto")]
        ("rust-crypto", rust_crypto::parse_private),
    ];

    #[test]
    fn signature_of_each_backend_verifies_with_each_backend() {
        for algorithm in Algorithm::ALL {
            let (private, public) = testdata::key_pair(algorithm);
            for (signer, parse_private) in PRIVATE_BACKENDS {
                let signature = parse_private(&private, algorithm).expect(signer).sign(b"message").expect(signer);
                for (verifier, parse) in BACKENDS {
                    let key = parse(&public, algorithm).expect(verifier);
                    assert_eq!(key.verify(b"message", &signature), Ok(()), "{algorithm}: {signer}, {verifier}");
                    assert_eq!(
                        key.verify(b"massage", &signature),
                        Err(NotVerified),
                        "{algorithm}: {signer}, {verifier}"
                    );
                }
            }
        }
    }

    #[test]
    fn private_key_of_another_type_is_rejected() {
        for algorithm in Algorithm::ALL {
            let (private, _) = testdata::key_pair(algorithm);
            for (backend, parse_private) in PRIVATE_BACKENDS {
                for other in Algorithm::ALL.into_iter().filter(|other| other.key_kind() != algorithm.key_kind()) {
                    assert!(parse_private(&private, other).is_err(), "{backend}: {algorithm} as {other}");
                }
                let malformed = match &private {
                    PrivateMaterial::Rsa(_) => PrivateMaterial::Rsa([0x30, 0].into()),
                    PrivateMaterial::P256(_) => PrivateMaterial::P256([0x30, 0].into()),
                    PrivateMaterial::P384(_) => PrivateMaterial::P384([0x30, 0].into()),
                    PrivateMaterial::Ed25519(_) => PrivateMaterial::Ed25519([0x30, 0].into()),
                };
                assert!(parse_private(&malformed, algorithm).is_err(), "{backend}: {algorithm}");
            }
        }
    }

    #[test]
    fn a_key_of_another_type_is_rejected() {
        let rsa = testdata::vector(Algorithm::RS256).material;
        for algorithm in [Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA] {
            assert!(parse(&rsa, algorithm).is_err(), "{algorithm}");
        }
        let p256 = testdata::vector(Algorithm::ES256).material;
        for algorithm in [Algorithm::RS256, Algorithm::ES384, Algorithm::EdDSA] {
            assert!(parse(&p256, algorithm).is_err(), "{algorithm}");
        }
    }

    #[test]
    fn a_point_off_its_curve_is_rejected() {
        let Material::P256(point) = testdata::vector(Algorithm::ES256).material else { panic!("not P-256") };
        let mut off = point;
        off[64] ^= 1;
        for (backend, parse) in BACKENDS {
            assert!(parse(&Material::P256(off.clone()), Algorithm::ES256).is_err(), "{backend}");
        }
    }

    #[cfg(feature = "aws-lc-rs")]
    #[test]
    fn aws_lc_accepts_rsa_keys_of_8192_bits() {
        let vector = testdata::vector_of("rsa-8192", Algorithm::RS256);
        let key = aws_lc::parse(&vector.material, Algorithm::RS256).expect("a good key");
        assert_eq!(key.verify(&vector.message, &vector.signature), Ok(()));
    }

    #[cfg(feature = "rust-crypto")]
    #[test]
    fn rust_crypto_rejects_rsa_keys_over_4096_bits_when_parsed() {
        let vector = testdata::vector_of("rsa-4096", Algorithm::RS256);
        let key = rust_crypto::parse(&vector.material, Algorithm::RS256).expect("a good key");
        assert_eq!(key.verify(&vector.message, &vector.signature), Ok(()));

        let large = testdata::vector_of("rsa-8192", Algorithm::RS256);
        assert!(rust_crypto::parse(&large.material, Algorithm::RS256).is_err());
    }
}
