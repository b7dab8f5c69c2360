//! NumericDate (RFC 7519 section 2): `exp`, `nbf` and `iat`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds since the Unix epoch; may have a fraction.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(crate) struct NumericDate(f64);

impl NumericDate {
    /// Parses raw JSON; `None` unless it is a finite number.
    pub(crate) fn parse(raw: &str) -> Option<Self> {
        if !raw.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            return None;
        }
        raw.parse().ok().filter(|seconds: &f64| seconds.is_finite()).map(Self)
    }

    pub(crate) fn at(since_epoch: Duration) -> Self {
        Self(since_epoch.as_secs_f64())
    }

    pub(crate) fn plus(self, duration: Duration) -> Self {
        Self(self.0 + duration.as_secs_f64())
    }

    /// How much later this is than `other`, in whole milliseconds; zero if it is not later.
    pub(crate) fn later_than(self, other: Self) -> Duration {
        let millis = ((self.0 - other.0).max(0.0) * 1000.0).round();
        Duration::try_from_secs_f64(millis / 1000.0).unwrap_or(Duration::MAX)
    }

    /// The time since the Unix epoch. Dates before the epoch become zero, dates beyond the range the greatest duration.
    pub(crate) fn since_epoch(self) -> Duration {
        Duration::try_from_secs_f64(self.0.max(0.0)).unwrap_or(Duration::MAX)
    }

    /// Converts to a `SystemTime`. Dates before the epoch become the epoch, dates beyond its range a distant date.
    pub(crate) fn system_time(self) -> SystemTime {
        UNIX_EPOCH
            .checked_add(self.since_epoch())
            .unwrap_or_else(|| UNIX_EPOCH + Duration::from_secs(u32::MAX.into()) * 64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_finite_numbers_are_dates() {
        for raw in ["0", "1800000000", "1800000000.25", "1.8e9", "-1"] {
            assert!(NumericDate::parse(raw).is_some(), "{raw}");
        }
        for raw in ["\"1800000000\"", "null", "true", "[]", "{}", "1e999", "-1e999"] {
            assert!(NumericDate::parse(raw).is_none(), "{raw}");
        }
    }

    #[test]
    fn a_date_is_a_time_of_the_clock() {
        let of = |raw: &str| NumericDate::parse(raw).unwrap().system_time();
        assert_eq!(of("1800000000.5"), UNIX_EPOCH + Duration::from_millis(1_800_000_000_500));
        assert_eq!(of("-1"), UNIX_EPOCH);
        assert!(of("1e300") > of("99999999999"), "far, whatever the clock can tell");
    }

    #[test]
    fn dates_beyond_the_range_of_the_clock_do_not_panic() {
        for raw in ["1e300", "18446744073709551616", "-1e300"] {
            NumericDate::parse(raw).unwrap().system_time();
        }
        let far = NumericDate::parse("1e300").unwrap();
        assert_eq!(far.later_than(NumericDate(0.0)), Duration::MAX);
    }
}
