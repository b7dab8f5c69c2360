//! Formats durations for messages and headers.

use std::fmt;
use std::time::Duration;

/// Shown as `4 s`, or as `0.25 s` if there is a fraction.
pub(crate) struct Seconds(pub(crate) Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        match millis % 1000 {
            0 => write!(f, "{} s", millis / 1000),
            rest => {
                write!(f, "{}.{} s", millis / 1000, format!("{rest:03}").trim_end_matches('0'))
            }
        }
    }
}

/// Rounds up, because `Retry-After` has no fractions (RFC 9110 section 10.2.3).
pub(super) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}
