//! A token before and right after its signature is verified.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::header::Header;
use super::valid_token::Verification;
use super::{IssuerRules, UncheckedHeader, UnverifiedClaims, ValidToken, unverified_issuer};
use crate::algorithm::Algorithm;
use crate::error::{Excerpt, TokenError};
use crate::jose::{JoseError, Jws, Key};

/// A token that was parsed and whose header passed its checks. Nothing in it is verified.
pub(crate) struct UnverifiedToken<'t> {
    header: Header,
    payload: String,
    signature: Vec<u8>,
    signing_input: &'t [u8],
}

/// A token whose signature is that of its issuer's key.
pub(crate) struct VerifiedToken<'u> {
    payload: &'u str,
    claims: UnverifiedClaims<'u>,
    key: Arc<Key>,
}

impl<'t> UnverifiedToken<'t> {
    /// Parses the text of a token; `allowed` is the allow-list of algorithms.
    ///
    /// # Errors
    ///
    /// The first rule of the shape, the header and the encoding that the token breaks.
    pub(crate) fn parse(text: &'t str, allowed: &[Algorithm]) -> Result<Self, TokenError> {
        let jws = Jws::split(text.as_bytes())?;
        let header = UncheckedHeader::parse(&jws.header_text()?, allowed)?.check()?;
        let (payload, signature) = decode(&jws)?;
        Ok(Self { header, payload, signature, signing_input: jws.signing_input })
    }

    /// The `iss` that the token claims.
    pub(crate) fn issuer(&self) -> Result<Cow<'_, str>, TokenError> {
        unverified_issuer(&self.payload)
    }

    pub(crate) fn key_id(&self) -> &str {
        &self.header.key_id
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.header.algorithm
    }

    /// Reads the claims, and checks that the token is one that this issuer would issue: `iss`, and `typ` of the profile.
    ///
    /// This precedes the search for the key, so that a token of another issuer never causes a fetch.
    pub(crate) fn claims_for<'u>(&'u self, rules: &'u Arc<IssuerRules>) -> Result<UnverifiedClaims<'u>, TokenError> {
        let claims = UnverifiedClaims::parse(&self.payload, rules)?;
        claims.check_issuer()?;
        rules.check_type(self.header.token_type.as_deref())?;
        Ok(claims)
    }

    /// Verifies the signature with `key`.
    ///
    /// # Errors
    ///
    /// `BadSignature`.
    pub(crate) fn verify<'u>(
        &'u self,
        claims: UnverifiedClaims<'u>,
        key: Arc<Key>,
    ) -> Result<VerifiedToken<'u>, TokenError> {
        verify(&key, self.signing_input, &self.signature)?;
        Ok(VerifiedToken { payload: &self.payload, claims, key })
    }
}

impl VerifiedToken<'_> {
    /// Checks the claims at `now`, the time since the Unix epoch.
    ///
    /// # Errors
    ///
    /// The first rule of the claims that the token breaks.
    pub(crate) fn validate(self, now: Duration) -> Result<ValidToken, TokenError> {
        let rules = Arc::clone(self.claims.rules);
        let claims = self.claims.at(now).check()?;
        let verification = Verification { key: self.key, validated_at: now };
        Ok(ValidToken::new(self.payload, rules, claims, Some(verification)))
    }
}

/// Decodes payload and signature, payload first.
pub(crate) fn decode(jws: &Jws<'_>) -> Result<(String, Vec<u8>), JoseError> {
    Ok((jws.payload_text()?, jws.signature()?))
}

/// Verifies a signature with the key of an issuer.
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
