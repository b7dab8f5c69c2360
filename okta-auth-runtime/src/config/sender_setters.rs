//! The setters of bound tokens: RFC 9449 and 8705.

use super::{ClientCertificates, Dpop, ValidatorBuilder};
use crate::shared_store::SharedStore;

impl ValidatorBuilder {
    /// Accepts or requires tokens that are bound to a key, with a proof (RFC 9449). Default off: the scheme `DPoP` is another
    /// scheme, and a token that is bound to a key is rejected. Needs a [`resource`](Self::resource).
    ///
    /// Replaces all settings of an earlier call, and of `OKTA_DPOP` and `OKTA_DPOP_NONCE`. If nonces are no longer required, that is
    /// a warning.
    pub fn dpop(mut self, dpop: Dpop) -> Self {
        if self.dpop.as_ref().is_some_and(Dpop::has_nonces) && !dpop.has_nonces() {
            tracing::warn!(
                "`.dpop(..)` replaces the settings of OKTA_DPOP_NONCE or of an earlier call, so proofs need no nonce: call \
                 `.require_nonces()` or `.nonce_secret(..)`"
            );
        }
        self.dpop = Some(dpop);
        self
    }

    /// The store in which the instances of this API share the proofs that were used. Default none: a proof works once on each
    /// instance. Without [`dpop`](Self::dpop) it has no effect, which is a warning.
    pub fn shared_store(mut self, store: SharedStore) -> Self {
        self.shared_store = Some(store);
        self
    }

    /// Accepts tokens that are bound to the certificate of their client (RFC 8705). Certificates come only from this source.
    /// Default off: such a token is rejected.
    pub fn client_certificates(mut self, certificates: ClientCertificates) -> Self {
        self.client_certificates = Some(certificates);
        self
    }
}
