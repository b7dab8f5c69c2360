//! The documents agree with the code. Each fact has one source. The tests here search all documents for its copies.
//!
//! | module | facts | source |
//! |---|---|---|
//! | `variables` | the environment variables | `Validator::from_env` |
//! | `statuses` | statuses and reason codes | `Reason` |
//! | `defaults` | defaults and limits | `KeySettings`, `ValidatorBuilder`, constants |
//! | `requirements` | the requirements of a policy | `REQUIREMENTS` of the macros |
//! | `features` | features, version, Rust version | `Cargo.toml` |
//! | `named_tests` | the tests that a document names | the tests |
//! | `links` | files, headings and pages of the guide | the repository |

mod defaults;
mod documents;
mod features;
mod links;
mod named_tests;
mod requirements;
mod statuses;
mod variables;
