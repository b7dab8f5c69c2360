//! The cache of valid tokens, which saves the next request with the same token the validation.

mod fingerprint;

use std::hash::BuildHasherDefault;
use std::time::Duration;

use quick_cache::sync::Cache;
use quick_cache::{Options, OptionsBuilder, UnitWeighter};

use crate::access_token::ValidToken;
use fingerprint::{Fingerprint, FingerprintHasher, IdentityHasher};

/// A lookup writes to the lock of its shard, which slows down other threads in the same shard. With many shards, that
/// is rare. The cache uses fewer shards if one would hold less than 32 tokens.
const SHARDS: usize = 256;

/// A bounded cache of valid tokens, by fingerprint. It does not store the text of a token.
///
/// A lookup takes the lock of one shard. It then checks, without another lock, that the token has not expired, that the
/// clock has not gone back, and that the key is usable.
pub(crate) struct TokenCache(Option<Entries>);

struct Entries {
    fingerprints: FingerprintHasher,
    tokens: Cache<Fingerprint, ValidToken, UnitWeighter, BuildHasherDefault<IdentityHasher>>,
}

impl TokenCache {
    /// `capacity` is the number of tokens; 0 disables the cache.
    pub(crate) fn new(capacity: usize) -> Self {
        let Some(options) = options(capacity).filter(|_| capacity > 0) else { return Self(None) };
        match FingerprintHasher::random() {
            Ok(fingerprints) => {
                let tokens =
                    Cache::with_options(options, UnitWeighter, BuildHasherDefault::default(), Default::default());
                Self(Some(Entries { fingerprints, tokens }))
            }
            Err(error) => {
                tracing::warn!("the operating system has no randomness, so verified tokens are not cached: {error}");
                Self(None)
            }
        }
    }

    /// The token, if it is cached and still valid, and the time of that check.
    pub(crate) fn find(&self, token: &[u8], now: impl FnOnce() -> Duration) -> Option<(ValidToken, Duration)> {
        let entries = self.0.as_ref()?;
        let fingerprint = entries.fingerprints.of(token)?;
        let valid = entries.tokens.get(&fingerprint)?;
        let now = now();
        if valid.is_valid_at(now) {
            return Some((valid, now));
        }
        entries.tokens.remove(&fingerprint);
        None
    }

    pub(crate) fn insert(&self, token: &[u8], valid: &ValidToken) {
        if let Some(entries) = &self.0
            && let Some(fingerprint) = entries.fingerprints.of(token)
        {
            entries.tokens.insert(fingerprint, valid.clone());
        }
    }
}

fn options(capacity: usize) -> Option<Options> {
    let mut options = OptionsBuilder::new();
    options.estimated_items_capacity(capacity).weight_capacity(capacity as u64).shards(SHARDS).build().ok()
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use allocation_counter::measure;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_full_cache_does_not_grow_with_a_million_tokens() {
        const CAPACITY: usize = 1_000;
        let cache = TokenCache::new(CAPACITY);
        let claims = json!({ "iss": "https://a.example", "sub": "a", "aud": "b", "cid": "c", "exp": 2_000_000_000 });
        let token = ValidToken::without_signature(&claims.to_string()).expect("claims");
        let remember = |numbers: Range<u32>| numbers.for_each(|number| cache.insert(&number.to_be_bytes(), &token));
        let full = measure(|| remember(0..100_000)).bytes_current;
        let grown = measure(|| remember(100_000..1_000_000)).bytes_current;
        assert!(full > 0, "something is remembered");
        assert!(grown.abs() <= full / 100, "{full} bytes, then {grown} more");
    }
}
