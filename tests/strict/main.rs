//! Strict by evidence: every known attack on token validators, as data.
//!
//! `corpus` holds the cases. `verdicts` asks the validator for each of them, `disclosure` listens to what is said meanwhile,
//! `explained` compares the explanation with the verdict, `oracle` compares with jsonwebtoken and with a naive reading of
//! the rules, `docs` compares what the documents say of all this with what is there.

mod corpus;
mod disclosure;
mod docs;
mod explained;
mod fixture;
mod numbers;
mod oracle;
mod verdicts;
