//! Parses one JWK (RFC 7517 section 4) to keys.

use base64_simd::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use serde_json::{Map, Value};

use super::crypto::Material;
use super::key::Key;
use crate::algorithm::Algorithm;
use crate::error::{Excerpt, SkippedKey};

/// The members that are read. The others are dropped, so that a malformed one (such as `x5c`) can't break the key.
const MEMBERS: [&str; 10] = ["kty", "use", "key_ops", "alg", "kid", "n", "e", "crv", "x", "y"];

/// The size of RSA moduli in bits: less is too weak (RFC 7518 section 3.3), and more makes verification too slow.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// RSA exponents have at most 33 bits in both backends.
const RSA_EXPONENT: std::ops::Range<u64> = 3..1 << 33;

/// Parses entry `index` of a key set to at least one key: one for each allowed algorithm that it can verify.
pub(crate) fn parse(index: usize, entry: &str, allowed: &[Algorithm]) -> Result<Vec<Key>, SkippedKey> {
    let skipped = |kid: Option<&str>, reason| SkippedKey { index, kid: kid.map(Excerpt::new), algorithm: None, reason };

    let Ok(mut members) = serde_json::from_str::<Map<String, Value>>(entry) else {
        return Err(skipped(None, "it is not a JSON object"));
    };
    members.retain(|name, _| MEMBERS.contains(&name.as_str()));
    let named = members.get("kid").and_then(Value::as_str).map(str::to_owned);
    let fail = |reason| skipped(named.as_deref(), reason);

    let kty = members.get("kty").and_then(Value::as_str).unwrap_or_default();
    if !["RSA", "EC", "OKP"].contains(&kty) {
        return Err(fail("its kty is not RSA, EC or OKP"));
    }
    // jsonwebtoken does not know the names of RFC 9864.
    let alg = match members.remove("alg") {
        None | Some(Value::Null) => None,
        Some(Value::String(alg)) => Some(alg),
        Some(_) => return Err(fail("a member has the wrong JSON type")),
    };
    let Ok(jwk) = serde_json::from_value::<Jwk>(Value::Object(members)) else {
        return Err(fail("a member has the wrong JSON type"));
    };
    let Some(kid) = jwk.common.key_id.as_deref().filter(|kid| !kid.is_empty()) else {
        return Err(fail("it has no kid"));
    };
    if jwk.common.public_key_use.as_ref().is_some_and(|usage| *usage != PublicKeyUse::Signature) {
        return Err(fail("its use is not sig"));
    }
    if jwk.common.key_operations.as_ref().is_some_and(|operations| !operations.contains(&KeyOperations::Verify)) {
        return Err(fail("its key_ops do not hold verify"));
    }
    let material = material(&jwk.algorithm).map_err(fail)?;

    let algorithms = algorithms(alg.as_deref(), &material, allowed).map_err(fail)?;
    algorithms.into_iter().map(|algorithm| Key::parse(kid, algorithm, &material).map_err(fail)).collect()
}

/// The members of private and symmetric keys (RFC 7518 section 6).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Why a public key of a header is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PublicJwkError {
    /// The key has members of a private or symmetric key.
    Private,
    Invalid(&'static str),
}

/// Parses the public key in a header, for the algorithm of the same header. The text has no duplicate members. Does not
/// make the key of the cryptographic library, which costs more.
pub(super) fn parse_public(text: &str, algorithm: Algorithm) -> Result<Material, PublicJwkError> {
    let Ok(mut members) = serde_json::from_str::<Map<String, Value>>(text) else {
        return Err(PublicJwkError::Invalid("it is not a JSON object"));
    };
    if PRIVATE_MEMBERS.iter().any(|name| members.contains_key(*name)) {
        return Err(PublicJwkError::Private);
    }
    members.retain(|name, _| MEMBERS.contains(&name.as_str()));
    let alg = match members.remove("alg") {
        None => None,
        Some(Value::String(alg)) => Some(alg),
        Some(_) => return Err(PublicJwkError::Invalid("a member has the wrong JSON type")),
    };
    let invalid = PublicJwkError::Invalid;
    let Ok(jwk) = serde_json::from_value::<Jwk>(Value::Object(members)) else {
        return Err(invalid("a member is missing, not supported or has the wrong JSON type"));
    };
    if jwk.common.public_key_use.as_ref().is_some_and(|usage| *usage != PublicKeyUse::Signature) {
        return Err(invalid("its use is not sig"));
    }
    if jwk.common.key_operations.as_ref().is_some_and(|operations| !operations.contains(&KeyOperations::Verify)) {
        return Err(invalid("its key_ops do not hold verify"));
    }
    let material = material(&jwk.algorithm).map_err(invalid)?;
    algorithms(alg.as_deref(), &material, &[algorithm]).map_err(invalid)?;
    Ok(material)
}

/// The algorithms of the key: its `alg`, or every allowed algorithm of its type if it has none.
fn algorithms(alg: Option<&str>, material: &Material, allowed: &[Algorithm]) -> Result<Vec<Algorithm>, &'static str> {
    let of_its_type = allowed.iter().copied().filter(|algorithm| algorithm.key_kind() == material.kind());
    let found: Vec<_> = match alg {
        None => of_its_type.collect(),
        Some(alg) => {
            let alg = Algorithm::parse(alg).ok_or("its alg is not one of a public-key signature")?;
            if alg.key_kind() != material.kind() {
                return Err("its alg is not one of its type");
            }
            of_its_type.filter(|algorithm| *algorithm == alg).collect()
        }
    };
    if found.is_empty() { Err("its alg is not allowed") } else { Ok(found) }
}

pub(super) fn material(parameters: &AlgorithmParameters) -> Result<Material, &'static str> {
    match parameters {
        AlgorithmParameters::RSA(rsa) => {
            let n = number(&rsa.n).ok_or("its n is not unpadded base64url")?;
            let e = number(&rsa.e).ok_or("its e is not unpadded base64url")?;
            check_rsa(&n, &e)?;
            Ok(Material::Rsa { n, e })
        }
        AlgorithmParameters::EllipticCurve(ec) => match ec.curve {
            EllipticCurve::P256 => Ok(Material::P256(point::<32>(&ec.x, &ec.y)?)),
            EllipticCurve::P384 => Ok(Material::P384(point::<48>(&ec.x, &ec.y)?)),
            _ => Err("its crv is not P-256 or P-384"),
        },
        AlgorithmParameters::OctetKeyPair(okp) => match okp.curve {
            EllipticCurve::Ed25519 => {
                let point = coordinate::<32>(&okp.x)?;
                if is_of_small_order(point) {
                    return Err("its x is a point of small order");
                }
                Ok(Material::Ed25519(point.into()))
            }
            _ => Err("its crv is not Ed25519"),
        },
        _ => Err("a member of its kty is missing or not supported"),
    }
}

pub(super) fn check_rsa(n: &[u8], e: &[u8]) -> Result<(), &'static str> {
    let bits = n.len() * 8 - n.first().map_or(0, |first| first.leading_zeros() as usize);
    if !RSA_BITS.contains(&bits) {
        return Err("its modulus is not of 2048 to 8192 bits");
    }
    if n.last().is_none_or(|last| last % 2 == 0) {
        return Err("its modulus is even");
    }
    let exponent = e.iter().try_fold(0_u64, |value, byte| Some(value.checked_mul(256)? + u64::from(*byte)));
    if !exponent.is_some_and(|exponent| exponent % 2 == 1 && RSA_EXPONENT.contains(&exponent)) {
        return Err("its exponent is not odd and of 2 to 33 bits");
    }
    Ok(())
}

/// Whether an Ed25519 point has an order of at most 8. Anyone can sign for such a key, and neither backend rejects it. An
/// issuer that publishes 32 zeros by mistake has one.
fn is_of_small_order(mut point: [u8; 32]) -> bool {
    /// The y-coordinates modulo p = 2^255 - 19, little-endian: 0, 1, two of order 8, p - 1, and p and p + 1 for 0 and 1.
    const SMALL_ORDER: [[u8; 32]; 7] = [
        encoded(0, 0, 0),
        encoded(1, 0, 0),
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
            0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
            0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
        ],
        encoded(0xec, 0xff, 0x7f),
        encoded(0xed, 0xff, 0x7f),
        encoded(0xee, 0xff, 0x7f),
    ];

    const fn encoded(first: u8, middle: u8, last: u8) -> [u8; 32] {
        let mut y = [middle; 32];
        y[0] = first;
        y[31] = last;
        y
    }

    // The highest bit is the sign of the x-coordinate (RFC 8032 section 5.1.2).
    point[31] &= 0x7f;
    SMALL_ORDER.contains(&point)
}

/// Strips leading zeros, which some libraries write despite RFC 7518 section 6.3.1.1.
pub(super) fn number(base64url: &str) -> Option<Box<[u8]>> {
    let bytes = URL_SAFE_NO_PAD.decode_to_vec(base64url).ok()?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).map(Box::from)
}

/// A coordinate has the full size of its curve (RFC 7518 section 6.2.1.2, RFC 8037 section 2).
pub(super) fn coordinate<const SIZE: usize>(base64url: &str) -> Result<[u8; SIZE], &'static str> {
    let bytes = URL_SAFE_NO_PAD.decode_to_vec(base64url).map_err(|_| "a coordinate is not unpadded base64url")?;
    bytes.try_into().map_err(|_| "a coordinate is not of its curve's size")
}

/// An uncompressed point (SEC 1 section 2.3.3).
fn point<const SIZE: usize>(x: &str, y: &str) -> Result<Box<[u8]>, &'static str> {
    Ok([&[0x04], coordinate::<SIZE>(x)?.as_slice(), coordinate::<SIZE>(y)?.as_slice()].concat().into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jose::testdata;

    fn algorithms_of(entry: &Value) -> Result<Vec<Algorithm>, &'static str> {
        parse(0, &entry.to_string(), &Algorithm::ALL)
            .map(|keys| keys.iter().map(Key::algorithm).collect())
            .map_err(|skipped| skipped.reason)
    }

    /// The JWK `kid` of the test data with some members replaced, or removed by null.
    fn changed(kid: &str, changes: Value) -> Value {
        let mut jwk = testdata::jwk(kid);
        for (name, value) in changes.as_object().expect("an object") {
            match value {
                Value::Null => jwk.as_object_mut().expect("an object").remove(name),
                value => jwk.as_object_mut().expect("an object").insert(name.clone(), value.clone()),
            };
        }
        jwk
    }

    #[test]
    fn a_key_without_alg_serves_all_allowed_algorithms_of_its_type() {
        use Algorithm::*;
        let entry = testdata::jwk("rsa-2048");
        assert_eq!(algorithms_of(&entry), Ok(vec![RS256, RS384, RS512, PS256, PS384, PS512]));
        assert_eq!(algorithms_of(&testdata::jwk("p256")), Ok(vec![ES256]));
        assert_eq!(algorithms_of(&testdata::jwk("p384")), Ok(vec![ES384]));
        assert_eq!(algorithms_of(&testdata::jwk("ed25519")), Ok(vec![EdDSA]));

        let allowed = parse(0, &entry.to_string(), &[RS256, ES256]).expect("a good key");
        assert_eq!(allowed.iter().map(Key::algorithm).collect::<Vec<_>>(), [RS256]);
    }

    #[test]
    fn a_key_with_alg_serves_only_that_algorithm() {
        assert_eq!(algorithms_of(&changed("rsa-2048", json!({"alg": "PS384"}))), Ok(vec![Algorithm::PS384]));
        let entry = changed("rsa-2048", json!({"alg": "PS384"})).to_string();
        assert_eq!(parse(0, &entry, &[Algorithm::RS256]).map(|_| ()).unwrap_err().reason, "its alg is not allowed");
    }

    #[test]
    fn ed25519_and_eddsa_name_the_same_algorithm() {
        for alg in ["EdDSA", "Ed25519"] {
            assert_eq!(algorithms_of(&changed("ed25519", json!({"alg": alg}))), Ok(vec![Algorithm::EdDSA]), "{alg}");
            for (kid, reason) in
                [("rsa-2048", "its alg is not one of its type"), ("p256", "its alg is not one of its type")]
            {
                assert_eq!(algorithms_of(&changed(kid, json!({"alg": alg}))), Err(reason), "{kid} {alg}");
            }
            let entry = changed("ed25519", json!({"alg": alg})).to_string();
            assert_eq!(parse(0, &entry, &[Algorithm::RS256]).unwrap_err().reason, "its alg is not allowed");
        }
        let x25519 = changed("ed25519", json!({"alg": "Ed25519", "crv": "X25519"}));
        assert_eq!(algorithms_of(&x25519), Err("a member of its kty is missing or not supported"));
        let p256 = changed("ed25519", json!({"alg": "Ed25519", "crv": "P-256"}));
        assert_eq!(algorithms_of(&p256), Err("its crv is not Ed25519"));
        for alg in ["Ed448", "ed25519", "Ed25519ph", "ESP256", "ES256"] {
            assert!(algorithms_of(&changed("ed25519", json!({"alg": alg}))).is_err(), "{alg}");
        }
    }

    #[test]
    fn members_that_are_not_read_may_have_any_value() {
        let odd =
            json!({"x5c": 7, "x5t": [], "x5u": {}, "x5t#S256": false, "k": 1, "d": {}, "status": null, "oth": []});
        assert!(algorithms_of(&changed("rsa-2048", odd.clone())).is_ok());
        assert!(algorithms_of(&changed("p256", odd)).is_ok());
        assert!(algorithms_of(&changed("rsa-2048", json!({"crv": "P-256"}))).is_ok());
    }

    #[test]
    fn ed25519_keys_of_small_order_are_rejected() {
        let hex = |byte: &str| u8::from_str_radix(byte, 16).expect("a byte");
        for y in [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ] {
            let mut x: Vec<u8> = (0..32).map(|byte| hex(&y[2 * byte..2 * byte + 2])).collect();
            for sign in [0, 0x80] {
                x[31] |= sign;
                let entry = changed("ed25519", json!({"x": URL_SAFE_NO_PAD.encode_to_string(&x)}));
                assert_eq!(algorithms_of(&entry), Err("its x is a point of small order"), "{y} {sign}");
            }
        }
    }

    #[test]
    fn use_and_key_ops_are_honored() {
        for usage in [json!(null), json!("sig")] {
            assert!(algorithms_of(&changed("rsa-2048", json!({"use": usage}))).is_ok());
        }
        for usage in ["enc", "", "SIG", "other"] {
            assert_eq!(algorithms_of(&changed("rsa-2048", json!({"use": usage}))), Err("its use is not sig"));
        }
        assert!(algorithms_of(&changed("rsa-2048", json!({"key_ops": ["sign", "verify", "x"]}))).is_ok());
        for operations in [json!([]), json!(["encrypt"]), json!(["sign"])] {
            let answer = algorithms_of(&changed("rsa-2048", json!({"key_ops": operations})));
            assert_eq!(answer, Err("its key_ops do not hold verify"));
        }
    }

    #[test]
    fn rsa_keys_outside_the_size_limits_are_rejected() {
        assert_eq!(algorithms_of(&testdata::jwk("rsa-1024")), Err("its modulus is not of 2048 to 8192 bits"));
        assert_eq!(algorithms_of(&testdata::jwk("rsa-2040")), Err("its modulus is not of 2048 to 8192 bits"));
        assert!(algorithms_of(&testdata::jwk("rsa-4096")).is_ok());
        assert_eq!(algorithms_of(&testdata::jwk("rsa-8192")).is_ok(), cfg!(feature = "aws-lc-rs"));
        let n = URL_SAFE_NO_PAD.encode_to_string([0xff; 1025]);
        let answer = algorithms_of(&changed("rsa-2048", json!({"n": n})));
        assert_eq!(answer, Err("its modulus is not of 2048 to 8192 bits"));
    }

    #[test]
    fn moduli_are_measured_in_bits() {
        let modulus = |first: u8, bytes: usize| [&[first][..], &vec![0xff; bytes - 1]].concat();
        for (first, bytes, accepted) in
            [(0x80, 256, true), (0x7f, 256, false), (0x01, 257, true), (0xff, 1024, true), (0x01, 1025, false)]
        {
            assert_eq!(check_rsa(&modulus(first, bytes), &[1, 0, 1]).is_ok(), accepted, "{first} {bytes}");
        }
    }

    #[test]
    fn a_leading_zero_of_the_modulus_is_ignored() {
        let entry = testdata::jwk("rsa-2048");
        let n = URL_SAFE_NO_PAD.decode_to_vec(entry["n"].as_str().expect("text")).expect("base64url");
        let n = URL_SAFE_NO_PAD.encode_to_string([&[0], n.as_slice()].concat());
        let keys =
            parse(0, &changed("rsa-2048", json!({"n": n})).to_string(), &[Algorithm::RS256]).expect("a good key");
        let vector = testdata::vector(Algorithm::RS256);
        assert_eq!(keys[0].verify(&vector.message, &vector.signature), Ok(()));
    }

    #[test]
    fn each_unusable_entry_is_skipped_with_its_reason() {
        let even = |bytes: &[u8]| URL_SAFE_NO_PAD.encode_to_string(bytes);
        let exponent = "its exponent is not odd and of 2 to 33 bits";
        let table = [
            (json!(7), "it is not a JSON object"),
            (json!({}), "its kty is not RSA, EC or OKP"),
            (json!({"kty": "oct", "k": "c2VjcmV0", "kid": "a", "alg": "HS256"}), "its kty is not RSA, EC or OKP"),
            (json!({"kty": "AKP", "kid": "a"}), "its kty is not RSA, EC or OKP"),
            (changed("rsa-2048", json!({"kty": 1})), "its kty is not RSA, EC or OKP"),
            (changed("rsa-2048", json!({"kid": null})), "it has no kid"),
            (changed("rsa-2048", json!({"kid": ""})), "it has no kid"),
            (changed("rsa-2048", json!({"kid": 1})), "a member has the wrong JSON type"),
            (changed("rsa-2048", json!({"alg": 1})), "a member has the wrong JSON type"),
            (changed("rsa-2048", json!({"alg": {"RS256": null}})), "a member has the wrong JSON type"),
            (changed("p256", json!({"alg": "ESP256"})), "its alg is not one of a public-key signature"),
            (changed("rsa-2048", json!({"use": []})), "a member has the wrong JSON type"),
            (changed("rsa-2048", json!({"key_ops": "verify"})), "a member has the wrong JSON type"),
            (changed("rsa-2048", json!({"alg": "HS256"})), "its alg is not one of a public-key signature"),
            (changed("rsa-2048", json!({"alg": "none"})), "its alg is not one of a public-key signature"),
            (changed("rsa-2048", json!({"alg": "RSA-OAEP"})), "its alg is not one of a public-key signature"),
            (changed("rsa-2048", json!({"alg": "ES256"})), "its alg is not one of its type"),
            (changed("p256", json!({"alg": "ES384"})), "its alg is not one of its type"),
            (changed("rsa-2048", json!({"n": null})), "a member of its kty is missing or not supported"),
            (changed("rsa-2048", json!({"e": 65537})), "a member of its kty is missing or not supported"),
            (changed("rsa-2048", json!({"n": "AQ=="})), "its n is not unpadded base64url"),
            (changed("rsa-2048", json!({"n": ""})), "its modulus is not of 2048 to 8192 bits"),
            (changed("rsa-2048", json!({"n": even(&[0xfe; 256])})), "its modulus is even"),
            (changed("rsa-2048", json!({"e": "+/"})), "its e is not unpadded base64url"),
            (changed("rsa-2048", json!({"e": ""})), exponent),
            (changed("rsa-2048", json!({"e": even(&[1])})), exponent),
            (changed("rsa-2048", json!({"e": even(&[1, 0])})), exponent),
            (changed("rsa-2048", json!({"e": even(&[2, 0, 0, 0, 1])})), exponent),
            (changed("rsa-2048", json!({"e": even(&[0xff; 40])})), exponent),
            (changed("p256", json!({"crv": "P-521"})), "its crv is not P-256 or P-384"),
            (changed("p256", json!({"crv": "secp256k1"})), "a member of its kty is missing or not supported"),
            (changed("p256", json!({"crv": "P-384"})), "a coordinate is not of its curve's size"),
            (changed("p256", json!({"x": "="})), "a coordinate is not unpadded base64url"),
            (changed("p256", json!({"y": even(&[1; 31])})), "a coordinate is not of its curve's size"),
            (changed("p256", json!({"y": even(&[1; 32])})), "it is not a point on its curve"),
            (changed("ed25519", json!({"x": even(&[1; 31])})), "a coordinate is not of its curve's size"),
            (changed("ed25519", json!({"crv": "X25519"})), "a member of its kty is missing or not supported"),
            (changed("ed25519", json!({"crv": "P-256"})), "its crv is not Ed25519"),
        ];
        for (entry, reason) in table {
            assert_eq!(algorithms_of(&entry), Err(reason), "{entry}");
        }
    }
}
