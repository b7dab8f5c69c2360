//! Access tokens: from text to a valid token.
//!
//! The types record what is known of a token. Only the preceding step creates each of them:
//!
//! ```text
//! UnverifiedToken   the text was parsed
//!   VerifiedToken   its issuer signed it
//!     ValidToken    its claims passed every check
//! ```
//!
//! `checks` is the ordered list of rules. RFC 7519, RFC 8725 and RFC 9068 are their sources.

mod checks;
mod claim_names;
mod claims;
mod header;
mod issuer_rules;
mod profile;
#[cfg(test)]
mod tests;
mod unverified_token;
mod valid_token;

pub use profile::{Profile, ProfileBuilder};

pub(crate) use checks::{Check, SENDER_CHECK};
pub(crate) use claims::{UnverifiedClaims, unverified_issuer};
use header::TypeRule;
pub(crate) use header::UncheckedHeader;
pub(crate) use issuer_rules::IssuerRules;
pub(crate) use unverified_token::{UnverifiedToken, decode, verify};
pub(crate) use valid_token::ValidToken;
