//! Keys that sign tokens.

use serde_json::{Map, Value, json};

use crate::key_pool::{self, EmbeddedKey};
use crate::signing_algorithm::SigningAlgorithm;

/// A key pair with its key ID and algorithm.
///
/// The private key is one of the test keys embedded in this crate, so it is public. A system outside of a test must
/// never trust it.
///
/// ```
/// use okta_auth_testing::{SigningAlgorithm, MockOkta, SigningKey};
///
/// let okta = MockOkta::start();
/// let ours = okta.signing_key();
/// assert_eq!(ours.jwk()["kid"], ours.kid());
///
/// let theirs = SigningKey::unknown(SigningAlgorithm::RS256);
/// let forged = okta.token().signed_by(&theirs).sign();
/// # assert_eq!(forged.split('.').count(), 3);
/// ```
#[derive(Clone)]
pub struct SigningKey {
    kid: String,
    algorithm: SigningAlgorithm,
    embedded: &'static EmbeddedKey,
}

impl SigningKey {
    /// The `index`-th embedded key for the algorithm, with this key ID.
    ///
    /// # Panics
    ///
    /// If the algorithm is not asymmetric.
    pub(crate) fn served(kid: String, algorithm: SigningAlgorithm, index: usize) -> Self {
        Self { kid, algorithm, embedded: key_pool::served(algorithm.expect_key_pair(), index) }
    }

    /// A key that no [`MockOkta`](crate::MockOkta) publishes. Its key ID is unknown too. To forge a token that names a
    /// published key, set that key's ID with [`with_kid`](Self::with_kid).
    ///
    /// # Panics
    ///
    /// If the algorithm is not asymmetric.
    pub fn unknown(algorithm: SigningAlgorithm) -> Self {
        let kid = format!("unknown-{}", algorithm.name());
        Self { kid, algorithm, embedded: key_pool::unserved(algorithm.expect_key_pair()) }
    }

    /// The same key with another key ID.
    pub fn with_kid(self, kid: impl Into<String>) -> Self {
        Self { kid: kid.into(), ..self }
    }

    /// The key ID, which is the header parameter `kid`.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The algorithm that the key signs with.
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// The public key as a JWK (RFC 7517) with Okta's members: `kty`, `alg`, `kid`, `use` and the key parameters.
    pub fn jwk(&self) -> Value {
        let mut jwk: Map<String, Value> = serde_json::from_str(self.embedded.jwk).unwrap_or_default();
        jwk.insert("alg".into(), json!(self.algorithm.name()));
        jwk.insert("kid".into(), json!(self.kid));
        jwk.insert("use".into(), json!("sig"));
        Value::Object(jwk)
    }

    pub(crate) fn embedded(&self) -> &'static EmbeddedKey {
        self.embedded
    }

    /// Whether this key made the signature.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        crate::signature::verify(self.algorithm, self.embedded, message, signature)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}
