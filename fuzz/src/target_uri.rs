//! The URL of a DPoP proof, compared with the parser of `reqwest`, which is that of browsers (WHATWG).

use okta_auth_runtime::__fuzz;
use reqwest::Url;

/// The lines of an input that are compared with each other.
const LINES: usize = 4;

struct Target {
    origin: Box<str>,
    path: Box<str>,
    /// `None` if the independent parser refuses the text, such as an invalid domain.
    independent: Option<Url>,
}

/// Checks each of the first lines as a URL, and each pair of them. Returns whether one is accepted.
pub(crate) fn check_target_uris(text: &str) -> bool {
    let targets: Vec<Target> = text.split('\n').take(LINES).filter_map(check_target_uri).collect();
    for (index, one) in targets.iter().enumerate() {
        for other in &targets[index + 1..] {
            check_pair(one, other);
        }
    }
    !targets.is_empty()
}

fn check_target_uri(text: &str) -> Option<Target> {
    let [origin, path] = __fuzz::target_uri(text)?;
    assert!(text.is_ascii() && !text.contains([' ', '\t', '\r', '\n', '\\', '"', '<', '>']), "{text:?}");
    assert!(path.starts_with('/') && !path.contains(['?', '#']), "{path}");
    let normal = format!("{origin}{path}");
    let again = __fuzz::target_uri(&normal).expect("the normal form is a URL");
    assert_eq!(again, [origin.clone(), path.clone()], "the normal form is its own normal form");

    // The crate `url` does not remove a segment such as `c:` before `..`, although only `file` URLs have drive letters.
    let has_drive_letter =
        text.split('/').any(|segment| matches!(segment.as_bytes(), [b'a'..=b'z' | b'A'..=b'Z', b':']));
    let independent = Url::parse(text).ok().filter(|_| !has_drive_letter);
    if let Some(url) = &independent {
        assert!(["http", "https"].contains(&url.scheme()) && url.username().is_empty() && url.password().is_none());
        assert!(origin.starts_with(&format!("{}://", url.scheme())), "{origin}, {url}");
        let port = origin.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        assert_eq!(port, url.port(), "{origin}, {url}");
        assert_eq!(decoded(&path), decoded(url.path()), "{path}, {url}");
    }
    Some(Target { origin, path, independent })
}

/// Two URLs that are equal here are also equal for the independent parser.
fn check_pair(one: &Target, other: &Target) {
    let (Some(url), Some(other_url)) = (&one.independent, &other.independent) else { return };
    if one.origin == other.origin {
        assert_eq!(url.origin(), other_url.origin());
    }
    if one.path == other.path {
        assert_eq!(decoded(url.path()), decoded(other_url.path()));
    }
}

/// The bytes of a path, without percent-encodings.
fn decoded(path: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| byte == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    bytes
}
