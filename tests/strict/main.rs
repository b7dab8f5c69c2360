//! Every known attack on token validators, as data.
//!
//! `corpus` contains the cases. `verdicts` compares the validator's verdict on each case with the expected one,
//! `disclosure` searches all output for secrets, `explained` compares explanations with verdicts, and `oracle` compares the
//! validator with jsonwebtoken and with a naive implementation of the rules.

mod corpus;
mod disclosure;
mod explained;
mod fixture;
mod issuers;
mod numbers;
mod oracle;
mod verdicts;
