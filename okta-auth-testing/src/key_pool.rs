//! The embedded test keys. They are public; see `keys/README.md`.

use crate::signing_algorithm::KeyPairKind;

/// One embedded key pair.
#[derive(Debug)]
pub(crate) struct EmbeddedKey {
    pub(crate) kind: KeyPairKind,
    /// The private key: PKCS#1 for RSA, PKCS#8 otherwise.
    pub(crate) der: &'static [u8],
    /// The public key parameters of the JWK, as a JSON object.
    pub(crate) jwk: &'static str,
    /// The public key as PEM.
    pub(crate) pem: &'static str,
}

macro_rules! embedded {
    ($kind:ident: $($name:literal)+) => {
        &[$(EmbeddedKey {
            kind: KeyPairKind::$kind,
            der: include_bytes!(concat!("../keys/", $name, ".der")),
            jwk: include_str!(concat!("../keys/", $name, ".jwk.json")),
            pem: include_str!(concat!("../keys/", $name, ".pub.pem")),
        }),+]
    };
}

static RSA: &[EmbeddedKey] = embedded!(Rsa: "rsa-00" "rsa-01" "rsa-02" "rsa-03" "rsa-04" "rsa-05" "rsa-06" "rsa-07"
    "rsa-08" "rsa-09" "rsa-10" "rsa-11");
static P256: &[EmbeddedKey] = embedded!(P256: "p256-00" "p256-01" "p256-02" "p256-03");
static P384: &[EmbeddedKey] = embedded!(P384: "p384-00" "p384-01" "p384-02" "p384-03");
static ED25519: &[EmbeddedKey] = embedded!(Ed25519: "ed25519-00" "ed25519-01" "ed25519-02" "ed25519-03");

/// All keys of a kind.
pub(crate) fn all(kind: KeyPairKind) -> &'static [EmbeddedKey] {
    match kind {
        KeyPairKind::Rsa => RSA,
        KeyPairKind::P256 => P256,
        KeyPairKind::P384 => P384,
        KeyPairKind::Ed25519 => ED25519,
    }
}

/// The `index`-th key that a mock may publish. After the last one, the first one follows.
pub(crate) fn served(kind: KeyPairKind, index: usize) -> &'static EmbeddedKey {
    let keys = all(kind);
    &keys[index % (keys.len() - 1)]
}

/// The key that no mock publishes.
pub(crate) fn unserved(kind: KeyPairKind) -> &'static EmbeddedKey {
    let keys = all(kind);
    &keys[keys.len() - 1]
}
