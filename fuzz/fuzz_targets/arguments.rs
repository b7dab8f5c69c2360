//! Fuzzes the parser of the attribute's arguments. A proc-macro crate exports only its macros, so this includes the
//! files of the parser.

#![no_main]
#![allow(dead_code, unreachable_pub)]

#[path = "../../okta-auth-macros/src/args.rs"]
mod args;
#[path = "../../okta-auth-macros/src/diagnostic.rs"]
mod diagnostic;
#[path = "../../okta-auth-macros/src/duration.rs"]
mod duration;
#[path = "../../okta-auth-macros/src/literal.rs"]
mod literal;
#[path = "../../okta-auth-macros/src/policy.rs"]
mod policy;
#[path = "../../okta-auth-macros/src/requirement.rs"]
mod requirement;
#[path = "../../okta-auth-macros/src/requirement_args.rs"]
mod requirement_args;
#[path = "../../okta-auth-macros/src/satisfiability.rs"]
mod satisfiability;
#[path = "../../okta-auth-macros/src/suggest.rs"]
mod suggest;
#[path = "../../okta-auth-macros/src/text_rules.rs"]
mod text_rules;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(tokens) = text.parse::<proc_macro2::TokenStream>() else { return };
    let _ = args::LoginRequiredArgs::parse(tokens.clone());
    let _ = args::LoginRequiredArgs::parse_expression(tokens);
});
