//! The ordered list of checks, which `validate` and `explain` both run. The order is that of `docs/token-rules.md`.
//!
//! | step | checks |
//! |---|---|
//! | the text is split and its header decoded | `shape`, `header` |
//! | the header | [`UncheckedHeader::CHECKS`] |
//! | payload and signature are decoded, the payload is read | `encoding`, `claims` |
//! | the issuer | `iss`, `typ` of the profile |
//! | the key | `signature` |
//! | the claims | [`UnverifiedClaims::CHECKS`] |
//! | the sender, each time that the token is used | [`SENDER_CHECK`] |
//!
//! `validate` stops at the first check that fails. `explain` runs all of them.

use super::{UncheckedHeader, UnverifiedClaims};
use crate::error::{Excerpt, TokenError};

/// One rule.
pub(crate) struct Check<T> {
    /// The name of the check in an explanation and in `docs/token-rules.md`.
    pub(crate) name: &'static str,
    /// Decides, and stores the value that it accepts in `T`.
    pub(crate) run: fn(&mut T) -> Result<(), TokenError>,
    /// The value that the rule expects, for an explanation.
    pub(crate) expected: fn(&T) -> String,
    /// The value that the token has, as far as it may be shown. Called after `run`.
    pub(crate) found: fn(&T) -> String,
}

/// The name of the check that turns a valid token into a caller.
pub(crate) const SENDER_CHECK: &str = "cnf";

impl UncheckedHeader<'_> {
    pub(crate) const CHECKS: [Check<Self>; 4] = [
        Check {
            name: "extensions",
            run: Self::check_extensions,
            expected: |_| "no crit, b64, zip, enc".into(),
            found: |_| String::new(),
        },
        Check {
            name: "typ",
            run: Self::check_type,
            expected: |_| super::TypeRule::Lenient.expected().into(),
            found: |header| header.found_type().to_string(),
        },
        Check {
            name: "alg",
            run: Self::check_algorithm,
            expected: |header| header.allowed_names().to_string(),
            found: Self::found_algorithm,
        },
        Check { name: "kid", run: Self::check_key_id, expected: |_| "a key ID".into(), found: Self::found_key_id },
    ];
}

impl UnverifiedClaims<'_> {
    /// The client comes last, so that the more severe of two defects is reported.
    pub(crate) const CHECKS: [Check<Self>; 8] = [
        Check {
            name: "aud",
            run: Self::check_audience,
            expected: |claims| Excerpt::list(&claims.rules().audiences).to_string(),
            found: |claims| claims.audiences().map_or_else(|_| String::new(), |found| Excerpt::list(found).to_string()),
        },
        Check {
            name: "exp",
            run: Self::check_expiration,
            expected: |claims| format!("in the future, {}", leeway(claims)),
            found: Self::expires_in,
        },
        Check {
            name: "nbf, iat",
            run: Self::check_start,
            expected: |claims| format!("in the past, {}", leeway(claims)),
            found: |_| String::new(),
        },
        Check {
            name: "sub",
            run: Self::check_subject,
            expected: |_| "not empty".into(),
            found: |claims| presence(claims.has_subject()),
        },
        Check {
            name: "user ID",
            run: Self::check_user_id,
            expected: |_| "optional".into(),
            found: |claims| presence(claims.has_user_id()),
        },
        Check {
            name: "scopes",
            run: Self::check_scopes,
            expected: |_| "optional".into(),
            found: |claims| claims.found_scopes().map_or_else(String::new, |found| Excerpt::list(found).to_string()),
        },
        Check {
            name: "groups",
            run: Self::check_groups,
            expected: |_| "optional".into(),
            found: |claims| claims.found_groups().map_or_else(String::new, |found| format!("{} of them", found.len())),
        },
        Check {
            name: "client",
            run: Self::check_client,
            expected: |claims| claims.allowed_clients().to_string(),
            found: |claims| {
                let client = claims.found_client().ok().flatten();
                client.map_or_else(Excerpt::none, |client| Excerpt::new(&client)).to_string()
            },
        },
    ];
}

fn leeway(claims: &UnverifiedClaims<'_>) -> String {
    format!("leeway {} s", claims.rules().leeway.as_secs_f64())
}

fn presence(is_there: bool) -> String {
    if is_there { "present" } else { "none" }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checks_run_in_the_order_of_the_documented_rules() {
        let rules = include_str!("../../../docs/token-rules.md");
        let rows = rules.lines().filter(|line| line.starts_with("| ")).skip(1);
        let mut documented: Vec<&str> = rows.filter_map(|row| row.split(" | ").nth(1)).collect();
        documented.dedup();

        let mut order = vec!["shape", "header"];
        order.extend(UncheckedHeader::CHECKS.iter().map(|check| check.name));
        order.extend(["encoding", "claims", "iss", "typ", "signature"]);
        order.extend(UnverifiedClaims::CHECKS.iter().map(|check| check.name));
        order.push(SENDER_CHECK);
        assert_eq!(documented, order);
    }
}
