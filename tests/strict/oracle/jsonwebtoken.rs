//! jsonwebtoken's verdict, and the documented reasons for differences from ours.

use jsonwebtoken::errors::ErrorKind;
use serde_json::{Map, Value};

use super::json::Json;
use super::naive::{Naive, find};
use super::readers::Readers;

/// The codes of tokens that jsonwebtoken accepts and we reject. It requires no key ID, client, or type. It accepts
/// `iss` as an array, the last of two equal members, and tokens of any length. It ignores `iat`, `cnf`, `crit`, `b64`,
/// `zip`, `enc`, `uid`, `scp`, and `groups`. The codes of forged, expired, and foreign tokens are not in this list.
pub(super) const STRICTER_THAN_JSONWEBTOKEN: [&str; 10] = [
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

impl Readers {
    pub(super) fn jsonwebtoken(&self, token: &str) -> Result<(), ErrorKind> {
        let decoded = jsonwebtoken::decode::<Map<String, Value>>(token, &self.key, &self.validation);
        decoded.map(drop).map_err(|error| error.kind().clone())
    }
}

impl Naive {
    /// Whether jsonwebtoken may reject a token that we accept. It types header members that we do not read, builds
    /// every value that we skip, and reads `exp` and `nbf` as unsigned 64-bit integers.
    pub(super) fn is_beyond_jsonwebtoken(&self, error: &ErrorKind) -> bool {
        let date_beyond = |name: &String| {
            let date = find(&self.payload, name).and_then(Json::finite);
            // -0 has a sign, so jsonwebtoken rejects it as well.
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
