//! The store of a configuration.

use std::sync::Arc;

use super::replay_store::ReplayStore;
use crate::clock::Clock;

/// The store that the instances of an API share: the DPoP proofs that were used. Set it with
/// [`ValidatorBuilder::shared_store`](crate::config::ValidatorBuilder::shared_store), or with `OKTA_STORE_URL`.
///
/// Clones are one store. The guide: [dpop](https://docs.rs/okta-auth/latest/okta_auth/guide/dpop/index.html).
#[derive(Debug, Clone)]
pub struct SharedStore(Arc<dyn ReplayStore>);

impl SharedStore {
    /// A store of your own. See [`ReplayStore`].
    pub fn new(store: impl ReplayStore) -> Self {
        Self(Arc::new(store))
    }

    /// Starts the store, and returns it.
    pub(crate) fn start(&self, clock: Arc<dyn Clock>) -> Arc<dyn ReplayStore> {
        self.0.start(clock);
        Arc::clone(&self.0)
    }
}
