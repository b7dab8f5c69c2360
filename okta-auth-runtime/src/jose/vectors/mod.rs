//! Public test vectors for the verifiers.

mod rfc;
mod wycheproof;
