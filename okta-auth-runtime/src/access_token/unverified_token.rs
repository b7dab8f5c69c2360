//! A token before its claims are checked: unverified, claimed by an issuer, verified.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::header::Header;
use super::valid_token::Verification;
use super::{IssuerRules, UncheckedClaims, UncheckedHeader, ValidToken, unverified_issuer};
use crate::algorithm::Algorithm;
use crate::error::{Excerpt, TokenError};
use crate::jose::{JoseError, Jws, Key};

/// A token that was parsed and whose header passed its checks. Nothing in it is verified.
pub(crate) struct UnverifiedToken<'t> {
    header: Header,
    payload: String,
    signature: Vec<u8>,
    signing_input: &'t [u8],
    text: &'t str,
}

/// A token that claims to be from a trusted issuer.
pub(crate) struct ClaimedToken<'u> {
    token: &'u UnverifiedToken<'u>,
    claims: UncheckedClaims<'u>,
}

/// A token that its issuer signed.
pub(crate) struct VerifiedToken<'u> {
    text: &'u str,
    payload: &'u str,
    claims: UncheckedClaims<'u>,
    key: Arc<Key>,
}

impl<'t> UnverifiedToken<'t> {
    /// Parses the text of a token; `allowed` is the allow-list of algorithms.
    pub(crate) fn parse(text: &'t str, allowed: &[Algorithm]) -> Result<Self, TokenError> {
        let jws = Jws::split(text.as_bytes())?;
        let header = UncheckedHeader::parse(&jws.header_text()?, allowed)?.check_all()?;
        let (payload, signature) = decode(&jws)?;
        Ok(Self { header, payload, signature, signing_input: jws.signing_input, text })
    }

    pub(crate) fn issuer(&self) -> Result<Cow<'_, str>, TokenError> {
        unverified_issuer(&self.payload)
    }

    pub(crate) fn key_id(&self) -> &str {
        &self.header.key_id
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.header.algorithm
    }

    /// Reads the claims, and checks `iss` and the `typ` that the issuer's profile requires.
    ///
    /// This precedes the search for the key, so that a token of another issuer never causes a fetch.
    pub(crate) fn claimed_by(&self, rules: &'t Arc<IssuerRules>) -> Result<ClaimedToken<'_>, TokenError> {
        let claims = UncheckedClaims::parse(&self.payload, rules)?;
        claims.check_issuer()?;
        rules.check_typ(self.header.typ.as_deref())?;
        Ok(ClaimedToken { token: self, claims })
    }
}

impl<'u> ClaimedToken<'u> {
    /// Verifies the signature with the issuer's key.
    pub(crate) fn verify(self, key: Arc<Key>) -> Result<VerifiedToken<'u>, TokenError> {
        verify(&key, self.token.signing_input, &self.token.signature)?;
        Ok(VerifiedToken { text: self.token.text, payload: &self.token.payload, claims: self.claims, key })
    }
}

impl VerifiedToken<'_> {
    /// Checks the claims at `now`, the time since the Unix epoch.
    pub(crate) fn validate(self, now: Duration) -> Result<ValidToken, TokenError> {
        let rules = Arc::clone(self.claims.rules);
        let claims = self.claims.check_all(now)?;
        let text = rules.keeps_text.then_some(self.text);
        let verification = Verification::Signature { key: Arc::clone(self.key.lifetime()), validated_at: now };
        Ok(ValidToken::new(self.payload, text, rules, claims, Some(verification)))
    }
}

/// Decodes payload and signature, in the order of `docs/token-rules.md`.
pub(crate) fn decode(jws: &Jws<'_>) -> Result<(String, Vec<u8>), JoseError> {
    Ok((jws.payload_text()?, jws.signature()?))
}

pub(crate) fn verify(key: &Key, signing_input: &[u8], signature: &[u8]) -> Result<(), TokenError> {
    key.verify(signing_input, signature).map_err(|_| TokenError::BadSignature { kid: Excerpt::new(key.kid()) })
}

impl From<JoseError> for TokenError {
    fn from(error: JoseError) -> Self {
        match error {
            JoseError::TooLong { found, limit } => Self::TooLong { found, limit },
            JoseError::WrongSegmentCount { found } => Self::WrongSegmentCount { found },
            JoseError::NotBase64Url { segment, found } => Self::NotBase64Url { segment, found },
            JoseError::NotJsonObject { segment, found } => Self::NotJsonObject { segment, found },
            JoseError::DuplicateMember { segment, member } => Self::DuplicateMember { segment, member },
            JoseError::MissingHeader { parameter } => Self::MissingHeader { parameter },
            JoseError::InvalidHeader { parameter, found, expected } => {
                Self::InvalidHeader { parameter, found, expected }
            }
            JoseError::UnsupportedHeader { parameter, found, expected } => {
                Self::UnsupportedHeader { parameter, found, expected }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access_token::Profile;
    use crate::jose::testdata;

    #[test]
    fn valid_token_keeps_only_the_lifetime_of_its_key() {
        let material = testdata::vector(Algorithm::RS256).material;
        let key = Arc::new(Key::parse("k", Algorithm::RS256, &material).expect("a key"));
        let held = Arc::downgrade(&key);
        let audiences = vec!["b".into()];
        let rules = Arc::new(IssuerRules::new("a".into(), audiences, None, Duration::ZERO, &Profile::okta()));
        let payload = r#"{"iss": "a", "aud": "b", "cid": "c", "sub": "d", "exp": 10}"#;
        let claims = UncheckedClaims::parse(payload, &rules).expect("claims");
        let now = Duration::from_secs(5);
        let token =
            VerifiedToken { text: "", payload, claims, key: Arc::clone(&key) }.validate(now).expect("a valid token");
        assert!(token.is_valid_at(now));
        key.retire();
        drop(key);
        assert!(held.upgrade().is_none() && !token.is_valid_at(now));
    }
}
