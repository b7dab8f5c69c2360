//! Every check of a token, one by one: what the validator decides, but told in full.

use std::fmt;

use super::{TrustedIssuer, Validator};
use crate::access_token::{self, IssuerRules, SENDER_CHECK, UncheckedHeader, UnverifiedClaims, unverified_issuer};
use crate::error::{Excerpt, TokenError, ValidateError};
use crate::jose::Jws;

use super::advice::{advise, advise_on_shape};

/// What [`Validator::explain`] found: every check with what was expected, what was found and the verdict.
///
/// Safe to log: it shows what a [`TokenError`] may show, never the token, its signature, `sub`, `uid` or another claim.
/// `Display` writes a table and the advice below it.
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
    checks: Vec<Check>,
    advice: Vec<String>,
}

/// One check of an [`Explanation`].
#[derive(Debug, Clone)]
pub struct Check {
    name: &'static str,
    expected: String,
    found: String,
    verdict: Verdict,
}

/// What came of a [`Check`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Verdict {
    /// The token follows the rule.
    Passed,
    /// It does not, or the keys can't be had.
    Failed(ValidateError),
    /// Not decided, since an earlier check failed.
    Skipped,
}

impl Check {
    /// What was checked: `shape`, `alg`, `signature`, the name of a claim.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it has to be.
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// What it is, as far as that may be shown.
    pub fn found(&self) -> &str {
        &self.found
    }

    /// What came of it.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }
}

impl Explanation {
    /// Whether every check passed: the token is valid.
    pub fn is_valid(&self) -> bool {
        self.checks.iter().all(|check| check.verdict == Verdict::Passed)
    }

    /// The checks, in the order in which the validator makes them: the error of the first that failed is what
    /// [`Validator::validate`] returns.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// What to do about what failed.
    pub fn advice(&self) -> &[String] {
        &self.advice
    }

    fn add<T>(
        &mut self,
        name: &'static str,
        expected: impl Into<String>,
        found: impl Into<String>,
        result: Result<T, impl Into<ValidateError>>,
    ) -> Option<T> {
        let (verdict, value) = match result {
            Ok(value) => (Verdict::Passed, Some(value)),
            Err(error) => (Verdict::Failed(error.into()), None),
        };
        self.checks.push(Check { name, expected: expected.into(), found: found.into(), verdict });
        value
    }

    /// Runs every check of a list, whether the ones before it failed or not.
    fn run<T>(&mut self, checks: &[access_token::Check<T>], subject: &mut T) {
        for check in checks {
            let result = (check.run)(subject);
            self.add(check.name, (check.expected)(subject), (check.found)(subject), result);
        }
    }

    fn skip(&mut self, name: &'static str) {
        self.checks.push(Check { name, expected: String::new(), found: String::new(), verdict: Verdict::Skipped });
    }

    fn skip_all<T>(&mut self, checks: &[access_token::Check<T>]) {
        checks.iter().for_each(|check| self.skip(check.name));
    }

    fn failures(&self) -> Vec<(&'static str, ValidateError)> {
        let failure = |check: &Check| match &check.verdict {
            Verdict::Failed(error) => Some((check.name, error.clone())),
            _ => None,
        };
        self.checks.iter().filter_map(failure).collect()
    }

    /// The claims and the sender were not checked.
    fn skip_claims(&mut self) {
        self.skip_all(&UnverifiedClaims::CHECKS);
        self.skip(SENDER_CHECK);
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
                Verdict::Failed(_) => "FAILED",
                Verdict::Skipped => "-",
            };
            writeln!(f, "{verdict:6}  {:name$}  {:expected$}  {}", check.name, check.expected, check.found)?;
        }
        for check in &self.checks {
            if let Verdict::Failed(error) = &check.verdict {
                writeln!(f, "\n{}: {error}", check.name)?;
            }
        }
        for advice in &self.advice {
            writeln!(f, "\nAdvice: {advice}")?;
        }
        writeln!(f, "\nThe token is {}valid here.", if self.is_valid() { "" } else { "NOT " })
    }
}

impl Validator {
    /// Explains how a token is validated: every check, not only the first that fails, with advice.
    ///
    /// For people who look for a cause; handlers call [`validate`](Self::validate). Uses the same keys, and may wait for a
    /// fetch as `validate` does. The cache of valid tokens is not used. White space around the token is ignored, because
    /// people paste it.
    pub async fn explain(&self, token: &str) -> Explanation {
        let mut report = Explanation { checks: Vec::new(), advice: Vec::new() };
        let text = token.trim();
        let split = Jws::split(text.as_bytes()).and_then(|jws| Ok((jws, jws.header_text()?)));
        let split = report.add("shape", "three segments of base64url", shape(text), split.map_err(TokenError::from));
        let Some((jws, header)) = split else {
            report.skip_all(&UncheckedHeader::CHECKS);
            report.skip("iss");
            report.skip("signature");
            report.skip_claims();
            report.advice.extend(advise_on_shape(text));
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
                report.skip("iss");
                report.skip("signature");
                report.skip_claims();
                report.advice.extend(advise_on_shape(text));
            }
        }
        report
    }

    fn explain_header<'h>(&'h self, header: &'h str, report: &mut Explanation) -> Option<UncheckedHeader<'h>> {
        let parsed = UncheckedHeader::parse(header, &self.0.algorithms);
        let mut header = match parsed {
            Ok(header) => header,
            Err(error) => {
                report.add("header", "a JSON object without duplicates", "", Err::<(), _>(error));
                report.skip_all(&UncheckedHeader::CHECKS);
                return None;
            }
        };
        report.run(&UncheckedHeader::CHECKS, &mut header);
        Some(header)
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
        let found = unverified_issuer(payload).map(|issuer| Excerpt::new(&issuer).to_string()).unwrap_or_default();
        let result = unverified_issuer(payload).and_then(|name| self.trusted(&name));
        let trusted = report.add("iss", self.issuer_names().to_string(), found, result);
        // The other claims can be checked only if it is clear which issuer is meant.
        let Some(issuer) = trusted.or(only) else {
            report.skip("signature");
            return report.skip_claims();
        };
        let claims = claims.unwrap_or_else(|| read_claims(issuer, payload, report));
        if let Some(header) = &header {
            explain_type(&issuer.rules, header, report);
        }
        let header = header.and_then(|header| Some((header.key_id?, header.algorithm?)));
        match (trusted, header) {
            (Some(issuer), Some((key_id, algorithm))) => {
                let verified = issuer.find_key(&key_id, algorithm).await;
                let verified = verified.and_then(|key| Ok(access_token::verify(&key, signing_input, signature)?));
                report.add("signature", "of a key of the issuer", "", verified);
            }
            _ => report.skip("signature"),
        }
        let Some(claims) = claims else { return report.skip_claims() };
        let mut claims = claims.at(self.now());
        report.run(&UnverifiedClaims::CHECKS, &mut claims);
        let (found, result) =
            if claims.is_bound() { ("present", Err(TokenError::BoundToKey)) } else { ("none", Ok(())) };
        report.add(SENDER_CHECK, "none", found, result);
    }
}

/// Some profiles require one `typ`. The profile is known only with the issuer.
fn explain_type(rules: &IssuerRules, header: &UncheckedHeader<'_>, report: &mut Explanation) {
    if let Some(expected) = rules.required_type() {
        report.add("typ", expected, header.found_type().to_string(), rules.check_type(header.token_type.as_deref()));
    }
}

fn read_claims<'p>(
    issuer: &'p TrustedIssuer,
    payload: &'p str,
    report: &mut Explanation,
) -> Option<UnverifiedClaims<'p>> {
    match UnverifiedClaims::parse(payload, &issuer.rules) {
        Ok(claims) => Some(claims),
        Err(error) => report.add("claims", "a JSON object without duplicates", "", Err(error)),
    }
}

fn shape(token: &str) -> String {
    let segments = if token.is_empty() { 0 } else { token.split('.').count() };
    format!("{segments} segments, {} bytes", token.len())
}
