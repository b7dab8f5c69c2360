//! Why a token is refused: one variant per rule.

use std::fmt;
use std::time::Duration;

use super::Excerpt;
use crate::keys::Algorithm;

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
/// Clients never see these texts (the response has a reason code alone); they are for logs and for
/// [`Validator::validate`](crate::Validator::validate). They show `iss`, `aud`, `cid`, `alg`, `typ`, `kid` and times,
/// escaped and cut, never a token, a signature, `sub`, `uid` or another claim's value.
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
    #[error("token is {found} bytes long, expected at most {limit}")]
    TooLong {
        /// Length of the token in bytes.
        found: usize,
        /// The most bytes that are read.
        limit: usize,
    },
    /// Not three segments: RFC 7515 section 7.1. Five are a JWE, which Okta's access tokens are not.
    #[error("token has {found} segments, expected 3 separated by dots")]
    WrongSegmentCount {
        /// How many segments the token has.
        found: usize,
    },
    /// Not base64url without padding in its one canonical form: RFC 7515 section 2, RFC 4648 section 3.5.
    #[error("{segment} is not canonical unpadded base64url")]
    NotBase64Url {
        /// The segment that can't be decoded.
        segment: Segment,
    },
    /// Not a JSON object in valid UTF-8: RFC 7515 section 4, RFC 7519 section 7.2.
    #[error("{segment} is not a JSON object in valid UTF-8")]
    NotJsonObject {
        /// The segment that is not one.
        segment: Segment,
    },
    /// A member that is read stands there twice: RFC 7515 section 4, RFC 7519 section 4.
    #[error("{segment} has the member {member} more than once")]
    DuplicateMember {
        /// The segment that holds it.
        segment: Segment,
        /// The member's name.
        member: Excerpt,
    },
    /// A required header parameter is missing or null.
    #[error("missing required \"{parameter}\" header parameter")]
    MissingHeader {
        /// The parameter's name.
        parameter: &'static str,
    },
    /// A header parameter of the wrong JSON type, or an empty one.
    #[error("invalid \"{parameter}\" header parameter, expected {expected}")]
    InvalidHeader {
        /// The parameter's name.
        parameter: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// `alg` is not on the allow-list: RFC 8725 section 3.1.
    #[error("algorithm {found} is not allowed, expected {expected}")]
    AlgorithmNotAllowed {
        /// The token's `alg`.
        found: Excerpt,
        /// The allow-list.
        expected: Excerpt,
    },
    /// `alg` is not the algorithm of the key that `kid` names: RFC 8725 section 3.1.
    #[error("algorithm {found} is not that of the key {kid}")]
    AlgorithmNotOfKey {
        /// The token's `alg`.
        found: Algorithm,
        /// The token's `kid`.
        kid: Excerpt,
    },
    /// `typ` is of another kind of token: RFC 8725 section 3.11, RFC 9068 section 4.
    #[error("type {found} is not allowed, expected {expected}")]
    TypeNotAllowed {
        /// The token's `typ`.
        found: Excerpt,
        /// What is allowed.
        expected: &'static str,
    },
    /// A header parameter that changes how the token is to be read: `crit`, `b64`, `zip`, `enc`.
    #[error("unsupported \"{parameter}\" header parameter")]
    UnsupportedHeader {
        /// The parameter's name.
        parameter: &'static str,
    },
    /// No key of this `kid` is in the issuer's key set.
    #[error("no key {kid} in the key set of the issuer")]
    UnknownKey {
        /// The token's `kid`.
        kid: Excerpt,
    },
    /// The signature is not of this key over this token: RFC 7515 section 5.2.
    #[error("signature is not valid for the key {kid}")]
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
    #[error("invalid \"{claim}\" claim, expected {expected}")]
    InvalidClaim {
        /// The claim's name.
        claim: Box<str>,
        /// What it has to be.
        expected: &'static str,
    },
    /// `iss` is not a configured issuer: RFC 9068 section 4.
    #[error("issuer {found} is not allowed, expected {expected}")]
    IssuerNotAllowed {
        /// The token's `iss`.
        found: Excerpt,
        /// The configured issuers.
        expected: Excerpt,
    },
    /// `aud` holds no configured audience: RFC 7519 section 4.1.3.
    #[error("audience {found} is not allowed, expected {expected}")]
    AudienceNotAllowed {
        /// The token's `aud`.
        found: Excerpt,
        /// The configured audiences.
        expected: Excerpt,
    },
    /// `cid` is missing or not a configured client.
    #[error("client {found} is not allowed, expected {expected}")]
    ClientNotAllowed {
        /// The token's client; `none` if it names none.
        found: Excerpt,
        /// The configured clients.
        expected: Excerpt,
    },
    /// `exp` has passed: RFC 7519 section 4.1.4.
    #[error("token expired {} ago, leeway {}", Seconds(*ago), Seconds(*leeway))]
    Expired {
        /// How long ago.
        ago: Duration,
        /// The configured leeway.
        leeway: Duration,
    },
    /// `nbf` or `iat` is in the future: RFC 7519 sections 4.1.5 and 4.1.6.
    #[error("token is not valid yet: \"{claim}\" is {} ahead, leeway {}", Seconds(*ahead), Seconds(*leeway))]
    NotYetValid {
        /// `nbf` or `iat`.
        claim: &'static str,
        /// How far in the future.
        ahead: Duration,
        /// The configured leeway.
        leeway: Duration,
    },
    /// The token is bound to a key by `cnf` and is no Bearer token: RFC 7800, RFC 9449 section 7.1.
    #[error("token is bound to a key by its \"cnf\" claim and can't be used as a Bearer token")]
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

/// `4 s`, or `0.25 s` where there is a fraction.
pub(crate) struct Seconds(pub(crate) Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        match millis % 1000 {
            0 => write!(f, "{} s", millis / 1000),
            rest => {
                write!(f, "{}.{} s", millis / 1000, format!("{rest:03}").trim_end_matches('0'))
            }
        }
    }
}
