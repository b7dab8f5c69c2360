//! Hashes of a token, by crates that could take the place of the fingerprint of a cached token.

use std::hint::black_box;
use std::time::Instant;

use highway::HighwayHash;
use polyval::universal_hash::{KeyInit, UniversalHash};
use sha2::Digest;

/// Prints the least time of one hash by each crate.
pub(crate) fn print(token: &[u8]) {
    println!("A token of {} bytes, least time of one hash\n", token.len());
    report("HighwayHash, 128 bits", || {
        highway::HighwayHasher::new(highway::Key([1, 2, 3, 4])).hash128(black_box(token))
    });
    let polyval = polyval::Polyval::new(&[1; 16].into());
    report("POLYVAL, one lane", || {
        let mut hash = polyval.clone();
        hash.update_padded(black_box(token));
        hash.finalize()
    });
    report("SHA-256", || sha2::Sha256::digest(black_box(token)));
    report("BLAKE3 with a key", || blake3::keyed_hash(&[1; 32], black_box(token)));
}

fn report<T>(name: &str, hash: impl Fn() -> T) {
    const TIMES: u32 = 10_000;
    let round = || {
        let start = Instant::now();
        (0..TIMES).for_each(|_| drop(black_box(hash())));
        start.elapsed() / TIMES
    };
    let least = (0..20).map(|_| round()).min().unwrap_or_default();
    println!("{name:<24} {:>6} ns", least.as_nanos());
}
