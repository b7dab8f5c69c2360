//! What has to hold of any input. `fuzz/` looks for one of which it does not; the test below replays what it found.

use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64_simd::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::clock::Clock;
use crate::error::ValidateError;
use crate::keys::{Algorithm, JwkSet};
use crate::token::{ClaimNames, Expectations, Header, Jws, Profile, UnverifiedClaims};
use crate::validator::Validator;

const ISSUER: &str = "https://example.okta.com/oauth2/default";
const AUDIENCE: &str = "api://default";
const CLIENT: &str = "client-1";
const NOW: u64 = 1_800_000_000;

/// The text of a JOSE header.
pub fn header(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Header::parse(text, &[Algorithm::RS256]) {
        Ok(header) => {
            assert_eq!(header.algorithm, Algorithm::RS256);
            assert!(!header.key_id.is_empty());
            let Ok(Value::Object(members)) = serde_json::from_str(text) else { return };
            assert_eq!(members.get("alg").and_then(Value::as_str), Some("RS256"));
            assert_eq!(members.get("kid").and_then(Value::as_str), Some(&*header.key_id));
            assert!(["crit", "zip", "enc"].iter().all(|name| !members.contains_key(*name)));
            assert!(members.get("b64").is_none_or(|value| *value == Value::Bool(true)));
        }
        Err(error) => shown(&error.into()),
    }
}

/// A compact token, or header and payload as text with a line feed in between: parsed, its claims checked as if it were
/// signed, and put to a validator, which has to refuse it.
pub fn token(data: &[u8]) {
    token_text(data);
    if let Some(end) = data.iter().position(|byte| *byte == b'\n') {
        let (header, payload) = data.split_at(end);
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode_to_string(bytes);
        token_text(format!("{}.{}.AAAA", encode(header), encode(payload)).as_bytes());
    }
}

fn token_text(token: &[u8]) {
    if let Ok(jws) = Jws::parse(token) {
        let segments: Vec<&[u8]> = token.split(|byte| *byte == b'.').collect();
        let decoded = [jws.header.as_bytes(), jws.payload.as_bytes(), &jws.signature];
        for (segment, decoded) in segments.iter().zip(decoded) {
            assert_eq!(URL_SAFE_NO_PAD.encode_to_string(decoded).as_bytes(), *segment, "two spellings of one token");
        }
        assert_eq!(segments.len(), 3);
        claims(&jws.payload);
    }
    let Ok(text) = std::str::from_utf8(token) else { return };
    match poll(VALIDATOR.validate(text)) {
        Poll::Ready(Ok(_)) => panic!("a token that nobody signed was accepted"),
        Poll::Ready(Err(error)) => shown(&error),
        Poll::Pending => panic!("keys that are given need no waiting"),
    }
}

/// Claims that pass are those that a reader of plain JSON sees.
fn claims(payload: &str) {
    let expected = &*EXPECTED;
    let Ok(unverified) = UnverifiedClaims::parse(payload, &expected.names) else { return };
    let Ok(valid) = unverified.validate(expected, Duration::from_secs(NOW)) else { return };
    assert!(!valid.subject.of(payload).is_empty());
    assert_eq!(valid.client.of(payload), CLIENT);
    // Deeper than 128, or a lone surrogate in what is not read: there is no other reading to compare with.
    let Ok(Value::Object(members)) = serde_json::from_str(payload) else { return };
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    assert_eq!(text("iss"), Some(ISSUER));
    assert_eq!(text("sub"), Some(valid.subject.of(payload)));
    assert_eq!(text("cid"), Some(CLIENT));
    assert_eq!(text("uid"), valid.user_id.as_ref().map(|user| user.of(payload)));
    assert!(members.get("exp").and_then(Value::as_f64).is_some_and(|exp| exp + 60.0 > NOW as f64));
    assert!(!members.contains_key("cnf"));
    let holds = |value: &Value| value.as_str() == Some(AUDIENCE);
    assert!(
        members.get("aud").is_some_and(|aud| holds(aud) || aud.as_array().is_some_and(|list| list.iter().any(holds)))
    );
    for (name, found) in [("scp", &valid.scopes), ("groups", &valid.groups)] {
        let list: Vec<&str> = members
            .get(name)
            .and_then(Value::as_array)
            .map_or_else(Vec::new, |list| list.iter().filter_map(Value::as_str).collect());
        assert_eq!(list, found.iter().map(|item| item.of(payload)).collect::<Vec<_>>(), "{name}");
    }
}

/// A JWK Set.
pub fn jwk_set(data: &[u8]) {
    crate::keys::fuzz::jwk_set(data);
}

/// `Cache-Control`, `Age`, `Retry-After` and another `Cache-Control`, each in a line of its own.
pub fn cache_control(data: &[u8]) {
    crate::keys::fuzz::cache_control(data);
}

/// What an error shows is short and on one line.
fn shown(error: &ValidateError) {
    let text = format!("{error} {error:?}");
    assert!(text.len() < 8 * 1024, "{} bytes", text.len());
    assert!(!text.chars().any(char::is_control), "{text:?}");
}

fn poll<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

struct Frozen;

impl Clock for Frozen {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(NOW)
    }
}

static EXPECTED: LazyLock<Expectations> = LazyLock::new(|| Expectations {
    issuer: ISSUER.into(),
    audiences: vec![AUDIENCE.into()],
    clients: Some(vec![CLIENT.into()]),
    leeway: Duration::from_secs(60),
    names: ClaimNames::new(&Profile::okta()),
});

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    let keys = concat!(
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},"#,
        r#"{"kty":"RSA","kid":"k","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4"#,
        r#"qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSX"#,
        r#"ndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DW"#,
        r#"NmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}]}"#,
    );
    let set = JwkSet::from_json(keys).expect("a key set");
    let validator = Validator::builder().issuer(ISSUER).audience(AUDIENCE).client_id(CLIENT).jwk_set(set);
    validator.algorithms([Algorithm::RS256, Algorithm::EdDSA]).clock(Frozen).build().expect("a validator")
});

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn what_fuzzing_found_interesting_stays_so() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
        type Target = fn(&[u8]);
        let targets: [(&str, Target); 4] = [
            ("header", super::header),
            ("token", super::token),
            ("jwk_set", super::jwk_set),
            ("cache_control", super::cache_control),
        ];
        for (target, run) in targets {
            let inputs = std::fs::read_dir(corpus.join(target)).expect("the committed corpus");
            let mut count = 0;
            for input in inputs {
                run(&std::fs::read(input.expect("an entry").path()).expect("an input"));
                count += 1;
            }
            assert!(count >= 8, "{target} has {count} inputs");
        }
    }
}
