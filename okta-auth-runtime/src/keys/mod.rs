//! One JWK to one verifying key, a key set that selects, and the store around it.

mod algorithm;

pub use algorithm::Algorithm;
