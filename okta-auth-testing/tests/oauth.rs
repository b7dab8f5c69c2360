//! The flows of OAuth and OpenID Connect from a client's side.

mod support;

use std::time::{Duration, UNIX_EPOCH};

use okta_auth_testing::{Client, MockOkta, TestClock, User};
use reqwest::Response;
use serde_json::{Value, json};
use support::{
    CALLBACK, VERIFIER, authorize, claims, code, error, exchange, header, http, post, read, redirect_parameters,
};

fn okta() -> MockOkta {
    MockOkta::builder()
        .clock(TestClock::frozen_at(UNIX_EPOCH + Duration::from_secs(1_800_000_000)))
        .user(User::new("alice@example.com").id("00u1").name("Alice").password("right").group("admins"))
        .user(User::new("bob@example.com"))
        .client(Client::public("0oaspa").redirect_uri(CALLBACK))
        .client(Client::confidential("0oaweb", "s3cret").redirect_uri(CALLBACK))
        .scope("orders:read")
        .start()
}

#[tokio::test]
async fn a_code_with_pkce_gives_access_id_and_refresh_tokens() {
    let okta = okta();
    let parameters = redirect_parameters(&authorize(&okta, &[]).await);
    assert_eq!(parameters["state"], "s&t");
    let response = exchange(&okta, &parameters["code"], &[]).await;
    assert_eq!(response.headers()["cache-control"], "no-cache, no-store");
    let (status, tokens) = read(response).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(3600)));
    assert_eq!(tokens["scope"], "openid email offline_access orders:read");
    assert!(tokens["refresh_token"].is_string());

    let access = claims(tokens["access_token"].as_str().unwrap());
    assert_eq!((&access["sub"], &access["uid"]), (&json!("alice@example.com"), &json!("00u1")));
    assert_eq!((&access["cid"], &access["aud"]), (&json!("0oaspa"), &json!("api://default")));
    assert_eq!(access["scp"], json!(["openid", "email", "offline_access", "orders:read"]));
    assert_eq!(access["groups"], json!(["admins"]));

    let id = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!((&id["sub"], &id["aud"], &id["nonce"]), (&json!("00u1"), &json!("0oaspa"), &json!("n0nce")));
    assert_eq!((&id["iss"], &id["email"]), (&json!(okta.issuer()), &json!("alice@example.com")));
    assert!(id["at_hash"].is_string() && id.get("name").is_none());
}

#[tokio::test]
async fn a_code_works_once_and_within_its_lifetime() {
    let okta = okta();
    let once = code(&okta, &[]).await;
    assert_eq!(exchange(&okta, &once, &[]).await.status(), 200);
    assert_eq!(error(exchange(&okta, &once, &[]).await).await, (400, "invalid_grant".to_owned()));

    let late = code(&okta, &[]).await;
    okta.clock().advance(Duration::from_secs(60));
    assert_eq!(error(exchange(&okta, &late, &[]).await).await, (400, "invalid_grant".to_owned()));
}

#[tokio::test]
async fn a_code_is_bound_to_its_verifier_redirect_uri_and_client() {
    let okta = okta();
    for change in [
        ("code_verifier", "another-verifier-another-verifier-another-verifier"),
        ("code_verifier", ""),
        ("redirect_uri", "http://localhost:3000/other"),
        ("client_id", okta.client_id()),
    ] {
        let code = code(&okta, &[]).await;
        assert_eq!(
            error(exchange(&okta, &code, &[change]).await).await,
            (400, "invalid_grant".to_owned()),
            "{change:?}"
        );
    }
}

#[tokio::test]
async fn a_confidential_client_needs_its_secret_but_not_pkce() {
    let okta = okta();
    let without_pkce = [("client_id", "0oaweb"), ("code_challenge", ""), ("code_challenge_method", "")];
    let change = [("client_id", "0oaweb"), ("code_verifier", "")];
    let code = code(&okta, &without_pkce).await;
    assert_eq!(error(exchange(&okta, &code, &change).await).await, (401, "invalid_client".to_owned()));
    let change = [change[0], change[1], ("client_secret", "s3cret")];
    assert_eq!(exchange(&okta, &code, &change).await.status(), 200);
}

#[tokio::test]
async fn a_verifier_without_a_challenge_is_rejected() {
    let okta = okta();
    let without_pkce = [("client_id", "0oaweb"), ("code_challenge", ""), ("code_challenge_method", "")];
    let code = code(&okta, &without_pkce).await;
    let change = [("client_id", "0oaweb"), ("client_secret", "s3cret")];
    assert_eq!(error(exchange(&okta, &code, &change).await).await, (400, "invalid_grant".to_owned()));
}

#[tokio::test]
async fn a_foreign_host_name_is_rejected() {
    let okta = okta();
    for path in ["/v1/keys", "/.well-known/openid-configuration", "/v1/authorize"] {
        let request = http().get(format!("{}{path}", okta.issuer())).header("Host", "evil.example:8181");
        assert_eq!(request.send().await.unwrap().status(), 403, "{path}");
    }
    assert_eq!(okta.requests().len(), 0);
}

#[tokio::test]
async fn an_invalid_authorization_request_redirects_with_an_error() {
    let okta = okta();
    for (change, code) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("response_mode", "form_post"), "invalid_request"),
        (("state", ""), "invalid_request"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("scope", ""), "invalid_scope"),
        (("scope", "orders:delete"), "invalid_scope"),
        (("login_hint", "mallory@example.com"), "access_denied"),
    ] {
        let parameters = redirect_parameters(&authorize(&okta, &[change]).await);
        assert_eq!(parameters["error"], code, "{change:?}");
        assert!(!parameters.contains_key("code"), "{change:?}");
    }
}

#[tokio::test]
async fn an_unknown_client_or_redirect_uri_is_never_redirected_to() {
    let okta = okta();
    for change in [
        ("client_id", "0oanobody"),
        ("client_id", ""),
        ("redirect_uri", "https://evil.example/callback"),
        ("redirect_uri", "http://localhost:3000/callback/more"),
        ("redirect_uri", ""),
    ] {
        let response = authorize(&okta, &[change]).await;
        assert!(!response.headers().contains_key("location"), "{change:?}");
        let (status, body) = read(response).await;
        assert_eq!(status, 400, "{change:?}");
        assert!(body["errorCode"].is_string(), "{change:?}");
    }
}

#[tokio::test]
async fn the_default_client_redirects_only_to_loopback() {
    let okta = okta();
    for (uri, status) in [
        ("http://127.0.0.1:9/cb", 302),
        ("http://[::1]:9/cb", 302),
        ("https://evil.example/cb", 400),
        ("javascript://localhost/%0aalert(1)", 400),
        ("vscode://localhost/cb", 400),
        ("http://localhost.evil.example/cb", 400),
    ] {
        let response = authorize(&okta, &[("client_id", okta.client_id()), ("redirect_uri", uri)]).await;
        assert_eq!(response.status(), status, "{uri}");
    }
}

#[tokio::test]
async fn login_hint_sets_the_user_and_response_mode_the_place() {
    let okta = okta();
    let code = code(&okta, &[("login_hint", "bob@example.com")]).await;
    let (_, tokens) = read(exchange(&okta, &code, &[]).await).await;
    assert_eq!(claims(tokens["access_token"].as_str().unwrap())["sub"], "bob@example.com");

    let response = authorize(&okta, &[("response_mode", "fragment")]).await;
    assert!(response.headers()["location"].to_str().unwrap().starts_with(&format!("{CALLBACK}#code=")));
}

#[tokio::test]
async fn a_refresh_token_gives_new_tokens_until_it_expires() {
    let okta = okta();
    let code = code(&okta, &[]).await;
    let (_, first) = read(exchange(&okta, &code, &[]).await).await;
    let refresh_token = first["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("client_id", "0oaspa"), ("refresh_token", refresh_token)];
    let (status, second) = read(post(&okta, "token", &form).await).await;
    assert_eq!(status, 200);
    assert_ne!(first["access_token"], second["access_token"]);
    assert_eq!(second["refresh_token"], refresh_token);
    assert!(claims(second["id_token"].as_str().unwrap()).get("nonce").is_none());

    let narrow = [&form[..], &[("scope", "orders:read")]].concat();
    assert_eq!(read(post(&okta, "token", &narrow).await).await.1["scope"], "orders:read");
    let wide = [&form[..], &[("scope", "profile")]].concat();
    assert_eq!(error(post(&okta, "token", &wide).await).await, (400, "invalid_scope".to_owned()));
    let foreign = [form[0], form[2], ("client_id", okta.client_id())];
    assert_eq!(error(post(&okta, "token", &foreign).await).await, (400, "invalid_grant".to_owned()));

    okta.clock().advance(Duration::from_secs(100 * 24 * 3600));
    assert_eq!(error(post(&okta, "token", &form).await).await, (400, "invalid_grant".to_owned()));
}

#[tokio::test]
async fn client_credentials_give_a_token_without_a_user() {
    let okta = okta();
    let url = format!("{}/v1/token", okta.issuer());
    let form = [("grant_type", "client_credentials"), ("scope", "orders:read")];
    let response = http().post(url).basic_auth("0oaweb", Some("s3cret")).form(&form).send().await.unwrap();
    let (status, tokens) = read(response).await;
    assert_eq!(status, 200);
    assert!(tokens.get("id_token").is_none() && tokens.get("refresh_token").is_none());
    let claims = claims(tokens["access_token"].as_str().unwrap());
    assert_eq!((&claims["cid"], &claims["sub"]), (&json!("0oaweb"), &json!("0oaweb")));
    assert!(claims.get("uid").is_none());
    assert_eq!(claims["scp"], json!(["orders:read"]));
}

#[tokio::test]
async fn client_credentials_require_the_default_clients_secret() {
    let okta = okta();
    let form = [("grant_type", "client_credentials"), ("scope", "orders:read"), ("client_id", okta.client_id())];
    assert_eq!(error(post(&okta, "token", &form).await).await, (400, "unauthorized_client".to_owned()));
    let form = [&form[..], &[("client_secret", okta.client_secret())]].concat();
    assert_eq!(post(&okta, "token", &form).await.status(), 200);
}

#[tokio::test]
async fn an_invalid_token_request_gets_oktas_errors() {
    let okta = okta();
    let credentials = [("client_id", "0oaweb"), ("client_secret", "s3cret")];
    for (form, status, code) in [
        (&[("scope", "orders:read")][..], 400, "invalid_request"),
        (&[("grant_type", "implicit")], 400, "unsupported_grant_type"),
        (&[("grant_type", "client_credentials")], 400, "invalid_scope"),
        (&[("grant_type", "client_credentials"), ("scope", "openid")], 400, "invalid_scope"),
        (&[("grant_type", "client_credentials"), ("scope", "orders:delete")], 400, "invalid_scope"),
        (&[("grant_type", "authorization_code"), ("code", "guessed")], 400, "invalid_grant"),
        (&[("grant_type", "authorization_code")], 400, "invalid_request"),
    ] {
        let form = [&credentials[..], form].concat();
        assert_eq!(error(post(&okta, "token", &form).await).await, (status, code.to_owned()), "{form:?}");
    }
    let wrong = [("client_id", "0oaweb"), ("client_secret", "guessed"), ("grant_type", "client_credentials")];
    assert_eq!(error(post(&okta, "token", &wrong).await).await, (401, "invalid_client".to_owned()));
    let (status, body) = read(post(&okta, "token", &[("client_id", "0oanobody")]).await).await;
    assert_eq!((status, &body["errorCode"]), (401, &json!("invalid_client")));
    let get = http().get(format!("{}/v1/token", okta.issuer())).send().await.unwrap();
    assert_eq!(read(get).await.0, 405);
}

#[tokio::test]
async fn the_password_grant_checks_the_password() {
    let okta = okta();
    let form = |password| {
        [
            ("grant_type", "password"),
            ("client_id", "0oaspa"),
            ("scope", "openid"),
            ("username", "alice@example.com"),
            password,
        ]
    };
    let (status, tokens) = read(post(&okta, "token", &form(("password", "right"))).await).await;
    assert_eq!(status, 200);
    assert_eq!(header(tokens["access_token"].as_str().unwrap())["kid"], okta.signing_key().kid());
    let wrong = post(&okta, "token", &form(("password", "wrong"))).await;
    assert_eq!(error(wrong).await, (400, "invalid_grant".to_owned()));
}

async fn introspect(okta: &MockOkta, token: &str) -> Value {
    let form = [("token", token), ("client_id", "0oaweb"), ("client_secret", "s3cret")];
    let (status, body) = read(post(okta, "introspect", &form).await).await;
    assert_eq!(status, 200);
    body
}

#[tokio::test]
async fn introspection_describes_an_active_token() {
    let okta = okta();
    let answer = introspect(&okta, &okta.token().scope("orders:read").scope("openid").sign()).await;
    assert_eq!(answer["active"], true);
    assert_eq!(answer["scope"], "orders:read openid");
    assert_eq!((&answer["username"], &answer["uid"]), (&json!("alice@example.com"), &json!("00u1")));
    assert_eq!((&answer["client_id"], &answer["token_type"]), (&json!(okta.client_id()), &json!("Bearer")));
    assert!(answer.get("scp").is_none() && answer.get("cid").is_none());
}

#[tokio::test]
async fn introspection_only_says_inactive_for_other_tokens() {
    let okta = okta();
    let stranger = MockOkta::start();
    for token in [
        okta.token().expired().sign(),
        okta.token().not_before_in(Duration::from_secs(9)).sign(),
        okta.token().tamper(okta_auth_testing::Tamper::Payload).sign(),
        okta.token().algorithm(okta_auth_testing::SigningAlgorithm::None).sign(),
        okta.token().issuer("https://evil.example").sign(),
        stranger.token().issuer(okta.issuer()).kid(okta.signing_key().kid()).sign(),
        "no token".to_owned(),
    ] {
        assert_eq!(introspect(&okta, &token).await, json!({"active": false}), "{token}");
    }
    let anonymous = post(&okta, "introspect", &[("token", "x")]).await;
    assert_eq!(anonymous.status(), 401);
}

#[tokio::test]
async fn a_token_is_active_after_its_key_was_rotated_out() {
    let okta = okta();
    let token = okta.token().sign();
    okta.rotate_without_overlap();
    assert_eq!(introspect(&okta, &token).await["active"], true);
}

#[tokio::test]
async fn a_revoked_token_is_no_longer_active() {
    let okta = okta();
    let code = code(&okta, &[]).await;
    let (_, tokens) = read(exchange(&okta, &code, &[]).await).await;
    for kind in ["access_token", "refresh_token"] {
        let token = tokens[kind].as_str().unwrap();
        assert_eq!(introspect(&okta, token).await["active"], true, "{kind}");
        let foreign = post(&okta, "revoke", &[("token", token), ("client_id", okta.client_id())]).await;
        assert_eq!(foreign.status(), 200);
        assert_eq!(introspect(&okta, token).await["active"], true, "{kind}");
        assert_eq!(post(&okta, "revoke", &[("token", token), ("client_id", "0oaspa")]).await.status(), 200);
        assert_eq!(introspect(&okta, token).await, json!({"active": false}), "{kind}");
    }
}

async fn userinfo(okta: &MockOkta, token: &str) -> Response {
    http().get(format!("{}/v1/userinfo", okta.issuer())).bearer_auth(token).send().await.unwrap()
}

#[tokio::test]
async fn userinfo_returns_what_the_scopes_allow() {
    let okta = okta();
    let (status, little) = read(userinfo(&okta, &okta.token().scope("openid").sign()).await).await;
    assert_eq!((status, little), (200, json!({"sub": "00u1"})));
    let token = okta.token().scopes(["openid", "profile", "email", "groups"]).sign();
    assert_eq!(
        read(userinfo(&okta, &token).await).await.1,
        json!({
            "sub": "00u1", "name": "Alice", "preferred_username": "alice@example.com", "email": "alice@example.com",
            "email_verified": true, "groups": ["admins"],
        })
    );
}

#[tokio::test]
async fn userinfo_challenges_unsuitable_tokens() {
    let okta = okta();
    for (token, status, code) in [
        (okta.token().scope("openid").expired().sign(), 401, "invalid_token"),
        (okta.service_token().scope("openid").sign(), 401, "invalid_token"),
        (okta.token().scope("orders:read").sign(), 403, "insufficient_scope"),
    ] {
        let response = userinfo(&okta, &token).await;
        assert_eq!(response.status(), status);
        let challenge = response.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.starts_with(&format!("Bearer error=\"{code}\"")), "{challenge}");
    }
}

#[tokio::test]
async fn logout_redirects_to_a_registered_uri() {
    let okta = okta();
    let hint = okta.id_token().audience("0oaspa").expired().sign();
    let logout = |uri: &'static str| {
        let url = format!("{}/v1/logout", okta.issuer());
        let query =
            [("id_token_hint", hint.clone()), ("post_logout_redirect_uri", uri.to_owned()), ("state", "1".to_owned())];
        async move { http().get(url).query(&query).send().await.unwrap() }
    };
    assert_eq!(logout(CALLBACK).await.headers()["location"], format!("{CALLBACK}?state=1"));
    assert_eq!(logout("https://evil.example/").await.status(), 400);
    assert_eq!(logout("").await.status(), 200);
    let nobody = http().get(format!("{}/v1/logout", okta.issuer())).send().await.unwrap();
    assert_eq!(nobody.status(), 400);
}

#[tokio::test]
async fn another_authorization_server_rejects_the_code() {
    let okta = MockOkta::builder().authorization_server("other").client(Client::public("0oaspa")).start();
    let code = code(&okta, &[]).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "0oaspa"),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("code", &code),
    ];
    let url = format!("{}/v1/token", okta.authorization_server("other").issuer());
    let response = http().post(url).form(&form).send().await.unwrap();
    assert_eq!(error(response).await, (400, "invalid_grant".to_owned()));
}
