//! A DPoP proof as a JWS: RFC 9449 section 4.2, and the checks of section 4.3 that need nothing but the proof.

use std::borrow::Cow;

use super::crypto::{self, Material, Verify};
use super::json::{has_distinct_members, kind, not_an_object, text};
use super::jwk::{self, PublicJwkError};
use super::{JoseError, Jws, Members, NumericDate, Thumbprint};
use crate::algorithm::Algorithm;
use crate::error::{Excerpt, ProofError, Segment};

/// In bytes. A proof with an RSA key of 8192 bits has about 3 KiB.
const MAX_LENGTH: usize = 8 * 1024;

/// In bytes.
const MAX_JTI: usize = 256;

/// The parameters of the header that are read. None of those after `jwk` may be present.
const PARAMETERS: [&str; 7] = ["typ", "alg", "jwk", "crit", "b64", "zip", "enc"];

const CLAIMS: [&str; 6] = ["jti", "htm", "htu", "ath", "iat", "nonce"];

/// The three segments of a proof, not decoded.
#[derive(Clone, Copy)]
pub(crate) struct ProofSegments<'t>(Jws<'t>);

/// The header of a proof. Each method checks one parameter.
pub(crate) struct ProofHeader<'h>(Members<'h, 7>);

/// The public key in the header of a proof, and the algorithm that the header names.
pub(crate) struct ProofKey {
    algorithm: Algorithm,
    material: Material,
}

/// The claims of a proof. Each method checks one claim.
pub(crate) struct UncheckedProofClaims<'p>(Members<'p, 6>);

/// A proof whose header passed its checks. Nothing is verified yet.
pub(crate) struct UnverifiedProof<'t> {
    segments: ProofSegments<'t>,
    key: HeaderKey<'t>,
}

enum HeaderKey<'k> {
    Known(&'k KnownHeader),
    New(ProofKey),
}

/// A header that passed its checks, with its parsed key. The proofs of a client have the same header, so each proof after the
/// first takes 5% less time (`cargo bench --bench table`, row "DPoP, token cached").
pub(crate) struct KnownHeader {
    encoded: Box<[u8]>,
    thumbprint: Thumbprint,
    key: Box<dyn Verify>,
}

impl KnownHeader {
    /// Longer headers are not kept. That of an elliptic curve has about 250 bytes, encoded. That of an RSA key is longer, but its
    /// key costs little to parse.
    const LONGEST: usize = 512;

    /// At most the memory that a header takes, in bytes.
    pub(crate) const KEPT_BYTES: usize = Self::LONGEST + 1024;

    fn is_worth_keeping(&self) -> bool {
        self.encoded.len() <= Self::LONGEST
    }
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
    /// Parses the text and checks the header: `typ`, `crit`, `alg` and `jwk`. The same header as a `known` one passes the same
    /// checks.
    pub(crate) fn parse(
        proof: &'t [u8],
        allowed: &[Algorithm],
        known: Option<&'t KnownHeader>,
    ) -> Result<Self, ProofError> {
        let segments = ProofSegments::split(proof)?;
        if let Some(known) = known.filter(|known| *known.encoded == *segments.0.header) {
            return Ok(Self { segments, key: HeaderKey::Known(known) });
        }
        let text = segments.header()?;
        let header = ProofHeader::parse(&text)?;
        header.check_typ()?;
        header.check_extensions()?;
        let algorithm = header.check_algorithm(allowed)?;
        Ok(Self { segments, key: HeaderKey::New(header.check_key(algorithm)?) })
    }

    /// The thumbprint of the key in the header.
    pub(crate) fn thumbprint(&self) -> Thumbprint {
        match &self.key {
            HeaderKey::Known(known) => known.thumbprint,
            HeaderKey::New(key) => key.thumbprint(),
        }
    }

    /// The claims. They are not trusted before [`verify`](Self::verify).
    pub(crate) fn claims(&self) -> Result<ProofClaims, ProofError> {
        let payload = self.segments.payload()?;
        let claims = UncheckedProofClaims::parse(&payload)?;
        Ok(ProofClaims {
            jti: claims.check_jti()?,
            htm: claims.check_htm()?,
            htu: claims.check_htu()?,
            ath: claims.check_ath()?,
            iat: claims.check_iat()?,
            nonce: claims.check_nonce()?,
        })
    }

    /// Verifies the signature with the key in the header. Returns the header if it was not known and is worth keeping.
    pub(crate) fn verify(&self) -> Result<Option<KnownHeader>, ProofError> {
        match &self.key {
            HeaderKey::Known(known) => self.segments.verify_with(&*known.key).map(|()| None),
            HeaderKey::New(key) => {
                let verifier = self.segments.verify(key)?;
                let encoded = self.segments.0.header.into();
                let header = KnownHeader { encoded, thumbprint: key.thumbprint(), key: verifier };
                Ok(Some(header).filter(KnownHeader::is_worth_keeping))
            }
        }
    }
}

impl<'t> ProofSegments<'t> {
    /// Fails with `TooLong` or `WrongSegmentCount`.
    pub(crate) fn split(proof: &'t [u8]) -> Result<Self, ProofError> {
        Ok(Self(Jws::split_within(proof, MAX_LENGTH)?))
    }

    /// The text of the header.
    pub(crate) fn header(&self) -> Result<String, ProofError> {
        Ok(self.0.header_text()?)
    }

    /// The text of the payload.
    pub(crate) fn payload(&self) -> Result<String, ProofError> {
        Ok(self.0.payload_text()?)
    }

    /// The bytes of the signature.
    pub(crate) fn signature(&self) -> Result<Vec<u8>, ProofError> {
        Ok(self.0.signature()?)
    }

    /// Verifies the signature with the key of the header. Returns the parsed key.
    pub(crate) fn verify(&self, key: &ProofKey) -> Result<Box<dyn Verify>, ProofError> {
        let ProofKey { material, algorithm } = key;
        let key = crypto::parse(material, *algorithm).map_err(|reason| ProofError::InvalidKey { reason })?;
        self.verify_with(&*key)?;
        Ok(key)
    }

    fn verify_with(&self, key: &dyn Verify) -> Result<(), ProofError> {
        let signature = self.signature()?;
        key.verify(self.0.signing_input, &signature).map_err(|_| ProofError::BadSignature)
    }
}

impl<'h> ProofHeader<'h> {
    pub(crate) fn parse(text: &'h str) -> Result<Self, ProofError> {
        scan(text, &PARAMETERS, Segment::Header).map(Self)
    }

    fn parameter(&self, index: usize) -> Result<&'h str, ProofError> {
        self.0.raw(index).ok_or(ProofError::MissingHeader { parameter: PARAMETERS[index] })
    }

    fn string(&self, index: usize) -> Result<Cow<'h, str>, ProofError> {
        let raw = self.parameter(index)?;
        let invalid =
            ProofError::InvalidHeader { parameter: PARAMETERS[index], found: kind(raw), expected: "a string" };
        text(raw).ok_or(invalid)
    }

    /// The text of `typ`, if it has one.
    pub(crate) fn typ(&self) -> Option<Cow<'h, str>> {
        self.string(0).ok()
    }

    pub(crate) fn check_typ(&self) -> Result<(), ProofError> {
        let typ = self.string(0)?;
        if typ == "dpop+jwt" { Ok(()) } else { Err(ProofError::TypeNotAllowed { found: Excerpt::new(&typ) }) }
    }

    pub(crate) fn check_extensions(&self) -> Result<(), ProofError> {
        for (index, parameter) in PARAMETERS.into_iter().enumerate().skip(3) {
            if let Some(raw) = self.0.raw(index) {
                return Err(ProofError::UnsupportedHeader { parameter, found: kind(raw) });
            }
        }
        Ok(())
    }

    /// The text of `alg`, if it has one.
    pub(crate) fn alg(&self) -> Option<Cow<'h, str>> {
        self.string(1).ok()
    }

    pub(crate) fn check_algorithm(&self, allowed: &[Algorithm]) -> Result<Algorithm, ProofError> {
        let alg = self.string(1)?;
        Algorithm::parse(&alg).filter(|algorithm| allowed.contains(algorithm)).ok_or_else(|| {
            let expected = Excerpt::list(allowed.iter().map(|algorithm| algorithm.name()));
            ProofError::AlgorithmNotAllowed { found: Excerpt::new(&alg), expected }
        })
    }

    pub(crate) fn check_key(&self, algorithm: Algorithm) -> Result<ProofKey, ProofError> {
        let material = jwk::parse_public(self.parameter(2)?, algorithm).map_err(|error| match error {
            PublicJwkError::Private => ProofError::PrivateKey,
            PublicJwkError::Invalid(reason) => ProofError::InvalidKey { reason },
        })?;
        Ok(ProofKey { algorithm, material })
    }
}

impl ProofKey {
    pub(crate) fn thumbprint(&self) -> Thumbprint {
        Thumbprint::of(&self.material)
    }
}

impl<'p> UncheckedProofClaims<'p> {
    pub(crate) fn parse(payload: &'p str) -> Result<Self, ProofError> {
        scan(payload, &CLAIMS, Segment::Payload).map(Self)
    }

    fn claim(&self, index: usize) -> Result<&'p str, ProofError> {
        self.0.raw(index).ok_or(ProofError::MissingClaim { claim: CLAIMS[index] })
    }

    fn string(&self, index: usize) -> Result<Box<str>, ProofError> {
        let raw = self.claim(index)?;
        let invalid = ProofError::InvalidClaim { claim: CLAIMS[index], found: kind(raw), expected: "a string" };
        text(raw).map(|text: Cow<'_, str>| Box::from(text)).ok_or(invalid)
    }

    pub(crate) fn check_jti(&self) -> Result<Box<str>, ProofError> {
        let jti = self.string(0)?;
        if jti.is_empty() || jti.len() > MAX_JTI {
            let found = if jti.is_empty() { "an empty string" } else { "a longer string" };
            return Err(ProofError::InvalidClaim { claim: "jti", found, expected: "1 to 256 bytes" });
        }
        Ok(jti)
    }

    pub(crate) fn check_htm(&self) -> Result<Box<str>, ProofError> {
        self.string(1)
    }

    pub(crate) fn check_htu(&self) -> Result<Box<str>, ProofError> {
        self.string(2)
    }

    pub(crate) fn check_ath(&self) -> Result<Box<str>, ProofError> {
        self.string(3)
    }

    pub(crate) fn check_iat(&self) -> Result<NumericDate, ProofError> {
        let iat = self.claim(4)?;
        let invalid_date =
            ProofError::InvalidClaim { claim: "iat", found: kind(iat), expected: "a finite number of seconds" };
        NumericDate::parse(iat).ok_or(invalid_date)
    }

    pub(crate) fn check_nonce(&self) -> Result<Option<Box<str>>, ProofError> {
        self.0.raw(5).map(|_| self.string(5)).transpose()
    }
}

/// Finds members of a JSON object in which no member occurs twice, at any depth.
fn scan<'j, const N: usize>(json: &'j str, names: &[&str; N], segment: Segment) -> Result<Members<'j, N>, ProofError> {
    let not_an_object = || ProofError::NotJsonObject { segment, found: not_an_object(json) };
    let members = Members::scan(json, names);
    // `Members` finds only some duplicates, so the whole text is searched too.
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

#[cfg(test)]
mod tests {
    use allocation_counter::measure;

    use super::*;

    /// RFC 9449 section 4.1.
    const PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";

    fn parse<'t>(proof: &'t str, known: Option<&'t KnownHeader>) -> UnverifiedProof<'t> {
        UnverifiedProof::parse(proof.as_bytes(), &Algorithm::ALL, known).expect("a good header")
    }

    fn known() -> KnownHeader {
        parse(PROOF, None).verify().expect("a good signature").expect("a short header")
    }

    #[test]
    fn known_header_saves_only_its_own_checks() {
        let known = known();
        assert_eq!(parse(PROOF, Some(&known)).thumbprint(), parse(PROOF, None).thumbprint());
        assert!(matches!(parse(PROOF, Some(&known)).verify(), Ok(None)), "it is kept already");
        let (input, signature) = PROOF.rsplit_once('.').expect("three segments");
        let (header, _) = input.split_once('.').expect("two segments");
        for forged in [format!("{header}.e30.{signature}"), format!("{input}."), format!("{input}.{}", &signature[4..])]
        {
            assert_eq!(parse(&forged, Some(&known)).verify().err(), Some(ProofError::BadSignature), "{forged}");
        }
        let padded = PROOF.replacen('.', "=.", 1);
        let error = UnverifiedProof::parse(padded.as_bytes(), &Algorithm::ALL, Some(&known)).err();
        assert_eq!(error.map(|error| error.code()), Some("not_base64url"));
    }

    #[test]
    fn other_header_is_checked_although_one_is_known() {
        let known = known();
        let text = ProofSegments::split(PROOF.as_bytes()).and_then(|segments| segments.header()).expect("a header");
        let rest = &PROOF[PROOF.find('.').expect("a dot")..];
        let with = |from: &str, to: &str| {
            let header = base64_simd::URL_SAFE_NO_PAD.encode_to_string(text.replacen(from, to, 1));
            format!("{header}{rest}")
        };
        let swapped = with(r#""crv":"P-256""#, r#""crv":"P-256","a":1"#);
        assert_eq!(parse(&swapped, Some(&known)).verify().err(), Some(ProofError::BadSignature));
        for (proof, expected) in [
            (with("dpop+jwt", "dpop+jws"), "type_not_allowed"),
            (with("ES256", "ES384"), "invalid_key"),
            (with(r#""crv""#, r#""d":"AAAA","crv""#), "private_key"),
        ] {
            let error = UnverifiedProof::parse(proof.as_bytes(), &Algorithm::ALL, Some(&known)).err();
            assert_eq!(error.map(|error| error.code()), Some(expected), "{proof}");
        }
    }

    #[test]
    fn long_header_is_not_kept() {
        let mut header = known();
        assert!(header.encoded.len() <= KnownHeader::LONGEST);
        header.encoded = [&*header.encoded, &[b'A'; KnownHeader::LONGEST]].concat().into();
        assert!(!header.is_worth_keeping());
    }

    #[test]
    fn kept_bytes_cover_the_memory_of_a_header() {
        let mut header = None;
        let memory = measure(|| header = Some(Box::new(known()))).bytes_current as usize;
        assert!((memory..=memory + 2048).contains(&KnownHeader::KEPT_BYTES), "{memory}");
        drop(header);
    }
}
