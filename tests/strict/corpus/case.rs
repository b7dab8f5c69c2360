//! One case of the corpus.

use crate::fixture::Config;

/// The verdict on an accepted token.
pub(crate) const ACCEPTED: &str = "accepted";

/// One token and its expected verdict.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) config: Config,
    pub(crate) token: String,
    /// [`ACCEPTED`], or the reason code with its subject as [`verdict_on`](crate::verdicts::verdict_on) formats it.
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
