//! Faults of an identity provider.

use std::time::Duration;

use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::watch;

use crate::record::Endpoint;

/// A way for the mock to fail.
///
/// [`MockOkta::fault`](crate::MockOkta::fault) puts it into force until
/// [`clear_faults`](crate::MockOkta::clear_faults). Without [`on`](Self::on) and [`times`](Self::times) it affects
/// every request. If several faults are in force, each request gets the first one that matches its endpoint.
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
    /// Responds with this status and one of Okta's error bodies.
    Status(u16),
    /// Responds with 429, Okta's `E0000047`, `X-Rate-Limit-*`, and, if given, `Retry-After` in whole seconds.
    TooManyRequests {
        /// The value of `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// Does not respond until [`MockOkta::release`](crate::MockOkta::release), and then responds normally. Dropping the
    /// mock does not wait for such a request.
    Hang,
    /// Sends the normal response with one byte of its body per interval. [`release`](crate::MockOkta::release) sends
    /// the rest at once.
    SlowDrip {
        /// The interval between two bytes.
        every: Duration,
    },
    /// Sends the head and the first half of the normal response, and then closes the connection.
    Truncate,
    /// Responds with 200 and `application/json`, but with a body that is not JSON.
    Garbage,
    /// Adds a member of this size to the normal response, which stays valid JSON, and sends no `Content-Length`.
    Oversized {
        /// The size of the padding in bytes.
        bytes: usize,
    },
    /// Resets the connection (TCP RST) without a response.
    Reset,
    /// Responds with 200 and `{"keys":[]}`.
    EmptyKeySet,
    /// Redirects to this URL with 302.
    Redirect(String),
    /// Responds with 200, `application/json` and this body.
    Body(String),
    /// Responds with this status, `application/json` and this body. [`Fault::oauth_error`] makes the body of an OAuth error.
    Response {
        /// The HTTP status.
        status: u16,
        /// The body, which need not be JSON.
        body: String,
    },
}

impl Fault {
    /// Responds with this status and an error of OAuth (RFC 6749 section 5.2), such as 401 `invalid_client`.
    /// [`Fault::Status`] has an error of Okta's API instead.
    ///
    /// ```
    /// use okta_auth_testing::{Endpoint, Fault, MockOkta};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let okta = MockOkta::start();
    /// okta.fault(Fault::oauth_error(401, "invalid_client").on(Endpoint::Introspect));
    /// let response = reqwest::Client::new().post(okta.introspection_endpoint()).send().await.unwrap();
    /// assert_eq!(response.status(), 401);
    /// assert_eq!(response.json::<serde_json::Value>().await.unwrap()["error"], "invalid_client");
    /// # }
    /// ```
    pub fn oauth_error(status: u16, error: impl Into<String>) -> Self {
        let body = json!({ "error": error.into(), "error_description": "A fault of the mock." });
        Self::Response { status, body: body.to_string() }
    }

    /// Limits the fault to this endpoint.
    pub fn on(self, endpoint: Endpoint) -> Injection {
        Injection::from(self).on(endpoint)
    }

    /// Limits the fault to the next `n` requests.
    pub fn times(self, n: usize) -> Injection {
        Injection::from(self).times(n)
    }
}

/// A [`Fault`] with the endpoint and the number of requests that it affects.
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
    /// Limits the fault to this endpoint.
    pub fn on(self, endpoint: Endpoint) -> Self {
        Self { endpoint: Some(endpoint), ..self }
    }

    /// Limits the fault to the next `n` requests.
    pub fn times(self, n: usize) -> Self {
        Self { left: Some(n), ..self }
    }

    /// The fault.
    pub fn fault(&self) -> &Fault {
        &self.fault
    }

    /// The affected endpoint; `None` for every endpoint.
    pub fn endpoint(&self) -> Option<Endpoint> {
        self.endpoint
    }

    /// The number of requests that it will still affect; `None` for no limit.
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

/// The faults in force, and the signal that releases hung requests.
#[derive(Debug)]
pub(crate) struct Faults {
    injections: Mutex<Vec<Injection>>,
    released: watch::Sender<()>,
}

/// Waits for the next release.
pub(crate) struct ReleaseSignal(watch::Receiver<()>);

impl ReleaseSignal {
    pub(crate) async fn released(mut self) {
        // An error means that the mock is gone, which also releases the request.
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

    /// The fault for a request that just arrived, and the signal for the next release from now on.
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
