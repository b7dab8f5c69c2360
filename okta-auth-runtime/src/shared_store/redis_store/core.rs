//! The state that the requests and the supervisor of a store share.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use once_cell::sync::OnceCell;
use parking_lot::Mutex;
use redis::{Pipeline, pipe};
use tokio::sync::{Semaphore, watch};

use super::address::Address;
use super::link::{Commands, Link};
use super::marker::Marker;
use super::replies::{self, Failure};
use super::tls::Roots;
use crate::clock::{Clock, SystemClock, since_epoch};
use crate::warning::RateLimitedWarning;

/// How many requests wait for the store at once. Beyond, a request is rejected at once.
const MAX_WAITING: usize = 10_000;

const WARNING_INTERVAL: Duration = Duration::from_secs(60);

pub(super) struct StoreSettings {
    pub(super) address: Address,
    pub(super) key_prefix: String,
    /// Of a request.
    pub(super) timeout: Duration,
    pub(super) roots: Option<Roots>,
}

#[derive(Clone)]
pub(super) enum State {
    /// For the first time, or after a connection that worked. Requests wait.
    Connecting,
    Ready(Arc<Link>),
    /// The last attempt failed. Requests are rejected at once.
    Down,
}

pub(super) struct Core {
    pub(super) settings: StoreSettings,
    /// Of the first validator that uses the store.
    pub(super) clock: OnceCell<Arc<dyn Clock>>,
    pub(super) state: watch::Sender<State>,
    pub(super) waiting: Semaphore,
    pub(super) marker_key: String,
    /// Of this instance. A value of its own for each attempt shows whose key is in the store.
    instance: u64,
    attempts: AtomicU64,
    unavailable_warning: Mutex<RateLimitedWarning>,
    incomplete_warning: Mutex<RateLimitedWarning>,
    policy_warning: Mutex<RateLimitedWarning>,
}

impl Core {
    pub(super) fn new(settings: StoreSettings) -> Self {
        let warning = || Mutex::new(RateLimitedWarning::new(WARNING_INTERVAL));
        Self {
            marker_key: format!("{}marker", settings.key_prefix),
            settings,
            clock: OnceCell::new(),
            state: watch::Sender::new(State::Connecting),
            waiting: Semaphore::new(MAX_WAITING),
            instance: RandomState::new().hash_one(std::process::id()),
            attempts: AtomicU64::new(0),
            unavailable_warning: warning(),
            incomplete_warning: warning(),
            policy_warning: warning(),
        }
    }

    /// The time since the Unix epoch.
    pub(super) fn now(&self) -> Duration {
        since_epoch(self.clock.get().map_or_else(|| SystemClock.now(), |clock| clock.now()))
    }

    pub(super) fn next_value(&self) -> String {
        format!("{:x}-{:x}", self.instance, self.attempts.fetch_add(1, Ordering::Relaxed))
    }

    /// The command that sets the marker to the current second. Of several instances, the first wins.
    ///
    /// The second is taken after the marker was found missing, and not before: a proof that was used and lost in between must not
    /// pass for a later one.
    pub(super) fn mark(&self, replaces: bool) -> Pipeline {
        let mut commands = pipe();
        commands.cmd("SET").arg(&self.marker_key).arg(self.now().as_secs());
        if !replaces {
            commands.arg("NX");
        }
        commands
    }

    /// Sets the marker if there is none, so that a proof that is issued from now on is good at once.
    pub(super) async fn ensure_marker(&self, link: &impl Commands) -> Result<(), Failure> {
        let [found] = link.send(pipe().cmd("GET").arg(&self.marker_key)).await?;
        if replies::marker(&found)? != Marker::Missing {
            return Ok(());
        }
        let [set] = link.send(&self.mark(false)).await?;
        if replies::was_set(&set)? {
            self.warn_of_lost_data();
        }
        Ok(())
    }

    pub(super) fn warn_of_lost_data(&self) {
        let store = &self.settings.address;
        tracing::warn!(%store, "the shared store is empty: DPoP proofs that were made before now get 503 until they are too old");
    }

    pub(super) fn warn_of_marker(&self) {
        let store = &self.settings.address;
        tracing::warn!(
            %store,
            key = self.marker_key,
            "the marker in the shared store was not a time, or one in the future, and is set anew: DPoP proofs that were made \
             before now get 503 until they are too old"
        );
    }

    pub(super) fn warn_of_incomplete(&self, since: u64) {
        if let Some(suppressed) = self.incomplete_warning.lock().permit(self.now()) {
            let store = &self.settings.address;
            tracing::warn!(%store, suppressed, since, "the shared store lost its data: a DPoP proof that was made before gets 503");
        }
    }

    pub(super) fn warn_unavailable(&self, failure: &Failure) {
        if let Some(suppressed) = self.unavailable_warning.lock().permit(self.now()) {
            let store = &self.settings.address;
            tracing::warn!(%store, suppressed, "the shared store is unavailable, so requests with a proof get 503: {failure}");
        }
    }

    pub(super) fn warn_of_policy(&self, policy: &str) {
        if let Some(suppressed) = self.policy_warning.lock().permit(self.now()) {
            let store = &self.settings.address;
            tracing::warn!(
                %store,
                suppressed,
                "the shared store may evict DPoP proofs, and then accepts them again: its maxmemory-policy is {policy}, \
                 expected noeviction"
            );
        }
    }
}
