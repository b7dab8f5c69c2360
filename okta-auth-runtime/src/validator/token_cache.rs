//! The cache of valid tokens, which saves the next request with the same token the validation.

use std::hash::BuildHasherDefault;
use std::time::Duration;

use quick_cache::sync::Cache;
use quick_cache::{Options, OptionsBuilder, Weighter};

use crate::access_token::{Fingerprint, FingerprintHasher, IdentityHasher, ValidToken};

/// A lookup writes to the lock of its shard, which slows down other threads in the same shard. With many shards, that
/// is rare. The cache uses fewer shards if one would hold less than 32 tokens.
const SHARDS: usize = 256;

/// The memory that the cache reserves for each token of its capacity. An ordinary token takes about half of it.
const BYTES_PER_TOKEN: u64 = 2 * 1024;

/// The memory of an entry beside the token: its slot, and its share of the table. Both double when they grow, so that up
/// to half of them is unused.
const BYTES_PER_ENTRY: u64 = 192;

/// A cache of valid tokens, by fingerprint. It does not store the text of a token.
///
/// It is limited in bytes, not in tokens: a token of 16 KiB with thousands of scopes takes 30 times the memory of an ordinary
/// one, and the issuer chooses them. Each shard has the same part of the limit. A token that takes more than that is not
/// cached.
///
/// A lookup takes the lock of one shard. It then checks, without another lock, that the token has not expired, that the
/// clock has not gone back, and that the key is usable.
pub(crate) struct TokenCache(Option<Entries>);

struct Entries {
    fingerprints: FingerprintHasher,
    tokens: Cache<Fingerprint, ValidToken, KeptBytes, BuildHasherDefault<IdentityHasher>>,
}

impl TokenCache {
    /// `capacity` is the number of tokens, of [`BYTES_PER_TOKEN`] each; 0 disables the cache.
    pub(crate) fn new(capacity: usize) -> Self {
        let Some(options) = options(capacity).filter(|_| capacity > 0) else { return Self(None) };
        match FingerprintHasher::random() {
            Ok(fingerprints) => {
                let tokens = Cache::with_options(options, KeptBytes, BuildHasherDefault::default(), Default::default());
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
    let bytes = (capacity as u64).saturating_mul(BYTES_PER_TOKEN);
    options.estimated_items_capacity(capacity).weight_capacity(bytes).shards(SHARDS).build().ok()
}

/// Weighs an entry by the memory that it takes.
#[derive(Clone)]
struct KeptBytes;

impl Weighter<Fingerprint, ValidToken> for KeptBytes {
    fn weight(&self, _: &Fingerprint, token: &ValidToken) -> u64 {
        BYTES_PER_ENTRY + token.kept_bytes() as u64
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{DefaultHasher, Hash, Hasher};
    use std::ops::Range;

    use allocation_counter::measure;
    use serde_json::json;

    use super::*;

    fn valid(subject: &str, scopes: &str, groups: &[String]) -> ValidToken {
        let mut claims = json!({ "iss": "https://a.example", "aud": "b", "cid": "c", "exp": 2_000_000_000 });
        claims["sub"] = subject.into();
        claims["scp"] = scopes.into();
        claims["groups"] = groups.into();
        ValidToken::without_signature(&claims.to_string()).expect("claims")
    }

    /// The claims of an Okta access token of about 1 KB.
    fn ordinary() -> ValidToken {
        let claims = json!({
            "ver": 1, "jti": "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE", "exp": 2_000_000_000, "iat": 0,
            "iss": "https://dev-123456.okta.com/oauth2/default", "aud": "api://default", "cid": "0oa1a2b3c4d5e6f7g8h9",
            "uid": "00u1a2b3c4d5e6f7g8h9", "sub": "alice@example.com", "auth_time": 0,
            "scp": ["openid", "profile", "orders:read"], "groups": ["Everyone", "Sales", "Orders (Europe)"],
        });
        ValidToken::without_signature(&claims.to_string()).expect("claims")
    }

    /// The largest tokens that an issuer can make for the cache: about 12 KB of claims in 16 KiB of text.
    fn hostile() -> [ValidToken; 4] {
        [
            valid("a", &"s ".repeat(5_850), &[]),
            valid("a", "", &vec![String::new(); 3_900]),
            valid("a", "", &vec!["twenty-five-bytes-of-text".to_owned(); 420]),
            valid(&"a".repeat(11_700), "", &[]),
        ]
    }

    /// A text that differs from the others in every word, as signed tokens do. The fingerprints of texts that differ in only
    /// one word can share most of their bits, and so their shard.
    fn text(number: u32) -> Vec<u8> {
        let word = |index: u32| {
            let mut hasher = DefaultHasher::new();
            (number, index).hash(&mut hasher);
            hasher.finish().to_ne_bytes()
        };
        (0..4).flat_map(word).collect()
    }

    fn weight(cache: &TokenCache) -> u64 {
        cache.0.as_ref().expect("a cache").tokens.weight()
    }

    #[test]
    fn weight_of_an_entry_covers_its_memory() {
        let token = ordinary();
        for count in [1_000, 9_000, 17_000] {
            let mut cache = None;
            let empty = measure(|| cache = Some(TokenCache::new(10_000))).bytes_current;
            let full = measure(|| {
                let cache = cache.as_ref().unwrap();
                (0..count).for_each(|number: u32| cache.insert(&text(number), &token));
            });
            let each = full.bytes_current as u64 / u64::from(count);
            assert!(each <= BYTES_PER_ENTRY, "{each} bytes for each of {count} entries, {empty} without any");
        }
    }

    #[test]
    fn hostile_tokens_stay_within_the_bytes_of_the_cache() {
        for capacity in [1, 10, 100] {
            let mut cache = None;
            let memory = measure(|| {
                let filled = TokenCache::new(capacity);
                for number in 0..60_u32 {
                    filled.insert(&text(number), &hostile()[number as usize % 4]);
                }
                cache = Some(filled);
            });
            let (weight, limit) = (weight(cache.as_ref().unwrap()), capacity as u64 * 2048);
            assert!(weight <= limit && (weight > 0) == (capacity == 100), "{capacity} tokens: weight {weight}");
            // Beside the tokens: the key of the fingerprints, and the empty shards.
            let rest = 40_000;
            assert!(memory.bytes_current as u64 <= limit + rest, "{capacity} tokens: {} bytes", memory.bytes_current);
        }
    }

    #[test]
    fn ordinary_tokens_up_to_the_capacity_fit() {
        let token = ordinary();
        for capacity in [1, 2, 10, 100, 10_000] {
            let cache = TokenCache::new(capacity);
            (0..capacity as u32).for_each(|number| cache.insert(&text(number), &token));
            let held = cache.0.as_ref().expect("a cache").tokens.len();
            // Chance fills one of the 256 shards now and then.
            assert!(held + capacity / 1_000 >= capacity, "{held} of {capacity}, {} bytes each", token.kept_bytes());
        }
    }

    #[test]
    fn tokens_enter_a_cache_that_is_full_of_large_ones() {
        let cache = TokenCache::new(100);
        let (small, [large, ..]) = (ordinary(), hostile());
        (0..200_u32).for_each(|number| cache.insert(&text(number), &large));
        (200..1_000_u32).for_each(|number| cache.insert(&text(number), &small));
        let tokens = &cache.0.as_ref().expect("a cache").tokens;
        let held = |numbers: Range<u32>| {
            let of = |number: u32| cache.0.as_ref().and_then(|entries| entries.fingerprints.of(&text(number)));
            numbers.filter(|number| tokens.contains_key(&of(*number).expect("a fingerprint"))).count()
        };
        let (weight, large, newest) = (weight(&cache), held(0..200), held(900..1_000));
        assert!(
            weight <= 200 * 1024 && large <= 5 && newest > 0,
            "weight {weight}, {large} large, {newest} of the newest"
        );
    }

    #[test]
    fn a_full_cache_does_not_grow_with_a_million_tokens() {
        const CAPACITY: usize = 1_000;
        let cache = TokenCache::new(CAPACITY);
        let token = ordinary();
        let remember = |numbers: Range<u32>| numbers.for_each(|number| cache.insert(&text(number), &token));
        let full = measure(|| remember(0..100_000)).bytes_current;
        let grown = measure(|| remember(100_000..1_000_000)).bytes_current;
        assert!(full > 0, "something is remembered");
        assert!(grown.abs() <= full / 100, "{full} bytes, then {grown} more");
    }
}
