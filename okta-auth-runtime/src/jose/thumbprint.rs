//! The thumbprint of a public key: RFC 7638 section 3, RFC 8037 section 2. That of a certificate: RFC 8705 section 3.1.

use base64_simd::URL_SAFE_NO_PAD;

use super::crypto::{Material, sha256};

/// A SHA-256 thumbprint, of a key or of a certificate (RFC 8705 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Thumbprint([u8; 32]);

impl Thumbprint {
    /// Parses base64url without padding: 43 characters.
    pub(crate) fn parse(base64url: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode_to_vec(base64url).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The hash of the required members in lexicographic order, without white space.
    pub(crate) fn of(material: &Material) -> Self {
        let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode_to_string(bytes);
        let point = |curve: &str, point: &[u8]| {
            // The first byte says that the point is not compressed.
            let (x, y) = point.get(1..).map(|rest| rest.split_at(rest.len() / 2)).unwrap_or_default();
            format!(r#"{{"crv":"{curve}","kty":"EC","x":"{}","y":"{}"}}"#, encoded(x), encoded(y))
        };
        let members = match material {
            Material::Rsa { n, e } => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, encoded(e), encoded(n)),
            Material::P256(bytes) => point("P-256", bytes),
            Material::P384(bytes) => point("P-384", bytes),
            Material::Ed25519(x) => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, encoded(x)),
        };
        Self(sha256(members.as_bytes()))
    }

    /// The hash of the DER encoding (RFC 8705 section 3.1).
    pub(crate) fn of_certificate(der: &[u8]) -> Self {
        Self(sha256(der))
    }

    #[cfg(test)]
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::jwk::parse_public;
    use super::*;
    use crate::algorithm::Algorithm;

    fn thumbprint(jwk: &str, algorithm: Algorithm) -> Thumbprint {
        Thumbprint::of(&parse_public(jwk, algorithm).expect("a public key"))
    }

    #[test]
    fn thumbprints_are_those_of_the_rfcs() {
        // RFC 7638 section 3.1.
        let rsa = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#;
        let expected = Thumbprint::parse("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs").expect("a thumbprint");
        assert_eq!(thumbprint(rsa, Algorithm::RS256), expected);
        // RFC 8037 appendix A.3.
        let okp = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let expected = Thumbprint::parse("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k").expect("a thumbprint");
        assert_eq!(thumbprint(okp, Algorithm::EdDSA), expected);
        // RFC 9449 sections 4.1 and 6.1.
        let ec = r#"{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"}"#;
        let expected = Thumbprint::parse("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I").expect("a thumbprint");
        assert_eq!(thumbprint(ec, Algorithm::ES256), expected);
    }

    #[test]
    fn only_43_characters_of_base64url_are_a_thumbprint() {
        let text = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
        assert!(Thumbprint::parse(text).is_some());
        for other in [
            "",
            &text[1..],
            &format!("{text}="),
            &format!("{text}A"),
            &text.replace('-', "+"),
            &text.replace("4I", "4J"),
        ] {
            assert_eq!(Thumbprint::parse(other), None, "{other}");
        }
    }
}
