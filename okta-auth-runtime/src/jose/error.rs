//! JWS errors.

use crate::error::{Excerpt, Segment};

/// Why a compact JWS is rejected: the variants of [`TokenError`](crate::error::TokenError) that do not depend on OAuth.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum JoseError {
    TooLong { found: usize, limit: usize },
    WrongSegmentCount { found: usize },
    NotBase64Url { segment: Segment, found: &'static str },
    NotJsonObject { segment: Segment, found: &'static str },
    DuplicateMember { segment: Segment, member: Excerpt },
    MissingHeader { parameter: &'static str },
    InvalidHeader { parameter: &'static str, found: &'static str, expected: &'static str },
    UnsupportedHeader { parameter: &'static str, found: &'static str, expected: &'static str },
}
