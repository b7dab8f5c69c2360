//! The response headers that set the time of the next fetch: RFC 9111, RFC 9110 section 10.2.3.

use std::time::Duration;

use okta_auth_runtime::__fuzz::{freshness, retry_after};
use reqwest::header::{AGE, CACHE_CONTROL, DATE, HeaderMap, HeaderValue, RETRY_AFTER};

/// Checks the values of `Cache-Control`, `Age`, `Retry-After`, a second `Cache-Control` and `Date`, one per line.
/// Returns whether the response sets a time.
pub fn check_cache_control(data: &[u8]) -> bool {
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
    let mut without_age = headers.clone();
    without_age.remove(AGE);
    let lifetime = freshness(&without_age);
    let remaining = freshness(headers);
    assert_eq!(remaining.is_some(), lifetime.is_some(), "Age adds or removes a lifetime");
    assert!(remaining <= lifetime, "Age extends the lifetime");

    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let text = values.map(str::to_ascii_lowercase).collect::<Vec<_>>().join(",");
    let numbers = text.split(|letter: char| !letter.is_ascii_digit()).filter(|digits| !digits.is_empty());
    let greatest = Duration::from_secs(numbers.map(number).max().unwrap_or_default());
    assert!(lifetime.unwrap_or_default() <= greatest, "the lifetime exceeds every number in the header");

    // Splitting at commas is only correct without quotes.
    if !text.contains('"') {
        assert_eq!(lifetime, expected_lifetime(&text).map(Duration::from_secs), "{text:?}");
    }
}

/// The lifetime in seconds by the rule of RFC 9111 section 4.2.1, for directives without quotes.
fn expected_lifetime(directives: &str) -> Option<u64> {
    let directives: Vec<_> = directives.split(',').map(|one| one.split_once('=').unwrap_or((one, ""))).collect();
    let value = |wanted: &str| directives.iter().find(|(name, _)| name.trim() == wanted).map(|(_, value)| value.trim());
    if value("no-store").or(value("no-cache")).is_some() {
        return Some(0);
    }
    value("max-age").map(|age| if is_number(age) { number(age) } else { 0 })
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
        (None, retry) => {
            assert!(!retry.is_some_and(is_number), "{headers:?}");
            assert!(date(RETRY_AFTER).is_none() || date(DATE).is_none(), "{headers:?}");
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The value of digits, at most that of 32 bits.
fn number(digits: &str) -> u64 {
    digits.bytes().fold(0, |sum, digit| (sum * 10 + u64::from(digit - b'0')).min(u32::MAX.into()))
}
