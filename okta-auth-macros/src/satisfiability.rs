//! Finds requirements that occur more than once in a list, and expressions that never hold or always hold.
//!
//! A policy is a formula of propositional logic over its distinct requirements. Requirements are independent of each
//! other, with one exception: a token has one client, one user and at most one actor, so at most one of several clients
//! holds. `actor("a") || no_actor()` does not always hold, because an actor that can't be read meets neither. Two values of
//! one claim are independent, because a claim can be an array that contains both. So are two `acr`, because a stronger
//! value meets both.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostics;
use crate::policy::Expression;
use crate::requirement::RequirementKind;

/// The check skips expressions with more distinct requirements, because each one doubles the truth table.
const MAX_DISTINCT: usize = 12;

/// Checks `expression`. Parts with a mistake that was already reported are not checked.
pub(crate) fn check(expression: &Expression, diagnostics: &mut Diagnostics) {
    let mut found = Diagnostics::default();
    check_duplicates(expression, &mut found);
    if found.is_empty() {
        let atoms = Atoms::of(std::slice::from_ref(expression));
        if atoms.kinds.len() <= MAX_DISTINCT {
            TruthTable { assignments: atoms.assignments(), atoms }.smallest_constant(expression, &mut found);
        }
    }
    if let Err(error) = found.into_result(()) {
        diagnostics.push(error);
    }
}

/// Reports requirements that occur more than once in a list.
fn check_duplicates(expression: &Expression, diagnostics: &mut Diagnostics) {
    let (list, operator) = match expression {
        Expression::All(list) => (list, "&&"),
        Expression::Any(list) => (list, "||"),
        Expression::Requirement(_) | Expression::Invalid(_) => return,
    };
    let mut seen = Vec::new();
    for member in list {
        if let Expression::Requirement(requirement) = member {
            let text = requirement.to_string();
            if seen.contains(&text) {
                diagnostics
                    .at(requirement.span_range, format!("`{text}` stands twice in this `{operator}`: remove one"));
            } else {
                seen.push(text);
            }
        } else {
            check_duplicates(member, diagnostics);
        }
    }
}

/// The distinct requirements of an expression, without their negation.
#[derive(Default)]
struct Atoms {
    kinds: Vec<(String, &'static RequirementKind)>,
}

impl Atoms {
    fn of(expressions: &[Expression]) -> Self {
        let mut atoms = Self::default();
        expressions.iter().for_each(|expression| atoms.collect(expression));
        atoms
    }

    fn collect(&mut self, expression: &Expression) {
        match expression {
            Expression::All(list) | Expression::Any(list) => list.iter().for_each(|member| self.collect(member)),
            Expression::Requirement(requirement) => {
                let text = requirement.without_negation();
                if !self.kinds.iter().any(|(known, _)| *known == text) {
                    self.kinds.push((text, requirement.kind));
                }
            }
            Expression::Invalid(_) => {}
        }
    }

    /// The sets of atoms of which at most one holds: for each limit of a kind, the limit and a bit mask.
    fn exclusive(&self) -> impl Iterator<Item = (&'static str, u32)> {
        let limits: BTreeSet<&'static str> = self.kinds.iter().filter_map(|(_, kind)| kind.limit).collect();
        limits.into_iter().map(|limit| {
            let atoms = self.kinds.iter().enumerate().filter(|(_, (_, kind))| kind.limit == Some(limit));
            (limit, atoms.map(|(bit, _)| 1 << bit).sum())
        })
    }

    /// Every combination of atoms that can hold together, with a bit for each atom.
    fn assignments(&self) -> Vec<u32> {
        let masks: Vec<u32> = self.exclusive().map(|(_, mask)| mask).collect();
        (0..1 << self.kinds.len())
            .filter(|assignment: &u32| masks.iter().all(|mask| (assignment & mask).count_ones() <= 1))
            .collect()
    }
}

/// The value of an expression for each assignment.
type Column = Vec<bool>;

struct TruthTable {
    atoms: Atoms,
    assignments: Vec<u32>,
}

impl TruthTable {
    /// Reports the smallest sub-expressions that have the same value for every assignment. Returns the column of
    /// `expression` if there are none.
    fn smallest_constant(&self, expression: &Expression, diagnostics: &mut Diagnostics) -> Option<Column> {
        let (list, is_all) = match expression {
            Expression::All(list) => (list, true),
            Expression::Any(list) => (list, false),
            Expression::Requirement(requirement) => {
                let text = requirement.without_negation();
                let bit = self.atoms.kinds.iter().position(|(known, _)| *known == text)?;
                return Some(
                    self.assignments
                        .iter()
                        .map(|assignment| (assignment >> bit & 1 == 1) != requirement.negated)
                        .collect(),
                );
            }
            Expression::Invalid(_) => return None,
        };
        let columns: Vec<Option<Column>> =
            list.iter().map(|member| self.smallest_constant(member, diagnostics)).collect();
        let columns = columns.into_iter().collect::<Option<Vec<Column>>>()?;
        let joined = self.join(&columns, is_all);
        if is_constant(&joined, !is_all) {
            let (from, to) = self.smallest_run(&columns, is_all)?;
            let span_range = list[from].span_range().to(list[to].span_range());
            diagnostics.at(span_range, Self::message(&list[from..=to], is_all));
            return None;
        }
        Some(joined)
    }

    fn join(&self, columns: &[Column], is_all: bool) -> Column {
        (0..self.assignments.len())
            .map(|assignment| {
                let mut values = columns.iter().map(|column| column[assignment]);
                if is_all { values.all(|value| value) } else { values.any(|value| value) }
            })
            .collect()
    }

    /// The shortest run of members that makes the list constant, as the first and the last index.
    fn smallest_run(&self, columns: &[Column], is_all: bool) -> Option<(usize, usize)> {
        let constant = |from: usize, to: usize| is_constant(&self.join(&columns[from..=to], is_all), !is_all);
        let to = (0..columns.len()).find(|&to| constant(0, to))?;
        let from = (0..=to).rev().find(|&from| constant(from, to))?;
        Some((from, to))
    }

    fn message(list: &[Expression], is_all: bool) -> String {
        let because = match Atoms::of(list).exclusive().find(|(_, mask)| mask.count_ones() >= 2) {
            Some((limit, _)) => format!(" (a token has {limit})"),
            None => String::new(),
        };
        if is_all {
            format!("this can never hold{because}: no token would be let in; did you mean `||`?")
        } else {
            format!("this always holds{because}: every valid token would be let in; did you mean `&&`, or no policy?")
        }
    }
}

fn is_constant(column: &Column, value: bool) -> bool {
    column.iter().all(|truth| *truth == value)
}
