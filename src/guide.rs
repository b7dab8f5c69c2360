//! The guide: one page for each task.

#[doc = include_str!("guide/testing.md")]
pub mod testing {}
