//! What can go wrong with an identity provider, on demand.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::record::Endpoint;

/// A way for the mock to fail.
///
/// Given to [`MockOkta::fault`](crate::MockOkta::fault) as it is, a fault strikes each request until
/// [`clear_faults`](crate::MockOkta::clear_faults); [`on`](Self::on) and [`times`](Self::times) narrow it. Several
/// faults make a script: the first that fits a request and is not used up strikes it.
///
/// ```
/// use std::time::Duration;
/// use okta_auth_testing::{Endpoint, Fault, MockOkta};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let okta = MockOkta::start();
/// okta.fault(Fault::Status(503).on(Endpoint::Keys).times(1));
/// okta.fault(Fault::TooManyRequests { retry_after: Some(Duration::from_secs(30)) }.on(Endpoint::Keys).times(1));
///
/// assert_eq!(reqwest::get(okta.jwks_uri()).await.unwrap().status(), 503);
/// let limited = reqwest::get(okta.jwks_uri()).await.unwrap();
/// assert_eq!((limited.status().as_u16(), &limited.headers()["retry-after"]), (429, &"30".parse().unwrap()));
/// assert_eq!(reqwest::get(okta.jwks_uri()).await.unwrap().status(), 200);
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// This status with one of Okta's error bodies.
    Status(u16),
    /// 429 with Okta's `E0000047`, `X-Rate-Limit-*`, and `Retry-After` in whole seconds if given.
    TooManyRequests {
        /// The value of `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// No answer until [`MockOkta::release`](crate::MockOkta::release), which lets the request proceed as if nothing
    /// had been wrong. Dropping the mock does not wait for it.
    Hang,
    /// The right answer, one byte of its body per interval. [`release`](crate::MockOkta::release) sends the rest at
    /// once.
    SlowDrip {
        /// The time between two bytes.
        every: Duration,
    },
    /// The head and the first half of the right answer, then the connection ends.
    Truncate,
    /// 200 and `application/json`, but a body that is not JSON.
    Garbage,
    /// The right answer with a member of so many bytes added: valid JSON, without `Content-Length`.
    Oversized {
        /// The size of the padding in bytes.
        bytes: usize,
    },
    /// The connection is reset (TCP RST) without an answer.
    Reset,
    /// 200 and `{"keys":[]}`.
    EmptyKeySet,
    /// 302 to this URL.
    Redirect(String),
    /// 200, `application/json` and this body.
    Body(String),
}

impl Fault {
    /// Strikes this endpoint alone.
    pub fn on(self, endpoint: Endpoint) -> Injection {
        Injection::from(self).on(endpoint)
    }

    /// Strikes the next `n` requests alone.
    pub fn times(self, n: usize) -> Injection {
        Injection::from(self).times(n)
    }
}

/// A [`Fault`] with where and how often it strikes.
///
/// ```
/// use okta_auth_testing::{Endpoint, Fault, Injection};
///
/// let twice: Injection = Fault::Reset.on(Endpoint::Keys).times(2);
/// assert_eq!(twice, Fault::Reset.times(2).on(Endpoint::Keys));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Injection {
    fault: Fault,
    endpoint: Option<Endpoint>,
    left: Option<usize>,
}

impl Injection {
    /// Strikes this endpoint alone.
    pub fn on(self, endpoint: Endpoint) -> Self {
        Self { endpoint: Some(endpoint), ..self }
    }

    /// Strikes the next `n` requests alone.
    pub fn times(self, n: usize) -> Self {
        Self { left: Some(n), ..self }
    }

    /// What goes wrong.
    pub fn fault(&self) -> &Fault {
        &self.fault
    }

    /// Where; `None` for each endpoint.
    pub fn endpoint(&self) -> Option<Endpoint> {
        self.endpoint
    }

    /// How often it still strikes; `None` for each time.
    pub fn left(&self) -> Option<usize> {
        self.left
    }

    fn inject(&mut self, endpoint: Endpoint) -> Option<Fault> {
        if self.endpoint.is_some_and(|only| only != endpoint) {
            return None;
        }
        match &mut self.left {
            Some(0) => return None,
            Some(left) => *left -= 1,
            None => {}
        }
        Some(self.fault.clone())
    }
}

impl From<Fault> for Injection {
    fn from(fault: Fault) -> Self {
        Self { fault, endpoint: None, left: None }
    }
}

/// The faults in force, and the gate that hung requests wait at.
#[derive(Debug)]
pub(crate) struct Faults {
    injections: Mutex<Vec<Injection>>,
    released: watch::Sender<()>,
}

/// Waits for the next release.
pub(crate) struct ReleaseSignal(watch::Receiver<()>);

impl ReleaseSignal {
    pub(crate) async fn released(mut self) {
        // An error means that the mock is gone, which opens the gate too.
        let _ = self.0.changed().await;
    }
}

impl Faults {
    pub(crate) fn new() -> Self {
        Self { injections: Mutex::default(), released: watch::Sender::new(()) }
    }

    pub(crate) fn add(&self, injection: Injection) {
        self.injections.lock().push(injection);
    }

    /// The fault for a request that just arrived, and the gate as of now.
    pub(crate) fn inject(&self, endpoint: Endpoint) -> Option<(Fault, ReleaseSignal)> {
        let mut injections = self.injections.lock();
        let fault = injections.iter_mut().find_map(|injection| injection.inject(endpoint))?;
        injections.retain(|injection| injection.left != Some(0));
        Some((fault, ReleaseSignal(self.released.subscribe())))
    }

    pub(crate) fn all(&self) -> Vec<Injection> {
        self.injections.lock().clone()
    }

    pub(crate) fn clear(&self) {
        self.injections.lock().clear();
        self.release();
    }

    pub(crate) fn release(&self) {
        self.released.send_replace(());
    }
}
