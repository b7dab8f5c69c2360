use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use super::alternatives::MAX_ALTERNATIVES;
use super::*;
use crate::context::AuthContext;

/// A user with these further claims.
fn user(claims: Value) -> AuthContext {
    let mut all = json!({
        "iss": "https://example.okta.com/oauth2/default", "aud": "api://default", "exp": 1_800_000_000,
        "sub": "alice", "uid": "00u1", "cid": "client-1", "scp": ["a", "b"], "groups": ["ops"],
    });
    for (name, value) in claims.as_object().expect("an object") {
        all[name] = value.clone();
    }
    AuthContext::without_token(&all).expect("good claims")
}

/// A user with this further claim, as JSON text.
fn user_with(member: &str) -> AuthContext {
    let claims =
        r#""iss":"https://example.okta.com","aud":"api://default","exp":1800000000,"sub":"alice","cid":"client-1""#;
    crate::context::unsigned(&format!("{{{claims},{member}}}"))
}

fn alice() -> AuthContext {
    user(json!({ "tier": "gold", "level": 3, "beta": true, "roles": ["x", 7, false], "org": { "id/1": ["deep"] } }))
}

/// Seconds since the Unix epoch.
const NOW: u64 = 1_700_000_000;

fn input<T>(user: &AuthContext, use_it: impl FnOnce(PolicyInput<'_>) -> T) -> T {
    let request = TestRequest::default().to_http_request();
    let run_check = |check: CheckFn| check(user, &request);
    use_it(PolicyInput { user, now: &|| Duration::from_secs(NOW), run_check: &run_check })
}

fn evaluate(policy: &Policy, user: &AuthContext) -> Result<(), Unmet> {
    input(user, |input| policy.evaluate(input))
}

fn number_of_alternatives(policy: &Policy) -> usize {
    input(&alice(), |input| policy.alternatives(input, true).len())
}

fn holds(policy: &Policy) -> bool {
    evaluate(policy, &alice()).is_ok()
}

fn scopes(names: &[&str]) -> Result<(), Unmet> {
    Err(Unmet::Scopes(names.iter().map(|name| (*name).to_owned()).collect()))
}

#[test]
fn each_requirement_holds_only_for_the_callers_it_describes() {
    let service = user(json!({ "uid": null }));
    for (policy, expected) in [
        (Policy::authenticated(), true),
        (Policy::scope("a"), true),
        (Policy::scope("c"), false),
        (Policy::scope("A"), false),
        (Policy::scope(""), false),
        (Policy::group("ops"), true),
        (Policy::group("op"), false),
        (Policy::client("client-1"), true),
        (Policy::client("client-2"), false),
        (Policy::not_client("client-1"), false),
        (Policy::not_client("client-2"), true),
        (Policy::user("alice"), true),
        (Policy::user("bob"), false),
        (Policy::not_user("alice"), false),
        (Policy::not_user("bob"), true),
        (Policy::user_id_present(), true),
        (Policy::user_id_absent(), false),
        (Policy::check(|user, _| user.user() == "alice"), true),
        (Policy::check(|user, _| user.user() == "bob"), false),
        (Policy::all([]), false),
        (constant::all(&[]), false),
        (Policy::all([Policy::all([])]), false),
        (Policy::authenticated().and(Policy::all([])), false),
        (Policy::authenticated().or(Policy::all([])), true),
        (Policy::all([Policy::authenticated()]), true),
        (Policy::any([]), false),
    ] {
        assert_eq!(holds(&policy), expected, "{policy:?}");
    }
    assert!(evaluate(&Policy::user_id_absent(), &service).is_ok());
    assert_eq!(evaluate(&Policy::user_id_present(), &service), Err(Unmet::Forbidden));
}

#[test]
fn a_claim_is_compared_by_type_and_value() {
    for (policy, expected) in [
        (Policy::claim("tier", "gold"), true),
        (Policy::claim("tier", "gol"), false),
        (Policy::claim("tier", String::from("gold")), true),
        (Policy::claim("level", 3), true),
        (Policy::claim("level", 4), false),
        (Policy::claim("level", "3"), false),
        (Policy::claim("beta", true), true),
        (Policy::claim("beta", false), false),
        (Policy::claim("beta", 1), false),
        (Policy::claim("roles", "x"), true),
        (Policy::claim("roles", "y"), false),
        (Policy::claim("roles", 7), true),
        (Policy::claim("roles", false), true),
        (Policy::claim("roles", true), false),
        (Policy::claim("missing", "gold"), false),
        (Policy::claim("/tier", "gold"), true),
        (Policy::claim("/org/id~11", "deep"), true),
        (Policy::claim("/org/id~11/0", "deep"), true),
        (Policy::claim("/org/id~11/1", "deep"), false),
        (Policy::claim("org", "deep"), false),
        (Policy::claim("/", "gold"), false),
    ] {
        assert_eq!(holds(&policy), expected, "{policy:?}");
    }
}

#[test]
fn claim_is_compared_as_the_issuer_wrote_it() {
    for (member, value, expected) in [
        (r#""a":"g\u006fld""#, ClaimValue::from("gold"), true),
        (r#""\u0061":"gold""#, "gold".into(), true),
        (r#""a":"gold ""#, "gold".into(), false),
        (r#""a":"\ud800""#, "\u{fffd}".into(), false),
        (r#""a":["x" , "g\u006fld" ]"#, "gold".into(), true),
        (r#""a":["\ud800","gold"]"#, "gold".into(), true),
        (r#""a":[["gold"]]"#, "gold".into(), false),
        (r#""a":[]"#, "gold".into(), false),
        (r#""a":"[\"gold\"]""#, "gold".into(), false),
        (r#""a":{"gold":"gold"}"#, "gold".into(), false),
        (r#""a":null"#, "null".into(), false),
        (r#""a":true"#, "true".into(), false),
        (r#""a":3"#, 3.into(), true),
        (r#""a":-3"#, ClaimValue::from(-3), true),
        (r#""a":"3""#, 3.into(), false),
        (r#""a":3.0"#, 3.into(), false),
        (r#""a":3e0"#, 3.into(), false),
        (r#""a":0"#, 0.into(), true),
        (r#""a":-0"#, 0.into(), false),
        (r#""a":9223372036854775807"#, i64::MAX.into(), true),
        (r#""a":-9223372036854775808"#, i64::MIN.into(), true),
        (r#""a":9223372036854775808"#, i64::MIN.into(), false),
        (r#""a":18446744073709551615"#, ClaimValue::from(-1), false),
        (r#""a":[1.0,3]"#, 3.into(), true),
        (r#""a":"true""#, true.into(), false),
        (r#""a":1"#, true.into(), false),
        (r#""a":null"#, false.into(), false),
        (r#""a":[null,false]"#, false.into(), true),
    ] {
        let policy = Policy::claim("a", value);
        assert_eq!(evaluate(&policy, &user_with(member)).is_ok(), expected, "{member} {policy:?}");
    }
}

#[test]
fn object_with_a_private_key_of_serde_json_is_an_object() {
    for key in ["$serde_json::private::RawValue", "$serde_json::private::Number"] {
        for (name, found, value) in [
            ("a", r#""\"gold\"""#, ClaimValue::from("gold")),
            ("a", r#""gold""#, "gold".into()),
            ("a", r#""true""#, true.into()),
            ("a", r#""9""#, 9.into()),
            ("a", r#""[9]""#, 9.into()),
            ("/a/0", r#""[9]""#, 9.into()),
            ("/a/admin", r#""{\"admin\":true}""#, true.into()),
            ("/a/level", r#""{\"level\":9}""#, 9.into()),
        ] {
            let policy = Policy::claim(name, value);
            let object = format!(r#"{{"{key}":{found}}}"#);
            for member in [format!(r#""a":{object}"#), format!(r#""a":[{object}]"#)] {
                assert_eq!(evaluate(&policy, &user_with(&member)), Err(Unmet::Forbidden), "{member} {policy:?}");
            }
        }
    }
    let name = "/a/$serde_json::private::RawValue";
    let user = user_with(r#""a":{"$serde_json::private::RawValue":"x"}"#);
    assert_eq!(evaluate(&Policy::claim(name, "x"), &user), Ok(()), "the key is a name like any other");
}

#[test]
fn claim_with_a_duplicate_member_on_its_path_is_not_met() {
    for (member, name, expected) in [
        (r#""a":{"role":"user","role":"admin"}"#, "/a/role", false),
        (r#""a":{"role":"admin","role":"user"}"#, "/a/role", false),
        (r#""a":{"role":"admin","role":"admin"}"#, "/a/role", false),
        (r#""a":{"role":"admin","r\u006fle":"admin"}"#, "/a/role", false),
        (r#""a":{"b":{"role":"admin"},"b":{}}"#, "/a/b/role", false),
        (r#""a":[{"role":"admin","role":"admin"}]"#, "/a/0/role", false),
        (r#""a":{"role":"admin"},"a":{"role":"admin"}"#, "/a/role", false),
        (r#""a":{"role":"admin","x":1,"x":2},"x":1,"x":2"#, "/a/role", true),
    ] {
        for value in ["admin", "user"] {
            let is_met = evaluate(&Policy::claim(name, value), &user_with(member)).is_ok();
            assert_eq!(is_met, expected && value == "admin", "{member} {value}");
        }
    }
}

#[test]
fn a_pointer_unescapes_the_name_of_the_claim() {
    let user = user(json!({ "a/b": "x", "c~d": "y", "e~1f": "z", "": "w" }));
    for (name, value, expected) in [
        ("/a~1b", "x", true),
        ("/c~0d", "y", true),
        ("/e~01f", "z", true),
        ("a/b", "x", true),
        ("/", "w", true),
        ("/a/b", "x", false),
    ] {
        assert_eq!(evaluate(&Policy::claim(name, value), &user).is_ok(), expected, "{name}");
    }
}

#[test]
fn expressions_hold_as_they_read() {
    let (yes, no) = (|| Policy::scope("a"), || Policy::group("none"));
    for (policy, expected) in [
        (yes().and(yes()), true),
        (yes().and(no()), false),
        (no().and(yes()), false),
        (yes().or(no()), true),
        (no().or(yes()), true),
        (no().or(no()), false),
        (yes().and(no().or(yes())), true),
        (no().or(yes().and(no())), false),
        (Policy::all([yes(), yes(), no()]), false),
        (Policy::any([no(), no(), yes()]), true),
    ] {
        assert_eq!(holds(&policy), expected, "{policy:?}");
    }
}

#[test]
fn scopes_that_would_help_are_reported() {
    use Policy as P;
    let s = |scope: &'static str| P::scope(scope);
    for (policy, expected) in [
        (s("c"), scopes(&["c"])),
        (s("a").and(s("c")), scopes(&["a", "c"])),
        (s("c").and(s("d")), scopes(&["c", "d"])),
        (s("c").and(s("c")), scopes(&["c"])),
        // The alternative that lacks the fewest scopes, then the shortest one.
        (s("c").and(s("d")).or(s("e")), scopes(&["e"])),
        (s("c").and(s("a")).or(s("d").and(s("e"))), scopes(&["c", "a"])),
        (s("c").and(s("a")).or(s("d")), scopes(&["d"])),
        (s("c").or(s("d")), scopes(&["c"])),
        (s("c").or(s("d")).and(s("d").or(s("e"))), scopes(&["d"])),
        // If no scope helps, none is reported.
        (P::group("none"), Err(Unmet::Forbidden)),
        (s("c").and(P::group("none")), Err(Unmet::Forbidden)),
        (s("c").and(P::group("none")).or(s("d").and(P::group("ops"))), scopes(&["d"])),
        (s("c").and(P::client("client-1")), scopes(&["c"])),
        (P::any([]), Err(Unmet::Forbidden)),
        (P::all([]), Err(Unmet::Forbidden)),
        (s("c").and(P::all([])), Err(Unmet::Forbidden)),
        (s("c").and(P::authenticated()), scopes(&["c"])),
        (s("c").or(P::all([])), scopes(&["c"])),
    ] {
        assert_eq!(evaluate(&policy, &alice()), expected, "{policy:?}");
    }
}

#[test]
fn large_policy_follows_a_bounded_number_of_alternatives() {
    let pair = |index: usize| Policy::scope(format!("x{index}")).or(Policy::scope(format!("y{index}")));
    let policy = Policy::all((0..40).map(pair));
    let Err(Unmet::Scopes(wanted)) = evaluate(&policy, &alice()) else { panic!("scopes would help") };
    assert_eq!(wanted.len(), 40);
    assert!(number_of_alternatives(&policy) <= MAX_ALTERNATIVES);
    let any = Policy::any((0..1000).map(|index| Policy::scope(index.to_string())));
    assert_eq!(number_of_alternatives(&any), MAX_ALTERNATIVES);
}

#[test]
fn check_is_found_anywhere_in_a_policy() {
    let check = || Policy::check(|_, _| true);
    let scope = || Policy::scope("a");
    for (policy, expected) in [
        (check(), true),
        (scope().and(check()), true),
        (scope().or(Policy::all([scope(), check()])), true),
        (Policy::all([]), false),
        (scope().or(Policy::no_actor()), false),
        (scope().or(Policy::sender_constrained()), false),
    ] {
        assert_eq!(policy.has_check(), expected, "{policy:?}");
    }
}

#[test]
fn debug_writes_the_expression() {
    let check = Policy::check(|_, _| true);
    for (policy, expected) in [
        (Policy::authenticated(), "authenticated()"),
        (Policy::any([]), "nobody()"),
        (Policy::all([]), "nobody()"),
        (Policy::scope("a\"b"), r#"scope("a\"b")"#),
        (Policy::group("g"), r#"group("g")"#),
        (Policy::client("c").and(Policy::not_client("d")), r#"client("c") && !client("d")"#),
        (Policy::user("u").or(Policy::not_user("v")), r#"user("u") || !user("v")"#),
        (Policy::user_id_present().and(Policy::user_id_absent()), "user_id_present() && !user_id_present()"),
        (Policy::claim("t", "x").and(Policy::claim("n", -3)), r#"claim("t", "x") && claim("n", -3)"#),
        (Policy::claim("b", false).and(check), r#"claim("b", false) && check(..)"#),
        (Policy::acr("phr").and(Policy::no_actor()), r#"acr("phr") && no_actor()"#),
        (Policy::auth_within(Duration::from_secs(300)).or(Policy::actor("a")), r#"auth_within(300) || actor("a")"#),
        (Policy::auth_within(Duration::from_millis(1500)), "auth_within(1.5s)"),
        (Policy::sender_constrained().and(Policy::scope("a")), r#"sender_constrained() && scope("a")"#),
        (Policy::all([Policy::any([Policy::scope("a")])]), r#"scope("a")"#),
        (
            Policy::scope("a").or(Policy::scope("b").and(Policy::scope("c"))),
            r#"scope("a") || (scope("b") && scope("c"))"#,
        ),
    ] {
        assert_eq!(format!("{policy:?}"), expected);
    }
}

#[test]
fn constants_and_methods_make_the_same_policies() {
    static LIST: [Policy; 2] = [constant::scope("a"), constant::group("g")];
    fn check(_: &AuthContext, _: &HttpRequest) -> bool {
        true
    }
    for (ours, theirs) in [
        (constant::authenticated(), Policy::authenticated()),
        (constant::all(&LIST), Policy::scope("a").and(Policy::group("g"))),
        (constant::any(&LIST), Policy::scope("a").or(Policy::group("g"))),
        (constant::client("c"), Policy::client("c")),
        (constant::not_client("c"), Policy::not_client("c")),
        (constant::user("u"), Policy::user("u")),
        (constant::not_user("u"), Policy::not_user("u")),
        (constant::user_id_present(), Policy::user_id_present()),
        (constant::user_id_absent(), Policy::user_id_absent()),
        (constant::claim_text("t", "x"), Policy::claim("t", "x")),
        (constant::claim_integer("t", 1), Policy::claim("t", 1)),
        (constant::claim_boolean("t", true), Policy::claim("t", true)),
        (constant::acr("phr"), Policy::acr("phr")),
        (constant::auth_within(300), Policy::auth_within(Duration::from_secs(300))),
        (constant::actor("agent"), Policy::actor("agent")),
        (constant::no_actor(), Policy::no_actor()),
        (constant::sender_constrained(), Policy::sender_constrained()),
        (constant::check(check), Policy::check(check)),
    ] {
        assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
    }
}

#[test]
fn check_behind_a_missing_scope_is_not_run() {
    fn relies_on_what_stands_before(_: &AuthContext, _: &HttpRequest) -> bool {
        panic!("asked")
    }
    fn refuses(_: &AuthContext, _: &HttpRequest) -> bool {
        false
    }
    let unreached = Policy::all([Policy::scope("c"), Policy::check(relies_on_what_stands_before)]);
    assert_eq!(evaluate(&unreached, &alice()), scopes(&["c"]));
    let further = Policy::all([Policy::scope("c"), Policy::scope("a"), Policy::check(relies_on_what_stands_before)]);
    assert_eq!(evaluate(&further, &alice()), scopes(&["c", "a"]));
    let reached = Policy::all([Policy::scope("a"), Policy::check(refuses)]);
    assert_eq!(evaluate(&reached, &alice()), Err(Unmet::Forbidden));
}
