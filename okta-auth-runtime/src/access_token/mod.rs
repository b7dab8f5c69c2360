//! The header and the claims that an access token must have.

mod claims;
mod header;
mod known_headers;
mod profile;

pub(crate) use claims::{ClaimNames, Expectations, Text, UnverifiedClaims, ValidClaims, unverified_issuer};
pub(crate) use header::{Header, TypeRule, UncheckedHeader};
pub(crate) use known_headers::{KnownHeader, KnownHeaders};
pub use profile::{Profile, ProfileBuilder};
