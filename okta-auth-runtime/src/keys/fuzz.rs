//! What has to hold of key sets and headers, whatever they are. Called by `fuzz/` and, with its corpus, by a test.

use std::time::Duration;

use reqwest::header::{AGE, CACHE_CONTROL, HeaderMap, HeaderValue, RETRY_AFTER};

use super::cache_control::{freshness, retry_after};
use super::{Algorithm, JwkSet};

/// A key set from anywhere: what is found in it can be selected, verifies no nonsense, and is shown without its numbers.
pub(crate) fn jwk_set(data: &[u8]) {
    let Ok(set) = JwkSet::from_json(data) else { return };
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
}

/// Two header values, parted by a line feed: never panics, and never says more than can be said.
pub(crate) fn cache_control(data: &[u8]) {
    let mut headers = HeaderMap::new();
    let names = [CACHE_CONTROL, AGE, RETRY_AFTER, CACHE_CONTROL];
    for (name, value) in names.into_iter().zip(data.split(|byte| *byte == b'\n')) {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(name, value);
        }
    }
    let most = Duration::from_secs(u64::MAX);
    let fresh = freshness(&headers);
    assert!(fresh.is_none_or(|fresh| fresh <= most && fresh.subsec_nanos() == 0));
    if !headers.contains_key(CACHE_CONTROL) {
        assert_eq!(fresh, None);
    }
    assert!(retry_after(&headers).is_none_or(|wait| wait <= most));
}
