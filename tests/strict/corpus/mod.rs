//! The cases: a name, a token, the validator that it is put to, and the verdict that it must get.

mod algorithms;
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

use crate::bench::{Bench, Trust};

/// The verdict on a token that is let in.
pub(crate) const ACCEPTED: &str = "accepted";

/// One token and what has to become of it.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) trust: Trust,
    pub(crate) token: String,
    /// [`ACCEPTED`] or what [`verdict_on`](crate::verdicts::verdict_on) says: the code and what it is about.
    pub(crate) expected: String,
}

impl Case {
    /// A case for the validator with the default settings.
    fn new(name: impl Into<String>, token: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { name: name.into(), trust: Trust::Default, token: token.into(), expected: expected.into() }
    }

    /// The same case for another validator.
    fn to(self, trust: Trust) -> Self {
        Self { trust, ..self }
    }
}

/// All cases of a group.
pub(crate) type Group = fn(&Bench) -> Vec<Case>;

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

/// The whole corpus.
pub(crate) fn all(bench: &Bench) -> Vec<Case> {
    GROUPS.iter().flat_map(|(_, cases)| cases(bench)).collect()
}
