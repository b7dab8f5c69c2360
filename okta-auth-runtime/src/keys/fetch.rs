//! What the store asks of whatever brings key sets.

use std::pin::Pin;
use std::time::Duration;

use crate::algorithm::Algorithm;
use crate::error::FetchError;
use crate::jose::{JwkSet, SkippedKey};

/// Brings a key set. One at a time is asked for.
pub(crate) trait Fetch: Send + Sync + 'static {
    /// Fetches the set. `now` is the time since the Unix epoch.
    fn fetch<'a>(&'a self, now: Duration, algorithms: &'a [Algorithm]) -> Fetching<'a>;
}

/// A fetch under way.
pub(crate) type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Fetched, FetchFailure>> + Send + 'a>>;

/// A key set with at least one usable key.
#[derive(Debug)]
pub(crate) struct Fetched {
    set: JwkSet,
    max_age: Option<Duration>,
}

/// Why there is none.
#[derive(Debug)]
pub(crate) struct FetchFailure {
    pub(crate) error: FetchError,
    /// The response's `Retry-After`.
    pub(crate) retry_after: Option<Duration>,
    /// The entries of a set without a usable key.
    pub(crate) skipped: Vec<SkippedKey>,
}

impl Fetched {
    /// Parses the body of a response.
    ///
    /// # Errors
    ///
    /// The body is no key set, or none of its keys can verify a token.
    pub(super) fn parse(
        url: &str,
        body: &[u8],
        algorithms: &[Algorithm],
        max_age: Option<Duration>,
    ) -> Result<Self, FetchFailure> {
        let url = || Box::from(url);
        let set =
            JwkSet::parse(body, algorithms).map_err(|_| FetchError::Malformed { url: url(), expected: "a JWK Set" })?;
        if set.is_empty() {
            let error = FetchError::NoUsableKey { url: url(), skipped: set.skipped().len() };
            return Err(FetchFailure { skipped: set.skipped().to_vec(), ..error.into() });
        }
        Ok(Self { set, max_age })
    }

    /// The set, and how long the response says that it is fresh.
    pub(super) fn into_parts(self) -> (JwkSet, Option<Duration>) {
        (self.set, self.max_age)
    }
}

impl From<FetchError> for FetchFailure {
    fn from(error: FetchError) -> Self {
        Self { error, retry_after: None, skipped: Vec::new() }
    }
}
