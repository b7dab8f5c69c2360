//! The token in the `Authorization` header (RFC 9110 section 11.6.2, RFC 6750 section 2.1), and the proof in the `DPoP` header.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};

use crate::access_token::b64token;
use crate::error::ProofError;
use crate::rejection::Reason;

/// The credentials of a request: the text after the scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Credentials<'h> {
    Bearer(&'h [u8]),
    /// RFC 9449 section 7.1.
    Dpop(&'h [u8]),
}

impl<'h> Credentials<'h> {
    /// The credentials of the one `Authorization` header, if its scheme is Bearer, or DPoP where that is accepted.
    ///
    /// The query, the form and cookies are never read (RFC 9700 section 4.3.2).
    pub(super) fn of(headers: &'h HeaderMap, accepts_dpop: bool) -> Result<Self, Reason> {
        let mut values = headers.get_all(AUTHORIZATION);
        let value = values.next().ok_or(Reason::MissingToken)?.as_bytes();
        if values.next().is_some() {
            return Err(Reason::MalformedCredentials);
        }
        let (scheme, rest) = value.split_at(value.iter().position(|byte| !is_token_char(*byte)).unwrap_or(value.len()));
        if scheme.is_empty() {
            return Err(Reason::MalformedCredentials);
        }
        let of_scheme: fn(&'h [u8]) -> Self = if scheme.eq_ignore_ascii_case(b"Bearer") {
            Self::Bearer
        } else if accepts_dpop && scheme.eq_ignore_ascii_case(b"DPoP") {
            Self::Dpop
        } else {
            return Err(Reason::MissingToken);
        };
        let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
        match rest.get(spaces..) {
            Some(credentials) if spaces > 0 && !credentials.is_empty() => Ok(of_scheme(credentials)),
            _ => Err(Reason::MalformedCredentials),
        }
    }

    pub(super) fn text(self) -> &'h [u8] {
        match self {
            Self::Bearer(text) | Self::Dpop(text) => text,
        }
    }
}

/// The one `DPoP` header (RFC 9449 section 4.3, check 1). A list of proofs in one header is not a proof either.
pub(super) fn proof(headers: &HeaderMap) -> Result<&[u8], Reason> {
    let mut values = headers.get_all("DPoP");
    match (values.next(), values.count()) {
        (Some(proof), 0) => Ok(proof.as_bytes()),
        (first, further) => {
            let found = usize::from(first.is_some()) + further;
            Err(Reason::Proof(ProofError::HeaderCount { found }))
        }
    }
}

/// The token of the credentials: one `b64token` and nothing after it.
pub(super) fn token(credentials: &[u8]) -> Result<&str, Reason> {
    b64token(credentials).ok_or(Reason::MalformedCredentials)
}

/// RFC 9110 section 5.6.2, `tchar`.
fn is_token_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn read(values: &[&[u8]]) -> Result<String, &'static str> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        }
        Credentials::of(&headers, false)
            .map(Credentials::text)
            .and_then(token)
            .map(str::to_owned)
            .map_err(|reason| reason.code())
    }

    #[test]
    fn the_scheme_is_bearer_in_any_case_followed_by_spaces() {
        for value in ["Bearer a.b.c", "bearer a.b.c", "BEARER a.b.c", "bEaReR   a.b.c"] {
            assert_eq!(read(&[value.as_bytes()]).as_deref(), Ok("a.b.c"), "{value}");
        }
    }

    #[test]
    fn no_header_and_another_scheme_are_a_missing_token() {
        assert_eq!(read(&[]), Err("missing_token"));
        for value in ["Basic YTpi", "Token a.b.c", "BearerX a.b.c", "DPoP a.b.c", "a.b.c"] {
            assert_eq!(read(&[value.as_bytes()]), Err("missing_token"), "{value}");
        }
    }

    #[test]
    fn other_credentials_are_malformed() {
        for value in [
            &b""[..],
            b"Bearer",
            b"Bearer ",
            b"Bearer\ta.b.c",
            b"Bearer \ta.b.c",
            b"Bearer a.b.c x",
            b"Bearer a.b.c\tx",
            b"Bearer a.b.c, Basic YTpi",
            b"Bearer a.b.c;x",
            b"Bearer \"a.b.c\"",
            b"Bearer: a.b.c",
            b"Bearer=a.b.c",
            b" Bearer a.b.c",
            b"Bearer a.b.\xff",
            "Bearer a.b.é".as_bytes(),
        ] {
            assert_eq!(read(&[value]), Err("malformed_credentials"), "{}", String::from_utf8_lossy(value));
        }
    }

    #[test]
    fn two_headers_are_malformed_even_if_identical() {
        assert_eq!(read(&[b"Bearer a.b.c", b"Bearer a.b.c"]), Err("malformed_credentials"));
        assert_eq!(read(&[b"Bearer a.b.c", b"Basic YTpi"]), Err("malformed_credentials"));
        assert_eq!(read(&[b"Basic YTpi", b"Bearer a.b.c"]), Err("malformed_credentials"));
    }
}
