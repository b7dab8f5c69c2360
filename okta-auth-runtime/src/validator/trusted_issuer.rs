//! An issuer whose tokens a validator accepts.

use std::sync::Arc;

use crate::access_token::IssuerRules;
use crate::algorithm::Algorithm;
use crate::error::{Excerpt, TokenError, ValidateError};
use crate::jose::Key;
use crate::keys::{FindError, KeyStore};

/// An issuer whose tokens a validator accepts: the rules of its tokens, and its keys.
pub(crate) struct TrustedIssuer {
    pub(crate) rules: Arc<IssuerRules>,
    pub(crate) keys: KeyStore,
}

impl TrustedIssuer {
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
