//! Valid and defective DPoP proofs.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::clock::seconds;
use crate::jws::UnsignedJws;
use crate::proof_key::ProofKey;
use crate::signing_algorithm::SigningAlgorithm;
use crate::state::MockState;
use crate::tamper::Tamper;

/// Builds one DPoP proof (RFC 9449 section 4.2). Returned by [`MockOkta::proof`](crate::MockOkta::proof). Each method
/// changes one property; a later call replaces an earlier one.
///
/// # Defaults
///
/// | member | default |
/// |---|---|
/// | `typ` | `dpop+jwt` |
/// | `alg` | the algorithm of the key |
/// | `jwk` | the public key |
/// | `jti` | unique |
/// | `iat` | the mock's clock at the call of `proof` |
/// | `htm` | `GET` |
/// | `htu`, `ath`, `nonce` | none: see [`url`](Self::url), [`access_token`](Self::access_token), [`nonce`](Self::nonce) |
///
/// ```
/// use std::time::Duration;
/// use okta_auth_testing::{MockOkta, ProofKey, Tamper};
///
/// let okta = MockOkta::start();
/// let key = ProofKey::new();
/// let token = okta.token().bound_to(&key).sign();
/// let proof = || okta.proof(&key).method("GET").url("https://api.example.com/orders").access_token(&token);
/// assert_ne!(proof().sign(), proof().sign());
///
/// let stale = proof().issued_ago(Duration::from_secs(3600)).sign();
/// let unrelated = proof().without("ath").sign();
/// let forged = proof().signed_by(&ProofKey::new()).sign();
/// let garbled = proof().tamper(Tamper::Payload).sign();
/// let leaked = proof().with_private_key().sign();
/// # drop((stale, unrelated, forged, garbled, leaked));
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is signed before `sign`"]
pub struct ProofBuilder {
    jwk: Value,
    private_jwk: Value,
    now: SystemTime,
    jws: UnsignedJws,
}

/// The claims of a valid proof.
impl ProofBuilder {
    pub(crate) fn new(state: &MockState, key: &ProofKey) -> Self {
        let now = state.clock.now();
        let proof = Self {
            jwk: key.jwk(),
            private_jwk: key.private_jwk(),
            now,
            jws: UnsignedJws::new(key.embedded(), key.algorithm()),
        };
        proof.jti(state.ids.generate()).method("GET").claim("iat", seconds(now))
    }

    /// The HTTP method of the request: `htm`.
    pub fn method(self, method: impl AsRef<str>) -> Self {
        self.claim("htm", method.as_ref())
    }

    /// The URL of the request: `htu`. Query and fragment are left out. To send an `htu` unchanged, call
    /// [`claim`](Self::claim).
    pub fn url(self, url: impl AsRef<str>) -> Self {
        let url = url.as_ref();
        let end = url.find(['?', '#']).unwrap_or(url.len());
        self.claim("htu", &url[..end])
    }

    /// The access token of the request: `ath` is its hash.
    pub fn access_token(self, token: impl AsRef<str>) -> Self {
        let hash = Sha256::digest(token.as_ref());
        self.claim("ath", base64_simd::URL_SAFE_NO_PAD.encode_to_string(hash))
    }

    /// The nonce that the server sent in the header `DPoP-Nonce`: `nonce`.
    pub fn nonce(self, nonce: impl Into<String>) -> Self {
        self.claim("nonce", nonce.into())
    }

    /// The identifier of the proof: `jti`. Two proofs with the same `jti` are a replay.
    pub fn jti(self, jti: impl Into<String>) -> Self {
        self.claim("jti", jti.into())
    }
}

/// Defects.
impl ProofBuilder {
    /// Sets `iat` to this time before the mock's clock.
    pub fn issued_ago(self, ago: Duration) -> Self {
        let iat = seconds(self.now - ago);
        self.claim("iat", iat)
    }

    /// Sets `iat` to this time after the mock's clock.
    pub fn issued_in(self, wait: Duration) -> Self {
        let iat = seconds(self.now + wait);
        self.claim("iat", iat)
    }

    /// Sets any claim.
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.jws.claims.insert(name.into(), value.into());
        self
    }

    /// Removes a claim.
    pub fn without(mut self, claim: &str) -> Self {
        self.jws.claims.remove(claim);
        self
    }

    /// Sets any header parameter, including `typ`, `alg` and `jwk`.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.jws.header.insert(name.into(), value.into());
        self
    }

    /// Removes a header parameter.
    pub fn without_header(self, name: impl Into<String>) -> Self {
        // `sign` leaves out null values. `raw_header` can write one.
        self.header(name, Value::Null)
    }

    /// Puts the private key into `jwk`. The proof is otherwise valid.
    pub fn with_private_key(self) -> Self {
        let jwk = self.private_jwk.clone();
        self.header("jwk", jwk)
    }

    /// Signs with another key. The `jwk` stays the same, so that the signature does not verify.
    pub fn signed_by(mut self, key: &ProofKey) -> Self {
        self.jws.sign_with(key.embedded(), key.algorithm());
        self
    }

    /// Signs with this algorithm and names it in the header. The `jwk` stays the same.
    ///
    /// - If the algorithm needs another kind of key, another key signs.
    /// - With HMAC, the secret is the PEM text of the public key.
    /// - With [`SigningAlgorithm::None`], the signature is empty.
    pub fn algorithm(mut self, algorithm: SigningAlgorithm) -> Self {
        self.jws.algorithm = Some(algorithm);
        self
    }

    /// Signs with HMAC and this secret. The algorithm is HS256 unless [`algorithm`](Self::algorithm) sets HS384 or
    /// HS512.
    pub fn hmac_secret(mut self, secret: impl Into<Vec<u8>>) -> Self {
        self.jws.secret = Some(secret.into());
        self
    }

    /// Uses these bytes as the header without a check.
    pub fn raw_header(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.jws.raw_header = Some(bytes.into());
        self
    }

    /// Uses these bytes as the payload without a check.
    pub fn raw_payload(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.jws.raw_payload = Some(bytes.into());
        self
    }

    /// Encodes each part with padding, which a JWS must not have (RFC 7515 section 2). Padding consists of `=`, which
    /// only appears if the length of a part is not a multiple of 3 bytes; a signature of 64 bytes has it.
    pub fn with_padding(mut self) -> Self {
        self.jws.has_padding = true;
        self
    }

    /// Changes the proof after signing. Several changes add up.
    pub fn tamper(mut self, tamper: Tamper) -> Self {
        self.jws.tamper.push(tamper);
        self
    }
}

impl ProofBuilder {
    /// Signs the proof and returns it in compact serialization, for the header `DPoP`.
    pub fn sign(self) -> String {
        let mut header = Map::new();
        header.insert("typ".into(), json!("dpop+jwt"));
        header.insert("alg".into(), json!(self.jws.algorithm().name()));
        header.insert("jwk".into(), self.jwk);
        self.jws.sign(header)
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::jwk::Jwk;

    use super::*;
    use crate::mock::MockOkta;
    use crate::signature::verify_with_jwk;

    fn part(proof: &str, index: usize) -> Value {
        let part = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(proof.split('.').nth(index).unwrap()).unwrap();
        serde_json::from_slice(&part).unwrap()
    }

    /// Whether the signature verifies in jsonwebtoken, with the key in the header.
    fn verifies(algorithm: SigningAlgorithm, proof: &str) -> bool {
        let jwk: Jwk = serde_json::from_value(part(proof, 0)["jwk"].take()).unwrap();
        let (message, signature) = proof.rsplit_once('.').unwrap();
        let signature = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(signature).unwrap();
        verify_with_jwk(algorithm, &jwk, message.as_bytes(), &signature)
    }

    #[test]
    fn a_proof_of_every_algorithm_verifies_with_its_jwk() {
        use SigningAlgorithm as S;
        let okta = MockOkta::start();
        for algorithm in
            [S::RS256, S::RS384, S::RS512, S::PS256, S::PS384, S::PS512, S::ES256, S::ES384, S::EdDSA, S::Ed25519]
        {
            let proof = okta.proof(&ProofKey::with_algorithm(algorithm)).url("https://api.example.com/").sign();
            assert_eq!(part(&proof, 0)["alg"], algorithm.name());
            assert!(verifies(algorithm, &proof), "{algorithm:?}");
        }
    }

    #[test]
    fn only_the_defects_of_the_signature_break_it() {
        let okta = MockOkta::start();
        let key = ProofKey::new();
        let proof = || okta.proof(&key).url("https://api.example.com/");
        for (defect, proof, valid) in [
            ("private key", proof().with_private_key(), true),
            ("raw payload", proof().raw_payload(*b"{}"), true),
            ("header", proof().header("crit", json!(["b64"])), true),
            ("another key", proof().signed_by(&ProofKey::new()), false),
            ("tampered header", proof().tamper(Tamper::Header), false),
            ("tampered payload", proof().tamper(Tamper::Payload), false),
            ("tampered signature", proof().tamper(Tamper::Signature), false),
            ("no signature", proof().tamper(Tamper::RemoveSignature), false),
            ("HMAC", proof().algorithm(SigningAlgorithm::HS256), false),
            ("none", proof().algorithm(SigningAlgorithm::None), false),
        ] {
            assert_eq!(verifies(SigningAlgorithm::ES256, &proof.sign()), valid, "{defect}");
        }
    }
}
