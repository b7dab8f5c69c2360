//! The marker: a key without an expiry that shows that the store has not lost its data.
//!
//! A proof can be forgotten only together with the marker, because keys are not evicted. The marker is the second in which an
//! instance noticed that there was none. Every proof that the store may have lost was used before that second. A proof that was
//! issued in it or later is a new one, so far as the clock of its client is right.

use std::time::Duration;

/// The marker in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    Missing,
    /// The second in which an instance noticed that it was missing, since the Unix epoch.
    Since(u64),
    /// Not a number, or not a text.
    Unreadable,
}

/// How far the store remembers, for one proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Memory {
    /// The store remembers everything since before the proof was issued.
    Complete,
    /// The proof was issued before this second, so the store may have lost it.
    Incomplete { since: u64 },
    /// The marker has to be set.
    Unmarked { replaces: bool },
}

impl Marker {
    pub(super) fn parse(text: &[u8]) -> Self {
        let digits = std::str::from_utf8(text).ok().filter(|text| text.len() <= 12);
        let second = digits.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        second.and_then(|text| text.parse().ok()).map_or(Self::Unreadable, Self::Since)
    }

    /// A marker in the future counts as unreadable: otherwise, an instance whose clock was wrong would lock out everyone until
    /// then. The clocks of instances may differ by `clock_difference`. To replace the marker of an instance whose clock is right
    /// would let in the proofs again that were used between the two seconds.
    pub(super) fn judge(self, issued_at: Duration, now: Duration, clock_difference: Duration) -> Memory {
        match self {
            Self::Missing => Memory::Unmarked { replaces: false },
            Self::Unreadable => Memory::Unmarked { replaces: true },
            Self::Since(second) if second > (now + clock_difference).as_secs() => Memory::Unmarked { replaces: true },
            Self::Since(second) if issued_at.as_secs() < second => Memory::Incomplete { since: second },
            Self::Since(_) => Memory::Complete,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_millis(1_700_000_000_500);
    const LEEWAY: Duration = Duration::from_secs(60);

    fn judge(marker: Marker, issued_at: u64) -> Memory {
        marker.judge(Duration::from_secs(issued_at), NOW, LEEWAY)
    }

    #[test]
    fn proof_issued_before_the_marker_is_not_decided() {
        let now = NOW.as_secs();
        for (since, issued_at, expected) in [
            (now - 100, now, Memory::Complete),
            (now, now, Memory::Complete),
            (now, now + 5, Memory::Complete),
            (now, now - 1, Memory::Incomplete { since: now }),
            (now - 100, now - 101, Memory::Incomplete { since: now - 100 }),
            (now + 60, now, Memory::Incomplete { since: now + 60 }),
            (now + 60, now + 60, Memory::Complete),
        ] {
            assert_eq!(judge(Marker::Since(since), issued_at), expected, "{since} {issued_at}");
        }
    }

    #[test]
    fn marker_that_is_missing_or_wrong_is_set() {
        let now = NOW.as_secs();
        assert_eq!(judge(Marker::Missing, now), Memory::Unmarked { replaces: false });
        for marker in [Marker::Unreadable, Marker::Since(now + 61), Marker::Since(u64::MAX)] {
            assert_eq!(judge(marker, now), Memory::Unmarked { replaces: true }, "{marker:?}");
        }
    }

    #[test]
    fn marker_is_a_number_of_seconds() {
        assert_eq!(Marker::parse(b"1700000000"), Marker::Since(1_700_000_000));
        assert_eq!(Marker::parse(b"0"), Marker::Since(0));
        for text in ["", "-1", "+1", "1.5", "1700000000\n", "0x10", "９", "9999999999999", "now"] {
            assert_eq!(Marker::parse(text.as_bytes()), Marker::Unreadable, "{text}");
        }
        assert_eq!(Marker::parse(b"\xff"), Marker::Unreadable);
    }
}
