//! The state that instances share: the proofs that were used.
//!
//! `replay_store` is the trait of a store. `handle` is the store of a configuration. `memory` is that of one process, `redis_store`
//! that of several.

mod handle;
mod memory;
mod proof_id;
#[cfg(feature = "redis")]
mod redis_store;
mod replay_store;

pub use handle::SharedStore;
#[cfg(feature = "redis")]
pub use redis_store::SharedStoreBuilder;
pub use replay_store::{ProofUse, Remembered, ReplayStore, StoreError};

pub(crate) use memory::{Refusal, ReplayMemory};
pub(crate) use proof_id::ProofId;
