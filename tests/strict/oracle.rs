//! Three readers of the same tokens: ours, jsonwebtoken's `decode`, and a deliberately naive one. The naive one follows our
//! rules and has to agree in everything, the reason included. Where jsonwebtoken disagrees, a documented rule of ours has to
//! be the reason.

mod json;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, Validation};
use okta_auth::{Algorithm, JwkSet, Validator};
use okta_auth_testing::{Algorithm as Signs, MockOkta, SigningKey};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use crate::bench::{encode, segments};
use crate::corpus::ACCEPTED;
use crate::verdicts::verdict;
use json::Json;

#[cfg(feature = "aws-lc-rs")]
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
#[cfg(all(feature = "rust-crypto", not(feature = "aws-lc-rs")))]
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;

/// jsonwebtoken accepts what these codes refuse: it does not ask for a key ID, a client or a kind of token, takes `iss` as
/// an array, the last of two equal members, tokens of any length, and no notice of `iat`, `cnf`, `crit`, `b64`, `zip`,
/// `enc`, `uid`, `scp`, `groups`. Codes of forged, expired or foreign tokens are not among them.
const STRICTER_THAN_JSONWEBTOKEN: [&str; 10] = [
    "missing_header",
    "invalid_header",
    "unknown_key",
    "type_not_allowed",
    "unsupported_header",
    "duplicate_member",
    "bound_to_key",
    "client_not_allowed",
    "invalid_claim",
    "too_long",
];

/// The members that we read, each of which may stand there once.
const READ: [&[&str]; 2] = [
    &["alg", "kid", "typ", "crit", "b64", "zip", "enc"],
    &["iss", "sub", "aud", "exp", "nbf", "iat", "cnf", "cid", "uid", "scp", "groups"],
];

/// Members that one reader or another looks at, and some that none does.
const HEADER: [&str; 14] =
    ["alg", "kid", "typ", "crit", "b64", "zip", "enc", "jwk", "jku", "x5u", "x5c", "x5t", "cty", "x"];
const CLAIMS: [&str; 13] = ["iss", "sub", "aud", "exp", "nbf", "iat", "cid", "uid", "scp", "groups", "cnf", "x", "jti"];

/// The longest token, in bytes.
const MAX_LENGTH: usize = 16 * 1024;

/// The readers of tokens that are signed with one algorithm.
struct Readers {
    okta: MockOkta,
    attacker: SigningKey,
    algorithm: jsonwebtoken::Algorithm,
    leeway: f64,
    ours: Validator,
    key: DecodingKey,
    validation: Validation,
    runtime: tokio::runtime::Runtime,
}

/// The defaults, and two others that differ in everything that can be chosen.
static READERS: LazyLock<[Readers; 3]> = LazyLock::new(|| {
    // `decode` has no other door. Our own code never asks for the process's provider, as the other test binaries show.
    let _ = DEFAULT_PROVIDER.install_default();
    [
        Readers::new(Signs::RS256, Algorithm::RS256, jsonwebtoken::Algorithm::RS256, None),
        Readers::new(Signs::ES256, Algorithm::ES256, jsonwebtoken::Algorithm::ES256, Some(Duration::ZERO)),
        Readers::new(Signs::PS256, Algorithm::PS256, jsonwebtoken::Algorithm::PS256, Some(Duration::from_secs(300))),
    ]
});

impl Readers {
    fn new(signs: Signs, ours: Algorithm, theirs: jsonwebtoken::Algorithm, leeway: Option<Duration>) -> Self {
        let okta = MockOkta::builder().algorithm(signs).start();
        let jwk = okta.signing_key().jwk();
        let set = JwkSet::from_json(json!({ "keys": [jwk] }).to_string()).expect("a key set");
        let mut builder = okta.validator_builder().algorithms([ours]).jwk_set(set);
        if let Some(leeway) = leeway {
            builder = builder.leeway(leeway);
        }
        let leeway = leeway.map_or(60, |leeway| leeway.as_secs());
        let mut validation = Validation::new(theirs);
        validation.set_issuer(&[okta.issuer()]);
        validation.set_audience(&[okta.audience()]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = leeway;
        Self {
            attacker: SigningKey::unknown(signs),
            algorithm: theirs,
            leeway: leeway as f64,
            ours: builder.build().expect("a validator"),
            key: DecodingKey::from_jwk(&serde_json::from_value::<Jwk>(jwk).expect("a JWK")).expect("a key"),
            validation,
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"),
            okta,
        }
    }

    /// The system's clock: jsonwebtoken has no other.
    fn now(&self) -> f64 {
        self.okta.clock().now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs_f64()
    }

    fn ours(&self, token: &str) -> &'static str {
        self.runtime.block_on(verdict(&self.ours, token))
    }

    fn jsonwebtoken(&self, token: &str) -> Result<(), ErrorKind> {
        let decoded = jsonwebtoken::decode::<Map<String, Value>>(token, &self.key, &self.validation);
        decoded.map(drop).map_err(|error| error.kind().clone())
    }

    /// Every rule that the token breaks.
    fn naive(&self, token: &str, now: f64) -> Naive {
        let mut naive = Naive { leeway: self.leeway, now, ..Naive::default() };
        naive.check(token.len() <= MAX_LENGTH, "too_long");
        let texts: Vec<&str> = token.split('.').collect();
        let [header_text, payload_text, signature_text] = texts[..] else {
            naive.check(false, "wrong_segment_count");
            return naive;
        };
        let mut decode = |text: &str| {
            let bytes = sloppy_base64(text);
            // Whatever can be decoded may be written in one way alone.
            naive.check(bytes.as_ref().is_some_and(|bytes| encode(bytes) == text), "not_base64url");
            bytes.unwrap_or_default()
        };
        let [header, payload, signature] = [header_text, payload_text, signature_text].map(&mut decode);
        naive.check(self.signed(token, &header, &payload, &signature), "bad_signature");
        for (part, (place, bytes)) in
            [(&mut naive.header, &header), (&mut naive.payload, &payload)].into_iter().enumerate()
        {
            match json::object(bytes) {
                None => {
                    naive.defects.insert("not_json_object");
                    // Who reads from left to right may come upon the second of two members first.
                    let text = String::from_utf8_lossy(bytes);
                    let twice = READ[part].iter().any(|name| text.matches(&format!("\"{name}\"")).count() > 1);
                    if twice {
                        naive.defects.insert("duplicate_member");
                    }
                }
                Some(members) => {
                    let times = |name: &&&str| members.iter().filter(|(known, _)| known == *name).count();
                    if READ[part].iter().any(|name| times(&name) > 1) {
                        naive.defects.insert("duplicate_member");
                    }
                    *place = members;
                }
            }
        }
        naive.check_header(self.okta.signing_key().kid(), &format!("{:?}", self.algorithm));
        naive.check_claims(&self.okta);
        naive
    }

    fn signed(&self, token: &str, header: &[u8], payload: &[u8], signature: &[u8]) -> bool {
        if self.algorithm == jsonwebtoken::Algorithm::RS256 {
            // RS256 has one signature for each message, so it is verified by signing again.
            let again = self.okta.token().raw_header(header).raw_payload(payload).sign();
            return segments(&again)[2] == encode(signature);
        }
        let Some((message, _)) = token.rsplit_once('.') else { return false };
        jsonwebtoken::crypto::verify(&encode(signature), message.as_bytes(), &self.key, self.algorithm).unwrap_or(false)
    }

    /// Members of a good token's header and payload, as names and JSON text, dates relative to now.
    fn good(&self) -> [Vec<(String, String)>; 2] {
        let members = |list: &[(&str, Value)]| list.iter().map(|(name, v)| ((*name).into(), v.to_string())).collect();
        let mut claims: Vec<(String, String)> = members(&[
            ("iss", json!(self.okta.issuer())),
            ("aud", json!(self.okta.audience())),
            ("sub", json!("alice")),
            ("cid", json!(self.okta.client_id())),
            ("uid", json!("00u1")),
            ("scp", json!(["openid"])),
        ]);
        claims.extend([("iat".into(), "@-10".into()), ("exp".into(), "@3600".into())]);
        let alg = format!("{:?}", self.algorithm);
        [members(&[("kid", json!(self.okta.signing_key().kid())), ("alg", json!(alg))]), claims]
    }

    /// A value with which the token stays good, if there is one.
    fn fitting(&self, part: usize, name: &str) -> String {
        let good = &self.good()[part];
        if let Some((_, value)) = good.iter().find(|(known, _)| known == name) {
            return value.clone();
        }
        match name {
            "typ" => r#""at+jwt""#.into(),
            "jwk" => self.attacker.jwk().to_string(),
            "nbf" => "@-10".into(),
            "b64" => "true".into(),
            "groups" | "x5c" => r#"["AA"]"#.into(),
            _ => r#""AA""#.into(),
        }
    }

    /// The texts that some member has to be, and others that look as if.
    fn names(&self) -> Vec<String> {
        let (okta, key) = (&self.okta, self.okta.signing_key());
        let ours = [okta.issuer(), okta.audience(), okta.client_id(), key.kid(), self.attacker.kid(), "alice", ""];
        let others =
            ["RS256", "PS256", "ES256", "HS256", "none", "JWT", "at+jwt", "id+jwt", "application/jwt", "b64", "DEF"];
        ours.iter().chain(&others).map(|text| json!(text).to_string()).collect()
    }

    /// Values that are right for some member, and many that are not. Dates are half a minute or more from what any leeway
    /// makes of now, because time goes on; what happens at the bounds is in the corpus.
    fn values(&self) -> Vec<String> {
        let mut values: Vec<String> = self.names().into_iter().flat_map(|name| [format!("[{name}]"), name]).collect();
        let odd = [
            "null",
            "true",
            "false",
            "0",
            "-1",
            "1.5",
            "1e300",
            "1e999",
            "-0",
            "18446744073709551616",
            "[]",
            "{}",
            "[1]",
            "[\"a\",1]",
            "{\"a\":[null]}",
            // These are no JSON.
            "01",
            "+1",
            "1.",
            ".5",
            "0x10",
            "NaN",
            "'a'",
            "tru",
            "",
            "\"\\x\"",
            "\"\t\"",
        ];
        values.extend(odd.map(str::to_owned));
        values.push(json!([self.okta.audience(), "api://other"]).to_string());
        values.extend(dates());
        values.push(r#""\u0061lice""#.into());
        values.push(r#""\ud800""#.into());
        values.push(r#"["\ud83d\ude00","\ude00"]"#.into());
        values.push("[".repeat(200) + &"]".repeat(200));
        values.push(json!("x".repeat(6_500)).to_string());
        values
    }
}

/// Each on another side of some reader's leeway, as integer, as float and as no date.
fn dates() -> Vec<String> {
    let forms = |date| [format!("@{date}"), format!("@{date}.5"), format!("[@{date}]")];
    ["-7200", "-200", "-30", "30", "200", "7200"].into_iter().flat_map(forms).collect()
}

/// What the naive reader finds out: the rules as one would write them on one page.
#[derive(Default)]
struct Naive {
    now: f64,
    leeway: f64,
    header: Vec<(String, Json)>,
    payload: Vec<(String, Json)>,
    defects: BTreeSet<&'static str>,
}

impl Naive {
    fn check(&mut self, holds: bool, code: &'static str) {
        if !holds {
            self.defects.insert(code);
        }
    }

    fn check_header(&mut self, kid: &str, alg: &str) {
        let header = std::mem::take(&mut self.header);
        let text = |name: &str| find(&header, name).map(|value| value.text().map(str::to_owned));
        for (name, expected, code) in [("alg", alg, "algorithm_not_allowed"), ("kid", kid, "unknown_key")] {
            match text(name) {
                None => self.check(false, "missing_header"),
                Some(None) => self.check(false, "invalid_header"),
                Some(Some(found)) if found.is_empty() && name == "kid" => self.check(false, "invalid_header"),
                Some(Some(found)) => self.check(found == expected, code),
            }
        }
        match text("typ") {
            None => {}
            Some(None) => self.check(false, "invalid_header"),
            Some(Some(typ)) => {
                let typ = typ.to_ascii_lowercase();
                let name = typ.strip_prefix("application/").unwrap_or(&typ);
                self.check(["jwt", "at+jwt"].contains(&name), "type_not_allowed");
            }
        }
        let plain = ["crit", "zip", "enc"].iter().all(|name| find(&header, name).is_none())
            && find(&header, "b64").is_none_or(|value| *value == Json::Bool(true));
        self.check(plain, "unsupported_header");
        self.header = header;
    }

    fn check_claims(&mut self, okta: &MockOkta) {
        let claims = std::mem::take(&mut self.payload);
        let claim = |name: &str| find(&claims, name);
        let present = |name: &str| claim(name).filter(|value| **value != Json::Null);
        self.check(["iss", "aud", "exp", "sub"].iter().all(|name| claim(name).is_some()), "missing_claim");
        if let Some(iss) = claim("iss") {
            self.check(iss.text().is_some(), "invalid_claim");
            self.check(iss.text().is_none_or(|iss| iss == okta.issuer()), "issuer_not_allowed");
        }
        if let Some(aud) = claim("aud") {
            let audiences = aud.text().map(|one| vec![one]).or_else(|| aud.texts());
            self.check(audiences.is_some(), "invalid_claim");
            self.check(audiences.is_none_or(|list| list.contains(&okta.audience())), "audience_not_allowed");
        }
        for name in ["exp", "nbf", "iat"] {
            let Some(date) = claim(name) else { continue };
            self.check(date.finite().is_some(), "invalid_claim");
            let Some(date) = date.finite() else { continue };
            if name == "exp" {
                self.check(self.now < date + self.leeway, "expired");
            } else {
                self.check(date <= self.now + self.leeway, "not_yet_valid");
            }
        }
        let filled = |value: &Json| value.text().is_some_and(|text| !text.is_empty());
        self.check(claim("sub").is_none_or(filled), "invalid_claim");
        self.check(present("uid").is_none_or(filled), "invalid_claim");
        for name in ["scp", "groups"] {
            self.check(present(name).is_none_or(|value| value.texts().is_some()), "invalid_claim");
        }
        match present("cid") {
            Some(cid) if cid.text().is_none() => self.check(false, "invalid_claim"),
            cid => self.check(cid.and_then(Json::text) == Some(okta.client_id()), "client_not_allowed"),
        }
        self.check(claim("cnf").is_none(), "bound_to_key");
        self.payload = claims;
    }

    /// `nbf` and `iat`, which of them are in the future.
    fn ahead(&self) -> [bool; 2] {
        let ahead = |date: f64| date > self.now + self.leeway;
        ["nbf", "iat"].map(|name| find(&self.payload, name).and_then(Json::finite).is_some_and(ahead))
    }

    /// Why jsonwebtoken may refuse a token that we accept: it types members of the header that we do not look at, builds
    /// every value that we skip, and reads `exp` and `nbf` as unsigned 64-bit numbers.
    fn is_beyond_jsonwebtoken(&self, error: &ErrorKind) -> bool {
        let date_beyond = |name: &String| {
            let date = find(&self.payload, name).and_then(Json::finite);
            // -0 is an integer there, too, and has a sign.
            date.is_some_and(|date| date < 0.0 || date.is_sign_negative() || date >= u64::MAX as f64)
        };
        match error {
            ErrorKind::Json(error) => {
                let error = error.to_string();
                let unread = [
                    ("recursion limit exceeded", self.any(&|value| depth(value) >= 127)),
                    ("lone leading surrogate in hex escape", self.any(&holds_no_text)),
                    ("unexpected end of hex escape", self.any(&holds_no_text)),
                    ("number out of range", self.any(&holds_no_number)),
                ];
                unread.iter().any(|(reason, found)| *found && error.starts_with(reason)) || self.ill_typed_header()
            }
            ErrorKind::MissingRequiredClaim(claim) => claim == "exp" && date_beyond(claim),
            ErrorKind::InvalidClaimFormat(claim) => claim == "nbf" && date_beyond(claim),
            _ => false,
        }
    }

    fn any(&self, is: &dyn Fn(&Json) -> bool) -> bool {
        self.header.iter().chain(&self.payload).any(|(_, value)| is(value))
    }

    fn ill_typed_header(&self) -> bool {
        ["jwk", "jku", "x5u", "x5c", "x5t", "cty"].iter().any(|wanted| {
            let mut values = self.header.iter().filter(|(name, _)| name == wanted).map(|(_, value)| value);
            let (first, second) = (values.next(), values.next());
            let typed = first.is_none_or(|value| match *wanted {
                "jwk" => matches!(value, Json::Object(members) if !members.is_empty()),
                "x5c" => value.texts().is_some(),
                _ => value.text().is_some(),
            });
            !(typed || first == Some(&Json::Null)) || second.is_some()
        })
    }
}

/// The last member of this name, as most readers of JSON have it.
fn find<'m>(members: &'m [(String, Json)], name: &str) -> Option<&'m Json> {
    members.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
}

fn depth(value: &Json) -> usize {
    match value {
        Json::List(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Json::Object(members) => 1 + members.iter().map(|(_, value)| depth(value)).max().unwrap_or(0),
        _ => 0,
    }
}

fn holds_no_text(value: &Json) -> bool {
    match value {
        Json::Text(text) => text.is_none(),
        Json::List(items) => items.iter().any(holds_no_text),
        Json::Object(members) => members.iter().any(|(name, value)| name.is_none() || holds_no_text(value)),
        _ => false,
    }
}

fn holds_no_number(value: &Json) -> bool {
    match value {
        Json::Number(number) => !number.is_finite(),
        Json::List(items) => items.iter().any(holds_no_number),
        Json::Object(members) => members.iter().any(|(_, value)| holds_no_number(value)),
        _ => false,
    }
}

fn sloppy_base64(text: &str) -> Option<Vec<u8>> {
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for letter in text.trim_end_matches('=').chars().filter(|letter| !letter.is_ascii_whitespace()) {
        let value = match letter {
            'A'..='Z' => u32::from(letter) - 65,
            'a'..='z' => u32::from(letter) - 71,
            '0'..='9' => u32::from(letter) + 4,
            '-' | '+' => 62,
            '_' | '/' => 63,
            _ => return None,
        };
        bits = bits << 6 | value;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count).to_be_bytes()[3]);
        }
    }
    Some(bytes)
}

/// One change of a good token.
#[derive(Debug, Clone)]
enum Edit {
    /// A member of the header (0) or payload (1) set, or, if it is there, replaced.
    Set(usize, &'static str, String),
    /// The same, but beside the one that is there.
    Add(usize, &'static str, String),
    Remove(usize, &'static str),
    /// Bytes put into the JSON text of the header or payload before it is signed, or one taken out.
    Put(usize, Place, &'static [u8]),
    Cut(usize, Index),
    /// Signed with a key that nobody published, which the header may bring along.
    Forge(bool),
    /// A segment taken from another good token.
    Splice(usize),
    /// A letter of the finished token put in, taken out, or replaced.
    Insert(Index, char),
    Delete(Index),
    Replace(Index, char),
}

#[derive(Debug, Clone)]
enum Place {
    Start,
    Within(Index),
    End,
}

/// Changes of a token of these readers.
fn edits(readers: &'static Readers) -> impl Strategy<Value = Vec<Edit>> {
    const BYTES: [&[u8]; 22] = [
        b"\xef\xbb\xbf",
        b"\xff",
        b"\xc3\x28",
        b"\xed\xa0\x80",
        b"\xc0\x80",
        b"\xc2\xa0",
        b"\xe2\x80\xa8",
        b"\0",
        b"\x0c",
        b"\t",
        b"\r\n",
        b" ",
        b"\"",
        b"\\",
        b",",
        b":",
        b"{",
        b"}",
        b"[]",
        b"0",
        b"/**/",
        b"\\u0000",
    ];
    let letters: Vec<char> = "AZaz09-_+/=. \n\0é".chars().collect();
    let member = prop_oneof![
        1 => select(HEADER.to_vec()).prop_map(|name| (0, name)),
        2 => select(CLAIMS.to_vec()).prop_map(|name| (1, name)),
    ];
    let values = readers.values();
    let valued = member.clone().prop_flat_map(move |(part, name)| {
        // One value of a hundred decides for dates and names: they would hardly ever meet by chance.
        let near = match name {
            "exp" | "nbf" | "iat" => dates(),
            _ => readers.names(),
        };
        let value = prop_oneof![
            2 => select(values.clone()),
            1 => Just(readers.fitting(part, name)),
            2 => select(near),
        ];
        (Just(part), Just(name), value)
    });
    let position = any::<Index>;
    let place = prop_oneof![Just(Place::Start), Just(Place::End), position().prop_map(Place::Within)];
    let edit = prop_oneof![
        10 => valued.clone().prop_map(|(part, name, value)| Edit::Set(part, name, value)),
        2 => valued.prop_map(|(part, name, value)| Edit::Add(part, name, value)),
        2 => member.prop_map(|(part, name)| Edit::Remove(part, name)),
        2 => (0..2_usize, place, select(BYTES.to_vec())).prop_map(|(part, place, bytes)| Edit::Put(part, place, bytes)),
        1 => (0..2_usize, position()).prop_map(|(part, at)| Edit::Cut(part, at)),
        1 => any::<bool>().prop_map(Edit::Forge),
        1 => (0..3_usize).prop_map(Edit::Splice),
        1 => (position(), select(letters.clone())).prop_map(|(at, letter)| Edit::Insert(at, letter)),
        1 => position().prop_map(Edit::Delete),
        1 => (position(), select(letters)).prop_map(|(at, letter)| Edit::Replace(at, letter)),
    ];
    prop::collection::vec(edit, 0..4)
}

/// The token with these changes. Dates are made now, so that all readers see them as far away as they are meant to be.
fn build(readers: &Readers, edits: &[Edit], now: f64) -> String {
    let mut parts = readers.good();
    for edit in edits {
        match edit {
            Edit::Set(part, name, value) => {
                parts[*part].retain(|(known, _)| known != name);
                parts[*part].push(((*name).into(), value.clone()));
            }
            Edit::Add(part, name, value) => parts[*part].push(((*name).into(), value.clone())),
            Edit::Remove(part, name) => parts[*part].retain(|(known, _)| known != name),
            Edit::Forge(true) => parts[0].push(("jwk".into(), readers.attacker.jwk().to_string())),
            _ => {}
        }
    }
    let [mut header, mut payload] = parts.map(|members| text(&members, now));
    for edit in edits {
        let (Edit::Put(part, ..) | Edit::Cut(part, _)) = edit else { continue };
        let bytes = if *part == 0 { &mut header } else { &mut payload };
        match edit {
            Edit::Put(_, place, new) => {
                let at = match place {
                    Place::Start => 0,
                    Place::Within(at) => at.index(bytes.len() + 1),
                    Place::End => bytes.len(),
                };
                drop(bytes.splice(at..at, new.iter().copied()));
            }
            Edit::Cut(_, at) => _ = bytes.remove(at.index(bytes.len())),
            _ => {}
        }
    }
    let mut token = readers.okta.token();
    if edits.iter().any(|edit| matches!(edit, Edit::Forge(_))) {
        token = token.signed_by(&readers.attacker);
    }
    let mut token = token.raw_header(header).raw_payload(payload).sign();
    for edit in edits {
        let Edit::Splice(at) = edit else { continue };
        let other = build(
            readers,
            &[Edit::Add(0, "typ", json!("JWT").to_string()), Edit::Set(1, "sub", json!("bob").to_string())],
            now,
        );
        let (mut texts, others) = (segments(&token), segments(&other));
        texts[*at] = others[*at];
        token = texts.join(".");
    }
    let mut letters: Vec<char> = token.chars().collect();
    for edit in edits {
        match edit {
            Edit::Insert(at, letter) => letters.insert(at.index(letters.len() + 1), *letter),
            Edit::Delete(at) => _ = letters.remove(at.index(letters.len())),
            Edit::Replace(at, letter) => {
                let at = at.index(letters.len());
                letters[at] = *letter;
            }
            _ => {}
        }
    }
    letters.into_iter().collect()
}

/// JSON text of these members. `@-30` is the date half a minute ago as an integer, `@-30.5` one as a float.
fn text(members: &[(String, String)], now: f64) -> Vec<u8> {
    let date = |from_now: &str| {
        let date = now.floor() + from_now.parse::<f64>().expect("seconds from now");
        if from_now.contains('.') { format!("{date:.1}") } else { format!("{date:.0}") }
    };
    let dated = |value: &str| match (value.strip_prefix('@'), value.strip_prefix("[@")) {
        (Some(from_now), _) => date(from_now),
        (_, Some(from_now)) => format!("[{}]", date(from_now.trim_end_matches(']'))),
        _ => value.to_owned(),
    };
    let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{}", dated(value))).collect();
    format!("{{{}}}", members.join(",")).into_bytes()
}

/// What the readers say of one token, and whether it was accepted.
fn compare(readers: &Readers, edits: &[Edit]) -> Result<bool, TestCaseError> {
    let now = readers.now();
    let token = build(readers, edits, now);
    let (ours, theirs) = (readers.ours(&token), readers.jsonwebtoken(&token));
    let naive = readers.naive(&token, now);
    let accepted = ours == ACCEPTED;
    prop_assert!(
        if accepted { naive.defects.is_empty() } else { naive.defects.contains(ours) },
        "we say {ours}, the rules {:?}",
        naive.defects
    );
    match theirs {
        Err(error) if accepted => prop_assert!(naive.is_beyond_jsonwebtoken(&error), "we accept, they say {error:?}"),
        Ok(()) if !accepted => {
            // They look at `nbf`, but not at `iat`.
            let by_iat = ours == "not_yet_valid" && naive.ahead() == [false, true];
            prop_assert!(by_iat || STRICTER_THAN_JSONWEBTOKEN.contains(&ours), "we say {ours}, they accept");
        }
        _ => {}
    }
    Ok(accepted)
}

/// 1,000 tokens, or `PROPTEST_CASES`.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1000)
}

#[test]
fn every_disagreement_is_a_documented_rule() {
    let config = ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() };
    let tokens = (0..READERS.len()).prop_flat_map(|at| (Just(at), edits(&READERS[at])));
    let (accepted, changed) = ([const { Cell::new(0) }; 3], Cell::new(0));
    let result = TestRunner::new(config).run(&tokens, |(at, edits)| {
        if compare(&READERS[at], &edits)? {
            accepted[at].set(accepted[at].get() + 1);
            changed.set(changed.get() + u32::from(!edits.is_empty()));
        }
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
    let accepted: [u32; 3] = accepted.each_ref().map(Cell::get);
    println!("{accepted:?} of {} tokens accepted, {} of them changed", cases(), changed.get());
    // Readers that refuse everything agree, too. Few tokens, asked for by hand, prove nothing about shares.
    if cases() >= 500 {
        let sum: u32 = accepted.iter().sum();
        assert!(accepted.iter().all(|count| *count > cases() / 30), "{accepted:?} of {} tokens accepted", cases());
        assert!(
            changed.get() > cases() / 20 && sum < cases() * 3 / 4,
            "{sum} accepted, {} of them changed",
            changed.get()
        );
    }
}

#[test]
fn a_good_token_is_good_for_all_three_and_a_forged_one_for_none() {
    for readers in &*READERS {
        let now = readers.now();
        let token = build(readers, &[], now);
        assert_eq!(readers.ours(&token), ACCEPTED);
        assert!(readers.jsonwebtoken(&token).is_ok());
        assert!(readers.naive(&token, now).defects.is_empty());
        for with_its_key in [false, true] {
            let forged = build(readers, &[Edit::Forge(with_its_key)], now);
            assert_eq!(readers.ours(&forged), "bad_signature");
            assert!(readers.jsonwebtoken(&forged).is_err());
            assert_eq!(readers.naive(&forged, now).defects.into_iter().collect::<Vec<_>>(), ["bad_signature"]);
        }
    }
}
