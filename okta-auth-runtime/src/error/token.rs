//! Why a token is refused: one variant per rule.

use std::fmt;
use std::time::Duration;

use super::Excerpt;
use super::seconds::Seconds;
use crate::algorithm::Algorithm;

/// A part of a compact JWS (RFC 7515 section 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Segment {
    /// The JOSE header.
    Header,
    /// The claims.
    Payload,
    /// The signature.
    Signature,
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}

/// Why a token is refused: one variant per rule, with what was expected and what was found.
///
/// `Display` has one grammar: `missing required ...`, or what is wrong with what, `: found ..., expected ...`. Foreign text
/// is in quotes; a word without is ours, so that `none` is no name.
///
/// Clients never see these texts (the response has a reason code alone); they are for logs and for
/// [`Validator::validate`](crate::Validator::validate). They show `iss`, `aud`, `cid`, `alg`, `typ`, `kid` and times,
/// escaped and cut, never a token, a signature, `sub`, `uid` or another claim's value: of those the JSON type at most.
///
/// ```
/// use okta_auth_runtime::TokenError;
///
/// let error = TokenError::MissingClaim { claim: "aud".into() };
/// assert_eq!(error.to_string(), r#"missing required "aud" claim"#);
/// assert_eq!(error.code(), "missing_claim");
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The token is longer than 16 KiB.
    #[error("invalid length: found {found} bytes, expected at most {limit}")]
    TooLong {
        /// Length of the token in bytes.
        found: usize,
        /// The most bytes that are read.
        limit: usize,
    },
    /// Not three segments: RFC 7515 section 7.1. Five are a JWE, which Okta's access tokens are not.
    #[error("invalid number of segments: found {found}, expected 3 separated by dots")]
    WrongSegmentCount {
        /// How many segments the token has.
        found: usize,
    },
    /// Not base64url without padding in its one canonical form: RFC 7515 section 2, RFC 4648 section 3.5.
    #[error("invalid {segment} segment: found {found}, expected canonical unpadded base64url")]
    NotBase64Url {
        /// The segment that can't be decoded.
        segment: Segment,
        /// What is wrong with it: `padding`, say.
        found: &'static str,
    },
    /// Not a JSON object in valid UTF-8: RFC 7515 section 4, RFC 7519 section 7.2.
    #[error("invalid {segment} segment: found {found}, expected a JSON object in valid UTF-8")]
    NotJsonObject {
        /// The segment that is not one.
        segment: Segment,
        /// What it begins like, `an array` say, or what is wrong with it.
        found: &'static str,
    },
    /// A member that is read stands there twice: RFC 7515 section 4, RFC 7519 section 4.
    #[error("invalid {segment} segment: found the member {member} more than once, expected it once")]
    DuplicateMember {
        /// The segment that holds it.
        segment: Segment,
        /// The member's name.
        member: Excerpt,
    },
    /// A required header parameter is missing.
    #[error("missing required \"{parameter}\" header parameter")]
    MissingHeader {
        /// The parameter's name.
        parameter: &'static str,
    },
    /// A header parameter of the wrong JSON type, null included, or an empty one.
    #[error("invalid \"{parameter}\" header parameter: found {found}, expected {expected}")]
    InvalidHeader {
        /// The parameter's name.
        parameter: &'static str,
        /// Its JSON type, `a number` say, or what is wrong with the value.
        found: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// `alg` is not on the allow-list: RFC 8725 section 3.1.
    #[error("invalid \"alg\" header parameter: found {found}, expected {expected}")]
    AlgorithmNotAllowed {
        /// The token's `alg`.
        found: Excerpt,
        /// The allow-list.
        expected: Excerpt,
    },
    /// `alg` is not the algorithm of the key that `kid` names: RFC 8725 section 3.1.
    #[error("invalid \"alg\" header parameter: found \"{found}\", expected {expected} of the key {kid}")]
    AlgorithmNotOfKey {
        /// The token's `alg`.
        found: Algorithm,
        /// The token's `kid`.
        kid: Excerpt,
        /// What the key is for.
        expected: Excerpt,
    },
    /// `typ` is of another kind of token: RFC 8725 section 3.11, RFC 9068 section 4.
    #[error("invalid \"typ\" header parameter: found {found}, expected {expected}")]
    TypeNotAllowed {
        /// The token's `typ`.
        found: Excerpt,
        /// What is allowed.
        expected: &'static str,
    },
    /// A header parameter that changes how the token is to be read: `crit`, `b64`, `zip`, `enc`.
    #[error("unsupported \"{parameter}\" header parameter: found {found}, expected {expected}")]
    UnsupportedHeader {
        /// The parameter's name.
        parameter: &'static str,
        /// Its JSON type.
        found: &'static str,
        /// `none`; of `b64` also `true`, which changes nothing.
        expected: &'static str,
    },
    /// No key of this `kid` is in the issuer's key set.
    #[error("invalid \"kid\" header parameter: found {kid}, expected a key of the issuer {issuer}")]
    UnknownKey {
        /// The token's `kid`.
        kid: Excerpt,
        /// Whose key set does not have it.
        issuer: Excerpt,
    },
    /// The signature is not of this key over this token: RFC 7515 section 5.2.
    #[error("invalid signature: found one that does not verify, expected one of the key {kid}")]
    BadSignature {
        /// The `kid` of the key that was asked.
        kid: Excerpt,
    },
    /// A required claim is missing.
    #[error("missing required \"{claim}\" claim")]
    MissingClaim {
        /// The claim's name.
        claim: Box<str>,
    },
    /// A claim of the wrong JSON type, or an empty one where that is not allowed.
    #[error("invalid \"{claim}\" claim: found {found}, expected {expected}")]
    InvalidClaim {
        /// The claim's name.
        claim: Box<str>,
        /// Its JSON type, `a number` say, or what is wrong with the value.
        found: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// `iss` is not a configured issuer: RFC 9068 section 4.
    #[error("invalid \"iss\" claim: found {found}, expected {expected}")]
    IssuerNotAllowed {
        /// The token's `iss`.
        found: Excerpt,
        /// The configured issuers.
        expected: Excerpt,
    },
    /// `aud` holds no configured audience: RFC 7519 section 4.1.3.
    #[error("invalid \"aud\" claim: found {found}, expected {expected}")]
    AudienceNotAllowed {
        /// The token's `aud`.
        found: Excerpt,
        /// The configured audiences.
        expected: Excerpt,
    },
    /// The client, Okta's `cid`, is missing or not a configured one.
    #[error("invalid \"{claim}\" claim: found {found}, expected {expected}")]
    ClientNotAllowed {
        /// The claim that names the client.
        claim: Box<str>,
        /// The token's client; `none` if it names none.
        found: Excerpt,
        /// The configured clients, or `any client`.
        expected: Excerpt,
    },
    /// `exp` has passed: RFC 7519 section 4.1.4.
    #[error("expired \"exp\" claim: found {} ago, expected less than the leeway of {}", Seconds(*ago), Seconds(*leeway))]
    Expired {
        /// How long ago.
        ago: Duration,
        /// The configured leeway.
        leeway: Duration,
    },
    /// `nbf` or `iat` is in the future: RFC 7519 sections 4.1.5 and 4.1.6.
    #[error("premature \"{claim}\" claim: found {} ahead, expected at most the leeway of {}", Seconds(*ahead), Seconds(*leeway))]
    NotYetValid {
        /// `nbf` or `iat`.
        claim: &'static str,
        /// How far in the future.
        ahead: Duration,
        /// The configured leeway.
        leeway: Duration,
    },
    /// The token is bound to a key by `cnf` and is no Bearer token: RFC 7800, RFC 9449 section 7.1.
    #[error("unsupported \"cnf\" claim: found a token that is bound to a key, expected a Bearer token")]
    BoundToKey,
}

impl TokenError {
    /// The rule's name in `snake_case`: stable, for metrics and tests.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "too_long",
            Self::WrongSegmentCount { .. } => "wrong_segment_count",
            Self::NotBase64Url { .. } => "not_base64url",
            Self::NotJsonObject { .. } => "not_json_object",
            Self::DuplicateMember { .. } => "duplicate_member",
            Self::MissingHeader { .. } => "missing_header",
            Self::InvalidHeader { .. } => "invalid_header",
            Self::AlgorithmNotAllowed { .. } => "algorithm_not_allowed",
            Self::AlgorithmNotOfKey { .. } => "algorithm_not_of_key",
            Self::TypeNotAllowed { .. } => "type_not_allowed",
            Self::UnsupportedHeader { .. } => "unsupported_header",
            Self::UnknownKey { .. } => "unknown_key",
            Self::BadSignature { .. } => "bad_signature",
            Self::MissingClaim { .. } => "missing_claim",
            Self::InvalidClaim { .. } => "invalid_claim",
            Self::IssuerNotAllowed { .. } => "issuer_not_allowed",
            Self::AudienceNotAllowed { .. } => "audience_not_allowed",
            Self::ClientNotAllowed { .. } => "client_not_allowed",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::BoundToKey => "bound_to_key",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever adds a variant adds its row below: this does not compile without, and the test counts.
    fn number(error: &TokenError) -> usize {
        match error {
            TokenError::TooLong { .. } => 0,
            TokenError::WrongSegmentCount { .. } => 1,
            TokenError::NotBase64Url { .. } => 2,
            TokenError::NotJsonObject { .. } => 3,
            TokenError::DuplicateMember { .. } => 4,
            TokenError::MissingHeader { .. } => 5,
            TokenError::InvalidHeader { .. } => 6,
            TokenError::AlgorithmNotAllowed { .. } => 7,
            TokenError::AlgorithmNotOfKey { .. } => 8,
            TokenError::TypeNotAllowed { .. } => 9,
            TokenError::UnsupportedHeader { .. } => 10,
            TokenError::UnknownKey { .. } => 11,
            TokenError::BadSignature { .. } => 12,
            TokenError::MissingClaim { .. } => 13,
            TokenError::InvalidClaim { .. } => 14,
            TokenError::IssuerNotAllowed { .. } => 15,
            TokenError::AudienceNotAllowed { .. } => 16,
            TokenError::ClientNotAllowed { .. } => 17,
            TokenError::Expired { .. } => 18,
            TokenError::NotYetValid { .. } => 19,
            TokenError::BoundToKey => 20,
        }
    }

    #[test]
    fn each_variant_says_in_one_grammar_what_was_found_and_what_was_expected() {
        let seconds = Duration::from_secs;
        let excerpt = Excerpt::new;
        let kid = || excerpt("k-1");
        let text = "a string that is not empty";
        let rows: [(TokenError, &str, &str); 21] = [
            (
                TokenError::TooLong { found: 20_000, limit: 16_384 },
                "too_long",
                "invalid length: found 20000 bytes, expected at most 16384",
            ),
            (
                TokenError::WrongSegmentCount { found: 5 },
                "wrong_segment_count",
                "invalid number of segments: found 5, expected 3 separated by dots",
            ),
            (
                TokenError::NotBase64Url { segment: Segment::Signature, found: "padding" },
                "not_base64url",
                "invalid signature segment: found padding, expected canonical unpadded base64url",
            ),
            (
                TokenError::NotJsonObject { segment: Segment::Payload, found: "an array" },
                "not_json_object",
                "invalid payload segment: found an array, expected a JSON object in valid UTF-8",
            ),
            (
                TokenError::DuplicateMember { segment: Segment::Header, member: excerpt("alg") },
                "duplicate_member",
                r#"invalid header segment: found the member "alg" more than once, expected it once"#,
            ),
            (
                TokenError::MissingHeader { parameter: "kid" },
                "missing_header",
                r#"missing required "kid" header parameter"#,
            ),
            (
                TokenError::InvalidHeader { parameter: "kid", found: "a number", expected: text },
                "invalid_header",
                r#"invalid "kid" header parameter: found a number, expected a string that is not empty"#,
            ),
            (
                TokenError::AlgorithmNotAllowed { found: excerpt("none"), expected: Excerpt::list(["RS256", "ES256"]) },
                "algorithm_not_allowed",
                r#"invalid "alg" header parameter: found "none", expected "RS256", "ES256""#,
            ),
            (
                TokenError::AlgorithmNotOfKey { found: Algorithm::RS256, kid: kid(), expected: excerpt("RS512") },
                "algorithm_not_of_key",
                r#"invalid "alg" header parameter: found "RS256", expected "RS512" of the key "k-1""#,
            ),
            (
                TokenError::TypeNotAllowed { found: Excerpt::none(), expected: "\"at+jwt\"" },
                "type_not_allowed",
                r#"invalid "typ" header parameter: found none, expected "at+jwt""#,
            ),
            (
                TokenError::UnsupportedHeader { parameter: "crit", found: "an array", expected: "none" },
                "unsupported_header",
                r#"unsupported "crit" header parameter: found an array, expected none"#,
            ),
            (
                TokenError::UnknownKey { kid: kid(), issuer: excerpt("https://example.com") },
                "unknown_key",
                r#"invalid "kid" header parameter: found "k-1", expected a key of the issuer "https://example.com""#,
            ),
            (
                TokenError::BadSignature { kid: kid() },
                "bad_signature",
                r#"invalid signature: found one that does not verify, expected one of the key "k-1""#,
            ),
            (TokenError::MissingClaim { claim: "aud".into() }, "missing_claim", r#"missing required "aud" claim"#),
            (
                TokenError::InvalidClaim { claim: "sub".into(), found: "null", expected: text },
                "invalid_claim",
                r#"invalid "sub" claim: found null, expected a string that is not empty"#,
            ),
            (
                TokenError::IssuerNotAllowed {
                    found: excerpt("https://evil.example.com"),
                    expected: Excerpt::list(["https://example.com"]),
                },
                "issuer_not_allowed",
                r#"invalid "iss" claim: found "https://evil.example.com", expected "https://example.com""#,
            ),
            (
                TokenError::AudienceNotAllowed { found: Excerpt::list([""; 0]), expected: excerpt("api://default") },
                "audience_not_allowed",
                r#"invalid "aud" claim: found none, expected "api://default""#,
            ),
            (
                TokenError::ClientNotAllowed {
                    claim: "cid".into(),
                    found: Excerpt::none(),
                    expected: Excerpt::word("any client"),
                },
                "client_not_allowed",
                r#"invalid "cid" claim: found none, expected any client"#,
            ),
            (
                TokenError::Expired { ago: seconds(100), leeway: seconds(60) },
                "expired",
                r#"expired "exp" claim: found 100 s ago, expected less than the leeway of 60 s"#,
            ),
            (
                TokenError::NotYetValid { claim: "nbf", ahead: Duration::from_millis(60_500), leeway: seconds(60) },
                "not_yet_valid",
                r#"premature "nbf" claim: found 60.5 s ahead, expected at most the leeway of 60 s"#,
            ),
            (
                TokenError::BoundToKey,
                "bound_to_key",
                r#"unsupported "cnf" claim: found a token that is bound to a key, expected a Bearer token"#,
            ),
        ];
        for (index, (error, code, shown)) in rows.iter().enumerate() {
            assert_eq!((number(error), error.code(), error.to_string().as_str()), (index, *code, *shown));
            let grammar = shown.starts_with("missing required ")
                || ["invalid ", "unsupported ", "expired ", "premature "].iter().any(|word| shown.starts_with(word))
                    && shown.contains(": found ")
                    && shown.contains(", expected ");
            assert!(grammar, "{shown}");
        }
    }
}
