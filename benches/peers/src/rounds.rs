//! Runs the peers in interleaved rounds.

use std::future::Future;
use std::pin::Pin;

use cpu_time::ThreadTime;

/// The number of requests in one turn.
const TURN: usize = 150;

/// Calls the service this many times.
pub(crate) type Run = Box<dyn Fn(usize) -> Pin<Box<dyn Future<Output = ()>>>>;

/// A guarded handler, and the same handler without the guard.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) guarded: Run,
    pub(crate) open: std::rc::Rc<Run>,
}

/// The median CPU time of each guard, in nanoseconds per request.
pub(crate) async fn interleaved(peers: Vec<Peer>, rounds: usize) -> Vec<(&'static str, f64)> {
    let mut found: Vec<Vec<f64>> = peers.iter().map(|_| Vec::new()).collect();
    for round in 0..=rounds {
        for (peer, found) in peers.iter().zip(&mut found) {
            let more = turn(&peer.guarded).await - turn(&peer.open).await;
            // The first round warms up.
            if round > 0 {
                found.push(more);
            }
        }
    }
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    peers.iter().map(|peer| peer.name).zip(found.into_iter().map(median)).collect()
}

async fn turn(run: &Run) -> f64 {
    let start = ThreadTime::now();
    run(TURN).await;
    start.elapsed().as_nanos() as f64 / TURN as f64
}
