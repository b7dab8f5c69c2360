//! Untrusted text for errors and logs.

use std::fmt;

/// The most characters of untrusted text that an error or a log line shows.
const LIMIT: usize = 128;

/// Untrusted text as errors and logs show it: control characters escaped, at most 128 characters.
///
/// ```
/// use okta_auth_runtime::error::Excerpt;
///
/// assert_eq!(Excerpt::new("key-1\r\nforged line").to_string(), "\"key-1\\r\\nforged line\"");
/// assert_eq!(Excerpt::new(&"k".repeat(200)).to_string().len(), 128 + "\"\"…".len());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Excerpt(Box<str>);

impl Excerpt {
    /// Escapes `text` as `Debug` does, cuts the result to 128 characters, and quotes it.
    pub fn new(text: &str) -> Self {
        let mut shown = String::with_capacity(text.len().min(LIMIT) + 5);
        quote(text, LIMIT, &mut shown);
        Self(shown.into())
    }

    /// A URL without user information, query and fragment, which may be secret. Escaped and cut, without quotes.
    ///
    /// ```
    /// use okta_auth_runtime::error::Excerpt;
    ///
    /// assert_eq!(Excerpt::url("https://user:word@example.com/keys?token=1").to_string(), "https://example.com/keys");
    /// ```
    pub fn url(url: &str) -> Self {
        Self::unquoted(&without_secrets(url, "", ""))
    }

    /// As [`new`](Self::new), for text that is meant to be a URL: `…` replaces the parts that may be secret.
    pub(crate) fn url_text(text: &str) -> Self {
        Self::new(&without_secrets(text, "…@", "…"))
    }

    /// As [`new`](Self::new), without quotes.
    pub(crate) fn unquoted(text: &str) -> Self {
        let mut shown = String::new();
        escape(text, LIMIT, &mut shown);
        Self(shown.into())
    }

    pub(crate) fn none() -> Self {
        Self::word("none")
    }

    /// The excerpt of a text that may be absent.
    pub(crate) fn or_none<T: AsRef<str>>(text: Option<T>) -> Self {
        text.map_or_else(Self::none, |text| Self::new(text.as_ref()))
    }

    /// Our own words, unquoted, to distinguish them from untrusted text.
    pub(crate) fn word(word: &'static str) -> Self {
        Self(word.into())
    }

    /// Several texts as `"a", "b"`, cut to 128 characters in total.
    pub(crate) fn list<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Self {
        let mut shown = String::new();
        let mut left = LIMIT;
        for text in texts {
            if !shown.is_empty() {
                shown.push_str(", ");
            }
            if left == 0 {
                shown.push('…');
                break;
            }
            let used = quote(text.as_ref(), left, &mut shown);
            // The quotes, the comma and the space before the next text count too.
            left = left.saturating_sub(used + 4);
        }
        if shown.is_empty() { Self::none() } else { Self(shown.into()) }
    }
}

/// As [`escape`], in quotes.
fn quote(text: &str, limit: usize, shown: &mut String) -> usize {
    shown.push('"');
    let used = escape(text, limit, shown);
    shown.push('"');
    used
}

/// Adds at most `limit` characters of `text`, escaped. Returns their number.
fn escape(text: &str, limit: usize, shown: &mut String) -> usize {
    let mut characters = text.chars().flat_map(char::escape_debug);
    let mut used = 0;
    shown.extend(characters.by_ref().take(limit).inspect(|_| used += 1));
    if characters.next().is_some() {
        shown.push('…');
    }
    used
}

/// Replaces user information by `user_mark`, and query and fragment by `rest_mark`. `url` need not be a valid URL.
fn without_secrets(url: &str, user_mark: &str, rest_mark: &str) -> String {
    let kept = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = kept.split_once("://").map_or((None, kept), |(scheme, rest)| (Some(scheme), rest));
    let (authority, path) = rest.split_once('/').map_or((rest, None), |(authority, path)| (authority, Some(path)));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let user = if host.len() < authority.len() { user_mark } else { "" };
    let more = if kept.len() < url.len() { rest_mark } else { "" };
    let (scheme, separator) = scheme.map_or(("", ""), |scheme| (scheme, "://"));
    let (slash, path) = path.map_or(("", ""), |path| ("/", path));
    format!("{scheme}{separator}{user}{host}{slash}{path}{more}")
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_cut_as_a_whole() {
        assert_eq!(Excerpt::list(["a", "b"]).to_string(), r#""a", "b""#);
        let long = Excerpt::list((0..100).map(|i| format!("https://issuer-{i}.example.com")));
        assert!(long.to_string().chars().count() <= LIMIT + 5, "{long}");
        assert!(long.to_string().ends_with('…') || long.to_string().ends_with("…\""), "{long}");
        let empty = Excerpt::list([""; 100]).to_string();
        assert!(empty.chars().count() <= LIMIT + 5 && empty.ends_with("\"\", …"), "{empty}");
    }

    #[test]
    fn a_long_item_of_a_list_is_cut_and_not_dropped() {
        for length in [126, 127, 128, 129, 10_000] {
            let item = "k".repeat(length);
            assert_eq!(Excerpt::list([&item]), Excerpt::new(&item), "{length}");
        }
        let second = Excerpt::list(["a".repeat(100), "b".repeat(100)]).to_string();
        assert_eq!(second, format!("\"{}\", \"{}…\"", "a".repeat(100), "b".repeat(24)));
    }

    #[test]
    fn a_url_is_shown_without_secrets_and_cut() {
        let secret = "https://user:word@example.com/keys?token=1#fragment";
        assert_eq!(Excerpt::url(secret).to_string(), "https://example.com/keys");
        assert_eq!(Excerpt::url_text(secret).to_string(), "\"https://…@example.com/keys…\"");
        let long = Excerpt::url(&format!("https://example.com/{}", "a".repeat(1000))).to_string();
        assert_eq!(long.chars().count(), LIMIT + 1);
        for unchanged in ["", "/keys", "file:///etc/passwd", "https://[::1]:80/a/b", "https://example.com"] {
            assert_eq!(Excerpt::url(unchanged).to_string(), unchanged);
        }
    }

    #[test]
    fn our_own_words_are_distinct_from_untrusted_text() {
        assert_eq!((Excerpt::none().to_string(), Excerpt::new("none").to_string()), ("none".into(), "\"none\"".into()));
        assert_eq!(Excerpt::list([""; 0]), Excerpt::none());
    }
}
