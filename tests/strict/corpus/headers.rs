//! `kid`, `typ`, extensions, and embedded keys: RFC 7515 section 4, RFC 7797, RFC 8725 sections 3.10 and 3.11.

use okta_auth_testing::{SigningAlgorithm, SigningKey, TokenBuilder};
use serde_json::{Value, json};

use super::certificate::Certificate;
use super::{ACCEPTED, Case};
use crate::fixture::{Config, Fixture, MARK, encode, segments};

pub(crate) fn cases(fixture: &Fixture) -> Vec<Case> {
    [embedded_keys(fixture), key_ids(fixture), types(fixture), extensions(fixture), nested(fixture)]
        .into_iter()
        .flatten()
        .collect()
}

/// Tokens with the attacker's key, or with its location. The validator uses neither.
fn embedded_keys(fixture: &Fixture) -> Vec<Case> {
    let theirs = SigningKey::unknown(SigningAlgorithm::RS256);
    let ours = fixture.okta.signing_key();
    let url = fixture.trap_url();
    let certificate = Certificate::of(&theirs);
    let x5c = certificate.base64();
    let their_set = json!({ "keys": [theirs.clone().with_kid(ours.kid()).jwk()] }).to_string();
    let their_set = base64_simd::STANDARD.encode_to_string(their_set);
    let bare = json!({ "kty": "RSA", "n": theirs.jwk()["n"], "e": theirs.jwk()["e"] });
    let brought = [
        ("jwk", theirs.jwk()),
        ("jwk", theirs.clone().with_kid(ours.kid()).jwk()),
        ("jwk", bare),
        ("jwk", json!({ "kty": "oct", "k": "c2VjcmV0" })),
        ("jwk", json!("not a key")),
        ("jku", json!(url)),
        ("jku", json!([url])),
        ("jku", json!(format!("{}@{}", fixture.okta.jwks_uri(), url.trim_start_matches("http://")))),
        ("jku", json!(format!("{}#{url}", fixture.okta.jwks_uri()))),
        ("jku", json!(format!("data:application/jwk-set+json;base64,{their_set}"))),
        ("x5u", json!(url)),
        ("x5u", json!(format!("data:application/pkix-cert;base64,{x5c}"))),
        ("x5c", json!([x5c])),
        ("x5c", json!(x5c)),
        ("x5c", json!(null)),
        ("x5t", json!(certificate.sha1())),
        ("x5t#S256", json!(certificate.sha256())),
        ("jwks", json!({ "keys": [theirs.jwk()] })),
        ("iss", json!("https://evil.example.com")),
    ];
    let mut cases = Vec::new();
    for (name, value) in brought {
        let forged = fixture.token().signed_by(&theirs).header(name, value.clone());
        let shown: String = value.to_string().chars().take(60).collect();
        let as_ours = forged.clone().kid(ours.kid()).sign();
        cases.push(Case::new(format!("{name} {shown} with our kid"), as_ours, "bad_signature"));
        cases.push(Case::new(format!("{name} {shown} with their kid"), forged.clone().sign(), "unknown_key"));
        let anonymous = forged.without_header("kid").sign();
        cases.push(Case::new(format!("{name} {shown} without kid"), anonymous, "missing_header kid"));
        let honest = fixture.token().header(name, value.clone()).sign();
        cases.push(Case::new(format!("{name} {shown} beside a good signature"), honest, ACCEPTED));
    }
    let all_of_them = |token: TokenBuilder| {
        token
            .header("jwk", theirs.jwk())
            .header("x5c", json!([x5c]))
            .header("x5t", certificate.sha1())
            .header("x5t#S256", certificate.sha256())
    };
    let forged = || all_of_them(fixture.token().signed_by(&theirs));
    for (kid, expected) in
        [(ours.kid(), "bad_signature"), (&certificate.sha1(), "unknown_key"), (&certificate.sha256(), "unknown_key")]
    {
        cases.push(Case::new(format!("a key and its certificate, kid {kid}"), forged().kid(kid).sign(), expected));
    }
    cases.push(Case::new(
        "another's certificate beside a good signature",
        all_of_them(fixture.token()).sign(),
        ACCEPTED,
    ));
    let pointer = fixture.token().signed_by(&theirs).kid(url.as_str()).sign();
    cases.push(Case::new("a URL as kid", pointer, "unknown_key"));
    let tester = fixture.token().signed_by(&theirs.clone().with_kid(ours.kid())).sign();
    cases.push(Case::new("another's key under our kid", tester, "bad_signature"));
    cases
}

fn key_ids(fixture: &Fixture) -> Vec<Case> {
    let ours = fixture.okta.signing_key().kid().to_owned();
    let mut cases = Vec::new();
    for kid in [
        "../../../../../../dev/null".to_owned(),
        "/proc/sys/kernel/randomize_va_space".into(),
        "file:///etc/passwd".into(),
        "x' UNION SELECT 'secret".into(),
        "' OR '1'='1".into(),
        "\"; DROP TABLE keys; --".into(),
        "|/usr/bin/id".into(),
        "$(id)".into(),
        "${jndi:ldap://127.0.0.1/a}".into(),
        "{{7*7}}".into(),
        "%00".into(),
        "*".into(),
        ".*".into(),
        "0".into(),
        "null".into(),
        "undefined".into(),
        "__proto__".into(),
        format!("{ours}\0"),
        format!("{ours} "),
        format!(" {ours}"),
        format!("{ours}\r\nforged: line"),
        format!("{ours}/../{ours}"),
        format!("\u{202e}{ours}"),
        format!("{ours}\u{301}"),
        ours.to_lowercase() + "X",
        ours.chars().rev().collect(),
        ours[1..].to_owned(),
        "k".repeat(8 * 1024),
        "\u{1f511}".repeat(1024),
    ] {
        let shown: String = kid.chars().take(40).collect();
        cases.push(Case::new(format!("kid {shown:?}"), fixture.token().kid(kid).sign(), "unknown_key"));
    }
    for kid in ["null", "1", "true", "[]", "{}", "\"\"", r#""\ud800""#, &format!("[{ours:?}]"), "[[[[[[[[]]]]]]]]"] {
        let header = format!(r#"{{"alg":"RS256","kid":{kid}}}"#);
        cases.push(Case::new(format!("kid {kid}"), fixture.with_header(&header), "invalid_header kid"));
    }
    cases.push(Case::new("no kid", fixture.with_header(r#"{"alg":"RS256"}"#), "missing_header kid"));
    let case_differs = fixture.with_header(&format!(r#"{{"alg":"RS256","KID":"{ours}"}}"#));
    cases.push(Case::new("KID in capitals", case_differs, "missing_header kid"));
    let escaped: String = ours.chars().map(|character| format!("\\u{:04x}", u32::from(character))).collect();
    let escaped = fixture.with_header(&format!(r#"{{"alg":"RS256","k\u0069d":"{escaped}"}}"#));
    cases.push(Case::new("kid written with escapes", escaped, ACCEPTED));
    cases
}

/// The types of other signed tokens, which are never access tokens: RFC 8725 section 3.11.
const FOREIGN_TYPES: [&str; 22] = [
    // The identity assertion of the ID-JAG grant, from the same authorization server and with the same client.
    "oauth-id-jag+jwt",
    "client-authentication+jwt",
    "dc+sd-jwt",
    "dpop+jwt",
    "entity-statement+jwt",
    "global-token-revocation+jwt",
    "jwk-set+jwt",
    "kb+jwt",
    "logout+jwt",
    "oauth-authz-req+jwt",
    "oauth-client-attestation+jwt",
    "oauth-client-attestation-pop+jwt",
    "openid4vci-proof+jwt",
    "secevent+jwt",
    "statuslist+jwt",
    "token-introspection+jwt",
    "trust-mark+jwt",
    "txntoken+jwt",
    "vc+jwt",
    "vc+sd-jwt",
    "vp+jwt",
    "wallet-attestation+jwt",
];

fn types(fixture: &Fixture) -> Vec<Case> {
    let with = |typ: &Value| fixture.token().header("typ", typ.clone()).sign();
    let mut cases = Vec::new();
    for typ in ["JWT", "jwt", "JwT", "at+jwt", "AT+JWT", "application/jwt", "APPLICATION/at+JWT"] {
        cases.push(Case::new(format!("typ {typ}"), with(&json!(typ)), ACCEPTED));
    }
    for typ in [
        "",
        "JWT ",
        "JWE",
        "JOSE",
        "id_token",
        "id+jwt",
        "refresh+jwt",
        "application/",
        "application/application/jwt",
        "at+jwt\0",
        "text/jwt",
        "none",
        "at+jwt+jwt",
        "at+jwt;v=1",
        "oauth-at+jwt",
    ] {
        cases.push(Case::new(format!("typ {typ:?}"), with(&json!(typ)), "type_not_allowed"));
    }
    for name in FOREIGN_TYPES {
        let (upper, full) = (name.to_ascii_uppercase(), format!("application/{name}"));
        for typ in [name, &upper, &full, &full.to_ascii_uppercase()] {
            let token = || fixture.token().claim("client_id", fixture.okta.client_id()).header("typ", typ);
            for config in [Config::Default, Config::Rfc9068] {
                cases.push(Case::new(format!("typ {typ:?}"), token().sign(), "type_not_allowed").to(config));
            }
        }
    }
    for typ in ["null", "1", "true", "[]", r#"["JWT"]"#, "{}", r#""\udc00""#] {
        let token = fixture.with_header(&fixture.header(&format!(r#""typ":{typ}"#)));
        cases.push(Case::new(format!("typ {typ}"), token, "invalid_header typ"));
    }
    for (typ, expected) in [(None, "type_not_allowed"), (Some("JWT"), "type_not_allowed"), (Some("at+JWT"), ACCEPTED)] {
        let token = fixture.token().claim("client_id", fixture.okta.client_id());
        let token = typ.into_iter().fold(token, |token, typ| token.header("typ", typ)).sign();
        cases.push(Case::new(format!("typ {typ:?} where RFC 9068 rules"), token, expected).to(Config::Rfc9068));
    }
    cases
}

/// Parameters that change the interpretation of a token: `crit` (also empty or malformed), `b64`, `zip`, `enc`.
fn extensions(fixture: &Fixture) -> Vec<Case> {
    let with = |members: &str| fixture.with_header(&fixture.header(members));
    let mut cases = Vec::new();
    for (parameter, members) in [
        ("crit", r#""crit":["exp"],"exp":1"#),
        ("crit", r#""crit":["b64"],"b64":false"#),
        ("crit", r#""crit":["b64"],"b64":true"#),
        ("crit", r#""crit":["alg"]"#),
        ("crit", r#""crit":["kid","typ"]"#),
        ("crit", r#""crit":["http://example.com/UNDEFINED"],"http://example.com/UNDEFINED":true"#),
        ("crit", r#""crit":[]"#),
        ("crit", r#""crit":null"#),
        ("crit", r#""crit":false"#),
        ("crit", r#""crit":"b64""#),
        ("crit", r#""crit":{}"#),
        ("crit", r#""\u0063rit":["exp"]"#),
        ("b64", r#""b64":false"#),
        ("b64", r#""b64":null"#),
        ("b64", r#""b64":"true""#),
        ("b64", r#""b64":0"#),
        ("b64", r#""b64":[]"#),
        ("zip", r#""zip":"DEF""#),
        ("zip", r#""zip":"GZIP""#),
        ("zip", r#""zip":null"#),
        ("enc", r#""enc":"A256GCM""#),
        ("enc", r#""enc":"none""#),
        ("enc", r#""enc":null"#),
    ] {
        let expected = format!("unsupported_header {parameter}");
        cases.push(Case::new(format!("header with {members}"), with(members), expected));
    }
    for members in [r#""b64":true"#, r#""CRIT":["exp"]"#, r#""cty":"JWT""#, r#""ver":{"a":[1,null]}"#, r#""":1"#] {
        cases.push(Case::new(format!("header with {members}"), with(members), ACCEPTED));
    }
    let crit_in_payload = fixture.token().claim("crit", json!(["exp"])).sign();
    cases.push(Case::new("crit in the payload", crit_in_payload, ACCEPTED));
    let [header, _, signature] = [0, 1, 2].map(|index| segments(&with(r#""b64":false"#))[index].to_owned());
    let unencoded = format!("{header}.{{}}.{signature}");
    cases.push(Case::new("b64 false with an unencoded payload", unencoded, "unsupported_header b64"));
    cases.push(Case::new(
        "b64 false with a detached payload",
        format!("{header}..{signature}"),
        "unsupported_header b64",
    ));
    cases
}

/// Nested tokens, encrypted tokens, and the JSON serialization of RFC 7515.
fn nested(fixture: &Fixture) -> Vec<Case> {
    let inner = fixture.token().sign();
    let [header, payload, signature] = segments(&inner);
    let wrapped = fixture.token().header("cty", "JWT").raw_payload(inner.as_str()).sign();
    let quoted = fixture.token().header("cty", "JWT").raw_payload(json!(inner).to_string()).sign();
    let jwe_header =
        encode(format!(r#"{{"alg":"RSA-OAEP","enc":"A256GCM","kid":"{}"}}"#, fixture.okta.signing_key().kid()));
    let text = encode(MARK);
    let flattened = json!({ "protected": header, "payload": payload, "signature": signature }).to_string();
    let general = json!({ "payload": payload, "signatures": [{ "protected": header, "signature": signature }] });
    vec![
        Case::new("a nested token", wrapped, "not_json_object payload"),
        Case::new("a nested token in quotes", quoted, "not_json_object payload"),
        Case::new("a JWE", format!("{jwe_header}.{text}.{text}.{text}.{text}"), "wrong_segment_count"),
        Case::new("a JWE without a key", format!("{jwe_header}..{text}.{text}.{text}"), "wrong_segment_count"),
        Case::new(
            "a JWE header on three segments",
            format!("{jwe_header}.{payload}.{signature}"),
            "unsupported_header enc",
        ),
        Case::new("the flattened JSON serialisation", flattened, "wrong_segment_count"),
        Case::new("the general JSON serialisation", general.to_string(), "wrong_segment_count"),
        Case::new("two tokens", format!("{inner}.{inner}"), "wrong_segment_count"),
        Case::new("two tokens and a comma", format!("{inner},{inner}"), "wrong_segment_count"),
        Case::new("an SD-JWT", format!("{inner}~{text}~"), "not_base64url signature"),
    ]
}
