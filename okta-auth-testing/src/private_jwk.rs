//! The private members of a JWK (RFC 7518 section 6, RFC 8037 section 2), from the DER of an embedded key.

use serde_json::{Map, Value};

use crate::key_pool::EmbeddedKey;
use crate::signing_algorithm::KeyPairKind;

/// The members that a public JWK must not have, such as `d`.
///
/// # Panics
///
/// If an embedded key is not in its documented form. A test of this module covers all of them.
pub(crate) fn members(key: &EmbeddedKey) -> Map<String, Value> {
    match key.kind {
        // RSAPrivateKey (RFC 8017 appendix A.1.2): version, n, e, then the private members.
        KeyPairKind::Rsa => {
            let integers = elements(&elements(key.der)[0]).split_off(3);
            let names = ["d", "p", "q", "dp", "dq", "qi"];
            names.into_iter().zip(integers).map(|(name, integer)| member(name, strip_sign(&integer))).collect()
        }
        // PrivateKeyInfo (RFC 5208): version, algorithm, and an octet string. For EC, the octet string is an
        // ECPrivateKey (RFC 5915): version, d. For Ed25519, it is d (RFC 8410 section 7).
        KeyPairKind::P256 | KeyPairKind::P384 => {
            let private_key = &elements(&elements(key.der)[0])[2];
            [member("d", &elements(&elements(private_key)[0])[1])].into_iter().collect()
        }
        KeyPairKind::Ed25519 => {
            let private_key = &elements(&elements(key.der)[0])[2];
            [member("d", &elements(private_key)[0])].into_iter().collect()
        }
    }
}

fn member(name: &str, bytes: &[u8]) -> (String, Value) {
    (name.to_owned(), base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes).into())
}

/// Removes the zero byte of DER before a positive integer.
fn strip_sign(integer: &[u8]) -> &[u8] {
    integer.strip_prefix(&[0]).unwrap_or(integer)
}

/// The contents of consecutive DER elements.
fn elements(mut der: &[u8]) -> Vec<Vec<u8>> {
    let mut contents = Vec::new();
    while let [_tag, first, rest @ ..] = der {
        // A length of 128 or more follows in the number of bytes that the low bits give.
        let (length, rest) = match first {
            0..0x80 => (usize::from(*first), rest),
            _ => {
                let (length, rest) = rest.split_at(usize::from(first & 0x7f));
                (length.iter().fold(0, |length, &byte| length << 8 | usize::from(byte)), rest)
            }
        };
        let (content, rest) = rest.split_at(length);
        contents.push(content.to_vec());
        der = rest;
    }
    contents
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_pool;

    #[test]
    fn every_embedded_key_has_its_private_members() {
        for (kind, names, length) in [
            (KeyPairKind::Rsa, &["d", "dp", "dq", "p", "q", "qi"][..], 256),
            (KeyPairKind::P256, &["d"], 32),
            (KeyPairKind::P384, &["d"], 48),
            (KeyPairKind::Ed25519, &["d"], 32),
        ] {
            for key in key_pool::all(kind) {
                let members = members(key);
                let mut found: Vec<_> = members.keys().map(String::as_str).collect();
                found.sort_unstable();
                assert_eq!(found, names, "{kind:?}");
                let d = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(members["d"].as_str().unwrap()).unwrap();
                // The exponent of an RSA key may be shorter than its modulus.
                assert!(d.len() <= length && d.len() + 2 >= length, "{kind:?} {}", d.len());
            }
        }
    }
}
