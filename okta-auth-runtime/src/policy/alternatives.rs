//! The scopes that a rejected caller lacks, the authentication that its user lacks, and the binding that its token lacks.
//!
//! A policy can often be met in several ways. Each is an [`Alternative`]: the scopes, the authentication and the binding that
//! would meet the policy with everything else unchanged. The cheapest alternative decides about the challenge.

use std::time::Duration;

use super::requirement::{Policy, PolicyInput, Requirement};
use crate::context::AuthContext;

/// Why a caller does not meet a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unmet {
    /// A token with these scopes would meet it.
    Scopes(Vec<String>),
    /// Another authentication of the user would meet it (RFC 9470), in a token with these scopes.
    Authentication {
        /// The required classes of authentication: none, or one that satisfies all that the policy asks for.
        acr_values: Vec<String>,
        /// In seconds.
        max_age: Option<u64>,
        /// All scopes that the token must have, also those that it has.
        scopes: Vec<String>,
    },
    /// Only a token that is bound to a key of its sender could meet it. Scopes and authentication are compared once the caller
    /// has such a token.
    NotBound,
    /// None of these would help: a group, claim, client, user, actor or check is not met.
    Forbidden,
}

impl Policy {
    /// Checks that the caller meets this policy.
    pub(crate) fn evaluate(&self, input: PolicyInput<'_>) -> Result<(), Unmet> {
        if self.holds(input) {
            return Ok(());
        }
        let possible = self.alternatives(input, true).into_iter().filter(|one| one.can_be_requested(input.user));
        // A check that now decides otherwise must not make a challenge that asks for nothing.
        let cheapest = possible.min_by_key(Alternative::cost).filter(|alternative| !alternative.is_met());
        Err(cheapest.map_or(Unmet::Forbidden, |alternative| alternative.unmet(input.user)))
    }

    /// The ways to meet this policy with other scopes, another authentication or a bound token.
    ///
    /// `reached` means that everything before this in the expression holds. Otherwise a check is assumed to hold and
    /// does not run, because it may rely on the requirements before it.
    pub(super) fn alternatives<'p>(&'p self, input: PolicyInput<'p>, reached: bool) -> Vec<Alternative<'p>> {
        let user = input.user;
        match &self.0 {
            Requirement::All(list) if list.policies().is_empty() => Vec::new(),
            Requirement::All(list) => {
                let (mut alternatives, mut reached) = (vec![Alternative::default()], reached);
                for policy in list.policies() {
                    let others = policy.alternatives(input, reached);
                    reached &= others.iter().any(Alternative::is_met);
                    let combine = |one: &Alternative<'p>| {
                        others.iter().filter_map(|other| one.with(other, user)).collect::<Vec<_>>()
                    };
                    alternatives = cheapest(alternatives.iter().flat_map(combine).collect());
                    if alternatives.is_empty() {
                        break;
                    }
                }
                alternatives
            }
            Requirement::Any(list) => {
                let (mut alternatives, mut reached) = (Vec::new(), reached);
                for policy in list.policies() {
                    alternatives.extend(policy.alternatives(input, reached));
                    // A class of authentication that is met can exclude another that the policy asks for.
                    if alternatives.iter().any(|one: &Alternative<'_>| one.is_met() && one.acr.is_empty()) {
                        break;
                    }
                    reached &= !alternatives.iter().any(Alternative::is_met);
                }
                cheapest(alternatives)
            }
            Requirement::Scope(scope) => {
                vec![Alternative { scopes: vec![(scope, !user.has_scope(scope))], ..Alternative::default() }]
            }
            Requirement::Acr(class) => {
                let needs_authentication = !user.has_acr(class);
                vec![Alternative { acr: vec![class], needs_authentication, ..Alternative::default() }]
            }
            Requirement::AuthWithin(age) => {
                let needs_authentication = !self.holds(input);
                vec![Alternative { max_age: Some(*age), needs_authentication, ..Alternative::default() }]
            }
            Requirement::SenderConstrained => {
                vec![Alternative { needs_binding: !self.holds(input), ..Alternative::default() }]
            }
            Requirement::Check(_) if !reached => vec![Alternative::default()],
            _ if self.holds(input) => vec![Alternative::default()],
            _ => Vec::new(),
        }
    }
}

/// Scopes, an authentication and a binding that would meet a policy.
#[derive(Clone, Default)]
pub(super) struct Alternative<'p> {
    /// Each with whether the caller lacks it.
    scopes: Vec<(&'p str, bool)>,
    /// The required classes of authentication. One class satisfies all of them.
    acr: Vec<&'p str>,
    /// The greatest age of the authentication.
    max_age: Option<Duration>,
    /// Whether the user's authentication does not satisfy these.
    needs_authentication: bool,
    /// Whether the token must be bound to a key and is not.
    needs_binding: bool,
}

impl<'p> Alternative<'p> {
    /// Both alternatives at once. `None` if no class of authentication satisfies both.
    fn with(&self, other: &Self, user: &'p AuthContext) -> Option<Self> {
        let mut both = self.clone();
        both.scopes.extend(other.scopes.iter().filter(|wanted| !self.scopes.contains(wanted)));
        both.acr.extend(other.acr.iter().filter(|wanted| !self.acr.contains(wanted)));
        both.max_age = self.max_age.into_iter().chain(other.max_age).min();
        both.needs_authentication |= other.needs_authentication;
        both.needs_binding |= other.needs_binding;
        (both.acr.is_empty() || user.acr_satisfying(&both.acr).is_some()).then_some(both)
    }

    fn is_met(&self) -> bool {
        !self.needs_binding && !self.needs_authentication && self.scopes.iter().all(|(_, missing)| !missing)
    }

    /// Whether a challenge can name the class of authentication that is needed. A value with a space would read as two.
    fn can_be_requested(&self, user: &AuthContext) -> bool {
        let is_character = |character| matches!(character, '!'..='~') && !matches!(character, '"' | '\\');
        let is_value = |class: &str| !class.is_empty() && class.chars().all(is_character);
        !self.needs_authentication || self.acr.is_empty() || user.acr_satisfying(&self.acr).is_some_and(is_value)
    }

    /// Whether the client needs a key, then whether the user has to act, then how many scopes the caller lacks, then how many
    /// there are. A client can often obtain scopes without its user, but never an authentication. Many clients have no key.
    fn cost(&self) -> (bool, bool, usize, usize) {
        let missing = self.scopes.iter().filter(|(_, missing)| *missing).count();
        (self.needs_binding, self.needs_authentication, missing, self.scopes.len())
    }

    fn unmet(self, user: &AuthContext) -> Unmet {
        if self.needs_binding {
            return Unmet::NotBound;
        }
        let scopes = self.scopes.iter().map(|(scope, _)| (*scope).to_owned()).collect();
        if !self.needs_authentication {
            return Unmet::Scopes(scopes);
        }
        let acr_values = user.acr_satisfying(&self.acr).into_iter().map(str::to_owned).collect();
        Unmet::Authentication { acr_values, max_age: self.max_age.map(|age| age.as_secs()), scopes }
    }
}

/// Bounds the work for policies that are built at run time. Written expressions have far fewer alternatives.
/// Of more, the cheapest are kept: if they exclude what the rest of the policy asks for, the response is 403 forbidden,
/// although another alternative could be met.
pub(super) const MAX_ALTERNATIVES: usize = 64;

fn cheapest(mut alternatives: Vec<Alternative<'_>>) -> Vec<Alternative<'_>> {
    alternatives.sort_by_key(Alternative::cost);
    alternatives.truncate(MAX_ALTERNATIVES);
    alternatives
}
