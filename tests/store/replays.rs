//! A proof works once, on all instances.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use okta_auth::config::SharedStore;
use okta_auth_testing::MockOkta;

use crate::fixture::{Client, Server, instance, serve, store, validator};
use crate::redis_server::RedisServer;

/// The statuses of 20 requests with one proof, each from a thread of its own, to the instances in turn.
fn race(client: &Client<'_>, servers: &[&Server]) -> Vec<u16> {
    let (proof, barrier) = (client.proof(), Barrier::new(20));
    let send = |index: usize| {
        barrier.wait();
        client.send(servers[index % servers.len()], &proof).status
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..20).map(|index| scope.spawn(move || send(index))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a status")).collect()
    })
}

fn assert_one_of_20_is_accepted(client: &Client<'_>, servers: &[&Server]) {
    for round in 0..10 {
        let statuses = race(client, servers);
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "round {round}: {statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 19, "round {round}: {statuses:?}");
    }
}

#[test]
fn one_of_20_threads_is_accepted_by_the_memory() {
    let okta = MockOkta::start();
    assert_one_of_20_is_accepted(&Client::new(&okta), &[&serve(validator(&okta, None))]);
}

#[test]
fn one_of_20_threads_is_accepted_by_redis() {
    let Some(redis) = RedisServer::start(&[]) else { return };
    let okta = MockOkta::start();
    let (one, other) = (instance(&okta, store(redis.url())), instance(&okta, store(redis.url())));
    assert_one_of_20_is_accepted(&Client::new(&okta), &[&one, &other]);
}

#[test]
fn instances_share_the_memory_of_proofs() {
    let Some(redis) = RedisServer::start(&[]) else { return };
    let okta = MockOkta::start();
    let client = Client::new(&okta);
    let store = |prefix: &str| SharedStore::builder(redis.url()).timeout(Duration::from_secs(10)).key_prefix(prefix);
    let [one, other, apart] =
        ["app:", "app:", "other:"].map(|prefix| instance(&okta, store(prefix).connect().expect("a store")));
    for _ in 0..20 {
        let proof = client.proof();
        assert_eq!(client.send(&one, &proof).status, 200);
        let answer = client.send(&other, &proof);
        assert!(answer.status == 401 && answer.text.contains("invalid_dpop_proof"), "{answer:?}");
        assert_eq!(client.send(&one, &proof).status, 401, "the memory of the instance");
    }
    let proof = client.proof();
    assert_eq!([&one, &apart].map(|server| client.send(server, &proof).status), [200, 200], "another prefix");
    let keys = redis.command(&["KEYS", "*"]);
    assert!(keys.split(' ').all(|key| key.starts_with("app:") || key.starts_with("other:")), "{keys}");
    assert_eq!(keys.split(' ').filter(|key| key.starts_with("app:proof:")).count(), 21, "{keys}");
    // 60 s of age and 60 s of leeway, and 60 s for the clocks of the instances.
    let key = keys.split(' ').find(|key| key.starts_with("app:proof:")).expect("a proof");
    let seconds: i64 = redis.command(&["TTL", key]).trim_start_matches(':').parse().expect("a number");
    assert!((170..=180).contains(&seconds), "{seconds}");
    assert_eq!(redis.command(&["TTL", "app:marker"]), ":-1", "it never expires");
}

/// The clock of one instance is behind. A proof must still be in the store when that instance takes it for young enough.
#[test]
fn instance_whose_clock_is_behind_accepts_no_replay() {
    let Some(redis) = RedisServer::start(&[]) else { return };
    let okta = MockOkta::start();
    let client = Client::new(&okta);
    let one = instance(&okta, store(redis.url()));
    assert_eq!(client.send(&one, &client.proof()).status, 200, "sets the marker");
    let proof = client.build_proof().issued_ago(Duration::from_secs(115)).sign();
    client.send(&one, &proof);
    let keys = redis.command(&["KEYS", "*:proof:*"]);
    let seconds = |key: &str| redis.command(&["TTL", key]).trim_start_matches(':').parse::<i64>().expect("a number");
    let shortest = keys.split(' ').map(seconds).min().expect("a key");
    assert!(shortest >= 60, "{shortest}");
}
