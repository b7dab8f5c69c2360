//! `Validator::explain_dpop`: the checks of a token and of its proof, run to the end.

use std::collections::HashSet;

use super::Validator;
use super::explain::rejection_reason;
use super::explain_proof::{PROOF_CHECKS, SentProof, explain_proof};
use super::explanation::{Explanation, Verdict};
use super::proof_advice::advise_on_other_text;
use crate::error::ProofError;
use crate::policy::Policy;
use crate::rejection::Reason;
use crate::sender::{DpopRequest, Presentation, path_of};

/// The check that precedes those of the token.
const HEADER_CHECK: &str = "DPoP header";

impl Validator {
    /// Explains how a request of the scheme DPoP is validated: every check of the token and of its proof (RFC 9449), not only
    /// the first that fails, with advice.
    ///
    /// - `proof` is the value of the header `DPoP`.
    /// - `method` is the method of the request, as it is sent.
    /// - `url` is the URL that the client calls. Query and fragment are ignored. If the settings have a
    ///   [`path_prefix`](crate::config::Dpop::path_prefix), a proxy is assumed to remove it from the path.
    ///
    /// For people who look for a cause, as [`explain`](Self::explain) is. The proof is not used up. It is looked up among the
    /// proofs that this instance has accepted, and the answer assumes that the memory of proofs has room. White space around the
    /// token, the proof and the URL is ignored.
    ///
    /// ```
    /// use okta_auth_runtime::Validator;
    ///
    /// async fn report(validator: &Validator, token: &str, proof: &str) -> String {
    ///     let url = "https://api.example.com/orders";
    ///     validator.explain_dpop(token, proof, "GET", url).await.to_string()
    /// }
    /// # let _ = report;
    /// ```
    ///
    /// The guide: [dpop](https://docs.rs/okta-auth/latest/okta_auth/guide/dpop/index.html#a-proof-is-refused).
    pub async fn explain_dpop(&self, token: &str, proof: &str, method: &str, url: &str) -> Explanation {
        self.explain_sent(&self.sent(token, proof, method, url), None).await
    }

    /// As [`explain_dpop`](Self::explain_dpop), and also says whether the caller meets `policy`, as
    /// [`explain_for`](Self::explain_for) does.
    ///
    /// ```
    /// use okta_auth_runtime::{Policy, Validator};
    ///
    /// async fn is_let_in(validator: &Validator, token: &str, proof: &str) -> bool {
    ///     let url = "https://api.example.com/orders";
    ///     let policy = Policy::scope("orders:read");
    ///     validator.explain_dpop_for(token, proof, "GET", url, &policy).await.answer().is_none()
    /// }
    /// # let _ = is_let_in;
    /// ```
    pub async fn explain_dpop_for(
        &self,
        token: &str,
        proof: &str,
        method: &str,
        url: &str,
        policy: &Policy,
    ) -> Explanation {
        self.explain_sent(&self.sent(token, proof, method, url), Some(policy)).await
    }

    fn sent<'r>(&self, token: &'r str, proof: &'r str, method: &'r str, url: &'r str) -> SentProof<'r> {
        let (token, proof, url) = (token.trim(), proof.trim(), url.trim());
        let prefix = self.0.sender.dpop.as_ref().map_or("", |rules| &rules.path_prefix);
        let path = path_of(url).map(|path| match path.strip_prefix(prefix) {
            Some("") => "/",
            Some(rest) if rest.starts_with('/') => rest,
            _ => path,
        });
        SentProof { token, proof, method, url, path }
    }

    async fn explain_sent(&self, sent: &SentProof<'_>, policy: Option<&Policy>) -> Explanation {
        let mut report = Explanation::of_token_and_proof();
        let rules = self.0.sender.dpop.as_ref();
        let has_header = match (rules, sent.proof) {
            // The scheme is not read while DPoP is off.
            (None, _) => Err(Reason::MissingToken),
            (Some(_), "") => Err(Reason::Proof(ProofError::HeaderCount { found: 0 })),
            (Some(_), _) => Ok(()),
        };
        let found = if sent.proof.is_empty() { "none" } else { "one" };
        let has_header = report.add_proof(HEADER_CHECK, "one", found, has_header).is_some();
        let bound_to = self.explain_checks(sent.token, true, &mut report).await;
        let id = match rules {
            Some(rules) if has_header => {
                let before = report.advice.len();
                let id = explain_proof(rules, sent, bound_to, self.now(), &mut report);
                // The defects of a text that is not a proof at all say nothing.
                if let Some(advice) = advise_on_other_text(sent.proof, sent.token) {
                    report.advice.truncate(before);
                    report.advice.push(advice.into());
                }
                id
            }
            _ => {
                report.skip(PROOF_CHECKS);
                report.advice.push(advise_on_header(rules.is_some()).into());
                None
            }
        };
        // One defect can break more than one check.
        let mut seen = HashSet::new();
        report.advice.retain(|advice| seen.insert(advice.clone()));
        if let Some(policy) = policy {
            let verdict = match (id, sent.path) {
                (Some(id), Some(path)) if report.is_valid() => {
                    // As if this request had spent the proof, so that the proof is not used up.
                    let (token, proof) = (sent.token.as_bytes(), sent.proof.as_bytes());
                    let request = DpopRequest { token, proof, method: sent.method, path, spent: Some(id) };
                    self.explain_policy(sent.token, &Presentation::Dpop(request), policy, &mut report).await
                }
                _ => Verdict::Skipped,
            };
            report.add_policy(policy, verdict);
        }
        let reason = if has_header { rejection_reason(&report, sent.token) } else { report.rejection_reason() };
        self.conclude(&mut report, reason, policy, rules.is_some());
        report
    }
}

fn advise_on_header(is_on: bool) -> &'static str {
    if is_on {
        "There is no proof: let the client send one in the header DPoP, and let each proxy and CORS pass it on."
    } else {
        "DPoP is off on this server, so the scheme DPoP is unknown: set OKTA_DPOP=accept and OKTA_RESOURCE, or `.dpop(..)` and \
         `.resource(..)`."
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access_token::CONFIRMATION_CHECK;

    #[test]
    fn the_checks_run_in_the_order_of_the_documented_rules() {
        let rules = include_str!("../../../docs/proof-rules.md");
        let (rules, _) = rules.split_once("## The order").expect("the section after the table");
        let rows = rules.lines().filter(|line| line.starts_with("| ")).skip(1);
        let mut documented: Vec<&str> = Vec::new();
        for check in rows.filter_map(|row| row.split(" | ").nth(1)) {
            // `jti` is looked up early and remembered last.
            if !documented.contains(&check) {
                documented.push(check);
            }
        }
        let checks: Vec<&str> = [HEADER_CHECK, CONFIRMATION_CHECK].into_iter().chain(PROOF_CHECKS).collect();
        assert_eq!(documented, checks);
    }
}
