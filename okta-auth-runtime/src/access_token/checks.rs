//! The checks of the header and of the claims, in the order of `docs/token-rules.md`. `validate` and `explain` both run
//! these lists: `validate` stops at the first check that fails, `explain` runs each check whose input is available.
//!
//! | step | checks |
//! |---|---|
//! | the text is split and its header decoded | `shape`, `header` |
//! | the header | [`UncheckedHeader::CHECKS`] |
//! | payload and signature are decoded, the payload is read | `encoding`, `claims` |
//! | the issuer; if several are trusted, before `claims` | `iss`, `typ` of the profile |
//! | the key | `signature` |
//! | the claims | [`UncheckedClaims::CHECKS`] |
//! | the valid token becomes a caller | [`CONFIRMATION_CHECK`] |

use super::{TypRule, UncheckedClaims, UncheckedHeader};
use crate::error::{Excerpt, TokenError};

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

const fn check<T>(
    name: &'static str,
    run: fn(&mut T) -> Result<(), TokenError>,
    expected: fn(&T) -> String,
    found: fn(&T) -> String,
) -> Check<T> {
    Check { name, run, expected, found }
}

/// Rejects a token with `cnf`: it is bound to a key, so it is not a Bearer token (RFC 7800, RFC 9449 section 7.1).
pub(crate) const CONFIRMATION_CHECK: &str = "cnf";

impl UncheckedHeader<'_> {
    pub(crate) const CHECKS: [Check<Self>; 4] = [
        check("extensions", Self::check_extensions, |_| "no crit, b64, zip, enc".into(), |_| String::new()),
        check("typ", Self::check_typ, |_| TypRule::Lenient.expected().into(), |header| header.found_typ().to_string()),
        check("alg", Self::check_algorithm, |header| header.allowed_names().to_string(), Self::found_algorithm),
        check("kid", Self::check_key_id, |_| "a key ID".into(), Self::found_key_id),
    ];
}

impl UncheckedClaims<'_> {
    /// A client that is not allowed is the least severe defect, so it is reported last.
    pub(crate) const CHECKS: [Check<Self>; 9] = [
        check(
            "aud",
            Self::check_audience,
            |claims| Excerpt::list(&claims.rules.audiences).to_string(),
            |claims| claims.audiences().map_or_else(|_| String::new(), |found| Excerpt::list(found).to_string()),
        ),
        check(
            "exp",
            Self::check_expiration,
            |claims| format!("in the future, {}", leeway(claims)),
            Self::found_expiration,
        ),
        check(
            "nbf, iat",
            Self::check_nbf_and_iat,
            |claims| format!("in the past, {}", leeway(claims)),
            |_| String::new(),
        ),
        check("sub", Self::check_subject, |_| "not empty".into(), |claims| presence(claims.subject.is_some())),
        check("user ID", Self::check_user_id, |_| "optional".into(), |claims| presence(claims.user_id.is_some())),
        check(
            "scopes",
            Self::check_scopes,
            |_| "optional".into(),
            |claims| claims.scopes.as_ref().map_or_else(String::new, |found| Excerpt::list(found.iter()).to_string()),
        ),
        check(
            "groups",
            Self::check_groups,
            |_| "optional".into(),
            |claims| claims.groups.as_ref().map_or_else(String::new, |found| format!("{} of them", found.iter().len())),
        ),
        // These three never make a token invalid. The check is for explanations.
        check("acr, auth_time, act", |_| Ok(()), |_| "optional".into(), Self::found_authentication),
        check(
            "client",
            Self::check_client,
            |claims| claims.allowed_clients().to_string(),
            |claims| Excerpt::or_none(claims.found_client().ok().flatten()).to_string(),
        ),
    ];
}

fn leeway(claims: &UncheckedClaims<'_>) -> String {
    format!("leeway {} s", claims.rules.leeway.as_secs_f64())
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
        let (rules, _) = rules.split_once("## The order").expect("the section after the table");
        let rows = rules.lines().filter(|line| line.starts_with("| ")).skip(1);
        let mut documented: Vec<&str> = rows.filter_map(|row| row.split(" | ").nth(1)).collect();
        documented.dedup();

        let mut order = vec!["shape", "header"];
        order.extend(UncheckedHeader::CHECKS.iter().map(|check| check.name));
        order.extend(["encoding", "claims", "iss", "typ", "signature"]);
        order.extend(UncheckedClaims::CHECKS.iter().map(|check| check.name));
        order.push(CONFIRMATION_CHECK);
        assert_eq!(documented, order);
    }
}
