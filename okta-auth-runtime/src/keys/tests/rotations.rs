//! Keys that come, go, change; and strangers who make them up.

use super::*;

#[tokio::test(start_paused = true)]
async fn ten_thousand_unknown_keys_cause_one_fetch_per_cooldown() {
    let world = World::warm(&["a"]).await;
    for round in 1..=3 {
        for number in 0..10_000 {
            assert_eq!(world.misses(&format!("stranger-{number}")).await, FindError::UnknownKey);
        }
        assert_eq!(world.fetches(), 1 + round);
        world.pass(seconds(10));
    }
}

#[tokio::test(start_paused = true)]
async fn unknown_keys_that_come_together_share_a_fetch_and_its_cooldown() {
    let world = World::warm(&["a"]).await;
    world.server(Mode::Hangs);
    let first = world.asks("x").await;
    let second = world.asks("y").await;
    world.serves(&["a"]);
    assert_eq!(first.await.expect("no panic").err(), Some(FindError::UnknownKey));
    assert_eq!(second.await.expect("no panic").err(), Some(FindError::UnknownKey));
    assert_eq!(world.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_crowd_that_waits_for_one_fetch_is_not_remembered_by_name() {
    let world = World::warm(&["a"]).await;
    world.server(Mode::Hangs);
    let names: Vec<String> = (0..80).map(|number| format!("new-{number}")).collect();
    let mut crowd = vec![world.asks("b").await];
    for name in &names {
        crowd.push(world.asks(name).await);
    }
    // What was under way when they came does not bring their keys, so they wait for another one.
    world.serves(&["a", "b"]).server(Mode::Hangs).settle().await;
    world.serves(&names.iter().map(String::as_str).collect::<Vec<_>>());
    for asked in crowd {
        assert!(asked.await.expect("no panic").is_ok());
    }
    assert_eq!(world.misses("x").await, FindError::UnknownKey);
    assert_eq!(world.fetches(), 3, "those who were not remembered count as unknown, which starts the cooldown");
}

#[tokio::test(start_paused = true)]
async fn strangers_on_a_cold_start_cause_one_fetch() {
    let world = World::new(&["a"]);
    for _ in 0..100 {
        assert_eq!(world.misses("x").await, FindError::UnknownKey);
    }
    world.finds("a").await;
    assert_eq!(world.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_rotation_with_overlap_loses_no_request_and_no_key() {
    let world = World::warm(&["old"]).await;
    let old = world.cached("old").expect("a warm key");
    world.serves(&["old", "new"]).pass(4 * MINUTE).finds("old").await;
    world.settle().await;
    assert!(world.cached("new").is_some(), "refreshed ahead of the first token with the new key");
    assert!(Arc::ptr_eq(&old, &world.cached("old").expect("the old key")));
    world.serves(&["new"]).pass(4 * MINUTE).finds("new").await;
    world.settle().await;
    assert!(!old.usable_at(world.now()));
    assert_eq!(world.misses("old").await, FindError::UnknownKey);
}

#[tokio::test(start_paused = true)]
async fn a_rotation_without_overlap_is_picked_up_at_once() {
    let world = World::warm(&["old"]).await;
    let old = world.cached("old").expect("a warm key");
    world.serves(&["new"]).finds("new").await;
    assert!(!old.usable_at(world.now()));
    assert_eq!(world.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_rotation_during_a_cooldown_waits_for_its_end() {
    let world = World::warm(&["old"]).await;
    assert_eq!(world.misses("x").await, FindError::UnknownKey);
    world.serves(&["new"]);
    assert_eq!(world.pass(seconds(9)).misses("new").await, FindError::UnknownKey);
    world.pass(seconds(1)).finds("new").await;
}

#[tokio::test(start_paused = true)]
async fn a_key_that_a_slow_fetch_is_too_old_to_bring_is_fetched_next() {
    let world = World::warm(&["old"]).await;
    // A refresh that left before the rotation.
    world.server(Mode::Hangs).pass(4 * MINUTE).finds("old").await;
    world.settle().await;
    let request = world.asks("new").await;
    let stranger = world.asks("x").await;
    world.server.release(&Mode::Serves(body(&["old"])));
    world.settle().await;
    assert_eq!(world.fetches(), 3, "one more for both");
    world.serves(&["old", "new"]);
    assert!(request.await.expect("no panic").is_ok());
    assert_eq!(stranger.await.expect("no panic").err(), Some(FindError::UnknownKey));
    assert_eq!(world.misses("y").await, FindError::UnknownKey);
    assert_eq!(world.fetches(), 3, "the stranger's miss started the cooldown");
}

#[tokio::test(start_paused = true)]
async fn a_withdrawn_key_stops_for_whoever_holds_it_and_never_comes_back_to_life() {
    let world = World::warm(&["a", "b"]).await;
    let (a, b) = (world.cached("a").expect("a key"), world.cached("b").expect("a key"));
    world.serves(&["b"]).pass(4 * MINUTE).finds("b").await;
    world.settle().await;
    assert!(!a.usable_at(world.now()) && b.usable_at(world.now()));
    assert!(world.cached("a").is_none());
    assert_eq!(world.misses("a").await, FindError::UnknownKey);

    world.serves(&["a", "b"]).pass(4 * MINUTE).finds("b").await;
    world.settle().await;
    let again = world.cached("a").expect("the key is back");
    assert!(again.usable_at(world.now()) && !a.usable_at(world.now()));
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_numbers_change_is_another_key() {
    let world = World::warm(&["a"]).await;
    let old = world.cached("a").expect("a key");
    world.server(Mode::Serves(testdata::set([&testdata::renamed("rsa-2048-b", "a")])));
    world.pass(4 * MINUTE).finds("a").await;
    world.settle().await;
    assert!(!old.usable_at(world.now()));
    let new = world.cached("a").expect("a key");
    let vector = testdata::vector_of("rsa-2048-b", Algorithm::RS256);
    assert_eq!(new.verify(&vector.message, &vector.signature), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn sets_without_a_usable_key_never_replace_a_good_one() {
    let bodies = [
        r#"{"keys": []}"#.to_owned(),
        r#"{"keys": [{"kty": "oct", "kid": "a", "k": "c2VjcmV0"}]}"#.to_owned(),
        testdata::set([&testdata::renamed("p256", "a")]),
        "<html>".to_owned(),
        body(&["a"])[..100].to_owned(),
    ];
    for bad in bodies {
        let world = World::warm(&["a"]).await;
        let key = world.cached("a").expect("a key");
        world.server(Mode::Serves(bad.clone())).pass(4 * MINUTE).finds("a").await;
        world.settle().await;
        assert!(key.usable_at(world.now()), "{bad}");
        assert!(world.cached("a").is_some(), "{bad}");
        assert!(world.store.status().last_error().is_some(), "{bad}");
        assert!(retry_after(&world.misses("x").await).is_some(), "{bad}");

        let cold = World::new(&[]);
        cold.server(Mode::Serves(bad.clone()));
        assert!(retry_after(&cold.misses("a").await).is_some(), "{bad}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_known_key_asked_for_another_algorithm_causes_no_fetch() {
    let world = World::warm(&["a"]).await;
    for _ in 0..100 {
        let answer = world.store.find("a", Algorithm::ES256).await.err();
        assert_eq!(answer, Some(FindError::AlgorithmNotOfKey(vec![Algorithm::RS256])));
    }
    assert_eq!(world.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_while_fetches_fail_is_undecided_until_one_succeeds() {
    let world = World::warm(&["old"]).await;
    world.fails();
    assert_eq!(retry_after(&world.misses("new").await), Some(seconds(1)));
    assert_eq!(retry_after(&world.misses("new").await), Some(seconds(1)));
    assert_eq!(world.fetches(), 2);
    world.finds("old").await;
    world.serves(&["new"]).pass(seconds(1)).finds("new").await;
}

#[tokio::test(start_paused = true)]
async fn a_stranger_whose_fetch_was_given_up_starts_the_cooldown_with_the_next() {
    let world = World::warm(&["old"]).await;
    world.server(Mode::Hangs);
    let first = world.asks("old-stranger").await;
    let late = world.pass(seconds(3)).asks("x").await;
    // The first fetch is given up, while one that joined it late still waits.
    first.abort();
    let finder = world.pass(seconds(3)).asks("new").await;
    assert_eq!(world.fetches(), 3);
    world.serves(&["old", "new"]).settle().await;
    assert!(finder.await.expect("no panic").is_ok());
    assert_eq!(late.await.expect("no panic").err(), Some(FindError::UnknownKey));
    assert_eq!(world.misses("y").await, FindError::UnknownKey);
    assert_eq!(world.fetches(), 3);
}
