//! Keeps a connection to a store open, on a thread with a runtime of its own: those of actix-web are one per worker, and a
//! validator can be built outside of a runtime.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures_util::future::select;
use redis::pipe;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use super::core::{Core, State};
use super::link::{Commands as _, Link};
use super::replies::{Failure, eviction_policy};

const SHORTEST_BACKOFF: Duration = Duration::from_millis(100);

const LONGEST_BACKOFF: Duration = Duration::from_secs(2);

/// How often an idle connection is used, so that one that is lost is noticed before a request needs it.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// To connect takes several steps, each at most as long as a request.
const STEPS: u32 = 4;

/// Starts the thread. It ends when the result is dropped.
pub(super) fn start(core: Arc<Core>) -> oneshot::Sender<()> {
    let (stop, stopped) = oneshot::channel();
    let supervisor = Supervisor { core: Arc::clone(&core) };
    let thread = thread::Builder::new().name("okta-auth-store".to_owned());
    if let Err(error) = thread.spawn(move || supervisor.run(stopped)) {
        give_up(&core, &error);
    }
    stop
}

/// Without a thread, every request with a proof is rejected.
fn give_up(core: &Core, error: &io::Error) {
    core.state.send_replace(State::Down);
    tracing::error!("the thread of the shared store can't start, so requests with a proof get 503: {error}");
}

struct Supervisor {
    core: Arc<Core>,
}

impl Supervisor {
    fn run(self, mut stopped: oneshot::Receiver<()>) {
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => {
                runtime.block_on(async {
                    select(pin!(self.supervise()), &mut stopped).await;
                });
                // The lookup of a host's name can still run.
                runtime.shutdown_background();
            }
            Err(error) => give_up(&self.core, &error),
        }
    }

    async fn supervise(&self) {
        let store = &self.core.settings.address;
        let mut backoff = SHORTEST_BACKOFF;
        let mut is_reported = false;
        loop {
            let failure = match self.within(STEPS, self.connect()).await {
                Ok(link) => {
                    let link = Arc::new(link);
                    self.core.state.send_replace(State::Ready(Arc::clone(&link)));
                    if !std::mem::replace(&mut is_reported, true) {
                        tracing::info!(%store, "the shared store is available");
                    }
                    let opened = Instant::now();
                    let failure = self.watch(&link).await;
                    if link.has_worked() || opened.elapsed() > LONGEST_BACKOFF {
                        // The first attempt to connect again is immediate, and requests wait for it.
                        self.core.state.send_replace(State::Connecting);
                        backoff = SHORTEST_BACKOFF;
                        continue;
                    }
                    failure
                }
                Err(failure) => Some(failure),
            };
            self.core.state.send_replace(State::Down);
            if let Some(failure) = failure {
                is_reported = false;
                self.core.warn_unavailable(&failure);
            }
            sleep(backoff).await;
            backoff = (backoff * 2).min(LONGEST_BACKOFF);
        }
    }

    /// Opens a connection, and checks that the store takes commands.
    async fn connect(&self) -> Result<Link, Failure> {
        let settings = &self.core.settings;
        let link = Link::open(&settings.address, settings.roots.as_ref()).await?;
        self.core.ensure_marker(&link).await?;
        let [info] = link.send(pipe().cmd("INFO").arg("memory")).await?;
        match eviction_policy(&info).as_deref() {
            Some("noeviction") => {}
            Some(policy) => self.core.warn_of_policy(policy),
            None => tracing::debug!(store = %settings.address, "the maxmemory-policy is not known: INFO is refused"),
        }
        Ok(link)
    }

    /// Returns when the connection has failed. `None` if a request has reported why.
    async fn watch(&self, link: &Link) -> Option<Failure> {
        while timeout(HEARTBEAT, link.failed()).await.is_err() {
            match self.within(1, self.core.ensure_marker(link)).await {
                Ok(()) => link.work(),
                Err(failure) => return Some(failure),
            }
        }
        None
    }

    /// Limits the time to that of so many requests.
    async fn within<T>(&self, requests: u32, task: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        timeout(self.core.settings.timeout * requests, task).await.unwrap_or(Err(Failure::Timeout))
    }
}
