//! Encodes private keys for the signature backends, from the encodings that tools write.

use super::crypto::{Material, PrivateMaterial};
use super::der::{
    BIT_STRING, CONTEXT_0, CONTEXT_1, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE, element, integer,
};
use super::jwk::check_rsa;
use crate::algorithm::KeyKind;

const MALFORMED: &str = "its DER is malformed";

/// `rsaEncryption` (RFC 8017 appendix A.1).
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// `id-ecPublicKey`, `secp256r1` and `secp384r1` (RFC 5480 section 2.1.1).
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
/// `id-Ed25519` (RFC 8410 section 3).
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// A private key that the signature backend has not parsed yet.
pub(super) struct PrivateKey {
    pub(super) material: PrivateMaterial,
    /// The numbers of its public key, if they were given.
    pub(super) public: Option<Material>,
}

/// The numbers of an RSA key, big-endian without leading zeros (RFC 8017 appendix A.1.2).
pub(super) struct RsaNumbers<'n> {
    pub(super) n: &'n [u8],
    pub(super) e: &'n [u8],
    /// d, p, q, dp, dq and qi.
    pub(super) private: [&'n [u8]; 6],
}

impl PrivateKey {
    /// From a `PrivateKeyInfo` (RFC 5208 section 5; RFC 5958 adds the public key).
    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, &'static str> {
        let info = PrivateKeyInfo::parse(der).ok_or(MALFORMED)?;
        let material = match info.algorithm {
            RSA => return Self::from_pkcs1(info.key),
            EC => ec_material(info.curve, der.into())?,
            ED25519 => PrivateMaterial::Ed25519(der.into()),
            _ => return Err("its algorithm is not RSA, EC or Ed25519"),
        };
        Ok(Self { material, public: None })
    }

    /// From an `RSAPrivateKey` (RFC 8017 appendix A.1.2).
    pub(super) fn from_pkcs1(der: &[u8]) -> Result<Self, &'static str> {
        let (n, e) = rsa_public_numbers(der).ok_or(MALFORMED)?;
        check_rsa(n, e)?;
        let public = Some(Material::Rsa { n: n.into(), e: e.into() });
        Ok(Self { material: PrivateMaterial::Rsa(der.into()), public })
    }

    /// From an `ECPrivateKey` (RFC 5915 section 3).
    pub(super) fn from_sec1(der: &[u8]) -> Result<Self, &'static str> {
        let curve = sec1_curve(der).ok_or(MALFORMED)?;
        let pkcs8 = encode_pkcs8(&[EC, curve], der).ok_or(MALFORMED)?;
        Ok(Self { material: ec_material(Some(curve), pkcs8.into())?, public: None })
    }

    /// From the numbers of an RSA key, whose sizes are not checked yet.
    pub(super) fn rsa(numbers: &RsaNumbers<'_>) -> Result<Self, &'static str> {
        Self::from_pkcs1(&encode_pkcs1(numbers).ok_or("its numbers are too long")?)
    }

    /// From the private number of a public point on a curve, in the size of the curve. For Ed25519, from the seed of a
    /// public key (RFC 8032 section 5.1.5).
    pub(super) fn of_curve(private: &[u8], public: Material) -> Result<Self, &'static str> {
        let pkcs8 = match &public {
            Material::P256(point) => encode_ec(P256, private, point),
            Material::P384(point) => encode_ec(P384, private, point),
            Material::Ed25519(_) => element(OCTET_STRING, &[private]).and_then(|seed| encode_pkcs8(&[ED25519], &seed)),
            Material::Rsa { .. } => None,
        };
        let pkcs8 = pkcs8.ok_or("it is not a key of a curve")?.into();
        let material = match public.kind() {
            KeyKind::P256 => PrivateMaterial::P256(pkcs8),
            KeyKind::P384 => PrivateMaterial::P384(pkcs8),
            KeyKind::Ed25519 | KeyKind::Rsa => PrivateMaterial::Ed25519(pkcs8),
        };
        Ok(Self { material, public: Some(public) })
    }
}

fn ec_material(curve: Option<&[u8]>, pkcs8: Box<[u8]>) -> Result<PrivateMaterial, &'static str> {
    match curve {
        Some(P256) => Ok(PrivateMaterial::P256(pkcs8)),
        Some(P384) => Ok(PrivateMaterial::P384(pkcs8)),
        _ => Err("its curve is not P-256 or P-384"),
    }
}

/// `PrivateKeyInfo` (RFC 5208 section 5).
struct PrivateKeyInfo<'d> {
    algorithm: &'d [u8],
    /// The object identifier in the parameters of the algorithm.
    curve: Option<&'d [u8]>,
    key: &'d [u8],
}

impl<'d> PrivateKeyInfo<'d> {
    fn parse(der: &'d [u8]) -> Option<Self> {
        let mut info = Reader::of_sequence(der)?;
        info.take(INTEGER)?;
        let mut identifiers = Reader::new(info.take(SEQUENCE)?);
        let algorithm = identifiers.take(OBJECT_IDENTIFIER)?;
        Some(Self { algorithm, curve: identifiers.take(OBJECT_IDENTIFIER), key: info.take(OCTET_STRING)? })
    }
}

fn rsa_public_numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut key = Reader::of_sequence(der)?;
    // The version is 0 for two primes.
    key.take_number().filter(|version| version.is_empty())?;
    Some((key.take_number()?, key.take_number()?))
}

/// The curve, which is optional only within PKCS#8.
fn sec1_curve(der: &[u8]) -> Option<&[u8]> {
    let mut key = Reader::of_sequence(der)?;
    key.take(INTEGER)?;
    key.take(OCTET_STRING)?;
    Reader::new(key.take(CONTEXT_0)?).take(OBJECT_IDENTIFIER)
}

fn encode_pkcs1(numbers: &RsaNumbers<'_>) -> Option<Vec<u8>> {
    let version: &[u8] = &[];
    let all = [version, numbers.n, numbers.e].into_iter().chain(numbers.private);
    let integers: Vec<u8> = all.map(integer).collect::<Option<Vec<_>>>()?.concat();
    element(SEQUENCE, &[&integers])
}

fn encode_ec(curve: &[u8], private: &[u8], point: &[u8]) -> Option<Vec<u8>> {
    // A bit string begins with the number of bits that its last byte leaves unused.
    let public = element(CONTEXT_1, &[&element(BIT_STRING, &[&[0], point])?])?;
    let key = element(SEQUENCE, &[&integer(&[1])?, &element(OCTET_STRING, &[private])?, &public])?;
    encode_pkcs8(&[EC, curve], &key)
}

fn encode_pkcs8(identifiers: &[&[u8]], key: &[u8]) -> Option<Vec<u8>> {
    let identifiers: Option<Vec<_>> = identifiers.iter().map(|id| element(OBJECT_IDENTIFIER, &[id])).collect();
    let algorithm = element(SEQUENCE, &[&identifiers?.concat()])?;
    element(SEQUENCE, &[&integer(&[])?, &algorithm, &element(OCTET_STRING, &[key])?])
}
