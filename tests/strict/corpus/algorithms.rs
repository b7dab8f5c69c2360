//! `none`, HMAC with the public key as secret, and swaps: RFC 8725 sections 2.1 and 3.1.

use okta_auth_testing::{SigningAlgorithm, Tamper};
use serde_json::{Value, json};

use super::{ACCEPTED, Case};
use crate::fixture::{Config, Fixture, decode, segments};
use crate::numbers::{pem, pkcs1, spki};

pub(crate) fn cases(fixture: &Fixture) -> Vec<Case> {
    [none(fixture), public_key_as_secret(fixture), swaps(fixture), names(fixture), names_of_rfc_9864(fixture)]
        .into_iter()
        .flatten()
        .collect()
}

/// Every casing of `none` and the spellings that a lenient comparison accepts, without and with a signature.
fn none(fixture: &Fixture) -> Vec<Case> {
    let mut spellings: Vec<String> = (0..16_u8)
        .map(|upper| {
            let letter = |(bit, letter): (usize, char)| {
                if upper >> bit & 1 == 1 { letter.to_ascii_uppercase() } else { letter }
            };
            "none".chars().enumerate().map(letter).collect()
        })
        .collect();
    let sloppy = ["", " none", "none ", "none\\u0000", "n\\u006fne", "non\\u00e9", "null", "NONE\\n", "nonenone"];
    spellings.extend(sloppy.map(str::to_owned));
    let mut cases = Vec::new();
    for spelling in spellings {
        let header = format!(r#"{{"kid":"{}","alg":"{spelling}"}}"#, fixture.okta.signing_key().kid());
        for config in [Config::Default, Config::Every] {
            let unsigned = fixture.token().raw_header(header.as_str()).tamper(Tamper::RemoveSignature).sign();
            cases.push(
                Case::new(format!("alg {spelling:?}, no signature"), unsigned, "algorithm_not_allowed").to(config),
            );
            let signed = fixture.with_header(&header);
            cases.push(Case::new(format!("alg {spelling:?}, signed"), signed, "algorithm_not_allowed").to(config));
        }
        let anonymous =
            fixture.token().raw_header(format!(r#"{{"alg":"{spelling}"}}"#)).tamper(Tamper::RemoveSignature);
        cases.push(Case::new(format!("alg {spelling:?}, no kid"), anonymous.sign(), "algorithm_not_allowed"));
    }
    cases.push(Case::new(
        "alg none of the mock",
        fixture.token().algorithm(SigningAlgorithm::None).sign(),
        "algorithm_not_allowed",
    ));
    let unsigned = fixture.token().tamper(Tamper::RemoveSignature).sign();
    cases.push(Case::new("alg RS256, no signature", unsigned, "bad_signature"));
    cases
}

/// Every published form of the public key as the secret of every HMAC.
fn public_key_as_secret(fixture: &Fixture) -> Vec<Case> {
    let key = fixture.okta.signing_key();
    let jwk = key.jwk();
    let text = |name: &str| jwk[name].as_str().expect("text").to_owned();
    let (n, e) = (decode(&text("n")), decode(&text("e")));
    let (spki, pkcs1) = (spki(&n, &e), pkcs1(&n, &e));
    let spki_pem = pem("PUBLIC KEY", &spki, "\n");
    let secrets: Vec<(&str, Vec<u8>)> = vec![
        ("PEM", spki_pem.clone().into()),
        ("PEM without its last line feed", spki_pem.trim_end().into()),
        ("PEM with carriage returns", pem("PUBLIC KEY", &spki, "\r\n").into()),
        ("PEM of PKCS#1", pem("RSA PUBLIC KEY", &pkcs1, "\n").into()),
        ("DER", spki.clone()),
        ("DER of PKCS#1", pkcs1.clone()),
        ("base64 of the DER", base64_simd::STANDARD.encode_to_string(&spki).into()),
        ("JWK", jwk.to_string().into()),
        ("JWK, indented", serde_json::to_string_pretty(&jwk).expect("JSON").into()),
        ("JWK Set", json!({ "keys": [jwk] }).to_string().into()),
        ("modulus", n.clone()),
        ("modulus with its sign", [&[0], n.as_slice()].concat()),
        ("modulus in base64url", text("n").into()),
        ("modulus in hexadecimal", n.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()),
        ("kid", key.kid().into()),
        ("nothing", Vec::new()),
    ];
    let mut cases = Vec::new();
    for (form, secret) in secrets {
        for hmac in [SigningAlgorithm::HS256, SigningAlgorithm::HS384, SigningAlgorithm::HS512] {
            let token = fixture.token().algorithm(hmac).hmac_secret(secret.clone()).sign();
            for config in [Config::Default, Config::Every] {
                let name = format!("{} with the public key's {form} as secret", hmac.name());
                cases.push(Case::new(name, token.as_str(), "algorithm_not_allowed").to(config));
            }
            let named =
                fixture.token().raw_header(fixture.header("")).algorithm(hmac).hmac_secret(secret.clone()).sign();
            cases.push(Case::new(format!("{} with {form} that is named RS256", hmac.name()), named, "bad_signature"));
        }
    }
    cases.push(Case::new(
        "HS256 of the mock",
        fixture.token().algorithm(SigningAlgorithm::HS256).sign(),
        "algorithm_not_allowed",
    ));
    cases
}

pub(super) const ASYMMETRIC: [SigningAlgorithm; 9] = [
    SigningAlgorithm::RS256,
    SigningAlgorithm::RS384,
    SigningAlgorithm::RS512,
    SigningAlgorithm::PS256,
    SigningAlgorithm::PS384,
    SigningAlgorithm::PS512,
    SigningAlgorithm::ES256,
    SigningAlgorithm::ES384,
    SigningAlgorithm::EdDSA,
];

/// Valid signatures of every algorithm. They are rejected if the validator does not allow the algorithm or the key does
/// not match it.
fn swaps(fixture: &Fixture) -> Vec<Case> {
    let mut cases = Vec::new();
    for algorithm in ASYMMETRIC {
        let expected = if algorithm == SigningAlgorithm::RS256 { ACCEPTED } else { "algorithm_not_allowed" };
        let token = fixture.token().algorithm(algorithm).sign();
        cases.push(Case::new(format!("{} where only RS256 is allowed", algorithm.name()), token, expected));
        for bound in [
            SigningAlgorithm::RS256,
            SigningAlgorithm::RS512,
            SigningAlgorithm::PS256,
            SigningAlgorithm::ES256,
            SigningAlgorithm::ES384,
            SigningAlgorithm::EdDSA,
        ] {
            let expected = if algorithm == bound { ACCEPTED } else { "algorithm_not_of_key" };
            let token = fixture.token().signed_by(&fixture.key(bound)).algorithm(algorithm).sign();
            let name = format!("{} with the key of {}", algorithm.name(), bound.name());
            cases.push(Case::new(name, token, expected).to(Config::Every));
        }
    }
    cases
}

/// `Ed25519` is a second name of `EdDSA`. Other names of RFC 9864 are not supported.
fn names_of_rfc_9864(fixture: &Fixture) -> Vec<Case> {
    let mut cases = Vec::new();
    let (eddsa, ed25519) = (fixture.key(SigningAlgorithm::EdDSA), fixture.key(SigningAlgorithm::Ed25519));
    let keys = [eddsa.clone(), ed25519, eddsa.with_kid("free-ed25519")];
    for key in &keys {
        let token = || fixture.token().signed_by(key);
        for named in ["EdDSA", "Ed25519", r"\u0045d25519"] {
            let header = format!(r#"{{"kid":"{}","alg":"{named}"}}"#, key.kid());
            cases.push(Case::new(format!("{named} with {key:?}"), token().raw_header(header).sign(), ACCEPTED));
        }
        for named in ["ed25519", "ED25519", "Ed25519 ", "Ed25519ph", "Ed448", "ESP256", "ESP384", "ESP512", "ESB256"] {
            let name = format!("{named} with {key:?}");
            cases.push(Case::new(name, token().header("alg", named).sign(), "algorithm_not_allowed"));
        }
        let mac = token().algorithm(SigningAlgorithm::HS512).hmac_secret(key.jwk()["x"].to_string());
        cases.push(Case::new(format!("a MAC with {key:?}"), mac.header("alg", "Ed25519").sign(), "bad_signature"));
    }
    for bound in [SigningAlgorithm::RS256, SigningAlgorithm::PS256, SigningAlgorithm::ES256, SigningAlgorithm::ES384] {
        let token = fixture.token().signed_by(&fixture.key(bound)).algorithm(SigningAlgorithm::Ed25519).sign();
        cases.push(Case::new(format!("Ed25519 with the key of {}", bound.name()), token, "algorithm_not_of_key"));
    }
    cases.into_iter().map(|case| case.to(Config::Every)).collect()
}

/// Names that resemble RS256, and values that are not strings.
fn names(fixture: &Fixture) -> Vec<Case> {
    let kid = fixture.okta.signing_key().kid().to_owned();
    let with = |alg: &str| fixture.with_header(&format!(r#"{{"kid":"{kid}","alg":{alg}}}"#));
    let mut cases = Vec::new();
    for alg in [
        r#""rs256""#,
        r#""Rs256""#,
        r#""RS256 ""#,
        r#"" RS256""#,
        r#""RS256\u0000""#,
        r#""RS256\n""#,
        r#""ＲＳ256""#,
        r#""RS2560""#,
        r#""RS256,none""#,
        r#""RSA""#,
        r#""RSA-OAEP""#,
        r#""RSA1_5""#,
        r#""dir""#,
        r#""ES512""#,
        r#""ES256K""#,
        r#""Ed25519""#,
        r#""SHA256withRSA""#,
        r#""http://www.w3.org/2001/04/xmldsig-more#rsa-sha256""#,
        r#""\u0130S256""#,
    ] {
        cases.push(Case::new(format!("alg {alg}"), with(alg), "algorithm_not_allowed"));
    }
    for alg in ["null", "256", "true", "[]", r#"["RS256"]"#, r#"{"RS256":1}"#, r#""\ud800""#] {
        cases.push(Case::new(format!("alg {alg}"), with(alg), "invalid_header alg"));
    }
    cases.push(Case::new("alg written with escapes", with(r#""\u0052S256""#), ACCEPTED));
    let missing = fixture.with_header(&json!({ "kid": kid }).to_string());
    cases.push(Case::new("no alg", missing, "missing_header alg"));
    let in_the_payload = fixture.token().claim("alg", "none").without_header("alg").sign();
    cases.push(Case::new("alg in the payload", in_the_payload, "missing_header alg"));
    let elsewhere: Value = json!({ "kid": kid, "header": { "alg": "RS256" } });
    cases.push(Case::new("alg one level down", fixture.with_header(&elsewhere.to_string()), "missing_header alg"));
    let [header, payload, signature] = [0, 1, 2].map(|index| segments(&with(r#""RS256""#))[index].to_owned());
    cases.push(Case::new("alg as Okta sends it", format!("{header}.{payload}.{signature}"), ACCEPTED));
    cases
}
