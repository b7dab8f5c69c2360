//! The parts of an authorization server that clients of the Model Context Protocol need, as far as Okta has them.

mod support;

use okta_auth_testing::{Client, MockOkta};
use serde_json::{Value, json};
use support::{authorize, claims, exchange, http, read, redirect_parameters};

const RESOURCE: &str = "https://api.example.com/mcp";

fn okta() -> MockOkta {
    MockOkta::builder().client(Client::public("0oaspa")).scope("orders:read").start()
}

/// Status and body of the metadata at a path.
async fn metadata(okta: &MockOkta, path: &str) -> (u16, Value) {
    read(http().get(format!("{}{path}", okta.origin())).send().await.unwrap()).await
}

/// An MCP client tries these paths in this order and takes the first that exists. Okta does not have the second one.
#[tokio::test]
async fn an_mcp_client_finds_the_metadata() {
    let okta = okta();
    for (path, status) in [
        ("/.well-known/oauth-authorization-server/oauth2/default", 200),
        ("/.well-known/openid-configuration/oauth2/default", 404),
        ("/oauth2/default/.well-known/openid-configuration", 200),
    ] {
        let (actual, metadata) = metadata(&okta, path).await;
        assert_eq!(actual, status, "{path}");
        if status == 200 {
            assert_eq!(metadata["issuer"], okta.issuer(), "{path}");
            assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]), "{path}");
            assert_eq!(metadata["response_types_supported"], json!(["code"]), "{path}");
            assert!(metadata["token_endpoint_auth_methods_supported"].as_array().unwrap().contains(&json!("none")));
        }
    }
}

/// Okta registers clients only through its management API, so an MCP client has to have a client ID. The authorization
/// response has no `iss` (RFC 9207).
#[tokio::test]
async fn metadata_promises_only_what_the_mock_does() {
    let okta = okta();
    let (_, metadata) = metadata(&okta, "/.well-known/oauth-authorization-server/oauth2/default").await;
    for absent in ["registration_endpoint", "authorization_response_iss_parameter_supported"] {
        assert_eq!(metadata.get(absent), None, "{absent}");
    }
    assert!(!redirect_parameters(&authorize(&okta, &[]).await).contains_key("iss"));
}

/// As with Okta, the audience is that of the authorization server.
#[tokio::test]
async fn the_resource_parameter_is_accepted() {
    for audience in ["api://default", RESOURCE] {
        let okta = MockOkta::builder().audience(audience).client(Client::public("0oaspa")).start();
        let code = redirect_parameters(&authorize(&okta, &[("resource", RESOURCE)]).await)["code"].clone();
        let (status, tokens) = read(exchange(&okta, &code, &[("resource", RESOURCE)]).await).await;
        assert_eq!(status, 200, "{tokens}");
        assert_eq!(claims(tokens["access_token"].as_str().unwrap())["aud"], audience);
        let refresh_token = tokens["refresh_token"].as_str().unwrap();
        let form = [("grant_type", "refresh_token"), ("client_id", "0oaspa"), ("refresh_token", refresh_token)];
        let form = [&form[..], &[("resource", RESOURCE)]].concat();
        let (_, tokens) = read(support::post(&okta, "token", &form).await).await;
        assert_eq!(claims(tokens["access_token"].as_str().unwrap())["aud"], audience);
    }
}

#[tokio::test]
async fn a_native_client_may_use_every_port_on_loopback() {
    let okta = okta();
    for port in ["1024", "54321"] {
        for host in ["127.0.0.1", "[::1]", "localhost"] {
            let uri = format!("http://{host}:{port}/callback");
            let response = authorize(&okta, &[("redirect_uri", &uri)]).await;
            let location = response.headers()["location"].to_str().unwrap();
            assert!(location.starts_with(&format!("{uri}?code=")), "{location}");
        }
    }
}
