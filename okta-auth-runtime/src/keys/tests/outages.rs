//! A server that is down, slow or flapping, and a clock that is wrong.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_cold_store_is_unavailable_until_the_back_off_is_over() {
    let fixture = Fixture::new(&["a"]);
    fixture.fails();
    assert_eq!(retry_after(&fixture.misses("a").await), Some(seconds(1)));
    for _ in 0..1000 {
        assert!(retry_after(&fixture.misses("a").await).is_some());
    }
    assert_eq!(fixture.fetches(), 1);

    fixture.serves(&["a"]);
    assert!(retry_after(&fixture.misses("a").await).is_some(), "the back-off is not over");
    fixture.pass(seconds(1)).finds("a").await;
    assert_eq!(fixture.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_error_says_why_the_last_fetch_failed() {
    let fixture = Fixture::new(&["a"]);
    fixture.fails();
    let text = match fixture.misses("a").await {
        FindError::Keys(error) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(text.contains("https://issuer.example.com/keys answered with status 500"), "{text}");
    assert!(fixture.store.warm_up().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_warm_store_serves_through_half_an_hour_of_outage() {
    let fixture = Fixture::warm(&["a"]).await;
    fixture.fails();
    let key = fixture.cached("a").expect("a warm key");
    for _ in 0..1800 {
        fixture.pass(seconds(1));
        assert!(fixture.cached("a").is_some() && key.usable_at(fixture.now()));
        fixture.settle().await;
    }
    assert!(fixture.store.status().serving_stale());
    // From refresh-ahead on, one fetch per back-off: 1 + 2 + 4 s, then each 5 s.
    assert_eq!(fixture.fetches(), 1 + 3 + (1800 - 240 - 3) / 5);

    fixture.serves(&["a"]).pass(seconds(5));
    assert!(fixture.cached("a").is_some());
    fixture.settle().await;
    assert!(!fixture.store.status().serving_stale());
    assert!(Arc::ptr_eq(&key, &fixture.cached("a").expect("a warm key")));
}

#[tokio::test(start_paused = true)]
async fn a_warm_store_is_cold_after_three_hours_of_outage() {
    let fixture = Fixture::warm(&["a"]).await;
    let key = fixture.cached("a").expect("a warm key");
    fixture.fails().pass(5 * MINUTE + HOUR - seconds(1));
    assert!(fixture.cached("a").is_some() && key.usable_at(fixture.now()));
    fixture.settle().await;

    fixture.pass(seconds(1));
    assert!(!key.usable_at(fixture.now()), "whoever holds the key sees it without asking the store");
    assert!(fixture.cached("a").is_none());
    assert!(retry_after(&fixture.misses("a").await).is_some());
    assert!(!fixture.store.status().usable());

    fixture.pass(2 * HOUR);
    assert!(retry_after(&fixture.misses("a").await).is_some());
    fixture.serves(&["a"]).pass(seconds(5)).finds("a").await;
    assert!(!key.usable_at(fixture.now()), "a key that was given up stays so");
}

#[tokio::test(start_paused = true)]
async fn an_idle_store_serves_a_stale_key_and_refreshes_it() {
    let fixture = Fixture::warm(&["a"]).await;
    fixture.server(Mode::Hangs).pass(30 * MINUTE);
    fixture.finds("a").await;
    assert_eq!(fixture.store.status().age(), Some(30 * MINUTE));
    fixture.settle().await;
    assert_eq!(fixture.fetches(), 2);
    fixture.serves(&["a"]).settle().await;
    assert_eq!(fixture.store.status().age(), Some(Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_slow_fetch_delays_only_unknown_keys_for_five_seconds() {
    let fixture = Fixture::warm(&["a"]).await;
    fixture.server(Mode::Hangs);
    let started = tokio::time::Instant::now();
    let unknown = fixture.asks("x").await;
    for _ in 0..1000 {
        fixture.finds("a").await;
        assert!(fixture.cached("a").is_some());
    }
    assert!(!unknown.is_finished());
    assert_eq!(started.elapsed(), Duration::ZERO);

    let answer = unknown.await.expect("no panic");
    assert_eq!(answer.err(), Some(FindError::Keys(KeyError::TimedOut { waited: seconds(5) })));
    assert!(started.elapsed() >= seconds(5) && started.elapsed() < seconds(6));
    assert_eq!(fixture.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_flapping_server_is_asked_once_per_back_off() {
    let fixture = Fixture::warm(&["a"]).await;
    for round in 0..100 {
        if round % 2 == 0 {
            fixture.fails()
        } else {
            fixture.serves(&["a"])
        };
        fixture.pass(seconds(10));
        let before = fixture.fetches();
        for _ in 0..50 {
            assert!(fixture.find("x").await.is_err());
            fixture.finds("a").await;
        }
        assert_eq!(fixture.fetches(), before + 1, "round {round}");
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_honored_for_a_minute_at_most() {
    let fixture = Fixture::new(&["a"]);
    fixture.server(Mode::Fails(Some(seconds(30))));
    assert_eq!(retry_after(&fixture.misses("a").await), Some(seconds(30)));
    fixture.pass(seconds(29));
    assert_eq!(retry_after(&fixture.misses("a").await), Some(seconds(1)));
    fixture.server(Mode::Fails(Some(HOUR))).pass(seconds(1));
    assert_eq!(retry_after(&fixture.misses("a").await), Some(MINUTE));
    assert_eq!(fixture.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_goes_backwards_prolongs_no_use() {
    let fixture = Fixture::warm(&["a"]).await;
    let key = fixture.cached("a").expect("a warm key");
    fixture.fails().pass(30 * MINUTE);
    assert!(fixture.cached("a").is_some());
    fixture.settle().await;

    fixture.back(10 * HOUR);
    assert!(fixture.cached("a").is_some());
    fixture.pass(35 * MINUTE - seconds(1));
    assert!(fixture.cached("a").is_some() && key.usable_at(fixture.now()));
    fixture.settle().await;
    fixture.pass(seconds(1));
    assert!(!key.usable_at(fixture.now()));
    assert!(fixture.cached("a").is_none());
}

#[tokio::test(start_paused = true)]
async fn refresh_if_due_refreshes_ahead_and_notices_a_clock_step() {
    let fixture = Fixture::warm(&["a"]).await;
    let key = fixture.cached("a").expect("a warm key");
    fixture.store.refresh_if_due(fixture.pass(seconds(239)).now());
    fixture.settle().await;
    assert_eq!(fixture.fetches(), 1);
    fixture.store.refresh_if_due(fixture.pass(seconds(1)).now());
    fixture.settle().await;
    assert_eq!(fixture.fetches(), 2);

    fixture.store.refresh_if_due(fixture.pass(seconds(100)).now());
    fixture.store.refresh_if_due(fixture.back(HOUR).now());
    fixture.pass(HOUR + 5 * MINUTE - seconds(101));
    assert!(key.usable_at(fixture.now()));
    fixture.pass(seconds(1));
    assert!(!key.usable_at(fixture.now()));
}

#[tokio::test(start_paused = true)]
async fn a_slightly_older_reading_is_not_a_clock_step() {
    let fixture = Fixture::warm(&["a"]).await;
    let early = fixture.now();
    fixture.pass(seconds(100));
    let age = || fixture.store.status().age();
    assert_eq!(age(), Some(seconds(100)));
    fixture.store.refresh_if_due(early);
    assert!(fixture.store.select("a", Algorithm::RS256).is_some());
    assert_eq!(age(), Some(seconds(100)));
    assert_eq!(fixture.store.status().next_attempt(), Some(seconds(140)));
}

#[tokio::test(start_paused = true)]
async fn max_age_decides_how_long_a_set_is_fresh() {
    let fixture = Fixture::new(&["a"]);
    *fixture.server.max_age.lock() = Some(44 * 24 * HOUR);
    fixture.finds("a").await;
    assert_eq!(fixture.store.status().next_attempt(), Some(48 * MINUTE));
    *fixture.server.max_age.lock() = Some(Duration::ZERO);
    fixture.pass(48 * MINUTE).finds("a").await;
    fixture.settle().await;
    assert_eq!(fixture.store.status().next_attempt(), Some(seconds(48)));
}

#[tokio::test(start_paused = true)]
async fn status_tells_how_the_keys_are_and_fetches_nothing() {
    let fixture = Fixture::new(&["a", "b"]);
    let status = fixture.store.status();
    assert_eq!((status.issuer(), status.usable(), status.keys()), (ISSUER, false, 0));
    assert_eq!((status.age(), status.last_refresh(), status.last_error()), (None, None, None));
    assert_eq!(status.next_attempt(), Some(Duration::ZERO));
    assert_eq!(fixture.fetches(), 0);

    fixture.finds("a").await;
    fixture.fails().pass(4 * MINUTE).finds("a").await;
    fixture.settle().await;
    let status = fixture.pass(seconds(1)).store.status();
    assert_eq!((status.usable(), status.keys(), status.serving_stale()), (true, 2, false));
    assert_eq!((status.age(), status.last_refresh()), (Some(seconds(241)), Some(seconds(1))));
    assert!(matches!(status.last_error(), Some(FetchError::Http(HttpError::Status { found: 500, .. }))));
    assert_eq!(status.next_attempt(), Some(Duration::ZERO));
}
