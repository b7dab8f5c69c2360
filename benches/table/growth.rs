//! The memory of proofs while it grows: requests with different proofs, one after the other.

use std::thread;

use cpu_time::ThreadTime;

use crate::proofs::{Proofs, authenticate};
use crate::rounds::median;

/// Signed at once.
const BATCH: usize = 10_000;

/// Nanoseconds of CPU time per request, and bytes.
pub(crate) struct Growth {
    pub(crate) requests: usize,
    /// Of the first tenth.
    pub(crate) first: f64,
    /// Of the last tenth.
    pub(crate) last: f64,
    /// The request that took longest: one in which a part of the memory grows.
    pub(crate) slowest: f64,
    /// The additional memory of the process, per proof.
    pub(crate) bytes: f64,
}

/// Sends so many requests, each with a proof of its own.
pub(crate) fn measure(proofs: &Proofs<'_>, requests: usize) -> Growth {
    let validator = proofs.validator();
    let mut times = Vec::with_capacity(requests);
    let mut resident = 0.0;
    while times.len() < requests {
        let batch: Vec<_> = signed(proofs).iter().map(|proof| proofs.request(&validator, proof)).collect();
        if times.is_empty() {
            resident = resident_bytes();
        }
        for request in &batch {
            let start = ThreadTime::now();
            authenticate(request).expect("a proof that was not used");
            times.push(start.elapsed().as_nanos() as f64);
        }
    }
    let bytes = (resident_bytes() - resident) / requests as f64;
    let slowest = times.iter().copied().fold(0.0, f64::max);
    let tenth = times.len() / 10;
    let (first, last) = (times[..tenth].to_vec(), times[times.len() - tenth..].to_vec());
    Growth { requests: times.len(), first: median(first), last: median(last), slowest, bytes }
}

fn signed(proofs: &Proofs<'_>) -> Vec<String> {
    let sign = || (0..BATCH / 2).map(|_| proofs.good()).collect::<Vec<_>>();
    thread::scope(|scope| {
        let half = scope.spawn(sign);
        let mut signed = sign();
        signed.extend(half.join().expect("signed"));
        signed
    })
}

/// The second field of `statm`, in pages of 4 KiB.
fn resident_bytes() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages = text.split(' ').nth(1).and_then(|pages| pages.parse::<f64>().ok());
    pages.expect("a number") * 4096.0
}
