//! The settings of a key set's life cycle.

use std::time::Duration;

use crate::http::{BackoffSettings, Limits, fraction_of};

/// Defines the settings with their defaults, and a setter for each. The docs of a setting are the range of its values.
macro_rules! settings {
    (
        $(#[$meta:meta])*
        pub struct $Settings:ident { $($(#[$range:meta])* $name:ident: $type:ty = $default:expr,)+ }
    ) => {
        $(#[$meta])*
        pub struct $Settings {
            $(pub(crate) $name: $type,)+
        }

        impl Default for $Settings {
            fn default() -> Self {
                Self { $($name: $default,)+ }
            }
        }

        impl $Settings {
            $(
                #[doc = concat!("Sets `", stringify!($name), "`. The [table](#defaults) describes it.")]
                $(#[$range])*
                #[must_use]
                pub fn $name(mut self, $name: $type) -> Self {
                    self.$name = $name;
                    self
                }
            )+
        }
    };
}

settings! {
    /// How long the keys of an issuer are used and when they are fetched.
    ///
    /// The guide: [keys](https://docs.rs/okta-auth/latest/okta_auth/guide/keys/index.html).
    ///
    /// # Defaults
    ///
    /// | setting | default | meaning |
    /// |---|---|---|
    /// | `freshness` | 5 min | how long a fetched set is fresh if its response does not specify it |
    /// | `min_freshness`, `max_freshness` | 1 min, 1 h | limits of `freshness` and of a response's `max-age` |
    /// | `refresh_ahead` | 0.8 | the fraction of the freshness after which the set is refreshed in the background |
    /// | `jitter` | 0.1 | the largest fraction by which a wait for the next fetch is shortened at random |
    /// | `stale_on_error` | 1 h | how long a set is used beyond its freshness if it is not refreshed |
    /// | `cooldown` | 10 s | how long unknown key IDs cause no fetch after a fetched set lacked one |
    /// | `backoff_min`, `backoff_max` | 1 s, 5 s | the wait after the first failed fetch; the limit of its doubling |
    /// | `retry_after_max` | 60 s | the longest honored `Retry-After` of a failed fetch; can exceed `backoff_max` |
    /// | `wait` | 5 s | how long a request waits for a fetch |
    /// | `connect_timeout` | 2 s | the time-out of one connection |
    /// | `fetch_timeout` | 5 s | the time-out of one fetch as a whole, including discovery |
    /// | `body_limit` | 1 MiB | the largest body of one response |
    /// | `metadata_freshness` | 1 h | how long discovered metadata is used before it is read again |
    /// | `warn_interval` | 60 s | the shortest time between two warnings of failed fetches |
    ///
    /// Every duration is at most 365 days.
    ///
    /// With a given JWKS URI, a fetch is one request. With discovery, it is up to four: up to three for the metadata, at
    /// each of its possible locations, and one for the keys. Cached metadata saves the former.
    ///
    /// ```
    /// use std::time::Duration;
    /// use okta_auth_runtime::{keys::KeySettings, Validator};
    ///
    /// let settings = KeySettings::default().freshness(Duration::from_secs(60)).cooldown(Duration::from_secs(30));
    /// let builder = Validator::builder().key_settings(settings);
    /// # drop(builder);
    /// ```
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub struct KeySettings {
        freshness: Duration = Duration::from_secs(5 * 60),
        /// Above zero, and at most `max_freshness`.
        min_freshness: Duration = Duration::from_secs(60),
        /// At least `min_freshness`.
        max_freshness: Duration = Duration::from_secs(60 * 60),
        /// From 0 to 1.
        refresh_ahead: f64 = 0.8,
        /// From 0 to 1.
        jitter: f64 = 0.1,
        stale_on_error: Duration = Duration::from_secs(60 * 60),
        /// Above zero.
        cooldown: Duration = Duration::from_secs(10),
        /// Above zero, and at most `backoff_max`.
        backoff_min: Duration = Duration::from_secs(1),
        /// At least `backoff_min`.
        backoff_max: Duration = Duration::from_secs(5),
        retry_after_max: Duration = Duration::from_secs(60),
        /// Above zero.
        wait: Duration = Duration::from_secs(5),
        /// Above zero.
        connect_timeout: Duration = Duration::from_secs(2),
        /// Above zero.
        fetch_timeout: Duration = Duration::from_secs(5),
        /// In bytes, above zero.
        body_limit: usize = 1024 * 1024,
        metadata_freshness: Duration = Duration::from_secs(60 * 60),
        warn_interval: Duration = Duration::from_secs(60),
    }
}

/// Upper bound of every duration, so that sums can't overflow.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl KeySettings {
    /// Checks that the settings do not contradict each other.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        let is_fraction = |value: f64| (0.0..=1.0).contains(&value);
        let durations = [
            self.freshness,
            self.min_freshness,
            self.max_freshness,
            self.stale_on_error,
            self.cooldown,
            self.backoff_min,
            self.backoff_max,
            self.retry_after_max,
            self.wait,
            self.connect_timeout,
            self.fetch_timeout,
            self.metadata_freshness,
            self.warn_interval,
        ];
        let above_zero = [self.wait, self.fetch_timeout, self.connect_timeout];
        [
            (durations.iter().all(|duration| *duration <= LONGEST), "durations of at most 365 days"),
            (self.min_freshness <= self.max_freshness, "min_freshness of at most max_freshness"),
            (self.backoff_min <= self.backoff_max, "backoff_min of at most backoff_max"),
            (!self.backoff_min.is_zero(), "backoff_min above zero, or an outage is a flood"),
            (!self.cooldown.is_zero(), "cooldown above zero, or strangers cause a fetch with each token"),
            (is_fraction(self.refresh_ahead), "refresh_ahead from 0 to 1"),
            (is_fraction(self.jitter), "jitter from 0 to 1"),
            (
                !self.min_freshness.is_zero(),
                "min_freshness above zero, or a response can cause a fetch with each request",
            ),
            (
                above_zero.iter().all(|duration| !duration.is_zero()),
                "wait, fetch_timeout and connect_timeout above zero",
            ),
            (self.body_limit > 0, "body_limit above zero"),
        ]
        .into_iter()
        .try_for_each(|(holds, expected)| if holds { Ok(()) } else { Err(expected) })
    }

    /// How long a set with this `max-age` is fresh.
    pub(super) fn freshness_of(&self, max_age: Option<Duration>) -> Duration {
        max_age.unwrap_or(self.freshness).max(self.min_freshness).min(self.max_freshness)
    }

    /// How long after its fetch a set is refreshed, at least `backoff_min`.
    pub(super) fn refresh_after(&self, freshness: Duration, random: f64) -> Duration {
        fraction_of(freshness, self.refresh_ahead * (1.0 - self.jitter * random)).max(self.backoff_min)
    }

    /// The wait after failed fetches.
    pub(crate) fn backoff(&self) -> BackoffSettings {
        BackoffSettings {
            min: self.backoff_min,
            max: self.backoff_max,
            retry_after_max: self.retry_after_max,
            jitter: self.jitter,
        }
    }

    /// The limits of one fetch.
    pub(crate) fn limits(&self) -> Limits {
        Limits { connect_timeout: self.connect_timeout, timeout: self.fetch_timeout, body_limit: self.body_limit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn max_age_is_clamped() {
        let settings = KeySettings::default();
        let day = seconds(24 * 3600);
        for (max_age, freshness) in
            [(None, 300), (Some(0), 60), (Some(59), 60), (Some(61), 61), (Some(3600), 3600), (Some(44 * 86400), 3600)]
        {
            assert_eq!(settings.freshness_of(max_age.map(seconds)), seconds(freshness), "{max_age:?}");
        }
        assert_eq!(KeySettings { freshness: day, ..settings }.freshness_of(None), seconds(3600));
    }

    #[test]
    fn jitter_only_shortens() {
        let settings = KeySettings::default();
        assert_eq!(settings.refresh_after(seconds(300), 0.0), seconds(240));
        assert_eq!(settings.refresh_after(seconds(300), 1.0), seconds(216));
    }

    #[test]
    fn a_refresh_is_never_due_at_once() {
        let settings = KeySettings { refresh_ahead: 0.0, ..KeySettings::default() };
        assert_eq!(settings.refresh_after(seconds(300), 0.5), seconds(1));
    }

    #[test]
    fn contradictory_settings_are_rejected() {
        let good = KeySettings::default();
        assert_eq!(good.check(), Ok(()));
        let year = seconds(365 * 24 * 60 * 60);
        assert_eq!(KeySettings { stale_on_error: year, ..good }.check(), Ok(()));
        let zero = Duration::ZERO;
        for (settings, expected) in [
            (KeySettings { stale_on_error: year + seconds(1), ..good }, "durations of at most"),
            (KeySettings { min_freshness: seconds(3601), ..good }, "min_freshness of at most"),
            (KeySettings { min_freshness: zero, ..good }, "min_freshness above zero"),
            (KeySettings { backoff_min: seconds(6), ..good }, "backoff_min of at most"),
            (KeySettings { backoff_min: zero, ..good }, "backoff_min above zero"),
            (KeySettings { cooldown: zero, ..good }, "cooldown above zero"),
            (KeySettings { refresh_ahead: 1.1, ..good }, "refresh_ahead from"),
            (KeySettings { refresh_ahead: f64::NAN, ..good }, "refresh_ahead from"),
            (KeySettings { jitter: -0.1, ..good }, "jitter from"),
            (KeySettings { wait: zero, ..good }, "wait, fetch_timeout and connect_timeout"),
            (KeySettings { fetch_timeout: zero, ..good }, "wait, fetch_timeout and connect_timeout"),
            (KeySettings { connect_timeout: zero, ..good }, "wait, fetch_timeout and connect_timeout"),
            (KeySettings { body_limit: 0, ..good }, "body_limit above zero"),
        ] {
            assert!(settings.check().is_err_and(|found| found.starts_with(expected)), "{expected}");
        }
    }
}
