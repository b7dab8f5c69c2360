//! The header of an access token: RFC 8725 section 3, RFC 9068 section 2.1.

use crate::algorithm::Algorithm;
use crate::error::{Excerpt, TokenError};
use crate::jose::JoseHeader;

/// The `typ` that a token must have. It is compared case-insensitively, with or without `application/` (RFC 7515
/// section 4.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum TypRule {
    /// Absent, `JWT` or `at+jwt`: Okta sends none.
    #[default]
    Lenient,
    /// `at+jwt`: RFC 9068 section 4.
    AccessToken,
}

/// A header that passed every check that does not depend on the issuer.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) algorithm: Algorithm,
    pub(crate) key_id: Box<str>,
    pub(crate) typ: Option<Box<str>>,
}

/// A header while its checks run. Each check stores the value that it accepts.
pub(crate) struct UncheckedHeader<'h> {
    jose: JoseHeader<'h>,
    allowed: &'h [Algorithm],
    /// `typ`, if it was accepted.
    pub(crate) typ: Option<Box<str>>,
    /// `alg`, if it was accepted.
    pub(crate) algorithm: Option<Algorithm>,
    /// `kid`, if it was accepted.
    pub(crate) key_id: Option<Box<str>>,
}

impl<'h> UncheckedHeader<'h> {
    /// Reads the header's JSON text; `allowed` is the allow-list of algorithms.
    pub(crate) fn parse(json: &'h str, allowed: &'h [Algorithm]) -> Result<Self, TokenError> {
        let jose = JoseHeader::parse(json)?;
        Ok(Self { jose, allowed, typ: None, algorithm: None, key_id: None })
    }

    /// Runs every check and stops at the first that fails.
    pub(crate) fn check_all(mut self) -> Result<Header, TokenError> {
        Self::CHECKS.iter().try_for_each(|check| (check.run)(&mut self))?;
        // After the checks nothing is missing. If it were, the token would be rejected.
        Ok(Header {
            algorithm: self.algorithm.ok_or(TokenError::MissingHeader { parameter: "alg" })?,
            key_id: self.key_id.ok_or(TokenError::MissingHeader { parameter: "kid" })?,
            typ: self.typ,
        })
    }

    pub(super) fn check_extensions(&mut self) -> Result<(), TokenError> {
        Ok(self.jose.check_extensions()?)
    }

    pub(super) fn check_typ(&mut self) -> Result<(), TokenError> {
        let found = self.jose.typ()?;
        TypRule::Lenient.check(found.as_deref())?;
        self.typ = found.map(Box::from);
        Ok(())
    }

    pub(super) fn check_algorithm(&mut self) -> Result<(), TokenError> {
        let name = self.jose.alg()?;
        self.algorithm = Algorithm::parse(&name).filter(|algorithm| self.allowed.contains(algorithm));
        if self.algorithm.is_some() {
            return Ok(());
        }
        Err(TokenError::AlgorithmNotAllowed { found: Excerpt::new(&name), expected: self.allowed_names() })
    }

    pub(super) fn check_key_id(&mut self) -> Result<(), TokenError> {
        self.key_id = Some(self.jose.kid()?.into());
        Ok(())
    }

    /// The `typ` of the token, if it is a string.
    pub(crate) fn found_typ(&self) -> Excerpt {
        Excerpt::or_none(self.jose.typ().ok().flatten())
    }

    pub(super) fn found_algorithm(&self) -> String {
        self.jose.alg().map_or_else(|_| String::new(), |name| Excerpt::new(&name).to_string())
    }

    pub(super) fn found_key_id(&self) -> String {
        Excerpt::or_none(self.jose.kid().ok()).to_string()
    }

    pub(super) fn allowed_names(&self) -> Excerpt {
        Excerpt::list(self.allowed.iter().map(|allowed| allowed.name()))
    }
}

impl TypRule {
    /// The values of `typ` that the rule accepts, for messages.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::Lenient => "none, \"JWT\" or \"at+jwt\"",
            Self::AccessToken => "\"at+jwt\"",
        }
    }

    pub(super) fn check(self, found: Option<&str>) -> Result<(), TokenError> {
        let is = |name: &str| found.is_some_and(|found| media_type(found).eq_ignore_ascii_case(name));
        let accepted = match self {
            Self::Lenient => found.is_none() || is("JWT") || is("at+jwt"),
            Self::AccessToken => is("at+jwt"),
        };
        if accepted {
            return Ok(());
        }
        let found = Excerpt::or_none(found);
        Err(TokenError::TypeNotAllowed { found, expected: self.expected() })
    }
}

/// RFC 7515 section 4.1.9: `application/` may be left out.
fn media_type(name: &str) -> &str {
    const PREFIX: &str = "application/";
    match name.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest,
        _ => name,
    }
}
