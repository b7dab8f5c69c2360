//! An issuer whose tokens a validator accepts.

use std::sync::Arc;

use crate::access_token::IssuerRules;
use crate::algorithm::Algorithm;
use crate::error::{Excerpt, TokenError, ValidateError};
use crate::introspection::{IntrospectionMode, Introspector};
use crate::jose::Key;
use crate::keys::{FindError, IssuerStatus, KeyStore};

/// An issuer whose tokens a validator accepts: the rules of its tokens, its keys, and its introspection endpoint.
pub(crate) struct TrustedIssuer {
    pub(crate) rules: Arc<IssuerRules>,
    pub(crate) keys: KeyStore,
    /// `None` if introspection is off.
    pub(crate) introspector: Option<Introspector>,
}

impl TrustedIssuer {
    /// The introspector, if it has this mode.
    pub(super) fn introspector_with(&self, mode: IntrospectionMode) -> Option<&Introspector> {
        self.introspector.as_ref().filter(|introspector| introspector.mode() == mode)
    }

    /// The state of the keys, and of the introspection endpoint.
    pub(super) fn status(&self) -> IssuerStatus {
        self.keys.status().with_introspection(self.introspector.as_ref().map(Introspector::status))
    }

    /// The key of this ID and algorithm. Waits for a fetch if the key is not in the set and a fetch may bring it.
    pub(crate) async fn find_key(&self, id: &str, algorithm: Algorithm) -> Result<Arc<Key>, ValidateError> {
        self.keys.find(id, algorithm).await.map_err(|error| match error {
            FindError::UnknownKey => {
                let issuer = Excerpt::new(&self.rules.issuer);
                TokenError::UnknownKey { kid: Excerpt::new(id), issuer }.into()
            }
            FindError::AlgorithmNotOfKey(of_key) => {
                let expected = Excerpt::list(of_key.iter().map(|algorithm| algorithm.name()));
                TokenError::AlgorithmNotOfKey { found: algorithm, kid: Excerpt::new(id), expected }.into()
            }
            FindError::Keys(error) => error.into(),
        })
    }
}
