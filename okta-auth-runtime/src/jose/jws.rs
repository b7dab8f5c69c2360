//! The compact serialisation of a JWS: RFC 7515 section 7.1.

use base64_simd::URL_SAFE_NO_PAD;

use crate::error::{Segment, TokenError};

/// The longest token that is read, in bytes: 16 KiB.
const MAX_LENGTH: usize = 16 * 1024;

/// A token's three segments as they were sent, between exactly two dots.
#[derive(Clone, Copy)]
pub(crate) struct Segments<'t> {
    pub(crate) header: &'t [u8],
    payload: &'t [u8],
    signature: &'t [u8],
    /// What was signed: header, dot and payload.
    pub(crate) signing_input: &'t [u8],
}

impl<'t> Segments<'t> {
    /// Splits `token`.
    ///
    /// # Errors
    ///
    /// `TooLong`, `WrongSegmentCount`.
    pub(crate) fn split(token: &'t [u8]) -> Result<Self, TokenError> {
        if token.len() > MAX_LENGTH {
            return Err(TokenError::TooLong { found: token.len(), limit: MAX_LENGTH });
        }
        let mut dots = memchr::memchr_iter(b'.', token);
        let (first, second) = (dots.next(), dots.next());
        let further = dots.count();
        if let (Some(first), Some(second), 0) = (first, second, further)
            && let (Some(header), Some(payload)) = (token.get(..first), token.get(first + 1..second))
            && let (Some(signing_input), Some(signature)) = (token.get(..second), token.get(second + 1..))
        {
            return Ok(Self { header, payload, signature, signing_input });
        }
        let dots = usize::from(first.is_some()) + usize::from(second.is_some()) + further;
        Err(TokenError::WrongSegmentCount { found: dots + 1 })
    }

    /// The header's JSON text.
    ///
    /// # Errors
    ///
    /// `NotBase64Url`, and `NotJsonObject` if it is not UTF-8.
    pub(crate) fn header_text(&self) -> Result<String, TokenError> {
        decode_text(self.header, Segment::Header)
    }

    /// The payload's JSON text.
    ///
    /// # Errors
    ///
    /// As those of the header.
    pub(crate) fn payload_text(&self) -> Result<String, TokenError> {
        decode_text(self.payload, Segment::Payload)
    }

    /// The octets of the signature.
    ///
    /// # Errors
    ///
    /// `NotBase64Url`.
    pub(crate) fn signature(&self) -> Result<Vec<u8>, TokenError> {
        decode(self.signature, Segment::Signature)
    }
}

/// A token's three segments, decoded but not believed: all at once, as only tests and fuzz targets want them.
#[cfg(any(test, fuzzing))]
pub(crate) struct Jws<'t> {
    /// The header's JSON text.
    pub(crate) header: String,
    /// The payload's JSON text.
    pub(crate) payload: String,
    /// The octets of the signature.
    pub(crate) signature: Vec<u8>,
    /// What was signed: header, dot and payload as they were sent.
    pub(crate) signing_input: &'t [u8],
}

#[cfg(any(test, fuzzing))]
impl<'t> Jws<'t> {
    /// Splits `token` and decodes its segments.
    ///
    /// # Errors
    ///
    /// Those of [`Segments`].
    pub(crate) fn parse(token: &'t [u8]) -> Result<Self, TokenError> {
        let segments = Segments::split(token)?;
        Ok(Self {
            header: segments.header_text()?,
            payload: segments.payload_text()?,
            signature: segments.signature()?,
            signing_input: segments.signing_input,
        })
    }
}

/// Strict: no padding, no white space, no stray bits in the last character (RFC 4648 sections 3.2, 3.3, 3.5).
fn decode(segment: &[u8], name: Segment) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD
        .decode_to_vec(segment)
        .map_err(|_| TokenError::NotBase64Url { segment: name, found: defect(segment) })
}

/// What is wrong with a segment that can't be decoded, as far as its end tells: to look at all of it would cost more than to
/// refuse it.
fn defect(segment: &[u8]) -> &'static str {
    match segment {
        [.., b'='] => "padding",
        _ if segment.len() % 4 == 1 => "an impossible length",
        _ => "a foreign character, or stray bits at its end",
    }
}

fn decode_text(segment: &[u8], name: Segment) -> Result<String, TokenError> {
    String::from_utf8(decode(segment, name)?)
        .map_err(|_| TokenError::NotJsonObject { segment: name, found: "invalid UTF-8" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(token: &str) -> TokenError {
        Jws::parse(token.as_bytes()).err().unwrap()
    }

    #[test]
    fn three_segments_are_decoded_and_the_signing_input_is_what_was_sent() {
        let jws = Jws::parse(b"e30.e30.AQID").unwrap();
        assert_eq!((&*jws.header, &*jws.payload), ("{}", "{}"));
        assert_eq!(jws.signature, [1, 2, 3]);
        assert_eq!(jws.signing_input, b"e30.e30");
    }

    #[test]
    fn another_number_of_segments_is_refused() {
        for (token, found) in [("", 1), ("e30", 1), ("e30.e30", 2), ("e30.e30.AQID.", 4), ("a.b.c.d.e", 5)] {
            assert_eq!(error(token), TokenError::WrongSegmentCount { found }, "{token}");
        }
    }

    #[test]
    fn only_canonical_unpadded_base64url_is_decoded() {
        const FOREIGN: &str = "a foreign character, or stray bits at its end";
        for (segment, found) in [
            ("e30=", "padding"),
            ("e3 0", FOREIGN),
            ("e3\n0", FOREIGN),
            ("e31", FOREIGN),
            ("e3", FOREIGN),
            ("e", "an impossible length"),
            ("e30te", "an impossible length"),
            ("e30+", FOREIGN),
            ("e30/", FOREIGN),
            ("é30", FOREIGN),
            ("e30\0", FOREIGN),
        ] {
            let expected = |segment| TokenError::NotBase64Url { segment, found };
            assert_eq!(error(&format!("{segment}.e30.AQID")), expected(Segment::Header), "{segment:?}");
            assert_eq!(error(&format!("e30.{segment}.AQID")), expected(Segment::Payload), "{segment:?}");
            assert_eq!(error(&format!("e30.e30.{segment}")), expected(Segment::Signature), "{segment:?}");
        }
    }

    #[test]
    fn header_and_payload_are_utf8() {
        assert_eq!(
            error("_w.e30.AQID"),
            TokenError::NotJsonObject { segment: Segment::Header, found: "invalid UTF-8" }
        );
        assert_eq!(
            error("e30._w.AQID"),
            TokenError::NotJsonObject { segment: Segment::Payload, found: "invalid UTF-8" }
        );
    }

    #[test]
    fn a_token_may_be_16_kib_long_and_no_longer() {
        let token = format!("e30.{}.AQID", "A".repeat(16_384 - 9));
        assert!(Jws::parse(token.as_bytes()).is_ok());
        let token = format!("e30.{}.AQID", "A".repeat(16_384 - 8));
        assert_eq!(error(&token), TokenError::TooLong { found: MAX_LENGTH + 1, limit: MAX_LENGTH });
    }
}
