//! Access tokens: from text to a valid token.
//!
//! The types record what is known of a token. Only the preceding step creates each of them, apart from the tokens of
//! tests (`ValidToken::without_signature`):
//!
//! ```text
//! UnverifiedToken     the text was parsed, and the header passed its checks
//!   ClaimedToken      it names a trusted issuer
//!     VerifiedToken   that issuer's key signed it
//!       ValidToken    its claims passed their checks
//! ```
//!
//! `checks` has the ordered lists of checks. RFC 7519, RFC 8725 and RFC 9068 are their sources.

mod active_answer;
mod actor;
mod b64token;
mod checks;
mod claim_names;
mod claims;
mod confirmation;
mod fingerprint;
mod header;
mod implications;
mod issuer_rules;
mod profile;
#[cfg(test)]
mod tests;
mod text_list;
mod unverified_token;
mod valid_token;

pub use actor::Actor;
pub use profile::{Profile, ProfileBuilder};

pub(crate) use active_answer::{AnswerPeriod, UncheckedAnswer};
pub(crate) use b64token::{b64token, is_padded_at_its_end};
pub(crate) use checks::{CONFIRMATION_CHECK, Check};
pub(crate) use claims::{UncheckedClaims, unverified_issuer};
pub(crate) use confirmation::{Confirmation, Evidence};
pub(crate) use fingerprint::{Fingerprint, FingerprintHasher, IdentityHasher};
use header::TypRule;
pub(crate) use header::UncheckedHeader;
pub(crate) use implications::{Cycle, Implications};
pub(crate) use issuer_rules::IssuerRules;
pub(crate) use unverified_token::{UnverifiedToken, decode, verify};
pub(crate) use valid_token::ValidToken;
