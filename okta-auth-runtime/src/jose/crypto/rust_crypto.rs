//! The pure Rust backend of `jsonwebtoken`, called by name: its process default panics if another crate enables both
//! backends.

use hmac::{Hmac, Mac as _};
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER as PROVIDER;
use jsonwebtoken::{DecodingKey, EncodingKey};
use sha2::{Digest as _, Sha256};

use super::private_key::{NotSigned, PrivateMaterial, Sign};
use super::public_key::{Material, NotVerified, Verify};
use crate::algorithm::Algorithm;

/// In bytes. The `rsa` crate rejects keys over 4096 bits too, but only when it verifies.
const MAX_MODULUS: usize = 4096 / 8;

/// Keeps the numbers, because verifiers of `jsonwebtoken` can't be shared between threads: each verification makes one.
struct Key {
    algorithm: jsonwebtoken::Algorithm,
    key: DecodingKey,
    /// Only of an RSA key.
    modulus: Option<Box<[u8]>>,
}

impl Key {
    /// An RSA signature is as long as the modulus and a smaller number (RFC 8017 sections 5.2.2 and 8). The `rsa` crate
    /// reduces larger numbers, so that one signature would have several encodings.
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

pub(super) struct MacKey(Hmac<Sha256>);

impl MacKey {
    pub(super) fn new(secret: &[u8]) -> Self {
        // HMAC takes keys of any length, so this hash is never used.
        let key = Hmac::new_from_slice(secret).unwrap_or_else(|_| Hmac::new(&Default::default()));
        Self(key)
    }

    pub(super) fn tag(&self, message: &[u8]) -> [u8; 32] {
        self.0.clone().chain_update(message).finalize().into_bytes().into()
    }

    pub(super) fn is_tag_of(&self, message: &[u8], tag: &[u8]) -> bool {
        self.0.clone().chain_update(message).verify_slice(tag).is_ok()
    }
}

pub(super) fn sha256(message: &[u8]) -> [u8; 32] {
    Sha256::digest(message).into()
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

/// Signers of `jsonwebtoken` can't be shared between threads: each signature makes one.
struct Signer {
    algorithm: jsonwebtoken::Algorithm,
    key: EncodingKey,
}

impl Sign for Signer {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, NotSigned> {
        let signer = (PROVIDER.signer_factory)(&self.algorithm, &self.key).map_err(|_| NotSigned)?;
        signer.try_sign(message).map_err(|_| NotSigned)
    }
}

pub(super) fn parse_private(material: &PrivateMaterial, algorithm: Algorithm) -> Result<Box<dyn Sign>, &'static str> {
    let (key, reason) = match material {
        PrivateMaterial::Rsa(pkcs1) => (EncodingKey::from_rsa_der(pkcs1), "it is not a valid RSA private key"),
        PrivateMaterial::P256(pkcs8) | PrivateMaterial::P384(pkcs8) => {
            (EncodingKey::from_ec_der(pkcs8), "it is not a valid private key of its curve")
        }
        PrivateMaterial::Ed25519(pkcs8) => (EncodingKey::from_ed_der(pkcs8), "it is not a valid Ed25519 private key"),
    };
    let signer = Signer { algorithm: algorithm.in_jsonwebtoken(), key };
    // jsonwebtoken parses an RSA key only when it signs.
    signer.sign(b"").map_err(|NotSigned| reason)?;
    Ok(Box::new(signer))
}
