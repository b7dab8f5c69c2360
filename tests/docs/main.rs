//! The documents agree with the code.

mod documents;
mod named_tests;
