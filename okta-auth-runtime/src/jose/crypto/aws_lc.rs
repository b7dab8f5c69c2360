//! The aws-lc-rs backend. A parsed key keeps its Montgomery context, which saves a seventh of each verification.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, ParsedPublicKey, RsaEncoding, RsaKeyPair,
    RsaPublicKeyComponents,
};

use super::private_key::{NotSigned, PrivateMaterial, Sign};
use super::public_key::{Material, NotVerified, Verify};
use crate::algorithm::{Algorithm, AwsLc};

impl Verify for ParsedPublicKey {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), NotVerified> {
        self.verify_sig(message, signature).map_err(|_| NotVerified)
    }
}

pub(super) struct MacKey(hmac::Key);

impl MacKey {
    pub(super) fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    pub(super) fn tag(&self, message: &[u8]) -> [u8; 32] {
        // A tag of HMAC-SHA256 always has 32 bytes.
        hmac::sign(&self.0, message).as_ref().try_into().unwrap_or_default()
    }

    pub(super) fn is_tag_of(&self, message: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.0, message, tag).is_ok()
    }
}

pub(super) fn sha256(message: &[u8]) -> [u8; 32] {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, message);
    // A SHA-256 hash always has 32 bytes.
    hash.as_ref().try_into().unwrap_or_default()
}

/// Checks sizes, and that a point is on its curve. The caller has checked RSA sizes.
pub(super) fn parse(material: &Material, algorithm: Algorithm) -> Result<Box<dyn Verify>, &'static str> {
    let parsed = match (material, algorithm.in_aws_lc()) {
        (Material::Rsa { n, e }, AwsLc::Rsa(parameters)) => {
            RsaPublicKeyComponents { n, e }.to_parsed_public_key(parameters).map_err(|_| "it is not an RSA key")?
        }
        (Material::P256(point) | Material::P384(point) | Material::Ed25519(point), AwsLc::Curve(curve)) => {
            ParsedPublicKey::new(curve, point).map_err(|_| "it is not a point on its curve")?
        }
        _ => return Err("its type is not that of its algorithm"),
    };
    Ok(Box::new(parsed))
}

struct RsaSigner {
    key: RsaKeyPair,
    encoding: &'static dyn RsaEncoding,
}

impl Sign for RsaSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, NotSigned> {
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(self.encoding, &SystemRandom::new(), message, &mut signature).map_err(|_| NotSigned)?;
        Ok(signature)
    }
}

impl Sign for EcdsaKeyPair {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, NotSigned> {
        let signature = Self::sign(self, &SystemRandom::new(), message).map_err(|_| NotSigned)?;
        Ok(signature.as_ref().to_vec())
    }
}

impl Sign for Ed25519KeyPair {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, NotSigned> {
        let signature = self.try_sign(message).map_err(|_| NotSigned)?;
        Ok(signature.as_ref().to_vec())
    }
}

pub(super) fn parse_private(material: &PrivateMaterial, algorithm: Algorithm) -> Result<Box<dyn Sign>, &'static str> {
    let ec = |curve: &'static EcdsaSigningAlgorithm, pkcs8: &[u8]| -> Result<Box<dyn Sign>, _> {
        Ok(Box::new(EcdsaKeyPair::from_pkcs8(curve, pkcs8).map_err(|_| "it is not a valid private key of its curve")?))
    };
    match (material, algorithm) {
        (PrivateMaterial::Rsa(pkcs1), _) => {
            let encoding: &'static dyn RsaEncoding = match algorithm {
                Algorithm::RS256 => &signature::RSA_PKCS1_SHA256,
                Algorithm::RS384 => &signature::RSA_PKCS1_SHA384,
                Algorithm::RS512 => &signature::RSA_PKCS1_SHA512,
                Algorithm::PS256 => &signature::RSA_PSS_SHA256,
                Algorithm::PS384 => &signature::RSA_PSS_SHA384,
                Algorithm::PS512 => &signature::RSA_PSS_SHA512,
                Algorithm::ES256 | Algorithm::ES384 | Algorithm::EdDSA => {
                    return Err("its type is not that of its algorithm");
                }
            };
            let key = RsaKeyPair::from_der(pkcs1).map_err(|_| "it is not a valid RSA private key")?;
            Ok(Box::new(RsaSigner { key, encoding }))
        }
        (PrivateMaterial::P256(pkcs8), Algorithm::ES256) => ec(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8),
        (PrivateMaterial::P384(pkcs8), Algorithm::ES384) => ec(&signature::ECDSA_P384_SHA384_FIXED_SIGNING, pkcs8),
        (PrivateMaterial::Ed25519(pkcs8), Algorithm::EdDSA) => {
            Ok(Box::new(Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| "it is not a valid Ed25519 private key")?))
        }
        _ => Err("its type is not that of its algorithm"),
    }
}
