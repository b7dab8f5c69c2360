//! DPoP proofs for one bound token, and requests that carry them.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::test::TestRequest;
use actix_web::{FromRequest, HttpRequest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use base64_simd::URL_SAFE_NO_PAD;
use okta_auth::config::Dpop;
use okta_auth::{AuthContext, Rejection, Validator};
use okta_auth_testing::{ProofBuilder, ProofKey, Tamper};

use crate::tokens::Tokens;

const RESOURCE: &str = "https://api.example.com/hello";

/// ES256 proofs, as most clients send them.
pub(crate) struct Proofs<'t> {
    tokens: &'t Tokens,
    key: ProofKey,
    token: String,
}

impl<'t> Proofs<'t> {
    pub(crate) fn new(tokens: &'t Tokens) -> Self {
        let key = ProofKey::new();
        Self { tokens, token: tokens.bound_to(&key), key }
    }

    /// The token that all proofs are for.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// A validator with DPoP. Its cache holds the token. The age of proofs is large, because they are signed in advance.
    pub(crate) fn validator(&self) -> Validator {
        let dpop = Dpop::accept().max_age(Duration::from_secs(600));
        let validator = self.tokens.builder_of_validator(10_000).resource(RESOURCE).dpop(dpop).build();
        let validator = validator.expect("a validator");
        let request = self.request(&validator, &self.good());
        authenticate(&request).expect("a good proof");
        validator
    }

    fn builder(&self) -> ProofBuilder {
        self.builder_with(&self.key)
    }

    fn builder_with(&self, key: &ProofKey) -> ProofBuilder {
        self.tokens.proof(key).method("GET").url(RESOURCE).access_token(&self.token)
    }

    pub(crate) fn good(&self) -> String {
        self.builder().sign()
    }

    pub(crate) fn badly_signed(&self) -> String {
        self.builder().tamper(Tamper::Signature).sign()
    }

    pub(crate) fn expired(&self) -> String {
        self.builder().issued_ago(Duration::from_secs(100_000)).sign()
    }

    pub(crate) fn of_another_url(&self) -> String {
        self.builder().url("https://api.example.com/other").sign()
    }

    pub(crate) fn of_another_key(&self) -> String {
        self.builder_with(&ProofKey::new()).sign()
    }

    /// A request as a server receives it.
    pub(crate) fn request(&self, validator: &Validator, proof: &str) -> HttpRequest {
        TestRequest::get()
            .uri("/hello")
            .insert_header(("Authorization", format!("DPoP {}", self.token)))
            .insert_header(("DPoP", proof.to_owned()))
            .app_data(validator.clone())
            .to_http_request()
    }

    /// The key as aws-lc-rs parses it.
    pub(crate) fn parsed_key(&self) -> ParsedPublicKey {
        let jwk = self.key.jwk();
        let number =
            |name: &str| URL_SAFE_NO_PAD.decode_to_vec(jwk[name].as_str().expect("a number")).expect("base64url");
        // An uncompressed point (SEC 1 section 2.3.3).
        let point = [&[4][..], &number("x"), &number("y")].concat();
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point).expect("a P-256 key")
    }

    /// The signed text and the signature of a new proof.
    pub(crate) fn signed(&self) -> (String, Vec<u8>) {
        let proof = self.good();
        let (input, signature) = proof.rsplit_once('.').expect("three segments");
        (input.to_owned(), URL_SAFE_NO_PAD.decode_to_vec(signature).expect("base64url"))
    }
}

/// Authenticates a request. With given keys and a memory of this process, it never waits.
pub(crate) fn authenticate(request: &HttpRequest) -> Result<AuthContext, Rejection> {
    let caller = pin!(AuthContext::from_request(request, &mut Payload::None));
    match caller.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("everything is at hand"),
    }
}
