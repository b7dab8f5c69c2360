//! A store that is down, hangs, or is killed.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use okta_auth::config::SharedStore;
use okta_auth_testing::MockOkta;
use parking_lot::Mutex;

use crate::fixture::{Client, instance, is_logged, record_log, send, store, whole_log};
use crate::redis_server::{DEADLINE, RedisServer, free_port, wait_until};

#[test]
fn app_starts_while_the_store_is_down_and_recovers() {
    record_log();
    let Some(mut redis) = RedisServer::stopped(&[]) else { return };
    let okta = MockOkta::start();
    let (client, server) = (Client::new(&okta), instance(&okta, store(redis.url())));
    let answer = client.send(&server, &client.proof());
    assert!(answer.status == 503 && answer.text.contains("store_unavailable"), "{answer:?}");
    assert!(answer.text.contains("\r\nretry-after: ") && !answer.text.contains("www-authenticate"), "{answer:?}");
    let invalid = client.build_proof().method("POST").sign();
    assert_eq!(client.send(&server, &invalid).status, 401);
    let bearer = okta.token().sign();
    assert_eq!(send(server.address(), "/orders", &format!("Bearer {bearer}"), None).status, 200);
    wait_until(|| is_logged(redis.port(), "WARN", "the shared store is unavailable"));

    redis.restart();
    let before = client.send_until_accepted(&server);
    assert!(before.iter().all(|status| *status == 503), "{before:?}");
    redis.kill();
    assert_eq!(client.send(&server, &client.proof()).status, 503);
    assert_eq!(client.send(&server, &invalid).status, 401);
    redis.restart();
    client.send_until_accepted(&server);
}

#[test]
fn killed_and_restarted_store_lets_no_replay_in() {
    let Some(mut redis) = RedisServer::start(&["--appendonly", "yes", "--appendfsync", "always"]) else { return };
    let okta = MockOkta::start();
    let client = Client::new(&okta);
    let servers = [instance(&okta, store(redis.url())), instance(&okta, store(redis.url()))];
    for server in &servers {
        client.send_until_accepted(server);
    }
    // How often each proof was accepted.
    let accepted: Mutex<HashMap<String, usize>> = Mutex::default();
    let (unavailable, is_over) = (Mutex::new(0), AtomicBool::new(false));
    let send = |proof: &str, index: usize| match client.send(&servers[index], proof).status {
        200 => *accepted.lock().entry(proof.to_owned()).or_default() += 1,
        503 => *unavailable.lock() += 1,
        status => assert_eq!(status, 401),
    };
    let count = || accepted.lock().len();
    thread::scope(|scope| {
        for index in 0..6 {
            let (send, is_over, client) = (&send, &is_over, &client);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let proof = client.proof();
                    // To each instance twice, in turn, so that a replay can come before, during and after an outage.
                    for turn in 0..4 {
                        send(&proof, (index + turn) % 2);
                    }
                }
            });
        }
        for _ in 0..3 {
            let (before, refused) = (count(), *unavailable.lock());
            wait_until(|| count() > before + 20);
            redis.kill();
            wait_until(|| *unavailable.lock() > refused + 20);
            redis.restart();
        }
        let before = count();
        wait_until(|| count() > before + 50);
        is_over.store(true, Ordering::Relaxed);
    });
    // When all instances are connected again, there are no more 503.
    for server in &servers {
        client.send_until_accepted(server);
    }
    let refused = *unavailable.lock();
    let proofs: Vec<String> = accepted.lock().keys().cloned().collect();
    for proof in &proofs {
        send(proof, 0);
        send(proof, 1);
    }
    assert_eq!(*unavailable.lock(), refused);
    let more_than_once = accepted.lock().values().filter(|count| **count > 1).count();
    assert_eq!(more_than_once, 0, "of {}", proofs.len());
}

/// Its connections stay open, so that only the timeout helps.
#[test]
fn store_that_hangs_is_a_503_within_the_timeout() {
    let Some(redis) = RedisServer::start(&[]) else { return };
    let okta = MockOkta::start();
    let store = SharedStore::builder(redis.url()).timeout(Duration::from_millis(100)).connect().expect("a store");
    let (client, server) = (Client::new(&okta), instance(&okta, store));
    client.send_until_accepted(&server);
    redis.signal("-STOP");
    let start = Instant::now();
    for _ in 0..10 {
        assert_eq!(client.send(&server, &client.proof()).status, 503);
    }
    // The first attempts wait, the others find the back-off. A tenth of this is enough on a machine that is not busy.
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    redis.signal("-CONT");
    client.send_until_accepted(&server);
}

/// A server with the same answer to every command. Returns its port.
fn server_that_answers(answer: &'static [u8]) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else { return };
            thread::spawn(move || {
                let mut request = [0; 4096];
                while connection.read(&mut request).is_ok_and(|read| read > 0) {
                    if connection.write_all(answer).is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

#[test]
fn store_that_answers_nonsense_is_a_503() {
    record_log();
    let okta = MockOkta::start();
    let client = Client::new(&okta);
    for answer in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"+OK\r\n",
        b"+OK\r\n+OK\r\n+OK\r\n",
        b"%0\r\n+OK\r\n",
        b"*1000000000\r\n",
        b"$-1\r\n$-1\r\n$-1\r\n$-1\r\n",
        b"_\r\n_\r\n_\r\n_\r\n",
        b"-ERR unknown command `HELLO`, with args beginning with: `3` `AUTH` `app` `hunter3`\r\n",
        b"-hunter3\r\n",
        b"-HUNTER3 is not a command\r\n",
        b"\0\xff\xfe",
        b"|9223372036854775807\r\n",
        b"%4611686018427387904\r\n",
        b"$9223372036854775807\r\n",
        b">-9\r\n",
        "*1\r\n".repeat(1000).leak().as_bytes(),
        "|1\r\n".repeat(1000).leak().as_bytes(),
        ">1\r\n".repeat(1000).leak().as_bytes(),
        ">2\r\n+invalidate\r\n+x\r\n".repeat(1000).leak().as_bytes(),
    ] {
        let port = server_that_answers(answer);
        let url = format!("redis://app:hunter3@127.0.0.1:{port}");
        let store = SharedStore::builder(url).timeout(Duration::from_millis(50)).connect().expect("a store");
        let server = instance(&okta, store);
        for _ in 0..3 {
            let status = client.send(&server, &client.proof()).status;
            assert_eq!(status, 503, "{}", String::from_utf8_lossy(answer));
        }
        wait_until(|| is_logged(port, "WARN", "the shared store is unavailable"));
    }
    let log = whole_log();
    assert!(!log.contains("hunter3") && !log.contains("HUNTER3"), "{log}");
}

/// Otherwise, a program that makes validators, such as a test, leaks a thread and a connection for each.
#[cfg(target_os = "linux")]
#[test]
fn thread_of_a_store_ends_with_its_last_clone() {
    let threads = || {
        let tasks = std::fs::read_dir("/proc/self/task").expect("threads").flatten();
        let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
        names.filter(|name| name.trim() == "okta-auth-store").count()
    };
    let okta = MockOkta::start();
    let store = store(format!("redis://127.0.0.1:{}", free_port()));
    let before = threads();
    let validators: Vec<_> = (0..3).map(|_| crate::fixture::validator(&okta, Some(store.clone()))).collect();
    wait_until(|| threads() > before);
    drop((validators, store));
    wait_until(|| threads() <= before);
}

/// A server with these answers to the commands of one connection, in turn. Returns its port.
fn scripted(answers: Vec<String>) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        let (mut connection, _) = listener.accept().expect("a connection");
        let mut answers = answers.into_iter();
        let mut request = [0; 4096];
        while connection.read(&mut request).is_ok_and(|read| read > 0) {
            let Some(answer) = answers.next() else { return };
            if connection.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    });
    port
}

/// A connection is closed although its last command has no answer. Otherwise, each leaks a socket.
#[test]
fn connection_that_hangs_is_closed() {
    let okta = MockOkta::start();
    let client = Client::new(&okta);
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (closed, is_closed) = mpsc::channel();
    thread::spawn(move || {
        let (mut connection, _) = listener.accept().expect("a connection");
        let mut request = [0; 4096];
        // HELLO, GET of the marker, INFO.
        for answer in ["%0\r\n", "$1\r\n0\r\n", "$0\r\n\r\n"] {
            assert!(connection.read(&mut request).expect("a command") > 0);
            connection.write_all(answer.as_bytes()).expect("an open connection");
        }
        while connection.read(&mut request).is_ok_and(|read| read > 0) {}
        closed.send(()).expect("the test");
    });
    let store = SharedStore::builder(format!("redis://127.0.0.1:{port}")).timeout(Duration::from_millis(50));
    let server = instance(&okta, store.connect().expect("a store"));
    assert_eq!(client.send(&server, &client.proof()).status, 503);
    is_closed.recv_timeout(DEADLINE).expect("the connection is closed");
}

/// Otherwise, a store, or anyone on the network to it, fills the memory of an API within seconds.
#[test]
fn connection_whose_answer_never_ends_is_closed() {
    let okta = MockOkta::start();
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let store = thread::spawn(move || {
        let (mut connection, _) = listener.accept().expect("a connection");
        let mut request = [0; 4096];
        // HELLO, GET of the marker, INFO.
        for answer in ["%0\r\n", "$1\r\n0\r\n", "$0\r\n\r\n$9000000000000000000\r\n"] {
            assert!(connection.read(&mut request).expect("a command") > 0);
            connection.write_all(answer.as_bytes()).expect("an open connection");
        }
        // More than the buffers of the system hold.
        let chunk = vec![b'x'; 1 << 16];
        (0..2048).any(|_| connection.write_all(&chunk).is_err())
    });
    let server = instance(&okta, self::store(format!("redis://127.0.0.1:{port}")));
    assert!(store.join().expect("a store"), "128 MiB are received");
    drop(server);
}

/// The store accepts the proof, loses it, and learns it again from another instance, before this one reads the marker.
#[test]
fn proof_that_is_lost_while_it_is_set_is_not_accepted_twice() {
    let okta = MockOkta::start();
    let client = Client::new(&okta);
    let now = okta.clock().now().duration_since(std::time::UNIX_EPOCH).expect("a time").as_secs().to_string();
    let marker = format!("${}\r\n{now}\r\n", now.len());
    for (again, kept, status) in [("$-1", "$5\r\nother", 401), ("$-1", "$-1", 401)] {
        let port = scripted(vec![
            "%0\r\n".to_owned(),                                             // HELLO
            "$1\r\n0\r\n".to_owned(),                                        // GET of the marker
            "$37\r\n# Memory\r\nmaxmemory_policy:noeviction\r\n".to_owned(), // INFO
            "+OK\r\n$-1\r\n".to_owned(),                                     // SET of the proof, GET of the marker
            format!("+OK\r\n{again}\r\n{kept}\r\n{marker}"),                 // sets both, and reads both
        ]);
        let server = instance(&okta, store(format!("redis://127.0.0.1:{port}")));
        assert_eq!(client.send(&server, &client.build_proof().issued_in(Duration::from_secs(5)).sign()).status, status);
    }
}
