//! Headers that stood under a verified signature: an issuer's tokens share a few, so they are parsed once.

use std::sync::Arc;

use parking_lot::RwLock;

use super::header::Header;

/// The most headers that are remembered: a few keys of a few issuers.
const CAPACITY: usize = 8;

/// Remembers what header segments say. That is the same whenever they are parsed by the same rules, so a hit stands for
/// the parse; whether the key still is the issuer's is asked afterwards, as always.
///
/// A stranger can't fill it: only a header under a verified signature enters.
#[derive(Default)]
pub(crate) struct KnownHeaders(RwLock<Vec<Arc<KnownHeader>>>);

/// A parsed header and the segment that it was read from.
pub(crate) struct KnownHeader {
    segment: Box<[u8]>,
    pub(crate) header: Header<'static>,
}

impl KnownHeader {
    pub(crate) fn new(segment: &[u8], header: Header<'static>) -> Self {
        Self { segment: segment.into(), header }
    }
}

impl KnownHeaders {
    /// The header of a segment that is the same to the byte.
    pub(crate) fn find(&self, segment: &[u8]) -> Option<Arc<KnownHeader>> {
        self.0.read().iter().find(|known| *known.segment == *segment).cloned()
    }

    /// Remembers a header under a verified signature; the oldest makes room.
    pub(crate) fn insert(&self, header: Arc<KnownHeader>) {
        let mut known = self.0.write();
        if known.iter().any(|other| other.segment == header.segment) {
            return;
        }
        if known.len() >= CAPACITY {
            known.remove(0);
        }
        known.push(header);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::Algorithm;

    fn header(key_id: &str) -> Arc<KnownHeader> {
        let header = Header { algorithm: Algorithm::RS256, key_id: key_id.to_owned().into(), token_type: None };
        Arc::new(KnownHeader::new(key_id.as_bytes(), header))
    }

    #[test]
    fn a_segment_is_known_only_if_it_is_the_same_to_the_byte() {
        let known = KnownHeaders::default();
        known.insert(header("one"));
        assert_eq!(known.find(b"one").map(|known| known.header.key_id.clone().into_owned()).as_deref(), Some("one"));
        for other in [&b"One"[..], b"one ", b"on", b""] {
            assert!(known.find(other).is_none());
        }
    }

    #[test]
    fn the_oldest_of_too_many_makes_room_and_none_is_kept_twice() {
        let known = KnownHeaders::default();
        for number in 0..=CAPACITY {
            known.insert(header(&number.to_string()));
            known.insert(header(&number.to_string()));
        }
        assert!(known.find(b"0").is_none());
        assert!((1..=CAPACITY).all(|number| known.find(number.to_string().as_bytes()).is_some()));
        assert_eq!(known.0.read().len(), CAPACITY);
    }
}
