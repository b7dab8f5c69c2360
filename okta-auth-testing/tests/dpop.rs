//! DPoP-bound tokens from a client's side, as in Okta's guide.

mod support;

use std::time::{Duration, UNIX_EPOCH};

use okta_auth_testing::{Client, MockOkta, ProofBuilder, ProofKey, SigningAlgorithm, Tamper, TestClock};
use reqwest::Response;
use serde_json::{Value, json};
use support::{CALLBACK, VERIFIER, authorize, claims, code, error, http, json, post, read, redirect_parameters};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn okta() -> MockOkta {
    MockOkta::builder()
        .clock(TestClock::frozen_at(UNIX_EPOCH + Duration::from_secs(1_800_000_000)))
        .client(Client::public("0oaspa").redirect_uri(CALLBACK))
        .client(Client::public("0oanative").redirect_uri(CALLBACK).requires_dpop())
        .client(Client::confidential("0oaweb", "s3cret").redirect_uri(CALLBACK))
        .start()
}

/// The form of a grant that needs no preparation.
const PASSWORD: [(&str, &str); 5] = [
    ("grant_type", "password"),
    ("client_id", "0oaspa"),
    ("username", "alice@example.com"),
    ("password", "any"),
    ("scope", "openid offline_access"),
];
const SERVICE: [(&str, &str); 4] = [
    ("grant_type", "client_credentials"),
    ("client_id", "0oaweb"),
    ("client_secret", "s3cret"),
    ("scope", "orders:read"),
];

/// A proof for the token endpoint, without a nonce.
fn proof(okta: &MockOkta, key: &ProofKey) -> ProofBuilder {
    okta.proof(key).method("POST").url(format!("{}/v1/token", okta.issuer()))
}

async fn send(okta: &MockOkta, form: &[(&str, &str)], proof: &str) -> Response {
    let request = http().post(format!("{}/v1/token", okta.issuer())).header("DPoP", proof);
    request.form(form).send().await.unwrap()
}

async fn nonce(okta: &MockOkta) -> String {
    let response = send(okta, &PASSWORD, &proof(okta, &ProofKey::new()).sign()).await;
    response.headers()["dpop-nonce"].to_str().unwrap().to_owned()
}

/// The tokens for a proof with a nonce.
async fn tokens(okta: &MockOkta, form: &[(&str, &str)], key: &ProofKey) -> Value {
    let proof = proof(okta, key).nonce(nonce(okta).await).sign();
    let (status, tokens) = read(send(okta, form, &proof).await).await;
    assert_eq!(status, 200, "{tokens}");
    tokens
}

fn cnf(tokens: &Value) -> Value {
    claims(tokens["access_token"].as_str().unwrap())["cnf"].clone()
}

#[tokio::test]
async fn a_proof_without_a_nonce_is_answered_with_one() {
    let okta = okta();
    let key = ProofKey::new();
    let response = send(&okta, &SERVICE, &proof(&okta, &key).without("jti").sign()).await;
    let nonce = response.headers()["dpop-nonce"].to_str().unwrap().to_owned();
    assert_eq!(response.headers()["cache-control"], "no-cache, no-store");
    assert_eq!(error(response).await, (400, "use_dpop_nonce".to_owned()));
    let foreign = send(&okta, &SERVICE, &proof(&okta, &key).nonce("guessed").sign()).await;
    assert_eq!(foreign.headers()["dpop-nonce"], nonce);
    assert_eq!(error(foreign).await, (400, "use_dpop_nonce".to_owned()));

    let response = send(&okta, &SERVICE, &proof(&okta, &key).nonce(&nonce).sign()).await;
    assert_eq!(response.headers()["dpop-nonce"], nonce);
    let (status, tokens) = read(response).await;
    assert_eq!((status, &tokens["token_type"]), (200, &json!("DPoP")));
    assert_eq!(cnf(&tokens), json!({"jkt": key.thumbprint()}));
}

#[tokio::test]
async fn a_request_without_a_proof_gets_a_bearer_token() {
    let okta = okta();
    let response = post(&okta, "token", &SERVICE).await;
    assert!(!response.headers().contains_key("dpop-nonce"));
    let (_, tokens) = read(response).await;
    assert_eq!((&tokens["token_type"], cnf(&tokens)), (&json!("Bearer"), Value::Null));
}

#[tokio::test]
async fn a_client_can_require_proofs() {
    let okta = okta();
    let mut form = PASSWORD;
    form[1].1 = "0oanative";
    assert_eq!(error(post(&okta, "token", &form).await).await, (400, "invalid_dpop_proof".to_owned()));
    assert_eq!(tokens(&okta, &form, &ProofKey::new()).await["token_type"], "DPoP");
}

#[tokio::test]
async fn every_supported_algorithm_binds_a_token() {
    use SigningAlgorithm as S;
    let okta = okta();
    let supported = [S::RS256, S::RS384, S::RS512, S::ES256, S::ES384];
    let names = supported.map(SigningAlgorithm::name);
    let metadata = json(&format!("{}/.well-known/openid-configuration", okta.issuer())).await;
    assert_eq!(metadata["dpop_signing_alg_values_supported"], json!(names));
    for algorithm in supported {
        let key = ProofKey::with_algorithm(algorithm);
        assert_eq!(cnf(&tokens(&okta, &SERVICE, &key).await), json!({"jkt": key.thumbprint()}), "{algorithm:?}");
    }
    let other = proof(&okta, &ProofKey::with_algorithm(S::EdDSA)).nonce(nonce(&okta).await).sign();
    assert_eq!(error(send(&okta, &SERVICE, &other).await).await, (400, "invalid_dpop_proof".to_owned()));
}

#[tokio::test]
async fn a_defective_proof_is_rejected() {
    let okta = okta();
    let key = ProofKey::new();
    let nonce = nonce(&okta).await;
    let proof = || proof(&okta, &key).nonce(&nonce);
    let tolerated = Duration::from_secs(300);
    let late = tolerated + Duration::from_secs(1);
    for valid in [proof().issued_ago(tolerated), proof().issued_in(tolerated), proof().claim("extra", 1)] {
        assert_eq!(send(&okta, &SERVICE, &valid.sign()).await.status(), 200);
    }
    for (defect, proof) in [
        ("typ", proof().header("typ", "JWT")),
        ("no typ", proof().without_header("typ")),
        ("no jwk", proof().without_header("jwk")),
        ("another jwk", proof().header("jwk", ProofKey::new().jwk())),
        ("private key", proof().with_private_key()),
        ("HMAC", proof().algorithm(SigningAlgorithm::HS256)),
        ("none", proof().algorithm(SigningAlgorithm::None)),
        ("another signer", proof().signed_by(&ProofKey::new())),
        ("tampered", proof().tamper(Tamper::Payload)),
        ("no signature", proof().tamper(Tamper::RemoveSignature)),
        ("method", proof().method("GET")),
        ("no method", proof().without("htm")),
        ("URL", proof().url(format!("{}/v1/introspect", okta.issuer()))),
        ("origin", proof().url("https://evil.example/oauth2/default/v1/token")),
        ("no URL", proof().without("htu")),
        ("old", proof().issued_ago(late)),
        ("future", proof().issued_in(late)),
        ("no time", proof().without("iat")),
        ("no jti", proof().without("jti")),
        ("empty jti", proof().jti("")),
        ("not JSON", proof().raw_payload(*b"\xff")),
    ] {
        let response = send(&okta, &SERVICE, &proof.sign()).await;
        assert_eq!(error(response).await, (400, "invalid_dpop_proof".to_owned()), "{defect}");
    }
    let twice = http().post(format!("{}/v1/token", okta.issuer())).form(&SERVICE);
    let twice = twice.header("DPoP", proof().sign()).header("DPoP", proof().sign()).send().await.unwrap();
    assert_eq!(error(twice).await, (400, "invalid_dpop_proof".to_owned()));
}

#[tokio::test]
async fn a_nonce_is_renewed_daily_and_works_for_three_days() {
    let okta = okta();
    let first = nonce(&okta).await;
    for day in 0..3 {
        let response = send(&okta, &SERVICE, &proof(&okta, &ProofKey::new()).nonce(&first).sign()).await;
        assert_eq!(response.headers()["dpop-nonce"] == first, day == 0, "{day}");
        assert_eq!(response.status(), 200, "{day}");
        okta.clock().advance(DAY);
    }
    let late = send(&okta, &SERVICE, &proof(&okta, &ProofKey::new()).nonce(&first).sign()).await;
    assert_eq!(error(late).await, (400, "use_dpop_nonce".to_owned()));
}

#[tokio::test]
async fn a_code_survives_the_nonce_challenge() {
    let okta = okta();
    let code = code(&okta, &[]).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "0oaspa"),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("code", &code),
    ];
    let key = ProofKey::new();
    assert_eq!(send(&okta, &form, &proof(&okta, &key).sign()).await.status(), 400);
    let tokens = tokens(&okta, &form, &key).await;
    assert_eq!(cnf(&tokens), json!({"jkt": key.thumbprint()}));
    assert!(claims(tokens["id_token"].as_str().unwrap()).get("cnf").is_none());
}

/// RFC 9449 section 10.
#[tokio::test]
async fn a_code_with_dpop_jkt_needs_a_proof_of_that_key() {
    let okta = okta();
    let key = ProofKey::new();
    let proof = async |key: &ProofKey| proof(&okta, key).nonce(nonce(&okta).await).sign();
    let send = async |code: &str, proof: &str| {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", "0oaspa"),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
            ("code", code),
        ];
        match proof {
            "" => post(&okta, "token", &form).await,
            proof => send(&okta, &form, proof).await,
        }
    };
    let thumbprint = key.thumbprint();
    let code = async || code(&okta, &[("dpop_jkt", &thumbprint)]).await;
    assert_eq!(error(send(&code().await, "").await).await, (400, "invalid_dpop_proof".to_owned()), "no proof");
    let (stolen, other) = (code().await, proof(&ProofKey::new()).await);
    assert_eq!(error(send(&stolen, &other).await).await, (400, "invalid_grant".to_owned()), "another key");
    let used_up = send(&stolen, &proof(&key).await).await;
    assert_eq!(error(used_up).await, (400, "invalid_grant".to_owned()), "the code is used up");
    let (status, tokens) = read(send(&code().await, &proof(&key).await).await).await;
    assert_eq!((status, cnf(&tokens)), (200, json!({ "jkt": thumbprint })));
}

#[tokio::test]
async fn a_dpop_jkt_that_is_not_a_thumbprint_is_refused() {
    let okta = okta();
    // Too short, too long, and with bits behind the last byte.
    for malformed in [
        "x",
        "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4",
        "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4IA",
        "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4J",
    ] {
        let answer = redirect_parameters(&authorize(&okta, &[("dpop_jkt", malformed)]).await);
        assert_eq!(answer.get("error").map(String::as_str), Some("invalid_request"), "{malformed:?}");
    }
}

/// The refresh token for a password grant by a client.
fn refresh<'a>(client: &[(&'a str, &'a str)], tokens: &'a Value) -> Vec<(&'a str, &'a str)> {
    let token = tokens["refresh_token"].as_str().unwrap();
    [client, &[("grant_type", "refresh_token"), ("refresh_token", token)]].concat()
}

#[tokio::test]
async fn the_refresh_token_of_a_public_client_is_bound() {
    let okta = okta();
    let key = ProofKey::new();
    let first = tokens(&okta, &PASSWORD, &key).await;
    let form = refresh(&[("client_id", "0oaspa")], &first);
    assert_eq!(error(post(&okta, "token", &form).await).await, (400, "invalid_dpop_proof".to_owned()));
    let other = proof(&okta, &ProofKey::new()).nonce(nonce(&okta).await).sign();
    assert_eq!(error(send(&okta, &form, &other).await).await, (400, "invalid_grant".to_owned()));
    for _ in 0..2 {
        let second = tokens(&okta, &form, &key).await;
        assert_eq!((&second["token_type"], cnf(&second)), (&json!("DPoP"), json!({"jkt": key.thumbprint()})));
    }
}

#[tokio::test]
async fn a_confidential_client_may_refresh_with_another_key() {
    let okta = okta();
    let client = [("client_id", "0oaweb"), ("client_secret", "s3cret")];
    let form = [&client[..], &PASSWORD[..1], &PASSWORD[2..]].concat();
    let first = tokens(&okta, &form, &ProofKey::new()).await;
    let key = ProofKey::new();
    let second = tokens(&okta, &refresh(&client, &first), &key).await;
    assert_eq!(cnf(&second), json!({"jkt": key.thumbprint()}));
}

#[tokio::test]
async fn introspection_describes_a_bound_token() {
    let okta = okta();
    let key = ProofKey::new();
    let token = okta.token().bound_to(&key).sign();
    let form = [("token", token.as_str()), ("client_id", "0oaweb"), ("client_secret", "s3cret")];
    let (_, answer) = read(post(&okta, "introspect", &form).await).await;
    assert_eq!((&answer["active"], &answer["token_type"]), (&json!(true), &json!("DPoP")));
    assert_eq!(answer["cnf"], json!({"jkt": key.thumbprint()}));
}

#[tokio::test]
async fn userinfo_needs_a_proof_for_a_bound_token() {
    let okta = okta();
    let key = ProofKey::new();
    let url = format!("{}/v1/userinfo", okta.issuer());
    let bound = okta.token().scope("openid").bound_to(&key).sign();
    let unbound = okta.token().scope("openid").sign();
    let proof = || okta.proof(&key).url(&url).access_token(&bound);
    let stranger = okta.proof(&ProofKey::new()).url(&url).access_token(&bound);
    for (case, scheme, token, proof, status, challenge) in [
        ("valid", "DPoP", &bound, Some(proof()), 200, ""),
        ("other case", "dpop", &bound, Some(proof()), 200, ""),
        ("as Bearer", "Bearer", &bound, Some(proof()), 401, "Bearer error=\"invalid_token\""),
        ("unbound", "DPoP", &unbound, Some(proof().access_token(&unbound)), 401, "invalid_token"),
        ("no proof", "DPoP", &bound, None, 400, "invalid_dpop_proof"),
        ("another key", "DPoP", &bound, Some(stranger), 400, "invalid_dpop_proof"),
        ("another token", "DPoP", &bound, Some(proof().access_token(&unbound)), 400, "invalid_dpop_proof"),
        ("no token", "DPoP", &bound, Some(proof().without("ath")), 400, "invalid_dpop_proof"),
        ("another method", "DPoP", &bound, Some(proof().method("POST")), 400, "invalid_dpop_proof"),
    ] {
        let request = http().get(&url).header("Authorization", format!("{scheme} {token}"));
        let request = proof.into_iter().fold(request, |request, proof| request.header("DPoP", proof.sign()));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{case}");
        let found = response.headers().get("www-authenticate").map_or("", |value| value.to_str().unwrap());
        assert!(found.contains(challenge), "{case}: {found}");
        if status != 200 && scheme == "DPoP" {
            assert!(found.starts_with("DPoP algs=\"RS256 RS384 RS512 ES256 ES384\", error="), "{case}: {found}");
        }
    }
}

#[tokio::test]
async fn a_page_on_loopback_may_read_the_nonce() {
    let okta = okta();
    let request = http().post(format!("{}/v1/token", okta.issuer())).header("Origin", "http://localhost:3000");
    let response = request.header("DPoP", proof(&okta, &ProofKey::new()).sign()).form(&PASSWORD).send().await.unwrap();
    assert_eq!(response.headers()["access-control-expose-headers"], "dpop-nonce");
}
