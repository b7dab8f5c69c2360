//! DPoP proofs in requests to Okta (RFC 9449).
//!
//! The nonce, the algorithms and the texts of errors are those of Okta:
//! <https://developer.okta.com/docs/guides/dpop/nonoktaresourceserver/main/>.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use jsonwebtoken::jwk::Jwk;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use url::Url;

use super::error::{ErrorResponse, oauth_error};
use crate::signature::verify_with_jwk;
use crate::signing_algorithm::SigningAlgorithm;
use crate::state::MockState;
use crate::thumbprint;

/// The header of a proof.
pub(crate) const DPOP: HeaderName = HeaderName::from_static("dpop");
/// The header of a nonce.
pub(crate) const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// The algorithms of proofs. Okta also supports ES512, for which the mock has no key.
const ALGORITHMS: [SigningAlgorithm; 5] = [
    SigningAlgorithm::RS256,
    SigningAlgorithm::RS384,
    SigningAlgorithm::RS512,
    SigningAlgorithm::ES256,
    SigningAlgorithm::ES384,
];

/// The members that only a private or a symmetric JWK has (RFC 7518 section 6).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The greatest difference between `iat` and the mock's clock. Okta does not document its own.
const MAX_AGE: u64 = 300;

pub(crate) fn algorithm_names() -> [&'static str; 5] {
    ALGORITHMS.map(SigningAlgorithm::name)
}

/// A proof whose signature, method, URL and time are right. A replay is not detected: according to Okta's guide, a
/// client may send the proof of the first token request again to refresh the token.
#[derive(Debug)]
pub(crate) struct Proof {
    /// The thumbprint of the key.
    pub(crate) thumbprint: String,
    claims: Map<String, Value>,
}

/// The `error_description` of a proof that is rejected.
pub(crate) type Defect = String;

fn invalid(what: &str) -> Defect {
    format!("The DPoP proof JWT {what}.")
}

fn invalid_claim(name: &str) -> Defect {
    format!("'{name}' claim in the DPoP proof JWT is invalid.")
}

impl Proof {
    /// The proof in the headers of a request to this URL. `None` if the request has no such header.
    pub(crate) fn find(state: &MockState, request: &HttpRequest, url: &str) -> Result<Option<Self>, Defect> {
        let mut headers = request.headers().get_all(DPOP);
        let Some(header) = headers.next() else { return Ok(None) };
        if headers.next().is_some() {
            return Err(invalid("header occurs more than once"));
        }
        let proof = header.to_str().map_err(|_| invalid("is malformed"))?;
        let proof = Self::verify(proof).ok_or_else(|| invalid("is malformed or its signature is invalid"))?;
        proof.check(request.method().as_str(), url, state.now_seconds())?;
        Ok(Some(proof))
    }

    /// Checks the header and the signature (RFC 9449 section 4.3, checks 2 to 7).
    fn verify(proof: &str) -> Option<Self> {
        let (message, signature) = proof.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        let header: Map<String, Value> = serde_json::from_slice(&decode(header)?).ok()?;
        let algorithm = header.get("alg")?.as_str()?;
        let algorithm = ALGORITHMS.into_iter().find(|supported| supported.name() == algorithm)?;
        let members = header.get("jwk")?.as_object()?;
        if header.get("typ")? != "dpop+jwt" || PRIVATE_MEMBERS.iter().any(|&name| members.contains_key(name)) {
            return None;
        }
        let jwk: Jwk = serde_json::from_value(Value::Object(members.clone())).ok()?;
        if !verify_with_jwk(algorithm, &jwk, message.as_bytes(), &decode(signature)?) {
            return None;
        }
        Some(Self {
            thumbprint: thumbprint::compute(members)?,
            claims: serde_json::from_slice(&decode(payload)?).ok()?,
        })
    }

    /// Checks the claims that bind the proof to the request (RFC 9449 section 4.3, checks 8, 9 and 11).
    fn check(&self, method: &str, url: &str, now: u64) -> Result<(), Defect> {
        if self.text("htm") != Some(method) {
            return Err(invalid_claim("htm"));
        }
        let same_url = self.text("htu").and_then(without_query).is_some_and(|htu| Some(htu) == without_query(url));
        if !same_url {
            return Err(invalid_claim("htu"));
        }
        let iat = self.claims.get("iat").and_then(Value::as_u64);
        if iat.is_none_or(|iat| iat.abs_diff(now) > MAX_AGE) {
            return Err(invalid_claim("iat"));
        }
        Ok(())
    }

    /// Checks the nonce and the `jti` of a proof for the token endpoint. Okta asks for the nonce first.
    pub(crate) fn check_nonce(&self, state: &MockState) -> Result<(), ErrorResponse> {
        let nonce = self.text("nonce");
        if nonce.is_none_or(|nonce| !Nonces::at(state).accept(nonce)) {
            let description = "Authorization server requires nonce in DPoP proof.";
            let challenge = oauth_error(StatusCode::BAD_REQUEST, "use_dpop_nonce", description);
            return Err(challenge.with(DPOP_NONCE, Nonces::at(state).current()));
        }
        if self.text("jti").is_none_or(str::is_empty) {
            return Err(reject(&invalid_claim("jti")));
        }
        Ok(())
    }

    /// Checks that the proof is for this access token, which is bound to the key with this thumbprint.
    pub(crate) fn check_token(&self, token: &str, bound_to: &str) -> Result<(), Defect> {
        let hash = base64_simd::URL_SAFE_NO_PAD.encode_to_string(Sha256::digest(token));
        if self.text("ath") != Some(&hash) {
            return Err(invalid_claim("ath"));
        }
        if self.thumbprint != bound_to {
            return Err(invalid("is not by the key that the access token is bound to"));
        }
        Ok(())
    }

    fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim)?.as_str()
    }
}

/// The response of the token endpoint to a missing or invalid proof.
pub(crate) fn reject(description: &str) -> ErrorResponse {
    oauth_error(StatusCode::BAD_REQUEST, "invalid_dpop_proof", description)
}

/// The thumbprint in the claims of an access token that is bound to a key.
pub(crate) fn bound_to(claims: &Map<String, Value>) -> Option<&str> {
    claims.get("cnf")?.get("jkt")?.as_str()
}

/// The nonces at a time. Okta renews its nonce every 24 hours, and accepts it for three days.
pub(crate) struct Nonces<'a> {
    state: &'a MockState,
    day: u64,
}

impl<'a> Nonces<'a> {
    pub(crate) fn at(state: &'a MockState) -> Self {
        Self { state, day: state.now_seconds() / (24 * 3600) }
    }

    /// The nonce of this day.
    pub(crate) fn current(&self) -> HeaderValue {
        HeaderValue::from_str(&self.of(self.day)).expect("base64url is a header value")
    }

    fn accept(&self, nonce: &str) -> bool {
        (0..3).any(|days| self.day.checked_sub(days).is_some_and(|day| self.of(day) == nonce))
    }

    fn of(&self, day: u64) -> String {
        self.state.ids.of("dpop-nonce", day)
    }
}

/// The URL without its query and fragment, which `htu` does not have (RFC 9449 section 4.3, check 9).
fn without_query(url: &str) -> Option<Url> {
    let mut url = Url::parse(url).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    Some(url)
}

fn decode(part: &str) -> Option<Vec<u8>> {
    base64_simd::URL_SAFE_NO_PAD.decode_to_vec(part).ok()
}
