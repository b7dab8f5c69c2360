//! The sender of a token: turns a valid token, and the request that it came with, into a caller.
//!
//! A Bearer token belongs to anyone who holds it. A token that is bound to a key (`cnf`) is accepted only from a sender who
//! proves to hold that key: RFC 9449 (DPoP), RFC 8705 (certificates).

mod certificate;
mod dpop;
mod nonce;
mod outcome;
mod target_uri;

use std::time::Duration;

pub(crate) use certificate::{CertificateFormat, CertificateHeader, CertificateRequest, CertificateSource};
pub(crate) use dpop::{
    DpopRequest, DpopRules, REFUSAL_WARNING_INTERVAL, check_binding, check_key, check_method, check_token_hash,
};
pub(crate) use nonce::Nonces;
pub(crate) use outcome::{SenderError, SpentProof};
pub(crate) use target_uri::{TargetUri, normalize_below, normalize_path, path_of};

use crate::access_token::{Evidence, ValidToken};
use crate::context::AuthContext;
use crate::error::TokenError;
use crate::jose::Thumbprint;

/// How senders are confirmed.
#[derive(Default)]
pub(crate) struct SenderRules {
    /// `None` if DPoP is off.
    pub(crate) dpop: Option<DpopRules>,
    /// `None` if certificates are not read.
    pub(crate) certificates: Option<CertificateSource>,
}

/// How a token was sent.
pub(crate) enum Presentation<'r> {
    Bearer,
    Dpop(DpopRequest<'r>),
}

/// A caller, and the proof that the request has spent.
pub(crate) struct Confirmed {
    pub(crate) user: AuthContext,
    pub(crate) proof: Option<SpentProof>,
}

impl SenderRules {
    /// Confirms that the sender may use the token, which came with `request`, if any. `now` returns the time since the Unix
    /// epoch, for a proof. Waits only for a shared store, and only with a proof.
    pub(crate) async fn confirm(
        &self,
        token: ValidToken,
        presentation: &Presentation<'_>,
        request: Option<&CertificateRequest<'_>>,
        now: impl FnOnce() -> Duration,
    ) -> Result<Confirmed, SenderError> {
        match (presentation, &self.dpop) {
            (Presentation::Bearer, _) => Ok(Confirmed { user: self.confirm_bearer(token, request)?, proof: None }),
            (Presentation::Dpop(dpop), Some(rules)) => {
                let certificate = self.certificate(&token, request)?;
                let (key, proof) = rules.check(&token, dpop, certificate.as_ref(), now()).await?;
                let evidence = Evidence { key: Some(key), certificate };
                Ok(Confirmed { user: AuthContext::new(token, &evidence)?, proof: Some(proof) })
            }
            // The scheme is not read while DPoP is off.
            (Presentation::Dpop(_), None) => Err(TokenError::BoundToKey.into()),
        }
    }

    /// As [`confirm`](Self::confirm), for a token that was sent as a Bearer token. Never waits.
    pub(crate) fn confirm_bearer(
        &self,
        token: ValidToken,
        request: Option<&CertificateRequest<'_>>,
    ) -> Result<AuthContext, TokenError> {
        let requires_binding = self.dpop.as_ref().is_some_and(|rules| rules.is_required);
        if requires_binding && token.claims().confirmation.is_none() {
            return Err(TokenError::NotBound);
        }
        let certificate = self.certificate(&token, request)?;
        AuthContext::new(token, &Evidence { key: None, certificate })
    }

    /// The certificate of the client. It is read only for a token that is bound to one.
    fn certificate(
        &self,
        token: &ValidToken,
        request: Option<&CertificateRequest<'_>>,
    ) -> Result<Option<Thumbprint>, TokenError> {
        let confirmation = token.claims().confirmation.as_ref();
        if confirmation.is_none_or(|confirmation| confirmation.certificate.is_none()) {
            return Ok(None);
        }
        match (&self.certificates, request) {
            (Some(source), Some(request)) => source.read(request).map(Some),
            _ => Ok(None),
        }
    }
}
