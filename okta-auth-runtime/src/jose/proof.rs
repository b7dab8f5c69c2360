//! A DPoP proof as a JWS: RFC 9449 section 4.2, and the checks of section 4.3 that need nothing but the proof.

use std::borrow::Cow;

use super::crypto::{self, Material};
use super::json::{has_distinct_members, kind, not_an_object, text};
use super::jwk::{self, PublicJwkError};
use super::{JoseError, Jws, Members, NumericDate, Thumbprint};
use crate::algorithm::Algorithm;
use crate::error::{Excerpt, ProofError, Segment};

/// In bytes. A proof with an RSA key of 8192 bits has about 3 KiB.
const MAX_LENGTH: usize = 8 * 1024;

/// In bytes.
const MAX_JTI: usize = 256;

/// A proof whose header passed its checks. Nothing is verified yet.
pub(crate) struct UnverifiedProof<'t> {
    jws: Jws<'t>,
    algorithm: Algorithm,
    material: Material,
}

/// The claims of a proof that its own key signed, not yet compared with the request.
#[derive(Debug, PartialEq)]
pub(crate) struct ProofClaims {
    pub(crate) jti: Box<str>,
    pub(crate) htm: Box<str>,
    pub(crate) htu: Box<str>,
    pub(crate) ath: Box<str>,
    pub(crate) iat: NumericDate,
    pub(crate) nonce: Option<Box<str>>,
}

impl<'t> UnverifiedProof<'t> {
    /// Parses the text and checks the header: `typ`, `crit`, `alg` and `jwk`.
    pub(crate) fn parse(proof: &'t [u8], allowed: &[Algorithm]) -> Result<Self, ProofError> {
        let jws = Jws::split_within(proof, MAX_LENGTH)?;
        let header = jws.header_text()?;
        let names = ["typ", "alg", "jwk", "crit", "b64", "zip", "enc"];
        let members = scan(&header, &names, Segment::Header)?;
        let parameter = |index: usize| members.raw(index).ok_or(ProofError::MissingHeader { parameter: names[index] });
        let string = |index: usize| {
            let raw = parameter(index)?;
            let invalid = ProofError::InvalidHeader { parameter: names[index], found: kind(raw), expected: "a string" };
            text(raw).ok_or(invalid)
        };
        let typ = string(0)?;
        if typ != "dpop+jwt" {
            return Err(ProofError::TypeNotAllowed { found: Excerpt::new(&typ) });
        }
        for (index, parameter) in names.into_iter().enumerate().skip(3) {
            if let Some(raw) = members.raw(index) {
                return Err(ProofError::UnsupportedHeader { parameter, found: kind(raw) });
            }
        }
        let alg = string(1)?;
        let algorithm = Algorithm::parse(&alg).filter(|algorithm| allowed.contains(algorithm)).ok_or_else(|| {
            let expected = Excerpt::list(allowed.iter().map(|algorithm| algorithm.name()));
            ProofError::AlgorithmNotAllowed { found: Excerpt::new(&alg), expected }
        })?;
        let material = jwk::parse_public(parameter(2)?, algorithm).map_err(|error| match error {
            PublicJwkError::Private => ProofError::PrivateKey,
            PublicJwkError::Invalid(reason) => ProofError::InvalidKey { reason },
        })?;
        Ok(Self { jws, algorithm, material })
    }

    /// The thumbprint of the key in the header.
    pub(crate) fn thumbprint(&self) -> Thumbprint {
        Thumbprint::of(&self.material)
    }

    /// The claims. They are not trusted before [`verify`](Self::verify).
    pub(crate) fn claims(&self) -> Result<ProofClaims, ProofError> {
        let payload = self.jws.payload_text()?;
        ProofClaims::parse(&payload)
    }

    /// Verifies the signature with the key in the header.
    pub(crate) fn verify(&self) -> Result<(), ProofError> {
        let signature = self.jws.signature()?;
        let key = crypto::parse(&self.material, self.algorithm).map_err(|reason| ProofError::InvalidKey { reason })?;
        key.verify(self.jws.signing_input, &signature).map_err(|_| ProofError::BadSignature)
    }
}

impl ProofClaims {
    fn parse(payload: &str) -> Result<Self, ProofError> {
        let names = ["jti", "htm", "htu", "ath", "iat", "nonce"];
        let members = scan(payload, &names, Segment::Payload)?;
        let claim = |index: usize| members.raw(index).ok_or(ProofError::MissingClaim { claim: names[index] });
        let string = |index: usize, raw| {
            let invalid = ProofError::InvalidClaim { claim: names[index], found: kind(raw), expected: "a string" };
            text(raw).map(|text: Cow<'_, str>| Box::from(text)).ok_or(invalid)
        };
        let required = |index: usize| string(index, claim(index)?);
        let jti: Box<str> = required(0)?;
        if jti.is_empty() || jti.len() > MAX_JTI {
            let found = if jti.is_empty() { "an empty string" } else { "a longer string" };
            return Err(ProofError::InvalidClaim { claim: "jti", found, expected: "1 to 256 bytes" });
        }
        let iat = claim(4)?;
        let invalid_date =
            ProofError::InvalidClaim { claim: "iat", found: kind(iat), expected: "a finite number of seconds" };
        Ok(Self {
            jti,
            htm: required(1)?,
            htu: required(2)?,
            ath: required(3)?,
            iat: NumericDate::parse(iat).ok_or(invalid_date)?,
            nonce: members.raw(5).map(|raw| string(5, raw)).transpose()?,
        })
    }
}

/// Finds members of a JSON object in which no member occurs twice, at any depth.
fn scan<'j, const N: usize>(json: &'j str, names: &[&str; N], segment: Segment) -> Result<Members<'j, N>, ProofError> {
    let not_an_object = || ProofError::NotJsonObject { segment, found: not_an_object(json) };
    let members = Members::scan(json, names);
    // Only a duplicate is an error of an object that can be scanned.
    match members {
        Err(super::json::ScanError::NotAnObject) => Err(not_an_object()),
        Err(super::json::ScanError::Duplicate(_)) => Err(ProofError::DuplicateMember { segment }),
        Ok(_) if !has_distinct_members(json) => Err(ProofError::DuplicateMember { segment }),
        Ok(members) => Ok(members),
    }
}

impl From<JoseError> for ProofError {
    fn from(error: JoseError) -> Self {
        match error {
            JoseError::TooLong { found, limit } => Self::TooLong { found, limit },
            JoseError::WrongSegmentCount { found } => Self::WrongSegmentCount { found },
            JoseError::NotBase64Url { segment, found } => Self::NotBase64Url { segment, found },
            JoseError::NotJsonObject { segment, found } => Self::NotJsonObject { segment, found },
            JoseError::DuplicateMember { segment, .. } => Self::DuplicateMember { segment },
            JoseError::UnsupportedHeader { parameter, found, .. } => Self::UnsupportedHeader { parameter, found },
            JoseError::MissingHeader { parameter } => Self::MissingHeader { parameter },
            JoseError::InvalidHeader { parameter, found, expected } => {
                Self::InvalidHeader { parameter, found, expected }
            }
        }
    }
}
