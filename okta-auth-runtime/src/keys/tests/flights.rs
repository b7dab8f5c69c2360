//! One fetch for all, whoever leaves.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_thousand_cold_requests_cause_one_fetch() {
    let world = World::new(&["a"]);
    world.server(Mode::Hangs);
    let mut requests = Vec::new();
    for _ in 0..1000 {
        let world = world.clone();
        requests.push(tokio::spawn(async move { world.find("a").await }));
    }
    world.settle().await;
    assert_eq!(world.fetches(), 1);
    world.serves(&["a"]);
    for request in requests {
        assert!(request.await.expect("no panic").is_ok());
    }
    assert_eq!(world.fetches(), 1);
}

#[test]
fn a_thousand_cold_requests_on_four_threads_cause_one_fetch() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let world = World::new(&["a"]);
        let requests: Vec<_> = (0..1000)
            .map(|_| {
                let world = world.clone();
                tokio::spawn(async move { world.find("a").await.is_ok() })
            })
            .collect();
        for request in requests {
            assert!(request.await.expect("no panic"));
        }
        assert_eq!(world.fetches(), 1);
    });
}

#[tokio::test(start_paused = true)]
async fn the_request_that_started_a_fetch_may_leave() {
    let world = World::new(&["a"]);
    world.server(Mode::Hangs);
    let leader = world.asks("a").await;
    let follower = world.asks("a").await;
    leader.abort();
    world.settle().await;
    world.serves(&["a"]);
    assert!(follower.await.expect("no panic").is_ok());
    assert_eq!(world.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_everybody_left_still_fills_the_store() {
    let world = World::new(&["a"]);
    world.server(Mode::Hangs);
    world.asks("a").await.abort();
    world.serves(&["a"]).settle().await;
    assert!(world.cached("a").is_some());
    assert_eq!(world.fetches(), 1);
}

#[test]
fn waiters_survive_the_runtime_that_fetches() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (first, second) = (runtime(), runtime());
    let world = World::new(&["a"]);
    world.server(Mode::Hangs);
    let _leader = first.block_on(world.asks("a"));
    let waiter = second.block_on(world.asks("a"));
    assert_eq!(world.fetches(), 1);

    drop(first);
    world.serves(&["a"]);
    assert!(second.block_on(waiter).expect("no panic").is_ok());
    assert_eq!(world.fetches(), 2);
}

#[test]
fn a_runtime_that_lives_but_does_not_run_is_not_waited_for_for_ever() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (idle, other) = (runtime(), runtime());
    let world = World::new(&["a"]);
    world.server(Mode::Hangs);
    let _leader = idle.block_on(world.asks("a"));
    world.serves(&["a"]).pass(seconds(6));
    other.block_on(world.finds("a"));
    assert_eq!(world.fetches(), 2);
    idle.block_on(world.settle());
    other.block_on(world.finds("a"));
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_fetch_that_was_given_up_is_served_by_the_next_one() {
    let world = World::new(&["a"]);
    world.server(Mode::Hangs);
    let _first = world.asks("a").await;
    world.pass(seconds(5));
    let late = world.asks("a").await;
    // The first fetch goes on hanging.
    world.pass(seconds(1));
    *world.server.mode.lock() = Mode::Serves(body(&["a"]));
    world.finds("a").await;
    assert_eq!(late.await.expect("no panic").map(|key| key.kid().to_owned()), Ok("a".to_owned()));
    assert_eq!(world.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_fetcher_that_panics_is_a_failed_fetch_with_a_back_off() {
    let world = World::new(&["a"]);
    world.server(Mode::Panics);
    assert!(retry_after(&world.misses("a").await).is_some());
    assert!(retry_after(&world.misses("a").await).is_some());
    assert_eq!(world.fetches(), 1);
    world.serves(&["a"]).pass(seconds(1)).finds("a").await;
}

#[test]
fn without_a_runtime_keys_at_hand_are_served_and_others_are_an_error() {
    let world = World::new(&["a"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let poll = |kid: &'static str| {
        let world = world.clone();
        let mut request = Box::pin(async move { world.find(kid).await.map(|key| key.kid().to_owned()) });
        request.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
    };
    let no_runtime = std::task::Poll::Ready(Err(FindError::Keys(KeyError::NoRuntime)));
    assert_eq!(poll("a"), no_runtime);
    assert_eq!(world.fetches(), 0);
    runtime.block_on(world.finds("a"));

    world.pass(4 * MINUTE);
    assert_eq!(poll("a"), std::task::Poll::Ready(Ok("a".to_owned())));
    assert!(world.cached("a").is_some());
    world.store.refresh_if_due(world.now());
    assert_eq!(poll("x"), no_runtime);
    assert_eq!(world.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_given_set_is_served_for_ever_and_never_fetches() {
    let set = crate::keys::JwkSet::from_json(body(&["a"])).expect("a key set");
    let store = KeyStore::fixed(ISSUER.into(), set, &[Algorithm::RS256]);
    let key = store.cached("a", Algorithm::RS256, HOUR).expect("a key");
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
