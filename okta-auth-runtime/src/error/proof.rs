//! Errors of DPoP proofs.

use std::time::Duration;

use super::seconds::Seconds;
use super::{Excerpt, Segment};

/// Why a DPoP proof is rejected (RFC 9449): one variant per rule of `docs/proof-rules.md`.
///
/// The messages are for logs. Responses to clients have only a reason code. A message shows the algorithm, the type, the
/// method and times, escaped and cut. It never shows the proof, its key, its `jti` or its URL.
///
/// ```
/// use okta_auth_runtime::error::ProofError;
///
/// let error = ProofError::MissingClaim { claim: "jti" };
/// assert_eq!(error.to_string(), r#"missing required "jti" claim of the proof"#);
/// assert_eq!(error.code(), "missing_claim");
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the messages describe the fields")]
pub enum ProofError {
    /// Not exactly one `DPoP` header (RFC 9449 section 4.3, check 1).
    #[error("invalid number of DPoP headers: found {found}, expected 1")]
    HeaderCount { found: usize },
    /// The proof has more than 8 KiB.
    #[error("invalid length of the proof: found {found} bytes, expected at most {limit}")]
    TooLong { found: usize, limit: usize },
    /// Not three segments.
    #[error("invalid number of segments of the proof: found {found}, expected 3 separated by dots")]
    WrongSegmentCount { found: usize },
    /// A segment is not base64url without padding.
    #[error("invalid {segment} of the proof: found {found}, expected base64url without padding")]
    NotBase64Url { segment: Segment, found: &'static str },
    /// Header or payload is not a JSON object.
    #[error("invalid {segment} of the proof: found {found}, expected a JSON object")]
    NotJsonObject { segment: Segment, found: &'static str },
    /// A member occurs more than once, at any depth.
    #[error("duplicate member in the {segment} of the proof")]
    DuplicateMember { segment: Segment },
    /// The header has `crit`, `b64`, `zip` or `enc`.
    #[error("unsupported \"{parameter}\" header of the proof: found {found}, expected none")]
    UnsupportedHeader { parameter: &'static str, found: &'static str },
    /// A header parameter is missing.
    #[error("missing required \"{parameter}\" header of the proof")]
    MissingHeader { parameter: &'static str },
    /// A header parameter has the wrong JSON type.
    #[error("invalid \"{parameter}\" header of the proof: found {found}, expected {expected}")]
    InvalidHeader { parameter: &'static str, found: &'static str, expected: &'static str },
    /// `typ` is not `dpop+jwt`.
    #[error("invalid \"typ\" header of the proof: found {found}, expected \"dpop+jwt\"")]
    TypeNotAllowed { found: Excerpt },
    /// `alg` is not an allowed asymmetric algorithm.
    #[error("invalid \"alg\" header of the proof: found {found}, expected one of {expected}")]
    AlgorithmNotAllowed { found: Excerpt, expected: Excerpt },
    /// `jwk` has members of a private or symmetric key.
    #[error("the \"jwk\" header of the proof holds a private key: send only its public members, and replace the key")]
    PrivateKey,
    /// `jwk` is not a usable public key.
    #[error("invalid \"jwk\" header of the proof: {reason}")]
    InvalidKey { reason: &'static str },
    /// The signature is not that of `jwk`.
    #[error("invalid signature of the proof")]
    BadSignature,
    /// A claim is missing.
    #[error("missing required \"{claim}\" claim of the proof")]
    MissingClaim { claim: &'static str },
    /// A claim has the wrong JSON type, or a value out of range.
    #[error("invalid \"{claim}\" claim of the proof: found {found}, expected {expected}")]
    InvalidClaim { claim: &'static str, found: &'static str, expected: &'static str },
    /// `htm` is not the method of the request.
    #[error("invalid \"htm\" claim of the proof: found {found}, expected {expected}")]
    WrongMethod { found: Excerpt, expected: Excerpt },
    /// `htu` is not the URL of the request.
    #[error("invalid \"htu\" claim of the proof: found {found}, expected the URL of the request at {expected}")]
    WrongTarget { found: &'static str, expected: Excerpt },
    /// `ath` is not the hash of the token.
    #[error("invalid \"ath\" claim of the proof: found another hash, expected that of the token")]
    WrongTokenHash,
    /// `iat` is too old.
    #[error("expired proof: its \"iat\" is {} ago, expected at most {}", Seconds(*.ago), Seconds(*.limit))]
    Expired { ago: Duration, limit: Duration },
    /// `iat` is in the future.
    #[error("proof that is not valid yet: its \"iat\" is in {}, expected at most {}", Seconds(*.ahead), Seconds(*.leeway))]
    NotYetValid { ahead: Duration, leeway: Duration },
    /// The server requires a nonce of its own, and the proof has none that is valid (RFC 9449 section 9).
    #[error("invalid \"nonce\" claim of the proof: found {found}, expected a recent nonce of this server")]
    NonceRequired { found: &'static str },
    /// The proof was used before.
    #[error("replayed proof: this key has used the same \"jti\" before")]
    Replayed,
}

impl ProofError {
    /// The stable code of the rule, as in `docs/proof-rules.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::HeaderCount { .. } => "header_count",
            Self::TooLong { .. } => "too_long",
            Self::WrongSegmentCount { .. } => "wrong_segment_count",
            Self::NotBase64Url { .. } => "not_base64url",
            Self::NotJsonObject { .. } => "not_json_object",
            Self::DuplicateMember { .. } => "duplicate_member",
            Self::UnsupportedHeader { .. } => "unsupported_header",
            Self::MissingHeader { .. } => "missing_header",
            Self::InvalidHeader { .. } => "invalid_header",
            Self::TypeNotAllowed { .. } => "type_not_allowed",
            Self::AlgorithmNotAllowed { .. } => "algorithm_not_allowed",
            Self::PrivateKey => "private_key",
            Self::InvalidKey { .. } => "invalid_key",
            Self::BadSignature => "bad_signature",
            Self::MissingClaim { .. } => "missing_claim",
            Self::InvalidClaim { .. } => "invalid_claim",
            Self::WrongMethod { .. } => "wrong_method",
            Self::WrongTarget { .. } => "wrong_target",
            Self::WrongTokenHash => "wrong_token_hash",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::NonceRequired { .. } => "nonce_required",
            Self::Replayed => "replayed",
        }
    }
}
