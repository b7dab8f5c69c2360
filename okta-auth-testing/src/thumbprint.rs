//! The thumbprint of a public key (RFC 7638) and of a certificate (RFC 8705).

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The SHA-256 thumbprint of a JWK in base64url. `None` if the key type is unknown or a required member is missing.
pub(crate) fn compute(jwk: &Map<String, Value>) -> Option<String> {
    // In lexicographic order (RFC 7638 section 3.2, RFC 8037 section 2).
    let members: &[&str] = match jwk.get("kty")?.as_str()? {
        "EC" => &["crv", "kty", "x", "y"],
        "RSA" => &["e", "kty", "n"],
        "OKP" => &["crv", "kty", "x"],
        _ => return None,
    };
    let members: Option<Vec<String>> =
        members.iter().map(|&name| Some(format!("\"{name}\":{}", Value::from(jwk.get(name)?.as_str()?)))).collect();
    let canonical = format!("{{{}}}", members?.join(","));
    Some(base64_simd::URL_SAFE_NO_PAD.encode_to_string(Sha256::digest(canonical)))
}

/// The SHA-256 thumbprint of a certificate in base64url (RFC 8705 section 3.1).
pub(crate) fn of_certificate(der: &[u8]) -> String {
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(Sha256::digest(der))
}

/// Whether this text can be a thumbprint: 32 bytes in base64url.
pub(crate) fn is_well_formed(text: &str) -> bool {
    base64_simd::URL_SAFE_NO_PAD.decode_to_vec(text).is_ok_and(|bytes| bytes.len() == 32)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn thumbprint(jwk: Value) -> Option<String> {
        compute(jwk.as_object().unwrap())
    }

    #[test]
    fn thumbprints_equal_those_of_the_rfcs() {
        // RFC 7638 section 3.1.
        let rsa = json!({
            "kty": "RSA",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV\
                  4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d\
                  0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-\
                  csFCur-kEgU8awapJzKnqDKgw",
            "e": "AQAB",
            "alg": "RS256",
            "kid": "2011-04-29",
        });
        assert_eq!(thumbprint(rsa).as_deref(), Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));
        // The key of RFC 9449 figure 2, whose thumbprint is in figure 8.
        let ec = json!({
            "kty": "EC",
            "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
            "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
            "crv": "P-256",
        });
        assert_eq!(thumbprint(ec).as_deref(), Some("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"));
        // RFC 8037 appendix A.3.
        let okp = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        assert_eq!(thumbprint(okp).as_deref(), Some("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
    }

    #[test]
    fn an_incomplete_or_symmetric_key_has_no_thumbprint() {
        for jwk in [json!({}), json!({"kty": "EC", "crv": "P-256", "x": "AA"}), json!({"kty": "oct", "k": "AA"})] {
            assert_eq!(thumbprint(jwk), None);
        }
    }
}
