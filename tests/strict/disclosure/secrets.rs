//! Secrets that output must not show: tokens, signatures, keys, and the values of claims.

use std::collections::BTreeSet;

use okta_auth_testing::{SigningAlgorithm, SigningKey};
use serde_json::Value;

use crate::fixture::{Fixture, MARK};

/// The number of consecutive characters that count as part of a secret.
const WINDOW: usize = 12;
/// The length of the substrings that are looked up. Every window contains one that begins at a multiple of this length.
const GRAM: usize = 6;
/// The number of bits in the filter of all such substrings of the secrets.
const FILTER: usize = 1 << 20;

/// Texts of which no [`WINDOW`] consecutive characters may be shown.
struct Texts {
    all: Vec<String>,
    filter: Vec<u64>,
}

impl Texts {
    fn new() -> Self {
        Self { all: Vec::new(), filter: vec![0; FILTER / 64] }
    }

    fn add(&mut self, text: impl Into<String>) {
        let text = text.into();
        let mut number = 0;
        for (index, byte) in text.bytes().enumerate() {
            number = next(number, byte);
            if index + 1 >= GRAM {
                let bit = bit(number);
                self.filter[bit / 64] |= 1 << (bit % 64);
            }
        }
        self.all.push(text);
    }

    /// Adds octets in every text form: encoded, as digits, and as `Debug` of a slice.
    fn add_bytes(&mut self, bytes: &[u8]) {
        let (mut hex, mut list) = (String::new(), String::new());
        for byte in bytes {
            for digit in [byte >> 4, byte & 15] {
                hex.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
            }
            list.push_str(&byte.to_string());
            list.push_str(", ");
        }
        self.add(hex.to_uppercase());
        self.add(hex);
        self.add(list);
        self.add(base64_simd::STANDARD.encode_to_string(bytes));
        self.add(base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes));
    }

    /// The first part of these texts that `text` shows.
    fn shown_in<'t>(&self, text: &'t str) -> Option<&'t str> {
        let held = |gram: &[u8]| {
            let bit = bit(gram.iter().copied().fold(0, next));
            self.filter[bit / 64] >> (bit % 64) & 1 == 1
        };
        let places = (0..(text.len() + 1).saturating_sub(GRAM)).step_by(GRAM);
        let gram = |place: &usize| text.get(*place..*place + GRAM).filter(|gram| held(gram.as_bytes()));
        places.filter_map(|place| Some((place, gram(&place)?))).find_map(|(place, gram)| {
            // Most substrings that pass the filter occur in none of the texts.
            let candidates: Vec<_> = self.all.iter().filter(|secret| secret.contains(gram)).collect();
            let mut windows = (place.saturating_sub(WINDOW - GRAM)..=place).filter_map(|at| text.get(at..at + WINDOW));
            windows.find(|window| candidates.iter().any(|secret| secret.contains(window)))
        })
    }
}

/// Appends a byte to the last [`GRAM`] bytes, as a number.
fn next(number: u64, byte: u8) -> u64 {
    (number << 8 | u64::from(byte)) & 0xffff_ffff_ffff
}

/// The filter bit of a substring.
fn bit(gram: u64) -> usize {
    (gram.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44) as usize
}

/// Secrets that no output may show, whatever the token.
pub(super) struct Secrets {
    keys: Texts,
    /// Configured values, which output may show. Claims can contain them.
    configured: Vec<String>,
}

/// These secrets and those of one token.
pub(super) struct TokenSecrets<'s> {
    keys: &'s Texts,
    texts: Texts,
    values: BTreeSet<String>,
}

impl Secrets {
    pub(super) fn new(fixture: &Fixture) -> Self {
        let okta = &fixture.okta;
        let mut keys: Vec<SigningKey> = [
            SigningAlgorithm::RS256,
            SigningAlgorithm::RS512,
            SigningAlgorithm::PS256,
            SigningAlgorithm::ES256,
            SigningAlgorithm::ES384,
            SigningAlgorithm::EdDSA,
        ]
        .map(|algorithm| fixture.key(algorithm))
        .into();
        keys.extend([okta.signing_key(), okta.authorization_server("aus2").signing_key()]);
        keys.push(SigningKey::unknown(SigningAlgorithm::RS256));
        let mut texts = Texts::new();
        for key in keys {
            let jwk = key.jwk();
            for number in ["n", "x", "y"] {
                if let Some(text) = jwk[number].as_str() {
                    texts.add_bytes(&crate::fixture::decode(text));
                }
            }
        }
        let configured = [okta.issuer(), okta.audience(), okta.client_id(), "RS256"].map(str::to_owned).into();
        Self { keys: texts, configured }
    }

    /// Adds the secrets of this token. Reads the token independently of the library.
    pub(super) fn of(&self, token: &str) -> TokenSecrets<'_> {
        let mut texts = Texts::new();
        let mut values = BTreeSet::from([MARK.to_owned(), "BEGIN ".to_owned()]);
        // A text that does not have the form of a token is secret as a whole. The beginning of a huge text is enough.
        let token: String = token.chars().take(20_000).collect();
        let segments: Vec<&str> = token.split('.').collect();
        segments.iter().for_each(|segment| texts.add(*segment));
        if let [header, payload, signature] = segments[..] {
            let decoded = |segment: &str| base64_simd::URL_SAFE_NO_PAD.decode_to_vec(segment).ok();
            let json = |segment| serde_json::from_slice(&decoded(segment)?).ok();
            let (header, payload): (Value, Value) =
                (json(header).unwrap_or_default(), json(payload).unwrap_or_default());
            if let Some(signature) = decoded(signature) {
                texts.add_bytes(&signature);
            }
            let mut shown = self.configured.clone();
            let (of_header, of_payload) =
                (["alg", "typ", "kid"], ["iss", "aud", "cid", "client_id", "azp", "appid", "scp", "scope", "scopes"]);
            each_text(&header, &of_header, &mut |name, text| {
                if of_header.contains(&name) { shown.push(text.to_owned()) } else { insert(&mut values, text) }
            });
            each_text(&payload, &of_payload, &mut |name, text| {
                if of_payload.contains(&name) { shown.push(text.to_owned()) } else { insert(&mut values, text) }
            });
            values.retain(|value| {
                value == MARK || !value.contains(MARK) && !shown.iter().any(|shown| shown.contains(value.as_str()))
            });
        }
        TokenSecrets { keys: &self.keys, texts, values }
    }
}

/// Leaves out short values, which occur in any text.
fn insert(values: &mut BTreeSet<String>, text: &str) {
    if text.len() >= 5 {
        values.insert(text.to_owned());
    }
}

/// Calls `each` with every string in `value` and the name of its member. Strings anywhere inside a member of `whole`
/// have the name of that member.
fn each_text(value: &Value, whole: &[&str], each: &mut impl FnMut(&str, &str)) {
    fn below(value: &Value, name: &str, whole: &[&str], each: &mut impl FnMut(&str, &str)) {
        match value {
            Value::String(text) => each(name, text),
            Value::Array(items) => items.iter().for_each(|item| below(item, name, whole, each)),
            Value::Object(members) => members.iter().for_each(|(member, value)| {
                let name = if whole.contains(&name) { name } else { member };
                below(value, name, whole, each);
            }),
            _ => {}
        }
    }
    below(value, "", whole, each);
}

impl TokenSecrets<'_> {
    /// Asserts that `text` shows no part of the token, of a key, or of a value.
    pub(super) fn assert_absent(&self, text: &str, case: &str, place: &str) {
        if let Some(part) = self.shown_in(text) {
            panic!("{place} of {case:?} shows {part:?}:\n{text}");
        }
    }

    /// The first part of these secrets that `text` shows.
    fn shown_in(&self, text: &str) -> Option<String> {
        // Joins the lines of a pretty-printed slice.
        let text = text.lines().map(str::trim_start).collect::<Vec<_>>().join(" ");
        let value = || self.values.iter().find(|value| contains(&text, value));
        let part = self.texts.shown_in(&text).or_else(|| self.keys.shown_in(&text));
        part.map(str::to_owned).or_else(|| value().cloned())
    }
}

/// Like `str::contains`, which is ten times as slow without optimization.
fn contains(text: &str, part: &str) -> bool {
    let first = part.chars().next().expect("something to look for");
    text.match_indices(first).any(|(at, _)| text[at..].starts_with(part))
}

/// The absence of findings is evidence only if the search finds everything that is shown.
#[test]
fn search_finds_every_part_of_a_token() {
    let fixture = Fixture::new();
    let secrets = Secrets::new(&fixture);
    let token = fixture.okta.id_token().claim("cid", "0oashown").sign();
    let token_secrets = secrets.of(&token);
    let [header, payload, signature] = crate::fixture::segments(&token);
    let octets = crate::fixture::decode(signature);
    let claims: Value = serde_json::from_slice(&crate::fixture::decode(payload)).expect("JSON");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let key = fixture.key(SigningAlgorithm::EdDSA).jwk();
    let mut leaks = vec![
        header[..WINDOW].to_owned(),
        payload[payload.len() - WINDOW..].to_owned(),
        format!("{:?}", &octets[7..20]),
        format!("{:#?}", &octets[7..20]),
        octets[100..110].iter().map(|octet| format!("{octet:02X}")).collect(),
        octets[100..110].iter().map(|octet| format!("{octet:02x}")).collect(),
        base64_simd::STANDARD.encode_to_string(&octets[30..60]),
        text(&claims["sub"]),
        text(&claims["email"]),
        text(&claims["name"]),
        text(&claims["jti"]),
        text(&key["x"])[20..40].to_owned(),
    ];
    leaks.extend((0..signature.len() - WINDOW).map(|start| signature[start..start + WINDOW].to_owned()));
    for leak in leaks {
        for before in ["", "refused: ", "12345678901"] {
            assert!(token_secrets.shown_in(&format!("{before}{leak} and more")).is_some(), "{leak} is not found");
        }
    }
    let shown =
        format!("{} {} {} 0oashown", fixture.okta.issuer(), fixture.okta.client_id(), fixture.okta.signing_key().kid());
    assert_eq!(token_secrets.shown_in(&shown), None);
}
