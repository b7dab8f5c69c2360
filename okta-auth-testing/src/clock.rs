//! A clock that a test controls.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;

/// A clock that a test controls. Clones share the time.
///
/// It follows the system clock ([`system`](Self::system)), is stopped ([`frozen_at`](Self::frozen_at)), or reads any
/// function. [`advance`](Self::advance) and [`rewind`](Self::rewind) move it.
///
/// ```
/// use std::time::{Duration, SystemTime, UNIX_EPOCH};
/// use okta_auth_testing::{MockOkta, TestClock};
///
/// let clock = TestClock::frozen_at(UNIX_EPOCH + Duration::from_secs(1_800_000_000));
/// let okta = MockOkta::builder().clock(clock.clone()).start();
/// clock.advance(Duration::from_secs(3600));
/// assert_eq!(okta.clock().now(), UNIX_EPOCH + Duration::from_secs(1_800_003_600));
///
/// // Any function that returns a time.
/// MockOkta::builder().clock(SystemTime::now).start();
/// ```
#[derive(Clone)]
pub struct TestClock {
    source: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    offset: Arc<Mutex<Offset>>,
}

/// A signed difference in time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Offset {
    ahead: Duration,
    behind: Duration,
}

impl Offset {
    pub(crate) fn ahead(by: Duration) -> Self {
        Self { ahead: by, behind: Duration::ZERO }
    }

    pub(crate) fn behind(by: Duration) -> Self {
        Self { ahead: Duration::ZERO, behind: by }
    }

    /// Adds the offset to a time. Returns the time unchanged if the platform can't represent the result.
    pub(crate) fn apply(self, time: SystemTime) -> SystemTime {
        let later = time.checked_add(self.ahead).unwrap_or(time);
        later.checked_sub(self.behind).unwrap_or(later)
    }
}

impl TestClock {
    /// A clock that follows the system clock.
    pub fn system() -> Self {
        Self::from(SystemTime::now)
    }

    /// A clock that is stopped at a time until it is moved.
    pub fn frozen_at(time: SystemTime) -> Self {
        Self::from(move || time)
    }

    /// The current time of this clock.
    pub fn now(&self) -> SystemTime {
        self.offset.lock().apply((self.source)())
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.offset.lock().ahead += by;
    }

    /// Moves the clock back.
    pub fn rewind(&self, by: Duration) {
        self.offset.lock().behind += by;
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::system()
    }
}

impl<F> From<F> for TestClock
where
    F: Fn() -> SystemTime + Send + Sync + 'static,
{
    fn from(source: F) -> Self {
        Self { source: Arc::new(source), offset: Arc::default() }
    }
}

impl std::fmt::Debug for TestClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("TestClock").field(&self.now()).finish()
    }
}

/// Whole seconds since the Unix epoch; 0 before it.
pub(crate) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
