//! The clock is injected, so that a test can simulate an outage of hours in milliseconds.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The only source of time for token times, key freshness and back-off.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH, SystemTime};
/// use okta_auth_runtime::config::{Clock, SystemClock};
///
/// struct Frozen;
///
/// impl Clock for Frozen {
///     fn now(&self) -> SystemTime {
///         UNIX_EPOCH + Duration::from_secs(1_800_000_000)
///     }
/// }
///
/// assert!(SystemClock.now() > UNIX_EPOCH);
/// assert_eq!(Frozen.now(), UNIX_EPOCH + Duration::from_secs(1_800_000_000));
/// ```
pub trait Clock: Send + Sync + 'static {
    /// The current time.
    fn now(&self) -> SystemTime;
}

/// The clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// The time since the Unix epoch; zero for a clock before the epoch.
pub(crate) fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// A clock of tests that changes only when it is set.
#[cfg(test)]
pub(crate) struct MockClock(pub(crate) parking_lot::Mutex<Duration>);

#[cfg(test)]
impl Clock for MockClock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + *self.0.lock()
    }
}
