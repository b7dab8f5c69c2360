//! A mock Okta, its tokens of about 1 KB, and its key in the formats of the benchmarks.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::SystemTime;

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64_simd::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use okta_auth::config::{Clock, Introspection, ValidatorBuilder};
use okta_auth::{AuthContext, ValidateError, Validator, keys::JwkSet};
use okta_auth_testing::{MockOkta, ProofBuilder, ProofKey, SigningKey, TokenBuilder};

/// A clock that always shows the same time.
struct Stopped(SystemTime);

impl Clock for Stopped {
    fn now(&self) -> SystemTime {
        self.0
    }
}

/// Tokens of one authorization server.
pub(crate) struct Tokens {
    okta: MockOkta,
    key: SigningKey,
}

impl Tokens {
    pub(crate) fn new() -> Self {
        let okta = MockOkta::start();
        Self { key: okta.signing_key(), okta }
    }

    /// A token like those of Okta's custom authorization servers: three scopes, three groups, two custom claims.
    fn builder(&self) -> TokenBuilder {
        self.okta
            .token()
            .scopes(["openid", "profile", "orders:read"])
            .group("Everyone")
            .group("engineering")
            .group("orders-admins")
            .claim("tenant", "acme-corporation")
            .claim("tier", "gold")
    }

    pub(crate) fn good(&self) -> String {
        self.builder().sign()
    }

    pub(crate) fn expired(&self) -> String {
        self.builder().expired().sign()
    }

    /// A good token with the signature of another one.
    pub(crate) fn badly_signed(&self) -> String {
        let (one, other) = (self.good(), self.good());
        let (input, _) = one.rsplit_once('.').expect("three segments");
        let (_, signature) = other.rsplit_once('.').expect("three segments");
        format!("{input}.{signature}")
    }

    /// This many different good tokens.
    pub(crate) fn many(&self, count: usize) -> Vec<String> {
        let sign = |count: usize| (0..count).map(|_| self.good()).collect::<Vec<_>>();
        thread::scope(|scope| {
            let half = scope.spawn(|| sign(count / 2));
            let mut tokens = sign(count - count / 2);
            tokens.extend(half.join().expect("signed"));
            tokens
        })
    }

    /// A good token that is bound to this key.
    pub(crate) fn bound_to(&self, key: &ProofKey) -> String {
        self.builder().bound_to(key).sign()
    }

    pub(crate) fn proof(&self, key: &ProofKey) -> ProofBuilder {
        self.okta.proof(key)
    }

    /// A validator with given keys and this cache capacity.
    pub(crate) fn validator(&self, cache: usize) -> Validator {
        self.builder_of_validator(cache).build().expect("a validator")
    }

    pub(crate) fn builder_of_validator(&self, cache: usize) -> ValidatorBuilder {
        let keys = serde_json::json!({ "keys": [self.key.jwk()] }).to_string();
        let keys = JwkSet::from_json(keys).expect("a key set");
        // The clock of the mock takes a lock. Production uses the system clock.
        let builder = self.okta.validator_builder().clock(okta_auth::config::SystemClock);
        builder.jwk_set(keys).token_cache_capacity(cache)
    }

    /// A validator that has asked the authorization server about this token. Its clock has stopped, so that the answer stays
    /// remembered.
    pub(crate) fn introspected(&self) -> (Validator, String) {
        let introspection = Introspection::client(self.okta.client_id(), self.okta.client_secret());
        let builder = self.okta.validator_builder().clock(Stopped(SystemTime::now())).introspection(introspection);
        let (validator, token) = (builder.build().expect("a validator"), self.builder().opaque());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(validator.validate(&token)).expect("an active token");
        (validator, token)
    }

    /// The key as aws-lc-rs parses it. Verification with a parsed key is the fastest.
    pub(crate) fn parsed_key(&self) -> ParsedPublicKey {
        let jwk = self.key.jwk();
        let number =
            |name: &str| URL_SAFE_NO_PAD.decode_to_vec(jwk[name].as_str().expect("a number")).expect("base64url");
        let components = RsaPublicKeyComponents { n: number("n"), e: number("e") };
        components.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).expect("an RSA key")
    }

    /// The key of jsonwebtoken, built in advance.
    pub(crate) fn decoding_key(&self) -> DecodingKey {
        let jwk = serde_json::from_value(self.key.jwk()).expect("a JWK");
        DecodingKey::from_jwk(&jwk).expect("an RSA key")
    }

    pub(crate) fn issuer(&self) -> &str {
        self.okta.issuer()
    }

    pub(crate) fn audience(&self) -> &str {
        self.okta.audience()
    }
}

/// Calls `validate`. With given keys, and with an answer that is remembered, it never waits.
pub(crate) fn validate(validator: &Validator, token: &str) -> Result<AuthContext, ValidateError> {
    match pin!(validator.validate(token)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("the keys or the answer are at hand"),
    }
}
