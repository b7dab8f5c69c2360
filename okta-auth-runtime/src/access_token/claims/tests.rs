use super::*;

const NOW: Duration = Duration::from_secs(1_800_000_000);

fn expectations(profile: &Profile) -> Expectations {
    Expectations {
        issuer: "https://example.okta.com/oauth2/default".into(),
        audiences: vec!["api://default".into(), "api://other".into()],
        clients: Some(vec!["client-1".into(), "client-2".into()]),
        leeway: Duration::from_secs(60),
        names: ClaimNames::new(profile),
    }
}

/// The claims of a good token, with `claim` replaced by raw JSON, or left out for "".
fn payload(replace: &[(&str, &str)]) -> String {
    let mut claims = vec![
        ("iss", r#""https://example.okta.com/oauth2/default""#),
        ("sub", r#""alice@example.com""#),
        ("aud", r#""api://default""#),
        ("exp", "1800000100"),
        ("iat", "1799999900"),
        ("cid", r#""client-1""#),
        ("uid", r#""00u1""#),
        ("scp", r#"["openid","orders:read"]"#),
        ("groups", r#"["Everyone"]"#),
    ];
    for (name, value) in replace {
        claims.retain(|(known, _)| known != name);
        if !value.is_empty() {
            claims.push((name, value));
        }
    }
    let members: Vec<String> = claims.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

fn validate(payload: &str, now: Duration) -> Result<ValidClaims, TokenError> {
    let expected = expectations(&Profile::okta());
    UnverifiedClaims::parse(payload, &expected.names)?.validate(&expected, now)
}

fn code(replace: &[(&str, &str)]) -> &'static str {
    validate(&payload(replace), NOW).err().map_or("accepted", |error| error.code())
}

#[test]
fn the_claims_of_a_good_token_are_read() {
    let payload = payload(&[("sub", r#""al\u0069ce""#)]);
    let claims = validate(&payload, NOW).unwrap();
    assert_eq!(claims.subject.of(&payload), "alice");
    assert_eq!(claims.client.of(&payload), "client-1");
    assert_eq!(claims.user_id.as_ref().map(|id| id.of(&payload)), Some("00u1"));
    let scopes: Vec<&str> = claims.scopes.iter().map(|scope| scope.of(&payload)).collect();
    assert_eq!(scopes, ["openid", "orders:read"]);
    let groups: Vec<&str> = claims.groups.iter().map(|group| group.of(&payload)).collect();
    assert_eq!(groups, ["Everyone"]);
}

#[test]
fn each_claim_of_the_wrong_type_refuses() {
    let of_type = |name: &str| match name {
        "iss" | "sub" | "cid" | "uid" => "string",
        "aud" => "string or array",
        "scp" | "groups" => "array",
        _ => "number",
    };
    for name in ["iss", "sub", "aud", "exp", "nbf", "iat", "cid", "uid", "scp", "groups"] {
        for (value, kind) in
            [("1", "number"), (r#""text""#, "string"), (r#"["text"]"#, "array"), ("true", "boolean"), ("{}", "object")]
        {
            if !of_type(name).contains(kind) {
                assert_eq!(code(&[(name, value)]), "invalid_claim", "{name}: {value}");
            }
        }
    }
    for name in ["aud", "scp", "groups"] {
        assert_eq!(code(&[(name, r#"["api://default",1]"#)]), "invalid_claim", "{name}");
    }
}

#[test]
fn null_is_absent_where_absence_is_allowed_and_refuses_elsewhere() {
    for name in ["iss", "sub", "aud", "exp", "nbf", "iat"] {
        assert_eq!(code(&[(name, "null")]), "invalid_claim", "{name}");
    }
    for name in ["uid", "scp", "groups"] {
        assert_eq!(code(&[(name, "null")]), "accepted", "{name}");
    }
    assert_eq!(code(&[("cid", "null")]), "client_not_allowed");
}

#[test]
fn a_missing_claim_refuses_unless_it_is_optional() {
    for name in ["iss", "sub", "aud", "exp"] {
        assert_eq!(code(&[(name, "")]), "missing_claim", "{name}");
    }
    for name in ["nbf", "iat", "uid", "scp", "groups"] {
        assert_eq!(code(&[(name, "")]), "accepted", "{name}");
    }
    assert_eq!(code(&[("cid", "")]), "client_not_allowed");
}

#[test]
fn an_empty_subject_user_or_client_is_nobody() {
    assert_eq!(code(&[("sub", r#""""#)]), "invalid_claim");
    assert_eq!(code(&[("uid", r#""""#)]), "invalid_claim");
    assert_eq!(code(&[("cid", r#""""#)]), "client_not_allowed");
}

#[test]
fn issuer_audience_and_client_are_compared_exactly() {
    assert_eq!(code(&[("iss", r#""https://example.okta.com/oauth2/default/""#)]), "issuer_not_allowed");
    assert_eq!(code(&[("iss", r#""https://EXAMPLE.okta.com/oauth2/default""#)]), "issuer_not_allowed");
    assert_eq!(code(&[("aud", r#""api://def""#)]), "audience_not_allowed");
    assert_eq!(code(&[("aud", "[]")]), "audience_not_allowed");
    assert_eq!(code(&[("aud", r#"["x","api://other"]"#)]), "accepted");
    assert_eq!(code(&[("cid", r#""client-2""#)]), "accepted");
    assert_eq!(code(&[("cid", r#""client-3""#)]), "client_not_allowed");
}

#[test]
fn times_are_compared_to_the_second_with_leeway() {
    let at = |claim: &str, seconds: &str| code(&[(claim, seconds)]);
    assert_eq!(at("exp", "1799999941"), "accepted");
    assert_eq!(at("exp", "1799999940"), "expired");
    assert_eq!(at("exp", "1799999940.5"), "accepted");
    assert_eq!(at("exp", "1799999939"), "expired");
    for claim in ["nbf", "iat"] {
        assert_eq!(at(claim, "1800000059"), "accepted");
        assert_eq!(at(claim, "1800000060"), "accepted");
        assert_eq!(at(claim, "1800000060.5"), "not_yet_valid");
        assert_eq!(at(claim, "1800000061"), "not_yet_valid");
    }
    assert_eq!(at("exp", "1e999"), "invalid_claim");
    assert_eq!(at("exp", "1e300"), "accepted");
    assert_eq!(at("exp", "-1"), "expired");
}

#[test]
fn the_expiry_message_says_by_how_much() {
    let error = validate(&payload(&[("exp", "1799999900")]), NOW).unwrap_err();
    assert_eq!(error.to_string(), r#"expired "exp" claim: found 100 s ago, expected less than the leeway of 60 s"#);
}

#[test]
fn a_claim_of_the_wrong_type_is_named_with_its_type_and_without_its_value() {
    for (claim, value, expected) in [
        ("iss", "1", "found a number, expected a string"),
        ("aud", r#"["secret",1]"#, "found an array with other items, expected a string or an array of strings"),
        ("aud", r#"{"secret":1}"#, "found an object, expected a string or an array of strings"),
        ("exp", r#""secret""#, "found a string, expected a finite number of seconds"),
        ("exp", "1e999", "found a number that is not finite, expected a finite number of seconds"),
        ("nbf", "[1]", "found an array, expected a finite number of seconds"),
        ("sub", "null", "found null, expected a string that is not empty"),
        ("sub", r#""""#, "found an empty string, expected a string that is not empty"),
        ("uid", r#""secret\ud800""#, "found a string with a lone surrogate, expected a string that is not empty"),
        ("groups", r#""secret""#, "found a string, expected an array of strings"),
        ("cid", "false", "found a boolean, expected a string"),
    ] {
        let error = validate(&payload(&[(claim, value)]), NOW).unwrap_err();
        assert_eq!(error.to_string(), format!("invalid \"{claim}\" claim: {expected}"));
    }
}

#[test]
fn where_any_client_may_come_it_has_to_be_one() {
    let any = Expectations { clients: None, ..expectations(&Profile::okta()) };
    let payload = payload(&[("cid", "")]);
    let error = UnverifiedClaims::parse(&payload, &any.names).unwrap().validate(&any, NOW).unwrap_err();
    assert_eq!(error.to_string(), r#"invalid "cid" claim: found none, expected any client"#);
}

#[test]
fn a_token_bound_to_a_key_is_no_bearer_token() {
    assert_eq!(code(&[("cnf", r#"{"jkt":"x"}"#)]), "bound_to_key");
    assert_eq!(code(&[("cnf", "null")]), "bound_to_key");
}

#[test]
fn of_two_defects_the_graver_is_told() {
    assert_eq!(code(&[("cid", r#""client-3""#), ("exp", "1")]), "expired");
    assert_eq!(code(&[("cid", ""), ("sub", "")]), "missing_claim");
    assert_eq!(code(&[("cid", ""), ("groups", "1")]), "invalid_claim");
    assert_eq!(code(&[("cid", "1")]), "invalid_claim");
}

#[test]
fn a_claim_that_is_read_may_stand_there_once() {
    for name in ["iss", "sub", "aud", "exp", "nbf", "iat", "cnf", "cid", "uid", "scp", "groups"] {
        let payload = format!("{{\"{name}\":1,\"{name}\":1}}");
        assert_eq!(validate(&payload, NOW).unwrap_err().code(), "duplicate_member", "{name}");
    }
    assert_eq!(unverified_issuer(r#"{"iss":"a","iss":"a"}"#).unwrap_err().code(), "duplicate_member");
}

#[test]
fn other_profiles_find_the_claims_elsewhere() {
    let expected = expectations(&Profile::auth0());
    let payload = payload(&[
        ("azp", r#""client-2""#),
        ("cid", "1"),
        ("scope", r#""openid  orders:read""#),
        ("permissions", r#"["admin"]"#),
    ]);
    let claims = UnverifiedClaims::parse(&payload, &expected.names).unwrap().validate(&expected, NOW).unwrap();
    assert_eq!(claims.client.of(&payload), "client-2");
    assert!(claims.user_id.is_none());
    let scopes: Vec<&str> = claims.scopes.iter().map(|scope| scope.of(&payload)).collect();
    assert_eq!(scopes, ["openid", "orders:read"]);
    assert_eq!(claims.groups.len(), 1);
}

#[test]
fn a_profile_may_read_one_claim_in_two_roles() {
    let expected = expectations(&Profile::custom().client("sub").user_id("sub").build());
    let payload = payload(&[("sub", r#""client-1""#)]);
    let claims = UnverifiedClaims::parse(&payload, &expected.names).unwrap().validate(&expected, NOW).unwrap();
    assert_eq!(claims.client.of(&payload), "client-1");
    assert_eq!(claims.user_id.unwrap().of(&payload), "client-1");
}

#[test]
fn the_times_are_told_to_people_one_by_one() {
    let expected = expectations(&Profile::okta());
    let told = |replace: &[(&str, &str)]| {
        let payload = payload(replace);
        let claims = UnverifiedClaims::parse(&payload, &expected.names).unwrap();
        let code = claims.already_valid(&expected, NOW).err().map_or("valid", |error| error.code());
        (claims.times(NOW), code)
    };
    assert_eq!(told(&[]), ("in 100 s".to_owned(), "valid"));
    assert_eq!(told(&[("exp", "1799999999.5"), ("nbf", "1800000060")]), ("0.5 s ago".to_owned(), "valid"));
    assert_eq!(told(&[("exp", "\"soon\""), ("nbf", "1800000061")]), (String::new(), "not_yet_valid"));
    assert_eq!(told(&[("exp", ""), ("iat", "1800000061")]), (String::new(), "not_yet_valid"));
}

#[test]
fn words_are_read_where_the_profile_has_them_escaped_or_not() {
    let read = |profile: &Profile, scopes: &str| {
        let expected = expectations(profile);
        let payload = payload(&[("azp", r#""client-1""#), ("scope", scopes), ("scp", scopes)]);
        let claims = UnverifiedClaims::parse(&payload, &expected.names).unwrap();
        let scopes = claims.scopes().map_err(|error| error.to_string())?;
        Ok::<_, String>(scopes.iter().map(|scope| scope.of(&payload).to_owned()).collect::<Vec<_>>())
    };
    let (words, lists) = (&Profile::auth0(), &Profile::okta());
    for text in [r#""a  b""#, r#""a\u0020 b""#, r#""\u0061 b ""#] {
        assert_eq!(read(words, text), Ok(vec!["a".to_owned(), "b".to_owned()]), "{text}");
        let refused = r#"invalid "scp" claim: found a string, expected an array of strings"#.to_owned();
        assert_eq!(read(lists, text), Err(refused), "{text}");
    }
    let refused = r#"invalid "scope" claim: found a number, expected an array of strings or one string"#.to_owned();
    assert_eq!(read(words, "1"), Err(refused));
}

#[test]
fn rfc_9068_has_claims_and_a_type_of_its_own() {
    let profile = Profile::rfc9068();
    assert_eq!(profile.type_rule, crate::access_token::TypeRule::AccessToken);
    let expected = expectations(&profile);
    let payload = payload(&[("client_id", r#""client-2""#), ("cid", "1"), ("scope", r#""a b""#)]);
    let claims = UnverifiedClaims::parse(&payload, &expected.names).unwrap().validate(&expected, NOW).unwrap();
    assert_eq!((claims.client.of(&payload), claims.scopes.len()), ("client-2", 2));
}
