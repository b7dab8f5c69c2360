//! What is accepted, refused and generated, on tokens without a compiler.

mod complaints;
mod snapshots;
mod truth;
