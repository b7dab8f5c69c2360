//! All checks of an introspected token. Unlike in a validation, the checks after a failed one run, too.

use super::Validator;
use super::advice::advise;
use super::explanation::Explanation;
use crate::access_token::{CONFIRMATION_CHECK, UncheckedAnswer, UncheckedClaims};
use crate::error::{Excerpt, TokenError, ValidateError};
use crate::introspection::{ActiveResponse, Introspector};
use crate::jose::Thumbprint;

/// The check that the authorization server says that the token is active.
const ACTIVE_CHECK: &str = "active";

const ISSUER_CHECK: &str = "iss";

impl Validator {
    /// Adds the checks of the answer about a token. Returns the key that the token is bound to, if it has one and came in the
    /// scheme DPoP.
    pub(super) async fn explain_answer(
        &self,
        introspector: &Introspector,
        text: &str,
        sent_as_dpop: bool,
        report: &mut Explanation,
    ) -> Option<Thumbprint> {
        let response = introspector.active_response(text).await;
        report.introspection = Some(introspector.status());
        let found = match &response {
            Ok(_) => "true",
            Err(ValidateError::Token(TokenError::Inactive)) => "false",
            Err(_) => "",
        };
        let Some(ActiveResponse { response, period }) = report.add(ACTIVE_CHECK, "true", found, response) else {
            report.skip(UncheckedAnswer::CHECKS.map(|check| check.name));
            report.skip([ISSUER_CHECK]);
            report.skip_claims();
            report.advice.extend(advise(self, "", sent_as_dpop, &report.failures()));
            return None;
        };
        let mut members = UncheckedAnswer::parse(&response);
        report.run(&UncheckedAnswer::CHECKS, &mut members);
        let rules = introspector.rules();
        let bound_to = match members.claims(rules, period.usable_until) {
            Ok(claims) => {
                report.add(ISSUER_CHECK, Excerpt::new(&rules.issuer).to_string(), "", claims.check_issuer());
                self.explain_claims(claims, sent_as_dpop, report)
            }
            // A member that is read occurs more than once, which is reported.
            Err(_) => {
                report.skip([ISSUER_CHECK]);
                report.skip(UncheckedClaims::CHECKS.map(|check| check.name));
                report.skip([CONFIRMATION_CHECK]);
                None
            }
        };
        report.advice.extend(advise(self, &response, sent_as_dpop, &report.failures()));
        bound_to
    }
}
