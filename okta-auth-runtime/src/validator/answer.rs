//! The answer that the client of an explained token or proof gets.

use std::fmt;

use crate::policy::Policy;
use crate::rejection::{Reason, ResponseSettings};

/// The status line and the challenge that a client gets, as far as they do not depend on its request. An
/// [`on_rejection`](crate::config::ValidatorBuilder::on_rejection) hook can still change them.
///
/// It is safe to log, like all of an [`Explanation`](super::Explanation).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    status: u16,
    code: &'static str,
    challenge: Option<String>,
}

impl Answer {
    /// The answer to a request that is rejected for this reason, in front of a handler with this policy.
    pub(super) fn new(
        reason: &Reason,
        settings: &ResponseSettings,
        policy: Option<&Policy>,
        sent_as_dpop: bool,
    ) -> Self {
        let challenge = settings.challenge(reason, policy, sent_as_dpop);
        Self {
            status: settings.status(reason, sent_as_dpop).as_u16(),
            code: reason.code(),
            challenge: challenge.and_then(|value| value.to_str().map(str::to_owned).ok()),
        }
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The reason code in the body, as [`Reason::code`](crate::Reason::code).
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The value of the first `WWW-Authenticate`, if the response has one.
    pub fn challenge(&self) -> Option<&str> {
        self.challenge.as_deref()
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.code)?;
        self.challenge.iter().try_for_each(|challenge| write!(f, "\n  WWW-Authenticate: {challenge}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_has_the_status_the_code_and_the_challenge() {
        let settings = ResponseSettings::default();
        for (reason, expected) in [
            (Reason::MissingToken, "403 missing_token\n  WWW-Authenticate: Bearer"),
            (Reason::Misconfigured, "500 misconfigured"),
        ] {
            assert_eq!(Answer::new(&reason, &settings, None, false).to_string(), expected);
        }
    }
}
