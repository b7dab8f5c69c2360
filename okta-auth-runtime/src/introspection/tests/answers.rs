//! The members of an answer, and the claims of the caller that they make.

use super::*;

/// The answer about an active token with these members replaced; `null` in the list removes a member.
fn with(members: Value) -> Value {
    let mut answer = active();
    for (name, value) in members.as_object().expect("members") {
        match value {
            Value::Null => drop(answer.as_object_mut().expect("members").remove(name)),
            value => answer[name] = value.clone(),
        }
    }
    answer
}

async fn verdict(answer: &Value) -> Result<(), String> {
    let fixture = Fixture::new();
    fixture.server(Mode::Answers(answer.clone()));
    let verdict = match fixture.ask("token").await {
        Ok(_) => Ok(()),
        Err(ValidateError::Token(error)) => Err(error.code().to_owned()),
        Err(other) => panic!("{answer}: {other}"),
    };
    assert!(fixture.introspector.status().usable(), "{answer}: no member of an answer causes a back-off");
    assert_eq!(fixture.ask("token").await.is_ok(), verdict.is_ok());
    assert_eq!(fixture.calls(), 1, "{answer}: the answer is remembered");
    verdict
}

#[tokio::test(start_paused = true)]
async fn answer_follows_the_rules_of_a_token() {
    let now = START.as_secs();
    let key = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    for (members, expected) in [
        (json!({}), Ok(())),
        (json!({ "iss": "https://issuer.example.com" }), Ok(())),
        (json!({ "iss": "https://other.example.com" }), Err("issuer_not_allowed")),
        (json!({ "iss": 1 }), Err("invalid_claim")),
        (json!({ "aud": ["other", "api"] }), Ok(())),
        (json!({ "aud": null }), Err("missing_claim")),
        (json!({ "aud": "other" }), Err("audience_not_allowed")),
        (json!({ "aud": [1, "api"] }), Err("invalid_claim")),
        (json!({ "client_id": null }), Err("client_not_allowed")),
        (json!({ "client_id": null, "cid": "client", "azp": "client" }), Err("client_not_allowed")),
        (json!({ "client_id": "other" }), Err("client_not_allowed")),
        (json!({ "client_id": "" }), Err("client_not_allowed")),
        (json!({ "client_id": 1 }), Err("invalid_claim")),
        (json!({ "token_type": "bearer" }), Ok(())),
        (json!({ "token_type": "dPoP" }), Ok(())),
        (json!({ "token_type": "refresh_token" }), Err("invalid_claim")),
        (json!({ "token_type": "" }), Err("invalid_claim")),
        (json!({ "token_type": "Bearer " }), Err("invalid_claim")),
        (json!({ "token_type": 1 }), Err("invalid_claim")),
        (json!({ "token_type": ["Bearer"] }), Err("invalid_claim")),
        (json!({ "exp": now - 59 }), Ok(())),
        (json!({ "exp": now - 60 }), Err("expired")),
        (json!({ "exp": (now + 60).to_string() }), Err("invalid_claim")),
        (json!({ "nbf": now + 60, "iat": now + 60 }), Ok(())),
        (json!({ "nbf": now + 61 }), Err("not_yet_valid")),
        (json!({ "iat": now + 61 }), Err("not_yet_valid")),
        (json!({ "nbf": "0" }), Err("invalid_claim")),
        (json!({ "iat": true }), Err("invalid_claim")),
        (json!({ "sub": "" }), Err("invalid_claim")),
        (json!({ "sub": 1 }), Err("invalid_claim")),
        (json!({ "sub": null, "username": "alice" }), Err("missing_claim")),
        (json!({ "sub": null, "username": "" }), Err("missing_claim")),
        (json!({ "sub": null }), Ok(())),
        (json!({ "username": "alice" }), Ok(())),
        (json!({ "uid": "00u1" }), Ok(())),
        (json!({ "uid": "" }), Err("invalid_claim")),
        (json!({ "uid": 1 }), Err("invalid_claim")),
        (json!({ "scope": 1 }), Err("invalid_claim")),
        (json!({ "groups": [1] }), Err("invalid_claim")),
        (json!({ "acr": 1, "auth_time": "1", "act": 1 }), Ok(())),
        (json!({ "cnf": { "jkt": key } }), Ok(())),
    ] {
        assert_eq!(verdict(&with(members.clone())).await, expected.map_err(str::to_owned), "{members}");
    }
}

#[tokio::test(start_paused = true)]
async fn member_that_is_null_counts_as_absent() {
    for (name, expected) in [
        ("iss", Ok(())),
        ("exp", Ok(())),
        ("nbf", Ok(())),
        ("iat", Ok(())),
        ("token_type", Ok(())),
        ("username", Ok(())),
        ("sub", Ok(())),
        ("uid", Ok(())),
        ("scope", Ok(())),
        ("groups", Ok(())),
        ("cnf", Ok(())),
        ("acr", Ok(())),
        ("act", Ok(())),
        ("aud", Err("missing_claim")),
        ("client_id", Err("client_not_allowed")),
    ] {
        let mut answer = active();
        answer[name] = Value::Null;
        assert_eq!(verdict(&answer).await, expected.map_err(str::to_owned), "{name}");
    }
    let fixture = Fixture::new();
    let mut answer = active();
    for name in ["cnf", "act", "sub"] {
        answer[name] = Value::Null;
    }
    fixture.server(Mode::Answers(answer));
    let token = fixture.ask("token").await.expect("an active token");
    let claims = token.claims();
    assert!(claims.confirmation.is_none() && claims.actor.is_none() && *claims.subject == *"client");
}

#[test]
fn duplicate_members_are_refused_at_every_depth() {
    for members in [
        r#""sub":"a","sub":"b""#,
        r#""token_type":"Bearer","token_type":"Bearer""#,
        r#""username":null,"username":null"#,
        r#""acr":"a","acr":"a""#,
        r#""unread":1,"unread":1"#,
        r#""unread":{"a":[{"b":1,"\u0062":1}]}"#,
    ] {
        let response = format!(r#"{{"active":true,"aud":"api","client_id":"client",{members}}}"#);
        let url = url::Url::parse(URL).expect("a URL");
        let form = crate::http::FormResponse { status: 200, body: response.clone().into_bytes() };
        let Ok(TokenState::Active(active)) = TokenState::parse(&url, form) else { panic!("{response}") };
        let period = crate::access_token::AnswerPeriod { asked_at: START, usable_until: START + seconds(10) };
        let rules = IssuerRules::new("i".into(), vec!["api".into()], None, Duration::ZERO, &Profile::okta());
        let rules = Arc::new(rules.of_answers(&Profile::okta()));
        let parsed = crate::access_token::UncheckedAnswer::parse(&active).validate("token", &rules, period, START);
        assert_eq!(parsed.map(|_| ()).expect_err("a rejection"), TokenError::AmbiguousAnswer, "{response}");
    }
}

#[tokio::test(start_paused = true)]
async fn caller_has_the_claims_of_the_answer() {
    let fixture = Fixture::new();
    fixture.server(Mode::Answers(with(json!({
        "username": "alice@example.com", "uid": "00u1", "groups": ["admins", "Domain Users"], "exp": START.as_secs() + 100,
        "iat": START.as_secs(), "acr": "phr", "auth_time": START.as_secs(), "act": { "sub": "agent" }, "tier": "gold",
    }))));
    let token = fixture.ask("token").await.expect("an active token");
    let claims = token.claims();
    assert_eq!((&*claims.subject, &*claims.client, claims.user_id.as_deref()), ("alice", "client", Some("00u1")));
    assert_eq!(claims.scopes.iter().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(claims.groups.iter().collect::<Vec<_>>(), ["admins", "Domain Users"]);
    assert_eq!(claims.expires_at.since_epoch(), START + seconds(100));
    assert!(claims.issued_at.is_some() && claims.auth_time.is_some() && claims.actor.is_some());
    assert_eq!(claims.acr.as_deref(), Some("phr"));
    assert!(token.payload().contains(r#""tier":"gold""#), "`claim` reads the raw answer");
    assert_eq!((token.text(), token.is_service()), (Some("token"), false));
}

#[tokio::test(start_paused = true)]
async fn answer_without_exp_expires_when_it_is_forgotten() {
    let fixture = Fixture::new();
    fixture.server(Mode::Answers(with(json!({ "sub": null }))));
    let token = fixture.ask("token").await.expect("an active token");
    assert_eq!(token.claims().expires_at.since_epoch(), START + seconds(10));
    assert!(token.is_unexpired_at(START + Duration::from_millis(9_999)) && !token.is_unexpired_at(START + seconds(10)));
    assert!(token.is_service() && *token.claims().subject == *"client");
    assert_eq!(fixture.subject("token").await.as_deref(), Ok("client"));
}

#[tokio::test(start_paused = true)]
async fn token_with_a_username_is_not_that_of_a_service() {
    for (subject, uid, username, is_service) in [
        ("alice", Value::Null, Value::Null, true),
        ("alice", Value::Null, json!("alice@example.com"), false),
        ("alice", Value::Null, json!(""), false),
        ("client", Value::Null, json!("client"), true),
        ("client", Value::Null, json!("alice"), false),
        ("client", json!("00u1"), json!("client"), false),
        ("alice", json!("00u1"), Value::Null, false),
        // A user can have taken the name of the client.
        ("alice", Value::Null, json!("client"), false),
    ] {
        let fixture = Fixture::new();
        fixture.server(Mode::Answers(with(json!({ "sub": subject, "uid": uid, "username": username }))));
        let token = fixture.ask("token").await.expect("an active token");
        assert_eq!(token.is_service(), is_service, "{subject} {uid} {username}");
    }
}

#[tokio::test(start_paused = true)]
async fn confirmed_token_must_be_bound_as_the_answer_says() {
    let key = |key: &str| json!({ "jkt": key });
    let (one, other) = ("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    for (in_token, in_answer, expected) in [
        (None, None, true),
        (Some(key(one)), None, true),
        (Some(key(one)), Some(key(one)), true),
        (Some(key(one)), Some(key(other)), false),
        (None, Some(key(one)), false),
        (None, Some(json!({})), false),
    ] {
        let fixture = Fixture::new();
        let mut claims = json!({ "iss": "i", "aud": "a", "cid": "c", "sub": "s", "exp": 9e9 });
        let mut answer = active();
        in_token.iter().for_each(|cnf| claims["cnf"] = cnf.clone());
        in_answer.iter().for_each(|cnf| answer["cnf"] = cnf.clone());
        fixture.server(Mode::Answers(answer));
        let token = ValidToken::without_signature(&claims.to_string()).expect("claims");
        let confirmed = fixture.introspector.confirm(&token, "token", seconds(10)).await;
        assert_eq!(confirmed.is_ok(), expected, "{in_token:?} {in_answer:?}: {confirmed:?}");
    }
}
