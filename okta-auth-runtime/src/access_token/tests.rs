//! The rules of the header and of the claims, one by one.

use std::sync::Arc;
use std::time::Duration;

use super::claim_names::Claim;
use super::claims::ValidClaims;
use super::header::Header;
use super::text_list::TextList;
use super::valid_token::Verification;
use super::*;
use crate::algorithm::Algorithm;
use crate::error::TokenError;
use crate::jose::{Key, testdata};

const NOW: Duration = Duration::from_secs(1_800_000_000);

fn rules_for(profile: &Profile, clients: Option<Vec<Box<str>>>) -> Arc<IssuerRules> {
    let issuer = "https://example.okta.com/oauth2/default".into();
    let audiences = vec!["api://default".into(), "api://other".into()];
    Arc::new(IssuerRules::new(issuer, audiences, clients, Duration::from_secs(60), profile))
}

fn rules(profile: &Profile) -> Arc<IssuerRules> {
    rules_for(profile, Some(vec!["client-1".into(), "client-2".into()]))
}

fn check(payload: &str, rules: &Arc<IssuerRules>) -> Result<ValidClaims, TokenError> {
    let claims = UncheckedClaims::parse(payload, rules)?;
    claims.check_issuer()?;
    claims.check_all(NOW)
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

fn validate(payload: &str) -> Result<ValidClaims, TokenError> {
    check(payload, &rules(&Profile::okta()))
}

fn code(replace: &[(&str, &str)]) -> &'static str {
    validate(&payload(replace)).err().map_or("accepted", |error| error.code())
}

#[test]
fn claims_of_a_good_token_are_read() {
    let payload = payload(&[("sub", r#""al\u0069ce""#)]);
    let claims = validate(&payload).unwrap();
    assert_eq!(&*claims.subject, "alice");
    assert_eq!(&*claims.client, "client-1");
    assert_eq!(claims.user_id.as_deref(), Some("00u1"));
    assert_eq!(claims.scopes, TextList::new(&["openid", "orders:read"]));
    assert_eq!(claims.groups, TextList::new(&["Everyone"]));
}

#[test]
fn claim_of_the_wrong_type_is_refused() {
    let of_type = |name: &str| match name {
        "iss" | "sub" | "cid" | "uid" => "string",
        "aud" => "string or array",
        "scp" | "groups" => "string or array",
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
fn null_counts_as_absent_only_for_optional_claims() {
    for name in ["iss", "sub", "aud", "exp", "nbf", "iat"] {
        assert_eq!(code(&[(name, "null")]), "invalid_claim", "{name}");
    }
    for name in ["uid", "scp", "groups"] {
        assert_eq!(code(&[(name, "null")]), "accepted", "{name}");
    }
    assert_eq!(code(&[("cid", "null")]), "client_not_allowed");
}

#[test]
fn missing_claim_is_refused_unless_optional() {
    for name in ["iss", "sub", "aud", "exp"] {
        assert_eq!(code(&[(name, "")]), "missing_claim", "{name}");
    }
    for name in ["nbf", "iat", "uid", "scp", "groups"] {
        assert_eq!(code(&[(name, "")]), "accepted", "{name}");
    }
    assert_eq!(code(&[("cid", "")]), "client_not_allowed");
}

#[test]
fn empty_subject_user_id_or_client_is_refused() {
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
fn expiry_error_says_how_long_ago() {
    let error = validate(&payload(&[("exp", "1799999900")])).unwrap_err();
    assert_eq!(error.to_string(), r#"expired "exp" claim: found 100 s ago, expected less than the leeway of 60 s"#);
}

#[test]
fn claim_error_shows_the_type_and_not_the_value() {
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
        ("groups", r#"{"secret":1}"#, "found an object, expected an array of strings or one string"),
        ("scp", r#"["secret",1]"#, "found an array with other items, expected an array of strings or one string"),
        ("cid", "false", "found a boolean, expected a string"),
    ] {
        let error = validate(&payload(&[(claim, value)])).unwrap_err();
        assert_eq!(error.to_string(), format!("invalid \"{claim}\" claim: {expected}"));
    }
}

#[test]
fn any_client_still_requires_a_client() {
    let error = check(&payload(&[("cid", "")]), &rules_for(&Profile::okta(), None)).unwrap_err();
    assert_eq!(error.to_string(), r#"invalid "cid" claim: found none, expected any client"#);
}

#[test]
fn token_with_a_confirmation_is_bound() {
    for value in [r#"{"jkt":"x"}"#, "null", "1"] {
        assert!(validate(&payload(&[("cnf", value)])).unwrap().confirmation.is_some(), "{value}");
    }
    assert!(validate(&payload(&[])).unwrap().confirmation.is_none());
}

#[test]
fn the_more_severe_of_two_defects_is_reported() {
    assert_eq!(code(&[("cid", r#""client-3""#), ("exp", "1")]), "expired");
    assert_eq!(code(&[("cid", ""), ("sub", "")]), "missing_claim");
    assert_eq!(code(&[("cid", ""), ("groups", "1")]), "invalid_claim");
    assert_eq!(code(&[("cid", "1")]), "invalid_claim");
}

#[test]
fn duplicate_claim_is_refused() {
    for name in ["iss", "sub", "aud", "exp", "nbf", "iat", "cnf", "cid", "uid", "scp", "groups"] {
        let payload = format!("{{\"{name}\":1,\"{name}\":1}}");
        assert_eq!(validate(&payload).unwrap_err().code(), "duplicate_member", "{name}");
    }
    assert_eq!(unverified_issuer(r#"{"iss":"a","iss":"a"}"#).unwrap_err().code(), "duplicate_member");
}

#[test]
fn other_profiles_read_other_claims() {
    let rules = rules(&Profile::auth0());
    let payload = payload(&[
        ("azp", r#""client-2""#),
        ("cid", "1"),
        ("scope", r#""openid  orders:read""#),
        ("permissions", r#"["admin"]"#),
    ]);
    let claims = check(&payload, &rules).unwrap();
    assert_eq!(&*claims.client, "client-2");
    assert!(claims.user_id.is_none());
    assert_eq!(claims.scopes, TextList::new(&["openid", "orders:read"]));
    assert_eq!(claims.groups.iter().len(), 1);
}

#[test]
fn profile_may_use_one_claim_in_two_roles() {
    let rules = rules(&Profile::custom().client("sub").user_id("sub").build());
    let payload = payload(&[("sub", r#""client-1""#)]);
    let claims = check(&payload, &rules).unwrap();
    assert_eq!(&*claims.client, "client-1");
    assert_eq!(claims.user_id.as_deref().unwrap(), "client-1");
}

#[test]
fn explanation_shows_when_the_token_expires() {
    let rules = rules(&Profile::okta());
    let told = |replace: &[(&str, &str)]| {
        let payload = payload(replace);
        let mut claims = UncheckedClaims::parse(&payload, &rules).unwrap().at(NOW);
        let code = claims.check_nbf_and_iat().err().map_or("valid", |error| error.code());
        (claims.found_expiration(), code)
    };
    assert_eq!(told(&[]), ("in 100 s".to_owned(), "valid"));
    assert_eq!(told(&[("exp", "1799999999.5"), ("nbf", "1800000060")]), ("0.5 s ago".to_owned(), "valid"));
    assert_eq!(told(&[("exp", "\"soon\""), ("nbf", "1800000061")]), (String::new(), "not_yet_valid"));
    assert_eq!(told(&[("exp", ""), ("iat", "1800000061")]), (String::new(), "not_yet_valid"));
}

#[test]
fn explanation_shows_how_the_user_was_authenticated() {
    let rules = rules(&Profile::okta());
    let told = |replace: &[(&str, &str)]| {
        UncheckedClaims::parse(&payload(replace), &rules).unwrap().at(NOW).found_authentication()
    };
    assert_eq!(told(&[]), "no acr, no auth_time, no actor");
    assert_eq!(
        told(&[("acr", r#""phr""#), ("auth_time", "1799999990"), ("act", r#"{"sub":"agent"}"#)]),
        "an acr, authenticated 10 s ago, an actor"
    );
    assert_eq!(
        told(&[("acr", "1"), ("auth_time", "\"now\""), ("act", "1")]),
        "no acr, no auth_time, an actor without a subject"
    );
}

#[test]
fn only_a_token_of_a_profile_with_user_ids_is_of_a_service() {
    for (profile, uid, expected) in [
        (Profile::okta(), r#""00u1""#, false),
        (Profile::okta(), "", true),
        (Profile::rfc9068(), r#""00u1""#, false),
        (Profile::rfc9068(), "", false),
    ] {
        let rules = rules(&profile);
        let payload = payload(&[("uid", uid), ("client_id", r#""client-1""#)]);
        let claims = check(&payload, &rules).unwrap();
        assert_eq!(ValidToken::new(&payload, None, rules, claims, None).is_service(), expected, "{profile:?}: {uid}");
    }
}

#[test]
fn only_a_strict_profile_requires_a_type() {
    assert_eq!(rules(&Profile::rfc9068()).required_typ(), Some(TypRule::AccessToken.expected()));
    assert_eq!(rules(&Profile::okta()).required_typ(), None);
}

#[test]
fn token_is_expired_at_the_end_of_the_leeway() {
    let vector = testdata::vector(Algorithm::RS256);
    let key = Key::parse("k", Algorithm::RS256, &vector.material).expect("a good key");
    let (rules, payload) = (rules(&Profile::okta()), payload(&[]));
    let verification = Verification::Signature { key: Arc::clone(key.lifetime()), validated_at: NOW };
    let token =
        ValidToken::new(&payload, None, Arc::clone(&rules), check(&payload, &rules).unwrap(), Some(verification));
    let end = Duration::from_secs(1_800_000_160);
    for (now, expected) in [(end - Duration::from_millis(1), true), (end, false)] {
        assert_eq!((token.is_unexpired_at(now), token.is_valid_at(now)), (expected, expected), "{now:?}");
    }
}

#[test]
fn string_is_split_only_for_scopes_and_declared_groups() {
    let read = |profile: &Profile, list: &str| {
        let rules = rules(profile);
        let [client, groups] = [rules.names.name(Claim::Client), rules.names.name(Claim::Groups)];
        let claims = [(client, r#""client-1""#), (rules.names.name(Claim::Scopes), list), (groups, list)];
        let claims = check(&payload(&claims), &rules).expect("good claims");
        [claims.scopes, claims.groups].map(|list| list.iter().map(String::from).collect::<Vec<_>>())
    };
    let split = Profile::custom().space_delimited_groups().build();
    let whole = [Profile::okta(), Profile::auth0(), Profile::rfc9068(), Profile::custom().build()];
    for (list, words, one) in [
        (r#""a  b""#, &["a", "b"][..], &["a  b"][..]),
        (r#""a\u0020b""#, &["a", "b"], &["a b"]),
        (r#"" \u0061 b ""#, &["a", "b"], &[" a b "]),
        (r#""a\tb""#, &["a\tb"], &["a\tb"]),
        (r#""a,b""#, &["a,b"], &["a,b"]),
        (r#"" ""#, &[], &[" "]),
        (r#""""#, &[], &[]),
        (r#"["a b","c"]"#, &["a b", "c"], &["a b", "c"]),
        ("null", &[], &[]),
    ] {
        for profile in &whole {
            assert_eq!(read(profile, list), [words, one], "{list} {profile:?}");
        }
        assert_eq!(read(&split, list), [words, words], "{list}");
    }
}

#[test]
fn rfc_9068_profile_has_its_claims_and_type() {
    let profile = Profile::rfc9068();
    assert_eq!(profile.typ_rule, TypRule::AccessToken);
    let rules = rules(&profile);
    let payload = payload(&[("client_id", r#""client-2""#), ("cid", "1"), ("scope", r#""a b""#)]);
    let claims = check(&payload, &rules).unwrap();
    assert_eq!((&*claims.client, claims.scopes.iter().len()), ("client-2", 2));
}

fn header_with(json: &str, allowed: &[Algorithm]) -> Result<Header, TokenError> {
    UncheckedHeader::parse(json, allowed)?.check_all()
}

fn header(json: &str) -> Result<Header, TokenError> {
    header_with(json, &[Algorithm::RS256])
}

fn header_code(json: &str) -> &'static str {
    header(json).err().map_or("accepted", |error| error.code())
}

#[test]
fn header_that_okta_sends_is_read() {
    let header = header(r#"{"kid":"k-1","alg":"RS256"}"#).unwrap();
    assert_eq!((header.algorithm, &*header.key_id), (Algorithm::RS256, "k-1"));
}

#[test]
fn each_header_rule_has_its_code() {
    for (rest, expected) in [
        (r#""alg":"RS256""#, "missing_header"),
        (r#""kid":"k""#, "missing_header"),
        (r#""alg":"RS256","kid":"""#, "invalid_header"),
        (r#""alg":"RS256","kid":1"#, "invalid_header"),
        (r#""alg":"RS256","kid":null"#, "invalid_header"),
        (r#""alg":"RS256","kid":["k"]"#, "invalid_header"),
        (r#""alg":"RS256","kid":"\ud800""#, "invalid_header"),
        (r#""alg":1,"kid":"k""#, "invalid_header"),
        (r#""alg":null,"kid":"k""#, "invalid_header"),
        (r#""alg":"none","kid":"k""#, "algorithm_not_allowed"),
        (r#""alg":"None","kid":"k""#, "algorithm_not_allowed"),
        (r#""alg":"rs256","kid":"k""#, "algorithm_not_allowed"),
        (r#""alg":"RS256 ","kid":"k""#, "algorithm_not_allowed"),
        (r#""alg":"","kid":"k""#, "algorithm_not_allowed"),
        (r#""alg":"HS256","kid":"k""#, "algorithm_not_allowed"),
        (r#""alg":"RS384","kid":"k""#, "algorithm_not_allowed"),
        (r#""alg":"RS256","kid":"k","typ":1"#, "invalid_header"),
        (r#""alg":"RS256","kid":"k","typ":null"#, "invalid_header"),
        (r#""alg":"RS256","kid":"k","typ":"id_token""#, "type_not_allowed"),
        (r#""alg":"RS256","kid":"k","typ":"dpop+jwt""#, "type_not_allowed"),
        (r#""alg":"RS256","kid":"k","typ":"""#, "type_not_allowed"),
        (r#""alg":"RS256","kid":"k","typ":"applicationxJWT""#, "type_not_allowed"),
        (r#""alg":"RS256","kid":"k","crit":["exp"]"#, "unsupported_header"),
        (r#""alg":"RS256","kid":"k","crit":null"#, "unsupported_header"),
        (r#""alg":"RS256","kid":"k","crit":[]"#, "unsupported_header"),
        (r#""alg":"RS256","kid":"k","b64":false"#, "unsupported_header"),
        (r#""alg":"RS256","kid":"k","b64":"true""#, "unsupported_header"),
        (r#""alg":"RS256","kid":"k","crit":true"#, "unsupported_header"),
        (r#""alg":"RS256","kid":"k","zip":true"#, "unsupported_header"),
        (r#""alg":"RS256","kid":"k","enc":true"#, "unsupported_header"),
        (r#""alg":"RS256","kid":"k","zip":"DEF""#, "unsupported_header"),
        (r#""alg":"RS256","kid":"k","enc":"A256GCM""#, "unsupported_header"),
        (r#""alg":"RS256","kid":"k","kid":"k""#, "duplicate_member"),
        (r#""alg":"RS256","alg":"RS256","kid":"k""#, "duplicate_member"),
        (r#""alg":"RS256","kid":"k","typ":"JWT","typ":"JWT""#, "duplicate_member"),
        (r#""alg":"RS256","kid":"k","b64":true"#, "accepted"),
        (r#""alg":"RS256","kid":"k","jku":"https://evil.example.com","jwk":{},"x5u":1,"x5c":null"#, "accepted"),
    ] {
        assert_eq!(header_code(&format!("{{{rest}}}")), expected, "{rest}");
    }
    assert_eq!(header_code("[]"), "not_json_object");
}

#[test]
fn typ_of_an_access_token_is_accepted_in_any_case() {
    for name in ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", "Application/JWT"] {
        let json = format!(r#"{{"alg":"RS256","kid":"k","typ":"{name}"}}"#);
        assert!(header(&json).is_ok(), "{name}");
    }
}

fn required_typ(json: &str) -> Result<(), TokenError> {
    TypRule::AccessToken.check(header(json).unwrap().typ.as_deref())
}

#[test]
fn rfc_9068_requires_its_typ() {
    for (typ, expected) in [("", false), (r#","typ":"JWT""#, false), (r#","typ":"application/AT+jwt""#, true)] {
        let json = format!(r#"{{"alg":"RS256","kid":"k"{typ}}}"#);
        assert_eq!(required_typ(&json).is_ok(), expected, "{typ}");
    }
}

#[test]
fn typ_error_shows_the_typ_that_was_found() {
    let found = |typ: &str| {
        let json = format!(r#"{{"alg":"RS256","kid":"k","typ":{typ}}}"#);
        UncheckedHeader::parse(&json, &[]).unwrap().found_typ().to_string()
    };
    assert_eq!((found(r#""dpop+jwt""#).as_str(), found("1").as_str()), ("\"dpop+jwt\"", "none"));
    let error = header(r#"{"alg":"RS256","kid":"k","typ":"dpop+jwt"}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"invalid "typ" header parameter: found "dpop+jwt", expected none, "JWT" or "at+jwt""#
    );
    let error = required_typ(r#"{"alg":"RS256","kid":"k"}"#).unwrap_err();
    assert_eq!(error.to_string(), r#"invalid "typ" header parameter: found none, expected "at+jwt""#);
}

#[test]
fn header_error_shows_the_type_and_not_the_value() {
    for (rest, expected) in [
        (r#""kid":1"#, r#"invalid "kid" header parameter: found a number, expected a string that is not empty"#),
        (
            r#""kid":"""#,
            r#"invalid "kid" header parameter: found an empty string, expected a string that is not empty"#,
        ),
        (r#""kid":"k","crit":["secret"]"#, r#"unsupported "crit" header parameter: found an array, expected none"#),
        (r#""kid":"k","b64":false"#, r#"unsupported "b64" header parameter: found a boolean, expected none or true"#),
        (r#""kid":"k","typ":null"#, r#"invalid "typ" header parameter: found null, expected a string"#),
    ] {
        assert_eq!(header(&format!(r#"{{"alg":"RS256",{rest}}}"#)).unwrap_err().to_string(), expected);
    }
    let error = header("[1]").unwrap_err().to_string();
    assert_eq!(error, "invalid header segment: found an array, expected a JSON object in valid UTF-8");
}

#[test]
fn algorithm_is_accepted_only_if_allowed() {
    let json = r#"{"alg":"ES256","kid":"k"}"#;
    assert!(header_with(json, &[Algorithm::RS256, Algorithm::ES256]).is_ok());
    let error = header_with(json, &[Algorithm::RS256]).unwrap_err();
    assert_eq!(error.to_string(), r#"invalid "alg" header parameter: found "ES256", expected "RS256""#);
}
