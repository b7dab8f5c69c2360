//! The proofs that were used, so that none is used twice: RFC 9449 section 11.1.

use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::BuildHasher as _;
use std::time::Duration;

use once_cell::sync::OnceCell;
use parking_lot::Mutex;

use super::proof_id::ProofId;
use super::replay_store::Remembered;

/// A lock for each of them, so that workers seldom wait for each other. A shard grows on its own, so that a step of
/// growth moves only its entries.
const SHARDS: usize = 64;

/// The proofs that are still young enough to be accepted. Exact: it never forgets one of them. If it is full, no further
/// proof is accepted until some are too old.
///
/// Empty until the first proof. A million proofs take 44 MiB.
pub(crate) struct ReplayMemory {
    shards: OnceCell<Box<[Mutex<Shard>]>>,
    /// Chooses the shard of a proof. It has a random key, because a client chooses its proofs and could fill one shard.
    hasher: RandomState,
    /// Of each shard.
    limit: usize,
}

#[derive(Default)]
struct Shard {
    /// Until when each proof is young enough, in whole seconds since the Unix epoch.
    proofs: HashMap<ProofId, u32>,
    /// The second in which old proofs were last forgotten.
    swept: u64,
    /// The latest second until which a forgotten proof was young enough. Zero if none was forgotten.
    forgotten: u32,
}

/// Why the memory can't say whether a proof was used before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The memory is full.
    Full,
    /// The clock has gone back. The proof may be one of those that were too old before.
    Forgotten,
}

impl ReplayMemory {
    /// A memory for at least so many proofs.
    pub(crate) fn new(proofs: usize) -> Self {
        // Hashes do not fill all shards alike. A shard of 15,625 proofs on average has more than 5% too many once in 10^9 cases.
        let limit = proofs.div_ceil(SHARDS);
        Self { shards: OnceCell::new(), hasher: RandomState::new(), limit: limit + limit / 20 + 16 }
    }

    fn shard_of<'m>(&self, shards: &'m [Mutex<Shard>], proof: &ProofId) -> Option<&'m Mutex<Shard>> {
        // The remainder is less than `SHARDS`, so it fits.
        let index = self.hasher.hash_one(proof) % SHARDS as u64;
        shards.get(index as usize)
    }

    /// Whether the proof was used before, without remembering it.
    pub(crate) fn has(&self, proof: &ProofId, now: Duration) -> bool {
        let shard = self.shards.get().and_then(|shards| self.shard_of(shards, proof));
        shard.is_some_and(|shard| shard.lock().proofs.get(proof).is_some_and(|until| is_live(*until, now)))
    }

    /// Remembers a proof until it is too old. Of several calls at the same time, exactly one returns `New`.
    pub(crate) fn remember(&self, proof: ProofId, until: Duration, now: Duration) -> Result<Remembered, Refusal> {
        let shards = self.shards.get_or_init(|| (0..SHARDS).map(|_| Mutex::default()).collect());
        let shard = self.shard_of(shards, &proof).ok_or(Refusal::Full)?;
        // Rounded up, so that the proof is never forgotten too early.
        let until = u32::try_from(until.as_secs().saturating_add(1)).unwrap_or(u32::MAX);
        let mut shard = shard.lock();
        if shard.proofs.len() == shard.proofs.capacity() || shard.proofs.len() >= self.limit {
            shard.sweep(now);
        }
        let (is_full, forgotten) = (shard.proofs.len() >= self.limit, shard.forgotten);
        match shard.proofs.entry(proof) {
            Entry::Occupied(known) if is_live(*known.get(), now) => Ok(Remembered::Replayed),
            _ if until <= forgotten => Err(Refusal::Forgotten),
            Entry::Occupied(mut known) => {
                known.insert(until);
                Ok(Remembered::New)
            }
            Entry::Vacant(_) if is_full => Err(Refusal::Full),
            Entry::Vacant(free) => {
                free.insert(until);
                Ok(Remembered::New)
            }
        }
    }
}

impl Shard {
    /// Forgets the proofs that are too old. Once a second is enough, because they live for whole seconds. A full memory
    /// would otherwise do it for each proof that it refuses.
    fn sweep(&mut self, now: Duration) {
        if std::mem::replace(&mut self.swept, now.as_secs()) != now.as_secs() {
            let forgotten = &mut self.forgotten;
            self.proofs.retain(|_, until| {
                let is_live = is_live(*until, now);
                if !is_live {
                    *forgotten = (*forgotten).max(*until);
                }
                is_live
            });
        }
    }
}

/// A time beyond the range of `u32`, in 2106, is that of a proof that is never forgotten.
fn is_live(until: u32, now: Duration) -> bool {
    until == u32::MAX || u64::from(until) >= now.as_secs()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::jose::sha256;

    const NOW: Duration = Duration::from_secs(1_700_000_000);

    fn id(number: usize) -> ProofId {
        let hash = sha256(&number.to_le_bytes());
        ProofId::from_bytes(hash[..16].try_into().unwrap())
    }

    fn later(seconds: u64) -> Duration {
        NOW + Duration::from_secs(seconds)
    }

    #[test]
    fn proof_is_new_once_until_it_is_too_old() {
        let memory = ReplayMemory::new(1000);
        assert!(!memory.has(&id(1), NOW));
        assert_eq!(memory.remember(id(1), later(60), NOW), Ok(Remembered::New));
        for seconds in [0, 1, 59, 60, 61] {
            assert!(memory.has(&id(1), later(seconds)), "{seconds}");
            assert_eq!(memory.remember(id(1), later(60), later(seconds)), Ok(Remembered::Replayed), "{seconds}");
        }
        assert!(!memory.has(&id(1), later(62)));
        assert_eq!(memory.remember(id(1), later(200), later(62)), Ok(Remembered::New));
        assert_eq!(memory.remember(id(2), later(60), NOW), Ok(Remembered::New));
    }

    #[test]
    fn proof_beyond_the_range_of_seconds_is_not_forgotten() {
        let (memory, now) = (ReplayMemory::new(1000), Duration::from_secs(u64::from(u32::MAX) + 1000));
        assert_eq!(memory.remember(id(1), now, now), Ok(Remembered::New));
        assert!(memory.has(&id(1), now));
        assert_eq!(memory.remember(id(1), now, now), Ok(Remembered::Replayed));
    }

    #[test]
    fn full_memory_refuses_and_never_forgets() {
        let memory = ReplayMemory::new(640);
        let accepted: Vec<usize> =
            (0..5000).filter(|number| memory.remember(id(*number), later(60), NOW) == Ok(Remembered::New)).collect();
        assert!((640..=2200).contains(&accepted.len()), "{}", accepted.len());
        for number in &accepted {
            assert_eq!(memory.remember(id(*number), later(60), later(1)), Ok(Remembered::Replayed));
        }
        let refused = (0..5000).find(|number| !accepted.contains(number)).expect("one that did not fit");
        assert_eq!(memory.remember(id(refused), later(60), later(1)), Err(Refusal::Full));
        assert_eq!(memory.remember(id(refused), later(200), later(62)), Ok(Remembered::New), "the others are too old");
    }

    /// Otherwise, a clock that jumps ahead and back lets in the proofs that were forgotten while it was ahead.
    #[test]
    fn clock_that_jumps_ahead_and_back_lets_no_proof_in_again() {
        let memory = ReplayMemory::new(640);
        for number in 0..600 {
            assert_eq!(memory.remember(id(number), later(60), NOW), Ok(Remembered::New));
        }
        // Fills the shards, so that each forgets the proofs that are too old by this clock.
        for number in 1000..3000 {
            let _ = memory.remember(id(number), later(10_060), later(10_000));
        }
        for number in 0..600 {
            let again = memory.remember(id(number), later(60), later(1));
            assert!(matches!(again, Ok(Remembered::Replayed) | Err(_)), "{number}: {again:?}");
        }
    }

    /// The clock can be ahead by years for a moment. That must not be an outage of years.
    #[test]
    fn clock_that_jumps_back_refuses_only_what_may_be_forgotten() {
        let mut shard = Shard::default();
        shard.proofs.insert(id(1), 100);
        shard.sweep(Duration::from_secs(1_000_000));
        assert_eq!((shard.proofs.len(), shard.forgotten), (0, 100));
        shard.proofs.insert(id(1), 90);
        shard.sweep(Duration::from_secs(99));
        assert_eq!((shard.proofs.len(), shard.forgotten), (0, 100), "never goes back");
    }

    #[test]
    fn million_proofs_fit_and_take_bounded_memory() {
        let memory = ReplayMemory::new(1_000_000);
        let mut full = 0;
        let info = allocation_counter::measure(|| {
            full = (0..1_000_000)
                .filter(|number| memory.remember(id(*number), later(60), NOW) != Ok(Remembered::New))
                .count();
        });
        assert_eq!(full, 0);
        assert!(info.bytes_current < 64 << 20, "{} bytes", info.bytes_current);
        let more = allocation_counter::measure(|| {
            for number in 1_000_000..2_000_000 {
                assert_eq!(memory.remember(id(number), later(200), later(62)), Ok(Remembered::New));
            }
        });
        assert!(more.bytes_current < 1 << 20, "old proofs make room: {} more bytes", more.bytes_current);
    }

    #[test]
    fn shard_forgets_old_proofs_before_it_grows() {
        let memory = ReplayMemory::new(64_000);
        let shard_of = |number: usize| memory.shards.get().and_then(|shards| memory.shard_of(shards, &id(number)));
        let size_of = |number: usize| {
            let shard = shard_of(number).expect("a shard").lock();
            (shard.proofs.len(), shard.proofs.capacity())
        };
        let mut numbers = 0..100_000;
        let last = numbers.find(|number| {
            assert_eq!(memory.remember(id(*number), later(60), NOW), Ok(Remembered::New));
            let (proofs, capacity) = size_of(*number);
            proofs == capacity
        });
        let last = last.expect("a shard without room");
        let (_, capacity) = size_of(last);
        let is_beside_last =
            |number: &usize| shard_of(*number).zip(shard_of(last)).is_some_and(|(one, other)| std::ptr::eq(one, other));
        let next = numbers.find(is_beside_last).expect("a proof of that shard");
        assert_eq!(memory.remember(id(next), later(200), later(62)), Ok(Remembered::New));
        assert_eq!(size_of(last), (1, capacity));
    }

    #[test]
    fn one_of_many_threads_is_first() {
        for round in 0..50 {
            let (memory, new) = (ReplayMemory::new(1000), AtomicUsize::new(0));
            std::thread::scope(|scope| {
                for _ in 0..20 {
                    scope.spawn(|| {
                        if memory.remember(id(round), later(60), NOW) == Ok(Remembered::New) {
                            new.fetch_add(1, Ordering::Relaxed);
                        }
                    });
                }
            });
            assert_eq!(new.into_inner(), 1);
        }
    }

    /// A client chooses its `jti`, so it can make any number of proofs whose identifiers begin alike.
    #[test]
    fn client_cannot_choose_the_shard_of_its_proofs() {
        let memory = ReplayMemory::new(640);
        let refused = (0..300).filter(|number| {
            let mut bytes = *id(*number).bytes();
            bytes[0] = 7;
            memory.remember(ProofId::from_bytes(bytes), later(60), NOW) != Ok(Remembered::New)
        });
        assert_eq!(refused.count(), 0);
    }

    /// Otherwise, a full memory searches all proofs of a shard for each proof that it refuses.
    #[test]
    fn shard_searches_for_old_proofs_once_a_second() {
        let mut shard = Shard::default();
        let mut left_after_sweep = |seconds: u64, millis: u64| {
            shard.proofs.insert(id(1), 0);
            shard.sweep(later(seconds) + Duration::from_millis(millis));
            shard.proofs.len()
        };
        assert_eq!([(0, 0), (0, 1), (0, 999), (1, 0), (1, 500)].map(|(s, m)| left_after_sweep(s, m)), [0, 1, 1, 0, 1]);
        assert_eq!(left_after_sweep(0, 0), 0, "a clock that goes back");
    }
}
