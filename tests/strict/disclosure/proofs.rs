//! DPoP: no output shows a token, a proof, its key, its `jti`, its URL, or the secret of nonces.

use std::time::Duration;

use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, Responder, get};
use okta_auth::config::Dpop;
use okta_auth::{Policy, login_required};
use okta_auth_testing::{MockOkta, ProofKey, Tamper};

use super::log::{Log, REJECTED};
use super::responses::read;
use super::secrets::Secrets;
use super::text;
use crate::fixture::{Fixture, MARK};

#[get("/orders")]
#[login_required]
async fn orders() -> impl Responder {
    "in"
}

#[actix_web::test]
async fn no_output_shows_a_proof() {
    let log = Log::record();
    let fixture = Fixture::new();
    let secrets = Secrets::new(&fixture);
    let okta = MockOkta::start();
    let secret = format!("{MARK}-secret-of-32-bytes-or-more-----");
    let dpop = || Dpop::require().nonce_secret(secret.clone());
    assert!(!format!("{:?} {:#?}", dpop(), dpop()).contains(MARK));
    let key = ProofKey::new();
    let token = okta.token().user(format!("{MARK}-subject")).bound_to(&key).sign();
    let good = || {
        let proof = okta.proof(&key).url("https://api.example.com/orders").access_token(&token);
        proof.jti(format!("{MARK}-jti"))
    };
    let validator = okta.validator_builder().resource("https://api.example.com").dpop(dpop()).build();
    let validator = validator.expect("a validator");
    validator.warm_up().await.expect("keys");
    let known = validator.clone();
    let app = App::new().app_data(validator).service(orders);
    let app = init_service(app).await;
    for (case, proof) in [
        ("no nonce", good().sign()),
        ("another nonce", good().nonce(format!("{MARK}-nonce")).sign()),
        ("another URL", good().url(format!("https://{MARK}.example.com/{MARK}")).sign()),
        ("another path", good().url(format!("https://api.example.com/{MARK}")).sign()),
        ("not a URL", good().claim("htu", format!("{MARK} {MARK}")).sign()),
        ("another token", good().claim("ath", format!("{MARK}-ath")).sign()),
        ("too old", good().issued_ago(Duration::from_secs(3600)).sign()),
        ("a private key", good().with_private_key().sign()),
        ("another key", good().header("jwk", ProofKey::new().jwk()).sign()),
        ("not a key", good().header("jwk", format!("{MARK}-key")).sign()),
        ("wrong types", good().claim("jti", serde_json::json!([format!("{MARK}-jti")])).sign()),
        ("not a date", good().claim("iat", format!("{MARK}-iat")).sign()),
        ("changed", good().tamper(Tamper::Payload).sign()),
        ("not a proof", format!("{MARK}.{MARK}.{MARK}")),
    ] {
        let (of_token, of_proof) = (secrets.of(&token), secrets.of(&proof));
        log.take();
        let request = TestRequest::get().uri("/orders").insert_header(("Authorization", format!("DPoP {token}")));
        let sent = request.insert_header(("DPoP", &*proof)).to_request();
        let response = call_service(&app, sent).await.map_into_boxed_body();
        let headers = format!("{:?}", response.headers());
        let (status, entries) = read(response, &of_proof, case, &log).await;
        let shown = format!("{headers} {}", text(&entries));
        of_token.assert_absent(&shown, case, "the response or the log");
        assert_eq!(status, 401, "{case}");
        let url = format!("https://api.example.com/orders?{MARK}=1");
        for explanation in [
            known.explain_dpop(&token, &proof, "GET", &url).await,
            known.explain_dpop_for(&token, &proof, "GET", &url, &Policy::authenticated()).await,
        ] {
            let shown = format!("{explanation} {explanation:?}");
            of_token.assert_absent(&shown, case, "the explanation");
            // The origin of `htu` is shown.
            of_proof.assert_absent(&shown.replace(&format!("https://{MARK}.example.com"), ""), case, "the explanation");
        }
        let [rejection] = &entries[..] else { panic!("{case}: {}", text(&entries)) };
        assert!(rejection.message.starts_with(REJECTED), "{case}: {}", rejection.message);
    }
}
