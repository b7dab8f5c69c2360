//! A server that is down, slow, flapping; a clock that is wrong.

use super::*;

#[tokio::test(start_paused = true)]
async fn cold_and_down_is_unavailable_at_once_until_the_back_off_is_over() {
    let world = World::new(&["a"]);
    world.fails();
    assert_eq!(retry_after(&world.misses("a").await), Some(seconds(1)));
    for _ in 0..1000 {
        assert!(retry_after(&world.misses("a").await).is_some());
    }
    assert_eq!(world.fetches(), 1);

    world.serves(&["a"]);
    assert!(retry_after(&world.misses("a").await).is_some(), "the back-off is not over");
    world.pass(seconds(1)).finds("a").await;
    assert_eq!(world.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_error_says_why_the_last_fetch_failed() {
    let world = World::new(&["a"]);
    world.fails();
    let text = match world.misses("a").await {
        FindError::Keys(error) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(text.contains("https://issuer.example.com/keys answered with status 500"), "{text}");
    assert!(world.store.warm_up().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn warm_and_down_for_half_an_hour_serves_without_a_wait_and_recovers_within_a_back_off() {
    let world = World::warm(&["a"]).await;
    world.fails();
    let key = world.cached("a").expect("a warm key");
    for _ in 0..1800 {
        world.pass(seconds(1));
        assert!(world.cached("a").is_some() && key.usable_at(world.now()));
        world.settle().await;
    }
    assert!(world.store.status().serving_stale());
    // From refresh-ahead on, one fetch per back-off: 1 + 2 + 4 s, then each 5 s.
    assert_eq!(world.fetches(), 1 + 3 + (1800 - 240 - 3) / 5);

    world.serves(&["a"]).pass(seconds(5));
    assert!(world.cached("a").is_some());
    world.settle().await;
    assert!(!world.store.status().serving_stale());
    assert!(Arc::ptr_eq(&key, &world.cached("a").expect("a warm key")));
}

#[tokio::test(start_paused = true)]
async fn warm_and_down_for_three_hours_is_cold_after_the_bound() {
    let world = World::warm(&["a"]).await;
    let key = world.cached("a").expect("a warm key");
    world.fails().pass(5 * MINUTE + HOUR - seconds(1));
    assert!(world.cached("a").is_some() && key.usable_at(world.now()));
    world.settle().await;

    world.pass(seconds(1));
    assert!(!key.usable_at(world.now()), "whoever holds the key sees it without asking the store");
    assert!(world.cached("a").is_none());
    assert!(retry_after(&world.misses("a").await).is_some());
    assert!(!world.store.status().usable());

    world.pass(2 * HOUR);
    assert!(retry_after(&world.misses("a").await).is_some());
    world.serves(&["a"]).pass(seconds(5)).finds("a").await;
    assert!(!key.usable_at(world.now()), "a key that was given up stays so");
}

#[tokio::test(start_paused = true)]
async fn an_idle_store_serves_a_stale_key_at_once_and_refreshes_behind_it() {
    let world = World::warm(&["a"]).await;
    world.server(Mode::Hangs).pass(30 * MINUTE);
    world.finds("a").await;
    assert_eq!(world.store.status().age(), Some(30 * MINUTE));
    world.settle().await;
    assert_eq!(world.fetches(), 2);
    world.serves(&["a"]).settle().await;
    assert_eq!(world.store.status().age(), Some(Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_slow_fetch_holds_up_unknown_keys_alone_and_those_for_five_seconds() {
    let world = World::warm(&["a"]).await;
    world.server(Mode::Hangs);
    let started = tokio::time::Instant::now();
    let stranger = world.asks("x").await;
    for _ in 0..1000 {
        world.finds("a").await;
        assert!(world.cached("a").is_some());
    }
    assert!(!stranger.is_finished());
    assert_eq!(started.elapsed(), Duration::ZERO);

    let answer = stranger.await.expect("no panic");
    assert_eq!(answer.err(), Some(FindError::Keys(KeyError::TimedOut { waited: seconds(5) })));
    assert!(started.elapsed() >= seconds(5) && started.elapsed() < seconds(6));
    assert_eq!(world.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_flapping_server_is_not_asked_more_often_than_the_back_off_allows() {
    let world = World::warm(&["a"]).await;
    for round in 0..100 {
        if round % 2 == 0 {
            world.fails()
        } else {
            world.serves(&["a"])
        };
        world.pass(seconds(10));
        let before = world.fetches();
        for _ in 0..50 {
            assert!(world.find("x").await.is_err());
            world.finds("a").await;
        }
        assert_eq!(world.fetches(), before + 1, "round {round}");
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_honoured_for_a_minute_at_most() {
    let world = World::new(&["a"]);
    world.server(Mode::Fails(Some(seconds(30))));
    assert_eq!(retry_after(&world.misses("a").await), Some(seconds(30)));
    world.pass(seconds(29));
    assert_eq!(retry_after(&world.misses("a").await), Some(seconds(1)));
    world.server(Mode::Fails(Some(HOUR))).pass(seconds(1));
    assert_eq!(retry_after(&world.misses("a").await), Some(MINUTE));
    assert_eq!(world.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_goes_backwards_prolongs_no_use() {
    let world = World::warm(&["a"]).await;
    let key = world.cached("a").expect("a warm key");
    world.fails().pass(30 * MINUTE);
    assert!(world.cached("a").is_some());
    world.settle().await;

    world.back(10 * HOUR);
    assert!(world.cached("a").is_some());
    world.pass(35 * MINUTE - seconds(1));
    assert!(world.cached("a").is_some() && key.usable_at(world.now()));
    world.settle().await;
    world.pass(seconds(1));
    assert!(!key.usable_at(world.now()));
    assert!(world.cached("a").is_none());
}

#[tokio::test(start_paused = true)]
async fn tending_alone_refreshes_ahead_and_notices_a_clock_that_goes_backwards() {
    let world = World::warm(&["a"]).await;
    let key = world.cached("a").expect("a warm key");
    world.store.refresh_if_due(world.pass(seconds(239)).now());
    world.settle().await;
    assert_eq!(world.fetches(), 1);
    world.store.refresh_if_due(world.pass(seconds(1)).now());
    world.settle().await;
    assert_eq!(world.fetches(), 2);

    world.store.refresh_if_due(world.pass(seconds(100)).now());
    world.store.refresh_if_due(world.back(HOUR).now());
    world.pass(HOUR + 5 * MINUTE - seconds(101));
    assert!(key.usable_at(world.now()));
    world.pass(seconds(1));
    assert!(!key.usable_at(world.now()));
}

#[tokio::test(start_paused = true)]
async fn a_reading_from_just_before_the_latest_is_no_clock_going_backwards() {
    let world = World::warm(&["a"]).await;
    let early = world.now();
    world.pass(seconds(100));
    let age = || world.store.status().age();
    assert_eq!(age(), Some(seconds(100)));
    assert!(world.store.cached("a", Algorithm::RS256, early).is_some());
    assert_eq!(age(), Some(seconds(100)));
    assert_eq!(world.store.status().next_attempt(), Some(seconds(140)));
}

#[tokio::test(start_paused = true)]
async fn max_age_decides_how_long_a_set_is_fresh() {
    let world = World::new(&["a"]);
    *world.server.max_age.lock() = Some(44 * 24 * HOUR);
    world.finds("a").await;
    assert_eq!(world.store.status().next_attempt(), Some(48 * MINUTE));
    *world.server.max_age.lock() = Some(Duration::ZERO);
    world.pass(48 * MINUTE).finds("a").await;
    world.settle().await;
    assert_eq!(world.store.status().next_attempt(), Some(seconds(48)));
}

#[tokio::test(start_paused = true)]
async fn status_tells_how_the_keys_are_and_fetches_nothing() {
    let world = World::new(&["a", "b"]);
    let status = world.store.status();
    assert_eq!((status.issuer(), status.usable(), status.keys()), (ISSUER, false, 0));
    assert_eq!((status.age(), status.last_refresh(), status.last_error()), (None, None, None));
    assert_eq!(status.next_attempt(), Some(Duration::ZERO));
    assert_eq!(world.fetches(), 0);

    world.finds("a").await;
    world.fails().pass(4 * MINUTE).finds("a").await;
    world.settle().await;
    let status = world.pass(seconds(1)).store.status();
    assert_eq!((status.usable(), status.keys(), status.serving_stale()), (true, 2, false));
    assert_eq!((status.age(), status.last_refresh()), (Some(seconds(241)), Some(seconds(1))));
    assert!(matches!(status.last_error(), Some(FetchError::Http(HttpError::Status { found: 500, .. }))));
    assert_eq!(status.next_attempt(), Some(Duration::ZERO));
}
