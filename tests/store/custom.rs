//! A custom store that counts its calls.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

use okta_auth::config::{Dpop, ProofUse, Remembered, ReplayStore, SharedStore, StoreError};
use okta_auth_testing::MockOkta;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::fixture::{Client, RESOURCE, serve, validator};
use crate::redis_server::wait_until;

/// Counts its calls, and can fail.
#[derive(Debug, Clone, Default)]
struct Table(Arc<Parts>);

#[derive(Debug, Default)]
struct Parts {
    proofs: Mutex<HashSet<[u8; 16]>>,
    calls: AtomicUsize,
    fails: AtomicBool,
    last: Mutex<Option<ProofUse>>,
}

impl Table {
    fn calls(&self) -> usize {
        self.0.calls.load(Ordering::Relaxed)
    }
}

impl ReplayStore for Table {
    fn remember<'s>(
        &'s self,
        proof: &'s ProofUse,
    ) -> Pin<Box<dyn Future<Output = Result<Remembered, StoreError>> + Send + 's>> {
        Box::pin(async move {
            self.0.calls.fetch_add(1, Ordering::Relaxed);
            *self.0.last.lock() = Some(proof.clone());
            if self.0.fails.load(Ordering::Relaxed) {
                return Err(StoreError::new());
            }
            let is_new = self.0.proofs.lock().insert(*proof.id());
            // As over a network, the answer takes time.
            tokio::task::yield_now().await;
            Ok(if is_new { Remembered::New } else { Remembered::Replayed })
        })
    }
}

#[test]
fn store_is_asked_last_and_once_for_a_request() {
    let okta = MockOkta::start();
    let (client, table) = (Client::new(&okta), Table::default());
    let server = serve(validator(&okta, Some(SharedStore::new(table.clone()))));
    for invalid in [
        client.build_proof().method("POST").sign(),
        client.build_proof().access_token("another").sign(),
        client.build_proof().issued_ago(Duration::from_secs(3600)).sign(),
        client.build_proof().signed_by(&okta_auth_testing::ProofKey::new()).sign(),
    ] {
        assert_eq!(client.send(&server, &invalid).status, 401);
    }
    assert_eq!(table.calls(), 0, "only for a proof that passed all other checks");
    let proof = client.proof();
    assert_eq!(client.send_to(&server, "/again", &client.proof_for("/again")).status, 200);
    assert_eq!(table.calls(), 1, "authenticated three times");
    assert_eq!(client.send(&server, &proof).status, 200);
    assert_eq!(client.send(&server, &proof).status, 401);
    assert_eq!(table.calls(), 2, "a replay on the same instance is found before");
}

/// actix-web starts the extraction of all arguments together, so each asks before the answer to another is there.
#[test]
fn arguments_of_one_request_spend_its_proof_once() {
    let okta = MockOkta::start();
    let (client, table) = (Client::new(&okta), Table::default());
    let server = serve(validator(&okta, Some(SharedStore::new(table.clone()))));
    let proof = client.proof_for("/together");
    assert_eq!(client.send_to(&server, "/together", &proof).status, 200);
    assert_eq!(table.calls(), 1);
    assert_eq!(client.send_to(&server, "/together", &proof).status, 401, "a replay");
}

#[test]
fn store_learns_the_times_of_a_proof() {
    let okta = MockOkta::start();
    let (client, table) = (Client::new(&okta), Table::default());
    let server = serve(validator(&okta, Some(SharedStore::new(table.clone()))));
    let seconds = || okta.clock().now().duration_since(UNIX_EPOCH).expect("a time").as_secs();
    let before = seconds();
    assert_eq!(client.send(&server, &client.build_proof().issued_ago(Duration::from_secs(30)).sign()).status, 200);
    let times = before..=seconds();
    let proof = table.0.last.lock().take().expect("a proof");
    assert!(times.contains(&proof.now().as_secs()), "{proof:?}");
    assert!(times.contains(&(proof.issued_at().as_secs() + 30)), "{proof:?}");
    assert_eq!(proof.leeway(), Duration::from_secs(60));
}

#[test]
fn refusal_of_the_store_carries_a_fresh_nonce() {
    let okta = MockOkta::start();
    let (client, table) = (Client::new(&okta), Table::default());
    let builder = okta.validator_builder().resource(RESOURCE).dpop(Dpop::accept().require_nonces());
    let server = serve(builder.shared_store(SharedStore::new(table.clone())).build().expect("a validator"));
    let nonce = |text: &str| text.split("dpop-nonce: ").nth(1).and_then(|rest| rest.lines().next()).map(str::to_owned);
    let answer = client.send(&server, &client.proof());
    let used = nonce(&answer.text).expect("a nonce");
    okta.clock().advance(Duration::from_secs(200));
    table.0.fails.store(true, Ordering::Relaxed);
    let answer = client.send(&server, &client.build_proof().nonce(used).sign());
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(nonce(&answer.text).is_some(), "{answer:?}");
}

/// Answers the first request last.
#[derive(Debug, Clone, Default)]
struct SlowForTheFirst(Arc<Turn>);

#[derive(Debug, Default)]
struct Turn {
    is_taken: AtomicBool,
    go: Notify,
}

impl ReplayStore for SlowForTheFirst {
    fn remember<'s>(
        &'s self,
        _: &'s ProofUse,
    ) -> Pin<Box<dyn Future<Output = Result<Remembered, StoreError>> + Send + 's>> {
        Box::pin(async move {
            if self.0.is_taken.swap(true, Ordering::SeqCst) {
                return Ok(Remembered::Replayed);
            }
            self.0.go.notified().await;
            Ok(Remembered::New)
        })
    }
}

/// Of two requests with one proof, the store accepts the one whose answer comes last. It must be accepted.
#[test]
fn replay_that_is_answered_first_does_not_reject_the_accepted_request() {
    let okta = MockOkta::start();
    let (client, store) = (Client::new(&okta), SlowForTheFirst::default());
    let server = serve(validator(&okta, Some(SharedStore::new(store.clone()))));
    let proof = client.proof();
    thread::scope(|scope| {
        let first = scope.spawn(|| client.send(&server, &proof).status);
        wait_until(|| store.0.is_taken.load(Ordering::SeqCst));
        assert_eq!(client.send(&server, &proof).status, 401);
        store.0.go.notify_one();
        assert_eq!(first.join().expect("a status"), 200);
    });
}
