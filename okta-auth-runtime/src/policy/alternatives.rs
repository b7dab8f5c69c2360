//! The scopes that would help a caller who does not meet a policy.

use actix_web::HttpRequest;

use super::requirement::{Policy, Requirement};
use crate::context::AuthContext;

/// Why a caller does not meet a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unmet {
    /// A token with these scopes would.
    Scopes(Vec<String>),
    /// No other scopes would help: a group, claim, client, user or check says no.
    Forbidden,
}

impl Policy {
    /// Whether `user` meets this policy, or what would help.
    pub(crate) fn evaluate(&self, user: &AuthContext, request: &HttpRequest) -> Result<(), Unmet> {
        if self.holds(user, request) {
            return Ok(());
        }
        let alternatives = self.alternatives(user, request, true);
        Err(alternatives.into_iter().min_by_key(Alternative::cost).map_or(Unmet::Forbidden, |Alternative(scopes)| {
            Unmet::Scopes(scopes.into_iter().map(|(scope, _)| scope.to_owned()).collect())
        }))
    }

    /// The ways to meet this policy with other scopes and nothing else changed.
    ///
    /// `reached`: what stands before this in the expression holds. Where it does not, a check is not asked but taken to
    /// agree, since it may rely on what stands before it.
    pub(super) fn alternatives<'p>(
        &'p self,
        user: &AuthContext,
        request: &HttpRequest,
        reached: bool,
    ) -> Vec<Alternative<'p>> {
        match &self.0 {
            Requirement::All(list) => {
                let (mut alternatives, mut reached) = (vec![Alternative::default()], reached);
                for policy in list.policies() {
                    let others = policy.alternatives(user, request, reached);
                    reached &= others.iter().any(Alternative::is_met);
                    let combined = alternatives.iter().flat_map(|one| others.iter().map(|other| one.with(other)));
                    alternatives = cheapest(combined.collect());
                    if alternatives.is_empty() {
                        break;
                    }
                }
                alternatives
            }
            Requirement::Any(list) => {
                let mut alternatives = Vec::new();
                for policy in list.policies() {
                    alternatives.extend(policy.alternatives(user, request, reached));
                    if alternatives.iter().any(Alternative::is_met) {
                        break;
                    }
                }
                cheapest(alternatives)
            }
            Requirement::Scope(scope) => vec![Alternative(vec![(scope, !user.has_scope(scope))])],
            Requirement::Check(_) if !reached => vec![Alternative::default()],
            _ if self.holds(user, request) => vec![Alternative::default()],
            _ => Vec::new(),
        }
    }
}

/// Scopes that would meet a policy, each with whether the caller lacks it.
#[derive(Clone, Default)]
pub(super) struct Alternative<'p>(Vec<(&'p str, bool)>);

impl Alternative<'_> {
    fn with(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.0.extend(other.0.iter().filter(|wanted| !self.0.contains(wanted)));
        both
    }

    fn is_met(&self) -> bool {
        self.0.iter().all(|(_, missing)| !missing)
    }

    /// How many scopes the caller lacks, then how many there are.
    fn cost(&self) -> (usize, usize) {
        (self.0.iter().filter(|(_, missing)| *missing).count(), self.0.len())
    }
}

/// The most ways that are followed: expressions are small, and run-time policies can't make this explode.
pub(super) const MAX_ALTERNATIVES: usize = 64;

fn cheapest(mut alternatives: Vec<Alternative<'_>>) -> Vec<Alternative<'_>> {
    alternatives.sort_by_key(Alternative::cost);
    alternatives.truncate(MAX_ALTERNATIVES);
    alternatives
}
