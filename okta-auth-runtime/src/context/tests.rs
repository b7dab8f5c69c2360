use std::collections::HashMap;
use std::time::UNIX_EPOCH;

use serde_json::{Value, json};

use super::*;

fn claims() -> Value {
    json!({
        "iss": "https://example.okta.com/oauth2/default", "aud": "api://default", "exp": 1_800_000_000,
        "iat": 1_799_990_000.5, "sub": "secret-subject", "uid": "secret-user", "cid": "client-1",
        "scp": ["a", "b"], "groups": ["secret-group"], "tier": { "name": "secret-tier", "level": 3 },
    })
}

fn user() -> AuthContext {
    AuthContext::without_token(&claims()).expect("good claims")
}

#[test]
fn the_claims_are_read() {
    let user = user();
    assert_eq!((user.user(), user.user_id(), user.client_id()), ("secret-subject", Some("secret-user"), "client-1"));
    assert_eq!((user.issuer(), user.subject()), ("https://example.okta.com/oauth2/default", "secret-subject"));
    assert_eq!(user.scopes().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(user.groups().collect::<Vec<_>>(), ["secret-group"]);
    assert!(user.has_scope("a") && !user.has_scope("c") && !user.has_scope("secret-group"));
    assert!(user.has_group("secret-group") && !user.has_group("a"));
    assert_eq!(user.expires_at(), UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    assert_eq!(user.issued_at(), Some(UNIX_EPOCH + Duration::from_millis(1_799_990_000_500)));
}

#[test]
fn authentication_and_actor_are_read() {
    let mut all = claims();
    for (name, value) in [
        ("acr", json!("phr")),
        ("auth_time", json!(1_799_990_000.25)),
        ("act", json!({ "sub": "secret-agent", "iss": "https://i", "cid": "agent-client" })),
    ] {
        all[name] = value;
    }
    let user = AuthContext::without_token(&all).expect("good claims");
    assert_eq!(user.acr(), Some("phr"));
    assert!(user.knows_acr("phr") && !user.knows_acr("x"));
    assert_eq!(user.auth_time(), Some(UNIX_EPOCH + Duration::from_millis(1_799_990_000_250)));
    let actor = user.actor().expect("an actor");
    let members = (actor.subject(), actor.issuer(), actor.client_id());
    assert_eq!(members, (Some("secret-agent"), Some("https://i"), Some("agent-client")));
    let shown = format!("{user:?} {actor:?}");
    assert!(shown.contains("has_actor: true") && !shown.contains("secret"), "{shown}");

    let user = self::user();
    assert_eq!((user.acr(), user.auth_time(), user.actor()), (None, None, None));
    assert!(format!("{user:?}").contains("has_actor: false"));
}

#[test]
fn debug_shows_neither_subject_nor_other_claims() {
    let shown = format!("{:?} {:#?}", user(), user());
    assert!(shown.contains("client-1") && shown.contains("example.okta.com") && shown.contains("\"a\""), "{shown}");
    assert!(!shown.contains("secret"), "{shown}");
}

#[test]
fn a_claim_is_read_as_any_type_and_its_error_names_the_path() {
    #[derive(Deserialize)]
    struct Tier<'c> {
        name: &'c str,
    }
    #[derive(Debug, Deserialize)]
    struct Strict {
        #[allow(dead_code)]
        more: u8,
    }
    #[derive(Debug, Deserialize)]
    struct All {
        #[allow(dead_code)]
        tier: Strict,
    }
    let user = user();
    assert_eq!(user.claim::<&str>("cid"), Ok("client-1"));
    assert_eq!(user.claim::<Tier<'_>>("tier").expect("a tier").name, "secret-tier");
    assert_eq!(user.claims::<Value>(), Ok(claims()));
    let message = |error: ClaimError| error.to_string();
    assert_eq!(user.claim::<u8>("none").map_err(message), Err("missing claim \"none\"".into()));
    assert_eq!(user.claim::<u8>("cid").map_err(message), Err("claim \"cid\" is not of the expected type".into()));
    assert_eq!(message(user.claim::<Strict>("tier").unwrap_err()), "missing claim \"tier.more\"");
    assert_eq!(message(user.claims::<All>().unwrap_err()), "missing claim \"tier.more\"");
    #[derive(Debug, Deserialize)]
    struct Wrong {
        #[allow(dead_code)]
        tier: HashMap<String, u8>,
    }
    assert_eq!(message(user.claims::<Wrong>().unwrap_err()), "claim \"tier.…\" is not of the expected type");
    for (json, expected) in [
        (r#"{"a": [1, "x"]}"#, "claim \"a.1\" is not of the expected type"),
        (r#"{"00u1 secret": "x"}"#, "claim \"…\" is not of the expected type"),
        (r#"{"": "x"}"#, "claim \"…\" is not of the expected type"),
    ] {
        let error = claim::deserialize::<HashMap<String, Vec<u8>>>(json, None).unwrap_err();
        assert_eq!(message(error), expected);
    }
    let below = claim::deserialize::<HashMap<String, Vec<u8>>>(r#"{"00u1": [1, "x"]}"#, Some("a")).unwrap_err();
    assert_eq!(message(below), "claim \"a.…\" is not of the expected type");
}

#[test]
fn duplicate_claim_cannot_be_read() {
    let mut text = claims().to_string();
    text.insert_str(1, r#""tier":1,"#);
    let user = AuthContext(ValidToken::without_signature(&text).expect("good claims"));
    assert_eq!(
        user.claim::<Value>("tier").map_err(|error| error.to_string()).unwrap_err(),
        "claim \"tier\" is not of the expected type"
    );
    assert_eq!(select(user.payload(), "tier"), None);
    assert_eq!(select(user.payload(), "cid"), Some(r#""client-1""#));
}

/// The documented behavior of a type of the user: unlike a policy, it decides which duplicates it accepts.
#[test]
fn duplicates_below_the_top_level_depend_on_the_type() {
    #[derive(Debug, Deserialize)]
    struct Profile {
        #[allow(dead_code)]
        role: String,
    }
    #[derive(Debug, Deserialize)]
    struct All {
        #[allow(dead_code)]
        sub: String,
    }
    let mut text = claims().to_string();
    text.insert_str(1, r#""profile":{"role":"user","role":"admin"},"x":1,"x":2,"#);
    let user = AuthContext(ValidToken::without_signature(&text).expect("good claims"));
    assert!(user.claim::<Profile>("profile").is_err());
    assert_eq!(user.claim::<Value>("profile"), Ok(json!({ "role": "admin" })));
    assert_eq!(user.claims::<Value>().expect("an object")["x"], 2);
    assert_eq!(user.claims::<All>().expect("an object").sub, "secret-subject");
}

#[test]
fn select_follows_a_pointer_to_raw_json() {
    let payload = r#"{"a":{"b":[1, {"c~/d":"x"},[[2]]],"":{"":3},"0":4},"b":[],"s":"[1]","n":null}"#;
    for (name, expected) in [
        ("a", Some(r#"{"b":[1, {"c~/d":"x"},[[2]]],"":{"":3},"0":4}"#)),
        ("/a/b/0", Some("1")),
        ("/a/b/1/c~0~1d", Some(r#""x""#)),
        ("/a/b/2/0/0", Some("2")),
        ("/a/b/2", Some("[[2]]")),
        ("/a//", Some("3")),
        ("/a/0", Some("4")),
        ("/n", Some("null")),
        ("/a/b/3", None),
        ("/a/b/00", None),
        ("/a/b/01", None),
        ("/a/b/+1", None),
        ("/a/b/-1", None),
        ("/a/b/-", None),
        ("/a/b/", None),
        ("/a/b/1.0", None),
        ("/a/b/18446744073709551616", None),
        ("/b/0", None),
        ("/s/0", None),
        ("/n/0", None),
        ("/a/b/0/0", None),
        ("/a/c", None),
        ("a/b", None),
        ("", None),
        ("/", None),
    ] {
        assert_eq!(select(payload, name), expected, "{name}");
    }
}

#[test]
fn select_follows_any_depth() {
    let depth = 6_000;
    let nested = format!(r#"{{"a":{}1{}}}"#, r#"[{"b":"#.repeat(depth), "}]".repeat(depth));
    assert_eq!(select(&nested, &format!("/a{}", "/0/b".repeat(100))).map(|raw| &raw[..6]), Some(r#"[{"b":"#));
    assert_eq!(select(&nested, "/a/0/c"), None);
}

#[test]
fn claims_that_a_validator_refuses_make_no_caller() {
    for (name, code) in [
        ("sub", "missing_claim"),
        ("iss", "missing_claim"),
        ("aud", "missing_claim"),
        ("exp", "missing_claim"),
        ("cid", "client_not_allowed"),
    ] {
        let mut claims = claims();
        claims.as_object_mut().expect("an object").remove(name);
        assert_eq!(AuthContext::without_token(&claims).unwrap_err().code(), code, "{name}");
    }
    for cnf in [json!(null), json!({}), json!("key"), json!({ "jkt": "x" }), json!({ "kid": "x" })] {
        let mut claims = claims();
        claims["cnf"] = cnf;
        assert_eq!(AuthContext::without_token(&claims).unwrap_err().code(), "bound_to_key", "{claims}");
    }
}

#[test]
fn caller_without_a_token_is_never_valid() {
    assert!(!user().is_unexpired_at(Duration::from_secs(1)));
}
