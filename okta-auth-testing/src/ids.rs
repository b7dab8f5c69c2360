//! Identifiers shaped as Okta's: unique in the process, and not guessable from one another by accident.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

/// Makes identifiers from a random seed and a counter.
#[derive(Debug)]
pub(crate) struct Ids {
    seed: u64,
    next: AtomicU64,
}

impl Ids {
    pub(crate) fn new() -> Self {
        Self { seed: RandomState::new().hash_one(std::thread::current().id()), next: AtomicU64::new(0) }
    }

    /// 43 characters of base64url: the shape of a `kid`, an authorization code, the tail of a `jti`.
    pub(crate) fn generate(&self) -> String {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        hash.update(n.to_le_bytes());
        base64_simd::URL_SAFE_NO_PAD.encode_to_string(hash.finalize())
    }
}

/// The identifier that belongs to a name, always the same one: `00u…` of a login.
pub(crate) fn derive(prefix: &str, name: &str) -> String {
    let hash = base64_simd::URL_SAFE_NO_PAD.encode_to_string(Sha256::digest(name));
    let tail = hash.chars().filter(char::is_ascii_alphanumeric).collect::<String>() + &"0".repeat(20);
    prefix.chars().chain(tail.chars()).take(20).collect()
}
