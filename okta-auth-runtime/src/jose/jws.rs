//! The compact serialization of a JWS (RFC 7515 section 7.1).

use base64_simd::URL_SAFE_NO_PAD;

use super::JoseError;
use crate::error::Segment;

/// The maximum length of a token in bytes.
pub(crate) const MAX_LENGTH: usize = 16 * 1024;

/// A compact JWS: three segments separated by dots, not yet decoded.
#[derive(Clone, Copy)]
pub(crate) struct Jws<'t> {
    /// Encoded.
    pub(super) header: &'t [u8],
    payload: &'t [u8],
    signature: &'t [u8],
    /// The header, a dot and the payload.
    pub(crate) signing_input: &'t [u8],
}

impl<'t> Jws<'t> {
    /// Fails with `TooLong` or `WrongSegmentCount`.
    pub(crate) fn split(token: &'t [u8]) -> Result<Self, JoseError> {
        Self::split_within(token, MAX_LENGTH)
    }

    /// As [`split`](Self::split), with another limit in bytes.
    pub(crate) fn split_within(token: &'t [u8], limit: usize) -> Result<Self, JoseError> {
        if token.len() > limit {
            return Err(JoseError::TooLong { found: token.len(), limit });
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
        Err(JoseError::WrongSegmentCount { found: dots + 1 })
    }

    /// Fails with `NotBase64Url`, or with `NotJsonObject` if the text is not UTF-8.
    pub(crate) fn header_text(&self) -> Result<String, JoseError> {
        decode_text(self.header, Segment::Header)
    }

    /// Fails as [`header_text`](Self::header_text) does.
    pub(crate) fn payload_text(&self) -> Result<String, JoseError> {
        decode_text(self.payload, Segment::Payload)
    }

    /// Fails with `NotBase64Url`.
    pub(crate) fn signature(&self) -> Result<Vec<u8>, JoseError> {
        decode(self.signature, Segment::Signature)
    }
}

/// Rejects padding, white space, and stray bits in the last character (RFC 4648 sections 3.2, 3.3, 3.5).
fn decode(segment: &[u8], name: Segment) -> Result<Vec<u8>, JoseError> {
    URL_SAFE_NO_PAD
        .decode_to_vec(segment)
        .map_err(|_| JoseError::NotBase64Url { segment: name, found: defect(segment) })
}

/// Why a segment can't be decoded. Inspects only its end, so that rejection stays cheap.
fn defect(segment: &[u8]) -> &'static str {
    match segment {
        [.., b'='] => "padding",
        _ if segment.len() % 4 == 1 => "an impossible length",
        _ => "a foreign character, or stray bits at its end",
    }
}

fn decode_text(segment: &[u8], name: Segment) -> Result<String, JoseError> {
    String::from_utf8(decode(segment, name)?)
        .map_err(|_| JoseError::NotJsonObject { segment: name, found: "invalid UTF-8" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode_all(token: &[u8]) -> Result<(String, String, Vec<u8>), JoseError> {
        let jws = Jws::split(token)?;
        Ok((jws.header_text()?, jws.payload_text()?, jws.signature()?))
    }

    fn error(token: &str) -> JoseError {
        decode_all(token.as_bytes()).err().unwrap()
    }

    #[test]
    fn a_token_is_decoded_and_its_signing_input_is_unchanged() {
        let (header, payload, signature) = decode_all(b"e30.e30.AQID").unwrap();
        assert_eq!((&*header, &*payload), ("{}", "{}"));
        assert_eq!(signature, [1, 2, 3]);
        assert_eq!(Jws::split(b"e30.e30.AQID").unwrap().signing_input, b"e30.e30");
    }

    #[test]
    fn a_number_of_segments_other_than_three_is_rejected() {
        for (token, found) in [("", 1), ("e30", 1), ("e30.e30", 2), ("e30.e30.AQID.", 4), ("a.b.c.d.e", 5)] {
            assert_eq!(error(token), JoseError::WrongSegmentCount { found }, "{token}");
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
            let expected = |segment| JoseError::NotBase64Url { segment, found };
            assert_eq!(error(&format!("{segment}.e30.AQID")), expected(Segment::Header), "{segment:?}");
            assert_eq!(error(&format!("e30.{segment}.AQID")), expected(Segment::Payload), "{segment:?}");
            assert_eq!(error(&format!("e30.e30.{segment}")), expected(Segment::Signature), "{segment:?}");
        }
    }

    #[test]
    fn header_and_payload_are_utf8() {
        assert_eq!(error("_w.e30.AQID"), JoseError::NotJsonObject { segment: Segment::Header, found: "invalid UTF-8" });
        assert_eq!(
            error("e30._w.AQID"),
            JoseError::NotJsonObject { segment: Segment::Payload, found: "invalid UTF-8" }
        );
    }

    #[test]
    fn a_token_may_be_16_kib_long_and_no_longer() {
        let token = format!("e30.{}.AQID", "A".repeat(16_384 - 9));
        assert!(decode_all(token.as_bytes()).is_ok());
        let token = format!("e30.{}.AQID", "A".repeat(16_384 - 8));
        assert_eq!(error(&token), JoseError::TooLong { found: MAX_LENGTH + 1, limit: MAX_LENGTH });
    }
}
