//! The limit of warnings by time.

use std::time::Duration;

/// Permits one warning per interval and counts the others.
#[derive(Debug)]
pub(crate) struct RateLimitedWarning {
    interval: Duration,
    last: Option<Duration>,
    suppressed: u64,
}

impl RateLimitedWarning {
    pub(crate) fn new(interval: Duration) -> Self {
        Self { interval, last: None, suppressed: 0 }
    }

    /// The number of warnings that were suppressed since the last one. `None` if this one is suppressed, too.
    pub(crate) fn permit(&mut self, now: Duration) -> Option<u64> {
        // If the clock went backwards, the warning is permitted.
        let too_early = self.last.and_then(|last| now.checked_sub(last)).is_some_and(|since| since < self.interval);
        if too_early {
            self.suppressed += 1;
            return None;
        }
        self.last = Some(now);
        Some(std::mem::take(&mut self.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_warning_per_interval_passes_and_counts_the_others() {
        let mut warning = RateLimitedWarning::new(Duration::from_secs(60));
        let mut at = |second| warning.permit(Duration::from_secs(second));
        assert_eq!(at(1000), Some(0));
        assert_eq!(at(1001), None);
        assert_eq!(at(1059), None);
        assert_eq!(at(1060), Some(2));
        assert_eq!(at(900), Some(0), "the clock went backwards");
        assert_eq!(at(901), None);
    }
}
