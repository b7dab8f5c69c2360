//! The wait after failed requests to one server.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// How long no request is sent to a server after it failed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BackoffSettings {
    /// The wait after the first failure, which doubles with each further one.
    pub(crate) min: Duration,
    /// The limit of the doubling.
    pub(crate) max: Duration,
    /// The longest honored `Retry-After`. It can exceed `max`.
    pub(crate) retry_after_max: Duration,
    /// The largest fraction by which a wait is shortened at random, from 0 to 1.
    pub(crate) jitter: f64,
}

impl BackoffSettings {
    /// The wait after the `failures`th failure in a row, from 1. `random`, from 0 to 1, selects how much of the jitter
    /// shortens it.
    pub(crate) fn wait(&self, failures: u32, retry_after: Option<Duration>, random: f64) -> Duration {
        let doubled = self.min.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)));
        let wait = fraction_of(doubled.min(self.max), 1.0 - self.jitter * random);
        wait.max(retry_after.unwrap_or_default().min(self.retry_after_max))
    }
}

/// `fraction` is from 0 to 1.
pub(crate) fn fraction_of(whole: Duration, fraction: f64) -> Duration {
    Duration::try_from_secs_f64(whole.as_secs_f64() * fraction).map_or(whole, |part| part.min(whole))
}

/// 0 to 1, for jitter.
pub(crate) fn random() -> f64 {
    let bits = RandomState::new().hash_one(());
    bits as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    const SETTINGS: BackoffSettings = BackoffSettings {
        min: Duration::from_secs(1),
        max: Duration::from_secs(5),
        retry_after_max: Duration::from_secs(60),
        jitter: 0.1,
    };

    #[test]
    fn wait_doubles_and_honors_retry_after_up_to_limits() {
        for (failures, expected) in (1..).zip([1, 2, 4, 5, 5]) {
            assert_eq!(SETTINGS.wait(failures, None, 0.0), seconds(expected), "{failures}");
        }
        assert_eq!(SETTINGS.wait(u32::MAX, None, 0.0), seconds(5));
        assert_eq!(SETTINGS.wait(1, Some(seconds(30)), 0.5), seconds(30));
        assert_eq!(SETTINGS.wait(1, Some(seconds(3600)), 0.0), seconds(60));
        assert_eq!(SETTINGS.wait(4, Some(seconds(1)), 0.0), seconds(5));
    }

    #[test]
    fn jitter_only_shortens() {
        for (random, expected) in [(0.0, 4000), (0.5, 3800), (1.0, 3600)] {
            assert_eq!(SETTINGS.wait(3, None, random), Duration::from_millis(expected), "{random}");
        }
    }

    #[test]
    fn jitter_is_a_part_and_another_one_each_time() {
        let drawn: Vec<f64> = (0..100).map(|_| random()).collect();
        assert!(drawn.iter().all(|part| (0.0..=1.0).contains(part)));
        for quarter in [0.0, 0.25, 0.5, 0.75] {
            assert!(drawn.iter().any(|part| (quarter..quarter + 0.25).contains(part)), "{quarter}");
        }
    }
}
