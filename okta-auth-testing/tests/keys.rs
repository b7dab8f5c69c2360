//! Discovery, JWK Sets, rotation and request counts.

mod support;

use okta_auth_testing::{Endpoint, MockOkta, SigningAlgorithm};
use serde_json::json;
use support::{claims, header, http, json};

#[tokio::test]
async fn every_metadata_url_names_the_issuer_and_the_keys() {
    let okta = MockOkta::start();
    let issuer = okta.issuer();
    for url in [
        format!("{issuer}/.well-known/openid-configuration"),
        format!("{issuer}/.well-known/oauth-authorization-server"),
        format!("{}/.well-known/oauth-authorization-server/oauth2/default", okta.origin()),
    ] {
        let metadata = json(&url).await;
        assert_eq!(metadata["issuer"], issuer, "{url}");
        assert_eq!(metadata["jwks_uri"], okta.jwks_uri(), "{url}");
    }
    assert_eq!(okta.discovery_fetches(), 3);
    assert_eq!(okta.count(Endpoint::OAuthMetadataInserted), 1);
    assert_eq!(okta.key_fetches(), 0);
}

#[tokio::test]
async fn the_key_set_and_its_caching_match_okta() {
    let okta = MockOkta::start();
    let response = http().get(okta.jwks_uri()).send().await.unwrap();
    assert_eq!(response.headers()["cache-control"], "max-age=3293198, must-revalidate");
    assert_eq!(response.headers()["content-type"], "application/json");
    let set: serde_json::Value = response.json().await.unwrap();
    let key = &set["keys"][0];
    assert_eq!(set["keys"].as_array().unwrap().len(), 1);
    assert_eq!((&key["kty"], &key["alg"], &key["use"]), (&json!("RSA"), &json!("RS256"), &json!("sig")));
    assert_eq!(key["kid"], header(&okta.token().sign())["kid"]);
}

#[tokio::test]
async fn an_unknown_path_or_authorization_server_gets_oktas_404() {
    let okta = MockOkta::start();
    for path in ["/oauth2/other/v1/keys", "/oauth2/default/v1/nothing", "/"] {
        let response = http().get(format!("{}{path}", okta.origin())).send().await.unwrap();
        assert_eq!(response.status(), 404, "{path}");
        let body: serde_json::Value = response.json().await.unwrap();
        assert_eq!(body["errorCode"], "E0000007", "{path}");
        assert!(body["errorSummary"].is_string() && body["errorCauses"].is_array(), "{path}");
    }
}

#[tokio::test]
async fn rotation_signs_with_the_new_key_and_publishes_both() {
    let okta = MockOkta::start();
    let old = okta.signing_key();
    let new = okta.rotate();
    assert_eq!(header(&okta.token().sign())["kid"], new.kid());
    assert_eq!(okta.published_kids(), [old.kid(), new.kid()]);
    let set = json(&okta.jwks_uri()).await;
    assert_ne!(set["keys"][0]["n"], set["keys"][1]["n"]);
}

#[test]
fn rotation_without_overlap_publishes_only_the_new_key() {
    let okta = MockOkta::builder().keys(2).start();
    let new = okta.rotate_without_overlap();
    assert_eq!(okta.published_kids(), [new.kid()]);
    assert_eq!(okta.signing_key().kid(), new.kid());
}

#[test]
fn a_withdrawn_key_is_not_published_but_still_signs() {
    let okta = MockOkta::builder().keys(2).start();
    let key = okta.signing_key();
    assert!(okta.withdraw(key.kid()));
    assert!(!okta.withdraw(key.kid()));
    assert_eq!(okta.published_kids().len(), 1);
    assert_eq!(header(&okta.token().sign())["kid"], key.kid());
}

#[tokio::test]
async fn an_invalid_jwk_is_published_unchanged() {
    let okta = MockOkta::start();
    okta.publish(json!({"kty": "quantum"}));
    assert_eq!(json(&okta.jwks_uri()).await["keys"][1], json!({"kty": "quantum"}));
}

#[tokio::test]
async fn each_authorization_server_has_its_own_issuer_and_keys() {
    let okta = MockOkta::builder().issuer_id("main").authorization_server("partners").start();
    assert!(okta.issuer().ends_with("/oauth2/main"));
    let partners = okta.authorization_server("partners");
    let token = partners.token().sign();
    assert_eq!(claims(&token)["iss"], partners.issuer());
    let (ours, theirs) = (json(&okta.jwks_uri()).await, json(&partners.jwks_uri()).await);
    assert_eq!(theirs["keys"][0]["kid"], header(&token)["kid"]);
    assert_ne!(ours["keys"][0]["n"], theirs["keys"][0]["n"]);
    partners.rotate_without_overlap();
    assert_eq!(okta.published_kids(), [okta.signing_key().kid()]);
}

#[test]
fn two_mocks_sign_with_different_keys() {
    let (one, two) = (MockOkta::start(), MockOkta::start());
    assert_ne!(one.signing_key().jwk()["n"], two.signing_key().jwk()["n"]);
}

#[tokio::test]
async fn each_algorithm_is_published_with_its_kind_of_key() {
    for (algorithm, kty, curve) in [
        (SigningAlgorithm::RS512, "RSA", None),
        (SigningAlgorithm::PS256, "RSA", None),
        (SigningAlgorithm::ES256, "EC", Some("P-256")),
        (SigningAlgorithm::ES384, "EC", Some("P-384")),
        (SigningAlgorithm::EdDSA, "OKP", Some("Ed25519")),
        (SigningAlgorithm::Ed25519, "OKP", Some("Ed25519")),
    ] {
        let okta = MockOkta::builder().algorithm(algorithm).start();
        let key = &json(&okta.jwks_uri()).await["keys"][0];
        assert_eq!((key["kty"].as_str(), key["crv"].as_str()), (Some(kty), curve));
        assert_eq!(key["alg"], algorithm.name());
        assert_eq!(header(&okta.token().sign())["alg"], algorithm.name());
    }
}

#[tokio::test]
async fn a_cache_control_script_repeats_its_last_value() {
    let okta = MockOkta::start();
    okta.cache_control_script(["max-age=60", "no-store"]);
    let mut seen = Vec::new();
    for _ in 0..3 {
        let response = http().get(okta.jwks_uri()).send().await.unwrap();
        seen.push(response.headers()["cache-control"].to_str().unwrap().to_owned());
    }
    assert_eq!(seen, ["max-age=60", "no-store", "no-store"]);
    okta.no_cache_control();
    assert!(!http().get(okta.jwks_uri()).send().await.unwrap().headers().contains_key("cache-control"));
}

#[tokio::test]
async fn wait_for_key_fetches_waits_for_future_requests() {
    let okta = MockOkta::start();
    let uri = okta.jwks_uri();
    let fetches = tokio::spawn(async move {
        for _ in 0..3 {
            json(&uri).await;
        }
    });
    okta.wait_for_key_fetches(3).await;
    assert_eq!(okta.key_fetches(), 3);
    fetches.await.unwrap();
    okta.wait_for_key_fetches_blocking(3);
}

#[test]
fn waiting_works_without_an_async_runtime() {
    let okta = MockOkta::start();
    let uri = okta.jwks_uri();
    let fetch = std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(json(&uri));
    });
    okta.wait_for_key_fetches_blocking(1);
    fetch.join().unwrap();
    assert_eq!(okta.requests()[0].method, "GET");
}
