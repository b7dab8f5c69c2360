//! The confirmation of a token: `cnf` of RFC 7800, with the members of RFC 9449 section 6.1 and RFC 8705 section 3.1.

use crate::jose::json::text;
use crate::jose::{Members, Thumbprint};

/// The keys that the sender of a token must prove to hold. All that are present must be proven.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Confirmation {
    /// `jkt`: the key of the DPoP proof.
    pub(crate) key: Option<Thumbprint>,
    /// `x5t#S256`: the certificate of the TLS connection.
    pub(crate) certificate: Option<Thumbprint>,
}

impl Confirmation {
    /// Reads the raw JSON of `cnf`. If it can't be read, or names no key of these two kinds, the result requires nothing and
    /// is therefore met by no sender.
    pub(super) fn parse(raw: &str) -> Self {
        Self::read(raw).unwrap_or_default()
    }

    /// `None` if the claim can't be read. Other members are ignored, as RFC 7800 section 3.1 allows, if one of the two is
    /// there.
    fn read(raw: &str) -> Option<Self> {
        let members = Members::scan(raw, &["jkt", "x5t#S256"]).ok()?;
        let thumbprint = |index: usize| match members.raw(index) {
            None => Some(None),
            Some(raw) => Thumbprint::parse(&text(raw)?).map(Some),
        };
        Some(Self { key: thumbprint(0)?, certificate: thumbprint(1)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

    #[test]
    fn both_kinds_of_keys_are_read() {
        let key = Thumbprint::parse(KEY);
        for (raw, expected) in [
            (format!(r#"{{"jkt":"{KEY}"}}"#), (key, None)),
            (format!(r#"{{"x5t#S256":"{KEY}"}}"#), (None, key)),
            (format!(r#"{{"jkt":"{KEY}","x5t#S256":"{KEY}"}}"#), (key, key)),
            (format!(r#"{{"jkt":"{KEY}","jwk":{{}}}}"#), (key, None)),
        ] {
            let found = Confirmation::parse(&raw);
            assert_eq!((found.key, found.certificate), expected, "{raw}");
        }
    }

    #[test]
    fn confirmation_that_cannot_be_read_requires_nothing() {
        for raw in [
            "null",
            "{}",
            "[]",
            "true",
            "\"\"",
            r#"{"jwk":{}}"#,
            r#"{"kid":"x"}"#,
            r#"{"jkt":1}"#,
            r#"{"jkt":"x"}"#,
            r#"{"jkt":null}"#,
            &format!(r#"{{"jkt":"{KEY}","jkt":"{KEY}"}}"#),
            &format!(r#"{{"jkt":"{KEY}","x5t#S256":null}}"#),
            &format!(r#"{{"jkt":"{KEY}="}}"#),
        ] {
            assert_eq!(Confirmation::parse(raw), Confirmation::default(), "{raw}");
        }
    }
}
