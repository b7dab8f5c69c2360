//! What is accepted, refused and generated, on tokens without a compiler.

mod complaints;
mod replay;
mod snapshots;
mod truth;
