//! The two names of EdDSA with an Ed25519 key: `EdDSA` (RFC 8037) and `Ed25519` (RFC 9864).

use actix_web::web::ServiceConfig;
use actix_web::{Responder, get};
use okta_auth::{Algorithm, StatusMapping, keys::JwkSet, login_required};
use okta_auth_testing::{MockOkta, SigningAlgorithm, SigningKey};
use serde_json::json;

use crate::support::{Server, code};

#[get("/test")]
#[login_required]
async fn test() -> impl Responder {
    "in"
}

fn routes(app: &mut ServiceConfig) {
    app.service(test);
}

const MAPPINGS: [(StatusMapping, u16); 2] = [(StatusMapping::Flask, 403), (StatusMapping::Rfc6750, 401)];

/// The key set with this key, whose `alg` is replaced, or removed if it is empty.
fn key_set(key: &SigningKey, alg: &str) -> JwkSet {
    let mut jwk = key.jwk();
    jwk["alg"] = if alg.is_empty() { json!(null) } else { json!(alg) };
    JwkSet::from_json(json!({ "keys": [jwk] }).to_string()).expect("a key set")
}

#[actix_web::test]
async fn token_and_key_may_use_either_name_of_eddsa() {
    for published in [SigningAlgorithm::EdDSA, SigningAlgorithm::Ed25519] {
        let okta = MockOkta::builder().algorithm(published).start();
        for (mapping, rejected) in MAPPINGS {
            let builder = || okta.validator_builder().status_mapping(mapping);
            let mut validators = vec![("fetched", builder())];
            validators.extend(
                ["", "EdDSA", "Ed25519"].map(|alg| (alg, builder().jwk_set(key_set(&okta.signing_key(), alg)))),
            );
            for (alg, validator) in validators {
                let server = Server::start(validator.build().expect("a validator"), routes);
                for named in [SigningAlgorithm::EdDSA, SigningAlgorithm::Ed25519] {
                    let token = okta.token().algorithm(named);
                    assert_eq!(server.status("/test", &token.clone().sign()).await, 200, "{named:?}, key {alg:?}");
                    let forged = token.signed_by(&SigningKey::unknown(named)).kid(okta.signing_key().kid()).sign();
                    let response = server.get("/test", &forged).await;
                    assert_eq!(response.status(), rejected, "{named:?} forged, key {alg:?}");
                    assert_eq!(code(response).await, "invalid_token");
                }
            }
        }
    }
}

#[actix_web::test]
async fn ed25519_is_rejected_unless_eddsa_is_allowed() {
    let okta = MockOkta::builder().algorithm(SigningAlgorithm::Ed25519).start();
    let rsa = MockOkta::start();
    for (mapping, rejected) in MAPPINGS {
        let only_rs256 = rsa.validator_builder().status_mapping(mapping).build().expect("a validator");
        let server = Server::start(only_rs256, routes);
        assert_eq!(server.status("/test", &rsa.token().sign()).await, 200);
        assert_eq!(server.status("/test", &rsa.token().algorithm(SigningAlgorithm::Ed25519).sign()).await, rejected);

        let all = okta.validator_builder().algorithms(Algorithm::ALL).status_mapping(mapping).build();
        let server = Server::start(all.expect("a validator"), routes);
        for (alg, status) in [
            ("Ed25519", 200),
            ("ed25519", rejected),
            ("Ed448", rejected),
            ("ESP256", rejected),
            ("RS256", rejected),
            ("HS512", rejected),
            ("none", rejected),
        ] {
            assert_eq!(server.status("/test", &okta.token().header("alg", alg).sign()).await, status, "{alg}");
        }
        let secret = okta.signing_key().jwk()["x"].as_str().expect("the public key").to_owned();
        let mac = okta.token().algorithm(SigningAlgorithm::HS512).hmac_secret(secret).header("alg", "Ed25519").sign();
        assert_eq!(server.status("/test", &mac).await, rejected);
    }
}
