//! The confirmation of a token: `cnf` of RFC 7800, with the members of RFC 9449 section 6.1 and RFC 8705 section 3.1.

use crate::error::TokenError;
use crate::jose::json::text;
use crate::jose::{Members, Thumbprint};

/// The keys that the sender of a token must prove to hold. All that are present must be proven.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Confirmation {
    /// `jkt`: the key of the DPoP proof.
    pub(crate) key: Option<Thumbprint>,
    /// `x5t#S256`: the certificate of the client.
    pub(crate) certificate: Option<Thumbprint>,
}

/// The keys that the sender of a request has proven to hold.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Evidence {
    /// The key of a valid proof: the scheme of the request is DPoP.
    pub(crate) key: Option<Thumbprint>,
    /// The certificate of the client, from its TLS connection or from a trusted proxy.
    pub(crate) certificate: Option<Thumbprint>,
}

impl Evidence {
    /// All keys that a token is bound to. Only for callers without a token.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn complete_for(confirmation: &Confirmation) -> Self {
        Self { key: confirmation.key, certificate: confirmation.certificate }
    }

    /// Checks that the sender holds every key that a token with this `cnf` is bound to. With a proof, the token must be
    /// bound to the proof's key (RFC 9449 section 7.1).
    pub(crate) fn confirms(&self, confirmation: Option<&Confirmation>) -> Result<(), TokenError> {
        let Some(Confirmation { key, certificate }) = confirmation else {
            return if self.key.is_some() { Err(TokenError::NotBound) } else { Ok(()) };
        };
        match (key, self.key) {
            (None, Some(_)) => return Err(TokenError::NotBound),
            (Some(_), None) => return Err(TokenError::BoundToKey),
            (Some(bound_to), Some(proven)) if *bound_to != proven => return Err(TokenError::BoundToOtherKey),
            (Some(_), Some(_)) | (None, None) => {}
        }
        match certificate {
            // A `cnf` that can't be read.
            None if key.is_none() => Err(TokenError::BoundToKey),
            None => Ok(()),
            Some(bound_to) => check_certificate(bound_to, self.certificate.as_ref()),
        }
    }
}

/// `presented` is `None` where certificates are not read: no sender can prove the key of the certificate there.
fn check_certificate(bound_to: &Thumbprint, presented: Option<&Thumbprint>) -> Result<(), TokenError> {
    match presented {
        None => Err(TokenError::BoundToKey),
        Some(presented) if presented != bound_to => Err(TokenError::BoundToOtherCertificate),
        Some(_) => Ok(()),
    }
}

impl Confirmation {
    /// Checks only the certificate, if the token is bound to one.
    pub(crate) fn check_certificate(&self, presented: Option<&Thumbprint>) -> Result<(), TokenError> {
        self.certificate.as_ref().map_or(Ok(()), |bound_to| check_certificate(bound_to, presented))
    }

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
    fn sender_proves_every_key_of_the_token() {
        let [one, other] = [[1; 32], [2; 32]].map(Thumbprint::from_bytes);
        let bound = |key, certificate| Some(Confirmation { key, certificate });
        let (not_bound, to_key, to_other) =
            (Err(TokenError::NotBound), Err(TokenError::BoundToKey), Err(TokenError::BoundToOtherKey));
        let to_other_certificate = Err(TokenError::BoundToOtherCertificate);
        for (confirmation, key, certificate, expected) in [
            (None, None, None, Ok(())),
            (None, None, Some(one), Ok(())),
            (None, Some(one), None, not_bound.clone()),
            (bound(Some(one), None), Some(one), None, Ok(())),
            (bound(Some(one), None), Some(one), Some(other), Ok(())),
            (bound(Some(one), None), Some(other), None, to_other.clone()),
            (bound(Some(one), None), None, None, to_key.clone()),
            (bound(Some(one), None), None, Some(one), to_key.clone()),
            (bound(None, Some(one)), None, Some(one), Ok(())),
            (bound(None, Some(one)), None, Some(other), to_other_certificate.clone()),
            (bound(None, Some(one)), None, None, to_key.clone()),
            (bound(None, Some(one)), Some(one), None, not_bound.clone()),
            (bound(None, Some(one)), Some(one), Some(one), not_bound),
            (bound(Some(one), Some(other)), Some(one), Some(other), Ok(())),
            (bound(Some(one), Some(other)), Some(one), None, to_key.clone()),
            (bound(Some(one), Some(other)), Some(one), Some(one), to_other_certificate),
            (bound(Some(one), Some(other)), Some(other), Some(other), to_other),
            (bound(Some(one), Some(other)), None, Some(other), to_key.clone()),
            (bound(None, None), None, None, to_key.clone()),
            (bound(None, None), None, Some(one), to_key),
            (bound(None, None), Some(one), Some(one), Err(TokenError::NotBound)),
        ] {
            let found = Evidence { key, certificate }.confirms(confirmation.as_ref());
            assert_eq!(found, expected, "{confirmation:?} with {key:?} and {certificate:?}");
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
