//! Pure Rust, through `jsonwebtoken`, whose backend is called by its name: its process default panics where another
//! crate has turned on both backends.

use jsonwebtoken::DecodingKey;
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER as PROVIDER;

use super::public_key::{Material, NotVerified, Verify};
use crate::algorithm::Algorithm;

/// The most bytes of a modulus: the `rsa` crate refuses keys over 4096 bits, but only when it is asked to verify.
const MAX_MODULUS: usize = 4096 / 8;

/// The key as numbers: `jsonwebtoken`'s verifiers can't be shared between threads, so each verification makes one.
struct Key {
    algorithm: jsonwebtoken::Algorithm,
    key: DecodingKey,
    /// The modulus of an RSA key.
    modulus: Option<Box<[u8]>>,
}

impl Key {
    /// RFC 8017 sections 5.2.2 and 8: an RSA signature is as long as the modulus, and a smaller number. The `rsa` crate
    /// reduces what is larger, so that one signature would have several spellings.
    fn may_be_signed_as(&self, signature: &[u8]) -> bool {
        self.modulus.as_ref().is_none_or(|modulus| signature.len() == modulus.len() && signature < &**modulus)
    }
}

impl Verify for Key {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), NotVerified> {
        if !self.may_be_signed_as(signature) {
            return Err(NotVerified);
        }
        let verifier = (PROVIDER.verifier_factory)(&self.algorithm, &self.key).map_err(|_| NotVerified)?;
        verifier.verify(message, &signature.to_vec()).map_err(|_| NotVerified)
    }
}

pub(super) fn parse(material: &Material, algorithm: Algorithm) -> Result<Box<dyn Verify>, &'static str> {
    let key = match material {
        Material::Rsa { n, .. } if n.len() > MAX_MODULUS => {
            return Err("an RSA key over 4096 bits needs the feature aws-lc-rs");
        }
        Material::Rsa { n, e } => DecodingKey::from_rsa_raw_components(n, e),
        Material::P256(point) | Material::P384(point) => DecodingKey::from_ec_der(point),
        Material::Ed25519(point) => DecodingKey::from_ed_der(point),
    };
    let algorithm = algorithm.in_jsonwebtoken();
    (PROVIDER.verifier_factory)(&algorithm, &key).map_err(|_| "it is not a point on its curve")?;
    let modulus = match material {
        Material::Rsa { n, .. } => Some(n.clone()),
        _ => None,
    };
    Ok(Box::new(Key { algorithm, key, modulus }))
}
