//! One token's text: compact JWS parsing and header rules, claims and their checks, given `now`.

mod claims;
mod header;
mod json;
mod jws;
mod known_headers;
mod numeric_date;
mod profile;

pub(crate) use claims::{ClaimNames, Expectations, Text, UnverifiedClaims, ValidClaims, unverified_issuer};
pub(crate) use header::{Header, TypeRule, UncheckedHeader};
pub(crate) use json::Members;
#[cfg(any(test, fuzzing))]
pub(crate) use jws::Jws;
pub(crate) use jws::Segments;
pub(crate) use known_headers::{KnownHeader, KnownHeaders};
pub(crate) use numeric_date::NumericDate;
pub use profile::{Profile, ProfileBuilder};
