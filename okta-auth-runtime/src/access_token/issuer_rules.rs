//! The properties that the tokens of one issuer must have.

use std::sync::Arc;
use std::time::Duration;

use super::claim_names::ClaimNames;
use super::{Profile, TypeRule};
use crate::error::TokenError;

/// The properties that the access tokens of one issuer must have.
#[derive(Debug)]
pub(crate) struct IssuerRules {
    /// The `iss`.
    pub(crate) issuer: Arc<str>,
    /// `aud` must hold one of these.
    pub(crate) audiences: Vec<Box<str>>,
    /// The client must be one of these; `None` for any.
    pub(crate) clients: Option<Vec<Box<str>>>,
    /// How far clocks may differ.
    pub(crate) leeway: Duration,
    pub(super) names: ClaimNames,
    pub(super) type_rule: TypeRule,
}

impl IssuerRules {
    pub(crate) fn new(
        issuer: Arc<str>,
        audiences: Vec<Box<str>>,
        clients: Option<Vec<Box<str>>>,
        leeway: Duration,
        profile: &Profile,
    ) -> Self {
        Self { issuer, audiences, clients, leeway, names: ClaimNames::new(profile), type_rule: profile.type_rule }
    }

    /// Whether users have a user ID under the issuer's profile.
    pub(super) fn has_user_id(&self) -> bool {
        self.names.has_user_id()
    }

    /// Checks the `typ` of a token.
    pub(crate) fn check_type(&self, found: Option<&str>) -> Result<(), TokenError> {
        self.type_rule.check(found)
    }

    /// The one `typ` that the issuer's profile requires, for messages; `None` where the check of every header decides.
    pub(crate) fn required_type(&self) -> Option<&'static str> {
        (self.type_rule != TypeRule::Lenient).then(|| self.type_rule.expected())
    }
}
