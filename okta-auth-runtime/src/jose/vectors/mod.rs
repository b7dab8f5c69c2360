//! Public test vectors against our verifiers.

mod rfc;
mod wycheproof;
