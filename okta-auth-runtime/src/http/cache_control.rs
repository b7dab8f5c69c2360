//! The freshness of a response: RFC 9111 sections 4.2 and 5.2.

use std::time::Duration;

use reqwest::header::{AGE, CACHE_CONTROL, DATE, HeaderMap, RETRY_AFTER};

/// How long the response is fresh from now on, by its `Cache-Control` and `Age`. `None` if it has no `max-age`.
///
/// Zero if the response may not be stored, or if its `max-age` is not a number: it then counts as stale (RFC 9111
/// section 4.2.1). The first of several `max-age` counts.
pub(crate) fn freshness(headers: &HeaderMap) -> Option<Duration> {
    let mut max_age = None;
    for (name, value) in headers.get_all(CACHE_CONTROL).iter().filter_map(|v| v.to_str().ok()).flat_map(directives) {
        if name.eq_ignore_ascii_case("no-store") || name.eq_ignore_ascii_case("no-cache") {
            return Some(Duration::ZERO);
        }
        if name.eq_ignore_ascii_case("max-age") {
            max_age = max_age.or(Some(seconds(value.trim_matches('"')).unwrap_or_default()));
        }
    }
    let age = headers.get(AGE).and_then(|age| seconds(age.to_str().ok()?)).unwrap_or_default();
    max_age.map(|max_age| max_age.saturating_sub(age))
}

/// `Retry-After`, in seconds or as a date (RFC 9110 section 10.2.3).
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?;
    seconds(value).or_else(|| {
        // A date is relative to the response's `Date`, so that only the server's clock matters.
        let date = |value: &str| httpdate::parse_http_date(value.trim()).ok();
        let sent = date(headers.get(DATE)?.to_str().ok()?)?;
        Some(date(value)?.duration_since(sent).unwrap_or_default())
    })
}

/// Names and values, split at the commas outside of quotes. A directive without a value has an empty one.
fn directives(header: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut quoted = false;
    let commas = move |character| {
        quoted ^= character == '"';
        character == ',' && !quoted
    };
    header.split(commas).map(|directive| {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        (name.trim(), value.trim())
    })
}

/// Only digits. A number that is too large counts as the largest (RFC 9111 section 1.2.2).
fn seconds(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Duration::from_secs(text.parse().unwrap_or(u32::MAX).into()))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).expect("a header value"));
        }
        headers
    }

    #[test]
    fn freshness_is_what_cache_control_says_less_the_age() {
        const CC: &str = "cache-control";
        const AGE: &str = "age";
        type Headers = &'static [(&'static str, &'static str)];
        let table: &[(Headers, Option<u64>)] = &[
            (&[], None),
            (&[(CC, "")], None),
            (&[(CC, "public")], None),
            (&[(CC, "max-age=300")], Some(300)),
            (&[(CC, "Public, MAX-AGE = 300 , must-revalidate")], Some(300)),
            (&[(CC, "max-age=\"300\"")], Some(300)),
            (&[(CC, "private=\"a, max-age=1\", max-age=300")], Some(300)),
            (&[(CC, "public"), (CC, "max-age=300")], Some(300)),
            (&[(CC, "max-age=300, max-age=600")], Some(300)),
            (&[(CC, "s-maxage=10, x-max-age=20, max-age=300")], Some(300)),
            (&[(CC, "s-maxage=10")], None),
            (&[(CC, "max-age=300, no-store")], Some(0)),
            (&[(CC, "no-cache"), (CC, "max-age=300")], Some(0)),
            (&[(CC, "max-age")], Some(0)),
            (&[(CC, "max-age=")], Some(0)),
            (&[(CC, "max-age=-1")], Some(0)),
            (&[(CC, "max-age=+1")], Some(0)),
            (&[(CC, "max-age=1.5")], Some(0)),
            (&[(CC, "max-age=five")], Some(0)),
            (&[(CC, "max-age=99999999999999999999999999")], Some(u32::MAX as u64)),
            (&[(CC, "max-age=300"), (AGE, "100")], Some(200)),
            (&[(CC, "max-age=300"), (AGE, "301")], Some(0)),
            (&[(CC, "max-age=300"), (AGE, "soon")], Some(300)),
            (&[(AGE, "100")], None),
            (&[(CC, "max-age=300\u{e9}"), (CC, "max-age=200")], Some(200)),
        ];
        for (lines, expected) in table {
            assert_eq!(freshness(&headers(lines)), expected.map(Duration::from_secs), "{lines:?}");
        }
    }

    #[test]
    fn retry_after_is_a_date_or_seconds() {
        const SENT: (&str, &str) = ("date", "Fri, 31 Dec 1999 23:59:29 GMT");
        const LATER: (&str, &str) = ("retry-after", "Fri, 31 Dec 1999 23:59:59 GMT");
        assert_eq!(retry_after(&headers(&[SENT, LATER])), Some(Duration::from_secs(30)));
        assert_eq!(retry_after(&headers(&[LATER])), None, "by whose clock?");
        assert_eq!(retry_after(&headers(&[("date", LATER.1), ("retry-after", SENT.1)])), Some(Duration::ZERO));
    }

    #[test]
    fn retry_after_is_read_in_seconds() {
        let table =
            [("7", Some(7)), (" 7 ", Some(7)), ("0", Some(0)), ("-1", None), ("Fri, 31 Dec 1999 23:59:59 GMT", None)];
        for (value, expected) in table {
            assert_eq!(retry_after(&headers(&[("retry-after", value)])), expected.map(Duration::from_secs), "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
