//! Step-up authentication from a client's side (RFC 9470), as Okta does it.

mod support;

use std::time::{Duration, UNIX_EPOCH};

use okta_auth_testing::{Client, MockOkta, MockOktaBuilder, TestClock, User};
use serde_json::{Value, json};
use support::{CALLBACK, authorize, claims, code, exchange, http, json as get, post, read, redirect_parameters};

const NOW: u64 = 1_800_000_000;
const MINUTE: Duration = Duration::from_secs(60);
const ANY_TWO_FACTORS: &str = "urn:okta:loa:2fa:any";

fn builder() -> MockOktaBuilder {
    MockOkta::builder()
        .clock(TestClock::frozen_at(UNIX_EPOCH + Duration::from_secs(NOW)))
        .user(User::new("alice@example.com").id("00u1"))
        .user(User::new("bob@example.com").without_second_factor())
        .client(Client::public("0oaspa").redirect_uri(CALLBACK))
}

/// The token response for an authorization request with changes.
async fn sign_in(okta: &MockOkta, changes: &[(&str, &str)]) -> Value {
    let code = code(okta, changes).await;
    let (status, tokens) = read(exchange(okta, &code, &[]).await).await;
    assert_eq!(status, 200, "{tokens}");
    tokens
}

fn token_claims(tokens: &Value, kind: &str) -> Value {
    claims(tokens[kind].as_str().unwrap())
}

/// `acr` and `auth_time` of the access token for an authorization request with changes.
async fn authentication(okta: &MockOkta, changes: &[(&str, &str)]) -> (Value, u64) {
    let access = token_claims(&sign_in(okta, changes).await, "access_token");
    (access["acr"].clone(), access["auth_time"].as_u64().unwrap())
}

/// The error of an authorization request with changes.
async fn error(okta: &MockOkta, changes: &[(&str, &str)]) -> String {
    let parameters = redirect_parameters(&authorize(okta, changes).await);
    assert!(!parameters.contains_key("code") && !parameters["error_description"].is_empty(), "{parameters:?}");
    parameters["error"].clone()
}

#[tokio::test]
async fn tokens_have_the_acr_that_the_client_asked_for() {
    let okta = builder().start();
    for (acr_values, acr, amr) in [
        ("", Value::Null, json!(["pwd"])),
        ("urn:okta:loa:3fa:any", Value::Null, json!(["pwd"])),
        ("urn:okta:loa:1fa:any", json!("urn:okta:loa:1fa:any"), json!(["pwd"])),
        (ANY_TWO_FACTORS, json!(ANY_TWO_FACTORS), json!(["mfa", "otp", "pwd"])),
        ("unknown phr urn:okta:loa:2fa:any", json!("phr"), json!(["hwk", "mfa", "pwd"])),
    ] {
        let tokens = sign_in(&okta, &[("acr_values", acr_values)]).await;
        let (access, id) = (token_claims(&tokens, "access_token"), token_claims(&tokens, "id_token"));
        assert_eq!((&access["acr"], &id["acr"], &id["amr"]), (&acr, &acr, &amr), "{acr_values}");
        assert_eq!((&access["auth_time"], &id["auth_time"]), (&json!(NOW), &json!(NOW)), "{acr_values}");
        assert_eq!((access.get("amr"), access.get("act")), (None, None), "{acr_values}");
    }
}

#[tokio::test]
async fn a_client_that_repeats_the_challenge_is_stepped_up() {
    let okta = builder().sessions().start();
    assert_eq!(authentication(&okta, &[]).await, (Value::Null, NOW));
    okta.clock().advance(10 * MINUTE);
    assert_eq!(authentication(&okta, &[]).await, (Value::Null, NOW));
    let challenge = [("acr_values", ANY_TWO_FACTORS), ("max_age", "300")];
    assert_eq!(authentication(&okta, &challenge).await, (json!(ANY_TWO_FACTORS), NOW + 600));
}

#[tokio::test]
async fn a_refreshed_token_keeps_its_authentication() {
    let okta = builder().start();
    let tokens = sign_in(&okta, &[("acr_values", ANY_TWO_FACTORS)]).await;
    okta.clock().advance(10 * MINUTE);
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("client_id", "0oaspa"), ("refresh_token", refresh_token)];
    let (_, refreshed) = read(post(&okta, "token", &form).await).await;
    for kind in ["access_token", "id_token"] {
        let claims = token_claims(&refreshed, kind);
        assert_eq!((&claims["acr"], &claims["auth_time"]), (&json!(ANY_TWO_FACTORS), &json!(NOW)), "{kind}");
        assert_eq!(claims["iat"], NOW + 600, "{kind}");
    }
}

#[tokio::test]
async fn a_session_keeps_its_auth_time_unless_the_client_objects() {
    for (change, is_new) in [
        (("prompt", "none"), false),
        (("prompt", "consent"), false),
        (("prompt", "login"), true),
        (("prompt", "login consent"), true),
        (("max_age", "60"), false),
        (("max_age", "59"), true),
        (("max_age", "0"), true),
        (("acr_values", "urn:okta:loa:1fa:pwd"), false),
        (("acr_values", "urn:okta:loa:2fa:any"), false),
        (("acr_values", "urn:okta:loa:2fa:any:ifpossible"), false),
        (("acr_values", "phr"), true),
        (("login_hint", "bob@example.com"), true),
    ] {
        let okta = builder().sessions().start();
        sign_in(&okta, &[("acr_values", ANY_TWO_FACTORS)]).await;
        okta.clock().advance(MINUTE);
        let auth_time = if is_new { NOW + 60 } else { NOW };
        assert_eq!(authentication(&okta, &[change]).await.1, auth_time, "{change:?}");
        assert_eq!(authentication(&okta, &[]).await.1, if change.0 == "login_hint" { NOW } else { auth_time });
    }
}

#[tokio::test]
async fn max_age_0_is_a_new_sign_in_within_the_same_second() {
    let okta = builder().sessions().start();
    sign_in(&okta, &[("acr_values", "phr")]).await;
    let id = token_claims(&sign_in(&okta, &[("max_age", "0")]).await, "id_token");
    assert_eq!(id["amr"], json!(["pwd"]));
}

#[tokio::test]
async fn authorization_without_a_prompt_needs_a_session() {
    let okta = builder().sessions().start();
    let silent = ("prompt", "none");
    assert_eq!(error(&okta, &[silent]).await, "login_required");
    sign_in(&okta, &[]).await;
    okta.clock().advance(MINUTE);
    assert_eq!(authentication(&okta, &[silent]).await.1, NOW);
    assert_eq!(error(&okta, &[silent, ("max_age", "59")]).await, "login_required");
    assert_eq!(error(&okta, &[silent, ("acr_values", ANY_TWO_FACTORS)]).await, "login_required");
    assert_eq!(authentication(&okta, &[silent]).await.1, NOW);
}

#[tokio::test]
async fn logout_ends_the_session() {
    let okta = builder().sessions().start();
    let tokens = sign_in(&okta, &[]).await;
    okta.clock().advance(MINUTE);
    let query = [("id_token_hint", tokens["id_token"].as_str().unwrap())];
    let response = http().get(format!("{}/v1/logout", okta.issuer())).query(&query).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(authentication(&okta, &[]).await.1, NOW + 60);
}

#[tokio::test]
async fn without_sessions_each_request_is_a_new_sign_in() {
    let okta = builder().start();
    sign_in(&okta, &[]).await;
    okta.clock().advance(MINUTE);
    assert_eq!(authentication(&okta, &[("prompt", "none")]).await.1, NOW + 60);
}

#[tokio::test]
async fn a_user_without_a_second_factor_is_not_stepped_up() {
    let okta = builder().start();
    let bob = ("login_hint", "bob@example.com");
    for acr_values in [ANY_TWO_FACTORS, "phr", "phrh", "phr urn:okta:loa:2fa:any unknown"] {
        assert_eq!(error(&okta, &[bob, ("acr_values", acr_values)]).await, "unmet_authentication_requirements");
    }
    for acr_values in ["urn:okta:loa:1fa:any", "urn:okta:loa:1fa:pwd", "urn:okta:loa:2fa:any:ifpossible"] {
        assert_eq!(authentication(&okta, &[bob, ("acr_values", acr_values)]).await.0, acr_values);
    }
    let either = format!("{ANY_TWO_FACTORS} urn:okta:loa:1fa:any");
    assert_eq!(authentication(&okta, &[bob, ("acr_values", &either)]).await.0, "urn:okta:loa:1fa:any");
}

#[tokio::test]
async fn an_invalid_max_age_is_rejected() {
    let okta = builder().start();
    for max_age in ["soon", "-1", "1.5", "99999999999999999999"] {
        assert_eq!(error(&okta, &[("max_age", max_age)]).await, "invalid_request", "{max_age}");
    }
}

#[tokio::test]
async fn a_client_can_not_choose_what_tokens_say_about_sign_in() {
    let okta = builder().start();
    let forged = [("acr", "phr"), ("amr", "hwk"), ("auth_age", "60"), ("actor", "agent")];
    assert_eq!(authentication(&okta, &forged).await, (Value::Null, NOW));
    let tokens = sign_in(&okta, &forged).await;
    assert_eq!(token_claims(&tokens, "id_token")["amr"], json!(["pwd"]));
    assert_eq!(token_claims(&tokens, "access_token").get("act"), None);
}

#[tokio::test]
async fn metadata_lists_the_acr_values() {
    let okta = builder().start();
    for path in ["openid-configuration", "oauth-authorization-server"] {
        let metadata = get(&format!("{}/.well-known/{path}", okta.issuer())).await;
        let supported = metadata["acr_values_supported"].as_array().unwrap();
        assert_eq!(supported.len(), 6, "{path}");
        for acr in supported {
            assert_eq!(authentication(&okta, &[("acr_values", acr.as_str().unwrap())]).await.0, *acr);
        }
    }
}
