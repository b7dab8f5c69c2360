//! A private key as a JWK (RFC 7517, RFC 7518 section 6, RFC 8037 section 2).

use jsonwebtoken::jwk::Jwk;
use serde_json::{Map, Value};

use super::crypto::Material;
use super::json;
use super::jwk::{coordinate, material, number};
use super::private_key::{PrivateKey, RsaNumbers};

/// The members that the public key has.
const PUBLIC_MEMBERS: [&str; 6] = ["kty", "n", "e", "crv", "x", "y"];

/// The private members of an RSA key except `oth`, in the order of RFC 8017.
const RSA_MEMBERS: [&str; 6] = ["d", "p", "q", "dp", "dq", "qi"];

/// A private JWK that the signature backend has not parsed yet.
pub(super) struct PrivateJwk {
    pub(super) key: PrivateKey,
    pub(super) kid: Option<String>,
    pub(super) alg: Option<String>,
}

impl PrivateJwk {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let Ok(mut members) = serde_json::from_str::<Map<String, Value>>(text) else {
            return Err("it is not a JSON object");
        };
        if !json::has_distinct_members(text) {
            return Err("a member occurs more than once");
        }
        members.retain(|_, value| !value.is_null());
        if members.contains_key("keys") {
            return Err("it is a JWK Set, expected one of its keys");
        }
        match string(&members, "kty")?.unwrap_or_default() {
            "RSA" | "EC" | "OKP" => {}
            "oct" => return Err("it is a symmetric key, expected a key pair"),
            _ => return Err("its kty is not RSA, EC or OKP"),
        }
        if !members.contains_key("d") {
            return Err("it is a public key, expected the private key");
        }
        if string(&members, "use")?.is_some_and(|usage| usage != "sig") {
            return Err("its use is not sig");
        }
        let operations = members.get("key_ops").map(|operations| operations.as_array().map(Vec::as_slice));
        if operations.is_some_and(|operations| !operations.unwrap_or_default().iter().any(|one| one == "sign")) {
            return Err("its key_ops do not hold sign");
        }
        let owned = |name| string(&members, name).map(|value| value.map(str::to_owned));
        Ok(Self { kid: owned("kid")?, alg: owned("alg")?, key: key(&members)? })
    }
}

fn key(members: &Map<String, Value>) -> Result<PrivateKey, &'static str> {
    let mut public = members.clone();
    public.retain(|name, _| PUBLIC_MEMBERS.contains(&name.as_str()));
    let Ok(public) = serde_json::from_value::<Jwk>(Value::Object(public)) else {
        return Err("a member of its public key has the wrong JSON type");
    };
    let public = material(&public.algorithm)?;
    let private = |name| string(members, name)?.ok_or("a private member is missing");
    match &public {
        Material::Rsa { n, e } => {
            if members.contains_key("oth") {
                return Err("it has more than two primes");
            }
            let mut numbers = Vec::with_capacity(RSA_MEMBERS.len());
            for name in RSA_MEMBERS {
                numbers.push(number(private(name)?).ok_or("a private member is not unpadded base64url")?);
            }
            let mut numbers = numbers.iter();
            let private = RSA_MEMBERS.map(|_| numbers.next().map_or(&[][..], |number| number));
            PrivateKey::rsa(&RsaNumbers { n, e, private })
        }
        Material::P384(_) => PrivateKey::of_curve(&coordinate::<48>(private("d")?)?, public),
        Material::P256(_) | Material::Ed25519(_) => PrivateKey::of_curve(&coordinate::<32>(private("d")?)?, public),
    }
}

/// A member that is absent or a string.
fn string<'m>(members: &'m Map<String, Value>, name: &str) -> Result<Option<&'m str>, &'static str> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err("a member has the wrong JSON type"),
    }
}
