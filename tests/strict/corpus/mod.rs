//! The cases: a name, a token, the configuration of the validator, and the expected verdict.

mod algorithms;
mod case;
mod certificate;
mod claims;
mod encodings;
pub(crate) mod flips;
mod headers;
mod json;
mod labels;
mod order;
mod origins;
mod profiles;
mod signatures;
mod times;

pub(crate) use case::{ACCEPTED, Case};

use crate::fixture::Fixture;

/// A function that returns all cases of a group.
pub(crate) type Group = fn(&Fixture) -> Vec<Case>;

/// Every group, by name.
pub(crate) const GROUPS: [(&str, Group); 12] = [
    ("algorithms", algorithms::cases),
    ("labels", labels::cases),
    ("headers", headers::cases),
    ("encodings", encodings::cases),
    ("json", json::cases),
    ("claims", claims::cases),
    ("times", times::cases),
    ("signatures", signatures::cases),
    ("flips", flips::cases),
    ("profiles", profiles::cases),
    ("origins", origins::cases),
    ("order", order::cases),
];

/// All cases of all groups.
pub(crate) fn all(fixture: &Fixture) -> Vec<Case> {
    GROUPS.iter().flat_map(|(_, cases)| cases(fixture)).collect()
}
