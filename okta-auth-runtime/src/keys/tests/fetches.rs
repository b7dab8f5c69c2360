//! One fetch serves all waiters, even if some of them leave.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_thousand_cold_requests_cause_one_fetch() {
    let fixture = Fixture::new(&["a"]);
    fixture.server(Mode::Hangs);
    let mut requests = Vec::new();
    for _ in 0..1000 {
        let fixture = fixture.clone();
        requests.push(tokio::spawn(async move { fixture.find("a").await }));
    }
    fixture.settle().await;
    assert_eq!(fixture.fetches(), 1);
    fixture.serves(&["a"]);
    for request in requests {
        assert!(request.await.expect("no panic").is_ok());
    }
    assert_eq!(fixture.fetches(), 1);
}

#[test]
fn a_thousand_cold_requests_on_four_threads_cause_one_fetch() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let fixture = Fixture::new(&["a"]);
        let requests: Vec<_> = (0..1000)
            .map(|_| {
                let fixture = fixture.clone();
                tokio::spawn(async move { fixture.find("a").await.is_ok() })
            })
            .collect();
        for request in requests {
            assert!(request.await.expect("no panic"));
        }
        assert_eq!(fixture.fetches(), 1);
    });
}

#[tokio::test(start_paused = true)]
async fn the_request_that_started_a_fetch_may_leave() {
    let fixture = Fixture::new(&["a"]);
    fixture.server(Mode::Hangs);
    let leader = fixture.asks("a").await;
    let follower = fixture.asks("a").await;
    leader.abort();
    fixture.settle().await;
    fixture.serves(&["a"]);
    assert!(follower.await.expect("no panic").is_ok());
    assert_eq!(fixture.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_without_waiters_still_fills_the_store() {
    let fixture = Fixture::new(&["a"]);
    fixture.server(Mode::Hangs);
    fixture.asks("a").await.abort();
    fixture.serves(&["a"]).settle().await;
    assert!(fixture.cached("a").is_some());
    assert_eq!(fixture.fetches(), 1);
}

#[test]
fn waiters_survive_the_runtime_that_fetches() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (first, second) = (runtime(), runtime());
    let fixture = Fixture::new(&["a"]);
    fixture.server(Mode::Hangs);
    let _leader = first.block_on(fixture.asks("a"));
    let waiter = second.block_on(fixture.asks("a"));
    assert_eq!(fixture.fetches(), 1);

    drop(first);
    fixture.serves(&["a"]);
    assert!(second.block_on(waiter).expect("no panic").is_ok());
    assert_eq!(fixture.fetches(), 2);
}

#[test]
fn a_fetch_on_an_idle_runtime_is_replaced() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (idle, other) = (runtime(), runtime());
    let fixture = Fixture::new(&["a"]);
    fixture.server(Mode::Hangs);
    let _leader = idle.block_on(fixture.asks("a"));
    fixture.serves(&["a"]).pass(seconds(6));
    other.block_on(fixture.finds("a"));
    assert_eq!(fixture.fetches(), 2);
    idle.block_on(fixture.settle());
    other.block_on(fixture.finds("a"));
}

#[tokio::test(start_paused = true)]
async fn a_waiter_of_an_overdue_fetch_is_served_by_the_next_one() {
    let fixture = Fixture::new(&["a"]);
    fixture.server(Mode::Hangs);
    let _first = fixture.asks("a").await;
    fixture.pass(seconds(5));
    let late = fixture.asks("a").await;
    // The first fetch goes on hanging.
    fixture.pass(seconds(1));
    *fixture.server.mode.lock() = Mode::Serves(body(&["a"]));
    fixture.finds("a").await;
    assert_eq!(late.await.expect("no panic").map(|key| key.kid().to_owned()), Ok("a".to_owned()));
    assert_eq!(fixture.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_panics_is_a_failed_fetch_with_a_back_off() {
    let fixture = Fixture::new(&["a"]);
    fixture.server(Mode::Panics);
    assert!(retry_after(&fixture.misses("a").await).is_some());
    assert!(retry_after(&fixture.misses("a").await).is_some());
    assert_eq!(fixture.fetches(), 1);
    fixture.serves(&["a"]).pass(seconds(1)).finds("a").await;
}

#[test]
fn without_a_runtime_only_keys_in_the_set_are_served() {
    let fixture = Fixture::new(&["a"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let poll = |kid: &'static str| {
        let fixture = fixture.clone();
        let mut request = Box::pin(async move { fixture.find(kid).await.map(|key| key.kid().to_owned()) });
        request.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
    };
    let no_runtime = std::task::Poll::Ready(Err(FindError::Keys(KeyError::NoRuntime)));
    assert_eq!(poll("a"), no_runtime);
    assert_eq!(fixture.fetches(), 0);
    runtime.block_on(fixture.finds("a"));

    fixture.pass(4 * MINUTE);
    assert_eq!(poll("a"), std::task::Poll::Ready(Ok("a".to_owned())));
    assert!(fixture.cached("a").is_some());
    fixture.store.refresh_if_due(fixture.now());
    assert_eq!(poll("x"), no_runtime);
    assert_eq!(fixture.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_given_set_is_served_for_ever_and_never_fetches() {
    let set = crate::keys::JwkSet::from_json(body(&["a"])).expect("a key set");
    let store = KeyStore::fixed(ISSUER.into(), set, &[Algorithm::RS256]);
    let key = store.select("a", Algorithm::RS256).expect("a key");
    assert!(key.usable_at(1_000_000 * HOUR));
    assert!(store.find("a", Algorithm::RS256).await.is_ok());
    assert_eq!(store.find("x", Algorithm::RS256).await.err(), Some(FindError::UnknownKey));
    assert_eq!(
        store.find("a", Algorithm::RS512).await.err(),
        Some(FindError::AlgorithmNotOfKey(vec![Algorithm::RS256]))
    );
    assert_eq!(store.warm_up().await, Ok(()));
    let status = store.status();
    assert_eq!((status.usable(), status.keys(), status.next_attempt()), (true, 1, None));
}
