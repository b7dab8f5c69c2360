//! What must not be shown: tokens, signatures, keys, and the values of claims.

use std::collections::BTreeSet;

use okta_auth_testing::{Algorithm, SigningKey};
use serde_json::Value;

use crate::fixture::{Fixture, MARK};

/// So many characters in a row are taken for part of a secret.
const WINDOW: usize = 12;
/// What is looked up of each text. Twelve characters hold one of these at each place that is a multiple of its length.
const GRAM: usize = 6;
/// Bits of a filter that says which of them a secret may hold.
const FILTER: usize = 1 << 20;

/// Texts of which no [`WINDOW`] characters in a row may be shown.
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

    /// Octets in every way in which they get into a text: encoded, as digits, and as Rust shows a slice.
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

    /// What `text` shows of these.
    fn shown_in<'t>(&self, text: &'t str) -> Option<&'t str> {
        let held = |gram: &[u8]| {
            let bit = bit(gram.iter().copied().fold(0, next));
            self.filter[bit / 64] >> (bit % 64) & 1 == 1
        };
        let places = (0..(text.len() + 1).saturating_sub(GRAM)).step_by(GRAM);
        let gram = |place: &usize| text.get(*place..*place + GRAM).filter(|gram| held(gram.as_bytes()));
        places.filter_map(|place| Some((place, gram(&place)?))).find_map(|(place, gram)| {
            // Most of what passes the filter is in none of them.
            let candidates: Vec<_> = self.all.iter().filter(|secret| secret.contains(gram)).collect();
            let mut windows = (place.saturating_sub(WINDOW - GRAM)..=place).filter_map(|at| text.get(at..at + WINDOW));
            windows.find(|window| candidates.iter().any(|secret| secret.contains(window)))
        })
    }
}

/// The last [`GRAM`] bytes as a number.
fn next(number: u64, byte: u8) -> u64 {
    (number << 8 | u64::from(byte)) & 0xffff_ffff_ffff
}

/// A gram's place in the filter.
fn bit(gram: u64) -> usize {
    (gram.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44) as usize
}

/// What no text of ours may hold, whatever the token.
pub(super) struct Secrets {
    keys: Texts,
    /// What may be shown, and is part of many a claim that may not.
    configured: Vec<String>,
}

/// The same, and what is secret of one token.
pub(super) struct TokenSecrets<'s> {
    keys: &'s Texts,
    texts: Texts,
    values: BTreeSet<String>,
}

impl Secrets {
    pub(super) fn new(fixture: &Fixture) -> Self {
        let okta = &fixture.okta;
        let mut keys: Vec<SigningKey> = [
            Algorithm::RS256,
            Algorithm::RS512,
            Algorithm::PS256,
            Algorithm::ES256,
            Algorithm::ES384,
            Algorithm::EdDSA,
        ]
        .map(|algorithm| fixture.key(algorithm))
        .into();
        keys.extend([okta.signing_key(), okta.authorization_server("aus2").signing_key()]);
        keys.push(SigningKey::unknown(Algorithm::RS256));
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

    /// With what is secret of this token, read from it as nobody on our side reads it.
    pub(super) fn of(&self, token: &str) -> TokenSecrets<'_> {
        let mut texts = Texts::new();
        let mut values = BTreeSet::from([MARK.to_owned(), "BEGIN ".to_owned()]);
        // What is not even the shape of a token is secret as a whole. Of a huge text the beginning is enough.
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

/// Shorter ones are found in any text.
fn insert(values: &mut BTreeSet<String>, text: &str) {
    if text.len() >= 5 {
        values.insert(text.to_owned());
    }
}

/// Each string in `value` with the name of the member that it is in: of those in `whole` the one on top.
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
    /// That `text` shows neither the token nor a key nor a value.
    pub(super) fn assert_absent(&self, text: &str, case: &str, place: &str) {
        if let Some(part) = self.shown_in(text) {
            panic!("{place} of {case:?} shows {part:?}:\n{text}");
        }
    }

    /// What `text` shows of them.
    fn shown_in(&self, text: &str) -> Option<String> {
        // A slice that is shown over several lines is a slice.
        let text = text.lines().map(str::trim_start).collect::<Vec<_>>().join(" ");
        let value = || self.values.iter().find(|value| contains(&text, value));
        let part = self.texts.shown_in(&text).or_else(|| self.keys.shown_in(&text));
        part.map(str::to_owned).or_else(|| value().cloned())
    }
}

/// `str::contains`, which takes ten times as long without optimisation.
fn contains(text: &str, part: &str) -> bool {
    let first = part.chars().next().expect("something to look for");
    text.match_indices(first).any(|(at, _)| text[at..].starts_with(part))
}

/// A search that finds nothing proves nothing unless it finds what is there.
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
    let key = fixture.key(Algorithm::EdDSA).jwk();
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
