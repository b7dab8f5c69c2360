//! The program `local-okta`: its pages over HTTP, and its configuration.

#[path = "support/local.rs"]
mod local;
mod support;

use std::collections::HashMap;
use std::process::Command;

use actix_web::{App, HttpResponse, HttpServer, Responder, route};
use local::{LocalOkta, run};
use okta_auth::config::Dpop;
use okta_auth::{Validator, login_required};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use support::http;

async fn get(okta: &LocalOkta, path: &str) -> String {
    let response = http().get(okta.url(path)).send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    assert!(response.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    response.text().await.unwrap()
}

async fn post(okta: &LocalOkta, path: &str, form: &[(&str, &str)]) -> Response {
    http().post(okta.url(path)).form(form).send().await.unwrap()
}

/// The text between `start` and `end`.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start:?} in {text}"));
    rest.split_once(end).unwrap().0
}

/// Signs a token on the token page. Returns the token and the page.
async fn sign(okta: &LocalOkta, form: &[(&str, &str)]) -> (String, String) {
    let page = post(okta, "/", form).await.text().await.unwrap();
    let token = between(&page, "Authorization: Bearer ", "&#39;</pre>").to_owned();
    (token, page)
}

/// A configuration file. Dropping it deletes the file.
struct ConfigFile(std::path::PathBuf);

impl ConfigFile {
    fn new(name: &str, text: &str) -> Self {
        let file = std::env::temp_dir().join(format!("okta-auth-{}-{name}.toml", std::process::id()));
        std::fs::write(&file, text).unwrap();
        Self(file)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for ConfigFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[actix_web::test]
async fn an_app_with_the_printed_environment_accepts_page_tokens() {
    let okta = &LocalOkta::start(&[]);
    let (token, page) =
        sign(okta, &[("user", "bob@example.com"), ("scope", "orders:read"), ("more_scopes", "a b")]).await;
    assert!(page.contains("This token is valid."), "{page}");

    let mut builder =
        Validator::builder().issuer(okta.variable("OKTA_ISSUER")).jwks_uri(okta.variable("OKTA_JWKS_URI"));
    builder = builder.audience(okta.variable("OKTA_AUDIENCE"));
    builder = okta.variable("OKTA_CLIENT_ID").split(',').fold(builder, |builder, id| builder.client_id(id));
    let user = builder.build().unwrap().validate(&token).await.unwrap();
    assert_eq!((user.user(), user.user_id()), ("bob@example.com", Some("00ubob1local2okta3us")));
    assert_eq!(user.scopes().collect::<Vec<_>>(), ["orders:read", "a", "b"]);
    assert_eq!(user.groups().collect::<Vec<_>>(), ["staff"]);
}

#[actix_web::test]
async fn a_service_token_has_no_user() {
    let okta = LocalOkta::start(&[]);
    let (token, page) = sign(&okta, &[("user", ""), ("client", "0oaservice1local2okt")]).await;
    assert!(page.contains("This token is valid."), "{page}");
    let claims = support::claims(&token);
    assert_eq!((&claims["sub"], claims.get("uid")), (&"0oaservice1local2okt".into(), None));
}

#[actix_web::test]
async fn each_defect_makes_a_token_that_is_rejected() {
    let okta = LocalOkta::start(&[]);
    let page = get(&okta, "/").await;
    let defects: Vec<&str> =
        page.split("name=\"defect\" value=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(defects.len(), 16);
    for defect in defects {
        let (_, page) = sign(&okta, &[("user", "alice@example.com"), ("defect", defect)]).await;
        assert!(page.contains("This token is refused."), "{defect}");
    }
    let (_, page) = sign(&okta, &[("user", "alice@example.com"), ("kind", "id")]).await;
    assert!(page.contains("This token is refused."), "{page}");
}

#[actix_web::test]
async fn form_input_is_never_markup() {
    let okta = LocalOkta::start(&[]);
    let script = "<script>alert(1)</script>\"'";
    for field in [
        "user",
        "client",
        "scope",
        "more_scopes",
        "lifetime",
        "api",
        "acr",
        "amr",
        "auth_age",
        "actor",
        "method",
        "nonce",
        "kind",
        "token",
    ] {
        let page = post(&okta, "/", &[(field, script)]).await.text().await.unwrap();
        assert!(!page.contains("<script"), "{field}: {page}");
    }
    let (_, page) =
        sign(&okta, &[("user", "alice@example.com"), ("api", "http://h/?\"><script>alert(1)</script>")]).await;
    assert!(!page.contains("<script"), "{page}");
    let query =
        "client_id=<script>&login_hint=\"><script>&scope=<script>&state=<script>&acr_values=<script>&<script>=1";
    let page = get(&okta, &format!("/sign-in/default?{}", query.replace('"', "%22").replace('<', "%3C"))).await;
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
    for form in [("do", script), ("kid", script)] {
        let page = post(&okta, "/console", &[("do", "withdraw"), form]).await.text().await.unwrap();
        assert!(!page.contains("<script"), "{form:?}");
    }
}

#[actix_web::test]
async fn an_invalid_form_is_answered_with_the_reason() {
    let okta = LocalOkta::start(&[]);
    for (form, reason) in [
        (("user", "eve@example.com"), "There is no user"),
        (("client", "0oaother"), "There is no client"),
        (("lifetime", "0"), "between 1 and 86400 seconds"),
        (("lifetime", "soon"), "no such number"),
        (("more_scopes", "quo\"te"), "is no scope"),
        (("auth_age", "soon"), "no such number"),
        (("actor", "{sub}"), "not valid JSON"),
        (("api", "nowhere"), "is no URL"),
        (("api", "file:///etc/passwd"), "is no URL"),
        (("method", "get"), "There is no method"),
        (("nonce", "DPoP-Nonce: x"), "is not a nonce"),
    ] {
        let page = post(&okta, "/", &[form]).await.text().await.unwrap();
        assert!(between(&page, "role=\"alert\">", "</p>").contains(reason), "{form:?}");
    }
    for token in ["", "a b", "a'b", "a\nb", "<script>"] {
        for action in ["proof", "revoke"] {
            let page = post(&okta, "/", &[("do", action), ("token", token)]).await.text().await.unwrap();
            assert!(between(&page, "role=\"alert\">", "</p>").contains("no token has") && !page.contains("<script"));
        }
    }
}

#[actix_web::test]
async fn users_sign_in_on_the_sign_in_page() {
    let okta = &LocalOkta::start(&[]);
    let pkce = "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
    let query = format!(
        "client_id=0oaspa1local2okta3cl&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcb&response_type=code&\
         scope=openid+orders%3Aread&state=a%26b&{pkce}"
    );
    let location = |response: Response| response.headers()["location"].to_str().unwrap().to_owned();
    let sent = http().get(okta.url(&format!("/oauth2/default/v1/authorize?{query}"))).send().await.unwrap();
    let sign_in = location(sent);
    let page = get(okta, &sign_in).await;
    let action = between(&page, "action=\"", "\"").to_owned();

    let mut form: Vec<(String, String)> = page
        .split("type=\"hidden\" name=\"")
        .skip(1)
        .map(|rest| (rest.split('"').next().unwrap().to_owned(), between(rest, "value=\"", "\"").replace("&amp;", "&")))
        .collect();
    form.push(("username".to_owned(), "bob@example.com".to_owned()));
    let with = |password: &str| {
        let mut form = form.clone();
        form.push(("password".to_owned(), password.to_owned()));
        http().post(okta.url(&action)).form(&form).send()
    };

    let again = location(with("wrong").await.unwrap());
    let refused = http().get(okta.url(&again)).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert!(!again.contains("wrong") && refused.text().await.unwrap().contains("Unable to sign in"));

    let target = url::Url::parse(&location(with("correct horse").await.unwrap())).unwrap();
    let answer: std::collections::HashMap<_, _> = target.query_pairs().into_owned().collect();
    assert_eq!(answer["state"], "a&b");
    let exchange = [
        ("grant_type", "authorization_code"),
        ("client_id", "0oaspa1local2okta3cl"),
        ("redirect_uri", "http://localhost:3000/cb"),
        ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        ("code", &answer["code"]),
    ];
    let tokens: serde_json::Value = post(okta, "/oauth2/default/v1/token", &exchange).await.json().await.unwrap();
    assert_eq!(support::claims(tokens["access_token"].as_str().unwrap())["sub"], "bob@example.com");

    form.push(("cancel".to_owned(), "yes".to_owned()));
    let cancelled = http().post(okta.url(&action)).form(&form).send().await.unwrap();
    assert!(location(cancelled).contains("error=access_denied"));
    let silent =
        http().get(okta.url(&format!("/oauth2/default/v1/authorize?{query}&prompt=none"))).send().await.unwrap();
    assert!(location(silent).contains("error=login_required"));
}

#[actix_web::test]
async fn the_token_page_offers_authentication_and_actor() {
    let okta = LocalOkta::start(&[]);
    let alice = ("user", "alice@example.com");
    let claims = |token: &str| {
        let claims = support::claims(token);
        let age = claims["iat"].as_u64().unwrap().checked_sub(claims["auth_time"].as_u64().unwrap());
        (claims["acr"].clone(), claims["amr"].clone(), age.unwrap(), claims["act"].clone())
    };
    let (token, page) = sign(&okta, &[alice, ("acr", ""), ("amr", ""), ("auth_age", ""), ("actor", "")]).await;
    assert_eq!(claims(&token), (Value::Null, Value::Null, 0, Value::Null));
    assert!(page.contains("<details id=\"authentication\"><summary>"), "{page}");

    let form = [alice, ("acr", "phr"), ("amr", "hwk mfa"), ("auth_age", "600"), ("actor", "agent")];
    let (token, page) = sign(&okta, &form).await;
    assert!(page.contains("This token is valid."), "{page}");
    assert_eq!(claims(&token), (json!("phr"), json!(["hwk", "mfa"]), 600, json!({"sub": "agent"})));
    for typed in ["value=\"phr\"", "value=\"hwk mfa\"", "value=\"600\"", "value=\"agent\""] {
        assert!(page.contains(typed), "{typed}");
    }
    let chain = "{\"sub\": \"tool\", \"act\": {\"sub\": \"agent\"}}";
    let (token, _) = sign(&okta, &[alice, ("actor", chain)]).await;
    assert_eq!(claims(&token).3, json!({"sub": "tool", "act": {"sub": "agent"}}));
}

/// Posts the form of the sign-in page for an authorization request that asks for two factors. Returns the parameters of
/// the authorization response.
async fn submit_sign_in(okta: &LocalOkta, username: &str, fields: &[(&str, &str)]) -> HashMap<String, String> {
    let form = [
        ("client_id", "0oaspa1local2okta3cl"),
        ("redirect_uri", "http://localhost:3000/cb"),
        ("response_type", "code"),
        ("scope", "openid"),
        ("state", "s"),
        ("acr_values", "urn:okta:loa:2fa:any"),
        ("max_age", "300"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
        ("username", username),
    ];
    let response = post(okta, "/oauth2/default/v1/authorize", &[&form, fields].concat()).await;
    let location = url::Url::parse(response.headers()["location"].to_str().unwrap()).unwrap();
    location.query_pairs().into_owned().collect()
}

#[actix_web::test]
async fn the_sign_in_page_offers_authentication_and_actor() {
    let okta = LocalOkta::start(&[]);
    let page = get(&okta, "/sign-in/default?scope=openid&acr_values=urn:okta:loa:2fa:any&max_age=300").await;
    assert!(page.contains("<code>acr_values=urn:okta:loa:2fa:any</code>"), "{page}");
    assert!(page.contains("<code>max_age=300</code>"), "{page}");
    for (fields, acr, amr, age, act) in [
        (&[][..], "urn:okta:loa:2fa:any", json!(["mfa", "otp", "pwd"]), 0, Value::Null),
        (
            &[("acr", "urn:okta:loa:1fa:any"), ("amr", "sms pwd"), ("auth_age", "600"), ("actor", "agent")],
            "urn:okta:loa:1fa:any",
            json!(["sms", "pwd"]),
            600,
            json!({"sub": "agent"}),
        ),
    ] {
        let answer = submit_sign_in(&okta, "alice@example.com", fields).await;
        let exchange = [
            ("grant_type", "authorization_code"),
            ("client_id", "0oaspa1local2okta3cl"),
            ("redirect_uri", "http://localhost:3000/cb"),
            ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            ("code", &answer["code"]),
        ];
        let tokens: Value = post(&okta, "/oauth2/default/v1/token", &exchange).await.json().await.unwrap();
        let [access, id] = ["access_token", "id_token"].map(|kind| support::claims(tokens[kind].as_str().unwrap()));
        assert_eq!((&access["acr"], &id["amr"], &access["act"]), (&json!(acr), &amr, &act));
        let actual = access["iat"].as_u64().unwrap() - access["auth_time"].as_u64().unwrap();
        // The code may be exchanged in the second after the sign-in.
        assert!((age..=age + 5).contains(&actual), "{actual}");
    }
    let answer = submit_sign_in(&okta, "alice@example.com", &[("auth_age", "soon")]).await;
    assert_eq!(answer["error"], "invalid_request");
}

#[actix_web::test]
async fn a_user_without_a_second_factor_is_not_stepped_up() {
    let text = "[[users]]\nlogin = \"alice@example.com\"\n[[users]]\nlogin = \"bob@example.com\"\n\
                second_factor = false\n[[clients]]\nid = \"0oaspa1local2okta3cl\"\n";
    let file = ConfigFile::new("factors", text);
    let okta = LocalOkta::start(&["--config", file.path()]);
    assert!(submit_sign_in(&okta, "alice@example.com", &[]).await.contains_key("code"));
    let answer = submit_sign_in(&okta, "bob@example.com", &[]).await;
    assert_eq!(answer["error"], "unmet_authentication_requirements");
}

/// Introspects a token with the credentials that the program printed.
async fn introspect(okta: &LocalOkta, token: &str) -> Value {
    let credentials = ["ID", "SECRET"].map(|name| okta.variable(&format!("OKTA_INTROSPECTION_CLIENT_{name}")));
    let request = http().post(format!("{}/v1/introspect", okta.variable("OKTA_ISSUER")));
    let request = request.basic_auth(credentials[0], Some(credentials[1])).form(&[("token", token)]);
    request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
}

/// The introspection response on the page.
fn shown_response(page: &str) -> Value {
    serde_json::from_str(&unescape(between(page, "aria-label=\"The introspection response\">", "</pre>"))).unwrap()
}

#[actix_web::test]
async fn the_token_page_issues_opaque_tokens() {
    let okta = LocalOkta::start(&[]);
    let form = [("user", "bob@example.com"), ("kind", "opaque"), ("scope", "orders:read"), ("acr", "phr")];
    let (token, page) = sign(&okta, &form).await;
    assert!(!token.contains('.') && page.contains("This token is active."), "{page}");
    assert!(page.contains("<option value=\"opaque\" selected>") && !page.contains("What a validator says"), "{page}");
    let response = introspect(&okta, &token).await;
    assert_eq!((&response["active"], &response["scope"]), (&json!(true), &json!("orders:read")));
    assert_eq!((&response["uid"], &response["groups"]), (&json!("00ubob1local2okta3us"), &json!(["staff"])));
    assert_eq!(response["acr"], "phr");
    assert_eq!(shown_response(&page), response);

    let (_, page) = sign(&okta, &[("user", "bob@example.com"), ("kind", "opaque"), ("defect", "expired")]).await;
    assert!(page.contains("This token is not active.") && !page.contains("Revoke this token"), "{page}");
    let page = post(&okta, "/", &[("kind", "opaque"), ("dpop", "yes")]).await.text().await.unwrap();
    assert!(page.contains("Authorization: DPoP ") && shown_response(&page)["cnf"]["jkt"].is_string(), "{page}");
}

#[actix_web::test]
async fn the_token_page_revokes_a_token() {
    let okta = LocalOkta::start(&[]);
    let alice = ("user", "alice@example.com");
    for kind in [("kind", "access"), ("kind", "opaque")] {
        let ((token, page), (other, _)) = (sign(&okta, &[alice, kind]).await, sign(&okta, &[alice, kind]).await);
        assert!(page.contains("Revoke this token") && shown_response(&page)["active"] == true, "{page}");
        assert_eq!(between(&page, "name=\"token\" value=\"", "\""), token);

        let form = [alice, kind, ("do", "revoke"), ("token", &token)];
        let (same, page) = sign(&okta, &form).await;
        assert!(same == token && !page.contains("Revoke this token"), "{page}");
        assert_eq!(shown_response(&page), json!({"active": false}));
        assert_eq!(introspect(&okta, &token).await, json!({"active": false}));
        assert_eq!(introspect(&okta, &other).await["active"], true);
        // Local validation can't detect the revocation.
        assert_eq!(page.contains("This token is valid."), kind.1 == "access", "{page}");
    }
}

#[actix_web::test]
async fn the_introspection_curl_line_works() {
    let secret = "s'3 &c=%r+t";
    let text = format!("[[clients]]\nid = \"0oaspa\"\n[[clients]]\nid = \"0oaapi\"\nsecret = \"{secret}\"\n");
    let file = ConfigFile::new("introspection", &text);
    let okta = LocalOkta::start(&["--config", file.path()]);
    let (token, page) = sign(&okta, &[("kind", "opaque")]).await;
    let (line, arguments) = curl_line_named(&page, "A curl line for introspection");
    let form: Vec<(&str, &str)> = arguments
        .iter()
        .filter_map(|argument| argument.split_once('='))
        .filter(|(name, _)| !name.contains(':'))
        .collect();
    assert_eq!(form, [("client_id", "0oaapi"), ("client_secret", secret), ("token", &token)], "{line}");
    let url = arguments.iter().find(|argument| argument.starts_with("http")).unwrap();
    let response: Value = http().post(url).form(&form).send().await.unwrap().json().await.unwrap();
    assert_eq!(response["active"], true);
    assert_eq!(okta.variable("OKTA_INTROSPECTION_CLIENT_SECRET"), "'s'\\''3 &c=%r+t'");
}

#[actix_web::test]
async fn introspection_settings_are_shown_if_a_client_has_a_secret() {
    let okta = LocalOkta::start(&[]);
    let lines = [
        "OKTA_INTROSPECTION=opaque",
        "OKTA_INTROSPECTION_CLIENT_ID=0oaservice1local2okt",
        "OKTA_INTROSPECTION_CLIENT_SECRET=local-okta-secret",
    ];
    let page = get(&okta, "/").await;
    assert_eq!(between(&page, "id=\"introspection-environment\" tabindex=\"0\">", "</pre>"), lines.join("\n"));
    for line in lines {
        assert!(okta.greeting.contains(&format!("export {line}")), "{line}");
    }
    let file = ConfigFile::new("no-secret", "[[clients]]\nid = \"0oaspa\"\n");
    let okta = LocalOkta::start(&["--config", file.path()]);
    assert!(!get(&okta, "/").await.contains("OKTA_INTROSPECTION"));
    assert!(okta.greeting.iter().all(|line| !line.contains("OKTA_INTROSPECTION")));
    let (_, page) = sign(&okta, &[("kind", "opaque")]).await;
    assert!(page.contains("This token is active.") && !page.contains("A curl line for introspection"), "{page}");
}

#[actix_web::test]
async fn a_username_in_the_query_does_not_sign_in() {
    let okta = LocalOkta::start(&[]);
    let query = "client_id=0oaspa1local2okta3cl&redirect_uri=http://localhost/cb&username=alice@example.com";
    let sent = http().get(okta.url(&format!("/oauth2/default/v1/authorize?{query}"))).send().await.unwrap();
    assert!(sent.headers()["location"].to_str().unwrap().starts_with("/sign-in/default?"));
}

#[actix_web::test]
async fn the_console_stays_up_during_an_outage() {
    let okta = LocalOkta::start(&[]);
    let keys = okta.variable("OKTA_JWKS_URI");
    let act = |form: Vec<(&'static str, &'static str)>| {
        let okta = &okta;
        async move {
            let done = post(okta, "/console", &form).await;
            assert_eq!(done.status(), StatusCode::SEE_OTHER, "{form:?}");
            get(okta, "/console").await
        }
    };

    assert!(act(vec![("do", "down")]).await.contains("Down: each connection is reset."));
    assert!(http().get(keys).send().await.is_err());
    assert!(act(vec![("do", "up")]).await.contains("Up: requests are answered."));
    assert_eq!(http().get(keys).send().await.unwrap().status(), 200);

    let fault = vec![("do", "fault"), ("kind", "status"), ("value", "503"), ("endpoint", "Keys"), ("times", "1")];
    assert!(act(fault).await.contains("Status(503) on Keys, 1 more"));
    assert_eq!(http().get(keys).send().await.unwrap().status(), 503);
    assert_eq!(http().get(keys).send().await.unwrap().status(), 200);
    assert!(act(vec![("do", "fault"), ("kind", "garbage")]).await.contains("Garbage on all endpoints, until lifted"));
    act(vec![("do", "clear")]).await;
    assert!(support::json(keys).await["keys"].is_array());

    act(vec![("do", "cache"), ("cache", "max-age=7")]).await;
    assert_eq!(http().get(keys).send().await.unwrap().headers()["cache-control"], "max-age=7");

    act(vec![("do", "rotate")]).await;
    assert_eq!(support::json(keys).await["keys"].as_array().unwrap().len(), 2);
    let page = act(vec![("do", "rotate-without-overlap")]).await;
    let kid = support::json(keys).await["keys"][0]["kid"].as_str().unwrap().to_owned();
    assert!(page.contains(&format!("<code>{kid}</code> <strong>signs</strong>")), "{page}");
    let withdrawn = post(&okta, "/console", &[("do", "withdraw"), ("kid", &kid)]).await;
    assert_eq!(withdrawn.status(), StatusCode::SEE_OTHER);
    assert_eq!(support::json(keys).await["keys"].as_array().unwrap().len(), 0);
}

#[actix_web::test]
async fn the_console_reports_an_invalid_fault() {
    let okta = LocalOkta::start(&[]);
    for (form, reason) in [
        ([("kind", "status"), ("value", "200")], "no error status"),
        ([("kind", "status"), ("value", "")], "needs an HTTP status"),
        ([("kind", "drip"), ("value", "x")], "no such number"),
        ([("kind", "redirect"), ("value", "x")], "needs a URL"),
        ([("kind", "oauth"), ("value", "401")], "not a status and an error"),
        ([("kind", "oauth"), ("value", "200 invalid_client")], "not a status and an error"),
        ([("kind", "earthquake"), ("value", "")], "no fault"),
    ] {
        let page = post(&okta, "/console", &[("do", "fault"), form[0], form[1]]).await.text().await.unwrap();
        assert!(between(&page, "role=\"alert\">", "</p>").contains(reason), "{form:?}");
    }
}

#[actix_web::test]
async fn the_pages_reject_other_hosts_and_origins() {
    let okta = LocalOkta::start(&[]);
    for path in ["/", "/console", "/sign-in/default", "/oauth2/default/v1/keys", "/oauth2/default/v1/token"] {
        let rebound = http().get(okta.url(path)).header("Host", "evil.example:8181").send().await.unwrap();
        assert_eq!(rebound.status(), StatusCode::FORBIDDEN, "{path}");
    }
    for (origin, status) in [("https://evil.example", 403), ("null", 403), (okta.origin(), 303)] {
        let request = http().post(okta.url("/console")).header("Origin", origin).form(&[("do", "up")]);
        assert_eq!(request.send().await.unwrap().status(), status, "{origin}");
    }
    for (site, status) in [("cross-site", 403), ("same-site", 403), ("same-origin", 303)] {
        let request = http().post(okta.url("/console")).header("Sec-Fetch-Site", site).form(&[("do", "up")]);
        assert_eq!(request.send().await.unwrap().status(), status, "{site}");
    }
}

#[actix_web::test]
async fn a_sign_in_link_sets_neither_the_user_nor_the_target() {
    let okta = LocalOkta::start(&[]);
    let page =
        get(&okta, "/sign-in/default?username=alice@example.com&password=x&cancel=yes&state=s&acr=phr&actor=x").await;
    assert_eq!(page.matches("name=\"username\"").count(), 1, "{page}");
    assert_eq!(page.matches("name=\"password\"").count(), 1, "{page}");
    for name in ["acr", "actor"] {
        assert_eq!(page.matches(&format!("name=\"{name}\" value=\"\"")).count(), 1, "{page}");
        assert_eq!(page.matches(&format!("name=\"{name}\"")).count(), 1, "{page}");
    }
    assert!(page.contains("name=\"state\" value=\"s\"") && !page.contains("type=\"hidden\" name=\"cancel\""));
    let elsewhere = okta.url("/sign-in/..%2f..%2fconsole%3f?do=fault&kind=empty");
    assert_eq!(http().get(elsewhere).send().await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_form_of_another_site_does_not_sign_in() {
    let okta = LocalOkta::start(&[]);
    let form = [
        ("client_id", "0oaspa1local2okta3cl"),
        ("redirect_uri", "http://localhost:3000/cb"),
        ("response_type", "code"),
        ("scope", "openid"),
        ("state", "s"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
        ("username", "alice@example.com"),
    ];
    for (origin, target) in
        [("https://evil.example", "/sign-in/default?"), (okta.origin(), "http://localhost:3000/cb?code=")]
    {
        let request = http().post(okta.url("/oauth2/default/v1/authorize")).header("Origin", origin).form(&form);
        let response = request.send().await.unwrap();
        let location = response.headers()["location"].to_str().unwrap();
        assert!(location.starts_with(target) && !location.contains("alice"), "{origin}: {location}");
    }
}

#[route("/it's", method = "GET", method = "HEAD", method = "DELETE")]
#[login_required]
async fn protected() -> impl Responder {
    HttpResponse::Ok()
}

/// Serves the protected handler on a free port. Returns the origin.
fn serve_api(okta: &LocalOkta, dpop: Dpop) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let builder = Validator::builder().issuer(okta.variable("OKTA_ISSUER")).jwks_uri(okta.variable("OKTA_JWKS_URI"));
    let builder = builder.audience(okta.variable("OKTA_AUDIENCE")).any_client().resource(&origin).dpop(dpop);
    let validator = builder.build().unwrap();
    let server = HttpServer::new(move || App::new().app_data(validator.clone()).service(protected));
    actix_web::rt::spawn(server.workers(1).listen(listener).unwrap().run());
    origin
}

fn unescape(html: &str) -> String {
    let html = html.replace("&#39;", "'").replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
    html.replace("&amp;", "&")
}

/// The curl line of the page, and its arguments after a shell has read it.
fn curl_line(page: &str) -> (String, Vec<String>) {
    curl_line_named(page, "A curl line")
}

fn curl_line_named(page: &str, name: &str) -> (String, Vec<String>) {
    let line = unescape(between(page, &format!("aria-label=\"{name}\">"), "</pre>"));
    let script = format!("curl() {{ printf '%s\\0' \"$@\"; }}\n{line}");
    let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
    assert!(output.status.success(), "{line}");
    let arguments = String::from_utf8(output.stdout).unwrap();
    (line, arguments.split_terminator('\0').map(str::to_owned).collect())
}

/// Sends the request of the curl line of the page.
async fn send_curl_line(page: &str) -> Response {
    let (line, arguments) = curl_line(page);
    let method = match between(&line, "curl -i", "'http").trim() {
        "" => Method::GET,
        "--head" => Method::HEAD,
        "--request DELETE" => Method::DELETE,
        options => panic!("{options}"),
    };
    let url = arguments.iter().find(|argument| argument.starts_with("http")).unwrap();
    let headers = arguments.iter().skip_while(|argument| *argument != "-H").filter(|argument| *argument != "-H");
    let request = headers.fold(http().request(method, url), |request, header| {
        let (name, value) = header.split_once(": ").unwrap();
        request.header(name, value)
    });
    request.send().await.unwrap()
}

#[actix_web::test]
async fn the_curl_line_of_a_bound_token_works_once() {
    let okta = LocalOkta::start(&[]);
    let api = format!("{}/it's?page='2'&x=$(x)", serve_api(&okta, Dpop::require()));
    let form = [("user", "alice@example.com"), ("dpop", "yes"), ("api", &*api)];
    for method in ["GET", "HEAD", "DELETE"] {
        let form = [&form[..], &[("method", method)]].concat();
        let page = post(&okta, "/", &form).await.text().await.unwrap();
        assert!(page.contains("This token is valid with a proof of its key."), "{page}");
        assert_eq!(send_curl_line(&page).await.status(), 200, "{method}");
        assert_eq!(send_curl_line(&page).await.status(), 401, "the proof is used up");

        let token = between(&page, "name=\"token\" value=\"", "\"");
        let again = [&form[..], &[("do", "proof"), ("token", token)]].concat();
        let next = post(&okta, "/", &again).await.text().await.unwrap();
        assert_eq!(between(&next, "name=\"token\" value=\"", "\""), token);
        assert_eq!(send_curl_line(&next).await.status(), 200, "a new proof for the same token");
    }
    let (_, page) = sign(&okta, &[("user", "alice@example.com"), ("api", &api)]).await;
    assert_eq!(send_curl_line(&page).await.status(), 403, "a token that is not bound");
}

#[actix_web::test]
async fn the_curl_line_has_the_nonce_of_the_api() {
    let okta = LocalOkta::start(&[]);
    let api = format!("{}/it's", serve_api(&okta, Dpop::require().require_nonces()));
    let form = [("user", "alice@example.com"), ("dpop", "yes"), ("api", &*api)];
    let page = post(&okta, "/", &form).await.text().await.unwrap();
    let response = send_curl_line(&page).await;
    assert_eq!(response.status(), 401);
    let nonce = response.headers()["dpop-nonce"].to_str().unwrap();
    let token = between(&page, "name=\"token\" value=\"", "\"");
    let again = [&form[..], &[("do", "proof"), ("token", token), ("nonce", nonce)]].concat();
    let page = post(&okta, "/", &again).await.text().await.unwrap();
    assert_eq!(send_curl_line(&page).await.status(), 200);
}

#[actix_web::test]
async fn a_proof_does_not_repair_a_token() {
    let okta = LocalOkta::start(&[]);
    for defect in ["expired", "cnf"] {
        let form = [("user", "alice@example.com"), ("dpop", "yes"), ("defect", defect)];
        let page = post(&okta, "/", &form).await.text().await.unwrap();
        assert!(page.contains("This token is refused.") && page.contains("DPoP: "), "{defect}: {page}");
    }
    let other = "eyJhbGciOiJub25lIn0.eyJjbmYiOnsiamt0IjoieCJ9fQ.";
    let page = post(&okta, "/", &[("do", "proof"), ("token", other)]).await.text().await.unwrap();
    assert!(page.contains("This token is refused."), "{page}");
}

#[actix_web::test]
async fn the_curl_line_keeps_each_input_in_one_word() {
    let okta = LocalOkta::start(&[]);
    for hostile in ["'; id; '", "\"$(id)`id`", "a\\'\nb", "<script>&'", "[1-3]{a,b}", "-o x"] {
        let api = format!("http://127.0.0.1:8080/x{hostile}?q={hostile}#f{hostile}");
        let nonce: String = hostile.chars().filter(|c| c.is_ascii_graphic() && !"\"\\".contains(*c)).collect();
        let form = [("user", "alice@example.com"), ("dpop", "yes"), ("api", &*api), ("nonce", &*nonce)];
        let page = post(&okta, "/", &form).await.text().await.unwrap();
        assert!(!page.contains("<script"), "{hostile}: {page}");
        let (line, arguments) = curl_line(&page);
        let url = url::Url::parse(&api).unwrap();
        assert_eq!(arguments.iter().filter(|argument| **argument == url.as_str()).count(), 1, "{line}");
        let rest: Vec<&str> =
            arguments.iter().map(String::as_str).filter(|argument| *argument != url.as_str()).collect();
        let rest: Vec<&str> = rest.iter().map(|word| word.split(' ').next().unwrap()).collect();
        let globoff = url.as_str().contains(['[', '{']).then_some("--globoff");
        let expected: Vec<&str> =
            ["-i"].into_iter().chain(globoff).chain(["-H", "Authorization:", "-H", "DPoP:"]).collect();
        assert_eq!(rest, expected, "{line}");
    }
}

#[test]
fn a_config_mistake_is_reported_with_file_line_and_field() {
    for (name, text, expected) in [
        ("syntax", "audience = \"x\"\nscopes = [", "line 2: "),
        ("unknown", "audience = \"x\"\nport = 1", "line 2: port: unknown field `port`"),
        ("type", "[[users]]\nlogin = 7", "line 2: users[0].login: invalid type: integer `7`"),
        ("missing", "[[users]]\nname = \"A\"", "line 1: users[0]: missing field `login`"),
        ("empty", "\n[[clients]]\nid = \"\"", "line 3: clients[0].id: must not be empty"),
        ("algorithm", "algorithm = \"HS256\"", "line 1: algorithm: \"HS256\" is none of RS256,"),
        ("address", "address = \"0.0.0.0:8181\"", "line 1: address: \"0.0.0.0:8181\" is no address on loopback"),
        ("lifetime", "access_token_lifetime = 0", "line 1: access_token_lifetime: 0 is not between 1 and 86400"),
        ("scope", "scopes = [\"a b\"]", "line 1: scopes: \"a b\" is no scope"),
        ("twice", "[[users]]\nlogin = \"a\"\n[[users]]\nlogin = \"a\"", "users: \"a\" is there twice"),
        ("nobody", "users = []", "line 1: users: at least one is needed"),
        (
            "redirect",
            "[[clients]]\nid = \"a\"\nredirect_uris = [\"x\"]",
            "line 3: clients[0].redirect_uris: \"x\" is no URL",
        ),
        ("server", "authorization_server = \"a/b\"", "line 1: authorization_server: \"a/b\" has to be letters"),
    ] {
        let file = ConfigFile::new(name, text);
        let output = run(&["--config", file.path()]);
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{name}");
        assert!(message.contains(expected), "{name}: {message}");
        assert!(message.starts_with(&format!("local-okta: {}, line ", file.path())), "{name}: {message}");
    }
}

#[test]
fn a_command_line_mistake_is_reported() {
    for (arguments, expected) in [
        (vec!["--config", "/nowhere.toml"], "/nowhere.toml can't be read"),
        (vec!["--port", "99999"], "--port is \"99999\""),
        (vec!["--address", "here"], "--address is \"here\""),
        (vec!["--config"], "--config needs a value"),
        (vec!["--colour"], "unknown argument \"--colour\""),
        (vec!["--address", "0.0.0.0:0"], "listens on loopback alone"),
    ] {
        let output = run(&arguments);
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && message.contains(expected), "{arguments:?}: {message}");
    }
}

#[test]
fn a_taken_port_is_reported() {
    let okta = LocalOkta::start(&[]);
    let address = okta.origin().trim_start_matches("http://");
    let message = String::from_utf8(run(&["--address", address]).stderr).unwrap();
    assert!(message.contains(&format!("can't serve on {address}")), "{message}");
}

#[test]
fn the_example_file_is_the_default_configuration() {
    let example = String::from_utf8(run(&["--example"]).stdout).unwrap();
    let file = ConfigFile::new("example", &example);
    let (okta, without) = (LocalOkta::start(&["--config", file.path()]), LocalOkta::start(&[]));
    assert_eq!(okta.variable("OKTA_CLIENT_ID"), without.variable("OKTA_CLIENT_ID"));
    assert!(String::from_utf8(run(&["--help"]).stdout).unwrap().contains("--config FILE"));
}
