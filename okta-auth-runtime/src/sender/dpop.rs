//! The checks of a DPoP proof: RFC 9449 section 4.3, in the order of `docs/proof-rules.md`.

use std::sync::Arc;
use std::time::Duration;

use base64_simd::URL_SAFE_NO_PAD;
use parking_lot::Mutex;

use super::nonce::Nonces;
use super::outcome::{SenderError, SpentProof};
use super::target_uri::{TargetUri, normalize_below};
use crate::access_token::{Confirmation, ValidToken};
use crate::algorithm::Algorithm;
use crate::error::{Excerpt, ProofError, TokenError};
use crate::jose::{NumericDate, Thumbprint, UnverifiedProof, sha256};
use crate::shared_store::{ProofId, ProofUse, Refusal, Remembered, ReplayMemory, ReplayStore, StoreError};
use crate::warning::RateLimitedWarning;

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
    /// The proofs that were used on this instance.
    pub(crate) memory: ReplayMemory,
    /// The proofs that were used on all instances. `None` if there is only this one.
    pub(crate) store: Option<Arc<dyn ReplayStore>>,
    /// `None` if proofs need no nonce of this server.
    pub(crate) nonces: Option<Nonces>,
    pub(crate) refusal_warning: Mutex<RateLimitedWarning>,
}

/// The interval of warnings about a memory that refuses proofs.
pub(crate) const REFUSAL_WARNING_INTERVAL: Duration = Duration::from_secs(60);

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

/// A proof that passed every check but the last: whether it was used before.
struct CheckedProof {
    key: Thumbprint,
    spent: SpentProof,
    /// `None` if this request has already spent the proof.
    to_remember: Option<ProofUse>,
}

impl DpopRules {
    /// Checks the proof, and remembers it last of all, so that a proof that fails another check is not used up.
    pub(super) async fn check(
        &self,
        token: &ValidToken,
        request: &DpopRequest<'_>,
        certificate: Option<&Thumbprint>,
        now: Duration,
    ) -> Result<(Thumbprint, SpentProof), SenderError> {
        let CheckedProof { key, spent, to_remember } = self.check_unused(token, request, certificate, now)?;
        let remembered = match &to_remember {
            None => return Ok((key, spent)),
            Some(proof) => self.remember(proof).await,
        };
        match remembered {
            Ok(Remembered::New) => Ok((key, spent)),
            Ok(Remembered::Replayed) => Err(ProofError::Replayed.into()),
            Err(_) => Err(SenderError::StoreUnavailable { fresh_nonce: spent.fresh_nonce }),
        }
    }

    /// Every check but the last.
    fn check_unused(
        &self,
        token: &ValidToken,
        request: &DpopRequest<'_>,
        certificate: Option<&Thumbprint>,
        now: Duration,
    ) -> Result<CheckedProof, SenderError> {
        let bound_to = check_binding(token.claims().confirmation.as_deref(), certificate)?;
        let proof = UnverifiedProof::parse(request.proof, &self.algorithms, token.known_proof_header())?;
        let key = proof.thumbprint();
        check_key(&key, &bound_to)?;
        let claims = proof.claims()?;
        let id = ProofId::new(&key, &claims.jti);
        let is_spent = request.spent == Some(id);
        // A replay on this instance is found before its signature is verified. `remember` decides.
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
        let spent = SpentProof { id, fresh_nonce: self.check_nonce(claims.nonce.as_deref(), now)? };
        let to_remember = (!is_spent).then(|| ProofUse {
            id,
            issued_at: claims.iat.since_epoch(),
            until: claims.iat.plus(self.max_age).plus(self.leeway).since_epoch(),
            now,
            leeway: self.leeway,
        });
        Ok(CheckedProof { key, spent, to_remember })
    }

    /// Remembers the proof on all instances. Without a store, this one is all.
    async fn remember(&self, proof: &ProofUse) -> Result<Remembered, StoreError> {
        let Some(store) = &self.store else {
            return self.memory.remember(proof.id, proof.until, proof.now).map_err(|refusal| {
                self.warn_of_refusal(refusal, proof.now);
                StoreError::new()
            });
        };
        // A replay is not remembered here: the request that the store has accepted may be of this instance, and still wait for
        // its answer.
        if store.remember(proof).await? == Remembered::Replayed {
            return Ok(Remembered::Replayed);
        }
        // So that its replay on this instance is found early, and also if the store forgets it. The store has decided, so a full
        // memory changes nothing.
        Ok(self.memory.remember(proof.id, proof.until, proof.now).unwrap_or(Remembered::New))
    }

    fn warn_of_refusal(&self, refusal: Refusal, now: Duration) {
        let Some(suppressed) = self.refusal_warning.lock().permit(now) else { return };
        match refusal {
            Refusal::Full => tracing::warn!(
                suppressed,
                "the memory of DPoP proofs is full, so requests with a proof get 503 until old proofs expire: a \
                 client sends too many, or `Dpop::memory(..)` is too small"
            ),
            Refusal::Forgotten => tracing::warn!(
                suppressed,
                "the clock went back, so DPoP proofs that may have been used before get 503 until they are too old"
            ),
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

/// The key that a token of the scheme DPoP is bound to. The certificate is checked too, if the token is bound to one.
pub(crate) fn check_binding(
    confirmation: Option<&Confirmation>,
    certificate: Option<&Thumbprint>,
) -> Result<Thumbprint, TokenError> {
    let (confirmation, key) = confirmation.and_then(|known| Some((known, known.key?))).ok_or(TokenError::NotBound)?;
    confirmation.check_certificate(certificate)?;
    Ok(key)
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

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;
    use crate::test_log::Log;

    const NOW: Duration = Duration::from_secs(1_800_000_000);
    const MINUTE: Duration = Duration::from_secs(60);

    fn rules() -> DpopRules {
        DpopRules {
            is_required: false,
            algorithms: Vec::new(),
            max_age: MINUTE,
            leeway: Duration::from_secs(5),
            origins: Vec::new(),
            path_prefix: "".into(),
            memory: ReplayMemory::new(1),
            store: None,
            nonces: None,
            refusal_warning: Mutex::new(RateLimitedWarning::new(REFUSAL_WARNING_INTERVAL)),
        }
    }

    #[test]
    fn proof_is_valid_in_its_first_and_last_second() {
        let rules = rules();
        for (now, expected) in [(-6, Some("not_yet_valid")), (-5, None), (0, None), (65, None), (66, Some("expired"))] {
            let now = Duration::from_secs(NOW.as_secs().saturating_add_signed(now));
            let found = rules.check_time(NumericDate::at(NOW), now).err();
            assert_eq!(found.map(|error| error.code()), expected, "{now:?}");
        }
    }

    /// A client that sends many proofs must not fill the log.
    #[tokio::test]
    async fn refusal_of_the_memory_is_logged_once_a_minute() {
        let log = Log::default();
        let _guard = tracing::subscriber::set_default(log.clone());
        let rules = rules();
        let remember = async |number: u64, until: Duration, now: Duration| {
            let id = ProofId::from_bytes(u128::from(number).to_be_bytes());
            rules.remember(&ProofUse { id, issued_at: NOW, until, now, leeway: rules.leeway }).await
        };
        let mut refused = 0;
        for number in 0..5_000 {
            refused += u64::from(remember(number, NOW + MINUTE, NOW).await.is_err());
        }
        assert!(refused > 1);
        let logged = log.read();
        assert!(
            matches!(&*logged, [(Level::WARN, line)] if line.contains("the memory of DPoP proofs is full")),
            "{logged:?}"
        );

        // Each shard is full, and forgets its old proofs.
        for number in 5_000..10_000 {
            remember(number, NOW + 10 * MINUTE, NOW + 9 * MINUTE).await.ok();
        }
        log.read();
        for number in 0..2 {
            assert_eq!(remember(number, NOW + MINUTE, NOW + MINUTE).await, Err(StoreError::new()));
        }
        let logged = log.read();
        assert!(matches!(&*logged, [(Level::WARN, line)] if line.contains("the clock went back")), "{logged:?}");
    }
}
