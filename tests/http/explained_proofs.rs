//! The explanation of a DPoP proof names what is wrong with it, and reports the answer that the client gets.

use std::time::{Duration, SystemTime};

use actix_web::web::ServiceConfig;
use actix_web::{HttpResponse, Responder, get};
use aws_lc_rs::digest::{SHA256, digest};
use base64_simd::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use okta_auth::config::Dpop;
use okta_auth::explain::{Check, Explanation, Verdict};
use okta_auth::{Policy, Reason, StatusMapping, ValidateError, Validator, login_required, policy};
use okta_auth_testing::{MockOkta, ProofBuilder, ProofKey, SigningAlgorithm, Tamper, TestClock};
use reqwest::{Method, Response};
use serde_json::json;

use crate::proof_rules::{self, defects, send};
use crate::support::{Server, code, header, rule};

const URL: &str = "https://api.example.com/orders";

static SCOPED: Policy = policy!(scope("orders:read"));

#[get("/scoped")]
#[login_required(policy = SCOPED)]
async fn scoped() -> impl Responder {
    HttpResponse::Ok()
}

fn routes(app: &mut ServiceConfig) {
    proof_rules::routes(app);
    app.service(scoped);
}

/// The rule of the first check that failed, or "none".
fn first_rule(explanation: &Explanation) -> String {
    let rule = explanation.checks().iter().find_map(|check| match check.verdict() {
        Verdict::Failed(ValidateError::Token(error)) => Some(error.code()),
        Verdict::Rejected(Reason::Proof(error)) => Some(error.code()),
        Verdict::Rejected(reason) | Verdict::Unmet(reason) => Some(reason.code()),
        _ => None,
    });
    rule.unwrap_or("none").to_owned()
}

/// Asserts that the client got the answer of the explanation.
async fn assert_answer(explanation: &Explanation, response: Response, case: &str) {
    let Some(answer) = explanation.answer() else {
        assert_eq!(response.status(), 200, "{case}\n{explanation}");
        return;
    };
    assert_eq!(answer.status(), response.status().as_u16(), "{case}\n{explanation}");
    assert_eq!(answer.challenge(), header(&response, "WWW-Authenticate"), "{case}");
    assert_eq!(answer.code(), code(response).await, "{case}");
}

#[actix_web::test]
async fn answer_of_an_explained_proof_is_that_of_the_server() {
    let okta = MockOkta::start();
    let key = ProofKey::new();
    let token = okta.token().bound_to(&key).sign();
    for mapping in [StatusMapping::Flask, StatusMapping::Rfc6750] {
        for dpop in [Dpop::accept(), Dpop::require(), Dpop::require().require_nonces()] {
            let validator = proof_rules::validator(&okta, dpop, mapping);
            let server = Server::start(validator.clone(), routes);
            for (_, name, proofs) in defects(&okta, &key, &token, server.address()) {
                let proof = match &proofs[..] {
                    [] => "",
                    [proof] => proof,
                    _ => continue,
                };
                let case = format!("{name} {mapping:?}");
                let explanation = validator.explain_dpop(&token, proof, "GET", URL).await;
                let response = send(&server, &token, &proofs).await;
                // An explanation does not tell an empty header from none.
                if name != "an empty header" {
                    assert_eq!(first_rule(&explanation), rule(&response), "{case}\n{explanation}");
                }
                assert_eq!(explanation.is_valid(), response.status() == 200, "{case}\n{explanation}");
                assert_answer(&explanation, response, &case).await;
            }
        }
    }
}

#[actix_web::test]
async fn tokens_of_explained_requests_are_answered_as_by_the_server() {
    let okta = MockOkta::start();
    let key = ProofKey::new();
    let bound = || okta.token().bound_to(&key);
    let both = |jkt: &str| json!({ "jkt": jkt, "x5t#S256": jkt });
    let tokens = [
        ("good", bound().scopes(["orders:read"]).sign()),
        ("no scope", bound().scopes(["x"]).sign()),
        ("expired", bound().expired().sign()),
        ("another client", bound().client("0oaother").sign()),
        ("forged", bound().tamper(Tamper::Signature).sign()),
        ("not bound", okta.token().sign()),
        ("of another key", okta.token().bound_to(&ProofKey::new()).sign()),
        ("also bound to a certificate", okta.token().claim("cnf", both(&key.thumbprint())).sign()),
        ("cnf that can't be read", okta.token().claim("cnf", json!({ "jkt": 1 })).sign()),
        ("opaque", "abc".into()),
        ("not a token", "a b".into()),
    ];
    let modes = [None, Some(Dpop::accept()), Some(Dpop::require()), Some(Dpop::accept().require_nonces())];
    for (mode, dpop) in modes.into_iter().enumerate() {
        let builder = okta.validator_builder().resource("https://api.example.com");
        let builder = if let Some(dpop) = dpop { builder.dpop(dpop) } else { builder };
        let validator = builder.build().expect("a validator");
        let server = Server::start(validator.clone(), routes);
        for (name, token) in &tokens {
            for proof in ["good", "another method", "none", "not one"] {
                let case = format!("{name}, proof {proof}, mode {mode}");
                let good = okta.proof(&key).url("https://api.example.com/scoped").access_token(token);
                let proof = match proof {
                    "good" => good.sign(),
                    "another method" => good.method("POST").sign(),
                    "none" => String::new(),
                    _ => "x".into(),
                };
                let url = "https://api.example.com/scoped?page=2";
                let explanation = validator.explain_dpop_for(token, &proof, "GET", url, &SCOPED).await;
                let request = server.request(Method::GET, "/scoped?page=2");
                let request = request.header("Authorization", format!("DPoP {token}"));
                let request = if proof.is_empty() { request } else { request.header("DPoP", &proof) };
                assert_answer(&explanation, request.send().await.expect("an answer"), &case).await;
            }
        }
    }
}

#[actix_web::test]
async fn proxy_is_assumed_to_remove_the_prefix() {
    let okta = MockOkta::start();
    let key = ProofKey::new();
    let token = okta.token().bound_to(&key).sign();
    let validator = proof_rules::validator(&okta, Dpop::accept().path_prefix("/api"), StatusMapping::default());
    let server = Server::start(validator.clone(), routes);
    for htu in
        ["https://api.example.com/api/orders", URL, "https://api.example.com/apiorders", "https://api.example.com"]
    {
        let proof = okta.proof(&key).url(htu).access_token(&token).sign();
        let public = validator.explain_dpop(&token, &proof, "GET", "https://api.example.com/api/orders").await;
        let received = validator.explain_dpop(&token, &proof, "GET", "http://10.0.0.3:8080/orders").await;
        let response = send(&server, &token, &[proof]).await;
        assert_eq!(first_rule(&public), rule(&response), "{htu}: {public}");
        assert_eq!(first_rule(&received), rule(&response), "{htu}: {received}");
    }
}

/// Changes a good proof.
type Defect = fn(ProofBuilder) -> ProofBuilder;

#[actix_web::test]
async fn first_failed_check_of_a_proof_is_the_servers_rule() {
    let defects: [Defect; 19] = [
        |proof| proof.header("x", "x".repeat(9000)),
        |proof| proof.header("typ", "JWT"),
        |proof| proof.header("crit", json!(["x"])),
        |proof| proof.algorithm(SigningAlgorithm::HS256),
        |proof| proof.without_header("jwk"),
        |proof| proof.header("jwk", ProofKey::new().jwk()),
        |proof| proof.with_private_key(),
        |proof| proof.raw_payload(*b"{"),
        |proof| proof.without("jti"),
        |proof| proof.without("iat"),
        |proof| proof.without("htm"),
        |proof| proof.claim("nonce", 1),
        |proof| proof.tamper(Tamper::Signature),
        |proof| proof.method("POST"),
        |proof| proof.claim("htu", "/orders"),
        |proof| proof.url("https://evil.example.com/orders"),
        |proof| proof.claim("ath", "x"),
        |proof| proof.issued_ago(Duration::from_secs(500)),
        |proof| proof.issued_in(Duration::from_secs(500)),
    ];
    let okta = MockOkta::start();
    let key = ProofKey::new();
    let token = okta.token().bound_to(&key).sign();
    for dpop in [Dpop::accept(), Dpop::accept().require_nonces()] {
        let validator = proof_rules::validator(&okta, dpop, StatusMapping::default());
        let server = Server::start(validator.clone(), routes);
        for (i, one) in defects.iter().enumerate() {
            for (j, other) in defects.iter().enumerate() {
                let good = okta.proof(&key).url(URL).access_token(&token);
                let proof = other(one(good)).sign();
                let explanation = validator.explain_dpop(&token, &proof, "GET", URL).await;
                let response = send(&server, &token, &[proof]).await;
                assert_eq!(first_rule(&explanation), rule(&response), "{i} and {j}\n{explanation}");
            }
        }
    }
}

/// A mock with a frozen clock, and a validator for its tokens.
fn fixture(dpop: Dpop) -> (MockOkta, Validator) {
    let okta = MockOkta::builder().clock(TestClock::frozen_at(SystemTime::now())).start();
    let validator = okta.validator_builder().resource("https://api.example.com").dpop(dpop).build();
    (okta, validator.expect("a validator"))
}

#[actix_web::test]
async fn correct_proof_passes_every_check() {
    let (okta, validator) = fixture(Dpop::require());
    let key = ProofKey::new();
    let token = okta.token().bound_to(&key).sign();
    let proof = okta.proof(&key).url(URL).access_token(&token).sign();
    for url in [URL, "https://api.example.com/orders?page=2#top", "HTTPS://API.example.com:443/%6frders", "/orders"] {
        let pasted = (format!(" {token}\n"), format!("{proof}\n"));
        let explanation = validator.explain_dpop(&pasted.0, &pasted.1, "GET", url).await;
        let checks = explanation.checks().iter();
        let passed = checks.filter(|check| *check.verdict() == Verdict::Passed).count();
        assert_eq!(passed, explanation.checks().len(), "{url}: {explanation}");
        assert!(explanation.is_valid() && explanation.answer().is_none(), "{url}: {explanation}");
        assert!(explanation.to_string().ends_with("The token and its proof are valid here.\n"), "{explanation}");
        let advice = explanation.advice().join("\n");
        assert!(advice.contains("NormalizePath") && advice.contains(".path_prefix(..)"), "{url}: {advice}");
    }
}

#[actix_web::test]
async fn explanation_shows_typ_and_alg_of_a_proof() {
    let (okta, validator) = fixture(Dpop::accept());
    let key = ProofKey::new();
    let token = okta.token().bound_to(&key).sign();
    let good = || okta.proof(&key).url(URL).access_token(&token);
    for (proof, typ, alg) in [
        (good(), "\"dpop+jwt\"", "\"ES256\""),
        (good().header("typ", "JWT").header("alg", "none"), "\"JWT\"", "\"none\""),
        (good().without_header("typ").without_header("alg"), "none", "none"),
    ] {
        let explanation = validator.explain_dpop(&token, &proof.sign(), "GET", URL).await;
        let found = |name: &str| explanation.checks().iter().find(|check| check.name() == name).map(Check::found);
        assert_eq!([found("proof typ"), found("proof alg")], [Some(typ), Some(alg)], "{explanation}");
    }
}

#[actix_web::test]
async fn explanation_uses_up_no_proof() {
    let okta = MockOkta::start();
    let validator = proof_rules::validator(&okta, Dpop::require(), StatusMapping::default());
    let server = Server::start(validator.clone(), routes);
    let key = ProofKey::new();
    let token = okta.token().bound_to(&key).sign();
    let proof = okta.proof(&key).url(URL).access_token(&token).sign();
    for _ in 0..3 {
        let explanation = validator.explain_dpop_for(&token, &proof, "GET", URL, &Policy::authenticated()).await;
        assert!(explanation.answer().is_none(), "{explanation}");
    }
    assert_eq!(send(&server, &token, std::slice::from_ref(&proof)).await.status(), 200);
    let explanation = validator.explain_dpop_for(&token, &proof, "GET", URL, &Policy::authenticated()).await;
    assert_eq!(first_rule(&explanation), "replayed", "{explanation}");
    assert!(explanation.to_string().contains("was used before"), "{explanation}");
    assert_answer(&explanation, send(&server, &token, &[proof]).await, "again").await;
}

#[actix_web::test]
async fn mistakes_in_a_proof_are_named() {
    let (okta, validator) = fixture(Dpop::accept());
    let key = ProofKey::new();
    let token = okta.token().bound_to(&key).sign();
    let good = || okta.proof(&key).url(URL).access_token(&token);
    let now = good().sign();
    let now = now.split('.').nth(1).expect("a payload");
    let now: serde_json::Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode_to_vec(now).expect("base64url")).expect("JSON");
    let now = now["iat"].as_u64().expect("seconds");
    let hash = digest(&SHA256, token.as_bytes());
    let hash = hash.as_ref();
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let half = URL_SAFE_NO_PAD.encode_to_string(&hash[..16]);
    let ath = |ath: String| good().claim("ath", ath);
    let symmetric = good().header("jwk", json!({ "kty": "oct", "k": "AAAA" }));
    let of_another_key = okta.proof(&ProofKey::new()).url(URL).access_token(&token);
    for (proof, parts) in [
        (good().header("typ", "JWT"), &["exactly \"dpop+jwt\""][..]),
        (good().without_header("typ"), &["exactly \"dpop+jwt\""]),
        (good().header("typ", 1), &["The header of a proof has typ"]),
        (good().header("crit", json!(["x"])), &["Leave crit, b64, zip and enc out"]),
        (good().algorithm(SigningAlgorithm::HS256), &["A shared secret proves no key"]),
        (good().header("alg", "none"), &["The proof is not signed"]),
        (good().header("alg", "ES512"), &["that the challenge lists as algs"]),
        (good().without_header("jwk"), &["A key ID (kid) is not enough"]),
        (good().with_private_key(), &["make a new key, get a new token"]),
        (symmetric, &["make a new key, get a new token"]),
        (good().header("jwk", "x"), &["ES256 needs EC with P-256"]),
        (of_another_key, &["bound to another key than the one of the proof"]),
        (good().header("x", "xx").with_padding(), &["base64url without padding: let the client remove each `=`"]),
        (good().raw_header(*b"[]"), &["not a JSON object"]),
        (good().raw_payload(*br#"{"jti":1,"jti":1}"#), &["A member occurs more than once"]),
        (good().without("ath"), &["ath is missing", "Proofs for the token endpoint have none"]),
        (good().without("jti"), &["has the claims jti, iat, htm, htu and ath"]),
        (good().jti("j".repeat(257)), &["such as a UUID"]),
        (good().claim("iat", now.to_string()), &["iat is a JSON number"]),
        (good().claim("htm", 1), &["htm, htu, ath and nonce are strings"]),
        (good().claim("iat", now * 1000), &["iat is in milliseconds: divide it by 1000"]),
        (good().claim("iat", 12), &["iat is not the time in seconds since 1970"]),
        (good().issued_ago(Duration::from_secs(200)), &["compare the clocks"]),
        (good().issued_ago(Duration::from_secs(20_000)), &["was made long ago"]),
        (good().issued_in(Duration::from_secs(200)), &["is the clock of the client ahead"]),
        (good().method("POST"), &["The proof is for another method"]),
        (good().method("get"), &["in capitals, such as GET"]),
        (good().signed_by(&ProofKey::new()), &["signed with another key than the one in jwk"]),
        (good().tamper(Tamper::RemoveSignature), &["The proof has no signature"]),
        (good().access_token("another"), &["the hash of another token, such as the one before a refresh"]),
        (good().access_token(format!("DPoP {token}")), &["hash only the token, without the scheme"]),
        (good().access_token(format!("Bearer {token}")), &["hash only the token, without the scheme"]),
        (good().access_token(format!("{token}\n")), &["a line break, as `echo` adds it"]),
        (ath(hex.clone()), &["the hash in hexadecimal digits"]),
        (ath(hex.to_uppercase()), &["the hash in hexadecimal digits"]),
        (ath(URL_SAFE_NO_PAD.encode_to_string(&hex)), &["the hash in hexadecimal digits"]),
        (ath(URL_SAFE.encode_to_string(hash)), &["ath has padding"]),
        (ath(STANDARD.encode_to_string(hash)), &["ath "]),
        (ath(half), &["half of the hash, as at_hash"]),
        (ath(token.clone()), &["ath is the token itself"]),
        (ath(String::new()), &["ath is empty"]),
    ] {
        let proof = proof.sign();
        let explanation = validator.explain_dpop(&token, &proof, "GET", URL).await;
        let [advice] = explanation.advice() else { panic!("one advice for one defect: {explanation}") };
        for part in parts {
            assert!(advice.contains(part), "{part}: {explanation}");
        }
        assert!(!explanation.is_valid(), "{explanation}");
        assert!(explanation.to_string().ends_with("The token and its proof are NOT valid here.\n"), "{explanation}");
    }
    let proof = good().sign();
    for (token, proof, part) in [
        (&*token, "", "let the client send one in the header DPoP"),
        (&token, &format!("DPoP {proof}"), "Leave \"DPoP\" out: the header DPoP has only the proof"),
        (&token, &token, "This is the access token: the header DPoP needs a proof"),
        (&token, &format!("{proof}, {proof}"), "These are several proofs"),
        (&token, "eyJ0", "Was it cut"),
        (&token, "abc", "This is not a JWT"),
        (&token, &good().claim("x", "x".repeat(9000)).sign(), "The proof is too long"),
        (&token, &proof.replacen("ey", "e+", 1), "standard base64 has `+` and `/`"),
        (&format!("DPoP {token}"), &proof, "Leave \"DPoP\" out: only the token"),
        (&okta.token().sign(), &proof, "The token is not bound to a key (cnf.jkt)"),
        (&okta.token().claim("cnf", json!({ "x5t#S256": key.thumbprint() })).sign(), &proof, "The token is not bound"),
    ] {
        let explanation = validator.explain_dpop(token, proof, "GET", URL).await;
        assert!(explanation.advice().iter().any(|advice| advice.contains(part)), "{part}: {explanation}");
        assert!(!explanation.is_valid() && explanation.answer().is_some(), "{explanation}");
    }
    let bearer = validator.explain(&token).await;
    assert!(bearer.to_string().contains("must send it in the scheme DPoP"), "{bearer}");
}

#[actix_web::test]
async fn signature_in_der_is_named() {
    let (okta, validator) = fixture(Dpop::accept());
    let key = ProofKey::new();
    let token = okta.token().bound_to(&key).sign();
    let proof = okta.proof(&key).url(URL).access_token(&token).sign();
    let (signed, signature) = proof.rsplit_once('.').expect("a signature");
    let raw = URL_SAFE_NO_PAD.decode_to_vec(signature).expect("base64url");
    let integer = |bytes: &[u8]| [&[0x02, 33, 0], bytes].concat();
    let integers = [integer(&raw[..32]), integer(&raw[32..])].concat();
    let der = [&[0x30, integers.len() as u8], &*integers].concat();
    let proof = format!("{signed}.{}", URL_SAFE_NO_PAD.encode_to_string(der));
    let explanation = validator.explain_dpop(&token, &proof, "GET", URL).await;
    assert!(explanation.advice()[0].contains("The signature is in DER"), "{explanation}");
}

#[actix_web::test]
async fn mistakes_behind_a_proxy_are_named() {
    let prefixed = || Dpop::accept().path_prefix("/api");
    for (dpop, htu, url, parts) in [
        (Dpop::accept(), "http://api.example.com/orders", URL, &["scheme http,", "behind a proxy that ends TLS"][..]),
        (Dpop::accept(), "http://api.example.com:8080/orders", URL, &["scheme http,", "behind a proxy that ends TLS"]),
        (Dpop::accept(), "https://api.example.com:8443/orders", URL, &["names another port"]),
        (Dpop::accept(), "http://orders:8080/orders", URL, &["names an internal host"]),
        (Dpop::accept(), "http://10.0.0.3:8080/orders", URL, &["names an internal host"]),
        (Dpop::accept(), "http://[::1]:8080/orders", URL, &["names an internal host"]),
        (Dpop::accept(), "http://orders.svc/orders", URL, &["names an internal host"]),
        (Dpop::accept(), "https://www.example.com/orders", URL, &["names another host", "OKTA_RESOURCE"]),
        (
            Dpop::accept(),
            "https://api2.example.com/orders",
            "https://api2.example.com/orders",
            &["the origin of the URL, which this server does not know", "`.origin(..)`", "OKTA_RESOURCE"],
        ),
        (
            Dpop::accept(),
            "https://api.example.com/orders/",
            URL,
            &["only by a slash", "NormalizePath", "LoginRequired"],
        ),
        (Dpop::accept(), "https://api.example.com//orders", URL, &["only by a slash", "NormalizePath"]),
        (Dpop::accept(), URL, "https://api.example.com/orders/", &["only by a slash", "NormalizePath"]),
        (Dpop::accept(), "https://api.example.com/Orders", URL, &["only by capitals"]),
        (Dpop::accept(), "https://api.example.com/", URL, &["lacks the beginning of the path"]),
        (Dpop::accept(), URL, "https://api.example.com/v1/orders", &["lacks the beginning of the path"]),
        (Dpop::accept(), "https://api.example.com/api/orders", URL, &["set `.path_prefix(\"/api\")`"]),
        (prefixed(), "https://api.example.com/v1/api/orders", URL, &["set `.path_prefix(\"/v1/api\")`"]),
        (prefixed(), URL, URL, &["path_prefix puts /api in front", "remove `.path_prefix(..)`"]),
        (prefixed(), URL, "https://api.example.com/api/orders", &["path_prefix puts /api in front"]),
        (Dpop::accept(), "https://api.example.com/a%2520b", "https://api.example.com/a%20b", &["more than once"]),
        (Dpop::accept(), "https://api.example.com/users", URL, &["names another path"]),
        (Dpop::accept(), "/orders", URL, &["htu is only a path"]),
        (Dpop::accept(), "api.example.com/orders", URL, &["htu is not a URL: sign the whole URL"]),
        (Dpop::accept(), "https://a:b@api.example.com/orders", URL, &["has user information"]),
        (Dpop::accept(), "https://api.example.com/or ders", URL, &["percent-encode spaces"]),
        (Dpop::accept(), URL, "https://api.example.com/a/../orders", &["dot segments"]),
        (Dpop::accept(), URL, "api.example.com", &["The URL to compare with is not one"]),
    ] {
        let (okta, validator) = fixture(dpop);
        let key = ProofKey::new();
        let token = okta.token().bound_to(&key).sign();
        let proof = okta.proof(&key).claim("htu", htu).access_token(&token).sign();
        let explanation = validator.explain_dpop(&token, &proof, "GET", url).await;
        assert_eq!(first_rule(&explanation), "wrong_target", "{htu} {url}: {explanation}");
        let [advice] = explanation.advice() else { panic!("{htu} {url}: {explanation}") };
        for part in parts {
            assert!(advice.contains(part), "{htu} {url}, {part}: {explanation}");
        }
    }
    // Good behind these proxies.
    for (dpop, htu, url, part) in [
        (prefixed(), "https://api.example.com/api/orders?page=2", "https://api.example.com/api/orders", ""),
        (prefixed(), "https://api.example.com/api/orders", URL, ""),
        (Dpop::accept().origin("https://b.example.com"), "https://b.example.com/orders", URL, ""),
        (Dpop::accept(), URL, "http://10.0.0.3:8080/orders", "but the URL is at another origin"),
    ] {
        let (okta, validator) = fixture(dpop);
        let key = ProofKey::new();
        let token = okta.token().bound_to(&key).sign();
        let proof = okta.proof(&key).claim("htu", htu).access_token(&token).sign();
        let explanation = validator.explain_dpop(&token, &proof, "GET", url).await;
        assert!(explanation.is_valid() && explanation.to_string().contains(part), "{htu} {url}: {explanation}");
    }
}

#[actix_web::test]
async fn settings_that_refuse_a_proof_are_named() {
    let okta = MockOkta::start();
    let key = ProofKey::new();
    let token = okta.token().bound_to(&key).sign();
    let good = || okta.proof(&key).url(URL).access_token(&token);
    let off = okta.validator().explain_dpop(&token, &good().sign(), "GET", URL).await;
    assert!(off.to_string().contains("set OKTA_DPOP=accept and OKTA_RESOURCE"), "{off}");
    assert_eq!(off.answer().expect("an answer").code(), "missing_token");
    let (okta, validator) = fixture(Dpop::require().require_nonces());
    let token = okta.token().bound_to(&key).sign();
    for (proof, part) in [
        (good().access_token(&token), "from the header DPoP-Nonce of the response 401"),
        (good().access_token(&token).nonce("x"), "older than 5 minutes, or not of this server"),
    ] {
        let explanation = validator.explain_dpop(&token, &proof.sign(), "GET", URL).await;
        assert!(explanation.advice().join("\n").contains(part), "{explanation}");
        assert_eq!(explanation.answer().expect("an answer").code(), "use_dpop_nonce");
    }
    let unbound = okta.token().sign();
    let proof = good().access_token(&unbound).sign();
    let explanation = validator.explain_dpop(&unbound, &proof, "GET", URL).await;
    assert!(explanation.to_string().contains("the app has to require DPoP"), "{explanation}");
}

#[actix_web::test]
async fn any_text_is_explained() {
    let (okta, validator) = fixture(Dpop::accept());
    let key = ProofKey::new();
    let token = okta.token().bound_to(&key).sign();
    let good = okta.proof(&key).url(URL).access_token(&token).sign();
    let names = |explanation: &Explanation| -> Vec<&str> {
        explanation.checks().iter().map(|check| check.name()).filter(|name| name.starts_with("proof ")).collect()
    };
    let all = validator.explain_dpop(&token, &good, "GET", URL).await;
    assert_eq!(names(&all).len(), 16, "{all}");
    let long = "é".repeat(20_000);
    let texts =
        ["", " ", ".", "..", "...", "é", "DPoPé", "\0", "https://", "https://[", "://", "%", "/%", "/\u{202e}", &*long];
    for text in texts.into_iter().chain([&*token, &*good]) {
        for (token, proof, method, url) in [
            (text, &*good, "GET", URL),
            (&*token, text, "GET", URL),
            (&token, &good, text, URL),
            (&token, &good, "GET", text),
        ] {
            let explanation = validator.explain_dpop(token, proof, method, url).await;
            assert!(explanation.to_string().len() < 10_000, "{explanation}");
            assert_eq!(names(&explanation), names(&all), "{explanation}");
        }
        let odd = okta.proof(&key).access_token(&token).claim("htu", text).claim("htm", text).claim("ath", text).sign();
        assert!(!validator.explain_dpop(&token, &odd, text, text).await.is_valid(), "{text}");
    }
}
