//! What has to hold of key sets and headers, whatever they are. Called by `fuzz/` and, with its corpus, by a test.

use std::time::Duration;

use reqwest::header::{AGE, CACHE_CONTROL, DATE, HeaderMap, HeaderValue, RETRY_AFTER};

use crate::algorithm::Algorithm;
use crate::http::cache_control::{freshness, retry_after};
use crate::jose::JwkSet;

/// A key set from anywhere: what is found in it can be selected, verifies no nonsense, and is shown without its numbers.
/// Whether there is a key in it.
pub(crate) fn jwk_set(data: &[u8]) -> bool {
    let Ok(set) = JwkSet::from_json(data) else { return false };
    for skipped in set.skipped() {
        let line = skipped.to_string();
        assert!(line.len() < 1024 && !line.chars().any(char::is_control), "{line:?}");
    }
    let shown = format!("{set:?}");
    assert!(!shown.contains('\n'));
    let restricted = set.clone().restricted_to(&[Algorithm::RS256]);
    assert!(restricted.len() <= set.len());
    for algorithm in Algorithm::ALL {
        for kid in ["", "k", "rsa-2048"] {
            let Some(key) = set.select(kid, algorithm) else { continue };
            assert!(!kid.is_empty(), "a key without kid");
            assert!(set.has_kid(kid));
            assert_eq!((key.kid(), key.algorithm()), (kid, algorithm));
            assert!(key.verify(b"message", &[1; 256]).is_err());
        }
    }
    !set.is_empty()
}

/// `Cache-Control`, `Age`, `Retry-After`, another `Cache-Control` and `Date`, a line each: what is made of them follows
/// from what they say. Whether it is anything.
pub(crate) fn cache_control(data: &[u8]) -> bool {
    let mut headers = HeaderMap::new();
    let names = [CACHE_CONTROL, AGE, RETRY_AFTER, CACHE_CONTROL, DATE];
    for (name, value) in names.into_iter().zip(data.split(|byte| *byte == b'\n')) {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(name, value);
        }
    }
    check_freshness(&headers);
    check_retry_after(&headers);
    freshness(&headers).is_some() || retry_after(&headers).is_some()
}

fn check_freshness(headers: &HeaderMap) {
    let fresh = freshness(headers);
    let mut ageless = headers.clone();
    ageless.remove(AGE);
    let new = freshness(&ageless);
    assert_eq!(fresh.is_some(), new.is_some(), "by an age");
    assert!(fresh <= new, "an age makes it fresher");

    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let text = values.map(str::to_ascii_lowercase).collect::<Vec<_>>().join(",");
    let greatest =
        text.split(|letter: char| !letter.is_ascii_digit()).filter(|digits| !digits.is_empty()).map(number).max();
    assert!(new.unwrap_or_default() <= Duration::from_secs(greatest.unwrap_or_default()), "longer than anything says");
    if text.contains('"') {
        return;
    }
    // Without quotes it takes one line to say the rule again.
    let directives: Vec<_> = text.split(',').map(|one| one.split_once('=').unwrap_or((one, ""))).collect();
    let value = |wanted: &str| directives.iter().find(|(name, _)| name.trim() == wanted).map(|(_, value)| value.trim());
    let stored = value("no-store").or(value("no-cache")).is_none();
    let expected =
        if stored { value("max-age").map(|age| if is_number(age) { number(age) } else { 0 }) } else { Some(0) };
    assert_eq!(new, expected.map(Duration::from_secs), "{text:?}");
}

fn check_retry_after(headers: &HeaderMap) {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let date = |name| httpdate::parse_http_date(text(name)?).ok();
    match (retry_after(headers), text(RETRY_AFTER)) {
        (Some(wait), Some(seconds)) if is_number(seconds) => assert_eq!(wait, Duration::from_secs(number(seconds))),
        (Some(wait), _) => {
            let (sent, until) = (date(DATE).expect("a date"), date(RETRY_AFTER).expect("a date"));
            assert_eq!(sent + wait, until.max(sent));
        }
        (None, retry) => assert!(
            !retry.is_some_and(is_number) && (date(RETRY_AFTER).is_none() || date(DATE).is_none()),
            "nothing of {headers:?}"
        ),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Digits as a number. The greatest is that of 32 bits.
fn number(digits: &str) -> u64 {
    digits.bytes().fold(0, |sum, digit| (sum * 10 + u64::from(digit - b'0')).min(u32::MAX.into()))
}
