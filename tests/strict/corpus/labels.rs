//! A signature of one algorithm under the name of another: RFC 8725 sections 2.1 and 3.1.

use okta_auth_testing::{SigningAlgorithm, SigningKey};
use serde_json::json;

use super::algorithms::ASYMMETRIC;
use super::{ACCEPTED, Case};
use crate::fixture::{Config, FREE_KEYS, Fixture, decode};
use crate::numbers::pem;

pub(crate) fn cases(fixture: &Fixture) -> Vec<Case> {
    [free_keys(fixture), bound_keys(fixture), hmacs(fixture)].into_iter().flatten().collect()
}

/// The algorithm that represents the kind of key of `algorithm`.
fn kind(algorithm: SigningAlgorithm) -> SigningAlgorithm {
    if ASYMMETRIC[..6].contains(&algorithm) { SigningAlgorithm::RS256 } else { algorithm }
}

fn header(kid: &str, named: SigningAlgorithm) -> String {
    format!(r#"{{"kid":"{kid}","alg":"{}"}}"#, named.name())
}

/// A token that names `key` and one algorithm, with a signature of another. That key signs it if it can.
fn relabelled(fixture: &Fixture, key: &SigningKey, signed: SigningAlgorithm, named: SigningAlgorithm) -> String {
    let signer = if kind(signed) == kind(key.algorithm()) { key.clone() } else { fixture.key(kind(signed)) };
    fixture.token().signed_by(&signer).algorithm(signed).raw_header(header(key.kid(), named)).sign()
}

/// Keys without `alg` in the key set, one of each kind.
fn free_keys(fixture: &Fixture) -> Vec<Case> {
    let mut cases = Vec::new();
    for (of_kind, kid) in FREE_KEYS {
        let key = fixture.key(of_kind).with_kid(kid);
        for signed in ASYMMETRIC {
            for named in ASYMMETRIC {
                let expected = match named {
                    _ if kind(named) != of_kind => "algorithm_not_of_key",
                    _ if named == signed => ACCEPTED,
                    _ => "bad_signature",
                };
                let name = format!("a signature of {} that is named {}, key {kid}", signed.name(), named.name());
                cases.push(Case::new(name, relabelled(fixture, &key, signed, named), expected).to(Config::Every));
            }
        }
    }
    cases
}

/// Keys with `alg`: the header names it, and the signature is of each algorithm in turn.
fn bound_keys(fixture: &Fixture) -> Vec<Case> {
    let mut cases = Vec::new();
    for named in [
        SigningAlgorithm::RS256,
        SigningAlgorithm::RS512,
        SigningAlgorithm::PS256,
        SigningAlgorithm::ES256,
        SigningAlgorithm::ES384,
        SigningAlgorithm::EdDSA,
    ] {
        let key = fixture.key(named);
        for signed in ASYMMETRIC {
            let expected = if named == signed { ACCEPTED } else { "bad_signature" };
            let name = format!("a signature of {} that is named {}, as its key is", signed.name(), named.name());
            cases.push(Case::new(name, relabelled(fixture, &key, signed, named), expected).to(Config::Every));
        }
    }
    cases
}

/// An HMAC under the name of a signature: an HS512 MAC is as long as an ES256 or EdDSA signature. The secret is public.
fn hmacs(fixture: &Fixture) -> Vec<Case> {
    let mut cases = Vec::new();
    for (named, kid) in &FREE_KEYS[1..] {
        let jwk = fixture.key(*named).jwk();
        let member = |name: &str| jwk[name].as_str().map(decode).unwrap_or_default();
        let point = match named {
            SigningAlgorithm::EdDSA => member("x"),
            _ => [vec![4], member("x"), member("y")].concat(),
        };
        let spki = [spki_prefix(*named), &point].concat();
        let secrets: [(&str, Vec<u8>); 8] = [
            ("PEM", pem("PUBLIC KEY", &spki, "\n").into()),
            ("PEM without its last line feed", pem("PUBLIC KEY", &spki, "\n").trim_end().into()),
            ("DER", spki.clone()),
            ("point", point),
            ("x", member("x")),
            ("JWK", jwk.to_string().into()),
            ("JWK Set", json!({ "keys": [jwk] }).to_string().into()),
            ("kid", (*kid).into()),
        ];
        for (form, secret) in secrets {
            for hmac in [SigningAlgorithm::HS256, SigningAlgorithm::HS384, SigningAlgorithm::HS512] {
                let token = fixture.token().raw_header(header(kid, *named)).algorithm(hmac).hmac_secret(secret.clone());
                let name = format!("{} with the key's {form} that is named {}", hmac.name(), named.name());
                cases.push(Case::new(name, token.sign(), "bad_signature").to(Config::Every));
            }
        }
    }
    cases
}

/// The bytes before the point in an X.509 `SubjectPublicKeyInfo` (RFC 5480 section 2, RFC 8410 section 4).
fn spki_prefix(algorithm: SigningAlgorithm) -> &'static [u8] {
    match algorithm {
        SigningAlgorithm::ES256 => {
            b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\
            \x07\x03\x42\x00"
        }
        SigningAlgorithm::ES384 => {
            b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00"
        }
        _ => b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00",
    }
}
