//! The state of an introspection endpoint, for readiness probes and metrics.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::CallError;

/// The state of one issuer's introspection endpoint (RFC 7662). Reading it causes no call.
///
/// The status contains no secret, but an error's text names URLs: log it, and do not send it to clients.
///
/// ```
/// use okta_auth_runtime::Validator;
///
/// fn report(validator: &Validator) {
///     for issuer in validator.status() {
///         if let Some(endpoint) = issuer.introspection() {
///             println!("{}: {} calls, next in {:?}", issuer.issuer(), endpoint.calls(), endpoint.next_attempt());
///         }
///     }
/// }
/// # let _ = report;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct IntrospectionStatus {
    pub(super) introspects_every_token: bool,
    pub(super) calls: u64,
    pub(super) in_flight: usize,
    pub(super) waiting: usize,
    pub(super) remembered: (usize, usize),
    pub(super) last_call: Option<Duration>,
    pub(super) last_error: Option<Arc<CallError>>,
    pub(super) retry_in: Option<Duration>,
}

impl IntrospectionStatus {
    /// Whether every token of the issuer is introspected
    /// ([`IntrospectionMode::Always`](crate::config::IntrospectionMode::Always)), so that its keys do not matter.
    pub(crate) fn introspects_every_token(&self) -> bool {
        self.introspects_every_token
    }

    /// Whether the endpoint may be called now. False during the back-off after a failed call.
    pub fn usable(&self) -> bool {
        self.retry_in.is_none()
    }

    /// The number of calls that were made since the validator was built.
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// The number of calls in flight.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// The number of calls that wait for their turn, because as many as allowed are in flight.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// The numbers of active and of inactive answers in memory, including those that are too old to be used.
    pub fn remembered(&self) -> (usize, usize) {
        self.remembered
    }

    /// How long ago the last call succeeded or failed. `None` if no call has ended yet.
    pub fn last_call(&self) -> Option<Duration> {
        self.last_call
    }

    /// Why the endpoint failed last. `None` if it has recovered since, or has never failed.
    pub fn last_error(&self) -> Option<&CallError> {
        self.last_error.as_deref()
    }

    /// How long until a call is allowed; zero if one is allowed now.
    pub fn next_attempt(&self) -> Duration {
        self.retry_in.unwrap_or_default()
    }
}

/// One line, for explanations and logs.
impl fmt::Display for IntrospectionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(ago) = self.last_call.map(|ago| ago.as_secs()) else { return f.write_str("not called yet") };
        write!(f, "{} {}", self.calls, if self.calls == 1 { "call" } else { "calls" })?;
        match &self.last_error {
            None => write!(f, ", the last one succeeded {ago} s ago"),
            Some(error) => {
                write!(
                    f,
                    ", the last one ended {ago} s ago; next attempt in {} s: {error}",
                    self.next_attempt().as_secs()
                )
            }
        }
    }
}
