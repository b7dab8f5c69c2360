//! Tests of the parser and the generated code on tokens, without a compiler.

mod diagnostics;
mod expansion;
mod replay;
mod requirements;
mod snapshots;
mod truth;
mod unsupported;
