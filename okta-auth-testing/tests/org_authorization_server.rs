//! The org authorization server.

mod support;

use okta_auth_testing::{Endpoint, MockOkta};
use serde_json::{Value, json};
use support::{claims, header, http, json, part, read};

fn okta() -> MockOkta {
    MockOkta::builder().org_authorization_server().start()
}

#[tokio::test]
async fn org_metadata_names_the_endpoints_below_oauth2() {
    let okta = okta();
    let org = okta.org_authorization_server();
    assert_eq!((org.issuer(), org.audience(), org.id()), (okta.origin(), okta.origin(), ""));
    for path in ["openid-configuration", "oauth-authorization-server"] {
        let metadata = json(&format!("{}/.well-known/{path}", org.issuer())).await;
        assert_eq!(metadata["issuer"], okta.origin(), "{path}");
        for (member, endpoint) in [
            ("introspection_endpoint", "introspect"),
            ("token_endpoint", "token"),
            ("revocation_endpoint", "revoke"),
            ("jwks_uri", "keys"),
        ] {
            assert_eq!(metadata[member], format!("{}/oauth2/v1/{endpoint}", okta.origin()), "{path}");
        }
    }
    assert_eq!(org.jwks_uri(), format!("{}/oauth2/v1/keys", okta.origin()));
    assert_eq!(org.introspection_endpoint(), format!("{}/oauth2/v1/introspect", okta.origin()));
    assert_eq!(okta.discovery_fetches(), 2);
    assert!(okta.requests().iter().all(|request| request.server.is_none()));
}

#[tokio::test]
async fn no_published_key_verifies_an_org_access_token() {
    let okta = okta();
    let org = okta.org_authorization_server();
    let token = org.token().sign();
    let claims = claims(&token);
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!(okta.origin()), &json!(okta.origin())));
    let kid = &header(&token)["kid"];
    for server in [&org, okta.first()] {
        let keys = json(&server.jwks_uri()).await;
        assert!(keys["keys"].as_array().unwrap().iter().all(|key| key["kid"] != *kid), "{keys}");
    }
    // Not even under the ID of a published key.
    let renamed = okta.validator().validate(&org.token().issuer(okta.issuer()).audience(okta.audience()).sign()).await;
    assert!(renamed.is_err());
    let kid = org.signing_key().kid().to_owned();
    assert!(org.validator().validate(&org.token().kid(kid).sign()).await.is_err());
}

#[tokio::test]
async fn published_keys_verify_org_id_tokens() {
    let okta = okta();
    let org = okta.org_authorization_server();
    let token = org.id_token().audience(okta.origin()).claim("cid", okta.client_id()).sign();
    assert_eq!(part(&token, 0)["kid"], org.signing_key().kid());
    assert!(org.validator().validate(&token).await.is_ok());
}

async fn introspect(okta: &MockOkta, endpoint: &str, token: &str) -> Value {
    let form = [("token", token)];
    let request = http().post(endpoint).basic_auth(okta.client_id(), Some(okta.client_secret())).form(&form);
    let (status, body) = read(request.send().await.unwrap()).await;
    assert_eq!(status, 200);
    body
}

#[tokio::test]
async fn only_introspection_validates_an_org_access_token() {
    let okta = okta();
    let org = okta.org_authorization_server();
    let token = org.token().scope("openid").sign();
    let answer = introspect(&okta, &org.introspection_endpoint(), &token).await;
    assert_eq!((&answer["active"], &answer["aud"]), (&json!(true), &json!(okta.origin())));
    assert_eq!((&answer["sub"], &answer["scope"]), (&json!("alice@example.com"), &json!("openid")));
    assert!(org.validator().validate(&token).await.is_err());

    let elsewhere = introspect(&okta, &okta.introspection_endpoint(), &token).await;
    assert_eq!(elsewhere, json!({"active": false}));
    let foreign = introspect(&okta, &org.introspection_endpoint(), &okta.token().sign()).await;
    assert_eq!(foreign, json!({"active": false}));
    assert_eq!(okta.count(Endpoint::Introspect), 3);
}

#[tokio::test]
async fn the_org_token_endpoint_issues_org_tokens() {
    let okta = okta();
    let org = okta.org_authorization_server();
    let form = [("grant_type", "client_credentials"), ("scope", "orders:read")];
    let request = http().post(format!("{}/oauth2/v1/token", okta.origin())).form(&form);
    let response = request.basic_auth(okta.client_id(), Some(okta.client_secret())).send().await.unwrap();
    let (status, tokens) = read(response).await;
    assert_eq!(status, 200, "{tokens}");
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(introspect(&okta, &org.introspection_endpoint(), token).await["active"], true);
}

#[tokio::test]
async fn a_mock_without_an_org_server_answers_404() {
    let okta = MockOkta::start();
    for path in ["/.well-known/openid-configuration", "/oauth2/v1/keys"] {
        let (status, body) = read(http().get(format!("{}{path}", okta.origin())).send().await.unwrap()).await;
        assert_eq!((status, &body["errorCode"]), (404, &json!("E0000007")), "{path}");
    }
}
