//! The explanation of a token, or of a token and its proof: a report of their checks.

use std::fmt;

use super::Answer;
use crate::access_token::{self, CONFIRMATION_CHECK, UncheckedClaims};
use crate::error::ValidateError;
use crate::introspection::IntrospectionStatus;
use crate::policy::Policy;
use crate::rejection::Reason;

/// The result of [`Validator::explain`](crate::Validator::explain): every check with its expected and found value.
///
/// It is safe to log. It shows `iss`, `aud`, the client, the scopes, the number of groups, `alg`, `typ`, `kid` and times.
/// It never shows the token, its signature, `sub`, `uid`, a group or another claim. Of a proof, it shows `typ`, `alg`, `htm`, the
/// origin of `htu`, the beginning of a path that a proxy may have removed, and times. It never shows the proof, its signature, its
/// key, `jti`, `ath` or `nonce`. `Display` writes a table, with the advice below.
///
/// The guide: [troubleshooting](https://docs.rs/okta-auth/latest/okta_auth/guide/troubleshooting/index.html).
///
/// ```
/// use okta_auth_runtime::Validator;
///
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let validator = Validator::builder()
///     .issuer("https://dev-123456.okta.com/oauth2/default")
///     .audience("api://default")
///     .any_client()
///     .jwks_uri("http://127.0.0.1:1/keys")
///     .build()?;
/// let explanation = validator.explain("not-a-token").await;
/// assert!(!explanation.is_valid());
/// assert!(explanation.to_string().contains("opaque"), "{explanation}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Explanation {
    subject: &'static str,
    checks: Vec<Check>,
    pub(super) advice: Vec<String>,
    pub(super) introspection: Option<IntrospectionStatus>,
    pub(super) answer: Option<Answer>,
}

/// One check of an [`Explanation`].
#[derive(Debug, Clone)]
pub struct Check {
    name: &'static str,
    expected: String,
    found: String,
    verdict: Verdict,
}

/// The result of a [`Check`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Verdict {
    /// The token follows the rule.
    Passed,
    /// The token breaks the rule, or the keys or the introspection endpoint are unavailable.
    Failed(ValidateError),
    /// The proof breaks the rule, or the scheme DPoP is off.
    Rejected(Reason),
    /// The token is valid, but does not meet the policy.
    Unmet(Reason),
    /// Not decided, because an earlier check failed.
    Skipped,
}

impl Check {
    /// The name of the check, as in the column "check" of `docs/token-rules.md` and `docs/proof-rules.md`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The value that the rule expects.
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// The value that the token or the proof has, as far as it may be shown.
    pub fn found(&self) -> &str {
        &self.found
    }

    /// The result.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }
}

impl Explanation {
    /// Whether the token is valid, with its proof if there is one: every check passed. A policy that it does not meet does not make it invalid.
    pub fn is_valid(&self) -> bool {
        self.checks.iter().all(|check| matches!(check.verdict, Verdict::Passed | Verdict::Unmet(_)))
    }

    /// The answer to a request with this token, as Bearer or with the proof. `None` if the request is let in.
    pub fn answer(&self) -> Option<&Answer> {
        self.answer.as_ref()
    }

    /// The checks in the validator's order. [`Validator::validate`](crate::Validator::validate) returns the error of the
    /// first that failed.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// Advice about the checks that failed.
    pub fn advice(&self) -> &[String] {
        &self.advice
    }

    /// The state of the introspection endpoint of the token's issuer, after the checks. `None` if introspection is off.
    pub fn introspection(&self) -> Option<&IntrospectionStatus> {
        self.introspection.as_ref()
    }

    pub(super) fn of_token() -> Self {
        Self { subject: "The token is", checks: Vec::new(), advice: Vec::new(), introspection: None, answer: None }
    }

    pub(super) fn of_token_and_proof() -> Self {
        Self { subject: "The token and its proof are", ..Self::of_token() }
    }

    pub(super) fn add<T>(
        &mut self,
        name: &'static str,
        expected: impl Into<String>,
        found: impl Into<String>,
        result: Result<T, impl Into<ValidateError>>,
    ) -> Option<T> {
        self.push(name, expected, found, result.map_err(|error| Verdict::Failed(error.into())))
    }

    /// As [`add`](Self::add), for a rule of the proof.
    pub(super) fn add_proof<T>(
        &mut self,
        name: &'static str,
        expected: impl Into<String>,
        found: impl Into<String>,
        result: Result<T, impl Into<Reason>>,
    ) -> Option<T> {
        self.push(name, expected, found, result.map_err(|error| Verdict::Rejected(error.into())))
    }

    fn push<T>(
        &mut self,
        name: &'static str,
        expected: impl Into<String>,
        found: impl Into<String>,
        result: Result<T, Verdict>,
    ) -> Option<T> {
        let (verdict, value) = match result {
            Ok(value) => (Verdict::Passed, Some(value)),
            Err(verdict) => (verdict, None),
        };
        self.checks.push(Check { name, expected: expected.into(), found: found.into(), verdict });
        value
    }

    /// Adds the verdict on a policy. It is `Skipped` if the token is not valid.
    pub(super) fn add_policy(&mut self, policy: &Policy, verdict: Verdict) {
        self.checks.push(Check { name: "policy", expected: format!("{policy:?}"), found: String::new(), verdict });
    }

    /// The reason for which the request is rejected, if it is.
    pub(super) fn rejection_reason(&self) -> Option<Reason> {
        self.checks.iter().find_map(|check| match &check.verdict {
            Verdict::Failed(error) => Some(Reason::from(error.clone())),
            Verdict::Rejected(reason) | Verdict::Unmet(reason) => Some(reason.clone()),
            Verdict::Passed | Verdict::Skipped => None,
        })
    }

    /// Runs every check of a list, even if earlier ones fail.
    pub(super) fn run<T>(&mut self, checks: &[access_token::Check<T>], subject: &mut T) {
        for check in checks {
            let result = (check.run)(subject);
            self.add(check.name, (check.expected)(subject), (check.found)(subject), result);
        }
    }

    /// Adds checks that are not decided.
    pub(super) fn skip(&mut self, names: impl IntoIterator<Item = &'static str>) {
        let skipped = |name| Check { name, expected: String::new(), found: String::new(), verdict: Verdict::Skipped };
        self.checks.extend(names.into_iter().map(skipped));
    }

    pub(super) fn skip_claims(&mut self) {
        self.skip(UncheckedClaims::CHECKS.map(|check| check.name));
        self.skip([CONFIRMATION_CHECK]);
    }

    pub(super) fn failures(&self) -> Vec<(&'static str, ValidateError)> {
        let failure = |check: &Check| match &check.verdict {
            Verdict::Failed(error) => Some((check.name, error.clone())),
            _ => None,
        };
        self.checks.iter().filter_map(failure).collect()
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width =
            |of: fn(&Check) -> &str| self.checks.iter().map(|check| of(check).chars().count()).max().unwrap_or(0);
        let (name, expected) = (width(|check| check.name).max(5), width(|check| &check.expected).max(8));
        writeln!(f, "        {:name$}  {:expected$}  found", "check", "expected")?;
        for check in &self.checks {
            let verdict = match check.verdict {
                Verdict::Passed => "ok",
                Verdict::Failed(_) | Verdict::Rejected(_) => "FAILED",
                Verdict::Unmet(_) => "UNMET",
                Verdict::Skipped => "-",
            };
            writeln!(f, "{verdict:6}  {:name$}  {:expected$}  {}", check.name, check.expected, check.found)?;
        }
        for check in &self.checks {
            match &check.verdict {
                Verdict::Failed(error) => writeln!(f, "\n{}: {error}", check.name)?,
                Verdict::Rejected(reason) | Verdict::Unmet(reason) => writeln!(f, "\n{}: {reason}", check.name)?,
                Verdict::Passed | Verdict::Skipped => {}
            }
        }
        for advice in &self.advice {
            writeln!(f, "\nAdvice: {advice}")?;
        }
        if let Some(endpoint) = &self.introspection {
            writeln!(f, "\nIntrospection endpoint: {endpoint}")?;
        }
        if let Some(answer) = &self.answer {
            writeln!(f, "\nThe client gets: {answer}")?;
        }
        writeln!(f, "\n{} {}valid here.", self.subject, if self.is_valid() { "" } else { "NOT " })
    }
}
