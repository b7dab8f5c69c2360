//! The scopes that a rejected caller lacks.

use actix_web::HttpRequest;

use super::requirement::{Policy, Requirement};
use crate::context::AuthContext;

/// Why a caller does not meet a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unmet {
    /// A token with these scopes would meet it.
    Scopes(Vec<String>),
    /// No other scopes would help: a group, claim, client, user or check is not met.
    Forbidden,
}

impl Policy {
    /// Checks that `user` meets this policy.
    pub(crate) fn evaluate(&self, user: &AuthContext, request: &HttpRequest) -> Result<(), Unmet> {
        if self.holds(user, request) {
            return Ok(());
        }
        let alternatives = self.alternatives(user, request, true);
        Err(alternatives.into_iter().min_by_key(Alternative::cost).map_or(Unmet::Forbidden, |Alternative(scopes)| {
            Unmet::Scopes(scopes.into_iter().map(|(scope, _)| scope.to_owned()).collect())
        }))
    }

    /// The sets of scopes that would meet this policy, with everything else unchanged.
    ///
    /// `reached` means that everything before this in the expression holds. Otherwise a check is assumed to hold and
    /// does not run, because it may rely on the requirements before it.
    pub(super) fn alternatives<'p>(
        &'p self,
        user: &AuthContext,
        request: &HttpRequest,
        reached: bool,
    ) -> Vec<Alternative<'p>> {
        match &self.0 {
            Requirement::All(list) if list.policies().is_empty() => Vec::new(),
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

/// Bounds the work for policies that are built at run time. Written expressions have far fewer alternatives.
pub(super) const MAX_ALTERNATIVES: usize = 64;

fn cheapest(mut alternatives: Vec<Alternative<'_>>) -> Vec<Alternative<'_>> {
    alternatives.sort_by_key(Alternative::cost);
    alternatives.truncate(MAX_ALTERNATIVES);
    alternatives
}
