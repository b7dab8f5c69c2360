//! The scopes that a policy requires of any caller, for documents and for callers without a token.

use std::collections::HashSet;

use super::alternatives::MAX_ALTERNATIVES;
use super::requirement::{Policy, Requirement};

impl Policy {
    /// Sets of scopes: every caller that meets this policy has all scopes of at least one set, or scopes that imply them. Other
    /// requirements, such as a group, are assumed to be met. The list is empty if no caller meets the policy.
    ///
    /// Of a policy with more than [`MAX_ALTERNATIVES`] sets, the smallest are returned.
    pub(crate) fn scope_sets(&self) -> Vec<Vec<&str>> {
        match &self.0 {
            Requirement::All(list) if list.policies().is_empty() => Vec::new(),
            Requirement::All(list) => list.policies().iter().fold(vec![Vec::new()], |sets, policy| {
                let others = policy.scope_sets();
                smallest(sets.iter().flat_map(|set| others.iter().map(|other| union(set, other))).collect())
            }),
            Requirement::Any(list) => smallest(list.policies().iter().flat_map(Self::scope_sets).collect()),
            Requirement::Scope(scope) => vec![vec![scope]],
            _ => vec![Vec::new()],
        }
    }

    /// The first of the smallest sets of [`scope_sets`](Self::scope_sets). It is empty if a caller needs no scope, or if no
    /// caller meets this policy.
    pub(crate) fn smallest_scope_set(&self) -> Vec<&str> {
        self.scope_sets().into_iter().min_by_key(Vec::len).unwrap_or_default()
    }
}

fn union<'p>(set: &[&'p str], other: &[&'p str]) -> Vec<&'p str> {
    let further = other.iter().filter(|scope| !set.contains(scope));
    set.iter().chain(further).copied().collect()
}

/// Without equal sets. The order stays that of the expression, unless there are too many.
fn smallest(mut sets: Vec<Vec<&str>>) -> Vec<Vec<&str>> {
    let mut known = HashSet::new();
    sets.retain(|set| {
        let mut sorted = set.clone();
        sorted.sort_unstable();
        known.insert(sorted)
    });
    if sets.len() > MAX_ALTERNATIVES {
        sets.sort_by_key(Vec::len);
        sets.truncate(MAX_ALTERNATIVES);
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(name: &'static str) -> Policy {
        Policy::scope(name)
    }

    #[test]
    fn sets_are_the_scopes_of_each_alternative() {
        let cases: [(Policy, &[&[&str]]); 11] = [
            (Policy::authenticated(), &[&[]]),
            (scope("a"), &[&["a"]]),
            (scope("a").and(scope("b")), &[&["a", "b"]]),
            (scope("a").or(scope("b")), &[&["a"], &["b"]]),
            (scope("a").and(scope("b").or(scope("c"))), &[&["a", "b"], &["a", "c"]]),
            (scope("a").or(scope("b")).and(scope("a")), &[&["a"], &["b", "a"]]),
            (scope("a").and(scope("b")).or(scope("b").and(scope("a"))), &[&["a", "b"]]),
            (scope("a").and(Policy::group("g")), &[&["a"]]),
            (scope("a").or(Policy::group("g")).or(Policy::claim("tier", "gold")), &[&["a"], &[]]),
            (Policy::not_client("c"), &[&[]]),
            (scope("a").and(Policy::sender_constrained()), &[&["a"]]),
        ];
        for (policy, expected) in cases {
            assert_eq!(policy.scope_sets(), expected, "{policy:?}");
        }
    }

    #[test]
    fn order_changes_only_if_there_are_too_many_sets() {
        let names: Vec<String> = (0..MAX_ALTERNATIVES).map(|index| index.to_string()).collect();
        let singles = names.iter().map(|name| vec![name.as_str()]);
        let sets: Vec<Vec<&str>> = [vec!["a", "b"]].into_iter().chain(singles).collect();
        assert_eq!(smallest(sets[..MAX_ALTERNATIVES].to_vec()), sets[..MAX_ALTERNATIVES]);
        assert_eq!(smallest(sets.clone()), sets[1..]);
    }

    #[test]
    fn smallest_set_is_the_first_of_the_smallest() {
        let cases: [(Policy, &[&str]); 6] = [
            (scope("a").and(scope("b")), &["a", "b"]),
            (scope("a").or(scope("b")), &["a"]),
            (scope("a").and(scope("b")).or(scope("c")), &["c"]),
            (scope("a").or(Policy::group("g")), &[]),
            (Policy::authenticated(), &[]),
            (Policy::any([]), &[]),
        ];
        for (policy, expected) in cases {
            assert_eq!(policy.smallest_scope_set(), expected, "{policy:?}");
        }
    }

    #[test]
    fn policy_that_no_caller_meets_has_no_set() {
        for policy in [Policy::all([]), Policy::any([]), scope("a").and(Policy::any([]))] {
            assert!(policy.scope_sets().is_empty(), "{policy:?}");
        }
        assert_eq!(scope("a").or(Policy::all([])).scope_sets(), [["a"]]);
    }

    #[test]
    fn number_of_sets_is_limited() {
        let either = |n: usize| Policy::scope(format!("a{n}")).or(Policy::scope(format!("b{n}")));
        assert_eq!(Policy::all((0..40).map(either)).scope_sets().len(), MAX_ALTERNATIVES);
    }
}
