//! Text of a stranger that may be shown: escaped and cut.

use std::fmt::{self, Write as _};

/// The most characters of foreign text that an error or a log line shows.
const LIMIT: usize = 128;

/// A stranger's text as errors and logs show it: control characters escaped, at most 128 characters.
///
/// ```
/// use okta_auth_runtime::Excerpt;
///
/// assert_eq!(Excerpt::new("key-1\r\nforged line").to_string(), "\"key-1\\r\\nforged line\"");
/// assert_eq!(Excerpt::new(&"k".repeat(200)).to_string().len(), 128 + "\"\"…".len());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Excerpt(Box<str>);

impl Excerpt {
    /// Escapes `text` as Rust's `Debug` does and cuts what is left to 128 characters.
    pub fn new(text: &str) -> Self {
        let mut shown = String::with_capacity(text.len().min(LIMIT) + 5);
        shown.push('"');
        let mut characters = text.chars().flat_map(char::escape_debug);
        shown.extend(characters.by_ref().take(LIMIT));
        if characters.next().is_some() {
            shown.push('…');
        }
        shown.push('"');
        Self(shown.into())
    }

    /// What is shown of a text that is not there.
    pub(crate) fn none() -> Self {
        Self("none".into())
    }

    /// The excerpts of several texts, as `"a", "b"`, cut to 128 characters as a whole.
    pub(crate) fn list<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Self {
        let mut shown = String::new();
        for text in texts {
            let separator = if shown.is_empty() { "" } else { ", " };
            let one = Self::new(text.as_ref());
            if shown.chars().count() + one.0.chars().count() > LIMIT {
                shown.push_str(separator);
                shown.push('…');
                break;
            }
            let _ = write!(shown, "{separator}{one}");
        }
        if shown.is_empty() { Self::none() } else { Self(shown.into()) }
    }
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
        assert!(long.to_string().chars().count() <= LIMIT + 3, "{long}");
        assert!(long.to_string().ends_with("…"));
    }
}
