//! The URL that a proof is for (`htu`): RFC 9449 section 4.3, check 9, with the normalizations of RFC 3986 sections 6.2.2
//! and 6.2.3.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A normalized http or https URL without query and fragment. Equal targets have equal origins and paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TargetUri {
    /// Scheme, host and port, such as `https://api.example.com` or `http://127.0.0.1:8080`.
    pub(crate) origin: Box<str>,
    pub(crate) path: Box<str>,
}

impl TargetUri {
    /// Parses strictly by RFC 3986, without user information. A URL parser of browsers would also accept spaces, tabs and
    /// backslashes, so that two servers could read two different URLs.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (text, fragment) = text.split_once('#').map_or((text, None), |(text, fragment)| (text, Some(fragment)));
        let (text, query) = text.split_once('?').map_or((text, None), |(text, query)| (text, Some(query)));
        let is_query = |text: &str| is_encoded(text, |byte| is_pchar(byte) || b"/?".contains(&byte));
        if !query.into_iter().chain(fragment).all(is_query) {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let default_port = match scheme.as_str() {
            "https" => 443,
            "http" => 80,
            _ => return None,
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = split_port(authority)?;
        let host = normalize_host(host)?;
        let port = match port {
            None | Some("") => default_port,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse::<u16>().ok()?,
            Some(_) => return None,
        };
        let origin =
            if port == default_port { format!("{scheme}://{host}") } else { format!("{scheme}://{host}:{port}") };
        Some(Self { origin: origin.into(), path: normalize_path(path)?.into() })
    }
}

/// Normalizes a path. `None` if it is not one of RFC 3986.
pub(crate) fn normalize_path(path: &str) -> Option<String> {
    if path.is_empty() {
        return Some("/".into());
    }
    if !path.starts_with('/') || !is_encoded(path, |byte| is_pchar(byte) || byte == b'/') {
        return None;
    }
    Some(remove_dot_segments(&normalize_encoding(path)))
}

/// The normalized path that a client signed, if a proxy removed `prefix` (normalized) from the front of it. `None` for a
/// received path with dot segments: no client sends one, the router does not remove them, and they can lead out of the prefix.
pub(crate) fn normalize_below(prefix: &str, path: &str) -> Option<String> {
    let normal = normalize_path(path).filter(|normal| *normal == normalize_encoding(path))?;
    Some(format!("{prefix}{normal}"))
}

/// The path that a client sends for an http URL, or for a path, without query and fragment. `None` for another text. Nothing is
/// normalized, because a server compares the path as it arrives.
pub(crate) fn path_of(url: &str) -> Option<&str> {
    let (url, _) = url.split_at(url.find(['?', '#']).unwrap_or(url.len()));
    if url.starts_with('/') {
        return Some(url);
    }
    let (scheme, rest) = url.split_once("://")?;
    let (_, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let is_http = ["http", "https"].iter().any(|name| scheme.eq_ignore_ascii_case(name));
    is_http.then_some(if path.is_empty() { "/" } else { path })
}

/// The port follows the first colon outside of brackets.
fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    if authority.starts_with('[') {
        let (host, rest) = authority.split_at(authority.find(']')? + 1);
        return match rest.strip_prefix(':') {
            Some(port) => Some((host, Some(port))),
            None => rest.is_empty().then_some((host, None)),
        };
    }
    Some(authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))))
}

fn normalize_host(host: &str) -> Option<String> {
    if let Some(address) = host.strip_prefix('[') {
        let address: Ipv6Addr = address.strip_suffix(']')?.parse().ok()?;
        return Some(format!("[{address}]"));
    }
    if host.is_empty() || !is_encoded(host, |byte| is_unreserved(byte) || is_sub_delimiter(byte)) {
        return None;
    }
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return Some(address.to_string());
    }
    Some(normalize_encoding(&host.to_ascii_lowercase()).to_ascii_lowercase())
}

/// Whether each byte is allowed, or part of a percent-encoding.
fn is_encoded(text: &str, is_allowed: impl Fn(u8) -> bool) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let is_hex = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit());
        let is_valid = if byte == b'%' { is_hex(bytes.next()) && is_hex(bytes.next()) } else { is_allowed(byte) };
        if !is_valid {
            return false;
        }
    }
    true
}

/// RFC 3986 section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// RFC 3986 section 2.2.
fn is_sub_delimiter(byte: u8) -> bool {
    b"!$&'()*+,;=".contains(&byte)
}

/// RFC 3986 section 3.3.
fn is_pchar(byte: u8) -> bool {
    is_unreserved(byte) || is_sub_delimiter(byte) || b":@".contains(&byte)
}

/// Decodes unreserved characters, and writes the other percent-encodings in upper case (RFC 3986 section 6.2.2). The text
/// has only whole percent-encodings.
fn normalize_encoding(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        normal.push_str(before);
        let (digits, further) = after.split_at(after.len().min(2));
        match u8::from_str_radix(digits, 16) {
            Ok(byte) if is_unreserved(byte) => normal.push(char::from(byte)),
            _ => {
                normal.push('%');
                normal.push_str(&digits.to_ascii_uppercase());
            }
        }
        rest = further;
    }
    normal.push_str(rest);
    normal
}

/// RFC 3986 section 5.2.4, for a path that begins with a slash.
fn remove_dot_segments(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    let mut is_directory = false;
    for segment in path.split('/').skip(1) {
        is_directory = matches!(segment, "." | "..");
        match segment {
            "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    let slash = if is_directory && !segments.is_empty() { "/" } else { "" };
    format!("/{}{slash}", segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<String> {
        TargetUri::parse(text).map(|uri| format!("{}{}", uri.origin, uri.path))
    }

    #[test]
    fn equal_urls_have_one_form() {
        for (text, expected) in [
            ("https://api.example.com/orders", "https://api.example.com/orders"),
            ("HTTPS://API.Example.COM/orders", "https://api.example.com/orders"),
            ("https://api.example.com:443/orders", "https://api.example.com/orders"),
            ("https://api.example.com:/orders", "https://api.example.com/orders"),
            ("http://api.example.com:80", "http://api.example.com/"),
            ("https://api.example.com:0443/", "https://api.example.com/"),
            ("https://api.example.com", "https://api.example.com/"),
            ("https://api.example.com/?q=1#f", "https://api.example.com/"),
            ("https://api.example.com?q=/a/../b", "https://api.example.com/"),
            ("https://api.example.com/%7euser/%6frders", "https://api.example.com/~user/orders"),
            ("https://api.example.com/a%2fb%2Fc", "https://api.example.com/a%2Fb%2Fc"),
            ("https://api.example.com/a/./b/../c", "https://api.example.com/a/c"),
            ("https://api.example.com/a/%2e%2E/c", "https://api.example.com/c"),
            ("https://api.example.com/../../a", "https://api.example.com/a"),
            ("https://api.example.com/a/..", "https://api.example.com/"),
            ("https://api.example.com/a/b/.", "https://api.example.com/a/b/"),
            ("https://api.example.com//a//b/", "https://api.example.com//a//b/"),
            ("http://[::1]:8080/a", "http://[::1]:8080/a"),
            ("http://[0:0:0:0:0:0:0:1]:8080/a", "http://[::1]:8080/a"),
            ("http://127.0.0.1:8080/a", "http://127.0.0.1:8080/a"),
            ("https://api.example.com/a;v=1,2:3@4", "https://api.example.com/a;v=1,2:3@4"),
        ] {
            assert_eq!(parsed(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn path_stays_below_its_prefix() {
        for (path, expected) in [
            ("/orders", Some("/api/orders")),
            ("/%6frders", Some("/api/orders")),
            ("/a/./orders", None),
            ("/a/../orders", None),
            ("/../other", None),
            ("/%2e%2E/other", None),
            ("/..", None),
            ("//orders", Some("/api//orders")),
            ("*", None),
            ("/a b", None),
        ] {
            assert_eq!(normalize_below("/api", path).as_deref(), expected, "{path}");
        }
        assert_eq!(normalize_below("", "/orders").as_deref(), Some("/orders"));
    }

    #[test]
    fn path_of_a_url_is_as_the_client_sends_it() {
        for (url, expected) in [
            ("https://api.example.com/orders?page=2#top", Some("/orders")),
            ("HTTP://api.example.com:8080/a/../%6frders/", Some("/a/../%6frders/")),
            ("https://api.example.com", Some("/")),
            ("https://api.example.com?a=/b", Some("/")),
            ("/orders?page=2", Some("/orders")),
            ("ftp://api.example.com/orders", None),
            ("orders", None),
            ("", None),
        ] {
            assert_eq!(path_of(url), expected, "{url}");
        }
    }

    #[test]
    fn case_of_a_path_and_a_trailing_slash_matter() {
        for other in
            ["https://a/Orders", "https://a/orders/", "https://a/orders//", "http://a/orders", "https://a:8443/orders"]
        {
            assert_ne!(parsed("https://a/orders"), parsed(other), "{other}");
        }
    }

    #[test]
    fn leniency_of_browsers_is_refused() {
        for text in [
            "",
            "api.example.com/a",
            "//api.example.com/a",
            "ftp://a/b",
            "https:/a/b",
            "https:a/b",
            "https:///b",
            "https://",
            "https://user@a/b",
            "https://user:word@a/b",
            "https://@a/b",
            "https:\\\\a\\b",
            "https://a\\b",
            "https://a/b\\c",
            " https://a/b",
            "https://a/b ",
            "https://a/b c",
            "https://a/\tb",
            "https://a/\nb",
            "ht\ntps://a/b",
            "https://a/%",
            "https://a/%4",
            "https://a/%zz",
            "https://a/%+1",
            "https://a:b/c",
            "https://a:-1/c",
            "https://a:65536/c",
            "https://a:+1/",
            "https://[::1/a",
            "https://[x]/a",
            "https://[::1]x/a",
            "https://::1/a",
            "https://a/é",
            "https://ä/b",
            "https://a/\"",
            "https://a/<b>",
            "https://a/[b]",
            "https://a/{b}",
            "https://a/?q=\"",
            "https://a/?q= ",
            "https://a/#a#b",
            "https://a/|",
        ] {
            assert_eq!(parsed(text), None, "{text:?}");
        }
    }
}
