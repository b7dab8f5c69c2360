//! Which tokens cause calls, and how many.

use futures_util::future::join_all;
use okta_auth::Issuer;
use okta_auth::config::Introspection;

use super::*;

#[actix_web::test]
async fn thousand_requests_with_one_token_are_one_call_per_10_s() {
    for mode in [IntrospectionMode::Opaque, IntrospectionMode::Always] {
        let scenario = Scenario::start(mode);
        let token = scenario.okta.token().expires_in(seconds(3600)).opaque();
        for round in 1..=3 {
            let statuses = join_all((0..1_000).map(|_| scenario.status(&token))).await;
            assert!(statuses.into_iter().all(|status| status == 200));
            assert_eq!(scenario.calls(), round, "{mode:?}");
            scenario.pass(seconds(10));
        }
    }
}

#[actix_web::test]
async fn thousand_texts_that_cannot_be_tokens_cause_no_call() {
    for mode in [IntrospectionMode::Opaque, IntrospectionMode::Always] {
        let scenario = Scenario::start(mode);
        for number in 0..1_000_u32 {
            let text = match number % 4 {
                0 => format!("to,ken-{number}"),
                1 => format!("tok en-{number}"),
                2 => format!("\"token-{number}\""),
                _ => format!("{number}{}", "a".repeat(16 * 1024)),
            };
            assert_eq!(scenario.status(&text).await, 403, "{number}");
        }
        assert_eq!(scenario.calls(), 0, "{mode:?}");
    }
}

#[actix_web::test]
async fn only_tokens_that_are_not_jwts_are_introspected_as_opaque() {
    let scenario = Scenario::start(IntrospectionMode::Opaque);
    let jwt = scenario.okta.token().sign();
    assert_eq!((scenario.status(&jwt).await, scenario.calls()), (200, 0));
    let garbage = scenario.okta.token().sign().replace("eyJ", "eyK");
    let jwe = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..a.b.c";
    let without_alg = "e30.e30.AAAA";
    for (calls, token) in (1..).zip([&*garbage, jwe, without_alg, "opaque", "a.b.c"]) {
        assert_eq!(scenario.verdict("/test", token).await, (403, "inactive".into()), "{token}");
        assert_eq!(scenario.calls(), calls, "{token}");
    }
    let forged = scenario.okta.token().signed_by(&MockOkta::start().signing_key()).sign();
    assert_eq!((scenario.status(&forged).await, scenario.calls()), (403, 5), "a JWT is validated locally");
}

#[actix_web::test]
async fn only_the_answer_decides_about_every_token() {
    let scenario = Scenario::start(IntrospectionMode::Always);
    // The claims and the signature of a JWT do not matter.
    let expired = scenario.okta.token().expired().sign();
    scenario.okta.change_answer(&expired, {
        let (audience, client) = (scenario.okta.audience().to_owned(), scenario.okta.client_id().to_owned());
        move |answer| {
            *answer = json!({ "active": true, "aud": audience, "client_id": client, "sub": "bob", "scope": "x" })
        }
    });
    let response = scenario.api.get("/test", &expired).await;
    assert_eq!(response.status(), 200);
    let caller: serde_json::Value = response.json().await.expect("JSON");
    assert_eq!((&caller["user"], &caller["scopes"]), (&json!("bob"), &json!(["x"])));
    let valid = scenario.okta.token().sign();
    scenario.okta.revoke(&valid);
    assert_eq!(scenario.verdict("/test", &valid).await, (403, "inactive".into()));
    assert_eq!((scenario.calls(), scenario.okta.key_fetches()), (2, 0));
}

#[actix_web::test]
async fn tokens_of_the_org_server_are_introspected() {
    let scenario = Scenario::of(frozen().org_authorization_server(), |okta| {
        let org = okta.org_authorization_server();
        let introspection = okta.introspection().mode(IntrospectionMode::Always);
        org.validator_builder().introspection(introspection)
    });
    let token = scenario.okta.org_authorization_server().token().scope("openid").sign();
    assert_eq!(token.split('.').count(), 3);
    assert_eq!((scenario.status(&token).await, scenario.calls()), (200, 1));
    let custom = scenario.okta.token().sign();
    assert_eq!(scenario.verdict("/test", &custom).await, (403, "inactive".into()));
}

#[actix_web::test]
async fn token_goes_only_to_the_server_that_may_have_issued_it() {
    let okta = frozen().authorization_server("other").authorization_server("third").start();
    let other = okta.authorization_server("other");
    let third = okta.authorization_server("third");
    let issuer = |name: &str, mode: Option<IntrospectionMode>| {
        let issuer = Issuer::new(name).audience(okta.audience()).any_client();
        mode.map(|mode| issuer.clone().introspection(okta.introspection().mode(mode))).unwrap_or(issuer)
    };
    use IntrospectionMode::{Always, Opaque};
    // Modes of the first, the second and the third issuer: which of them is asked about an opaque token?
    for (modes, asked) in [
        ([None, Some(Opaque), None], Some("other")),
        ([None, Some(Opaque), Some(Always)], Some("other")),
        ([None, None, Some(Always)], Some("third")),
        ([None, Some(Always), Some(Always)], None),
        ([None, None, None], None),
    ] {
        let validator = okta
            .validator_builder()
            .add_issuer(issuer(other.issuer(), modes[1]))
            .add_issuer(issuer(third.issuer(), modes[2]))
            .build()
            .expect("a validator");
        let api = Server::start(validator, routes);
        for server in [&other, &third] {
            let token = server.token().opaque();
            let is_asked = asked == Some(server.id());
            assert_eq!(api.status("/test", &token).await, if is_asked { 200 } else { 403 }, "{modes:?}");
            let receivers: Vec<Option<String>> = okta
                .requests()
                .into_iter()
                .filter(|request| request.form("token").as_deref() == Some(&token))
                .map(|request| request.server)
                .collect();
            let expected: Vec<_> = asked.into_iter().map(|id| Some(id.to_owned())).collect();
            assert_eq!(receivers, expected, "{modes:?}: no other server gets the token");
        }
        // A JWT goes to the issuer that it names, or to none.
        for (server, mode) in [(&other, modes[1]), (&third, modes[2])] {
            let before = okta.count(Endpoint::Introspect);
            assert_eq!(api.status("/test", &server.token().sign()).await, 200, "{modes:?}");
            let calls = okta.count(Endpoint::Introspect) - before;
            assert_eq!(calls, usize::from(mode == Some(Always)), "{modes:?} {}", server.id());
        }
        let before = okta.count(Endpoint::Introspect);
        assert_eq!(api.status("/test", &okta.token().issuer("https://evil.example.com").sign()).await, 403);
        assert_eq!(okta.count(Endpoint::Introspect), before);
    }
}

#[actix_web::test]
async fn every_way_to_authenticate_the_client_works() {
    use okta_auth_testing::{Client, ProofKey};

    let key = ProofKey::new();
    let okta = frozen()
        .client(Client::confidential("id with:colon", "sécret & +% :"))
        .client(Client::private_key_jwt("signer", key.jwk()))
        .start();
    let secret = || Introspection::client("id with:colon", "sécret & +% :");
    for (introspection, expected) in [
        (secret(), 200),
        (secret().client_secret_post(), 200),
        (secret().endpoint(okta.introspection_endpoint()), 200),
        (Introspection::private_key_pem("signer", key.private_pem()), 200),
        (Introspection::private_key_jwk("signer", key.private_jwk().to_string()), 200),
        (
            Introspection::private_key_jwk("signer", key.private_jwk().to_string()).assertion_audience(okta.issuer()),
            200,
        ),
        (Introspection::private_key_jwk("signer", key.private_jwk().to_string()).assertion_audience("https://x"), 503),
        (Introspection::private_key_jwk("signer", ProofKey::new().private_jwk().to_string()), 503),
        (Introspection::client("id with:colon", "wrong"), 503),
        (Introspection::client("id with:colon", "wrong").client_secret_post(), 503),
        (Introspection::client("unknown", "sécret & +% :"), 503),
    ] {
        let shown = format!("{introspection:?}");
        assert!(!shown.contains("cret &") && !shown.contains("wrong"), "{shown}");
        let validator = okta.validator_builder().introspection(introspection).build().expect("a validator");
        let api = Server::start(validator, routes);
        assert_eq!(api.status("/test", &okta.token().opaque()).await, expected, "{shown}");
    }
}

#[actix_web::test]
async fn endpoint_is_discovered_once_unless_it_is_given() {
    let scenario = Scenario::start(IntrospectionMode::Opaque);
    for _ in 0..3 {
        assert_eq!(scenario.status(&scenario.okta.token().opaque()).await, 200);
    }
    assert_eq!((scenario.calls(), scenario.okta.discovery_fetches()), (3, 1));

    // Calls at the same time share the metadata, when it is read first and when it is too old.
    let scenario = Scenario::start(IntrospectionMode::Opaque);
    for fetches in 1..=2 {
        let tokens: Vec<_> = (0..100).map(|_| scenario.okta.token().opaque()).collect();
        let statuses = join_all(tokens.iter().map(|token| scenario.status(token))).await;
        assert!(statuses.into_iter().all(|status| status == 200));
        assert_eq!(scenario.okta.discovery_fetches(), fetches);
        scenario.pass(seconds(3600));
    }
    let given = Scenario::of(frozen(), |okta| {
        let introspection = okta.introspection().endpoint(okta.introspection_endpoint());
        okta.validator_builder().introspection(introspection)
    });
    assert_eq!(given.status(&given.okta.token().opaque()).await, 200);
    assert_eq!((given.calls(), given.okta.discovery_fetches()), (1, 0));
}

#[actix_web::test]
async fn longer_max_age_means_fewer_calls() {
    let scenario = Scenario::of(frozen(), |okta| {
        okta.validator_builder().introspection(okta.introspection().max_age(seconds(60)))
    });
    let token = scenario.okta.token().opaque();
    for _ in 0..60 {
        assert_eq!(scenario.status(&token).await, 200);
        scenario.pass(seconds(1));
    }
    assert_eq!(scenario.calls(), 1);
    scenario.okta.revoke(&token);
    assert_eq!((scenario.status(&token).await, scenario.calls()), (403, 2));
}
