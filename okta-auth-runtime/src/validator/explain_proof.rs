//! The checks of a DPoP proof, run to the end, with advice. `DpopRules::check` runs the same functions, and stops at the first
//! that fails.

use std::borrow::Cow;
use std::time::Duration;

use super::explanation::Explanation;
use super::proof_advice::{
    advise_on, advise_on_method, advise_on_other_key, advise_on_proof_shape, advise_on_signature, advise_on_success,
    advise_on_target, advise_on_token_hash,
};
use crate::error::{Excerpt, ProofError};
use crate::jose::{NumericDate, ProofHeader, ProofKey, ProofSegments, Thumbprint, UncheckedProofClaims};
use crate::rejection::Reason;
use crate::sender::{DpopRules, TargetUri, check_key, check_method, check_token_hash};
use crate::shared_store::ProofId;

/// The checks of a proof, in the order of `docs/proof-rules.md`.
pub(super) const PROOF_CHECKS: [&str; 16] = [
    "proof shape",
    "proof header",
    "proof typ",
    "proof extensions",
    "proof alg",
    "proof jwk",
    "proof key",
    "proof payload",
    "proof claims",
    "proof replay",
    "proof signature",
    "proof htm",
    "proof htu",
    "proof ath",
    "proof iat",
    "proof nonce",
];

/// A proof, and the request that it came with.
pub(super) struct SentProof<'r> {
    pub(super) token: &'r str,
    pub(super) proof: &'r str,
    pub(super) method: &'r str,
    pub(super) url: &'r str,
    /// The path that the server receives. `None` if the URL is not one.
    pub(super) path: Option<&'r str>,
}

/// The claims that are read. The first that is not as required decides.
struct Claims {
    jti: Result<Box<str>, ProofError>,
    htm: Result<Box<str>, ProofError>,
    htu: Result<Box<str>, ProofError>,
    ath: Result<Box<str>, ProofError>,
    iat: Result<NumericDate, ProofError>,
    nonce: Result<Option<Box<str>>, ProofError>,
}

/// Adds the checks of the proof. Returns its ID if it can be read.
pub(super) fn explain_proof(
    rules: &DpopRules,
    sent: &SentProof<'_>,
    bound_to: Option<Thumbprint>,
    now: Duration,
    report: &mut Explanation,
) -> Option<ProofId> {
    let split = ProofSegments::split(sent.proof.as_bytes());
    let found = format!("{} segments, {} bytes", sent.proof.split('.').count(), sent.proof.len());
    let Some(segments) = report.add_proof("proof shape", "three segments, at most 8192 bytes", found, split) else {
        report.skip(PROOF_CHECKS.into_iter().skip(1));
        report.advice.push(advise_on_proof_shape(sent.proof).into());
        return None;
    };
    let key = explain_header(rules, &segments, report);
    match (&key, bound_to) {
        (Some(key), Some(bound_to)) => {
            let result = check_key(&key.thumbprint(), &bound_to);
            if report.add("proof key", "that of the token", "", result).is_none() {
                report.advice.push(advise_on_other_key().into());
            }
        }
        _ => report.skip(["proof key"]),
    }
    let Some(claims) = explain_claims(&segments, report) else {
        report.skip(["proof claims", "proof replay"]);
        explain_signature(key.as_ref(), &segments, report);
        report.skip(["proof htm", "proof htu", "proof ath", "proof iat", "proof nonce"]);
        return None;
    };
    let id = match (&key, &claims.jti) {
        (Some(key), Ok(jti)) => Some(ProofId::new(&key.thumbprint(), jti)),
        _ => None,
    };
    match &id {
        Some(id) => {
            let result = if rules.memory.has(id, now) { Err(ProofError::Replayed) } else { Ok(()) };
            add(report, "proof replay", "not used before", String::new(), result, advise_on);
        }
        None => report.skip(["proof replay"]),
    }
    explain_signature(key.as_ref(), &segments, report);
    explain_request(rules, sent, &claims, report);
    explain_time(rules, &claims, now, report);
    if report.is_valid() {
        report.advice.push(advise_on_success(rules, sent.url));
    }
    id
}

/// Adds a check of the proof, and advice if it fails.
fn add(
    report: &mut Explanation,
    name: &'static str,
    expected: impl Into<String>,
    found: impl Into<String>,
    result: Result<(), ProofError>,
    advice: impl FnOnce(&ProofError) -> Option<String>,
) {
    let error = result.as_ref().err().cloned();
    report.add_proof(name, expected, found, result);
    report.advice.extend(error.as_ref().and_then(advice));
}

/// As [`add`], for a check that returns a value.
fn add_value<T>(
    report: &mut Explanation,
    name: &'static str,
    expected: impl Into<String>,
    found: impl Into<String>,
    result: Result<T, ProofError>,
) -> Option<T> {
    report.advice.extend(result.as_ref().err().and_then(advise_on));
    report.add_proof(name, expected, found, result)
}

fn explain_header(rules: &DpopRules, segments: &ProofSegments<'_>, report: &mut Explanation) -> Option<ProofKey> {
    let text = segments.header();
    let header = text.as_deref().map_err(Clone::clone).and_then(ProofHeader::parse);
    let Some(header) = add_value(report, "proof header", "a JSON object without duplicates", "", header) else {
        report.skip(["proof typ", "proof extensions", "proof alg", "proof jwk"]);
        return None;
    };
    let found = |text: Option<_>| Excerpt::or_none::<Cow<'_, str>>(text).to_string();
    add(report, "proof typ", "\"dpop+jwt\"", found(header.typ()), header.check_typ(), advise_on);
    add(report, "proof extensions", "no crit, b64, zip, enc", "", header.check_extensions(), advise_on);
    let expected = Excerpt::list(rules.algorithms.iter().map(|algorithm| algorithm.name())).to_string();
    let algorithm = header.check_algorithm(&rules.algorithms);
    let Some(algorithm) = add_value(report, "proof alg", expected, found(header.alg()), algorithm) else {
        report.skip(["proof jwk"]);
        return None;
    };
    add_value(report, "proof jwk", "a public key for alg", "", header.check_key(algorithm))
}

fn explain_claims(segments: &ProofSegments<'_>, report: &mut Explanation) -> Option<Claims> {
    let text = segments.payload();
    let claims = text.as_deref().map_err(Clone::clone).and_then(UncheckedProofClaims::parse);
    let claims = add_value(report, "proof payload", "a JSON object without duplicates", "", claims)?;
    let claims = Claims {
        jti: claims.check_jti(),
        htm: claims.check_htm(),
        htu: claims.check_htu(),
        ath: claims.check_ath(),
        iat: claims.check_iat(),
        nonce: claims.check_nonce(),
    };
    let Claims { jti, htm, htu, ath, iat, nonce } = &claims;
    let texts = [jti, htm, htu, ath].into_iter().map(|claim| claim.as_ref().err());
    let errors = texts.chain([iat.as_ref().err(), nonce.as_ref().err()]).flatten();
    let errors: Vec<ProofError> = errors.cloned().collect();
    let found: Vec<String> = errors.iter().map(defect).collect();
    let found = if found.is_empty() { "all of them".to_owned() } else { found.join(", ") };
    let result = errors.first().cloned().map_or(Ok(()), Err);
    report.add_proof("proof claims", "jti, htm, htu, ath, iat", found, result);
    report.advice.extend(errors.iter().filter_map(advise_on));
    Some(claims)
}

/// The defect of one claim, without its value.
fn defect(error: &ProofError) -> String {
    match error {
        ProofError::MissingClaim { claim } => format!("no {claim}"),
        ProofError::InvalidClaim { claim, found, .. } => format!("{claim} is {found}"),
        _ => String::new(),
    }
}

fn explain_signature(key: Option<&ProofKey>, segments: &ProofSegments<'_>, report: &mut Explanation) {
    let Some(key) = key else { return report.skip(["proof signature"]) };
    let advice = |error: &ProofError| match error {
        ProofError::BadSignature => Some(advise_on_signature(&segments.signature().unwrap_or_default()).into()),
        error => advise_on(error),
    };
    add(report, "proof signature", "of the key in jwk", "", segments.verify(key).map(drop), advice);
}

/// The comparisons with the request.
fn explain_request(rules: &DpopRules, sent: &SentProof<'_>, claims: &Claims, report: &mut Explanation) {
    match &claims.htm {
        Ok(htm) => {
            let (expected, found) = (Excerpt::new(sent.method).to_string(), Excerpt::new(htm).to_string());
            let advice = |_: &ProofError| Some(advise_on_method(htm, sent.method).into());
            add(report, "proof htm", expected, found, check_method(htm, sent.method), advice);
        }
        Err(_) => report.skip(["proof htm"]),
    }
    match &claims.htu {
        Ok(htu) => {
            let expected = format!("the URL, at {}", Excerpt::list(&rules.origins));
            let found = TargetUri::parse(htu).map(|target| Excerpt::new(&target.origin).to_string());
            // The text is not a path, so no `htu` names it.
            let result = rules.check_target(htu, sent.path.unwrap_or("*"));
            let is_wrong = result.is_err();
            report.add_proof("proof htu", expected, found.unwrap_or_else(|| "not a URL".into()), result);
            if is_wrong {
                report.advice.extend(advise_on_target(rules, htu, sent.url, sent.path));
            }
        }
        Err(_) => report.skip(["proof htu"]),
    }
    match &claims.ath {
        Ok(ath) => {
            let result = check_token_hash(ath, sent.token.as_bytes());
            let advice = |_: &ProofError| Some(advise_on_token_hash(ath, sent.token).into());
            add(report, "proof ath", "the hash of the token", "", result, advice);
        }
        Err(_) => report.skip(["proof ath"]),
    }
}

/// The time and the nonce.
fn explain_time(rules: &DpopRules, claims: &Claims, now: Duration, report: &mut Explanation) {
    match claims.iat {
        Ok(iat) => {
            let leeway = rules.leeway;
            let limit = (rules.max_age + leeway).as_secs_f64();
            let expected = format!("at most {limit} s ago, {} s ahead", leeway.as_secs_f64());
            let time = NumericDate::at(now);
            let (ahead, ago) = (iat.later_than(time).as_secs_f64(), time.later_than(iat).as_secs_f64());
            let found = if ahead > 0.0 { format!("in {ahead} s") } else { format!("{ago} s ago") };
            add(report, "proof iat", expected, found, rules.check_time(iat, now), advise_on);
        }
        Err(_) => report.skip(["proof iat"]),
    }
    match &claims.nonce {
        Ok(nonce) => {
            let expected = if rules.nonces.is_some() { "a recent one of this server" } else { "not required" };
            let found = if nonce.is_some() { "present" } else { "none" };
            let result = rules.check_nonce(nonce.as_deref(), now).map(drop).map_err(Reason::from);
            let advice = match &result {
                Err(Reason::Proof(error)) => advise_on(error),
                _ => None,
            };
            report.advice.extend(advice);
            report.add_proof("proof nonce", expected, found, result);
        }
        Err(_) => report.skip(["proof nonce"]),
    }
}
