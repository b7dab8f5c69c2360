//! The proofs that were used, on this instance or on all.
//!
//! `replay_store` is the trait of a store, and `handle` the store of a configuration. `memory` has the proofs of one process, and
//! `redis_store` those of several.

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
