//! A JWS before it is signed, valid or defective (RFC 7515).

use serde_json::{Map, Value};

use crate::key_pool::EmbeddedKey;
use crate::signature;
use crate::signing_algorithm::SigningAlgorithm;
use crate::tamper::Tamper;

/// The parts of a JWS that [`TokenBuilder`](crate::TokenBuilder) and [`ProofBuilder`](crate::ProofBuilder) set.
#[derive(Debug, Clone)]
pub(crate) struct UnsignedJws {
    key: &'static EmbeddedKey,
    /// The algorithm of the key.
    key_algorithm: SigningAlgorithm,
    pub(crate) algorithm: Option<SigningAlgorithm>,
    pub(crate) secret: Option<Vec<u8>>,
    /// Header parameters that override the defaults. A null value removes a parameter.
    pub(crate) header: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
    pub(crate) raw_header: Option<Vec<u8>>,
    pub(crate) raw_payload: Option<Vec<u8>>,
    pub(crate) tamper: Vec<Tamper>,
    /// Whether the base64url text has padding, which RFC 7515 section 2 forbids.
    pub(crate) has_padding: bool,
}

impl UnsignedJws {
    pub(crate) fn new(key: &'static EmbeddedKey, key_algorithm: SigningAlgorithm) -> Self {
        Self {
            key,
            key_algorithm,
            algorithm: None,
            secret: None,
            header: Map::new(),
            claims: Map::new(),
            raw_header: None,
            raw_payload: None,
            tamper: Vec::new(),
            has_padding: false,
        }
    }

    pub(crate) fn sign_with(&mut self, key: &'static EmbeddedKey, key_algorithm: SigningAlgorithm) {
        self.key = key;
        self.key_algorithm = key_algorithm;
    }

    /// The algorithm that signs.
    pub(crate) fn algorithm(&self) -> SigningAlgorithm {
        match (self.algorithm, &self.secret) {
            (Some(algorithm), _) => algorithm,
            (None, Some(_)) => SigningAlgorithm::HS256,
            (None, None) => self.key_algorithm,
        }
    }

    /// Signs and returns the compact serialization (RFC 7515 section 7.1). `default_header` has the parameters that
    /// [`header`](Self::header) overrides.
    pub(crate) fn sign(self, mut default_header: Map<String, Value>) -> String {
        let algorithm = self.algorithm();
        let encoding = match self.has_padding {
            true => base64_simd::URL_SAFE,
            false => base64_simd::URL_SAFE_NO_PAD,
        };
        let encode = |bytes: &[u8]| encoding.encode_to_string(bytes);
        let mut header = self.raw_header.unwrap_or_else(|| {
            default_header.extend(self.header);
            default_header.retain(|_, value| !value.is_null());
            Value::Object(default_header).to_string().into_bytes()
        });
        let mut payload = self.raw_payload.unwrap_or_else(|| Value::Object(self.claims).to_string().into_bytes());

        let message = format!("{}.{}", encode(&header), encode(&payload));
        let mut signature = match self.secret {
            Some(secret) => signature::sign_with_secret(algorithm, &secret, message.as_bytes()),
            None => signature::sign(algorithm, self.key, message.as_bytes()),
        };
        for tamper in self.tamper {
            tamper.apply(&mut header, &mut payload, &mut signature);
        }
        format!("{}.{}.{}", encode(&header), encode(&payload), encode(&signature))
    }
}
