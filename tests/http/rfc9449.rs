//! Each requirement of RFC 9449 on an API, and its tests. `proof_rules` and `dpop` have most of them, one defect at a time.
//!
//! | section | requirement | test |
//! |---|---|---|
//! | 4.3, check 1 | one `DPoP` header | `request_has_exactly_one_proof`; cases: no proof, two proofs |
//! | 4.3, check 2 | one well-formed JWT | cases: not a JWT, an empty header, two proofs in one header, padding, header is a list |
//! | 4.3, check 3 | all claims of section 4.2 | cases: no jti, no iat, no htm, no htu, no ath |
//! | 4.3, check 4 | `typ` | cases: no typ, typ of an access token, typ in capitals |
//! | 4.3, check 5 | an asymmetric `alg` that the API accepts | cases: no alg, alg is none, alg is HMAC; `algorithm_outside_the_list_is_refused` |
//! | 4.3, check 6 | the signature of `jwk` | cases: signed by another key, changed payload, changed signature |
//! | 4.3, check 7 | `jwk` is public | cases: a private key, a symmetric key |
//! | 4.3, check 8 | `htm` | cases: another method, htm in small letters |
//! | 4.3, check 9 | `htu`, without query and fragment, normalized | cases: another origin, another path; `each_defect_of_a_proof_is_refused_in_both_mappings` |
//! | 4.3, check 10 | `nonce` | `nonce_is_required_once_and_renewed`, `proof_without_a_nonce_has_the_code_of_its_rule` |
//! | 4.3, check 11 | `iat` | cases: in the future, too old |
//! | 4.3, check 12 | `ath`, and the key of the token | cases: ath of another token, another key |
//! | 7.1 | the scheme, in any case | `proof_of_the_key_lets_the_holder_in` |
//! | 7.1 | no access unless every check passes | `each_defect_of_a_proof_has_the_code_of_its_rule`, `token_must_fit_the_scheme` |
//! | 7.1 | one set of credentials | `request_with_two_credentials_is_refused` |
//! | 7.1 | a challenge with `error` and `algs`, without `error` if there are no credentials | `each_defect_of_a_proof_is_refused_in_both_mappings`, `token_must_fit_the_scheme`, `algorithm_outside_the_list_is_refused` |
//! | 7.2 | a bound token is refused as Bearer; both challenges if both schemes are accepted | `token_must_fit_the_scheme` |
//! | 7.3 | only for clients | |
//! | 8.1 | the characters of a nonce | `response_has_one_nonce_that_is_not_cached` |
//! | 8.2 | a fresh nonce in any response, which is not cached | `nonce_is_required_once_and_renewed`, `response_has_one_nonce_that_is_not_cached` |
//! | 9 | 401 `use_dpop_nonce` with `DPoP-Nonce` | `nonce_is_required_once_and_renewed`, `response_has_one_nonce_that_is_not_cached` |
//! | 9 | a nonce of another server is refused | `nonce_of_another_server_is_refused` |
//! | 11.1 | a proof works once | `proof_works_once`, `twenty_requests_with_one_proof_get_one_200` |
//!
//! Cases are those of `each_defect_of_a_proof_has_the_code_of_its_rule`.

use std::time::{Duration, SystemTime};

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Responder, get};
use okta_auth::config::Dpop;
use okta_auth::{Algorithm, LoginRequired, StatusMapping, login_required};
use okta_auth_testing::{MockOkta, ProofKey, SigningAlgorithm, TestClock};
use reqwest::{Method, Response};

use crate::support::{Server, code, header};

#[get("/orders")]
#[login_required]
async fn orders() -> impl Responder {
    HttpResponse::Ok()
}

#[get("/write")]
#[login_required(scope("orders:write"))]
async fn write() -> impl Responder {
    HttpResponse::Ok()
}

#[get("/cached")]
#[login_required]
async fn cached() -> impl Responder {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "max-age=60")).finish()
}

#[get("/behind")]
async fn behind() -> impl Responder {
    HttpResponse::Ok()
}

fn routes(app: &mut ServiceConfig) {
    app.service((orders, write, cached)).service(web::scope("").wrap(LoginRequired::new()).service(behind));
}

fn server(okta: &MockOkta, dpop: Dpop) -> Server {
    let builder = okta.validator_builder().resource("https://api.example.com").dpop(dpop);
    Server::start(builder.status_mapping(StatusMapping::Rfc6750).build().expect("a validator"), routes)
}

/// Sends a bound token with a proof that has this nonce.
async fn send(okta: &MockOkta, server: &Server, key: &ProofKey, path: &str, nonce: Option<&str>) -> Response {
    let token = okta.token().bound_to(key).sign();
    let proof = okta.proof(key).url(format!("https://api.example.com{path}")).access_token(&token);
    let proof = nonce.into_iter().fold(proof, |proof, nonce| proof.nonce(nonce)).sign();
    let request = server.request(Method::GET, path).header("Authorization", format!("DPoP {token}"));
    request.header("DPoP", proof).send().await.expect("an answer")
}

#[actix_web::test]
async fn request_with_two_credentials_is_refused() {
    let okta = MockOkta::start();
    let server = server(&okta, Dpop::accept());
    let key = ProofKey::new();
    let bound = okta.token().bound_to(&key).sign();
    let (dpop, bearer) = (format!("DPoP {bound}"), format!("Bearer {}", okta.token().sign()));
    let proof = || okta.proof(&key).url("https://api.example.com/orders").access_token(&bound).sign();
    for (first, second, status) in
        [(&dpop, &bearer, 401), (&dpop, &dpop, 401), (&bearer, &dpop, 400), (&bearer, &bearer, 400)]
    {
        let request = || server.request(Method::GET, "/orders").header("DPoP", proof());
        let in_two_headers = request().header("Authorization", first).header("Authorization", second);
        let in_one_header = request().header("Authorization", format!("{first}, {second}"));
        for request in [in_two_headers, in_one_header] {
            let response = request.send().await.expect("an answer");
            assert_eq!(response.status(), status, "{first} {second}");
            assert_eq!(code(response).await, "malformed_credentials");
        }
    }
}

#[actix_web::test]
async fn algorithm_outside_the_list_is_refused() {
    let okta = MockOkta::start();
    let server = server(&okta, Dpop::accept().algorithms([Algorithm::ES256]));
    assert_eq!(send(&okta, &server, &ProofKey::new(), "/orders", None).await.status(), 200);
    let response = send(&okta, &server, &ProofKey::with_algorithm(SigningAlgorithm::PS256), "/orders", None).await;
    assert_eq!(response.status(), 401);
    let challenge = header(&response, "WWW-Authenticate").expect("a challenge");
    assert!(challenge.starts_with("DPoP error=\"invalid_dpop_proof\""), "{challenge}");
    assert!(challenge.contains("algs=\"ES256\""), "{challenge}");
}

#[actix_web::test]
async fn response_has_one_nonce_that_is_not_cached() {
    let okta = MockOkta::builder().clock(TestClock::frozen_at(SystemTime::now())).start();
    let server = server(&okta, Dpop::require().require_nonces());
    let key = ProofKey::new();
    let nonce_of = |response: &Response, cache_control: &str| {
        let nonces: Vec<_> = response.headers().get_all("DPoP-Nonce").iter().collect();
        assert_eq!((nonces.len(), header(response, "Cache-Control")), (1, Some(cache_control)));
        let nonce = nonces[0].to_str().expect("text").to_owned();
        let is_allowed = |byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        assert!(!nonce.is_empty() && nonce.bytes().all(is_allowed), "{nonce}");
        nonce
    };
    let response = send(&okta, &server, &key, "/orders", None).await;
    assert_eq!(response.status(), 401);
    let nonce = nonce_of(&response, "no-store");
    assert_eq!(code(response).await, "use_dpop_nonce");
    okta.clock().advance(Duration::from_secs(200));
    for (path, status, cache_control) in [
        ("/orders", 200, "no-store"),
        ("/behind", 200, "no-store"),
        ("/write", 403, "no-store"),
        ("/cached", 200, "max-age=60"),
    ] {
        let response = send(&okta, &server, &key, path, Some(&nonce)).await;
        assert_eq!(response.status(), status, "{path}");
        let fresh = nonce_of(&response, cache_control);
        let response = send(&okta, &server, &key, "/orders", Some(&fresh)).await;
        assert_eq!(response.status(), 200);
        assert_eq!((header(&response, "DPoP-Nonce"), header(&response, "Cache-Control")), (None, None), "not yet due");
    }
}

#[actix_web::test]
async fn nonce_of_another_server_is_refused() {
    let okta = MockOkta::start();
    let dpop = |secret| Dpop::require().nonce_secret([secret; 32]);
    let (server, other) = (server(&okta, dpop(7)), server(&okta, dpop(8)));
    let key = ProofKey::new();
    let foreign = send(&okta, &other, &key, "/orders", None).await;
    let foreign = header(&foreign, "DPoP-Nonce").expect("a nonce").to_owned();
    let response = send(&okta, &server, &key, "/orders", Some(&foreign)).await;
    let own = header(&response, "DPoP-Nonce").expect("a nonce").to_owned();
    assert_eq!((response.status().as_u16(), code(response).await.as_str()), (401, "use_dpop_nonce"));
    assert_eq!(send(&okta, &server, &key, "/orders", Some(&own)).await.status(), 200);
}
