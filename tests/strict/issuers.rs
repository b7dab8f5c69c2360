//! Several issuers in one validator: each token is judged by the keys and rules of its own issuer.

use std::iter::repeat_with;

use okta_auth::{Issuer, Profile, ValidateError, Validator, explain::Verdict, keys::JwkSet};
use okta_auth_testing::{MockOkta, TokenBuilder};
use serde_json::json;

use crate::corpus::ACCEPTED;
use crate::verdicts;

const KID: &str = "the same";

/// Two authorization servers that sign with different keys of one key ID. They have the same audience and clients.
struct Servers([MockOkta; 2]);

impl Servers {
    fn start() -> Self {
        let one = MockOkta::start();
        // All mocks of a process share eleven keys. Other tests start mocks at the same time, so this key can be the same.
        let is_another = |okta: &MockOkta| okta.signing_key().jwk()["n"] != one.signing_key().jwk()["n"];
        let other = repeat_with(MockOkta::start).find(is_another).expect("one of another key");
        Self([one, other])
    }

    /// A token with the signature of this server.
    fn token(&self, server: usize) -> TokenBuilder {
        self.0[server].token().kid(KID)
    }

    /// An issuer with the key of this server, and no `jwks_uri`.
    fn issuer(&self, server: usize, name: &str) -> Issuer {
        let mut jwk = self.0[server].signing_key().jwk();
        jwk["kid"] = KID.into();
        let set = JwkSet::from_json(json!({ "keys": [jwk] }).to_string()).expect("a key set");
        let okta = &self.0[0];
        Issuer::new(name).audience(okta.audience()).client_id(okta.client_id()).jwk_set(set)
    }

    /// Trusts the first server under its own name, and these issuers.
    fn validator(&self, further: impl IntoIterator<Item = Issuer>) -> Validator {
        let builder = self.0[0].validator_builder();
        further.into_iter().fold(builder, |builder, issuer| builder.add_issuer(issuer)).build().expect("a validator")
    }
}

/// The verdict on a token, and that its explanation has the same one.
async fn verdict(validator: &Validator, token: &str) -> &'static str {
    let verdict = verdicts::verdict(validator, token).await;
    let explanation = validator.explain(token).await;
    let failed = explanation.checks().iter().find_map(|check| match check.verdict() {
        Verdict::Failed(ValidateError::Token(error)) => Some(error.code()),
        _ => None,
    });
    assert_eq!((failed.unwrap_or(ACCEPTED), explanation.is_valid()), (verdict, verdict == ACCEPTED), "{explanation}");
    verdict
}

#[tokio::test]
async fn issuer_in_another_spelling_has_its_own_key() {
    let servers = Servers::start();
    let names = [
        "https://login.example.com/t",
        "https://login.example.com/t/",
        "https://LOGIN.example.com/t",
        "https://login.example.com:443/t",
        "https://login.example.com/%74",
        "https://b\u{fc}cher.example/t",
        "https://xn--bcher-kva.example/t",
    ];
    let validator = servers.validator(names.iter().enumerate().map(|(index, name)| servers.issuer(index % 2, name)));
    // The second time, the good tokens are in the cache.
    for _ in 0..2 {
        for (index, name) in names.iter().enumerate() {
            let signed_by = |server| servers.token(server).issuer(*name).sign();
            assert_eq!(verdict(&validator, &signed_by(index % 2)).await, ACCEPTED, "{name}");
            assert_eq!(verdict(&validator, &signed_by(1 - index % 2)).await, "bad_signature", "{name}");
        }
    }
    for name in ["https://login.example.com/T", "https://login.example.com./t", "https://bu\u{308}cher.example/t"] {
        for server in [0, 1] {
            let token = servers.token(server).issuer(name).sign();
            assert_eq!(verdict(&validator, &token).await, "issuer_not_allowed", "{name}");
        }
    }
    let payload = json!({
        "iss": names[0], "aud": servers.0[0].audience(), "cid": servers.0[0].client_id(), "sub": "a", "exp": 4_000_000_000_u64,
    });
    let escaped = payload.to_string().replace('/', r"\/");
    for (server, expected) in [(0, ACCEPTED), (1, "bad_signature")] {
        let token = servers.token(server).raw_payload(escaped.as_str()).sign();
        assert_eq!(verdict(&validator, &token).await, expected, "unescaped, the name is the same");
    }
}

#[tokio::test]
async fn each_issuer_has_its_own_claim_names_and_typ() {
    let servers = Servers::start();
    let (okta, swapped) = (servers.0[0].issuer(), "https://login.example.com");
    // Claims that the other profile reads with another meaning.
    let profile = Profile::custom().client("sub").user_id("cid").scopes("groups").groups("scp");
    let issuer = servers.issuer(1, swapped).profile(profile.require_access_token_type().build());
    // The first server is trusted for a second name, because its own name has fetched keys.
    let validator = servers.validator([servers.issuer(0, "https://okta.example.com"), issuer]);
    let client = servers.0[0].client_id();
    let token = |server, issuer: &str, subject: &str| {
        let lists = servers.token(server).claim("scp", json!(["a b"])).claim("groups", "c d");
        lists.issuer(issuer).user(subject)
    };
    for _ in 0..2 {
        let caller = validator.validate(&token(0, "https://okta.example.com", "alice").sign()).await.expect("a caller");
        assert_eq!((caller.client_id(), caller.subject()), (client, "alice"));
        assert_eq!(caller.scopes().collect::<Vec<_>>(), ["a b"]);
        assert_eq!(caller.groups().collect::<Vec<_>>(), ["c d"]);

        let typed = |subject| token(1, swapped, subject).header("typ", "at+jwt").sign();
        let caller = validator.validate(&typed(client)).await.expect("a caller");
        assert_eq!((caller.client_id(), caller.subject(), caller.user_id()), (client, client, Some(client)));
        assert_eq!(caller.scopes().collect::<Vec<_>>(), ["c", "d"]);
        assert_eq!(caller.groups().collect::<Vec<_>>(), ["a b"]);

        assert_eq!(verdict(&validator, &typed("alice")).await, "client_not_allowed");
        assert_eq!(verdict(&validator, &token(1, swapped, client).sign()).await, "type_not_allowed");
        assert_eq!(verdict(&validator, &token(1, okta, client).sign()).await, "unknown_key");
    }
}

#[tokio::test]
async fn unknown_keys_of_one_issuer_do_not_delay_another() {
    let (flooded, other) = (MockOkta::start(), MockOkta::start());
    let issuer = Issuer::new(other.issuer()).audience(other.audience()).client_id(other.client_id());
    let validator = flooded.validator_builder().add_issuer(issuer).build().expect("a validator");
    validator.warm_up().await.expect("keys");
    let before = other.token().sign();
    assert_eq!(verdict(&validator, &before).await, ACCEPTED);
    for number in 0..100 {
        let token = flooded.token().kid(format!("unknown-{number}")).sign();
        assert_eq!(verdict(&validator, &token).await, "unknown_key");
    }
    assert_eq!((flooded.key_fetches(), other.key_fetches()), (2, 1));
    other.rotate_without_overlap();
    assert_eq!(verdict(&validator, &other.token().sign()).await, ACCEPTED, "a fetch brings the new key");
    assert_eq!(verdict(&validator, &before).await, "unknown_key", "the old key was withdrawn, also from the cache");
    assert_eq!(verdict(&validator, &flooded.token().sign()).await, ACCEPTED);
    assert_eq!((flooded.key_fetches(), other.key_fetches()), (2, 3));
}
