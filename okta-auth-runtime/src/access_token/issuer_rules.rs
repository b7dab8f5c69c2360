//! The properties that the tokens of one issuer must have.

use std::sync::Arc;
use std::time::Duration;

use super::claim_names::ClaimNames;
use super::{Implications, Profile, TypRule};
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
    /// The scopes that imply others.
    pub(crate) scope_order: Arc<Implications>,
    /// The classes of authentication that imply others.
    pub(crate) acr_order: Arc<Implications>,
    /// Whether the text of a token is kept, so that the authorization server can be asked about it.
    pub(crate) keeps_text: bool,
    pub(super) names: ClaimNames,
    pub(super) typ_rule: TypRule,
}

impl IssuerRules {
    pub(crate) fn new(
        issuer: Arc<str>,
        audiences: Vec<Box<str>>,
        clients: Option<Vec<Box<str>>>,
        leeway: Duration,
        profile: &Profile,
    ) -> Self {
        Self {
            issuer,
            audiences,
            clients,
            leeway,
            scope_order: Arc::default(),
            acr_order: Arc::new(Implications::new(&Implications::OKTA_ACR).unwrap_or_default()),
            keeps_text: false,
            names: ClaimNames::new(profile),
            typ_rule: profile.typ_rule,
        }
    }

    /// These rules with another order of scopes and classes of authentication.
    #[must_use]
    pub(crate) fn with_order(self, scope_order: Arc<Implications>, acr_order: Arc<Implications>) -> Self {
        Self { scope_order, acr_order, ..self }
    }

    /// The rules of introspection responses about tokens of this issuer: client and scopes have the names of RFC 7662
    /// section 2.2, other claims those of `profile`.
    pub(crate) fn of_answers(&self, profile: &Profile) -> Self {
        let profile = Profile { client: "client_id".into(), scopes: "scope".into(), ..profile.clone() };
        let (issuer, audiences, clients) = (Arc::clone(&self.issuer), self.audiences.clone(), self.clients.clone());
        Self { keeps_text: true, ..Self::new(issuer, audiences, clients, self.leeway, &profile) }
            .with_order(Arc::clone(&self.scope_order), Arc::clone(&self.acr_order))
    }

    pub(super) fn has_user_id(&self) -> bool {
        self.names.has_user_id()
    }

    pub(crate) fn check_typ(&self, found: Option<&str>) -> Result<(), TokenError> {
        self.typ_rule.check(found)
    }

    /// The `typ` that the profile requires; `None` if it accepts any that `UncheckedHeader` accepts.
    pub(crate) fn required_typ(&self) -> Option<&'static str> {
        (self.typ_rule != TypRule::Lenient).then(|| self.typ_rule.expected())
    }
}
