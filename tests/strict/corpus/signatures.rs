//! Signatures of special shapes: RFC 8017 section 8.2.2, RFC 7518 section 3.4, RFC 8032 section 5.1.7.

use okta_auth_testing::{SigningAlgorithm, SigningKey, Tamper};

use super::{ACCEPTED, Case};
use crate::fixture::{Config, Fixture, decode, segments, with_signature};
use crate::numbers::{add, one, subtract};

pub(crate) fn cases(fixture: &Fixture) -> Vec<Case> {
    [moved(fixture), rsa(fixture), zeros(fixture), curves(fixture)].into_iter().flatten().collect()
}

/// A valid signature of another text.
fn moved(fixture: &Fixture) -> Vec<Case> {
    let token = fixture.token().sign();
    let mut cases = vec![Case::new("the token itself", token.as_str(), ACCEPTED)];
    for tamper in [Tamper::Header, Tamper::Payload, Tamper::Signature] {
        let token = fixture.token().tamper(tamper).sign();
        cases.push(Case::new(format!("{tamper:?} changed after signing"), token, "bad_signature"));
    }
    let other = fixture.token().claim("x", 1).sign();
    let swapped = with_signature(&token, &decode(segments(&other)[2]));
    cases.push(Case::new("the signature of another token", swapped, "bad_signature"));
    cases
}

/// A token whose signature has a zero byte at `index`, and that signature. One signature in 256 does.
fn with_zero_at(fixture: &Fixture, key: &SigningKey, index: usize) -> (String, Vec<u8>) {
    // RSASSA-PKCS1-v1_5 and EdDSA are deterministic, so each attempt signs another text.
    let signed = |nonce: usize| {
        let token = fixture.token().claim("nonce", nonce).signed_by(key).sign();
        let signature = decode(segments(&token)[2]);
        (token, signature)
    };
    (0..100_000).map(signed).find(|(_, signature)| signature[index] == 0).expect("a signature with a zero there")
}

/// RSASSA-PKCS1-v1_5 and RSASSA-PSS, whose signatures are numbers of the same length.
fn rsa(fixture: &Fixture) -> Vec<Case> {
    let mut cases = rsa_shapes(fixture, &fixture.okta.signing_key(), Config::Default);
    cases.extend(rsa_shapes(fixture, &fixture.key(SigningAlgorithm::PS256), Config::Every));
    cases
}

fn rsa_shapes(fixture: &Fixture, key: &SigningKey, config: Config) -> Vec<Case> {
    let n = decode(key.jwk()["n"].as_str().expect("text"));
    let (token, signature) = with_zero_at(fixture, key, 0);
    let algorithm = key.algorithm().name();
    let case = |what: &str, signature: &[u8], expected: &str| {
        Case::new(format!("{algorithm}: {what}"), with_signature(&token, signature), expected).to(config)
    };
    let mut cases = vec![case("a signature that begins with zero", &signature, ACCEPTED)];
    let wrong: [(&str, Vec<u8>); 17] = [
        ("its leading zero stripped", signature[1..].to_vec()),
        ("a zero put before", [&[0], signature.as_slice()].concat()),
        ("a zero put behind", [signature.as_slice(), &[0]].concat()),
        ("its zero moved to the end", [&signature[1..], &[0]].concat()),
        ("its bytes in reverse", signature.iter().rev().copied().collect()),
        ("cut by its last byte", signature[..255].to_vec()),
        ("cut by half", signature[..128].to_vec()),
        ("doubled", [signature.as_slice(), &signature].concat()),
        ("all zeros", vec![0; 256]),
        ("all ones", vec![0xff; 256]),
        ("one", one(256)),
        ("the modulus", n.clone()),
        ("the modulus less one", subtract(&n, &one(256))),
        ("negated", subtract(&n, &signature)),
        ("one byte", vec![0]),
        ("as long as the token may be", vec![1; 8 * 1024]),
        // The same number modulo n. The sum fits because this signature is small.
        ("the modulus added", add(&signature, &n).expect("a signature with a leading zero is small")),
    ];
    cases.extend(wrong.map(|(what, signature)| case(what, &signature, "bad_signature")));
    cases
}

/// The numbers have a fixed length here. ASN.1 and big-number libraries omit leading zeros.
fn zeros(fixture: &Fixture) -> Vec<Case> {
    let mut cases = Vec::new();
    for (algorithm, places) in [
        (SigningAlgorithm::ES256, [("r", 0), ("s", 32)]),
        (SigningAlgorithm::ES384, [("r", 0), ("s", 48)]),
        // Little-endian: the highest byte of s is the last byte.
        (SigningAlgorithm::EdDSA, [("R", 0), ("s", 63)]),
    ] {
        for (number, index) in places {
            let (token, signature) = with_zero_at(fixture, &fixture.key(algorithm), index);
            let stripped = [&signature[..index], &signature[index + 1..]].concat();
            let moved = if index == 63 { [&[0], &*stripped].concat() } else { [&*stripped, &[0]].concat() };
            for (what, signature, expected) in [
                ("zero", signature.clone(), ACCEPTED),
                ("zero stripped", stripped.clone(), "bad_signature"),
                ("zero moved to the other end", moved, "bad_signature"),
                ("zero doubled", [&signature[..=index], &signature[index..]].concat(), "bad_signature"),
            ] {
                let name = format!("{}, {number} with a {what}", algorithm.name());
                cases.push(Case::new(name, with_signature(&token, &signature), expected).to(Config::Every));
            }
        }
    }
    cases
}

/// The order of P-256 (FIPS 186-5, SP 800-186 section 3.2.1.3).
const P256_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// The order of edwards25519, big-endian (RFC 8032 section 5.1).
const ED25519_ORDER: [u8; 32] = [
    0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0xde, 0xf9, 0xde, 0xa2, 0xf7, 0x9c, 0xd6, 0x58, 0x12,
    0x63, 0x1a, 0x5c, 0xf5, 0xd3, 0xed,
];

fn curves(fixture: &Fixture) -> Vec<Case> {
    let signed = |algorithm| {
        let token = fixture.token().signed_by(&fixture.key(algorithm)).sign();
        let signature = decode(segments(&token)[2]);
        (token, signature)
    };
    let mut cases = Vec::new();
    let mut case = |token: &str, what: &str, signature: &[u8], expected| {
        cases.push(Case::new(what, with_signature(token, signature), expected).to(Config::Every));
    };

    let (token, signature) = signed(SigningAlgorithm::ES256);
    let (r, s) = signature.split_at(32);
    let (zero, unit) = ([0; 32], one(32));
    let negated = subtract(&P256_ORDER, s);
    case(&token, "ES256", &signature, ACCEPTED);
    // If (r, s) is a valid ECDSA signature, so is (r, -s). RFC 7518 does not exclude either, and only the key can make
    // them.
    case(&token, "ES256: s negated", &[r, &negated].concat(), ACCEPTED);
    case(&token, "ES256: r and s zero", &[0; 64], "bad_signature");
    case(&token, "ES256: r zero", &[&zero, s].concat(), "bad_signature");
    case(&token, "ES256: s zero", &[r, &zero].concat(), "bad_signature");
    case(&token, "ES256: r and s one", &[unit.as_slice(), &unit].concat(), "bad_signature");
    case(&token, "ES256: r and s the order", &[P256_ORDER, P256_ORDER].concat(), "bad_signature");
    case(&token, "ES256: r and s swapped", &[s, r].concat(), "bad_signature");
    case(&token, "ES256: all ones", &[0xff; 64], "bad_signature");
    case(&token, "ES256: in DER", &der(r, s), "bad_signature");
    case(&token, "ES256: a zero before r and s", &[&[0], r, &[0], s].concat(), "bad_signature");
    case(&token, "ES256: cut", &signature[..63], "bad_signature");
    case(&token, "ES256: empty", &[], "bad_signature");

    let (token, signature) = signed(SigningAlgorithm::ES384);
    case(&token, "ES384", &signature, ACCEPTED);
    case(&token, "ES384: r and s zero", &[0; 96], "bad_signature");
    case(&token, "ES384: of the length of ES256", &[1; 64], "bad_signature");

    let (token, signature) = signed(SigningAlgorithm::EdDSA);
    let (r, s) = signature.split_at(32);
    let big_endian: Vec<u8> = s.iter().rev().copied().collect();
    let mut more = add(&big_endian, &ED25519_ORDER).expect("256 bits hold twice the order");
    more.reverse();
    case(&token, "EdDSA", &signature, ACCEPTED);
    case(&token, "EdDSA: the order added to s", &[r, &more].concat(), "bad_signature");
    case(&token, "EdDSA: all zeros", &[0; 64], "bad_signature");
    case(&token, "EdDSA: s zero", &[r, &zero].concat(), "bad_signature");
    case(&token, "EdDSA: the highest bit of s", &high_bit(&signature), "bad_signature");
    case(&token, "EdDSA: cut", &signature[..63], "bad_signature");
    cases
}

fn high_bit(signature: &[u8]) -> Vec<u8> {
    let mut signature = signature.to_vec();
    signature[63] |= 0x80;
    signature
}

/// `Ecdsa-Sig-Value` (RFC 3279 section 2.2.3), which JWS does not use.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| {
        let sign: &[u8] = if number[0] >= 0x80 { &[0] } else { &[] };
        let content = [sign, number].concat();
        [vec![0x02, u8::try_from(content.len()).expect("short")], content].concat()
    };
    let content = [integer(r), integer(s)].concat();
    [vec![0x30, u8::try_from(content.len()).expect("short")], content].concat()
}
