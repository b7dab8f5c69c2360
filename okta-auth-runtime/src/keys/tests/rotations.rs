//! Keys that are added, withdrawn, changed, and made up by clients.

use super::*;

#[tokio::test(start_paused = true)]
async fn ten_thousand_unknown_keys_cause_one_fetch_per_cooldown() {
    let fixture = Fixture::warm(&["a"]).await;
    for round in 1..=3 {
        for number in 0..10_000 {
            assert_eq!(fixture.misses(&format!("unknown-{number}")).await, FindError::UnknownKey);
        }
        assert_eq!(fixture.fetches(), 1 + round);
        fixture.pass(seconds(10));
    }
}

#[tokio::test(start_paused = true)]
async fn concurrent_unknown_keys_share_a_fetch_and_its_cooldown() {
    let fixture = Fixture::warm(&["a"]).await;
    fixture.server(Mode::Hangs);
    let first = fixture.asks("x").await;
    let second = fixture.asks("y").await;
    fixture.serves(&["a"]);
    assert_eq!(first.await.expect("no panic").err(), Some(FindError::UnknownKey));
    assert_eq!(second.await.expect("no panic").err(), Some(FindError::UnknownKey));
    assert_eq!(fixture.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_remembers_a_bounded_number_of_missing_keys() {
    let fixture = Fixture::warm(&["a"]).await;
    fixture.server(Mode::Hangs);
    let names: Vec<String> = (0..80).map(|number| format!("new-{number}")).collect();
    let mut crowd = vec![fixture.asks("b").await];
    for name in &names {
        crowd.push(fixture.asks(name).await);
    }
    // The fetch in flight when they arrived does not bring their keys, so they wait for another one.
    fixture.serves(&["a", "b"]).server(Mode::Hangs).settle().await;
    fixture.serves(&names.iter().map(String::as_str).collect::<Vec<_>>());
    for asked in crowd {
        assert!(asked.await.expect("no panic").is_ok());
    }
    assert_eq!(fixture.misses("x").await, FindError::UnknownKey);
    assert_eq!(fixture.fetches(), 3, "those who were not remembered count as unknown, which starts the cooldown");
}

#[tokio::test(start_paused = true)]
async fn unknown_keys_on_a_cold_start_cause_one_fetch() {
    let fixture = Fixture::new(&["a"]);
    for _ in 0..100 {
        assert_eq!(fixture.misses("x").await, FindError::UnknownKey);
    }
    fixture.finds("a").await;
    assert_eq!(fixture.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_rotation_with_overlap_loses_no_request_and_no_key() {
    let fixture = Fixture::warm(&["old"]).await;
    let old = fixture.cached("old").expect("a warm key");
    fixture.serves(&["old", "new"]).pass(4 * MINUTE).finds("old").await;
    fixture.settle().await;
    assert!(fixture.cached("new").is_some(), "refreshed ahead of the first token with the new key");
    assert!(Arc::ptr_eq(&old, &fixture.cached("old").expect("the old key")));
    fixture.serves(&["new"]).pass(4 * MINUTE).finds("new").await;
    fixture.settle().await;
    assert!(!old.usable_at(fixture.now()));
    assert_eq!(fixture.misses("old").await, FindError::UnknownKey);
}

#[tokio::test(start_paused = true)]
async fn a_rotation_without_overlap_is_picked_up_at_once() {
    let fixture = Fixture::warm(&["old"]).await;
    let old = fixture.cached("old").expect("a warm key");
    fixture.serves(&["new"]).finds("new").await;
    assert!(!old.usable_at(fixture.now()));
    assert_eq!(fixture.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_rotation_during_a_cooldown_waits_for_its_end() {
    let fixture = Fixture::warm(&["old"]).await;
    assert_eq!(fixture.misses("x").await, FindError::UnknownKey);
    fixture.serves(&["new"]);
    assert_eq!(fixture.pass(seconds(9)).misses("new").await, FindError::UnknownKey);
    fixture.pass(seconds(1)).finds("new").await;
}

#[tokio::test(start_paused = true)]
async fn a_key_that_a_slow_fetch_is_too_old_to_bring_is_fetched_next() {
    let fixture = Fixture::warm(&["old"]).await;
    // A refresh that started before the rotation.
    fixture.server(Mode::Hangs).pass(4 * MINUTE).finds("old").await;
    fixture.settle().await;
    let request = fixture.asks("new").await;
    let unknown = fixture.asks("x").await;
    fixture.server.release(&Mode::Serves(body(&["old"])));
    fixture.settle().await;
    assert_eq!(fixture.fetches(), 3, "one more for both");
    fixture.serves(&["old", "new"]);
    assert!(request.await.expect("no panic").is_ok());
    assert_eq!(unknown.await.expect("no panic").err(), Some(FindError::UnknownKey));
    assert_eq!(fixture.misses("y").await, FindError::UnknownKey);
    assert_eq!(fixture.fetches(), 3, "the unknown key's miss started the cooldown");
}

#[tokio::test(start_paused = true)]
async fn a_withdrawn_key_is_unusable_for_its_holders_for_ever() {
    let fixture = Fixture::warm(&["a", "b"]).await;
    let (a, b) = (fixture.cached("a").expect("a key"), fixture.cached("b").expect("a key"));
    fixture.serves(&["b"]).pass(4 * MINUTE).finds("b").await;
    fixture.settle().await;
    assert!(!a.usable_at(fixture.now()) && b.usable_at(fixture.now()));
    assert!(fixture.cached("a").is_none());
    assert_eq!(fixture.misses("a").await, FindError::UnknownKey);

    fixture.serves(&["a", "b"]).pass(4 * MINUTE).finds("b").await;
    fixture.settle().await;
    let again = fixture.cached("a").expect("the key is back");
    assert!(again.usable_at(fixture.now()) && !a.usable_at(fixture.now()));
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_numbers_change_is_another_key() {
    let fixture = Fixture::warm(&["a"]).await;
    let old = fixture.cached("a").expect("a key");
    fixture.server(Mode::Serves(testdata::set([&testdata::renamed("rsa-2048-b", "a")])));
    fixture.pass(4 * MINUTE).finds("a").await;
    fixture.settle().await;
    assert!(!old.usable_at(fixture.now()));
    let new = fixture.cached("a").expect("a key");
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
        let fixture = Fixture::warm(&["a"]).await;
        let key = fixture.cached("a").expect("a key");
        fixture.server(Mode::Serves(bad.clone())).pass(4 * MINUTE).finds("a").await;
        fixture.settle().await;
        assert!(key.usable_at(fixture.now()), "{bad}");
        assert!(fixture.cached("a").is_some(), "{bad}");
        assert!(fixture.store.status().last_error().is_some(), "{bad}");
        assert!(retry_after(&fixture.misses("x").await).is_some(), "{bad}");
        assert!(key.usable_at(fixture.pass(HOUR).now()), "{bad}: an hour beyond the freshness of 5 minutes");
        assert!(!key.usable_at(fixture.pass(MINUTE).now()), "{bad}: and not a moment longer");

        let cold = Fixture::new(&[]);
        cold.server(Mode::Serves(bad.clone()));
        assert!(retry_after(&cold.misses("a").await).is_some(), "{bad}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_known_key_asked_for_another_algorithm_causes_no_fetch() {
    let fixture = Fixture::warm(&["a"]).await;
    for _ in 0..100 {
        let answer = fixture.store.find("a", Algorithm::ES256).await.err();
        assert_eq!(answer, Some(FindError::AlgorithmNotOfKey(vec![Algorithm::RS256])));
    }
    assert_eq!(fixture.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_is_undecided_while_fetches_fail() {
    let fixture = Fixture::warm(&["old"]).await;
    fixture.fails();
    assert_eq!(retry_after(&fixture.misses("new").await), Some(seconds(1)));
    assert_eq!(retry_after(&fixture.misses("new").await), Some(seconds(1)));
    assert_eq!(fixture.fetches(), 2);
    fixture.finds("old").await;
    fixture.serves(&["new"]).pass(seconds(1)).finds("new").await;
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_of_an_overdue_fetch_starts_the_next_cooldown() {
    let fixture = Fixture::warm(&["old"]).await;
    fixture.server(Mode::Hangs);
    let first = fixture.asks("old-unknown").await;
    let late = fixture.pass(seconds(3)).asks("x").await;
    // The first fetch is overdue, while a request that joined it late still waits.
    first.abort();
    let finder = fixture.pass(seconds(3)).asks("new").await;
    assert_eq!(fixture.fetches(), 3);
    fixture.serves(&["old", "new"]).settle().await;
    assert!(finder.await.expect("no panic").is_ok());
    assert_eq!(late.await.expect("no panic").err(), Some(FindError::UnknownKey));
    assert_eq!(fixture.misses("y").await, FindError::UnknownKey);
    assert_eq!(fixture.fetches(), 3);
}
