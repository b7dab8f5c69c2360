//! The table of requirements agrees with the parser and the documentation.

use proc_macro2::TokenStream;

use crate::args::{LoginRequiredArgs, PolicyArg};
use crate::policy::Expression;
use crate::requirement::REQUIREMENTS;

#[test]
fn each_example_parses_as_its_requirement() {
    for kind in &REQUIREMENTS {
        let tokens: TokenStream = kind.example.parse().expect("tokens");
        let arguments = LoginRequiredArgs::parse(tokens).unwrap_or_else(|error| panic!("{}: {error}", kind.example));
        let PolicyArg::Expression(Expression::Requirement(requirement)) = arguments.policy else {
            panic!("{} is one requirement", kind.example)
        };
        assert_eq!(requirement.kind.name, kind.name);
        assert_eq!(requirement.to_string(), kind.example);
    }
}

#[test]
fn the_documentation_lists_each_requirement() {
    let documentation = include_str!("../lib.rs");
    for kind in &REQUIREMENTS {
        let row = format!("/// | `{}", kind.example);
        assert!(documentation.contains(&row), "{row}");
    }
}
