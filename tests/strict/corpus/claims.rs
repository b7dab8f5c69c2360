//! Claims with every wrong JSON type, missing claims, and empty claims: RFC 7519 section 4, RFC 9068 section 2.2.

use super::{ACCEPTED, Case};
use crate::fixture::{Fixture, MARK};

pub(crate) fn cases(fixture: &Fixture) -> Vec<Case> {
    [types(fixture), absences(fixture), optional(fixture), contents(fixture)].into_iter().flatten().collect()
}

/// A value of every kind, as JSON text.
pub(super) fn values() -> [(&'static str, String); 9] {
    let text = format!("\"{MARK}\"");
    [
        ("array", format!("[{text}]")),
        ("mixed", format!("[{text},1]")),
        ("nested", format!("[[{text}]]")),
        ("object", format!("{{\"{MARK}\":{text}}}")),
        ("string", text),
        ("number", "1".into()),
        ("fraction", "1.5".into()),
        ("true", "true".into()),
        ("false", "false".into()),
    ]
}

fn types(fixture: &Fixture) -> Vec<Case> {
    let right = |claim: &str| -> &[&str] {
        match claim {
            "iss" | "sub" | "cid" | "uid" => &["string"],
            "aud" => &["string", "array"],
            "scp" | "groups" => &["array", "string"],
            _ => &["number", "fraction"],
        }
    };
    let mut cases = Vec::new();
    for claim in ["iss", "sub", "aud", "exp", "nbf", "iat", "cid", "uid", "scp", "groups"] {
        for (kind, value) in values() {
            if !right(claim).contains(&kind) {
                let token = fixture.with_claims(&[(claim, &value)]);
                cases.push(Case::new(format!("{claim}, {kind}"), token, format!("invalid_claim {claim}")));
            }
        }
    }
    for claim in ["exp", "nbf", "iat"] {
        for value in ["\"1800000000\"", "\"2026-11-23T00:00:00Z\"", "\"\"", "[1800000000]"] {
            let token = fixture.with_claims(&[(claim, value)]);
            cases.push(Case::new(format!("{claim} {value}"), token, format!("invalid_claim {claim}")));
        }
    }
    cases
}

fn absences(fixture: &Fixture) -> Vec<Case> {
    let mut cases = Vec::new();
    for claim in ["iss", "sub", "aud", "exp"] {
        cases.push(Case::new(
            format!("no {claim}"),
            fixture.with_claims(&[(claim, "")]),
            format!("missing_claim {claim}"),
        ));
        cases.push(Case::new(
            format!("{claim} null"),
            fixture.with_claims(&[(claim, "null")]),
            format!("invalid_claim {claim}"),
        ));
        let capital = fixture.with_claims(&[(claim, ""), (&claim.to_uppercase(), "\"x\"")]);
        cases.push(Case::new(format!("{claim} in capitals"), capital, format!("missing_claim {claim}")));
    }
    for claim in ["nbf", "iat", "uid", "scp", "groups"] {
        cases.push(Case::new(format!("no {claim}"), fixture.with_claims(&[(claim, "")]), ACCEPTED));
    }
    for claim in ["nbf", "iat"] {
        cases.push(Case::new(
            format!("{claim} null"),
            fixture.with_claims(&[(claim, "null")]),
            format!("invalid_claim {claim}"),
        ));
    }
    for claim in ["uid", "scp", "groups"] {
        cases.push(Case::new(format!("{claim} null"), fixture.with_claims(&[(claim, "null")]), ACCEPTED));
    }
    for claim in ["scp", "groups"] {
        for value in [r#""""#, r#""  ""#, r#""orders:read""#, r#""orders:read  x ""#, r#"["orders:read x",""]"#, "[]"] {
            cases.push(Case::new(format!("{claim} {value}"), fixture.with_claims(&[(claim, value)]), ACCEPTED));
        }
    }
    for value in ["", "null", "\"\""] {
        cases.push(Case::new(format!("cid {value:?}"), fixture.with_claims(&[("cid", value)]), "client_not_allowed"));
    }
    for claim in ["sub", "uid"] {
        cases.push(Case::new(
            format!("{claim} empty"),
            fixture.with_claims(&[(claim, "\"\"")]),
            format!("invalid_claim {claim}"),
        ));
    }
    cases.push(Case::new("aud without items", fixture.with_claims(&[("aud", "[]")]), "audience_not_allowed"));
    cases.push(Case::new("no claims at all", fixture.token().raw_payload("{}").sign(), "missing_claim iss"));
    cases
}

/// Claims that only a policy reads. They never make a token invalid.
fn optional(fixture: &Fixture) -> Vec<Case> {
    let mut cases = Vec::new();
    for claim in ["acr", "auth_time", "act"] {
        let fixed = ["null", "\"\"", "-1", "1e999", "{}", "[]"].map(|value| (value, value.to_owned()));
        for (kind, value) in values().into_iter().chain(fixed) {
            let token = fixture.with_claims(&[(claim, &value)]);
            cases.push(Case::new(format!("{claim}, {kind}"), token, ACCEPTED));
        }
        let payload = fixture.payload(&[]);
        for again in [claim.to_owned(), format!("\\u0061{}", &claim[1..])] {
            let members = format!(r#"{{"{claim}":"{MARK}","{again}":"{MARK}","#);
            let twice = fixture.token().raw_payload(payload.replacen('{', &members, 1)).sign();
            cases.push(Case::new(format!("{claim} and {again}"), twice, ACCEPTED));
        }
    }
    let deep = format!("{}1{}", r#"{"sub":"x","act":"#.repeat(100), "}".repeat(100));
    cases.push(Case::new("100 actors", fixture.with_claims(&[("act", &deep)]), ACCEPTED));
    cases
}

/// Tokens bound to a key are not Bearer tokens. Of two defects, the more severe one is reported.
fn contents(fixture: &Fixture) -> Vec<Case> {
    let mut cases = Vec::new();
    for cnf in [r#"{"jkt":"x"}"#, r#"{"x5t#S256":"x"}"#, "{}", "null", "false", "\"\""] {
        cases.push(Case::new(format!("cnf {cnf}"), fixture.with_claims(&[("cnf", cnf)]), "bound_to_key"));
    }
    let expired = fixture.with_claims(&[("cid", "\"0oaother\""), ("exp", "1")]);
    cases.push(Case::new("another client, and expired", expired, "expired"));
    let forged = fixture.token().audience("api://other").expired().tamper(okta_auth_testing::Tamper::Signature).sign();
    cases.push(Case::new("another audience, expired, and forged", forged, "bad_signature"));
    cases
}
