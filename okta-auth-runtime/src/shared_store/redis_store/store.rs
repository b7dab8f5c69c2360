//! The decision about a proof.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use base64_simd::URL_SAFE_NO_PAD;
use once_cell::sync::OnceCell;
use redis::{Pipeline, pipe};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::core::{Core, State};
use super::link::{Commands, Link};
use super::marker::{Marker, Memory};
use super::replies::{self, Failure};
use super::supervisor;
use crate::clock::Clock;
use crate::shared_store::replay_store::{ProofUse, Remembered, ReplayStore, StoreError};

/// Proofs in Redis or Valkey: a key for each, which expires when the proof is too old.
pub(super) struct RedisStore {
    core: Arc<Core>,
    /// Ends the supervisor when it is dropped.
    supervisor: OnceCell<oneshot::Sender<()>>,
}

/// The answer of the store about a proof.
#[derive(Debug, PartialEq)]
pub(super) enum Decision {
    Remembered(Remembered),
    /// The store lost its data in this second, after the proof was issued.
    Incomplete {
        since: u64,
    },
}

impl RedisStore {
    pub(super) fn new(core: Core) -> Self {
        Self { core: Arc::new(core), supervisor: OnceCell::new() }
    }
}

impl ReplayStore for RedisStore {
    fn remember<'s>(
        &'s self,
        proof: &'s ProofUse,
    ) -> Pin<Box<dyn Future<Output = Result<Remembered, StoreError>> + Send + 's>> {
        Box::pin(self.core.remember(proof))
    }

    fn start(&self, clock: Arc<dyn Clock>) {
        self.core.clock.get_or_init(|| clock);
        self.supervisor.get_or_init(|| supervisor::start(Arc::clone(&self.core)));
    }
}

/// Shows neither user nor password.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisStore").field(&format_args!("{}", self.core.settings.address)).finish()
    }
}

impl Core {
    /// Decides within the timeout of the store.
    async fn remember(&self, proof: &ProofUse) -> Result<Remembered, StoreError> {
        let Ok(_permit) = self.waiting.try_acquire() else {
            self.warn_unavailable(&Failure::Busy);
            return Err(StoreError::new());
        };
        let mut used = None;
        let decision = timeout(self.settings.timeout, async {
            let link = used.insert(self.link().await?);
            self.decide(&**link, proof).await.map_err(Some)
        });
        match decision.await {
            Ok(Ok(decision)) => {
                if let Some(link) = used {
                    link.work();
                }
                match decision {
                    Decision::Remembered(remembered) => Ok(remembered),
                    Decision::Incomplete { since } => {
                        self.warn_of_incomplete(since);
                        Err(StoreError::new())
                    }
                }
            }
            // The supervisor has reported why the store is down.
            Ok(Err(None)) => Err(StoreError::new()),
            Ok(Err(Some(failure))) => Err(self.fail(used, &failure)),
            Err(_) => Err(self.fail(used, &Failure::Timeout)),
        }
    }

    fn fail(&self, link: Option<Arc<Link>>, failure: &Failure) -> StoreError {
        if let Some(link) = link {
            link.fail();
        }
        self.warn_unavailable(failure);
        StoreError::new()
    }

    /// The connection. Waits while it is opened, and returns `None` during a back-off.
    async fn link(&self) -> Result<Arc<Link>, Option<Failure>> {
        let mut state = self.state.subscribe();
        let settled = state.wait_for(|state| !matches!(state, State::Connecting)).await;
        match settled.as_deref() {
            Ok(State::Ready(link)) => Ok(Arc::clone(link)),
            _ => Err(None),
        }
    }

    /// Reads the marker after the proof is set: if the store loses its data in between, the marker is gone.
    pub(super) async fn decide(&self, link: &impl Commands, proof: &ProofUse) -> Result<Decision, Failure> {
        let key = format!("{}proof:{}", self.settings.key_prefix, URL_SAFE_NO_PAD.encode_to_string(proof.id()));
        let value = self.next_value();
        let mut commands = set_once(pipe(), &key, &value, proof);
        commands.cmd("GET").arg(&self.marker_key);
        let [set, marker] = link.send(&commands).await?;
        let mut is_new = replies::was_set(&set)?;
        let judge = |marker: Marker| marker.judge(proof.issued_at, self.now(), proof.clock_difference());
        let mut memory = judge(replies::marker(&marker)?);
        if let Memory::Unmarked { replaces } = memory {
            // The proof may be lost, too. It is set again. Its value shows whether it is that of another request.
            let mut commands = set_once(self.mark(replaces), &key, &value, proof);
            commands.cmd("GET").arg(&key).cmd("GET").arg(&self.marker_key);
            let [marked, _, kept, marker] = link.send(&commands).await?;
            match (replaces, replies::was_set(&marked)?) {
                (true, _) => self.warn_of_marker(),
                (false, true) => self.warn_of_lost_data(),
                (false, false) => {}
            }
            is_new &= replies::is_value(&kept, &value)?;
            memory = judge(replies::marker(&marker)?);
        }
        match memory {
            Memory::Complete if is_new => Ok(Decision::Remembered(Remembered::New)),
            Memory::Complete => Ok(Decision::Remembered(Remembered::Replayed)),
            Memory::Incomplete { since } => Ok(Decision::Incomplete { since }),
            Memory::Unmarked { .. } => Err(Failure::Unsettled),
        }
    }
}

/// Adds the command that sets the proof if it is not set, until it is too old.
fn set_once(mut commands: Pipeline, key: &str, value: &str, proof: &ProofUse) -> Pipeline {
    let keep_for = u64::try_from(proof.keep_for().as_millis()).unwrap_or(u64::MAX);
    commands.cmd("SET").arg(key).arg(value).arg("NX").arg("PX").arg(keep_for);
    commands
}
