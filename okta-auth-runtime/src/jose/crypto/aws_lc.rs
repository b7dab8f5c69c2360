//! The aws-lc-rs backend. A parsed key keeps its Montgomery context, which saves a seventh of each verification.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ParsedPublicKey, RsaPublicKeyComponents};

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
