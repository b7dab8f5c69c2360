//! A fast keyed hash with a bounded probability of collisions, even for tokens that an attacker chooses.

use std::hash::{Hash, Hasher};

use crate::jose::MAX_LENGTH;

/// Key words for each block of 64 bytes, for the incomplete last block, and for one more block of the second lane.
const WORDS: usize = 8 * (MAX_LENGTH / 64 + 2);

/// NH, the universal hash of UMAC (Black, Halevi, Krawczyk, Krovetz, Rogaway: "UMAC: Fast and Secure Message
/// Authentication", CRYPTO '99; RFC 4418 section 5.2), over 64-bit words. The keys of its two lanes are shifted by one
/// pair (the Toeplitz construction of that paper).
///
/// Without knowledge of the key, no choice of two different tokens of the same length makes both lanes collide with a
/// probability over 2^-128. Tokens of different lengths never collide, because the fingerprint includes the length.
///
/// A whole validation of a cached token takes about 170 ns. The hash of a crate would take 160 ns (HighwayHash, without
/// a proven bound), 640 ns (POLYVAL), 720 ns (SHA-256) or 990 ns (BLAKE3) instead of 90 ns: `cargo bench --bench table`,
/// and `-- hashes` of `benches/peers`.
pub(crate) struct FingerprintHasher {
    key: Box<[u64]>,
}

/// Represents a token in a cache.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    lanes: [u128; 2],
    length: usize,
}

impl FingerprintHasher {
    /// Draws a key from the operating system. Fails if that has no randomness.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = vec![0; WORDS * 8];
        getrandom::fill(&mut bytes)?;
        let (words, _) = bytes.as_chunks();
        Ok(Self { key: words.iter().copied().map(u64::from_le_bytes).collect() })
    }

    /// `None` for a token that is too long to be accepted.
    pub(crate) fn of(&self, token: &[u8]) -> Option<Fingerprint> {
        if token.len() > MAX_LENGTH {
            return None;
        }
        let (blocks, tail) = token.as_chunks::<64>();
        let mut last = [0; 64];
        if let Some(start) = last.get_mut(..tail.len()) {
            start.copy_from_slice(tail);
        }
        let (keys, _) = self.key.as_chunks::<8>();
        let whole = blocks.iter().zip(keys.iter().zip(keys.iter().skip(1)));
        let lanes = whole.fold([0; 2], |lanes, (block, (own, next))| add(lanes, block, own, next));
        let (own, next) = (keys.get(blocks.len())?, keys.get(blocks.len() + 1)?);
        Some(Fingerprint { lanes: add(lanes, &last, own, next), length: token.len() })
    }
}

/// Adds a block to both lanes. The first lane combines each pair of words with the pair of key words at its position,
/// and the second lane with the next pair. Written out as pairs, the key words take half of the time of a loop.
#[inline(always)]
fn add([mut one, mut other]: [u128; 2], block: &[u8; 64], own: &[u64; 8], next: &[u64; 8]) -> [u128; 2] {
    let (words, _) = block.as_chunks::<16>();
    let [k0, k1, k2, k3, k4, k5, k6, k7] = *own;
    let [k8, k9, ..] = *next;
    let keys = [[k0, k1], [k2, k3], [k4, k5], [k6, k7], [k8, k9]];
    for (pair, (own, next)) in words.iter().zip(keys.iter().zip(keys.iter().skip(1))) {
        one = one.wrapping_add(multiply(pair, own));
        other = other.wrapping_add(multiply(pair, next));
    }
    [one, other]
}

#[inline(always)]
fn multiply(pair: &[u8; 16], [first, second]: &[u64; 2]) -> u128 {
    let pair = u128::from_le_bytes(*pair);
    let (low, high) = (pair as u64, (pair >> 64) as u64);
    u128::from(low.wrapping_add(*first)) * u128::from(high.wrapping_add(*second))
}

/// A fingerprint is already a hash, so only its lanes are folded into one word.
impl Hash for Fingerprint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [one, other] = self.lanes;
        let folded = one ^ other.rotate_left(64);
        state.write_u64((folded as u64) ^ ((folded >> 64) as u64));
    }
}

/// Returns the word of a [`Fingerprint`] unchanged.
#[derive(Default)]
pub(crate) struct IdentityHasher(u64);

impl Hasher for IdentityHasher {
    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, word: u64) {
        self.0 = word;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting() -> FingerprintHasher {
        FingerprintHasher { key: (1..).map(|word: u64| word.wrapping_mul(0x9E37_79B9_7F4A_7C15)).take(WORDS).collect() }
    }

    /// The definition of NH, not optimized.
    fn by_definition(key: &[u64], token: &[u8]) -> u128 {
        let mut padded = token.to_vec();
        padded.resize((token.len() / 64 + 1) * 64, 0);
        let words: Vec<u64> = padded.chunks(8).map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect();
        words.chunks(2).zip(key.chunks(2)).fold(0, |sum: u128, (m, k)| {
            sum.wrapping_add(u128::from(m[0].wrapping_add(k[0])) * u128::from(m[1].wrapping_add(k[1])))
        })
    }

    #[test]
    fn both_lanes_are_nh_with_keys_of_their_own() {
        let fingerprints = counting();
        for length in [0, 1, 15, 16, 17, 63, 64, 65, 127, 128, 1000, MAX_LENGTH - 1, MAX_LENGTH] {
            let token: Vec<u8> = (0..length).map(|byte| byte as u8).collect();
            let lanes = fingerprints.of(&token).unwrap().lanes;
            assert_eq!(lanes[0], by_definition(&fingerprints.key, &token), "{length}");
            assert_eq!(lanes[1], by_definition(&fingerprints.key[2..], &token), "{length}");
        }
    }

    #[test]
    fn every_byte_and_the_length_count() {
        let fingerprints = counting();
        let token = vec![b'a'; 100];
        let original = fingerprints.of(&token).unwrap();
        for index in 0..token.len() {
            let mut changed = token.clone();
            changed[index] ^= 1;
            assert!(fingerprints.of(&changed).unwrap() != original, "{index}");
        }
        assert!(fingerprints.of(&[0; 3]).unwrap() != fingerprints.of(&[0; 4]).unwrap());
        assert!(fingerprints.of(&vec![0; MAX_LENGTH + 1]).is_none());
    }

    #[test]
    fn two_validators_have_different_keys() {
        let (one, other) = (FingerprintHasher::random().unwrap(), FingerprintHasher::random().unwrap());
        assert!(one.of(b"token").unwrap() != other.of(b"token").unwrap());
        assert!(one.key.iter().any(|word| *word != 0));
    }
}
