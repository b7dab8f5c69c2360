//! Access to private code for the fuzz assertions, which are not part of this package.
//!
//! cargo-fuzz sets `cfg(fuzzing)` for every dependency, so this file must compile in the published package.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;
use url::Url;

use crate::access_token::{AnswerPeriod, IssuerRules, Profile, UncheckedAnswer, UncheckedClaims, UncheckedHeader};
use crate::algorithm::Algorithm;
use crate::error::{CallError, ProofError, TokenError};
use crate::http::{FormResponse, cache_control};
use crate::introspection::TokenState;
use crate::jose::{self, JwkSet, UnverifiedProof};
use crate::sender::TargetUri;

/// A header that passed every check.
pub struct Header {
    pub algorithm: Algorithm,
    pub key_id: Box<str>,
    /// The header has the `typ` that RFC 9068 requires.
    pub is_access_token: bool,
}

pub fn check_header(json: &str, allowed: &[Algorithm]) -> Result<Header, TokenError> {
    let header = UncheckedHeader::parse(json, allowed)?.check_all()?;
    let rules = IssuerRules::new("".into(), Vec::new(), None, Duration::ZERO, &Profile::rfc9068());
    let is_access_token = rules.check_typ(header.typ.as_deref()).is_ok();
    Ok(Header { algorithm: header.algorithm, key_id: header.key_id, is_access_token })
}

/// The decoded segments of a compact JWS.
pub struct Jws {
    pub header: String,
    pub payload: String,
    pub signature: Vec<u8>,
}

pub fn decode_jws(token: &[u8]) -> Result<Jws, TokenError> {
    let jws = jose::Jws::split(token)?;
    Ok(Jws { header: jws.header_text()?, payload: jws.payload_text()?, signature: jws.signature()? })
}

/// A DPoP proof whose header and claims can be read.
pub struct Proof {
    pub thumbprint: [u8; 32],
    pub jti: Box<str>,
    pub htu: Box<str>,
    pub is_signed: bool,
}

pub fn parse_proof(proof: &[u8], allowed: &[Algorithm]) -> Result<Proof, ProofError> {
    let proof = UnverifiedProof::parse(proof, allowed, None)?;
    let (thumbprint, is_signed) = (*proof.thumbprint().bytes(), proof.verify().is_ok());
    let claims = proof.claims()?;
    Ok(Proof { thumbprint, jti: claims.jti, htu: claims.htu, is_signed })
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    jose::sha256(bytes)
}

/// The origin and the path of the URL of a proof.
pub fn target_uri(text: &str) -> Option<[Box<str>; 2]> {
    TargetUri::parse(text).map(|target| [target.origin, target.path])
}

/// The rules for the claims of one issuer's tokens, with one audience and one client.
pub struct ClaimRules(Arc<IssuerRules>);

/// Claims that passed every check.
pub struct Claims {
    pub subject: Box<str>,
    pub client: Box<str>,
    pub user_id: Option<Box<str>>,
    pub scopes: Vec<Box<str>>,
    pub groups: Vec<Box<str>>,
    pub is_bound: bool,
}

impl ClaimRules {
    pub fn new(issuer: &str, audience: &str, client: &str, leeway: Duration, profile: &Profile) -> Self {
        let (audiences, clients) = (vec![audience.into()], Some(vec![client.into()]));
        Self(Arc::new(IssuerRules::new(issuer.into(), audiences, clients, leeway, profile)))
    }

    pub fn check(&self, payload: &str, now: Duration) -> Result<Claims, TokenError> {
        let unverified = UncheckedClaims::parse(payload, &self.0)?;
        unverified.check_issuer()?;
        let valid = unverified.check_all(now)?;
        Ok(Claims {
            subject: valid.subject,
            client: valid.client,
            user_id: valid.user_id,
            scopes: valid.scopes.iter().map(Box::from).collect(),
            groups: valid.groups.iter().map(Box::from).collect(),
            is_bound: valid.confirmation.is_some(),
        })
    }
}

/// The rules for introspection responses about one issuer's tokens, with one audience and one client.
pub struct AnswerRules(Arc<IssuerRules>);

/// The outcome of a response.
pub enum Introspected {
    Active(ActiveClaims),
    Rejected(TokenError),
    Unavailable(CallError),
}

/// The claims of an answer that makes a caller.
pub struct ActiveClaims {
    pub subject: Box<str>,
    pub client: Box<str>,
    pub user_id: Option<Box<str>>,
    pub is_bound: bool,
    /// Since the Unix epoch. The answer is not used from then on.
    pub usable_until: Duration,
}

impl AnswerRules {
    pub fn new(issuer: &str, audience: &str, client: &str, leeway: Duration) -> Self {
        let ClaimRules(rules) = ClaimRules::new(issuer, audience, client, leeway, &Profile::okta());
        Self(Arc::new(rules.of_answers(&Profile::okta())))
    }

    /// Checks the response to a call that was made at `now`.
    pub fn check(&self, status: u16, body: &[u8], now: Duration, until: Duration) -> Introspected {
        let url = Url::parse("https://example.okta.com/introspect").expect("a URL");
        let response = match TokenState::parse(&url, FormResponse { status, body: body.to_vec() }) {
            Ok(TokenState::Active(response)) => response,
            Ok(TokenState::Inactive(error)) => return Introspected::Rejected(error),
            Err(error) => return Introspected::Unavailable(error),
        };
        let period = AnswerPeriod { asked_at: now, usable_until: until };
        match UncheckedAnswer::parse(&response).validate("token", &self.0, period, now) {
            Err(error) => Introspected::Rejected(error),
            Ok(token) => {
                assert!(token.is_valid_at(now) && token.kept_bytes() >= response.len());
                let usable_until = if token.is_unexpired_at(until) { Duration::MAX } else { until };
                let claims = token.claims();
                Introspected::Active(ActiveClaims {
                    subject: claims.subject.clone(),
                    client: claims.client.clone(),
                    user_id: claims.user_id.clone(),
                    is_bound: claims.confirmation.is_some(),
                    usable_until,
                })
            }
        }
    }
}

/// A key that was selected from a set.
pub struct Key(Arc<jose::Key>);

impl Key {
    pub fn id(&self) -> &str {
        self.0.kid()
    }

    pub fn algorithm(&self) -> Algorithm {
        self.0.algorithm()
    }

    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify(message, signature).is_ok()
    }
}

pub fn select_key(set: &JwkSet, kid: &str, algorithm: Algorithm) -> Option<Key> {
    set.select(kid, algorithm).cloned().map(Key)
}

pub fn has_kid(set: &JwkSet, kid: &str) -> bool {
    set.has_kid(kid)
}

/// The log lines about the entries that are not usable keys.
pub fn skipped_entries(set: &JwkSet) -> Vec<String> {
    set.skipped().iter().map(ToString::to_string).collect()
}

pub fn restrict(set: JwkSet, allowed: &[Algorithm]) -> JwkSet {
    set.restricted_to(allowed)
}

pub fn freshness(headers: &HeaderMap) -> Option<Duration> {
    cache_control::freshness(headers)
}

pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    cache_control::retry_after(headers)
}
