//! `Validator::explain`: the checks of `validate`, run to the end.

use super::advice::{advise, advise_on_shape};
use super::explanation::Explanation;
use super::{TrustedIssuer, Validator};
use crate::access_token::{self, CONFIRMATION_CHECK, IssuerRules, UncheckedClaims, UncheckedHeader, unverified_issuer};
use crate::error::{Excerpt, TokenError};
use crate::jose::Jws;

impl Validator {
    /// Explains how a token is validated: every check, not only the first that fails, with advice.
    ///
    /// For people who look for a cause; handlers call [`validate`](Self::validate). Uses the same keys, and may wait for a
    /// fetch as `validate` does. The cache of valid tokens is not used. White space around the token is ignored, because
    /// people paste it.
    ///
    /// The guide: [troubleshooting](https://docs.rs/okta-auth/latest/okta_auth/guide/troubleshooting/index.html).
    pub async fn explain(&self, token: &str) -> Explanation {
        let mut report = Explanation::new();
        let text = token.trim();
        let decoded = Jws::split(text.as_bytes()).and_then(|jws| Ok((jws, jws.header_text()?)));
        let decoded = decoded.map_err(TokenError::from);
        let Some((jws, header)) = report.add("shape", "three segments of base64url", shape(text), decoded) else {
            report.skip(UncheckedHeader::CHECKS.map(|check| check.name));
            report.skip(["iss", "signature"]);
            report.skip_claims();
            report.advice.push(advise_on_shape(text).into());
            return report;
        };
        let header = self.explain_header(&header, &mut report);
        match access_token::decode(&jws) {
            Ok((payload, signature)) => {
                self.explain_payload(header, &payload, (jws.signing_input, &signature), &mut report).await;
                report.advice = advise(self, &payload, &report.failures());
            }
            Err(error) => {
                report.add("encoding", "base64url", "", Err::<(), _>(TokenError::from(error)));
                report.skip(["iss", "signature"]);
                report.skip_claims();
                report.advice.push(advise_on_shape(text).into());
            }
        }
        report
    }

    fn explain_header<'h>(&'h self, header: &'h str, report: &mut Explanation) -> Option<UncheckedHeader<'h>> {
        match UncheckedHeader::parse(header, &self.0.algorithms) {
            Ok(mut header) => {
                report.run(&UncheckedHeader::CHECKS, &mut header);
                Some(header)
            }
            Err(error) => {
                report.add("header", "a JSON object without duplicates", "", Err::<(), _>(error));
                report.skip(UncheckedHeader::CHECKS.map(|check| check.name));
                None
            }
        }
    }

    async fn explain_payload(
        &self,
        header: Option<UncheckedHeader<'_>>,
        payload: &str,
        (signing_input, signature): (&[u8], &[u8]),
        report: &mut Explanation,
    ) {
        // Where only one issuer is trusted, the claims are read before `iss` is checked, otherwise afterwards.
        let only = if let [only] = self.0.issuers.as_slice() { Some(only) } else { None };
        let claims = only.map(|issuer| read_claims(issuer, payload, report));
        let name = unverified_issuer(payload);
        let found = name.as_ref().map(|name| Excerpt::new(name).to_string()).unwrap_or_default();
        let result = name.and_then(|name| self.trusted(&name));
        let trusted = report.add("iss", self.issuer_names().to_string(), found, result);
        // The other claims can be checked only if it is clear which issuer is meant.
        let Some(issuer) = trusted.or(only) else {
            report.skip(["signature"]);
            return report.skip_claims();
        };
        let claims = claims.unwrap_or_else(|| read_claims(issuer, payload, report));
        if let Some(header) = &header {
            explain_typ(&issuer.rules, header, report);
        }
        let header = header.and_then(|header| Some((header.key_id?, header.algorithm?)));
        match (trusted, header) {
            (Some(issuer), Some((key_id, algorithm))) => {
                let verified = issuer.find_key(&key_id, algorithm).await;
                let verified = verified.and_then(|key| Ok(access_token::verify(&key, signing_input, signature)?));
                report.add("signature", "of a key of the issuer", "", verified);
            }
            _ => report.skip(["signature"]),
        }
        let Some(claims) = claims else { return report.skip_claims() };
        let mut claims = claims.at(self.now());
        report.run(&UncheckedClaims::CHECKS, &mut claims);
        let (found, result) =
            if claims.is_bound() { ("present", Err(TokenError::BoundToKey)) } else { ("none", Ok(())) };
        report.add(CONFIRMATION_CHECK, "none", found, result);
    }
}

/// Some profiles require one `typ`. The profile is known only with the issuer.
fn explain_typ(rules: &IssuerRules, header: &UncheckedHeader<'_>, report: &mut Explanation) {
    let is_rejected = report.failures().iter().any(|(name, _)| *name == "typ");
    if let (Some(expected), false) = (rules.required_typ(), is_rejected) {
        report.add("typ", expected, header.found_typ().to_string(), rules.check_typ(header.typ.as_deref()));
    }
}

fn read_claims<'p>(
    issuer: &'p TrustedIssuer,
    payload: &'p str,
    report: &mut Explanation,
) -> Option<UncheckedClaims<'p>> {
    match UncheckedClaims::parse(payload, &issuer.rules) {
        Ok(claims) => Some(claims),
        Err(error) => report.add("claims", "a JSON object without duplicates", "", Err(error)),
    }
}

fn shape(token: &str) -> String {
    let segments = if token.is_empty() { 0 } else { token.split('.').count() };
    format!("{segments} segments, {} bytes", token.len())
}
