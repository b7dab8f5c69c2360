//! The limit of warnings about skipped keys.

use crate::error::SkippedKey;

/// The most lines about the skipped keys of one set.
const MAX_SKIPPED_LINES: usize = 10;

/// Logs a line for each of the first skipped keys, and the number of the others. An issuer chooses its key set, so it must
/// not choose how much is logged.
pub(super) fn warn_of_skipped_keys(issuer: &str, skipped: &[SkippedKey]) {
    skipped.iter().take(MAX_SKIPPED_LINES).for_each(|skipped| tracing::warn!(issuer, "{skipped}"));
    let more = skipped.len().saturating_sub(MAX_SKIPPED_LINES);
    if more > 0 {
        tracing::warn!(issuer, "... and {more} more of this key set");
    }
}
