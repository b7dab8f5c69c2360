//! Client authentication with `private_key_jwt` (RFC 7521 section 4.2, RFC 7523 sections 2.2 and 3).
//!
//! The rules are those of Okta:
//! <https://developer.okta.com/docs/api/openapi/okta-oauth/guides/client-auth/#jwt-with-private-key>.

use std::collections::hash_map::Entry;

use jsonwebtoken::jwk::Jwk;
use serde_json::{Map, Value};

use super::parameters::Parameters;
use crate::client::Client;
use crate::signature::verify_with_jwk;
use crate::signing_algorithm::SigningAlgorithm;
use crate::state::{MockState, ServerState};

/// The value of `client_assertion_type`.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The algorithms of assertions. Okta also supports ES512, for which the mock has no key.
pub(crate) const ALGORITHMS: [SigningAlgorithm; 10] = [
    SigningAlgorithm::RS256,
    SigningAlgorithm::RS384,
    SigningAlgorithm::RS512,
    SigningAlgorithm::PS256,
    SigningAlgorithm::PS384,
    SigningAlgorithm::PS512,
    SigningAlgorithm::ES256,
    SigningAlgorithm::ES384,
    SigningAlgorithm::EdDSA,
    SigningAlgorithm::Ed25519,
];

/// The greatest time from now to `exp`, in seconds.
const MAX_LIFETIME: u64 = 3600;

/// The client whose key signed the assertion. The error is an `error_description`.
pub(crate) fn verify<'a>(
    state: &'a MockState,
    server: &ServerState,
    endpoint: &str,
    form: &Parameters,
) -> Result<&'a Client, &'static str> {
    if form.find("client_assertion_type") != Some(JWT_BEARER) {
        return Err("The 'client_assertion_type' is invalid.");
    }
    let assertion = form.find("client_assertion").ok_or("The 'client_assertion' is missing.")?;
    let assertion = Assertion::parse(assertion).ok_or("The 'client_assertion' is not a JWT.")?;
    let id = assertion.text("sub").ok_or("The 'sub' claim of the 'client_assertion' is missing.")?;
    if assertion.text("iss") != Some(id) || form.find("client_id").is_some_and(|client_id| client_id != id) {
        return Err("The 'iss' and 'sub' claims of the 'client_assertion' must be the client ID.");
    }
    let client = state.client(id).ok_or("The 'sub' claim of the 'client_assertion' is not a registered client.")?;
    if !assertion.is_signed_by(client) {
        return Err("The signature of the 'client_assertion' is invalid.");
    }
    let accepted = [server.endpoint(endpoint), server.endpoint("token"), server.issuer.clone()];
    if !accepted.iter().any(|audience| assertion.has_audience(audience)) {
        return Err("The 'aud' claim of the 'client_assertion' is invalid.");
    }
    let now = state.now_seconds();
    let exp = assertion.claims.get("exp").and_then(Value::as_u64);
    let exp = exp.ok_or("The 'exp' claim of the 'client_assertion' is missing.")?;
    if exp <= now {
        return Err("The 'client_assertion' is expired.");
    }
    if exp - now > MAX_LIFETIME {
        return Err("The 'exp' claim of the 'client_assertion' is more than an hour in the future.");
    }
    if assertion.claims.get("nbf").is_some_and(|nbf| nbf.as_u64().is_none_or(|nbf| nbf > now)) {
        return Err("The 'client_assertion' is not valid yet.");
    }
    match assertion.text("jti") {
        Some(jti) if !use_once(state, id, jti, exp) => Err("The 'client_assertion' was used before."),
        _ => Ok(client),
    }
}

/// Remembers the assertion until it expires. Returns whether it is new.
fn use_once(state: &MockState, client: &str, jti: &str, exp: u64) -> bool {
    let now = state.now_seconds();
    let mut grants = state.grants.lock();
    grants.used_assertions.retain(|_, exp| *exp > now);
    match grants.used_assertions.entry((client.to_owned(), jti.to_owned())) {
        Entry::Occupied(_) => false,
        Entry::Vacant(entry) => {
            entry.insert(exp);
            true
        }
    }
}

/// The parts of an assertion.
struct Assertion<'a> {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    message: &'a str,
    signature: Vec<u8>,
}

impl<'a> Assertion<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (message, signature) = text.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        Some(Self {
            header: serde_json::from_slice(&decode(header)?).ok()?,
            claims: serde_json::from_slice(&decode(payload)?).ok()?,
            message,
            signature: decode(signature)?,
        })
    }

    fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim)?.as_str()
    }

    fn has_audience(&self, audience: &str) -> bool {
        match self.claims.get("aud") {
            Some(Value::Array(audiences)) => audiences.iter().any(|value| value == audience),
            Some(value) => value == audience,
            None => false,
        }
    }

    fn is_signed_by(&self, client: &Client) -> bool {
        let alg = self.header.get("alg").and_then(Value::as_str);
        let algorithm = ALGORITHMS.into_iter().find(|algorithm| Some(algorithm.name()) == alg);
        let Some(algorithm) = algorithm else { return false };
        let key = match self.header.get("kid") {
            Some(kid) => client.keys.iter().find(|jwk| jwk.get("kid").is_none_or(|own| own == kid)),
            None => client.keys.first().filter(|_| client.keys.len() == 1),
        };
        let Some(Ok(jwk)) = key.map(public_key) else { return false };
        verify_with_jwk(algorithm, &jwk, self.message.as_bytes(), &self.signature)
    }
}

/// The key without `alg` and `use`, whose values the parser may not know.
fn public_key(jwk: &Value) -> serde_json::Result<Jwk> {
    let mut jwk = jwk.clone();
    if let Value::Object(members) = &mut jwk {
        members.retain(|name, _| ["kty", "n", "e", "crv", "x", "y"].contains(&name.as_str()));
    }
    serde_json::from_value(jwk)
}

fn decode(part: &str) -> Option<Vec<u8>> {
    base64_simd::URL_SAFE_NO_PAD.decode_to_vec(part).ok()
}
