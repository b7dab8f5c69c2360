//! Client authentication at the introspection endpoint (RFC 6749 section 2.3, RFC 7523).

mod support;

use std::time::{Duration, UNIX_EPOCH};

use okta_auth_testing::{Client, MockOkta, ProofBuilder, ProofKey, SigningAlgorithm, Tamper, TestClock};
use serde_json::{Value, json};
use support::{error, http, json as get_json, post, read};

const NOW: u64 = 1_800_000_000;
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn okta_with(client: Client) -> MockOkta {
    let clock = TestClock::frozen_at(UNIX_EPOCH + Duration::from_secs(NOW));
    MockOkta::builder().clock(clock).authorization_server("other").client(client).start()
}

/// An assertion of the client `0oaapi` for the introspection endpoint.
fn assertion(okta: &MockOkta, key: &ProofKey) -> ProofBuilder {
    let assertion = okta.proof(key).header("typ", Value::Null).header("jwk", Value::Null).without("htm").without("iat");
    assertion
        .claim("iss", "0oaapi")
        .claim("sub", "0oaapi")
        .claim("aud", okta.introspection_endpoint())
        .claim("exp", NOW + 300)
}

async fn introspect(okta: &MockOkta, assertion: &str) -> reqwest::Response {
    let token = okta.token().sign();
    let form = [("token", token.as_str()), ("client_assertion_type", JWT_BEARER), ("client_assertion", assertion)];
    post(okta, "introspect", &form).await
}

#[tokio::test]
async fn basic_credentials_are_form_decoded() {
    let (id, secret) = ("0oa:a/p+i", "s%3 c&r=t:é+");
    let okta = okta_with(Client::confidential(id, secret));
    let token = okta.token().sign();
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let request = |id: &str, secret: &str| {
        http().post(okta.introspection_endpoint()).basic_auth(id, Some(secret)).form(&[("token", &token)]).send()
    };
    let (status, body) = read(request(&encode(id), &encode(secret)).await.unwrap()).await;
    assert_eq!((status, &body["active"]), (200, &json!(true)));
    assert_eq!(request(id, secret).await.unwrap().status(), 401);
    let form = [("token", token.as_str()), ("client_id", id), ("client_secret", secret)];
    assert_eq!(read(post(&okta, "introspect", &form).await).await.1["active"], true);
}

#[tokio::test]
async fn wrong_credentials_get_401_invalid_client() {
    let okta = okta_with(Client::confidential("0oaapi", "s3cret"));
    for secret in ["wrong", "s3cret2", "S3CRET"] {
        let request = http().post(okta.introspection_endpoint()).basic_auth("0oaapi", Some(secret));
        let response = request.form(&[("token", "x")]).send().await.unwrap();
        assert!(response.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic "));
        assert_eq!(error(response).await, (401, "invalid_client".to_owned()), "{secret}");
        let form = [("token", "x"), ("client_id", "0oaapi"), ("client_secret", secret)];
        assert_eq!(error(post(&okta, "introspect", &form).await).await, (401, "invalid_client".to_owned()));
    }
    let without = post(&okta, "introspect", &[("token", "x"), ("client_id", "0oaapi")]).await;
    assert_eq!(error(without).await, (401, "invalid_client".to_owned()));
}

#[tokio::test]
async fn a_missing_token_gets_400_invalid_request() {
    let okta = okta_with(Client::confidential("0oaapi", "s3cret"));
    let form = [("client_id", "0oaapi"), ("client_secret", "s3cret")];
    assert_eq!(error(post(&okta, "introspect", &form).await).await, (400, "invalid_request".to_owned()));
    let wrong = [("client_id", "0oaapi"), ("client_secret", "wrong")];
    assert_eq!(error(post(&okta, "introspect", &wrong).await).await, (401, "invalid_client".to_owned()));
}

#[tokio::test]
async fn two_methods_at_once_get_400_invalid_request() {
    let okta = okta_with(Client::confidential("0oaapi", "s3cret"));
    let request = http().post(okta.introspection_endpoint()).basic_auth("0oaapi", Some("s3cret"));
    let form = [("token", "x"), ("client_id", "0oaapi"), ("client_secret", "s3cret")];
    let response = request.form(&form).send().await.unwrap();
    assert_eq!(error(response).await, (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn an_assertion_of_each_algorithm_authenticates() {
    use SigningAlgorithm as S;
    for algorithm in [S::RS256, S::RS512, S::PS256, S::PS384, S::ES256, S::ES384, S::EdDSA, S::Ed25519] {
        let key = ProofKey::with_algorithm(algorithm);
        let okta = okta_with(Client::private_key_jwt("0oaapi", key.jwk()));
        let (status, body) = read(introspect(&okta, &assertion(&okta, &key).sign()).await).await;
        assert_eq!((status, &body["active"]), (200, &json!(true)), "{algorithm:?}: {body}");
    }
}

#[tokio::test]
async fn an_assertion_names_the_endpoint_token_endpoint_or_issuer() {
    let key = ProofKey::new();
    let okta = okta_with(Client::private_key_jwt("0oaapi", key.jwk()));
    let token_endpoint = format!("{}/v1/token", okta.issuer());
    for audience in [
        json!(okta.introspection_endpoint()),
        json!(token_endpoint),
        json!(okta.issuer()),
        json!(["https://elsewhere.example", okta.issuer()]),
    ] {
        let assertion = assertion(&okta, &key).claim("aud", audience.clone()).sign();
        assert_eq!(introspect(&okta, &assertion).await.status(), 200, "{audience}");
    }
}

#[tokio::test]
async fn a_defective_assertion_gets_401_invalid_client() {
    let key = ProofKey::new();
    let okta = okta_with(Client::private_key_jwt("0oaapi", key.jwk()));
    let valid = || assertion(&okta, &key);
    for (defect, assertion) in [
        ("another key", valid().signed_by(&ProofKey::new())),
        ("payload", valid().tamper(Tamper::Payload)),
        ("no signature", valid().tamper(Tamper::RemoveSignature)),
        ("unsigned", valid().algorithm(SigningAlgorithm::None)),
        ("HMAC", valid().algorithm(SigningAlgorithm::HS256)),
        ("issuer", valid().claim("iss", "0oaother")),
        ("no issuer", valid().without("iss")),
        ("no subject", valid().without("sub")),
        ("unknown client", valid().claim("iss", "0oaother").claim("sub", "0oaother")),
        ("another client", valid().claim("iss", okta.client_id()).claim("sub", okta.client_id())),
        ("audience", valid().claim("aud", "https://elsewhere.example")),
        ("other server", valid().claim("aud", okta.authorization_server("other").introspection_endpoint())),
        ("no audience", valid().without("aud")),
        ("no expiry", valid().without("exp")),
        ("expiry as text", valid().claim("exp", "1800000300")),
        ("expired", valid().claim("exp", NOW)),
        ("lives too long", valid().claim("exp", NOW + 3601)),
        ("early", valid().claim("nbf", NOW + 1)),
    ] {
        let response = introspect(&okta, &assertion.sign()).await;
        assert_eq!(error(response).await, (401, "invalid_client".to_owned()), "{defect}");
    }
    assert_eq!(introspect(&okta, &valid().claim("exp", NOW + 3600).sign()).await.status(), 200);
    assert_eq!(error(introspect(&okta, "not a JWT").await).await, (401, "invalid_client".to_owned()));
}

#[tokio::test]
async fn an_assertion_with_a_jti_works_once() {
    let key = ProofKey::new();
    let okta = okta_with(Client::private_key_jwt("0oaapi", key.jwk()));
    let once = assertion(&okta, &key).sign();
    assert_eq!(introspect(&okta, &once).await.status(), 200);
    assert_eq!(error(introspect(&okta, &once).await).await, (401, "invalid_client".to_owned()));
    let without = assertion(&okta, &key).without("jti").sign();
    for _ in 0..2 {
        assert_eq!(introspect(&okta, &without).await.status(), 200);
    }
}

#[tokio::test]
async fn the_kid_selects_one_of_several_keys() {
    let keys = [ProofKey::new(), ProofKey::new()];
    let jwk = |index: usize| {
        let mut jwk = keys[index].jwk();
        jwk["kid"] = json!(format!("key-{index}"));
        jwk
    };
    let okta = okta_with(Client::private_key_jwt("0oaapi", jwk(0)).key(jwk(1)));
    let cases =
        [(0, "key-0", 200), (1, "key-1", 200), (1, "key-0", 401), (0, "key-2", 401), (0, "", 401), (1, "", 401)];
    for (signer, kid, status) in cases {
        let assertion = match kid {
            "" => assertion(&okta, &keys[signer]),
            kid => assertion(&okta, &keys[signer]).header("kid", kid),
        };
        assert_eq!(introspect(&okta, &assertion.sign()).await.status(), status, "{signer} {kid}");
    }
}

#[tokio::test]
async fn a_client_with_a_key_needs_an_assertion() {
    let key = ProofKey::new();
    let okta = okta_with(Client::private_key_jwt("0oaapi", key.jwk()));
    for form in [&[("client_id", "0oaapi")][..], &[("client_id", "0oaapi"), ("client_secret", "guessed")]] {
        let form = [form, &[("token", "x")]].concat();
        assert_eq!(error(post(&okta, "introspect", &form).await).await, (401, "invalid_client".to_owned()));
    }
    for (name, value) in [("client_id", okta.client_id()), ("client_assertion_type", "jwt")] {
        let assertion = assertion(&okta, &key).sign();
        let mut form = vec![("token", "x"), ("client_assertion", assertion.as_str()), (name, value)];
        if name == "client_id" {
            form.push(("client_assertion_type", JWT_BEARER));
        }
        assert_eq!(error(post(&okta, "introspect", &form).await).await, (401, "invalid_client".to_owned()), "{name}");
    }
}

#[tokio::test]
async fn a_client_with_a_key_gets_service_tokens() {
    let key = ProofKey::new();
    let okta = okta_with(Client::private_key_jwt("0oaapi", key.jwk()));
    let assertion = assertion(&okta, &key).claim("aud", format!("{}/v1/token", okta.issuer())).sign();
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "orders:read"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", &assertion),
    ];
    let (status, tokens) = read(post(&okta, "token", &form).await).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(support::claims(tokens["access_token"].as_str().unwrap())["cid"], "0oaapi");
}

#[tokio::test]
async fn metadata_lists_private_key_jwt_and_its_algorithms() {
    let okta = MockOkta::start();
    let metadata = get_json(&format!("{}/.well-known/openid-configuration", okta.issuer())).await;
    for endpoint in ["token", "introspection", "revocation"] {
        let list = |member: &str| metadata[format!("{endpoint}_endpoint_auth_{member}")].as_array().unwrap().clone();
        assert!(list("methods_supported").contains(&json!("private_key_jwt")), "{endpoint}");
        assert!(list("signing_alg_values_supported").contains(&json!("ES256")), "{endpoint}");
    }
}
