//! The checks of a DPoP proof: RFC 9449 section 4.3, in the order of `docs/proof-rules.md`.

use std::time::Duration;

use base64_simd::URL_SAFE_NO_PAD;
use parking_lot::Mutex;

use super::nonce::Nonces;
use super::outcome::{SenderError, SpentProof};
use super::replay_memory::{ProofId, Remembered, ReplayMemory};
use super::target_uri::{TargetUri, normalize_below};
use crate::access_token::{Confirmation, ValidToken};
use crate::algorithm::Algorithm;
use crate::error::{Excerpt, ProofError, TokenError};
use crate::jose::{NumericDate, Thumbprint, UnverifiedProof, sha256};
use crate::keys::RateLimitedWarning;

/// The properties that proofs must have.
pub(crate) struct DpopRules {
    /// Bearer tokens that are not bound are refused.
    pub(crate) is_required: bool,
    pub(crate) algorithms: Vec<Algorithm>,
    /// The greatest age of `iat`.
    pub(crate) max_age: Duration,
    /// How far clocks may differ.
    pub(crate) leeway: Duration,
    /// The origins that proofs may name, such as `https://api.example.com`.
    pub(crate) origins: Vec<Box<str>>,
    /// The front of the path that a proxy removed: empty, or a normalized path without a slash at its end.
    pub(crate) path_prefix: Box<str>,
    pub(crate) memory: ReplayMemory,
    /// `None` if proofs need no nonce of this server.
    pub(crate) nonces: Option<Nonces>,
    pub(crate) full_warning: Mutex<RateLimitedWarning>,
}

/// The interval of warnings about a full memory.
pub(crate) const FULL_WARNING_INTERVAL: Duration = Duration::from_secs(60);

/// The request that a proof must be for.
pub(crate) struct DpopRequest<'r> {
    pub(crate) token: &'r [u8],
    /// The value of the one `DPoP` header.
    pub(crate) proof: &'r [u8],
    pub(crate) method: &'r str,
    /// The path as received.
    pub(crate) path: &'r str,
    /// The proof that this request has already spent. It may be checked again.
    pub(crate) spent: Option<ProofId>,
}

impl DpopRules {
    /// Checks the proof, and remembers it last of all, so that a proof that fails another check is not used up.
    pub(super) fn check(
        &self,
        token: &ValidToken,
        request: &DpopRequest<'_>,
        now: Duration,
    ) -> Result<(Thumbprint, SpentProof), SenderError> {
        let bound_to = check_binding(token.claims().confirmation.as_deref())?;
        let proof = UnverifiedProof::parse(request.proof, &self.algorithms, token.known_proof_header())?;
        let key = proof.thumbprint();
        check_key(&key, &bound_to)?;
        let claims = proof.claims()?;
        let id = ProofId::new(&key, &claims.jti);
        let is_spent = request.spent == Some(id);
        // A replay is found before its signature is verified. `remember` decides.
        if !is_spent && self.memory.has(&id, now) {
            return Err(ProofError::Replayed.into());
        }
        // Only the holder of the token's key gets here.
        if let Some(header) = proof.verify()? {
            token.keep_proof_header(header);
        }
        check_method(&claims.htm, request.method)?;
        self.check_target(&claims.htu, request.path)?;
        check_token_hash(&claims.ath, request.token)?;
        self.check_time(claims.iat, now)?;
        let proof = SpentProof { id, fresh_nonce: self.check_nonce(claims.nonce.as_deref(), now)? };
        if is_spent {
            return Ok((key, proof));
        }
        let until = claims.iat.plus(self.max_age).plus(self.leeway).since_epoch();
        match self.memory.remember(id, until, now) {
            Remembered::New => Ok((key, proof)),
            Remembered::Replayed => Err(ProofError::Replayed.into()),
            Remembered::Full => {
                if let Some(suppressed) = self.full_warning.lock().permit(now) {
                    tracing::warn!(
                        suppressed,
                        "the memory of DPoP proofs is full, so requests with a proof get 503 until old proofs expire: a \
                         client sends too many, or `Dpop::memory(..)` is too small"
                    );
                }
                Err(SenderError::MemoryFull { fresh_nonce: proof.fresh_nonce })
            }
        }
    }

    /// The origin is configured. It never comes from the request.
    pub(crate) fn check_target(&self, htu: &str, received_path: &str) -> Result<(), ProofError> {
        let wrong = |found| ProofError::WrongTarget { found, expected: Excerpt::list(&self.origins) };
        let target = TargetUri::parse(htu).ok_or_else(|| wrong("a text that is not a URL of RFC 3986"))?;
        if !self.origins.contains(&target.origin) {
            return Err(wrong("another origin"));
        }
        let path = normalize_below(&self.path_prefix, received_path);
        if path.as_deref() == Some(&*target.path) { Ok(()) } else { Err(wrong("another path")) }
    }

    /// Returns a fresh nonce if that of the proof is due for renewal.
    pub(crate) fn check_nonce(&self, nonce: Option<&str>, now: Duration) -> Result<Option<String>, SenderError> {
        let Some(nonces) = &self.nonces else { return Ok(None) };
        let required = |found| SenderError::NonceRequired { found, fresh: nonces.issue(now) };
        let nonce = nonce.ok_or_else(|| required("none"))?;
        let valid = nonces.check(nonce, now, self.leeway).ok_or_else(|| required("another, or an old one"))?;
        Ok(valid.is_due.then(|| nonces.issue(now)))
    }

    pub(crate) fn check_time(&self, iat: NumericDate, now: Duration) -> Result<(), ProofError> {
        let (now, leeway, limit) = (NumericDate::at(now), self.leeway, self.max_age + self.leeway);
        if iat > now.plus(leeway) {
            return Err(ProofError::NotYetValid { ahead: iat.later_than(now), leeway });
        }
        if now > iat.plus(limit) {
            return Err(ProofError::Expired { ago: now.later_than(iat), limit });
        }
        Ok(())
    }
}

/// The key that a token of the scheme DPoP is bound to.
pub(crate) fn check_binding(confirmation: Option<&Confirmation>) -> Result<Thumbprint, TokenError> {
    let bound_to = confirmation.and_then(|confirmation| confirmation.key).ok_or(TokenError::NotBound)?;
    // Before the proof is remembered: no certificate is confirmed.
    if confirmation.is_some_and(|confirmation| confirmation.certificate.is_some()) {
        return Err(TokenError::BoundToKey);
    }
    Ok(bound_to)
}

pub(crate) fn check_key(key: &Thumbprint, bound_to: &Thumbprint) -> Result<(), TokenError> {
    if key == bound_to { Ok(()) } else { Err(TokenError::BoundToOtherKey) }
}

pub(crate) fn check_method(htm: &str, method: &str) -> Result<(), ProofError> {
    if htm == method {
        return Ok(());
    }
    Err(ProofError::WrongMethod { found: Excerpt::new(htm), expected: Excerpt::new(method) })
}

/// RFC 9449 section 4.3, check 12.
pub(crate) fn check_token_hash(ath: &str, token: &[u8]) -> Result<(), ProofError> {
    let hash = URL_SAFE_NO_PAD.encode_to_string(sha256(token));
    if *ath == *hash { Ok(()) } else { Err(ProofError::WrongTokenHash) }
}
