//! Reads tokens and responses, and sends the requests of OAuth clients.
#![allow(dead_code, reason = "each test file uses a part")]

use std::collections::HashMap;

use okta_auth_testing::MockOkta;
use reqwest::Response;
use serde_json::Value;

pub(crate) const CALLBACK: &str = "http://localhost:3000/callback";
/// The verifier and challenge of RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

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

pub(crate) async fn post(okta: &MockOkta, endpoint: &str, form: &[(&str, &str)]) -> Response {
    http().post(format!("{}/v1/{endpoint}", okta.issuer())).form(form).send().await.unwrap()
}

/// Status and body of a response.
pub(crate) async fn read(response: Response) -> (u16, Value) {
    (response.status().as_u16(), response.json().await.unwrap())
}

/// Status and `error` of a response, which must have a description.
pub(crate) async fn error(response: Response) -> (u16, String) {
    let (status, body) = read(response).await;
    assert!(body["error_description"].is_string(), "{body}");
    (status, body["error"].as_str().unwrap().to_owned())
}

/// Sends the authorization request of the single-page app with changes. An empty value removes a parameter.
pub(crate) async fn authorize(okta: &MockOkta, changes: &[(&str, &str)]) -> Response {
    let mut query: HashMap<&str, &str> = HashMap::from([
        ("response_type", "code"),
        ("client_id", "0oaspa"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid email offline_access orders:read"),
        ("state", "s&t"),
        ("nonce", "n0nce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    query.extend(changes.iter().copied());
    http().get(format!("{}/v1/authorize", okta.issuer())).query(&query).send().await.unwrap()
}

/// The parameters of an authorization response.
pub(crate) fn redirect_parameters(response: &Response) -> HashMap<String, String> {
    assert_eq!(response.status(), 302);
    let target = url::Url::parse(response.headers()["location"].to_str().unwrap()).unwrap();
    assert_eq!(&target[..url::Position::AfterPath], CALLBACK);
    target.query_pairs().into_owned().collect()
}

pub(crate) async fn code(okta: &MockOkta, changes: &[(&str, &str)]) -> String {
    redirect_parameters(&authorize(okta, changes).await)["code"].clone()
}

pub(crate) async fn exchange(okta: &MockOkta, code: &str, changes: &[(&str, &str)]) -> Response {
    let mut form = HashMap::from([
        ("grant_type", "authorization_code"),
        ("client_id", "0oaspa"),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("code", code),
    ]);
    form.extend(changes.iter().copied());
    post(okta, "token", &form.into_iter().collect::<Vec<_>>()).await
}
