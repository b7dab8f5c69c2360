//! The JOSE header: RFC 7515 section 4, RFC 8725 section 3.

use std::borrow::Cow;

use crate::algorithm::Algorithm;
use crate::error::{Excerpt, Segment, TokenError};
use crate::jose::json::{Members, ScanError, in_place_of_an_object, kind, text};

const NAMES: [&str; 7] = ["alg", "kid", "typ", "crit", "b64", "zip", "enc"];
const ALG: usize = 0;
const KID: usize = 1;
const TYP: usize = 2;
const CRIT: usize = 3;
const B64: usize = 4;

/// What `typ` has to be. Compared in any case, with or without `application/` (RFC 7515 section 4.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum TypeRule {
    /// Absent, `JWT` or `at+jwt`: Okta sends none.
    #[default]
    Lenient,
    /// `at+jwt`: RFC 9068 section 4.
    AccessToken,
}

/// A header that follows every rule that needs no issuer.
#[derive(Debug)]
pub(crate) struct Header<'h> {
    pub(crate) algorithm: Algorithm,
    pub(crate) key_id: Cow<'h, str>,
    pub(crate) token_type: Option<Cow<'h, str>>,
}

impl<'h> Header<'h> {
    /// Reads the header's JSON text; `allowed` is the allow-list of algorithms.
    ///
    /// # Errors
    ///
    /// `NotJsonObject`, `DuplicateMember`, `UnsupportedHeader`, `MissingHeader`, `InvalidHeader`,
    /// `AlgorithmNotAllowed`, `TypeNotAllowed`.
    pub(crate) fn parse(json: &'h str, allowed: &[Algorithm]) -> Result<Self, TokenError> {
        let header = UncheckedHeader::parse(json)?;
        header.plain()?;
        Ok(Self {
            token_type: header.token_type(TypeRule::Lenient)?,
            algorithm: header.algorithm(allowed)?,
            key_id: header.key_id()?,
        })
    }

    /// The same header, independent of the text that it was read from.
    pub(crate) fn into_owned(self) -> Header<'static> {
        Header {
            algorithm: self.algorithm,
            key_id: self.key_id.into_owned().into(),
            token_type: self.token_type.map(|name| name.into_owned().into()),
        }
    }

    /// Checks `typ` against the rule of the token's issuer.
    pub(crate) fn check_type(&self, rule: TypeRule) -> Result<(), TokenError> {
        rule.check(self.token_type.as_deref())
    }
}

/// The members of a header that are read, each rule by itself. `jwk`, `jku`, `x5u` and `x5c` are never looked at.
pub(crate) struct UncheckedHeader<'h>(Members<'h>);

impl<'h> UncheckedHeader<'h> {
    pub(crate) fn parse(json: &'h str) -> Result<Self, TokenError> {
        Members::scan(json, &NAMES).map(Self).map_err(|error| match error {
            ScanError::NotAnObject => {
                TokenError::NotJsonObject { segment: Segment::Header, found: in_place_of_an_object(json) }
            }
            ScanError::Duplicate(index) => TokenError::DuplicateMember {
                segment: Segment::Header,
                member: Excerpt::new(NAMES.get(index).copied().unwrap_or_default()),
            },
        })
    }

    /// Extensions that are not understood must refuse (RFC 7515 section 4.1.11, RFC 7797 section 6); `b64: true` is the
    /// default.
    pub(crate) fn plain(&self) -> Result<(), TokenError> {
        for (index, parameter) in NAMES.into_iter().enumerate().skip(CRIT) {
            match self.0.raw(index) {
                None => {}
                Some("true") if index == B64 => {}
                Some(raw) => {
                    let expected = if index == B64 { "none or true" } else { "none" };
                    return Err(TokenError::UnsupportedHeader { parameter, found: kind(raw), expected });
                }
            }
        }
        Ok(())
    }

    pub(crate) fn token_type(&self, rule: TypeRule) -> Result<Option<Cow<'h, str>>, TokenError> {
        let found = self.0.raw(TYP).map(|raw| typed(raw, "typ", "a string")).transpose()?;
        rule.check(found.as_deref()).map(|()| found)
    }

    /// The `typ` that is there, if it is a string.
    pub(crate) fn found_type(&self) -> Option<Cow<'h, str>> {
        self.0.raw(TYP).and_then(text)
    }

    pub(crate) fn algorithm(&self, allowed: &[Algorithm]) -> Result<Algorithm, TokenError> {
        let raw = self.0.raw(ALG).ok_or(TokenError::MissingHeader { parameter: "alg" })?;
        let name = typed(raw, "alg", "a string")?;
        Algorithm::parse(&name).filter(|algorithm| allowed.contains(algorithm)).ok_or_else(|| {
            TokenError::AlgorithmNotAllowed {
                found: Excerpt::new(&name),
                expected: Excerpt::list(allowed.iter().map(|algorithm| algorithm.name())),
            }
        })
    }

    pub(crate) fn key_id(&self) -> Result<Cow<'h, str>, TokenError> {
        let raw = self.0.raw(KID).ok_or(TokenError::MissingHeader { parameter: "kid" })?;
        let expected = "a string that is not empty";
        let key_id = typed(raw, "kid", expected)?;
        if key_id.is_empty() { Err(invalid(raw, "kid", expected)) } else { Ok(key_id) }
    }
}

impl TypeRule {
    /// What `typ` may be.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::Lenient => "none, \"JWT\" or \"at+jwt\"",
            Self::AccessToken => "\"at+jwt\"",
        }
    }

    fn check(self, found: Option<&str>) -> Result<(), TokenError> {
        let is = |name: &str| found.is_some_and(|found| media_type(found).eq_ignore_ascii_case(name));
        let holds = match self {
            Self::Lenient => found.is_none() || is("JWT") || is("at+jwt"),
            Self::AccessToken => is("at+jwt"),
        };
        if holds {
            return Ok(());
        }
        let found = found.map_or_else(Excerpt::none, Excerpt::new);
        Err(TokenError::TypeNotAllowed { found, expected: self.expected() })
    }
}

fn typed<'h>(raw: &'h str, parameter: &'static str, expected: &'static str) -> Result<Cow<'h, str>, TokenError> {
    text(raw).ok_or_else(|| invalid(raw, parameter, expected))
}

fn invalid(raw: &str, parameter: &'static str, expected: &'static str) -> TokenError {
    TokenError::InvalidHeader { parameter, found: kind(raw), expected }
}

/// RFC 7515 section 4.1.9: `application/` may be left out.
fn media_type(name: &str) -> &str {
    const PREFIX: &str = "application/";
    match name.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Header<'_>, TokenError> {
        Header::parse(json, &[Algorithm::RS256])
    }

    fn code(json: &str) -> &'static str {
        parse(json).err().map_or("accepted", |error| error.code())
    }

    #[test]
    fn the_header_that_okta_sends_is_read() {
        let header = parse(r#"{"kid":"k-1","alg":"RS256"}"#).unwrap();
        assert_eq!((header.algorithm, &*header.key_id), (Algorithm::RS256, "k-1"));
    }

    #[test]
    fn each_rule_of_the_header_has_its_reason() {
        for (rest, expected) in [
            (r#""alg":"RS256""#, "missing_header"),
            (r#""kid":"k""#, "missing_header"),
            (r#""alg":"RS256","kid":"""#, "invalid_header"),
            (r#""alg":"RS256","kid":1"#, "invalid_header"),
            (r#""alg":"RS256","kid":null"#, "invalid_header"),
            (r#""alg":"RS256","kid":["k"]"#, "invalid_header"),
            (r#""alg":"RS256","kid":"\ud800""#, "invalid_header"),
            (r#""alg":1,"kid":"k""#, "invalid_header"),
            (r#""alg":null,"kid":"k""#, "invalid_header"),
            (r#""alg":"none","kid":"k""#, "algorithm_not_allowed"),
            (r#""alg":"None","kid":"k""#, "algorithm_not_allowed"),
            (r#""alg":"rs256","kid":"k""#, "algorithm_not_allowed"),
            (r#""alg":"RS256 ","kid":"k""#, "algorithm_not_allowed"),
            (r#""alg":"","kid":"k""#, "algorithm_not_allowed"),
            (r#""alg":"HS256","kid":"k""#, "algorithm_not_allowed"),
            (r#""alg":"RS384","kid":"k""#, "algorithm_not_allowed"),
            (r#""alg":"RS256","kid":"k","typ":1"#, "invalid_header"),
            (r#""alg":"RS256","kid":"k","typ":null"#, "invalid_header"),
            (r#""alg":"RS256","kid":"k","typ":"id_token""#, "type_not_allowed"),
            (r#""alg":"RS256","kid":"k","typ":"dpop+jwt""#, "type_not_allowed"),
            (r#""alg":"RS256","kid":"k","typ":"""#, "type_not_allowed"),
            (r#""alg":"RS256","kid":"k","typ":"applicationxJWT""#, "type_not_allowed"),
            (r#""alg":"RS256","kid":"k","crit":["exp"]"#, "unsupported_header"),
            (r#""alg":"RS256","kid":"k","crit":null"#, "unsupported_header"),
            (r#""alg":"RS256","kid":"k","crit":[]"#, "unsupported_header"),
            (r#""alg":"RS256","kid":"k","b64":false"#, "unsupported_header"),
            (r#""alg":"RS256","kid":"k","b64":"true""#, "unsupported_header"),
            (r#""alg":"RS256","kid":"k","crit":true"#, "unsupported_header"),
            (r#""alg":"RS256","kid":"k","zip":true"#, "unsupported_header"),
            (r#""alg":"RS256","kid":"k","enc":true"#, "unsupported_header"),
            (r#""alg":"RS256","kid":"k","zip":"DEF""#, "unsupported_header"),
            (r#""alg":"RS256","kid":"k","enc":"A256GCM""#, "unsupported_header"),
            (r#""alg":"RS256","kid":"k","kid":"k""#, "duplicate_member"),
            (r#""alg":"RS256","alg":"RS256","kid":"k""#, "duplicate_member"),
            (r#""alg":"RS256","kid":"k","typ":"JWT","typ":"JWT""#, "duplicate_member"),
            (r#""alg":"RS256","kid":"k","b64":true"#, "accepted"),
            (r#""alg":"RS256","kid":"k","jku":"https://evil.example.com","jwk":{},"x5u":1,"x5c":null"#, "accepted"),
        ] {
            assert_eq!(code(&format!("{{{rest}}}")), expected, "{rest}");
        }
        assert_eq!(code("[]"), "not_json_object");
    }

    #[test]
    fn typ_is_absent_or_that_of_an_access_token_in_any_spelling() {
        for name in ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", "Application/JWT"] {
            let json = format!(r#"{{"alg":"RS256","kid":"k","typ":"{name}"}}"#);
            assert!(parse(&json).is_ok(), "{name}");
        }
    }

    #[test]
    fn rfc_9068_requires_its_type() {
        for (typ, expected) in [("", false), (r#","typ":"JWT""#, false), (r#","typ":"application/AT+jwt""#, true)] {
            let json = format!(r#"{{"alg":"RS256","kid":"k"{typ}}}"#);
            assert_eq!(parse(&json).unwrap().check_type(TypeRule::AccessToken).is_ok(), expected, "{typ}");
        }
    }

    #[test]
    fn what_was_found_in_place_of_a_type_is_told() {
        let found = |typ: &str| {
            let json = format!(r#"{{"alg":"RS256","kid":"k","typ":{typ}}}"#);
            UncheckedHeader::parse(&json).unwrap().found_type().map(Cow::into_owned)
        };
        assert_eq!((found(r#""dpop+jwt""#).as_deref(), found("1")), (Some("dpop+jwt"), None));
        let error = parse(r#"{"alg":"RS256","kid":"k","typ":"dpop+jwt"}"#).unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"invalid "typ" header parameter: found "dpop+jwt", expected none, "JWT" or "at+jwt""#
        );
        let error = parse(r#"{"alg":"RS256","kid":"k"}"#).unwrap().check_type(TypeRule::AccessToken).unwrap_err();
        assert_eq!(error.to_string(), r#"invalid "typ" header parameter: found none, expected "at+jwt""#);
    }

    #[test]
    fn the_type_that_was_found_is_told_and_not_the_value() {
        for (rest, expected) in [
            (r#""kid":1"#, r#"invalid "kid" header parameter: found a number, expected a string that is not empty"#),
            (
                r#""kid":"""#,
                r#"invalid "kid" header parameter: found an empty string, expected a string that is not empty"#,
            ),
            (r#""kid":"k","crit":["secret"]"#, r#"unsupported "crit" header parameter: found an array, expected none"#),
            (
                r#""kid":"k","b64":false"#,
                r#"unsupported "b64" header parameter: found a boolean, expected none or true"#,
            ),
            (r#""kid":"k","typ":null"#, r#"invalid "typ" header parameter: found null, expected a string"#),
        ] {
            assert_eq!(parse(&format!(r#"{{"alg":"RS256",{rest}}}"#)).unwrap_err().to_string(), expected);
        }
        let error = parse("[1]").unwrap_err().to_string();
        assert_eq!(error, "invalid header segment: found an array, expected a JSON object in valid UTF-8");
    }

    #[test]
    fn an_algorithm_is_accepted_only_when_allowed() {
        let json = r#"{"alg":"ES256","kid":"k"}"#;
        assert!(Header::parse(json, &[Algorithm::RS256, Algorithm::ES256]).is_ok());
        let error = Header::parse(json, &[Algorithm::RS256]).unwrap_err();
        assert_eq!(error.to_string(), r#"invalid "alg" header parameter: found "ES256", expected "RS256""#);
    }
}
