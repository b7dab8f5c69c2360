//! A store that loses its data, or may lose some.

use std::time::Duration;

use okta_auth_testing::MockOkta;

use crate::fixture::{Client, instance, is_logged, record_log, store};
use crate::redis_server::{RedisServer, wait_until};

/// Uses a proof, loses the data with `lose`, and sends the proof again.
fn loses_data(lose: impl Fn(&mut RedisServer)) {
    record_log();
    let Some(mut redis) = RedisServer::start(&[]) else { return };
    let okta = MockOkta::start();
    let client = Client::new(&okta);
    let servers = [instance(&okta, store(redis.url())), instance(&okta, store(redis.url()))];
    client.send_until_accepted(&servers[0]);
    okta.clock().advance(Duration::from_secs(10));
    let used = client.proof();
    assert_eq!(client.send(&servers[0], &used).status, 200);
    let unused = client.proof();
    okta.clock().advance(Duration::from_secs(5));

    lose(&mut redis);
    // Also while the instances connect again.
    for _ in 0..3 {
        assert_eq!(client.send(&servers[1], &used).status, 503, "a replay");
        assert_eq!(client.send(&servers[1], &unused).status, 503, "it could be a replay");
    }
    assert_eq!(client.send(&servers[0], &used).status, 401, "this instance remembers it");
    wait_until(|| is_logged(redis.port(), "WARN", "the shared store is empty"));
    let before = client.send_until_accepted(&servers[1]);
    assert!(before.iter().all(|status| *status == 503), "{before:?}");
    let new = client.proof();
    assert_eq!([0, 1].map(|index| client.send(&servers[index], &new).status), [200, 401]);

    // Until it is too old anyway: 60 s of age and 60 s of leeway.
    okta.clock().advance(Duration::from_secs(110));
    assert_eq!(client.send(&servers[1], &used).status, 503);
    assert!(is_logged(redis.port(), "WARN", "the shared store lost its data"));
    okta.clock().advance(Duration::from_secs(10));
    assert_eq!(client.send(&servers[1], &used).status, 401);
}

#[test]
fn flushed_store_is_noticed() {
    loses_data(|redis| assert_eq!(redis.command(&["FLUSHALL"]), "+OK"));
}

#[test]
fn store_that_restarts_without_its_data_is_noticed() {
    loses_data(RedisServer::restart);
}

/// The store was empty when this instance came up, so it can't know which proofs were used before.
#[test]
fn proof_made_before_the_store_came_up_empty_is_refused() {
    let Some(redis) = RedisServer::start(&[]) else { return };
    let okta = MockOkta::start();
    let client = Client::new(&okta);
    let early = client.proof();
    okta.clock().advance(Duration::from_secs(5));
    let server = instance(&okta, store(redis.url()));
    assert_eq!(client.send(&server, &early).status, 503);
    assert_eq!(client.send_until_accepted(&server), [0; 0], "a later one is good at once");
}

/// An instance whose clock was wrong, or anyone else who can write to the store, must not lock out everyone for good.
#[test]
fn marker_that_is_wrong_is_replaced() {
    record_log();
    let Some(redis) = RedisServer::start(&[]) else { return };
    let okta = MockOkta::start();
    let (client, server) = (Client::new(&okta), instance(&okta, store(redis.url())));
    client.send_until_accepted(&server);
    let write = |command: &[&str]| {
        redis.command(&["DEL", "okta-auth:marker"]);
        redis.command(command);
    };
    for command in [
        &["SET", "okta-auth:marker", "99999999999"][..],
        &["SET", "okta-auth:marker", "tomorrow"],
        &["SET", "okta-auth:marker", ""],
        &["RPUSH", "okta-auth:marker", "1", "2"],
        &["SADD", "okta-auth:marker", "1"],
    ] {
        write(command);
        let early = client.proof();
        okta.clock().advance(Duration::from_secs(2));
        assert_eq!(client.send(&server, &early).status, 503, "{command:?}");
        let new = client.proof();
        assert_eq!([200, 401].map(|_| client.send(&server, &new).status), [200, 401], "{command:?}");
    }
    assert!(is_logged(redis.port(), "WARN", "the marker in the shared store was not a time, or one in the future"));
}

#[test]
fn eviction_policy_of_the_store_is_checked() {
    record_log();
    const WARNING: &str = "its maxmemory-policy is volatile-lru, expected noeviction";
    let okta = MockOkta::start();
    for (policy, is_expected) in [("volatile-lru", true), ("noeviction", false)] {
        let Some(redis) = RedisServer::start(&["--maxmemory-policy", policy]) else { return };
        let server = instance(&okta, store(redis.url()));
        Client::new(&okta).send_until_accepted(&server);
        assert_eq!(is_logged(redis.port(), "WARN", WARNING), is_expected, "{policy}");
    }
}

/// With `noeviction`, a full store refuses commands. That is an outage, not a reason to accept.
#[test]
fn full_store_is_a_503() {
    record_log();
    let Some(redis) = RedisServer::start(&[]) else { return };
    let okta = MockOkta::start();
    let (client, server) = (Client::new(&okta), instance(&okta, store(redis.url())));
    client.send_until_accepted(&server);
    redis.command(&["CONFIG", "SET", "maxmemory", "1"]);
    for _ in 0..3 {
        assert_eq!(client.send(&server, &client.proof()).status, 503);
    }
    assert!(is_logged(redis.port(), "WARN", "it refuses a command: OOM"));
    redis.command(&["CONFIG", "SET", "maxmemory", "0"]);
    client.send_until_accepted(&server);
}
