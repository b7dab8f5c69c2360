//! Reads tokens and responses.
#![allow(dead_code, reason = "each test file uses a part")]

use serde_json::Value;

/// The claims of a token.
pub(crate) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64_simd::URL_SAFE_NO_PAD.decode_to_vec(payload).unwrap()).unwrap()
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
