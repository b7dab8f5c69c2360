//! `Validator::explain`: the checks of `validate`, run to the end.

use super::advice::{advise, advise_on_policy, advise_on_shape};
use super::explanation::{Explanation, Verdict};
use super::{Answer, Mismatch, TrustedIssuer, Validator};
use crate::access_token::{
    self, CONFIRMATION_CHECK, IssuerRules, UncheckedClaims, UncheckedHeader, b64token, unverified_issuer,
};
use crate::error::{Excerpt, TokenError};
use crate::introspection::Introspector;
use crate::jose::{Jws, Thumbprint};
use crate::policy::{Policy, PolicyInput};
use crate::rejection::Reason;
use crate::sender::{Presentation, SenderError, check_binding};

impl Validator {
    /// Explains how a token is validated: every check, not only the first that fails, with advice.
    ///
    /// For people who look for a cause; handlers call [`validate`](Self::validate). Uses the same keys, and may wait for a
    /// fetch as `validate` does. The cache of valid tokens is not used. White space around the token is ignored, because
    /// people paste it.
    ///
    /// The guide: [troubleshooting](https://docs.rs/okta-auth/latest/okta_auth/guide/troubleshooting/index.html).
    ///
    /// With a [`resource`](crate::config::ValidatorBuilder::resource), the advice also names each setting that keeps standard
    /// clients from using its metadata.
    pub async fn explain(&self, token: &str) -> Explanation {
        let mut report = Explanation::of_token();
        self.explain_checks(token.trim(), false, &mut report).await;
        let reason = rejection_reason(&report, token.trim());
        self.conclude(&mut report, reason, None, false);
        report
    }

    /// Explains how a token is validated, and whether its caller meets `policy`, with advice.
    ///
    /// The policy is compared with the present time. Its `check(..)` functions need a request: they do not run, and are assumed
    /// to hold. A policy that the attribute holds can be given with [`policy!`](crate::policy!).
    ///
    /// ```
    /// use okta_auth_runtime::{Policy, Validator};
    ///
    /// async fn report(validator: &Validator, token: &str) -> String {
    ///     let explanation = validator.explain_for(token, &Policy::scope("orders:read")).await;
    ///     match explanation.answer() {
    ///         Some(answer) => format!("{explanation}\nstatus {}", answer.status()),
    ///         None => "let in".to_owned(),
    ///     }
    /// }
    /// # let _ = report;
    /// ```
    pub async fn explain_for(&self, token: &str, policy: &Policy) -> Explanation {
        let mut report = Explanation::of_token();
        self.explain_checks(token.trim(), false, &mut report).await;
        let verdict = if report.is_valid() {
            self.explain_policy(token.trim(), &Presentation::Bearer, policy, &mut report).await
        } else {
            Verdict::Skipped
        };
        report.add_policy(policy, verdict);
        let reason = rejection_reason(&report, token.trim());
        self.conclude(&mut report, reason, Some(policy), false);
        report
    }

    /// Whether the caller meets the policy. The token can have expired since its own checks.
    pub(super) async fn explain_policy(
        &self,
        text: &str,
        presentation: &Presentation<'_>,
        policy: &Policy,
        report: &mut Explanation,
    ) -> Verdict {
        let valid = match self.validate_uncached(text).await {
            Ok(valid) => valid,
            Err(error) => return Verdict::Failed(error),
        };
        let user = match self.confirm(valid, presentation, None).await {
            Ok(confirmed) => confirmed.user,
            Err(SenderError::Token(error)) => return Verdict::Failed(error.into()),
            Err(error) => return Verdict::Rejected(error.into()),
        };
        let now = self.now();
        let result = policy.evaluate(PolicyInput { user: &user, now: &|| now, run_check: &|_| true });
        let result = result.map_err(Reason::from);
        report.advice.extend(advise_on_policy(&user, policy, result.as_ref().err(), now));
        result.map_or_else(Verdict::Unmet, |()| Verdict::Passed)
    }

    /// Adds the answer to the client, and advice about the settings.
    pub(super) fn conclude(
        &self,
        report: &mut Explanation,
        reason: Option<Reason>,
        policy: Option<&Policy>,
        sent_as_dpop: bool,
    ) {
        let settings = self.response_settings();
        report.answer = reason.map(|reason| Answer::new(&reason, &settings, policy, sent_as_dpop));
        // DPoP needs a resource, also if the API does not mean to publish its metadata.
        if let (Some(resource), false) = (&settings.protected_resource, sent_as_dpop) {
            let mismatches = Mismatch::find(resource, &self.0.issuers, settings.status_mapping);
            report.advice.extend(mismatches.iter().map(|mismatch| format!("Settings: {mismatch}.")));
        }
    }

    /// Adds the checks of a token. Returns the key that it is bound to, if it came in the scheme DPoP and has one.
    pub(super) async fn explain_checks(
        &self,
        text: &str,
        sent_as_dpop: bool,
        report: &mut Explanation,
    ) -> Option<Thumbprint> {
        if let Some(introspector) = self.introspector_of(text) {
            return Box::pin(self.explain_answer(introspector, text, sent_as_dpop, report)).await;
        }
        let decoded = Jws::split(text.as_bytes()).and_then(|jws| Ok((jws, jws.header_text()?)));
        let decoded = decoded.map_err(TokenError::from);
        let Some((jws, header)) = report.add("shape", "three segments of base64url", shape(text), decoded) else {
            report.skip(UncheckedHeader::CHECKS.map(|check| check.name));
            report.skip(["iss", "signature"]);
            report.skip_claims();
            report.advice.push(advise_on_shape(text).into());
            return None;
        };
        let header = self.explain_header(&header, report);
        match access_token::decode(&jws) {
            Ok((payload, signature)) => {
                let signed = (jws.signing_input, &*signature);
                let bound_to = self.explain_payload(header, &payload, signed, sent_as_dpop, report).await;
                report.advice.extend(advise(self, &payload, sent_as_dpop, &report.failures()));
                bound_to
            }
            Err(error) => {
                report.add("encoding", "base64url", "", Err::<(), _>(TokenError::from(error)));
                report.skip(["iss", "signature"]);
                report.skip_claims();
                report.advice.push(advise_on_shape(text).into());
                None
            }
        }
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
        sent_as_dpop: bool,
        report: &mut Explanation,
    ) -> Option<Thumbprint> {
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
            report.skip_claims();
            return None;
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
        let Some(claims) = claims else {
            report.skip_claims();
            return None;
        };
        report.introspection = issuer.introspector.as_ref().map(Introspector::status);
        self.explain_claims(claims, sent_as_dpop, report)
    }

    /// Adds the checks of the claims, and that of the sender. Returns as [`explain_checks`](Self::explain_checks).
    pub(super) fn explain_claims(
        &self,
        claims: UncheckedClaims<'_>,
        sent_as_dpop: bool,
        report: &mut Explanation,
    ) -> Option<Thumbprint> {
        let mut claims = claims.at(self.now());
        report.run(&UncheckedClaims::CHECKS, &mut claims);
        if sent_as_dpop {
            let confirmation = claims.confirmation();
            let found = if claims.is_bound() { "present" } else { "none" };
            let result = check_binding(confirmation.as_ref(), None);
            return report.add(CONFIRMATION_CHECK, "a key (jkt), no certificate", found, result);
        }
        let (found, result) = match (claims.is_bound(), self.requires_dpop()) {
            (true, _) => ("present", Err(TokenError::BoundToKey)),
            (false, true) => ("none", Err(TokenError::NotBound)),
            (false, false) => ("none", Ok(())),
        };
        let expected = if self.requires_dpop() { "a proof, as DPoP" } else { "none" };
        report.add(CONFIRMATION_CHECK, expected, found, result);
        None
    }
}

/// The reason for which a request with this token is rejected, if it is.
pub(super) fn rejection_reason(report: &Explanation, token: &str) -> Option<Reason> {
    match b64token(token.as_bytes()) {
        Some(_) => report.rejection_reason(),
        // A request with such a text is rejected before the token is looked at.
        None => Some(Reason::MalformedCredentials),
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
