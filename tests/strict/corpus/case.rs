//! One case of the corpus.

use crate::fixture::Config;

/// The verdict on a token that is let in.
pub(crate) const ACCEPTED: &str = "accepted";

/// One token and what has to become of it.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) config: Config,
    pub(crate) token: String,
    /// [`ACCEPTED`] or what [`verdict_on`](crate::verdicts::verdict_on) says: the code and what it is about.
    pub(crate) expected: String,
}

impl Case {
    /// A case for the validator with the default settings.
    pub(super) fn new(name: impl Into<String>, token: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { name: name.into(), config: Config::Default, token: token.into(), expected: expected.into() }
    }

    /// The same case for another validator.
    pub(super) fn to(self, config: Config) -> Self {
        Self { config, ..self }
    }
}
