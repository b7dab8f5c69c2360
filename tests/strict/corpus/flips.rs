//! One token with one bit changed: each bit of its content, and each bit of its text.

use okta_auth_testing::SigningAlgorithm;

use super::Case;
use crate::fixture::{Config, Fixture, decode, encode, segments, with_signature};

/// Every bit of the signature.
pub(crate) fn cases(fixture: &Fixture) -> Vec<Case> {
    signature_bits(&token(fixture)).map(|(name, token)| Case::new(name, token, "bad_signature")).collect()
}

/// A token with one bit changed. The rule that rejects it can depend on the bit.
pub(crate) struct Flip {
    pub(crate) name: String,
    pub(crate) config: Config,
    pub(crate) token: String,
    pub(crate) any_of: &'static [&'static str],
}

impl Flip {
    fn new(name: String, token: String, any_of: &'static [&'static str]) -> Self {
        Self { name, config: Config::Default, token, any_of }
    }
}

/// The verdicts on a header with a wrong bit in its JSON text: it is not JSON, lacks a member, or has another value.
const HEADERS: &[&str] =
    &["not_json_object header", "missing_header alg", "missing_header kid", "algorithm_not_allowed", "unknown_key"];

/// The verdicts on a payload with a wrong bit. Only `iss` is read before the signature is verified.
const PAYLOADS: &[&str] = &["not_json_object payload", "missing_claim iss", "issuer_not_allowed", "bad_signature"];

const NOT_BASE64URL: [&[&str]; 3] =
    [&["not_base64url header"], &["not_base64url payload"], &["not_base64url signature"]];

const OF_SEGMENT: [&[&str]; 3] = [HEADERS, PAYLOADS, &["bad_signature"]];

/// The same token every time. Neither its claims nor its signature contain randomness.
pub(crate) fn token(fixture: &Fixture) -> String {
    fixture.with_claims(&[])
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

fn signature_bits(token: &str) -> impl Iterator<Item = (String, String)> {
    let signature = decode(segments(token)[2]);
    (0..signature.len() * 8)
        .map(move |bit| (format!("bit {bit} of the signature"), with_signature(token, &flipped(&signature, bit))))
}

/// Every bit of the JSON texts. Together with [`cases`], every bit of the token's content.
pub(crate) fn of_the_json(fixture: &Fixture) -> Vec<Flip> {
    let token = token(fixture);
    let parts = segments(&token).map(decode);
    let mut flips = Vec::new();
    for (index, part) in parts.iter().enumerate().take(2) {
        for bit in 0..part.len() * 8 {
            let mut changed = parts.clone();
            changed[index] = flipped(part, bit);
            let name = format!("bit {bit} of the JSON of segment {index}");
            flips.push(Flip::new(name, changed.map(encode).join("."), OF_SEGMENT[index]));
        }
    }
    flips
}

/// Every bit of every character, including the dots, except the highest. The highest bit does not yield text: see
/// [`high_bits`].
pub(crate) fn of_the_text(fixture: &Fixture) -> Vec<Flip> {
    let token = token(fixture);
    let mut flips = Vec::new();
    for bit in (0..token.len() * 8).filter(|bit| bit % 8 != 7) {
        let changed = String::from_utf8(flipped(token.as_bytes(), bit)).expect("ASCII");
        let segment = token[..bit / 8].matches('.').count();
        let any_of = match changed.split('.').nth(segment) {
            _ if changed.matches('.').count() != 2 => &["wrong_segment_count"],
            Some(text) if base64_simd::URL_SAFE_NO_PAD.decode_to_vec(text).is_ok() => OF_SEGMENT[segment],
            _ => NOT_BASE64URL[segment],
        };
        flips.push(Flip::new(format!("bit {} of character {}", bit % 8, bit / 8), changed, any_of));
    }
    flips
}

/// The highest bit of every character. The result is not UTF-8.
pub(crate) fn high_bits(fixture: &Fixture) -> Vec<Vec<u8>> {
    let token = token(fixture);
    (0..token.len()).map(|index| flipped(token.as_bytes(), index * 8 + 7)).collect()
}

/// Every bit of a signature of each other algorithm.
pub(crate) fn of_other_signatures(fixture: &Fixture) -> Vec<Flip> {
    let mut flips = Vec::new();
    for algorithm in
        [SigningAlgorithm::PS256, SigningAlgorithm::ES256, SigningAlgorithm::ES384, SigningAlgorithm::EdDSA]
    {
        let token = fixture.token().signed_by(&fixture.key(algorithm)).sign();
        flips.extend(signature_bits(&token).map(|(name, token)| Flip {
            config: Config::Every,
            ..Flip::new(format!("{}: {name}", algorithm.name()), token, &["bad_signature"])
        }));
    }
    flips
}
