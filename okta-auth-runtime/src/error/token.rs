//! Token errors.

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

/// Why a token is rejected: one variant per rule, with the actual and the expected value.
///
/// Messages begin with `missing required ...`, or have the form `...: found ..., expected ...`. Untrusted text is in
/// quotes; a word without quotes, such as `none`, is our own.
///
/// The messages are for logs and callers of [`Validator::validate`](crate::Validator::validate). Responses to clients
/// have only a reason code. A message shows `iss`, `aud`, the client, `alg`, `typ`, `kid` and times, escaped and cut. It
/// never shows a token, a signature, `sub`, `uid` or the value of another claim, only the JSON type.
///
/// Fields: `parameter` names a header parameter, `claim` a claim, `member` a JSON member, and `segment` the part of the
/// token that is rejected. `found` is the token's value, its JSON type, or the defect. `expected` is what is allowed.
/// `kid` is the key ID of the token, and `issuer` and `leeway` are configured.
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
#[allow(missing_docs, reason = "the docs of the enum describe the fields")]
pub enum TokenError {
    /// The token is longer than 16 KiB. `found` and `limit` are in bytes.
    #[error("invalid length: found {found} bytes, expected at most {limit}")]
    TooLong { found: usize, limit: usize },
    /// Not three segments (RFC 7515 section 7.1). An encrypted token (JWE) has five.
    #[error("invalid number of segments: found {found}, expected 3 separated by dots")]
    WrongSegmentCount { found: usize },
    /// Not unpadded, canonical base64url (RFC 7515 section 2, RFC 4648 section 3.5).
    #[error("invalid {segment} segment: found {found}, expected canonical unpadded base64url")]
    NotBase64Url { segment: Segment, found: &'static str },
    /// Not a JSON object in valid UTF-8 (RFC 7515 section 4, RFC 7519 section 7.2).
    #[error("invalid {segment} segment: found {found}, expected a JSON object in valid UTF-8")]
    NotJsonObject { segment: Segment, found: &'static str },
    /// A member that is read appears more than once (RFC 7515 section 4, RFC 7519 section 4).
    #[error("invalid {segment} segment: found the member {member} more than once, expected it once")]
    DuplicateMember { segment: Segment, member: Excerpt },
    /// A required header parameter is missing.
    #[error("missing required \"{parameter}\" header parameter")]
    MissingHeader { parameter: &'static str },
    /// A header parameter is empty, or of the wrong JSON type, such as null.
    #[error("invalid \"{parameter}\" header parameter: found {found}, expected {expected}")]
    InvalidHeader { parameter: &'static str, found: &'static str, expected: &'static str },
    /// `alg` is not an allowed algorithm (RFC 8725 section 3.1).
    #[error("invalid \"alg\" header parameter: found {found}, expected {expected}")]
    AlgorithmNotAllowed { found: Excerpt, expected: Excerpt },
    /// `alg` is not an algorithm of the key with the token's `kid` (RFC 8725 section 3.1).
    #[error("invalid \"alg\" header parameter: found \"{found}\", expected {expected} of the key {kid}")]
    AlgorithmNotOfKey { found: Algorithm, kid: Excerpt, expected: Excerpt },
    /// `typ` names another kind of token (RFC 8725 section 3.11, RFC 9068 section 4).
    #[error("invalid \"typ\" header parameter: found {found}, expected {expected}")]
    TypeNotAllowed { found: Excerpt, expected: &'static str },
    /// An extension: `crit`, `zip`, `enc`, or a `b64` other than true (RFC 7515 section 4.1.11, RFC 7797 section 6).
    #[error("unsupported \"{parameter}\" header parameter: found {found}, expected {expected}")]
    UnsupportedHeader { parameter: &'static str, found: &'static str, expected: &'static str },
    /// The issuer's key set has no key with the token's `kid`.
    #[error("invalid \"kid\" header parameter: found {kid}, expected a key of the issuer {issuer}")]
    UnknownKey { kid: Excerpt, issuer: Excerpt },
    /// The signature does not verify with the key with this `kid` (RFC 7515 section 5.2).
    #[error("invalid signature: found one that does not verify, expected one of the key {kid}")]
    BadSignature { kid: Excerpt },
    /// The authorization server says that the token is not active: expired, revoked, unknown, or not its own (RFC 7662
    /// section 2.2).
    #[error("invalid token: found one that is not active, expected an active one")]
    Inactive,
    /// The introspection endpoint rejects the token with status 400 and this `error`, for example because it can't read the token.
    #[error("invalid token: found one that the introspection endpoint rejects with {error}, expected an active one")]
    RejectedByEndpoint { error: Excerpt },
    /// The introspection response has a member more than once, a number that is not finite, or text that is not Unicode.
    #[error("invalid introspection response: found a duplicate member or an unreadable value, expected neither")]
    AmbiguousAnswer,
    /// The text can't be a token (RFC 6750 section 2.1, `b64token` with `=` only at its end), so the authorization server is not asked
    /// about it.
    #[error("invalid token: found characters that no token has, expected those of RFC 6750")]
    NotAToken,
    /// A required claim is missing.
    #[error("missing required \"{claim}\" claim")]
    MissingClaim { claim: Box<str> },
    /// A claim is of the wrong JSON type, or it is empty and must not be.
    #[error("invalid \"{claim}\" claim: found {found}, expected {expected}")]
    InvalidClaim { claim: Box<str>, found: &'static str, expected: &'static str },
    /// `iss` is not a configured issuer (RFC 9068 section 4).
    #[error("invalid \"iss\" claim: found {found}, expected {expected}")]
    IssuerNotAllowed { found: Excerpt, expected: Excerpt },
    /// `aud` contains none of the configured audiences (RFC 7519 section 4.1.3).
    #[error("invalid \"aud\" claim: found {found}, expected {expected}")]
    AudienceNotAllowed { found: Excerpt, expected: Excerpt },
    /// The client, in Okta's claim `cid`, is missing, or is not a configured client.
    #[error("invalid \"{claim}\" claim: found {found}, expected {expected}")]
    ClientNotAllowed { claim: Box<str>, found: Excerpt, expected: Excerpt },
    /// `exp` is in the past by `ago` (RFC 7519 section 4.1.4).
    #[error("expired \"exp\" claim: found {} ago, expected less than the leeway of {}", Seconds(*ago), Seconds(*leeway))]
    Expired { ago: Duration, leeway: Duration },
    /// `nbf` or `iat` is in the future by `ahead` (RFC 7519 sections 4.1.5 and 4.1.6).
    #[error("premature \"{claim}\" claim: found {} ahead, expected at most the leeway of {}", Seconds(*ahead), Seconds(*leeway))]
    NotYetValid { claim: &'static str, ahead: Duration, leeway: Duration },
    /// `cnf` binds the token to a key, so it is not a Bearer token (RFC 7800, RFC 9449 section 7.1).
    #[error("unsupported \"cnf\" claim: found a token that is bound to a key, expected a Bearer token")]
    BoundToKey,
    /// The token is not bound to a key, but came with a DPoP proof, or the API or the policy accepts only bound tokens
    /// (RFC 9449, RFC 8705).
    #[error("missing required \"cnf\" claim: found a token that is not bound to a key, expected \"jkt\"")]
    NotBound,
    /// The key of the DPoP proof is not the one to which the token is bound (RFC 9449 section 4.3, check 12).
    #[error("invalid \"cnf\" claim: found a token that is bound to another key, expected the key of the proof")]
    BoundToOtherKey,
    /// The token is bound to a certificate (`x5t#S256`), and the request has none that can be read (RFC 8705 section 3).
    #[error("missing required client certificate: found {found}, expected the one that the token is bound to")]
    CertificateMissing { found: &'static str },
    /// The certificate of the client is not the one to which the token is bound (RFC 8705 section 3).
    #[error("invalid \"cnf\" claim: found a token that is bound to another certificate, expected that of the client")]
    BoundToOtherCertificate,
}

impl TokenError {
    /// The stable name of the rule in `snake_case`, for metrics and tests.
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
            Self::NotBound => "not_bound",
            Self::BoundToOtherKey => "bound_to_other_key",
            Self::CertificateMissing { .. } => "certificate_missing",
            Self::BoundToOtherCertificate => "bound_to_other_certificate",
            Self::Inactive => "inactive",
            Self::RejectedByEndpoint { .. } => "rejected_by_endpoint",
            Self::AmbiguousAnswer => "ambiguous_answer",
            Self::NotAToken => "not_a_token",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A new variant fails to compile until it has an arm here, and then fails the test until it has a row.
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
            TokenError::NotBound => 21,
            TokenError::BoundToOtherKey => 22,
            TokenError::CertificateMissing { .. } => 23,
            TokenError::BoundToOtherCertificate => 24,
            TokenError::Inactive => 25,
            TokenError::RejectedByEndpoint { .. } => 26,
            TokenError::AmbiguousAnswer => 27,
            TokenError::NotAToken => 28,
        }
    }

    #[test]
    fn every_message_has_the_actual_and_the_expected_value() {
        let seconds = Duration::from_secs;
        let excerpt = Excerpt::new;
        let kid = || excerpt("k-1");
        let text = "a string that is not empty";
        let rows: [(TokenError, &str, &str); 29] = [
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
            (
                TokenError::NotBound,
                "not_bound",
                r#"missing required "cnf" claim: found a token that is not bound to a key, expected "jkt""#,
            ),
            (
                TokenError::BoundToOtherKey,
                "bound_to_other_key",
                r#"invalid "cnf" claim: found a token that is bound to another key, expected the key of the proof"#,
            ),
            (
                TokenError::CertificateMissing { found: "no header" },
                "certificate_missing",
                "missing required client certificate: found no header, expected the one that the token is bound to",
            ),
            (
                TokenError::BoundToOtherCertificate,
                "bound_to_other_certificate",
                r#"invalid "cnf" claim: found a token that is bound to another certificate, expected that of the client"#,
            ),
            (TokenError::Inactive, "inactive", "invalid token: found one that is not active, expected an active one"),
            (
                TokenError::RejectedByEndpoint { error: excerpt("invalid_request") },
                "rejected_by_endpoint",
                r#"invalid token: found one that the introspection endpoint rejects with "invalid_request", expected an active one"#,
            ),
            (
                TokenError::AmbiguousAnswer,
                "ambiguous_answer",
                "invalid introspection response: found a duplicate member or an unreadable value, expected neither",
            ),
            (
                TokenError::NotAToken,
                "not_a_token",
                "invalid token: found characters that no token has, expected those of RFC 6750",
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
