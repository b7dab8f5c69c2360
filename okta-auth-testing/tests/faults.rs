//! The effect of each fault on a client.

mod support;

use std::error::Error;
use std::io::ErrorKind;
use std::time::Duration;

use okta_auth_testing::{Endpoint, Fault, MockOkta};
use serde_json::Value;
use support::{http, json};

async fn get(okta: &MockOkta) -> reqwest::Response {
    http().get(okta.jwks_uri()).send().await.unwrap()
}

/// The I/O error at the end of an error's source chain.
fn io_kind(error: &(dyn Error + 'static)) -> Option<ErrorKind> {
    let mut source = Some(error);
    while let Some(error) = source {
        if let Some(io) = error.downcast_ref::<std::io::Error>().filter(|io| io.raw_os_error().is_some()) {
            return Some(io.kind());
        }
        source = error.source();
    }
    None
}

#[tokio::test]
async fn a_status_fault_has_an_okta_error_body() {
    let okta = MockOkta::start();
    for status in [400, 404, 500, 503] {
        okta.fault(Fault::Status(status).times(1));
        let response = get(&okta).await;
        assert_eq!(response.status(), status);
        assert!(response.json::<Value>().await.unwrap()["errorCode"].is_string());
    }
}

#[tokio::test]
async fn too_many_requests_sends_retry_after_only_if_given() {
    let okta = MockOkta::start();
    okta.fault(Fault::TooManyRequests { retry_after: Some(Duration::from_secs(7)) }.times(1));
    okta.fault(Fault::TooManyRequests { retry_after: None }.times(1));
    let response = get(&okta).await;
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "7");
    assert_eq!(response.headers()["x-rate-limit-remaining"], "0");
    assert_eq!(response.json::<Value>().await.unwrap()["errorCode"], "E0000047");
    let response = get(&okta).await;
    assert!(response.status() == 429 && !response.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn a_maximal_retry_after_is_still_answered() {
    let okta = MockOkta::start();
    okta.fault(Fault::TooManyRequests { retry_after: Some(Duration::MAX) });
    assert_eq!(get(&okta).await.status(), 429);
}

#[tokio::test]
async fn a_hung_request_is_counted_and_answered_when_released() {
    let okta = MockOkta::start();
    okta.fault(Fault::Hang.on(Endpoint::Keys));
    let uri = okta.jwks_uri();
    let fetch = tokio::spawn(async move { json(&uri).await });
    okta.wait_for_key_fetches(1).await;
    assert!(!fetch.is_finished());
    okta.release();
    assert!(fetch.await.unwrap()["keys"].is_array());
}

#[tokio::test]
async fn clear_faults_releases_hung_requests() {
    let okta = MockOkta::start();
    okta.fault(Fault::Hang);
    let uri = okta.jwks_uri();
    let fetch = tokio::spawn(async move { json(&uri).await });
    okta.wait_for_key_fetches(1).await;
    okta.clear_faults();
    fetch.await.unwrap();
    json(&okta.jwks_uri()).await;
}

#[tokio::test]
async fn a_slow_drip_sends_the_head_and_then_byte_by_byte() {
    let okta = MockOkta::start();
    okta.fault(Fault::SlowDrip { every: Duration::from_millis(1) });
    let mut response = get(&okta).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.chunk().await.unwrap().unwrap().len(), 1);
    okta.release();
    let mut rest = Vec::new();
    while let Some(chunk) = response.chunk().await.unwrap() {
        rest.extend_from_slice(&chunk);
    }
    assert!(rest.ends_with(b"]}"));
}

#[tokio::test]
async fn releasing_a_slow_drip_sends_the_rest_at_once() {
    let okta = MockOkta::start();
    okta.fault(Fault::SlowDrip { every: Duration::from_secs(3600) });
    let response = get(&okta).await;
    okta.release();
    assert!(response.json::<Value>().await.unwrap()["keys"].is_array());
}

#[tokio::test]
async fn a_truncated_response_ends_after_its_first_half() {
    let okta = MockOkta::start();
    let whole = get(&okta).await.bytes().await.unwrap();
    okta.fault(Fault::Truncate);
    let mut response = get(&okta).await;
    assert_eq!(response.content_length(), Some(whole.len() as u64));
    assert_eq!(response.chunk().await.unwrap().unwrap(), whole[..whole.len() / 2]);
    assert!(response.chunk().await.is_err());
}

#[tokio::test]
async fn garbage_is_sent_as_json() {
    let okta = MockOkta::start();
    okta.fault(Fault::Garbage);
    let response = get(&okta).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (200, &"application/json".parse().unwrap())
    );
    assert!(response.json::<Value>().await.is_err());
}

#[tokio::test]
async fn an_oversized_response_is_valid_json_without_length() {
    let okta = MockOkta::start();
    okta.fault(Fault::Oversized { bytes: 2 << 20 });
    let response = get(&okta).await;
    assert_eq!(response.content_length(), None);
    let bytes = response.bytes().await.unwrap();
    assert!(bytes.len() > 2 << 20);
    let set: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(set["keys"][0]["kid"], okta.signing_key().kid());
}

#[tokio::test]
async fn a_reset_sends_no_byte() {
    let okta = MockOkta::start();
    okta.fault(Fault::Reset);
    for _ in 0..20 {
        let error = http().get(okta.jwks_uri()).send().await.unwrap_err();
        assert_eq!(io_kind(&error), Some(ErrorKind::ConnectionReset), "{error:?}");
    }
    assert_eq!(okta.key_fetches(), 20);
}

#[tokio::test]
async fn empty_key_set_redirect_and_body_faults_answer_as_given() {
    let okta = MockOkta::start();
    okta.fault(Fault::EmptyKeySet.times(1));
    okta.fault(Fault::Redirect("https://elsewhere.example/keys".to_owned()).times(1));
    okta.fault(Fault::Body("[1]".to_owned()).times(1));
    assert_eq!(get(&okta).await.text().await.unwrap(), r#"{"keys":[]}"#);
    let redirect = get(&okta).await;
    assert_eq!(redirect.status(), 302);
    assert_eq!(redirect.headers()["location"], "https://elsewhere.example/keys");
    assert_eq!(get(&okta).await.text().await.unwrap(), "[1]");
    assert!(get(&okta).await.json::<Value>().await.unwrap()["keys"][0].is_object());
}

#[tokio::test]
async fn a_fault_affects_only_its_endpoint() {
    let okta = MockOkta::start();
    okta.fault(Fault::Status(404).on(Endpoint::OpenIdConfiguration));
    let url = format!("{}/.well-known/openid-configuration", okta.issuer());
    assert_eq!(http().get(&url).send().await.unwrap().status(), 404);
    json(&okta.jwks_uri()).await;
    okta.clear_faults();
    json(&url).await;
}

#[tokio::test]
async fn every_request_is_reset_while_the_mock_is_down() {
    let okta = MockOkta::start();
    okta.go_down();
    for n in 1..=20 {
        let error = http().get(okta.jwks_uri()).send().await.unwrap_err();
        assert_eq!(io_kind(&error), Some(ErrorKind::ConnectionReset), "{error:?}");
        assert_eq!(okta.requests_turned_away(), n);
    }
    assert_eq!(okta.key_fetches(), 0);
    okta.come_back();
    json(&okta.jwks_uri()).await;
    assert_eq!(okta.key_fetches(), 1);
}

#[tokio::test]
async fn going_down_resets_requests_that_hang() {
    let okta = MockOkta::start();
    okta.fault(Fault::Hang);
    let uri = okta.jwks_uri();
    let fetch = tokio::spawn(async move { http().get(uri).send().await });
    okta.wait_for_key_fetches(1).await;
    okta.go_down();
    assert_eq!(io_kind(&fetch.await.unwrap().unwrap_err()), Some(ErrorKind::ConnectionReset));
}
