//! The validators under test, tokens with marked values, and a server that must not receive connections.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::time::{Duration, UNIX_EPOCH};

use okta_auth::{Algorithm, Profile, Validator, keys::JwkSet};
use okta_auth_testing::{MockOkta, SigningAlgorithm, SigningKey, TestClock, TokenBuilder};
use serde_json::{Value, json};

/// The time of every case, in seconds since the Unix epoch.
pub(crate) const NOW: i64 = 1_800_000_000;

/// Occurs in every value that output must never show: subject, user ID, further claims.
pub(crate) const MARK: &str = "Qzx7";

/// The key IDs of the keys without `alg` in [`Config::Every`], one for each kind of key.
pub(crate) const FREE_KEYS: [(SigningAlgorithm, &str); 4] = [
    (SigningAlgorithm::RS256, "free-rsa"),
    (SigningAlgorithm::ES256, "free-p256"),
    (SigningAlgorithm::ES384, "free-p384"),
    (SigningAlgorithm::EdDSA, "free-ed25519"),
];

/// The claims from which [`Config::Custom`] reads the client, user ID, scopes, and groups.
pub(crate) const APP_CLIENT: &str = "appid";
pub(crate) const APP_USER: &str = "oid";
pub(crate) const APP_SCOPES: &str = "scopes";
pub(crate) const APP_GROUPS: &str = "https://example.com/roles";

/// The configuration of a validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Config {
    /// The defaults: only RS256, 60 s leeway, fetched keys.
    Default,
    /// Every algorithm, with a given key for each.
    Every,
    /// RFC 9068, which requires `at+jwt`.
    Rfc9068,
    /// Auth0, whose clients are in `azp`.
    Auth0,
    /// A custom profile with the claims [`APP_CLIENT`], [`APP_USER`], [`APP_SCOPES`] and [`APP_GROUPS`].
    Custom,
    /// No leeway.
    NoLeeway,
    /// The longest leeway, 300 s.
    LongLeeway,
    /// The mistake of configuring the client ID as an audience.
    ClientAsAudience,
}

impl Config {
    const ALL: [Self; 8] = [
        Self::Default,
        Self::Every,
        Self::Rfc9068,
        Self::Auth0,
        Self::Custom,
        Self::NoLeeway,
        Self::LongLeeway,
        Self::ClientAsAudience,
    ];
}

/// An authorization server with its clock, the validators that trust it, and a trap that records connections.
pub(crate) struct Fixture {
    pub(crate) okta: MockOkta,
    trap: TcpListener,
    signers: Vec<(SigningAlgorithm, MockOkta)>,
    validators: Vec<(Config, Validator)>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let clock = TestClock::frozen_at(UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs()));
        let okta = MockOkta::builder().clock(clock.clone()).authorization_server("aus2").start();
        let sibling = okta.authorization_server("aus2");
        // All mocks of a process share eleven keys. Other tests start mocks at the same time, so this key can be the
        // same.
        while sibling.signing_key().jwk()["n"] == okta.signing_key().jwk()["n"] {
            sibling.rotate();
        }
        let trap = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        trap.set_nonblocking(true).expect("a socket that does not block");
        let signers: Vec<_> = [
            SigningAlgorithm::RS256,
            SigningAlgorithm::RS512,
            SigningAlgorithm::PS256,
            SigningAlgorithm::ES256,
            SigningAlgorithm::ES384,
            SigningAlgorithm::EdDSA,
            SigningAlgorithm::Ed25519,
        ]
        .map(|algorithm| (algorithm, MockOkta::builder().algorithm(algorithm).start()))
        .into();
        let mut fixture = Self { okta, trap, signers, validators: Vec::new() };
        fixture.validators = Config::ALL.map(|config| (config, fixture.build(config))).into();
        fixture
    }

    fn build(&self, config: Config) -> Validator {
        let builder = self.okta.validator_builder();
        let builder = match config {
            Config::Default => builder,
            Config::Every => builder.algorithms(Algorithm::ALL).jwk_set(self.every_key()),
            Config::Rfc9068 => builder.profile(Profile::rfc9068()),
            Config::Auth0 => builder.profile(Profile::auth0()),
            Config::Custom => {
                let custom = Profile::custom().client(APP_CLIENT).user_id(APP_USER).scopes(APP_SCOPES);
                builder.profile(custom.groups(APP_GROUPS).build())
            }
            Config::NoLeeway => builder.leeway(Duration::ZERO),
            Config::LongLeeway => builder.leeway(Duration::from_secs(300)),
            Config::ClientAsAudience => builder.audience(self.okta.client_id()),
        };
        builder.build().expect("a validator")
    }

    /// The published keys of all signers, and one key of each kind again without `alg`.
    fn every_key(&self) -> JwkSet {
        let mut keys: Vec<Value> = self.signers.iter().map(|(_, okta)| okta.signing_key().jwk()).collect();
        for (algorithm, kid) in FREE_KEYS {
            let mut free = self.key(algorithm).with_kid(kid).jwk();
            free.as_object_mut().expect("an object").remove("alg");
            keys.push(free);
        }
        JwkSet::from_json(json!({ "keys": keys }).to_string()).expect("a key set")
    }

    /// The key of [`Config::Every`] for this algorithm.
    pub(crate) fn key(&self, algorithm: SigningAlgorithm) -> SigningKey {
        let (_, okta) = self.signers.iter().find(|(known, _)| *known == algorithm).expect("a signer of this algorithm");
        okta.signing_key()
    }

    pub(crate) fn validator(&self, config: Config) -> &Validator {
        let (_, validator) = self.validators.iter().find(|(known, _)| *known == config).expect("a validator");
        validator
    }

    /// A good token with marked values in every claim that must not be shown.
    pub(crate) fn token(&self) -> TokenBuilder {
        self.okta
            .token()
            .claim("sub", format!("{MARK}-subject@example.com"))
            .claim("uid", format!("{MARK}-user"))
            .claim("groups", json!([format!("{MARK}-group")]))
            .claim("jti", format!("{MARK}-token-id"))
            .claim("email", format!("{MARK}-mail@example.com"))
            .claim("tier", json!({ "name": format!("{MARK}-tier") }))
            .scope("orders:read")
    }

    /// A good token with another header.
    pub(crate) fn with_header(&self, header: &str) -> String {
        self.token().raw_header(header).sign()
    }

    /// The header of the authorization server, with `members` (JSON text) in front.
    pub(crate) fn header(&self, members: &str) -> String {
        let comma = if members.is_empty() { "" } else { "," };
        format!(r#"{{{members}{comma}"kid":"{}","alg":"RS256"}}"#, self.okta.signing_key().kid())
    }

    /// A token with these claims as JSON text. Each replaces the claim of a good token. "" removes it.
    pub(crate) fn with_claims(&self, replace: &[(&str, &str)]) -> String {
        self.token().raw_payload(self.payload(replace)).sign()
    }

    /// The payload of [`with_claims`](Self::with_claims).
    pub(crate) fn payload(&self, replace: &[(&str, &str)]) -> String {
        let mut claims = vec![
            ("iss", json!(self.okta.issuer()).to_string()),
            ("aud", json!(self.okta.audience()).to_string()),
            ("sub", json!(format!("{MARK}-subject")).to_string()),
            ("cid", json!(self.okta.client_id()).to_string()),
            ("uid", json!(format!("{MARK}-user")).to_string()),
            ("iat", (NOW - 10).to_string()),
            ("exp", (NOW + 3600).to_string()),
            ("scp", r#"["orders:read"]"#.to_owned()),
            ("groups", json!([format!("{MARK}-group")]).to_string()),
        ];
        for (name, value) in replace {
            claims.retain(|(known, _)| known != name);
            if !value.is_empty() {
                claims.push((name, (*value).to_owned()));
            }
        }
        let members: Vec<_> = claims.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    }

    /// The URL of the trap.
    pub(crate) fn trap_url(&self) -> String {
        format!("http://{}/keys", self.trap.local_addr().expect("an address"))
    }

    /// Asserts that nothing connected to the trap.
    pub(crate) fn assert_trap_is_empty(&self) {
        let error = self.trap.accept().expect_err("the trap was contacted");
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
    }
}

/// Unpadded base64url.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes.as_ref())
}

/// The bytes of an unpadded base64url text.
pub(crate) fn decode(text: &str) -> Vec<u8> {
    base64_simd::URL_SAFE_NO_PAD.decode_to_vec(text).expect("base64url")
}

/// The header, payload, and signature of a token, as text.
pub(crate) fn segments(token: &str) -> [&str; 3] {
    let segments: Vec<&str> = token.split('.').collect();
    segments.try_into().expect("three segments")
}

/// The token with another signature.
pub(crate) fn with_signature(token: &str, signature: &[u8]) -> String {
    let [header, payload, _] = segments(token);
    format!("{header}.{payload}.{}", encode(signature))
}
