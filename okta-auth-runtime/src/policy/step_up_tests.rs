//! Policies about the user's authentication, about actors and about bound tokens.

use std::cell::Cell;
use std::time::Duration;

use actix_web::test::TestRequest;
use serde_json::{Map, Value, json};

use super::{CheckFn, Policy, PolicyInput, Unmet};
use crate::context::AuthContext;

/// Seconds since the Unix epoch.
const NOW: u64 = 1_700_000_000;
/// The leeway of a caller without a token.
const LEEWAY: u64 = 60;

/// A caller with these further claims, as the text of JSON members.
fn caller(members: &str) -> AuthContext {
    let claims = r#""iss":"https://example.okta.com","aud":"a","exp":1800000000,"sub":"alice","uid":"u","cid":"c""#;
    let separator = if members.is_empty() { "" } else { "," };
    crate::context::unsigned(&format!("{{{claims}{separator}{members}}}"))
}

fn evaluate(policy: &Policy, user: &AuthContext) -> Result<(), Unmet> {
    policy.evaluate(PolicyInput { user, now: &|| Duration::from_secs(NOW), run_check: &|_| true })
}

fn auth_within(seconds: u64) -> Policy {
    Policy::auth_within(Duration::from_secs(seconds))
}

fn authentication(acr_values: &[&str], max_age: Option<u64>, scopes: &[&str]) -> Result<(), Unmet> {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Err(Unmet::Authentication { acr_values: owned(acr_values), max_age, scopes: owned(scopes) })
}

#[test]
fn acr_is_the_required_class_or_a_stronger_one() {
    let two_factors = Policy::acr("urn:okta:loa:2fa:any");
    for (members, expected) in [
        (r#""acr":"urn:okta:loa:2fa:any""#, true),
        (r#""acr":"phr""#, true),
        (r#""acr":"phrh""#, true),
        (r#""acr":"urn:okta:loa:1fa:any""#, false),
        (r#""acr":"urn:okta:loa:1fa:pwd""#, false),
        (r#""acr":"urn:okta:loa:2fa:any:ifpossible""#, false),
        (r#""acr":"URN:okta:loa:2fa:any""#, false),
        (r#""acr":"urn:okta:loa:2fa:any ""#, false),
        (r#""acr":"urn:okta:loa:2fa""#, false),
        (r#""acr":"urn\u003aokta:loa:2fa:any""#, true),
        (r#""acr":["urn:okta:loa:2fa:any"]"#, false),
        (r#""acr":null"#, false),
        (r#""acr":2"#, false),
        (r#""acr":"""#, false),
        (r#""acr":"phr","acr":"phr""#, false),
        (r#""acr":"phr","\u0061cr":"phr""#, false),
        ("", false),
    ] {
        let result = evaluate(&two_factors, &caller(members));
        assert_eq!(result.is_ok(), expected, "{members}");
        if !expected {
            assert_eq!(result, authentication(&["urn:okta:loa:2fa:any"], None, &[]), "{members}");
        }
    }
    assert!(evaluate(&Policy::acr(""), &caller("")).is_err());
}

#[test]
fn auth_time_is_within_the_age_and_not_in_the_future() {
    let at = |time: u64| format!(r#""auth_time":{time}"#);
    for (members, expected) in [
        (at(NOW), true),
        (at(NOW - 300), true),
        (at(NOW - 300 - LEEWAY), true),
        (format!(r#""auth_time":{}.5"#, NOW - 300 - LEEWAY - 1), false),
        (at(NOW - 300 - LEEWAY - 1), false),
        (at(NOW + LEEWAY), true),
        (at(NOW + LEEWAY + 1), false),
        (at(0), false),
        (r#""auth_time":-1"#.into(), false),
        (r#""auth_time":1e999"#.into(), false),
        (r#""auth_time":1e300"#.into(), false),
        (r#""auth_time":"1700000000""#.into(), false),
        (r#""auth_time":null"#.into(), false),
        (r#""auth_time":true"#.into(), false),
        (r#""auth_time":[1700000000]"#.into(), false),
        (format!("{},{}", at(NOW), at(NOW)), false),
        (String::new(), false),
    ] {
        let result = evaluate(&auth_within(300), &caller(&members));
        assert_eq!(result.is_ok(), expected, "{members}");
        if !expected {
            assert_eq!(result, authentication(&[], Some(300), &[]), "{members}");
        }
    }
    let always = Policy::auth_within(Duration::MAX);
    assert!(evaluate(&always, &caller(&at(0))).is_ok() && evaluate(&always, &caller(&at(NOW + LEEWAY + 1))).is_err());
}

#[test]
fn only_the_outermost_actor_decides() {
    let (agent, no_actor) = (Policy::actor("agent"), Policy::no_actor());
    for (members, is_agent, has_none) in [
        (r#""act":{"sub":"agent"}"#, true, false),
        (r#""act":{"sub":"agent","act":{"sub":"other"}}"#, true, false),
        (r#""act":{"sub":"other","act":{"sub":"agent"}}"#, false, false),
        (r#""act":{"sub":"Agent"}"#, false, false),
        (r#""act":{"client_id":"agent"}"#, false, false),
        (r#""act":{"sub":["agent"]}"#, false, false),
        (r#""act":{"sub":"agent","sub":"agent"}"#, false, false),
        (r#""act":{"sub":"agent"},"act":{"sub":"agent"}"#, false, false),
        (r#""act":{"sub":"agent"},"\u0061ct":{"sub":"agent"}"#, false, false),
        (r#""act":"agent""#, false, false),
        (r#""act":{}"#, false, false),
        (r#""act":[]"#, false, false),
        (r#""act":null"#, false, false),
        (r#""act":false"#, false, false),
        (r#""may_act":{"sub":"agent"}"#, false, true),
        ("", false, true),
    ] {
        let user = caller(members);
        for (policy, expected) in [(&agent, is_agent), (&no_actor, has_none)] {
            let result = evaluate(policy, &user);
            assert_eq!(result, if expected { Ok(()) } else { Err(Unmet::Forbidden) }, "{members} {policy:?}");
        }
        assert_eq!(user.actor().is_none(), has_none, "{members}");
    }
}

/// The SHA-256 thumbprint of some key.
const KEY: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

/// The claim of a bound token, behind other members.
fn cnf() -> String {
    format!(r#","cnf":{{"jkt":"{KEY}"}}"#)
}

#[test]
fn token_bound_to_any_kind_of_key_is_sender_constrained() {
    let policy = Policy::sender_constrained();
    for (members, expected) in [
        (format!(r#""cnf":{{"jkt":"{KEY}"}}"#), Ok(())),
        (format!(r#""cnf":{{"x5t#S256":"{KEY}"}}"#), Ok(())),
        (format!(r#""cnf":{{"jkt":"{KEY}","x5t#S256":"{KEY}"}}"#), Ok(())),
        (format!(r#""jkt":"{KEY}","x":{{"cnf":{{"jkt":"{KEY}"}}}}"#), Err(Unmet::NotBound)),
        (String::new(), Err(Unmet::NotBound)),
    ] {
        let user = caller(&members);
        assert_eq!(user.is_sender_constrained(), expected.is_ok(), "{members}");
        assert_eq!(evaluate(&policy, &user), expected, "{members}");
    }
}

#[test]
fn binding_comes_before_scopes_and_authentication() {
    let (bound, scope) = (Policy::sender_constrained, Policy::scope);
    let scopes = |names: &[&str]| Err(Unmet::Scopes(names.iter().map(|name| (*name).to_owned()).collect()));
    let never: CheckFn = |_, _| panic!("a check behind an unmet requirement runs");
    for (policy, with_bearer, with_bound) in [
        (bound(), Err(Unmet::NotBound), Ok(())),
        (bound().and(scope("lacks")), Err(Unmet::NotBound), scopes(&["lacks"])),
        (scope("lacks").and(bound()), Err(Unmet::NotBound), scopes(&["lacks"])),
        (bound().and(Policy::acr("phr")), Err(Unmet::NotBound), authentication(&["phr"], None, &[])),
        (bound().and(scope("has")).or(bound().and(scope("lacks"))), Err(Unmet::NotBound), Ok(())),
        (bound().and(scope("a")).or(bound().and(scope("b"))), Err(Unmet::NotBound), scopes(&["a"])),
        // An alternative without a bound token is preferred, whatever it costs.
        (bound().or(scope("lacks")), scopes(&["lacks"]), Ok(())),
        (bound().and(scope("has")).or(scope("a").and(scope("b"))), scopes(&["a", "b"]), Ok(())),
        (bound().or(Policy::acr("phr")), authentication(&["phr"], None, &[]), Ok(())),
        (bound().or(scope("has")), Ok(()), Ok(())),
        // Only alternatives that the caller can meet count.
        (bound().or(Policy::group("none")), Err(Unmet::NotBound), Ok(())),
        (bound().and(Policy::group("none")), Err(Unmet::Forbidden), Err(Unmet::Forbidden)),
        (bound().and(Policy::acr("gold plated")), Err(Unmet::Forbidden), Err(Unmet::Forbidden)),
    ] {
        let members = r#""scp":["has"]"#;
        assert_eq!(evaluate(&policy, &caller(members)), with_bearer, "{policy:?}");
        assert_eq!(evaluate(&policy, &caller(&format!("{members}{}", cnf()))), with_bound, "{policy:?}");
    }
    let user = caller("");
    let run_check = |check: CheckFn| check(&user, &TestRequest::default().to_http_request());
    let input = PolicyInput { user: &user, now: &|| Duration::ZERO, run_check: &run_check };
    assert_eq!(bound().and(Policy::check(never)).evaluate(input), Err(Unmet::NotBound));
}

#[test]
fn challenge_names_all_of_the_cheapest_alternative() {
    let (acr, scope) = (Policy::acr, Policy::scope);
    let two = "urn:okta:loa:2fa:any";
    for (policy, expected) in [
        (acr(two).and(auth_within(300)), authentication(&[two], Some(300), &[])),
        (acr(two).and(acr("phr")), authentication(&["phr"], None, &[])),
        (acr("phr").and(acr(two)).and(acr("phr")), authentication(&["phr"], None, &[])),
        (auth_within(300).and(auth_within(60)), authentication(&[], Some(60), &[])),
        // The scopes that the caller has are named too: a new token must have them as well.
        (scope("has").and(acr(two)), authentication(&[two], None, &["has"])),
        (scope("lacks").and(acr(two)), authentication(&[two], None, &["lacks"])),
        // A requirement that is met is named too: the new authentication must meet it as well.
        (acr("urn:okta:loa:1fa:any").and(auth_within(1)), authentication(&["urn:okta:loa:1fa:any"], Some(1), &[])),
        // Scopes are cheaper than an authentication, however many they are.
        (acr(two).or(scope("x").and(scope("y"))), Err(Unmet::Scopes(vec!["x".into(), "y".into()]))),
        (acr(two).or(acr("phr")), authentication(&[two], None, &[])),
        // No single class satisfies both.
        (acr("urn:okta:loa:1fa:pwd").and(acr(two)), Err(Unmet::Forbidden)),
        (acr("x").and(acr("y")), Err(Unmet::Forbidden)),
        // A class that is met excludes the one that is also required.
        (acr("urn:okta:loa:1fa:any").or(acr("x")).and(acr("x")), authentication(&["x"], None, &[])),
        // A challenge separates values by spaces and drops what a header can't carry, so another class would be requested.
        (acr("gold plated"), Err(Unmet::Forbidden)),
        (acr("phr\u{e9}"), Err(Unmet::Forbidden)),
        (acr("phr\\"), Err(Unmet::Forbidden)),
        (acr(""), Err(Unmet::Forbidden)),
        (acr("gold plated").or(acr(two)), authentication(&[two], None, &[])),
        (acr("gold plated").or(scope("z")), Err(Unmet::Scopes(vec!["z".into()]))),
        (acr("x").and(acr("y")).or(scope("z")), Err(Unmet::Scopes(vec!["z".into()]))),
        (acr(two).and(Policy::group("none")), Err(Unmet::Forbidden)),
        (acr(two).and(Policy::actor("agent")), Err(Unmet::Forbidden)),
        (acr(two).and(Policy::no_actor()), authentication(&[two], None, &[])),
    ] {
        let user = caller(&format!(r#""acr":"urn:okta:loa:1fa:any","auth_time":{},"scp":["has"]"#, NOW - 3600));
        assert_eq!(evaluate(&policy, &user), expected, "{policy:?}");
    }
    let service = caller("");
    assert_eq!(evaluate(&acr(two), &service), authentication(&[two], None, &[]));
}

/// For each caller and each policy of up to three requirements, searches all tokens that the caller can obtain. The challenge
/// must ask for the cheapest one that meets the policy.
#[test]
fn cheapest_alternative_decides_about_the_challenge() {
    const SCOPES: [&str; 2] = ["s", "t"];
    let requirements = || {
        [
            Policy::scope("s"),
            Policy::scope("t"),
            Policy::acr("phr"),
            auth_within(300),
            Policy::group("g"),
            Policy::no_actor(),
            Policy::sender_constrained(),
        ]
    };
    /// A caller is what it can change (scopes, authentication, binding) and what it can't (group, actor).
    fn user(scopes: usize, is_authenticated: bool, is_bound: bool, others: usize) -> AuthContext {
        let mut claims = Map::new();
        let granted: Vec<&str> = (0..2).filter(|index| scopes & (1 << index) != 0).map(|index| SCOPES[index]).collect();
        claims.insert("scp".into(), json!(granted));
        if is_authenticated {
            claims.insert("acr".into(), "phr".into());
            claims.insert("auth_time".into(), NOW.into());
        }
        if is_bound {
            claims.insert("cnf".into(), json!({ "jkt": KEY }));
        }
        if others & 1 != 0 {
            claims.insert("groups".into(), json!(["g"]));
        }
        if others & 2 != 0 {
            claims.insert("act".into(), json!({ "sub": "agent" }));
        }
        let text = Value::Object(claims).to_string();
        caller(&text[1..text.len() - 1])
    }
    let mut policies = Vec::new();
    for a in requirements() {
        for b in requirements() {
            policies.extend([a.clone().and(b.clone()), a.clone().or(b.clone())]);
            for c in requirements() {
                let (a, b) = (|| a.clone(), || b.clone());
                policies.extend([a().and(b()).and(c.clone()), a().or(b()).or(c.clone())]);
                policies.extend([a().and(b()).or(c.clone()), a().or(b()).and(c)]);
            }
        }
    }
    // A grant is one number: two bits for the scopes, one for the authentication, one for the binding.
    let grants = 0..16_usize;
    let user_with = |grant: usize, others| user(grant & 3, grant & 4 != 0, grant & 8 != 0, others);
    for others in 0..4 {
        let users: Vec<_> = grants.clone().map(|grant| user_with(grant, others)).collect();
        for policy in &policies {
            let results: Vec<_> = users.iter().map(|user| evaluate(policy, user)).collect();
            for (grant, found) in results.iter().enumerate() {
                let meeting = grants.clone().filter(|to| to & grant == grant && results[*to].is_ok());
                let changes = meeting.map(|to| to ^ grant);
                let cheapest = changes.map(|by| (by & 8 != 0, by & 4 != 0, (by & 3).count_ones())).min();
                let case = format!("{policy:?}, grant {grant:04b}, others {others:b}");
                let lacking =
                    |named: &[String]| named.iter().filter(|name| !users[grant].has_scope(name)).count() as u32;
                match (cheapest, found) {
                    (None, Err(Unmet::Forbidden)) | (Some((false, false, 0)), Ok(())) => {}
                    (Some((true, ..)), Err(Unmet::NotBound)) => {}
                    (Some((false, false, count)), Err(Unmet::Scopes(named))) => {
                        assert_eq!(lacking(named), count, "{case}");
                    }
                    (Some((false, true, count)), Err(Unmet::Authentication { scopes: named, .. })) => {
                        assert_eq!(lacking(named), count, "{case}");
                    }
                    other => panic!("{case}: {other:?}"),
                }
            }
        }
    }
}

/// A generator of the same numbers on every run (an LCG of Knuth).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn policy(&mut self, depth: usize) -> Policy {
        const CLASSES: [&str; 5] = ["urn:okta:loa:1fa:pwd", "urn:okta:loa:2fa:any", "phr", "x", "y"];
        match self.below(if depth == 0 { 10 } else { 16 }) {
            0..3 => Policy::scope(["s", "t", "u"][self.below(3)]),
            3..6 => Policy::acr(CLASSES[self.below(CLASSES.len())]),
            6 => auth_within([60, 300][self.below(2)]),
            7 => Policy::group("g"),
            8 => Policy::no_actor(),
            9 => Policy::sender_constrained(),
            kind => {
                let length = 1 + self.below(3);
                let policies: Vec<_> = (0..length).map(|_| self.policy(depth - 1)).collect();
                if kind % 2 == 0 { Policy::all(policies) } else { Policy::any(policies) }
            }
        }
    }
}

/// The claims that a client can change: the scopes, the class and the time of the authentication, and the binding.
#[derive(Debug, Clone, PartialEq)]
struct Grant {
    scopes: Vec<String>,
    acr: Option<String>,
    auth_time: u64,
    is_bound: bool,
}

impl Grant {
    fn caller(&self, others: &str) -> AuthContext {
        let acr = self.acr.as_ref().map(|acr| format!(r#","acr":"{acr}""#)).unwrap_or_default();
        let cnf = if self.is_bound { cnf() } else { String::new() };
        caller(&format!(r#""scp":{},"auth_time":{}{acr}{cnf}{others}"#, json!(self.scopes), self.auth_time))
    }
}

#[test]
fn client_that_obeys_the_challenge_is_let_in() {
    const CLASSES: [Option<&str>; 7] = [
        None,
        Some("urn:okta:loa:1fa:any"),
        Some("urn:okta:loa:1fa:pwd"),
        Some("urn:okta:loa:2fa:any"),
        Some("phr"),
        Some("x"),
        Some("y"),
    ];
    let mut numbers = Numbers(15);
    let scopes = |set: usize| -> Vec<String> {
        (0..3).filter(|index| set & (1 << index) != 0).map(|index| ["s", "t", "u"][index].into()).collect()
    };
    for _ in 0..2_000 {
        let policy = numbers.policy(3);
        let others = ["", r#","groups":["g"]"#, r#","act":{"sub":"agent"}"#][numbers.below(3)];
        let mut before = Grant {
            scopes: scopes(numbers.below(8)),
            acr: CLASSES[numbers.below(CLASSES.len())].map(str::to_owned),
            auth_time: NOW - [0, 200, 4000][numbers.below(3)],
            is_bound: numbers.below(2) == 0,
        };
        let mut result = evaluate(&policy, &before.caller(others));
        // With a bound token, the client gets the challenge for the rest of the policy.
        if result == Err(Unmet::NotBound) {
            assert!(!before.is_bound, "{policy:?}: {before:?}{others}");
            before.is_bound = true;
            result = evaluate(&policy, &before.caller(others));
            assert_ne!(result, Err(Unmet::Forbidden), "{policy:?}: {before:?}{others}");
        }
        let after = match result {
            Ok(()) => continue,
            Err(Unmet::NotBound) => panic!("{policy:?} rejects {before:?}{others} as not bound"),
            Err(Unmet::Scopes(scopes)) => Grant { scopes, ..before.clone() },
            Err(Unmet::Authentication { acr_values, max_age: _, scopes }) => {
                Grant { scopes, acr: acr_values.first().cloned(), auth_time: NOW, ..before.clone() }
            }
            Err(Unmet::Forbidden) => {
                for (set, acr) in (0..16).flat_map(|set| CLASSES.map(|acr| (set, acr))) {
                    let any = Grant {
                        scopes: scopes(set),
                        acr: acr.map(str::to_owned),
                        auth_time: NOW,
                        is_bound: set & 8 != 0,
                    };
                    let result = evaluate(&policy, &any.caller(others));
                    assert!(result.is_err(), "{policy:?} is forbidden for {before:?}{others}, but met by {any:?}");
                }
                continue;
            }
        };
        assert_eq!(evaluate(&policy, &after.caller(others)), Ok(()), "{policy:?}: {before:?}{others}, then {after:?}");
    }
}

#[test]
fn check_that_changes_its_mind_makes_no_challenge() {
    let decided = Cell::new(false);
    let run_check = |_| decided.replace(true);
    let user = caller("");
    let check = Policy::check(|_, _| true);
    let result = check.evaluate(PolicyInput { user: &user, now: &|| Duration::from_secs(NOW), run_check: &run_check });
    assert_eq!(result, Err(Unmet::Forbidden));
}
