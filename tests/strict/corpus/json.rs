//! JSON that parsers read differently (duplicates, depth, numbers, text encodings): RFC 7519 section 7.2, RFC 8259.

use super::{ACCEPTED, Case};
use crate::fixture::{Fixture, MARK, NOW};

pub(crate) fn cases(fixture: &Fixture) -> Vec<Case> {
    [texts(fixture), duplicates(fixture), depths(fixture), numbers(fixture), strings(fixture)]
        .into_iter()
        .flatten()
        .collect()
}

/// Text that is not a JSON object in UTF-8, as the header and as the payload.
fn texts(fixture: &Fixture) -> Vec<Case> {
    let (header, payload) = (fixture.header(""), fixture.payload(&[]));
    let wrong = |good: &str| -> Vec<(&'static str, Vec<u8>)> {
        let inner = good.trim_matches(['{', '}']);
        let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
        vec![
            ("nothing", Vec::new()),
            ("white space", b" \n".to_vec()),
            ("null", b"null".to_vec()),
            ("a number", b"1".to_vec()),
            ("a string", b"\"a\"".to_vec()),
            ("an array", format!("[{good}]").into()),
            ("two objects", format!("{good}{good}").into()),
            ("an object and more", format!("{good} x").into()),
            ("a NUL behind", format!("{good}\0").into()),
            ("no closing brace", format!("{{{inner}").into()),
            ("a comma too many", format!("{{{inner},}}").into()),
            ("a comment", format!("{{{inner}/* */}}").into()),
            ("single quotes", good.replace('"', "'").into()),
            ("NaN", format!("{{{inner},\"x\":NaN}}").into()),
            ("Infinity", format!("{{{inner},\"x\":-Infinity}}").into()),
            ("a leading zero", format!("{{{inner},\"x\":01}}").into()),
            ("a plus sign", format!("{{{inner},\"x\":+1}}").into()),
            ("a bare fraction", format!("{{{inner},\"x\":.5}}").into()),
            ("a control character in a string", format!("{{{inner},\"x\":\"\n\"}}").into()),
            ("a wrong escape", format!("{{{inner},\"x\":\"\\x41\"}}").into()),
            ("a lone surrogate as a name", format!("{{{inner},\"\\ud800\":1}}").into()),
            ("a byte order mark", format!("\u{feff}{good}").into()),
            ("UTF-16", utf16),
            ("invalid UTF-8", [good.as_bytes(), &[0xff]].concat()),
            ("invalid UTF-8 in a string", [b"{\"x\":\"\xc3\x28\",", inner.as_bytes(), b"}"].concat()),
            ("an overlong encoding", [b"{\"x\":\"\xc0\xaf\",", inner.as_bytes(), b"}"].concat()),
            ("an encoded surrogate", [b"{\"x\":\"\xed\xa0\x80\",", inner.as_bytes(), b"}"].concat()),
            ("unbalanced depth", format!("{{{inner},\"x\":{}}}", "[".repeat(4000)).into()),
        ]
    };
    let mut cases = Vec::new();
    for (name, bytes) in wrong(&header) {
        let token = fixture.token().raw_header(bytes).sign();
        cases.push(Case::new(format!("header: {name}"), token, "not_json_object header"));
    }
    for (name, bytes) in wrong(&payload) {
        let token = fixture.token().raw_payload(bytes).sign();
        cases.push(Case::new(format!("payload: {name}"), token, "not_json_object payload"));
    }
    let spaced = fixture.token().raw_header(format!(" {header}\n")).raw_payload(format!("\r\n\t {payload} ")).sign();
    cases.push(Case::new("white space around the objects", spaced, ACCEPTED));
    cases
}

/// Members that the validator reads must be unique in any spelling. Duplicates of other members are ignored.
fn duplicates(fixture: &Fixture) -> Vec<Case> {
    let mut cases = Vec::new();
    let (header, payload) = (fixture.header(""), fixture.payload(&[]));
    for name in ["alg", "kid", "typ", "crit", "b64", "zip", "enc"] {
        for (first, second) in [("\"RS256\"", "\"RS256\""), ("\"RS256\"", "null"), ("null", "\"none\"")] {
            let twice = format!(r#"{{"{name}":{first},"{name}":{second},"more":1}}"#);
            let expected = format!("duplicate_member header {name}");
            cases.push(Case::new(format!("{name} twice"), fixture.with_header(&twice), expected));
        }
    }
    let escaped = header.replacen('{', r#"{"\u0061lg":"none","#, 1);
    cases.push(Case::new(
        "alg twice, once with an escape",
        fixture.with_header(&escaped),
        "duplicate_member header alg",
    ));
    for name in ["iss", "sub", "aud", "exp", "nbf", "iat", "cnf", "cid", "uid", "scp", "groups"] {
        let twice = payload.replacen('{', &format!(r#"{{"{name}":1,"{name}":1,"#), 1);
        let token = fixture.token().raw_payload(twice).sign();
        cases.push(Case::new(format!("{name} twice"), token, format!("duplicate_member payload {name}")));
    }
    for (name, first) in [("exp", "\"e\\u0078p\""), ("sub", "\"\\u0073ub\""), ("scp", "\"sc\\u0070\"")] {
        let twice = payload.replacen('{', &format!("{{{first}:null,"), 1);
        let token = fixture.token().raw_payload(twice).sign();
        let expected = format!("duplicate_member payload {name}");
        cases.push(Case::new(format!("{name} twice, once with an escape"), token, expected));
    }
    let others = payload.replacen('{', r#"{"x":1,"x":2,"EXP":1,"y":{"exp":1,"exp":2},"#, 1);
    cases.push(Case::new("others twice", fixture.token().raw_payload(others).sign(), ACCEPTED));
    cases
}

fn depths(fixture: &Fixture) -> Vec<Case> {
    let arrays = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let objects = |depth: usize| r#"{"a":"#.repeat(depth) + "1" + &"}".repeat(depth);
    let mut cases = Vec::new();
    for (kind, bomb) in [("arrays", arrays(5000)), ("objects", objects(1500))] {
        let unread = fixture.with_claims(&[("x", &bomb)]);
        cases.push(Case::new(format!("deep {kind} in a claim that is not read"), unread, ACCEPTED));
        for claim in ["iss", "sub", "aud", "exp", "nbf", "iat", "cid", "uid", "scp", "groups"] {
            let token = fixture.with_claims(&[(claim, &bomb)]);
            cases.push(Case::new(format!("deep {kind} in {claim}"), token, format!("invalid_claim {claim}")));
        }
        let token = fixture.with_claims(&[("cnf", &bomb)]);
        cases.push(Case::new(format!("deep {kind} in cnf"), token, "bound_to_key"));
        let token = fixture.with_header(&fixture.header(&format!("\"x\":{bomb}")));
        cases.push(Case::new(format!("deep {kind} in the header"), token, ACCEPTED));
        let token = fixture.with_header(&format!(r#"{{"alg":"RS256","kid":{bomb}}}"#));
        cases.push(Case::new(format!("deep {kind} in kid"), token, "invalid_header kid"));
        let token = fixture.with_header(&fixture.header(&format!("\"crit\":{bomb}")));
        cases.push(Case::new(format!("deep {kind} in crit"), token, "unsupported_header crit"));
    }
    let many: Vec<String> = (0..1000).map(|index| format!("\"m{index}\":0")).collect();
    let token = fixture.token().raw_payload(fixture.payload(&[]).replacen('{', &format!("{{{},", many.join(",")), 1));
    cases.push(Case::new("many members", token.sign(), ACCEPTED));
    let others: Vec<String> = (0..1500).map(|index| format!("\"a{index}\"")).collect();
    let token = fixture.with_claims(&[("aud", &format!("[{}]", others.join(",")))]);
    cases.push(Case::new("many audiences", token, "audience_not_allowed"));
    cases
}

fn numbers(fixture: &Fixture) -> Vec<Case> {
    let digits = |count: usize| "9".repeat(count);
    let mut cases = Vec::new();
    let about = |verdict: &str, claim: &str| match verdict {
        ACCEPTED | "expired" => verdict.to_owned(),
        named => format!("{named} {claim}"),
    };
    for (value, exp, nbf) in [
        ("9007199254740993".to_owned(), ACCEPTED, "not_yet_valid"),
        ("9223372036854775808".into(), ACCEPTED, "not_yet_valid"),
        ("18446744073709551616".into(), ACCEPTED, "not_yet_valid"),
        (digits(300), ACCEPTED, "not_yet_valid"),
        (digits(400), "invalid_claim", "invalid_claim"),
        ("1e308".into(), ACCEPTED, "not_yet_valid"),
        ("1e309".into(), "invalid_claim", "invalid_claim"),
        ("-1e309".into(), "invalid_claim", "invalid_claim"),
        (format!("1e{}", digits(400)), "invalid_claim", "invalid_claim"),
        ("1e-400".into(), "expired", ACCEPTED),
        ("0".into(), "expired", ACCEPTED),
        ("-0".into(), "expired", ACCEPTED),
        ("-1".into(), "expired", ACCEPTED),
        ("-1e300".into(), "expired", ACCEPTED),
        ("-9223372036854775809".into(), "expired", ACCEPTED),
        (format!("{}.0", NOW + 100), ACCEPTED, "not_yet_valid"),
        (format!("{}e-1", (NOW + 100) * 10), ACCEPTED, "not_yet_valid"),
        (format!("0.{}{}e300", "0".repeat(290), NOW + 100), ACCEPTED, "not_yet_valid"),
        // Milliseconds, as some libraries write in violation of RFC 7519. The issuer signed a lifetime of millennia.
        (((NOW + 100) * 1000).to_string(), ACCEPTED, "not_yet_valid"),
    ] {
        let shown: String = value.chars().take(30).collect();
        cases.push(Case::new(format!("exp {shown}"), fixture.with_claims(&[("exp", &value)]), about(exp, "exp")));
        for claim in ["nbf", "iat"] {
            let token = fixture.with_claims(&[(claim, &value)]);
            cases.push(Case::new(format!("{claim} {shown}"), token, about(nbf, claim)));
        }
    }
    cases.push(Case::new("a huge number that is not read", fixture.with_claims(&[("x", &digits(5000))]), ACCEPTED));
    cases
}

fn strings(fixture: &Fixture) -> Vec<Case> {
    let mut cases = Vec::new();
    for claim in ["iss", "sub", "aud", "cid", "uid"] {
        for surrogate in [r#""\ud800""#, r#""\udc00""#, r#""\ud800\ud800""#, r#""a\ud83d""#] {
            let token = fixture.with_claims(&[(claim, surrogate)]);
            cases.push(Case::new(format!("{claim} {surrogate}"), token, format!("invalid_claim {claim}")));
        }
    }
    for claim in ["aud", "scp", "groups"] {
        let token = fixture.with_claims(&[(claim, r#"["\ud800"]"#)]);
        cases.push(Case::new(format!("{claim} with a lone surrogate"), token, format!("invalid_claim {claim}")));
    }
    for (name, claims) in [
        ("a lone surrogate in a claim that is not read", ("x", r#""\ud800""#.to_owned())),
        ("a NUL in sub", ("sub", format!(r#""{MARK}\u0000""#))),
        ("a surrogate pair in sub", ("sub", format!(r#""{MARK}\ud83d\udd11""#))),
        ("an escaped audience", ("aud", escaped(fixture.okta.audience()))),
        ("an escaped issuer", ("iss", escaped(fixture.okta.issuer()))),
        ("an escaped client", ("cid", escaped(fixture.okta.client_id()))),
    ] {
        cases.push(Case::new(name, fixture.with_claims(&[(claims.0, &claims.1)]), ACCEPTED));
    }
    cases
}

/// A JSON string in which every character is escaped.
fn escaped(text: &str) -> String {
    format!("\"{}\"", text.chars().map(|character| format!("\\u{:04x}", u32::from(character))).collect::<String>())
}
