//! Start and stop of a mock.

mod support;

use std::time::{Duration, Instant};

use okta_auth_testing::{Fault, MockOkta};
use support::{http, json};

#[test]
fn the_mock_starts_and_stops_without_a_runtime() {
    let okta = MockOkta::start();
    let address = okta.origin().trim_start_matches("http://").to_owned();
    std::net::TcpStream::connect(&address).unwrap();
    drop(okta);
    assert!(std::net::TcpStream::connect(&address).is_err());
}

#[actix_web::test]
async fn the_mock_starts_and_stops_on_an_actix_runtime() {
    let okta = MockOkta::start();
    json(&okta.jwks_uri()).await;
    drop(okta);
}

#[tokio::test]
async fn drop_does_not_wait_for_hung_requests() {
    let okta = MockOkta::start();
    okta.fault(Fault::Hang.times(1));
    okta.fault(Fault::SlowDrip { every: Duration::from_secs(3600) }.times(1));
    let mut fetches = Vec::new();
    for n in 1..=2 {
        let uri = okta.jwks_uri();
        fetches.push(tokio::spawn(async move { http().get(uri).send().await?.bytes().await }));
        okta.wait_for_key_fetches(n).await;
    }
    let start = Instant::now();
    drop(okta);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    for fetch in fetches {
        assert!(fetch.await.unwrap().is_err());
    }
}

#[test]
fn many_mocks_start_and_stop() {
    for _ in 0..30 {
        drop(MockOkta::start());
    }
}

#[test]
#[should_panic(expected = "listens on loopback alone")]
fn the_mock_does_not_listen_beyond_loopback() {
    let _ = MockOkta::builder().address("0.0.0.0:0".parse().unwrap()).start();
}

#[test]
#[should_panic(expected = "HS256 has no public key")]
fn an_hmac_algorithm_is_not_published() {
    let _ = MockOkta::builder().algorithm(okta_auth_testing::SigningAlgorithm::HS256).start();
}

#[test]
#[should_panic(expected = "no authorization server \"other\"")]
fn a_missing_authorization_server_is_named() {
    let _ = MockOkta::start().authorization_server("other");
}
