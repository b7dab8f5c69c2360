//! Tokens with two defects. The defect whose rule comes first is reported: the form of the token before its claims, the
//! issuer before the key, and the signature before every claim that only the issuer can vouch for.

use okta_auth_testing::{SigningAlgorithm, Tamper};
use serde_json::json;

use super::Case;
use crate::fixture::{Config, Fixture, segments};

pub(crate) fn cases(fixture: &Fixture) -> Vec<Case> {
    [pairs(fixture), keys(fixture), profiles(fixture)].into_iter().flatten().collect()
}

/// One change to a good token. Members are JSON text. "" removes a member.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Defect {
    /// A claim that makes the token too long.
    Long,
    /// A fourth segment.
    Dot,
    /// Padding after a segment: 0 is the header, 1 the payload, 2 the signature.
    Padding(usize),
    /// These bytes before the JSON text of the header or payload.
    Before(usize, &'static [u8]),
    Header(&'static str, &'static str),
    Claim(&'static str, &'static str),
    /// Another signature.
    Forged,
}

use Defect::{Before, Claim, Dot, Forged, Header, Long, Padding};

/// Every rule of the default validator, in the order of the checks.
const ORDER: [(Defect, &str); 35] = [
    (Long, "too_long"),
    (Dot, "wrong_segment_count"),
    (Padding(0), "not_base64url header"),
    (Before(0, b"\xff"), "not_json_object header"),
    (Before(0, b"["), "not_json_object header"),
    (Header("zip", r#"1,"zip":1"#), "duplicate_member header zip"),
    (Header("crit", "[]"), "unsupported_header crit"),
    (Header("b64", "false"), "unsupported_header b64"),
    (Header("enc", "\"A256GCM\""), "unsupported_header enc"),
    (Header("typ", "1"), "invalid_header typ"),
    (Header("typ", "\"id+jwt\""), "type_not_allowed"),
    (Header("alg", ""), "missing_header alg"),
    (Header("alg", "\"none\""), "algorithm_not_allowed"),
    (Header("kid", ""), "missing_header kid"),
    (Header("kid", "\"\""), "invalid_header kid"),
    (Padding(1), "not_base64url payload"),
    (Before(1, b"\xff"), "not_json_object payload"),
    (Padding(2), "not_base64url signature"),
    (Before(1, b"["), "not_json_object payload"),
    (Claim("cnf", r#"1,"cnf":1"#), "duplicate_member payload cnf"),
    (Claim("iss", ""), "missing_claim iss"),
    (Claim("iss", "\"https://evil.example.com\""), "issuer_not_allowed"),
    (Header("kid", "\"unknown\""), "unknown_key"),
    (Forged, "bad_signature"),
    (Claim("aud", "\"api://other\""), "audience_not_allowed"),
    (Claim("exp", "1"), "expired"),
    (Claim("nbf", "9e9"), "not_yet_valid nbf"),
    (Claim("iat", "9e9"), "not_yet_valid iat"),
    (Claim("sub", ""), "missing_claim sub"),
    (Claim("sub", "\"\""), "invalid_claim sub"),
    (Claim("uid", "1"), "invalid_claim uid"),
    (Claim("scp", "1"), "invalid_claim scp"),
    (Claim("groups", "1"), "invalid_claim groups"),
    (Claim("cid", "\"0oaother\""), "client_not_allowed"),
    (Claim("cnf", "{}"), "bound_to_key"),
];

/// Whether no token can have both defects, because they change the same part.
fn exclude_each_other(one: Defect, other: Defect) -> bool {
    match (one, other) {
        (Before(part, _), Before(same, _)) => part == same,
        (Header(name, _), Header(same, _)) | (Claim(name, _), Claim(same, _)) => name == same,
        _ => one == other,
    }
}

/// Each defect by itself, and each possible pair.
fn pairs(fixture: &Fixture) -> Vec<Case> {
    let mut cases = Vec::new();
    for (index, (first, expected)) in ORDER.into_iter().enumerate() {
        cases.push(Case::new(format!("{first:?}"), token(fixture, &[first]), expected));
        for (second, _) in ORDER.into_iter().skip(index + 1) {
            if !exclude_each_other(first, second) {
                let name = format!("{first:?} and {second:?}");
                cases.push(Case::new(name, token(fixture, &[first, second]), expected));
            }
        }
    }
    cases
}

fn token(fixture: &Fixture, defects: &[Defect]) -> String {
    let long = format!("\"{}\"", "x".repeat(16 * 1024));
    let kid = json!(fixture.okta.signing_key().kid()).to_string();
    let mut header = vec![("kid", kid.as_str()), ("alg", "\"RS256\"")];
    let mut claims = Vec::new();
    let mut before: [&[u8]; 2] = [b"", b""];
    for defect in defects {
        match *defect {
            Long => claims.push(("x", long.as_str())),
            Header(name, value) => {
                header.retain(|(known, _)| *known != name);
                header.extend((!value.is_empty()).then_some((name, value)));
            }
            Claim(name, value) => claims.push((name, value)),
            Before(part, bytes) => before[part] = bytes,
            Dot | Padding(_) | Forged => {}
        }
    }
    let header: Vec<_> = header.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    let header = format!("{{{}}}", header.join(","));
    let token = fixture
        .token()
        .raw_header([before[0], header.as_bytes()].concat())
        .raw_payload([before[1], fixture.payload(&claims).as_bytes()].concat());
    let token = if defects.contains(&Forged) { token.tamper(Tamper::Signature) } else { token };
    let mut parts = segments(&token.sign()).map(str::to_owned);
    for (index, part) in parts.iter_mut().enumerate() {
        if defects.contains(&Padding(index)) {
            part.push('=');
        }
    }
    let dot = if defects.contains(&Dot) { "." } else { "" };
    parts.join(".") + dot
}

/// The key of another algorithm. The default validator has no such key.
fn keys(fixture: &Fixture) -> Vec<Case> {
    let swapped =
        || fixture.token().signed_by(&fixture.key(SigningAlgorithm::RS256)).algorithm(SigningAlgorithm::PS256);
    [
        ("expired", swapped().expired(), "algorithm_not_of_key"),
        ("forged", swapped().tamper(Tamper::Signature), "algorithm_not_of_key"),
        ("of another issuer", swapped().issuer("https://evil.example.com"), "issuer_not_allowed"),
        ("without an issuer", swapped().without("iss"), "missing_claim iss"),
        ("with an unknown key ID", swapped().kid("unknown"), "unknown_key"),
    ]
    .map(|(what, token, expected)| {
        Case::new(format!("an algorithm that is not the key's, {what}"), token.sign(), expected).to(Config::Every)
    })
    .into()
}

/// The rule of RFC 9068 for `typ` belongs to the issuer. It is checked after the issuer is known and before its key is
/// looked up.
fn profiles(fixture: &Fixture) -> Vec<Case> {
    let untyped = || fixture.token().claim("client_id", fixture.okta.client_id());
    [
        ("of another issuer", untyped().issuer("https://evil.example.com"), "issuer_not_allowed"),
        ("without a key ID", untyped().without_header("kid"), "missing_header kid"),
        ("with an unknown key ID", untyped().kid("unknown"), "type_not_allowed"),
        ("forged", untyped().tamper(Tamper::Signature), "type_not_allowed"),
        ("expired", untyped().expired(), "type_not_allowed"),
        ("for another audience", untyped().audience("api://other"), "type_not_allowed"),
    ]
    .map(|(what, token, expected)| Case::new(format!("no typ, {what}"), token.sign(), expected).to(Config::Rfc9068))
    .into()
}
