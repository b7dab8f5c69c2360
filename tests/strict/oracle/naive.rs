//! The naive reader: slow and simple. It reports every rule that a token breaks.

use std::collections::BTreeSet;

use okta_auth_testing::MockOkta;

use super::json::{self, Json};
use super::readers::Readers;
use crate::fixture::{encode, segments};

/// The members that the validator reads. Each must be unique.
const READ: [&[&str]; 2] = [
    &["alg", "kid", "typ", "crit", "b64", "zip", "enc"],
    &["iss", "sub", "aud", "exp", "nbf", "iat", "cnf", "cid", "uid", "scp", "groups"],
];

/// The longest token, in bytes.
const MAX_LENGTH: usize = 16 * 1024;

/// The result of the naive reader.
#[derive(Default)]
pub(super) struct Naive {
    now: f64,
    leeway: f64,
    pub(super) header: Vec<(String, Json)>,
    pub(super) payload: Vec<(String, Json)>,
    pub(super) defects: BTreeSet<&'static str>,
}

impl Readers {
    /// Every rule that the token breaks.
    pub(super) fn naive(&self, token: &str, now: f64) -> Naive {
        let mut naive = Naive { leeway: self.leeway, now, ..Naive::default() };
        naive.check(token.len() <= MAX_LENGTH, "too_long");
        let texts: Vec<&str> = token.split('.').collect();
        let [header_text, payload_text, signature_text] = texts[..] else {
            naive.check(false, "wrong_segment_count");
            return naive;
        };
        let mut decode = |text: &str| {
            let bytes = sloppy_base64(text);
            // Every decodable segment has only one valid spelling.
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
                    // A reader can reach the duplicate before the syntax error.
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
            // RS256 is deterministic, so the signature is verified by signing again.
            let again = self.okta.token().raw_header(header).raw_payload(payload).sign();
            return segments(&again)[2] == encode(signature);
        }
        let Some((message, _)) = token.rsplit_once('.') else { return false };
        jsonwebtoken::crypto::verify(&encode(signature), message.as_bytes(), &self.key, self.algorithm).unwrap_or(false)
    }
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
            let is_list = |value: &Json| value.text().is_some() || value.texts().is_some();
            self.check(present(name).is_none_or(is_list), "invalid_claim");
        }
        match present("cid") {
            Some(cid) if cid.text().is_none() => self.check(false, "invalid_claim"),
            cid => self.check(cid.and_then(Json::text) == Some(okta.client_id()), "client_not_allowed"),
        }
        self.check(claim("cnf").is_none(), "bound_to_key");
        self.payload = claims;
    }

    /// The scopes and groups of a token without defects. A string of groups is one group.
    pub(super) fn lists(&self) -> [Vec<String>; 2] {
        ["scp", "groups"].map(|name| {
            let found = match find(&self.payload, name) {
                Some(Json::Text(Some(scopes))) if name == "scp" => {
                    scopes.split(' ').filter(|scope| !scope.is_empty()).collect()
                }
                Some(Json::Text(Some(group))) if group.is_empty() => Vec::new(),
                Some(Json::Text(Some(group))) => vec![&**group],
                Some(list) => list.texts().unwrap_or_default(),
                None => Vec::new(),
            };
            found.into_iter().map(str::to_owned).collect()
        })
    }

    /// Whether `nbf` and `iat` are in the future.
    pub(super) fn ahead(&self) -> [bool; 2] {
        let ahead = |date: f64| date > self.now + self.leeway;
        ["nbf", "iat"].map(|name| find(&self.payload, name).and_then(Json::finite).is_some_and(ahead))
    }
}

/// The last member of this name, which most JSON parsers return.
pub(super) fn find<'m>(members: &'m [(String, Json)], name: &str) -> Option<&'m Json> {
    members.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
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
