//! The trait of a store that remembers proofs.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::proof_id::ProofId;
use crate::clock::Clock;

/// Remembers the DPoP proofs that were used, for all instances of an API: RFC 9449 section 11.1.
///
/// Without a store, the memory of the process is used: see [`Dpop::memory`](crate::config::Dpop::memory). The feature `redis`
/// has a store for Redis and Valkey. Implement this trait for another database, and pass it to
/// [`SharedStore::new`](super::SharedStore::new).
///
/// ```
/// use std::collections::HashSet;
/// use std::future::Future;
/// use std::pin::Pin;
/// use std::sync::Mutex;
///
/// use okta_auth_runtime::config::{ProofUse, Remembered, ReplayStore, SharedStore, StoreError};
///
/// /// Only an example: it never forgets a proof.
/// #[derive(Debug, Default)]
/// struct Table(Mutex<HashSet<[u8; 16]>>);
///
/// impl ReplayStore for Table {
///     fn remember<'s>(
///         &'s self,
///         proof: &'s ProofUse,
///     ) -> Pin<Box<dyn Future<Output = Result<Remembered, StoreError>> + Send + 's>> {
///         Box::pin(async move {
///             let mut proofs = self.0.lock().map_err(|_| StoreError::new())?;
///             Ok(if proofs.insert(*proof.id()) { Remembered::New } else { Remembered::Replayed })
///         })
///     }
/// }
///
/// let store = SharedStore::new(Table::default());
/// # drop(store);
/// ```
pub trait ReplayStore: fmt::Debug + Send + Sync + 'static {
    /// Remembers a proof for at least [`ProofUse::keep_for`]. Of all calls with one [`id`](ProofUse::id) in that time, on all
    /// instances, at most one returns [`Remembered::New`].
    ///
    /// It is called last of all: every other check has passed. It decides within a bounded time, and never by guess: a call
    /// whose answer is lost is an error, and is not repeated, because a second call would find its own proof.
    ///
    /// A store must not forget a live proof. A store that has lost data returns an error for each proof that was
    /// [issued](ProofUse::issued_at) before it noticed the loss.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store can't say whether the proof is new. The request is then rejected with 503
    /// `store_unavailable`.
    fn remember<'s>(
        &'s self,
        proof: &'s ProofUse,
    ) -> Pin<Box<dyn Future<Output = Result<Remembered, StoreError>> + Send + 's>>;

    /// Prepares the store for requests, without waiting. [`ValidatorBuilder::build`](crate::config::ValidatorBuilder::build)
    /// calls it with the clock of the validator, possibly more than once and outside of a runtime. A store can begin to connect
    /// in the background. Default: nothing.
    fn start(&self, clock: Arc<dyn Clock>) {
        drop(clock);
    }
}

/// The use of a proof that passed every other check. Times are since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofUse {
    pub(crate) id: ProofId,
    pub(crate) issued_at: Duration,
    /// Until when the proof is young enough, by the clock of this instance.
    pub(crate) until: Duration,
    pub(crate) now: Duration,
    pub(crate) leeway: Duration,
}

/// How far the clocks of instances can be apart without a leeway, which is for the clocks of clients.
const LEAST_CLOCK_DIFFERENCE: Duration = Duration::from_secs(60);

impl ProofUse {
    /// Identifies the key of the proof together with its `jti`. It is a hash.
    pub fn id(&self) -> &[u8; 16] {
        self.id.bytes()
    }

    /// The `iat` of the proof, in whole seconds, by the clock of the client.
    pub fn issued_at(&self) -> Duration {
        self.issued_at
    }

    /// The current time, by the clock of this instance.
    pub fn now(&self) -> Duration {
        self.now
    }

    /// The leeway of the validator.
    pub fn leeway(&self) -> Duration {
        self.leeway
    }

    /// How long the proof must be remembered: until it is too old, also by an instance whose clock is behind by the leeway,
    /// or by a minute if the leeway is shorter.
    pub fn keep_for(&self) -> Duration {
        self.until.saturating_sub(self.now) + self.clock_difference()
    }

    /// How far the clocks of instances can be apart.
    pub(super) fn clock_difference(&self) -> Duration {
        self.leeway.max(LEAST_CLOCK_DIFFERENCE)
    }
}

/// Whether a proof was used before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remembered {
    /// It was not, and is from now on.
    New,
    /// It was.
    Replayed,
}

/// The store can't say whether a proof was used before. The store logs the cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, thiserror::Error)]
#[error("the shared store is unavailable")]
#[non_exhaustive]
pub struct StoreError {}

impl StoreError {
    /// The error has no cause: no client sees one, and the store logs it.
    pub fn new() -> Self {
        Self {}
    }
}
