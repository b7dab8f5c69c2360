//! Identifiers with the form of Okta's. They are unique within the process, and no test can predict one from another.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

/// Generates identifiers from a random seed and a counter.
#[derive(Debug)]
pub(crate) struct Ids {
    seed: u64,
    next: AtomicU64,
}

impl Ids {
    pub(crate) fn new() -> Self {
        Self { seed: RandomState::new().hash_one(std::thread::current().id()), next: AtomicU64::new(0) }
    }

    /// 43 characters of base64url: the form of a `kid`, of an authorization code, and of the end of a `jti`.
    pub(crate) fn generate(&self) -> String {
        self.of("", self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// The identifier with this number, in the form of [`generate`](Self::generate). Each purpose has its own.
    pub(crate) fn of(&self, purpose: &str, n: u64) -> String {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        hash.update(n.to_le_bytes());
        hash.update(purpose);
        base64_simd::URL_SAFE_NO_PAD.encode_to_string(hash.finalize())
    }
}

/// Derives an identifier from a name, such as `00u…` from a login. The same name gives the same identifier.
pub(crate) fn derive(prefix: &str, name: &str) -> String {
    let hash = base64_simd::URL_SAFE_NO_PAD.encode_to_string(Sha256::digest(name));
    let tail = hash.chars().filter(char::is_ascii_alphanumeric).collect::<String>() + &"0".repeat(20);
    prefix.chars().chain(tail.chars()).take(20).collect()
}
