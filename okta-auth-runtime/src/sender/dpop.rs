//! The checks of a DPoP proof: RFC 9449 section 4.3, in the order of `docs/proof-rules.md`.

use std::time::Duration;

use base64_simd::URL_SAFE_NO_PAD;
use parking_lot::Mutex;

use super::nonce::Nonces;
use super::outcome::{SenderError, SpentProof};
use super::replay_memory::{ProofId, Remembered, ReplayMemory};
use super::target_uri::{TargetUri, normalize_below};
use crate::access_token::ValidToken;
use crate::algorithm::Algorithm;
use crate::error::{Excerpt, ProofError, TokenError};
use crate::jose::{NumericDate, ProofClaims, Thumbprint, UnverifiedProof, sha256};
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
        let confirmation = token.claims().confirmation.as_ref();
        let bound_to = confirmation.and_then(|confirmation| confirmation.key).ok_or(TokenError::NotBound)?;
        // Before the proof is remembered: no certificate is confirmed.
        if confirmation.is_some_and(|confirmation| confirmation.certificate.is_some()) {
            return Err(TokenError::BoundToKey.into());
        }
        let proof = UnverifiedProof::parse(request.proof, &self.algorithms)?;
        let key = proof.thumbprint();
        if key != bound_to {
            return Err(TokenError::BoundToOtherKey.into());
        }
        let claims = proof.claims()?;
        let id = ProofId::new(&key, &claims.jti);
        let is_spent = request.spent == Some(id);
        // A replay is found before its signature is verified. `remember` decides.
        if !is_spent && self.memory.has(&id, now) {
            return Err(ProofError::Replayed.into());
        }
        proof.verify()?;
        self.check_method(&claims, request)?;
        self.check_target(&claims, request)?;
        check_token_hash(&claims, request)?;
        self.check_time(&claims, now)?;
        let proof = SpentProof { id, fresh_nonce: self.check_nonce(&claims, now)? };
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

    fn check_method(&self, claims: &ProofClaims, request: &DpopRequest<'_>) -> Result<(), ProofError> {
        if *claims.htm == *request.method {
            return Ok(());
        }
        Err(ProofError::WrongMethod { found: Excerpt::new(&claims.htm), expected: Excerpt::new(request.method) })
    }

    /// The origin is configured. It never comes from the request.
    fn check_target(&self, claims: &ProofClaims, request: &DpopRequest<'_>) -> Result<(), ProofError> {
        let wrong = |found| ProofError::WrongTarget { found, expected: Excerpt::list(&self.origins) };
        let target = TargetUri::parse(&claims.htu).ok_or_else(|| wrong("a text that is not a URL of RFC 3986"))?;
        if !self.origins.contains(&target.origin) {
            return Err(wrong("another origin"));
        }
        let path = normalize_below(&self.path_prefix, request.path);
        if path.as_deref() == Some(&*target.path) { Ok(()) } else { Err(wrong("another path")) }
    }

    /// Returns a fresh nonce if that of the proof is due for renewal.
    fn check_nonce(&self, claims: &ProofClaims, now: Duration) -> Result<Option<String>, SenderError> {
        let Some(nonces) = &self.nonces else { return Ok(None) };
        let required = |found| SenderError::NonceRequired { found, fresh: nonces.issue(now) };
        let nonce = claims.nonce.as_deref().ok_or_else(|| required("none"))?;
        let valid = nonces.check(nonce, now, self.leeway).ok_or_else(|| required("another, or an old one"))?;
        Ok(valid.is_due.then(|| nonces.issue(now)))
    }

    fn check_time(&self, claims: &ProofClaims, now: Duration) -> Result<(), ProofError> {
        let (now, leeway, limit) = (NumericDate::at(now), self.leeway, self.max_age + self.leeway);
        if claims.iat > now.plus(leeway) {
            return Err(ProofError::NotYetValid { ahead: claims.iat.later_than(now), leeway });
        }
        if now > claims.iat.plus(limit) {
            return Err(ProofError::Expired { ago: now.later_than(claims.iat), limit });
        }
        Ok(())
    }
}

/// RFC 9449 section 4.3, check 12.
fn check_token_hash(claims: &ProofClaims, request: &DpopRequest<'_>) -> Result<(), ProofError> {
    let hash = URL_SAFE_NO_PAD.encode_to_string(sha256(request.token));
    if *claims.ath == *hash { Ok(()) } else { Err(ProofError::WrongTokenHash) }
}
