//! An introspection response that says that a token is active: its checks, and the valid token that it makes (RFC 7662
//! section 2.2).

use std::sync::Arc;
use std::time::Duration;

use super::checks::Check;
use super::claims::AnswerTerms;
use super::valid_token::Verification;
use super::{IssuerRules, UncheckedClaims, ValidToken};
use crate::error::TokenError;
use crate::jose::json::{has_distinct_members, kind, text};
use crate::jose::{Members, NumericDate};

/// The period in which an answer is used: from the time at which the authorization server was asked. Since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AnswerPeriod {
    pub(crate) asked_at: Duration,
    pub(crate) usable_until: Duration,
}

/// The members of a response that are not claims of a token, while their checks run.
pub(crate) struct UncheckedAnswer<'p> {
    response: &'p str,
    members: Option<Members<'p, 2>>,
}

const TOKEN_TYPE: usize = 0;
const USERNAME: usize = 1;

impl<'p> UncheckedAnswer<'p> {
    /// Finds the members of `response`, a JSON object in which `active` is true.
    pub(crate) fn parse(response: &'p str) -> Self {
        // Only a duplicate prevents this, which `check_members` reports.
        Self { response, members: Members::scan(response, &["token_type", "username"]).ok() }
    }

    /// Runs every check of the response and of its claims at `now`, the time since the Unix epoch. Stops at the first that
    /// fails. `rules` are those of [`IssuerRules::of_answers`], and `token` is the token that the response is about.
    pub(crate) fn validate(
        mut self,
        token: &str,
        rules: &Arc<IssuerRules>,
        period: AnswerPeriod,
        now: Duration,
    ) -> Result<ValidToken, TokenError> {
        Self::CHECKS.iter().try_for_each(|check| (check.run)(&mut self))?;
        let claims = self.claims(rules, period.usable_until)?;
        claims.check_issuer()?;
        let claims = claims.check_all(now)?;
        let AnswerPeriod { asked_at, usable_until } = period;
        let verification = Verification::Introspection { asked_at, usable_until };
        Ok(ValidToken::new(self.response, Some(token), Arc::clone(rules), claims, Some(verification)))
    }

    /// The claims in the response. It is used until `usable_until`, a time since the Unix epoch.
    pub(crate) fn claims(
        &self,
        rules: &'p Arc<IssuerRules>,
        usable_until: Duration,
    ) -> Result<UncheckedClaims<'p>, TokenError> {
        let terms = AnswerTerms { username: self.raw(USERNAME), usable_until: NumericDate::at(usable_until) };
        UncheckedClaims::of_answer(self.response, rules, terms)
    }

    pub(crate) const CHECKS: [Check<Self>; 2] = [
        Check { name: "members", run: Self::check_members, expected: |_| "each once".into(), found: |_| String::new() },
        Check {
            name: "token_type",
            run: Self::check_token_type,
            expected: |_| "absent, Bearer, DPoP".into(),
            found: |answer| if answer.raw(TOKEN_TYPE).is_some() { "present" } else { "none" }.into(),
        },
    ];

    /// No member occurs more than once, at any depth, whether it is read or not.
    fn check_members(&mut self) -> Result<(), TokenError> {
        if self.members.is_some() && has_distinct_members(self.response) {
            return Ok(());
        }
        Err(TokenError::AmbiguousAnswer)
    }

    /// The token is an access token: a server also says of a refresh token that it is active.
    fn check_token_type(&mut self) -> Result<(), TokenError> {
        let Some(raw) = self.raw(TOKEN_TYPE) else { return Ok(()) };
        let invalid =
            |found| TokenError::InvalidClaim { claim: "token_type".into(), found, expected: "Bearer or DPoP" };
        let found = text(raw).ok_or_else(|| invalid(kind(raw)))?;
        if ["Bearer", "DPoP"].iter().any(|known| known.eq_ignore_ascii_case(&found)) {
            return Ok(());
        }
        Err(invalid("another type of token"))
    }

    /// A member that is null counts as absent.
    fn raw(&self, index: usize) -> Option<&'p str> {
        self.members.as_ref()?.raw(index).filter(|raw| *raw != "null")
    }
}
