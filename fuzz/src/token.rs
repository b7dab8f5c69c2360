//! A token whose signature is not that of any key.

use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64_simd::URL_SAFE_NO_PAD;
use okta_auth_runtime::{__fuzz, Algorithm, Issuer, Profile, Validator, config::Clock, keys::JwkSet};

use super::claims::{AUDIENCE, CLIENT, ISSUER, NOW, PROFILES};
use super::error::check_message;

/// Checks a compact token, or the texts of a header and a payload with a line feed between them. Returns whether a
/// profile accepts the claims; the validators must reject every token, because none is signed.
pub fn check_token(data: &[u8]) -> bool {
    let is_accepted = check_compact(data);
    let Some(end) = data.iter().position(|byte| *byte == b'\n') else { return is_accepted };
    let (header, payload) = (&data[..end], &data[end + 1..]);
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode_to_string(bytes);
    check_compact(format!("{}.{}.AAAA", encode(header), encode(payload)).as_bytes()) || is_accepted
}

fn check_compact(token: &[u8]) -> bool {
    if let Ok(text) = std::str::from_utf8(token) {
        VALIDATORS.iter().for_each(|validator| check_rejection(validator, text));
    }
    let Ok(jws) = __fuzz::decode_jws(token) else { return false };
    assert!(token.len() <= 16 * 1024, "{} bytes", token.len());
    let segments: Vec<&[u8]> = token.split(|byte| *byte == b'.').collect();
    let decoded = [jws.header.as_bytes(), jws.payload.as_bytes(), &jws.signature];
    assert_eq!(segments.len(), decoded.len());
    for (segment, decoded) in segments.iter().zip(decoded) {
        assert_eq!(URL_SAFE_NO_PAD.encode_to_string(decoded).as_bytes(), *segment, "a token has one encoding");
    }
    // `any` would stop at the first profile that accepts the claims.
    PROFILES.iter().filter(|profile| profile.check_claims(&jws.payload)).count() > 0
}

fn check_rejection(validator: &Validator, token: &str) {
    let validation = pin!(validator.validate(token));
    match validation.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(_)) => panic!("the validator accepted an unsigned token"),
        Poll::Ready(Err(error)) => check_message(&error),
        Poll::Pending => panic!("the validator waits, although it has its keys"),
    }
}

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(NOW)
    }
}

/// One validator trusts one issuer. The other selects among several.
static VALIDATORS: LazyLock<[Validator; 2]> = LazyLock::new(|| {
    let keys = concat!(
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},"#,
        r#"{"kty":"RSA","kid":"k","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4"#,
        r#"qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSX"#,
        r#"ndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DW"#,
        r#"NmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}]}"#,
    );
    let set = JwkSet::from_json(keys).expect("a key set");
    let one = || {
        let builder = Validator::builder().issuer(ISSUER).audience(AUDIENCE).client_id(CLIENT).jwk_set(set.clone());
        builder.algorithms([Algorithm::RS256, Algorithm::EdDSA]).clock(FixedClock)
    };
    let issuer = |name: &str, profile| {
        Issuer::new(name).audience(AUDIENCE).client_id(CLIENT).profile(profile).jwk_set(set.clone())
    };
    let several = one()
        .add_issuer(issuer("https://auth0.example.com/", Profile::auth0()))
        .add_issuer(issuer("https://rfc9068.example.com", Profile::rfc9068()));
    [one(), several].map(|builder| builder.build().expect("a validator"))
});
