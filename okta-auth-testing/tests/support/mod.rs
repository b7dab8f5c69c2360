//! Reads tokens and responses.
#![allow(dead_code, reason = "each test file uses a part")]

use serde_json::Value;

/// A part of a token as JSON. Part 0 is the header, part 1 the payload.
pub(crate) fn part(token: &str, index: usize) -> Value {
    serde_json::from_slice(&bytes(token, index)).unwrap()
}

/// A part of a token as bytes.
pub(crate) fn bytes(token: &str, index: usize) -> Vec<u8> {
    base64_simd::URL_SAFE_NO_PAD.decode_to_vec(token.split('.').nth(index).unwrap()).unwrap()
}

pub(crate) fn header(token: &str) -> Value {
    part(token, 0)
}

pub(crate) fn claims(token: &str) -> Value {
    part(token, 1)
}

/// A client that neither follows redirects nor keeps connections.
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .no_proxy()
        .build()
        .unwrap()
}

pub(crate) async fn json(url: &str) -> Value {
    http().get(url).send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
}
