//! Public keys with signatures, made once with independent software.

use std::sync::LazyLock;

use base64_simd::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::crypto::{Material, PrivateMaterial};
use crate::algorithm::{Algorithm, KeyKind};

/// A signature, and the key that verifies it.
pub(crate) struct Vector {
    pub(crate) material: Material,
    pub(crate) message: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

fn vectors() -> &'static Value {
    static VECTORS: LazyLock<Value> =
        LazyLock::new(|| serde_json::from_str(include_str!("testdata/vectors.json")).expect("the test data is JSON"));
    &VECTORS
}

fn entry(kid: &str) -> &'static Value {
    let entries = vectors()["keys"].as_array().expect("an array");
    entries.iter().find(|entry| entry["jwk"]["kid"] == kid).expect("a key of the test data")
}

/// The JWK with this `kid`: `rsa-2048`, `rsa-2048-b`, `rsa-2048-c`, `rsa-1024`, `rsa-2040`, `rsa-4096`, `rsa-8192`,
/// `p256`, `p384` or `ed25519`.
pub(crate) fn jwk(kid: &str) -> Value {
    entry(kid)["jwk"].clone()
}

/// The JWK of a test key under another `kid`.
pub(crate) fn renamed(key: &str, kid: &str) -> Value {
    let mut jwk = jwk(key);
    jwk["kid"] = json!(kid);
    jwk
}

/// The JSON of a key set.
pub(crate) fn set<'a>(jwks: impl IntoIterator<Item = &'a Value>) -> String {
    json!({ "keys": jwks.into_iter().collect::<Vec<_>>() }).to_string()
}

pub(crate) fn vector(algorithm: Algorithm) -> Vector {
    let kid = match algorithm.key_kind() {
        KeyKind::Rsa => "rsa-2048",
        KeyKind::P256 => "p256",
        KeyKind::P384 => "p384",
        KeyKind::Ed25519 => "ed25519",
    };
    vector_of(kid, algorithm)
}

pub(crate) fn vector_of(kid: &str, algorithm: Algorithm) -> Vector {
    let entry = entry(kid);
    let bytes = |value: &Value| URL_SAFE_NO_PAD.decode_to_vec(value.as_str().expect("text")).expect("base64url");
    let jwk = &entry["jwk"];
    let point = || [&[4], bytes(&jwk["x"]).as_slice(), bytes(&jwk["y"]).as_slice()].concat().into();
    let material = match algorithm.key_kind() {
        KeyKind::Rsa => Material::Rsa { n: bytes(&jwk["n"]).into(), e: bytes(&jwk["e"]).into() },
        KeyKind::P256 => Material::P256(point()),
        KeyKind::P384 => Material::P384(point()),
        KeyKind::Ed25519 => Material::Ed25519(bytes(&jwk["x"]).into()),
    };
    let message = vectors()["message"].as_str().expect("text").as_bytes().to_vec();
    Vector { material, message, signature: bytes(&entry["signatures"][algorithm.name()]) }
}

/// A key pair of okta-auth-testing.
pub(crate) fn key_pair(algorithm: Algorithm) -> (PrivateMaterial, Material) {
    macro_rules! embedded {
        ($name:literal) => {
            (
                include_bytes!(concat!("../../../okta-auth-testing/keys/", $name, ".der")).as_slice().into(),
                include_str!(concat!("../../../okta-auth-testing/keys/", $name, ".jwk.json")),
            )
        };
    }
    let (private, public): (Box<[u8]>, &str) = match algorithm.key_kind() {
        KeyKind::Rsa => embedded!("rsa-00"),
        KeyKind::P256 => embedded!("p256-00"),
        KeyKind::P384 => embedded!("p384-00"),
        KeyKind::Ed25519 => embedded!("ed25519-00"),
    };
    let private = match algorithm.key_kind() {
        KeyKind::Rsa => PrivateMaterial::Rsa(private),
        KeyKind::P256 => PrivateMaterial::P256(private),
        KeyKind::P384 => PrivateMaterial::P384(private),
        KeyKind::Ed25519 => PrivateMaterial::Ed25519(private),
    };
    let public = super::jwk::parse_public(public, algorithm).unwrap_or_else(|_| panic!("a public key of {algorithm}"));
    (private, public)
}
