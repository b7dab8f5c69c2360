//! A private key that signs JWTs.

use std::fmt;

use base64_simd::URL_SAFE_NO_PAD;

use super::crypto::{self, NotSigned, NotVerified, Sign};
use super::pem;
use super::private_jwk::PrivateJwk;
use super::private_key::PrivateKey;
use crate::algorithm::{Algorithm, KeyKind};
use crate::error::Excerpt;

/// A private key with the header of its JWTs.
pub(crate) struct SigningKey {
    /// The `alg` of the header: as in the JWK, because RFC 9864 has a second name.
    alg: Box<str>,
    key_id: Option<Box<str>>,
    signer: Box<dyn Sign>,
}

impl SigningKey {
    /// Parses PEM: PKCS#8, PKCS#1 or SEC 1, not encrypted. The error completes "The key can't be used: ..".
    pub(crate) fn from_pem(text: &str) -> Result<Self, &'static str> {
        Self::new(pem::parse_private_key(text)?, None, None)
    }

    /// Parses a private JWK. The error is as that of [`from_pem`](Self::from_pem).
    pub(crate) fn from_jwk(text: &str) -> Result<Self, &'static str> {
        let PrivateJwk { key, kid, alg } = PrivateJwk::parse(text)?;
        Self::new(key, kid.filter(|kid| !kid.is_empty()), alg)
    }

    /// Replaces the `kid` of the header.
    pub(crate) fn with_key_id(self, key_id: &str) -> Self {
        Self { key_id: Some(key_id.into()), ..self }
    }

    fn new(key: PrivateKey, kid: Option<String>, alg: Option<String>) -> Result<Self, &'static str> {
        let kind = key.material.kind();
        let algorithm = match &alg {
            None => default_algorithm(kind),
            Some(alg) => Algorithm::parse(alg)
                .filter(|algorithm| algorithm.key_kind() == kind)
                .ok_or("its alg is not a signature algorithm of its type")?,
        };
        let signer = crypto::parse_private(&key.material, algorithm)?;
        if let Some(public) = key.public {
            let public = crypto::parse(&public, algorithm)?;
            let signature = signer.sign(b"").map_err(|NotSigned| "it does not sign")?;
            public.verify(b"", &signature).map_err(|NotVerified| "its private part is not that of its public key")?;
        }
        let alg = alg.unwrap_or_else(|| algorithm.name().to_owned()).into();
        Ok(Self { alg, key_id: kid.map(Into::into), signer })
    }

    /// Signs a payload. Returns a compact JWS (RFC 7515 section 7.1).
    pub(crate) fn sign(&self, payload: &str) -> Result<String, NotSigned> {
        let mut header = serde_json::json!({ "typ": "JWT", "alg": self.alg });
        if let Some(key_id) = &self.key_id {
            header["kid"] = (**key_id).into();
        }
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode_to_string(bytes);
        let message = [encode(header.to_string().as_bytes()), encode(payload.as_bytes())].join(".");
        let signature = self.signer.sign(message.as_bytes())?;
        Ok([message, encode(&signature)].join("."))
    }
}

fn default_algorithm(kind: KeyKind) -> Algorithm {
    match kind {
        KeyKind::Rsa => Algorithm::RS256,
        KeyKind::P256 => Algorithm::ES256,
        KeyKind::P384 => Algorithm::ES384,
        KeyKind::Ed25519 => Algorithm::EdDSA,
    }
}

/// Does not show the key.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("alg", &self.alg)
            .field("key_id", &self.key_id.as_deref().map(Excerpt::new))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
