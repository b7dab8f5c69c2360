//! What is accepted, refused and generated, on tokens without a compiler.

mod complaints;
mod expansion;
mod misplaced;
mod replay;
mod snapshots;
mod truth;
