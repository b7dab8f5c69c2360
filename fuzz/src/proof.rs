//! A DPoP proof.

use base64_simd::URL_SAFE_NO_PAD;
use okta_auth_runtime::{__fuzz, Algorithm};
use serde_json::{Map, Value};

use super::error::check_message;
use super::json::parse_object;
use super::target_uri::check_target_uris;

/// The members of private and symmetric keys (RFC 7518 section 6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Checks a compact proof, or the texts of a header and a payload with a line feed between them. Each line is also checked as
/// the URL of a proof. Returns whether one of them is accepted.
pub fn check_proof(data: &[u8]) -> bool {
    let is_uri = std::str::from_utf8(data).is_ok_and(check_target_uris);
    let is_accepted = check_compact(data) || is_uri;
    let Some(end) = data.iter().position(|byte| *byte == b'\n') else { return is_accepted };
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode_to_string(bytes);
    let unsigned = format!("{}.{}.AAAA", encode(&data[..end]), encode(&data[end + 1..]));
    check_compact(unsigned.as_bytes()) || is_accepted
}

fn check_compact(text: &[u8]) -> bool {
    let proof = match __fuzz::parse_proof(text, &Algorithm::ALL) {
        Ok(proof) => proof,
        Err(error) => {
            check_message(&error);
            return false;
        }
    };
    assert!(text.len() <= 8 * 1024, "{} bytes", text.len());
    let segments: Vec<&[u8]> = text.split(|byte| *byte == b'.').collect();
    assert_eq!(segments.len(), 3);
    let decoded = |index: usize| {
        let bytes = URL_SAFE_NO_PAD.decode_to_vec(segments[index]).expect("base64url");
        String::from_utf8(bytes).expect("UTF-8")
    };
    let (header, payload) = (decoded(0), decoded(1));
    let (Some(header), Some(payload)) = (distinct_members(&header), distinct_members(&payload)) else { return true };

    assert_eq!(header["typ"], "dpop+jwt");
    assert!(["crit", "b64", "zip", "enc"].iter().all(|name| !header.contains_key(*name)));
    let jwk = header["jwk"].as_object().expect("an object");
    assert!(PRIVATE.iter().all(|name| !jwk.contains_key(*name)), "a private key");
    assert_eq!(proof.thumbprint, thumbprint(jwk));
    assert_eq!(payload["jti"].as_str(), Some(&*proof.jti));
    assert!((1..=256).contains(&proof.jti.len()));
    assert_eq!(payload["htu"].as_str(), Some(&*proof.htu));
    assert!(["htm", "ath"].iter().all(|name| payload[*name].is_string()) && payload["iat"].is_number());
    // A signature of this length is not one of any key.
    assert!(!proof.is_signed || segments[2].len() > 4);
    check_target_uris(&proof.htu);
    let allowed = Algorithm::ALL.iter().filter(|algorithm| __fuzz::parse_proof(text, &[**algorithm]).is_ok()).count();
    assert_eq!(allowed, 1, "a proof has one algorithm");
    true
}

/// The members of an accepted object. `None` for a text with a private name of serde_json, which its `Value` reads as another
/// value.
fn distinct_members(text: &str) -> Option<Map<String, Value>> {
    if text.contains("private") {
        return None;
    }
    let object = parse_object(text)?;
    let kept = object.len() + object.values().map(count_members).sum::<usize>();
    assert_eq!(kept, count_names(text), "an object has a member more than once");
    Some(object)
}

/// The members of all objects in a value. A `Value` keeps only the last of several with one name.
fn count_members(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(count_members).sum(),
        Value::Object(members) => members.len() + members.values().map(count_members).sum::<usize>(),
        _ => 0,
    }
}

/// The members of all objects in a JSON text: the colons outside of strings.
fn count_names(text: &str) -> usize {
    let (mut count, mut in_string, mut is_escaped) = (0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => in_string = !in_string,
            b':' if !in_string => count += 1,
            _ => {}
        }
    }
    count
}

/// RFC 7638 section 3, from the JSON of the key.
fn thumbprint(jwk: &Map<String, Value>) -> [u8; 32] {
    let text = |name: &str| jwk[name].as_str().expect("a string");
    // RFC 7518 section 2: a number has no leading zeros.
    let number = |name: &str| {
        let bytes = URL_SAFE_NO_PAD.decode_to_vec(text(name)).expect("base64url");
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        URL_SAFE_NO_PAD.encode_to_string(&bytes[zeros..])
    };
    let canonical = match text("kty") {
        "RSA" => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, number("e"), number("n")),
        "EC" => format!(r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#, text("crv"), text("x"), text("y")),
        "OKP" => format!(r#"{{"crv":"{}","kty":"OKP","x":"{}"}}"#, text("crv"), text("x")),
        kty => panic!("a key of the type {kty}"),
    };
    __fuzz::sha256(canonical.as_bytes())
}
