//! A verification key with the time until which it is usable.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::crypto::{self, Material, NotVerified, Verify};
use crate::algorithm::Algorithm;
use crate::error::Excerpt;

/// The `usable_until` of a retired key.
const RETIRED: u64 = 0;
/// The `usable_until` of a key in a set that is never refreshed.
const FOREVER: u64 = u64::MAX;

/// A parsed key for one algorithm.
pub(crate) struct Key {
    kid: Box<str>,
    algorithm: Algorithm,
    material: Material,
    verifier: Box<dyn Verify>,
    lifetime: Arc<KeyLifetime>,
}

/// Until when a key is usable.
///
/// The store sets it, which shows each holder without a lock that the key was retired or is too old. A cached token holds
/// only this of its key. Otherwise, it would keep a withdrawn key in memory, of a size that the issuer chooses.
pub(crate) struct KeyLifetime {
    /// Milliseconds since the Unix epoch.
    usable_until: AtomicU64,
}

impl KeyLifetime {
    /// `now` is the time since the Unix epoch.
    pub(crate) fn usable_at(&self, now: Duration) -> bool {
        millis(now) < self.usable_until.load(Ordering::Acquire)
    }
}

impl Key {
    /// Parses a key, which is usable forever until a store sets a limit. The error is for the log.
    pub(crate) fn parse(kid: &str, algorithm: Algorithm, material: &Material) -> Result<Self, &'static str> {
        Ok(Self {
            kid: kid.into(),
            algorithm,
            verifier: crypto::parse(material, algorithm)?,
            material: material.clone(),
            lifetime: Arc::new(KeyLifetime { usable_until: AtomicU64::new(FOREVER) }),
        })
    }

    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Verifies a signature. Does not check whether the key is still usable.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), NotVerified> {
        self.verifier.verify(message, signature)
    }

    #[cfg(test)]
    pub(crate) fn usable_at(&self, now: Duration) -> bool {
        self.lifetime.usable_at(now)
    }

    pub(crate) fn lifetime(&self) -> &Arc<KeyLifetime> {
        &self.lifetime
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.kid == other.kid && self.algorithm == other.algorithm && self.material == other.material
    }

    /// Makes the key usable until `until`, the time since the Unix epoch.
    pub(crate) fn use_until(&self, until: Duration) {
        self.lifetime.usable_until.store(millis(until), Ordering::Release);
    }

    /// Makes the key unusable at once, for all of its holders.
    pub(crate) fn retire(&self) {
        self.lifetime.usable_until.store(RETIRED, Ordering::Release);
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("kid", &Excerpt::new(&self.kid))
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// Whole milliseconds, saturating.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::testdata;

    fn key() -> Key {
        let vector = testdata::vector(Algorithm::RS256);
        Key::parse("k", Algorithm::RS256, &vector.material).expect("a good key")
    }

    #[test]
    fn a_key_is_usable_until_its_bound_and_not_at_it() {
        let key = key();
        assert!(key.usable_at(Duration::from_secs(u32::MAX.into())), "no bound yet");
        key.use_until(Duration::from_millis(1_500));
        assert!(key.usable_at(Duration::from_millis(1_499)));
        assert!(!key.usable_at(Duration::from_millis(1_500)));
    }

    #[test]
    fn a_retired_key_is_never_usable() {
        let key = key();
        key.retire();
        assert!(!key.usable_at(Duration::ZERO));
    }

    #[test]
    fn debug_shows_no_numbers() {
        assert_eq!(format!("{:?}", key()), r#"Key { kid: "k", algorithm: RS256, .. }"#);
    }
}
