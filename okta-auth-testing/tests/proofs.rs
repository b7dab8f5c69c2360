//! The form of bound tokens and of valid and defective DPoP proofs.

mod support;

use std::time::{Duration, UNIX_EPOCH};

use okta_auth_testing::{MockOkta, ProofKey, SigningAlgorithm, TestClock};
use serde_json::{Value, json};
use support::{bytes, claims, header};

const NOW: u64 = 1_800_000_000;
const URL: &str = "https://api.example.com/orders";

fn okta() -> MockOkta {
    MockOkta::builder().clock(TestClock::frozen_at(UNIX_EPOCH + Duration::from_secs(NOW))).start()
}

#[test]
fn a_proof_has_the_members_of_rfc_9449() {
    let okta = okta();
    let key = ProofKey::new();
    let proof = okta.proof(&key).method("POST").url(URL).sign();
    assert_eq!(header(&proof), json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": key.jwk()}));
    let mut claims = claims(&proof);
    let jti = claims.as_object_mut().unwrap().remove("jti").unwrap();
    assert_eq!(jti.as_str().unwrap().len(), 43);
    assert_eq!(claims, json!({"htm": "POST", "htu": URL, "iat": NOW}));
}

#[test]
fn a_proof_names_the_token_and_the_nonce() {
    let okta = okta();
    // The access token of RFC 9449 figure 12, whose hash is in figure 13.
    let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
    let proof = claims(&okta.proof(&ProofKey::new()).access_token(token).nonce("n0nce").sign());
    assert_eq!(proof["ath"], "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
    assert_eq!(proof["nonce"], "n0nce");
}

#[test]
fn a_url_loses_its_query_and_fragment() {
    let okta = okta();
    for url in
        [URL.to_owned(), format!("{URL}?page=2"), format!("{URL}#top"), format!("{URL}?a#b"), format!("{URL}#a?b")]
    {
        assert_eq!(claims(&okta.proof(&ProofKey::new()).url(url).sign())["htu"], URL);
    }
}

#[test]
fn a_proof_uses_the_mocks_clock_without_its_skew() {
    let okta = okta();
    let minute = Duration::from_secs(60);
    okta.run_ahead(Duration::from_secs(3600));
    let iat = |proof: String| claims(&proof)["iat"].as_u64().unwrap();
    let proof = || okta.proof(&ProofKey::new());
    assert_eq!(iat(proof().sign()), NOW);
    assert_eq!(iat(proof().issued_ago(minute).sign()), NOW - 60);
    assert_eq!(iat(proof().issued_in(minute).sign()), NOW + 60);
    okta.clock().advance(minute);
    assert_eq!(iat(proof().sign()), NOW + 60);
}

#[test]
fn every_member_of_a_proof_can_be_changed_or_removed() {
    let okta = okta();
    let key = ProofKey::new();
    let proof = || okta.proof(&key).url(URL);
    for name in ["jti", "htm", "htu", "iat"] {
        assert!(claims(&proof().without(name).sign()).get(name).is_none(), "{name}");
        assert_eq!(claims(&proof().claim(name, json!([])).sign())[name], json!([]), "{name}");
    }
    for name in ["typ", "alg", "jwk"] {
        assert!(header(&proof().without_header(name).sign()).get(name).is_none(), "{name}");
        assert_eq!(header(&proof().header(name, json!([])).sign())[name], json!([]), "{name}");
    }
    assert_eq!(claims(&proof().jti("same").sign())["jti"], "same");
    assert_eq!(header(&proof().with_private_key().sign())["jwk"], key.private_jwk());
    assert_eq!(header(&proof().algorithm(SigningAlgorithm::None).sign())["alg"], "none");
    assert_eq!(header(&proof().hmac_secret("secret").sign())["alg"], "HS256");
    assert_eq!(header(&proof().signed_by(&ProofKey::new()).sign())["jwk"], key.jwk());
    assert!(proof().with_padding().sign().ends_with("=="));
    let raw = proof().raw_header(*b"{}").raw_payload(*b"\xff").sign();
    assert_eq!((bytes(&raw, 0), bytes(&raw, 1)), (b"{}".to_vec(), b"\xff".to_vec()));
}

#[test]
fn a_bound_token_names_the_thumbprint_of_the_key() {
    let okta = okta();
    let key = ProofKey::new();
    let cnf = |token: String| claims(&token)["cnf"].clone();
    assert_eq!(cnf(okta.token().bound_to(&key).sign()), json!({"jkt": key.thumbprint()}));
    assert_eq!(cnf(okta.service_token().bound_to(&key).sign()), json!({"jkt": key.thumbprint()}));
    let both = okta.token().claim("cnf", json!({"x5t#S256": "x", "jkt": "old"})).bound_to(&key);
    assert_eq!(cnf(both.sign()), json!({"x5t#S256": "x", "jkt": key.thumbprint()}));
    assert_eq!(cnf(okta.token().claim("cnf", Value::Null).bound_to(&key).sign()), json!({"jkt": key.thumbprint()}));
}
