//! A keyed hash that is fast and whose collisions are bounded, whoever chooses the tokens.

use std::hash::{Hash, Hasher};

/// The longest token that has a fingerprint, in bytes: as long as the longest that is read.
const LONGEST: usize = 16 * 1024;

/// Key words for every block of 16 bytes and the incomplete last one, and one pair more for the second lane.
const WORDS: usize = 2 * (LONGEST / 16 + 2);

/// NH, the universal hash of UMAC (Black, Halevi, Krawczyk, Krovetz, Rogaway: "UMAC: Fast and Secure Message
/// Authentication", CRYPTO '99; RFC 4418 section 5.2), over 64-bit words and with two lanes whose keys are shifted by
/// one pair (the Toeplitz construction of that paper).
///
/// For two different tokens of the same length, however chosen without knowing the key, both lanes collide with a
/// probability of at most 2^-128; tokens of different lengths never do, since the length is part of the fingerprint.
pub(super) struct Fingerprints {
    key: Box<[u64]>,
}

/// What is kept of a token in its place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint {
    lanes: [u128; 2],
    length: usize,
}

impl Fingerprints {
    /// Draws a key from the operating system.
    ///
    /// # Errors
    ///
    /// If that has no randomness to give.
    pub(super) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = vec![0; WORDS * 8];
        getrandom::fill(&mut bytes)?;
        let (words, _) = bytes.as_chunks();
        Ok(Self { key: words.iter().copied().map(u64::from_le_bytes).collect() })
    }

    /// The fingerprint of a token; `None` for one that is too long to be accepted anyway.
    pub(super) fn of(&self, token: &[u8]) -> Option<Fingerprint> {
        if token.len() > LONGEST {
            return None;
        }
        let (blocks, tail) = token.as_chunks::<16>();
        let mut last = [0; 16];
        last.iter_mut().zip(tail).for_each(|(to, from)| *to = *from);
        let (pairs, _) = self.key.as_chunks::<2>();
        // Each block meets its own pair of key words in the first lane and the next pair in the second.
        let keys = pairs.iter().zip(pairs.iter().skip(1));
        let mut lanes = [0; 2];
        let mut add = |block, (own, next): (&[u64; 2], &[u64; 2])| {
            let [one, other] = &mut lanes;
            *one = multiply_add(*one, block, *own);
            *other = multiply_add(*other, block, *next);
        };
        blocks.iter().zip(keys.clone()).for_each(|(block, keys)| add(block, keys));
        keys.skip(blocks.len()).take(1).for_each(|keys| add(&last, keys));
        Some(Fingerprint { lanes, length: token.len() })
    }
}

fn multiply_add(sum: u128, block: &[u8; 16], [first, second]: [u64; 2]) -> u128 {
    let block = u128::from_le_bytes(*block);
    let (low, high) = (block as u64, (block >> 64) as u64);
    sum.wrapping_add(u128::from(low.wrapping_add(first)) * u128::from(high.wrapping_add(second)))
}

/// A fingerprint is a hash already: its halves, folded, choose the slot.
impl Hash for Fingerprint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [one, other] = self.lanes;
        let folded = one ^ other.rotate_left(64);
        state.write_u64((folded as u64) ^ ((folded >> 64) as u64));
    }
}

/// Takes the one word of a [`Fingerprint`] as it is.
#[derive(Default)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
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

    fn counting() -> Fingerprints {
        Fingerprints { key: (1..).map(|word: u64| word.wrapping_mul(0x9E37_79B9_7F4A_7C15)).take(WORDS).collect() }
    }

    /// The definition of NH, written down without any care for speed.
    fn by_definition(key: &[u64], token: &[u8]) -> u128 {
        let mut padded = token.to_vec();
        padded.resize((token.len() / 16 + 1) * 16, 0);
        let words: Vec<u64> = padded.chunks(8).map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect();
        words.chunks(2).zip(key.chunks(2)).fold(0, |sum: u128, (m, k)| {
            sum.wrapping_add(u128::from(m[0].wrapping_add(k[0])) * u128::from(m[1].wrapping_add(k[1])))
        })
    }

    #[test]
    fn both_lanes_are_nh_with_keys_of_their_own() {
        let fingerprints = counting();
        for length in [0, 1, 15, 16, 17, 31, 32, 1000, LONGEST] {
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
        assert!(fingerprints.of(&vec![0; LONGEST + 1]).is_none());
    }

    #[test]
    fn two_validators_have_different_keys() {
        let (one, other) = (Fingerprints::random().unwrap(), Fingerprints::random().unwrap());
        assert!(one.of(b"token").unwrap() != other.of(b"token").unwrap());
        assert!(one.key.iter().any(|word| *word != 0));
    }
}
