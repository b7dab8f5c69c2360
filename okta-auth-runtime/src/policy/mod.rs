//! Policies: what a handler requires of its caller.

mod alternatives;
mod claim_value;
mod constructors;
mod requirement;
mod scope_sets;

pub(crate) use alternatives::Unmet;
pub use claim_value::ClaimValue;
pub use constructors::constant;
pub(crate) use requirement::PolicyInput;
pub use requirement::{CheckFn, Policy};

#[cfg(test)]
mod step_up_tests;
#[cfg(test)]
mod tests;
