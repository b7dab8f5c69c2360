//! The rules of `docs/proof-rules.md`: each defect of a DPoP proof has the code of the rule that it breaks.

use std::time::Duration;

use actix_web::web::ServiceConfig;
use actix_web::{HttpResponse, Responder, get};
use base64_simd::URL_SAFE_NO_PAD;
use okta_auth::config::Dpop;
use okta_auth::{StatusMapping, Validator, login_required};
use okta_auth_testing::{MockOkta, ProofBuilder, ProofKey, SigningAlgorithm, Tamper};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{Server, rule, with_rules};

#[get("/orders")]
#[login_required]
async fn orders() -> impl Responder {
    HttpResponse::Ok()
}

pub(crate) fn routes(app: &mut ServiceConfig) {
    app.service(orders);
}

/// An app whose rejections name the rule in a header.
fn server(okta: &MockOkta, dpop: Dpop) -> Server {
    Server::start(validator(okta, dpop, StatusMapping::default()), routes)
}

/// A validator whose rejections name the rule in the header `X-Rule`.
pub(crate) fn validator(okta: &MockOkta, dpop: Dpop, mapping: StatusMapping) -> Validator {
    let builder = okta.validator_builder().resource("https://api.example.com").dpop(dpop).status_mapping(mapping);
    with_rules(builder).build().expect("a validator")
}

/// The rule that a request with these `DPoP` headers breaks, or "none".
async fn broken_rule(server: &Server, token: &str, proofs: &[String]) -> String {
    rule(&send(server, token, proofs).await).to_owned()
}

/// The response to a request with these `DPoP` headers.
pub(crate) async fn send(server: &Server, token: &str, proofs: &[String]) -> Response {
    let request = server.request(Method::GET, "/orders").header("Authorization", format!("DPoP {token}"));
    let request = proofs.iter().fold(request, |request, proof| request.header("DPoP", proof));
    request.send().await.expect("an answer")
}

/// A segment of a good proof, as text, with further members in front.
fn with_members(proof: ProofBuilder, segment: usize, members: &str) -> String {
    let proof = proof.sign();
    let segment = proof.split('.').nth(segment).expect("a segment");
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode_to_vec(segment).expect("base64url")).expect("text");
    format!("{{{members}{}", text.trim_start_matches('{'))
}

/// Requests with one defect each: the rule, a name, and the `DPoP` headers. `address` is that of the server.
pub(crate) fn defects(
    okta: &MockOkta,
    key: &ProofKey,
    token: &str,
    address: &str,
) -> Vec<(&'static str, &'static str, Vec<String>)> {
    let good = || okta.proof(key).url("https://api.example.com/orders").access_token(token);
    let url = |url: &str| good().claim("htu", url);
    let other = ProofKey::new();
    let of_another_type = ProofKey::with_algorithm(SigningAlgorithm::RS256).jwk();
    let with = |name: &str, value: &str| {
        let mut jwk = key.jwk();
        jwk[name] = Value::from(value);
        good().header("jwk", jwk)
    };
    let header_with = |members: &str| good().raw_header(with_members(good(), 0, members));
    let payload_with = |members: &str| good().raw_payload(with_members(good(), 1, members));
    let twice = good().sign();
    let lists = [
        ("header_count", "no proof", vec![]),
        ("header_count", "two proofs", vec![good().sign(), good().sign()]),
        ("header_count", "one proof in two headers", vec![twice.clone(), twice]),
        ("wrong_segment_count", "not a JWT", vec!["abc".into()]),
        ("wrong_segment_count", "an empty header", vec![String::new()]),
        ("wrong_segment_count", "two proofs in one header", vec![format!("{}, {}", good().sign(), good().sign())]),
    ];
    let proofs = [
        ("none", "no defect", good()),
        ("too_long", "more than 8 KiB", good().claim("x", "x".repeat(8 * 1024))),
        ("not_base64url", "padding", good().header("x", "xx").with_padding()),
        ("not_json_object", "header is a list", good().raw_header(*b"[]")),
        ("not_json_object", "header is not UTF-8", good().raw_header(*b"{\"typ\":\"\xff\"}")),
        ("duplicate_member", "typ occurs twice", header_with(r#""typ":"dpop+jwt","#)),
        ("duplicate_member", "a member of jwk occurs twice", header_with(r#""x":{"kty":"EC","kty":"EC"},"#)),
        ("missing_header", "no typ", good().without_header("typ")),
        ("invalid_header", "typ is a number", good().header("typ", 1)),
        ("type_not_allowed", "typ of an access token", good().header("typ", "at+jwt")),
        ("type_not_allowed", "typ in capitals", good().header("typ", "DPOP+JWT")),
        ("type_not_allowed", "typ with a prefix", good().header("typ", "application/dpop+jwt")),
        ("unsupported_header", "crit", good().header("crit", json!(["exp"]))),
        ("unsupported_header", "b64", good().header("b64", true)),
        ("missing_header", "no alg", good().without_header("alg")),
        ("invalid_header", "alg is a number", good().header("alg", 1)),
        ("algorithm_not_allowed", "alg is none", good().header("alg", "none")),
        ("algorithm_not_allowed", "alg is HMAC", good().algorithm(SigningAlgorithm::HS256)),
        ("missing_header", "no jwk", good().without_header("jwk")),
        ("private_key", "a private key", good().with_private_key()),
        ("private_key", "a symmetric key", good().header("jwk", json!({ "kty": "oct", "k": "AAAA" }))),
        ("invalid_key", "jwk is text", good().header("jwk", "x")),
        ("invalid_key", "a key of another type", good().header("jwk", of_another_type)),
        ("invalid_key", "a key for encryption", with("use", "enc")),
        ("bound_to_other_key", "another key", good().header("jwk", other.jwk())),
        ("not_json_object", "payload is a list", good().raw_payload(*b"[]")),
        ("duplicate_member", "htm occurs twice", payload_with(r#""htm":"GET","#)),
        ("duplicate_member", "a member below occurs twice", payload_with(r#""x":[{"a":1,"a":1}],"#)),
        ("duplicate_member", "an escaped name occurs twice", payload_with(r#""ht\u006d":"GET","#)),
        ("missing_claim", "no jti", good().without("jti")),
        ("missing_claim", "no iat", good().without("iat")),
        ("missing_claim", "no htm", good().without("htm")),
        ("missing_claim", "no htu", good().without("htu")),
        ("missing_claim", "no ath", good().without("ath")),
        ("invalid_claim", "jti is empty", good().jti("")),
        ("invalid_claim", "jti is long", good().jti("j".repeat(257))),
        ("invalid_claim", "jti is a number", good().claim("jti", 1)),
        ("invalid_claim", "iat is text", good().claim("iat", "1700000000")),
        ("invalid_claim", "nonce is a number", good().claim("nonce", 1)),
        ("bad_signature", "signed by another key", good().signed_by(&other)),
        ("bad_signature", "changed payload", good().tamper(Tamper::Payload)),
        ("bad_signature", "changed signature", good().tamper(Tamper::Signature)),
        ("wrong_method", "another method", good().method("POST")),
        ("wrong_method", "htm in small letters", good().method("get")),
        ("wrong_target", "htu is a path", url("/orders")),
        ("wrong_target", "user information", url("https://x@api.example.com/orders")),
        ("wrong_target", "a backslash", url("https://api.example.com\\orders")),
        ("wrong_target", "a tab", url("https://api.example.com/ord\ters")),
        ("wrong_target", "another origin", url("https://evil.example.com/orders")),
        ("wrong_target", "another scheme", url("http://api.example.com/orders")),
        ("wrong_target", "another port", url("https://api.example.com:8443/orders")),
        ("wrong_target", "the origin of the connection", url(&format!("http://{address}/orders"))),
        ("wrong_target", "another path", url("https://api.example.com/order")),
        ("wrong_target", "a slash at the end", url("https://api.example.com/orders/")),
        ("wrong_token_hash", "ath of another token", good().access_token("other")),
        ("not_yet_valid", "in the future", good().issued_in(Duration::from_secs(65))),
        ("expired", "too old", good().issued_ago(Duration::from_secs(125))),
    ];
    let proofs = proofs.map(|(code, name, proof)| (code, name, vec![proof.sign()]));
    lists.into_iter().chain(proofs).collect()
}

#[actix_web::test]
async fn each_defect_of_a_proof_has_the_code_of_its_rule() {
    let okta = MockOkta::start();
    let server = server(&okta, Dpop::accept());
    let key = ProofKey::new();
    let token = okta.token().bound_to(&key).sign();
    let good = || okta.proof(&key).url("https://api.example.com/orders").access_token(&token);
    for (code, name, proofs) in defects(&okta, &key, &token, server.address()) {
        assert_eq!(broken_rule(&server, &token, &proofs).await, code, "{name}");
    }
    let proof = [good().sign()];
    assert_eq!(broken_rule(&server, &token, &proof).await, "none");
    assert_eq!(broken_rule(&server, &token, &proof).await, "replayed");
    let unbound = okta.token().sign();
    assert_eq!(broken_rule(&server, &unbound, &[good().access_token(&unbound).sign()]).await, "not_bound");
}

#[actix_web::test]
async fn proof_without_a_nonce_has_the_code_of_its_rule() {
    let okta = MockOkta::start();
    let server = server(&okta, Dpop::require().require_nonces());
    let key = ProofKey::new();
    let token = okta.token().bound_to(&key).sign();
    let good = || okta.proof(&key).url("https://api.example.com/orders").access_token(&token);
    for (code, proof) in [
        ("nonce_required", good()),
        ("nonce_required", good().nonce("x")),
        ("expired", good().issued_ago(Duration::from_secs(125))),
        ("wrong_method", good().method("POST")),
    ] {
        assert_eq!(broken_rule(&server, &token, &[proof.sign()]).await, code);
    }
}
