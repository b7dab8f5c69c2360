//! Parsing and flattening preserve the meaning of an expression. The reference is syn's parser for Rust expressions.

use proc_macro2::{Delimiter, Group, TokenTree};
use quote::quote;
use syn::{BinOp, Expr, ExprCall, ExprLit, Lit, UnOp};

use crate::args::{LoginRequiredArgs, PolicyArg};
use crate::policy::Expression;
use crate::requirement_args::Argument;

const EXPRESSIONS: [&str; 19] = [
    "a",
    "a && b",
    "a || b",
    "a && b || c",
    "a || b && c",
    "a || b && c || d",
    "a && b || c && d",
    "(a || b) && c",
    "a && (b || c) && d",
    "a && (b && (c || d)) && e",
    "((a)) || (b || (c && (d || e)))",
    "!u && (a || b)",
    "!(u) || a && !v",
    "(a || !u) && (b || (c && !v)) || d && e",
    "q || w && p",
    "(q || n) && (w || a) && !u",
    "p || n",
    "q && (w || (a && (p || n)))",
    "s && (w || n) || !u && (a || s)",
];

/// `a` to `e` become scopes, `u` and `v` become a client and a user, which can be negated. `q`, `w`, `p`, `n` and `s`
/// become the requirements of step-up, of actors and of bound tokens.
fn expand_letters(expression: &str) -> String {
    expression
        .chars()
        .map(|letter| match letter {
            'a'..='e' => format!("scope(\"{letter}\")"),
            'u' => "client(\"u\")".to_owned(),
            'v' => "user(\"v\")".to_owned(),
            'q' => "acr(\"q\")".to_owned(),
            'w' => "auth_within(7)".to_owned(),
            'p' => "actor(\"p\")".to_owned(),
            'n' => "no_actor()".to_owned(),
            's' => "sender_constrained()".to_owned(),
            other => other.to_string(),
        })
        .collect()
}

/// The name of a requirement in these tests: its argument, or that of the function if there is none.
fn name_of(call: &ExprCall) -> String {
    match (call.args.first(), &*call.func) {
        (Some(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })), _) => text.value(),
        (Some(Expr::Lit(ExprLit { lit: Lit::Int(digits), .. })), _) => digits.base10_digits().to_owned(),
        (None, Expr::Path(function)) => function.path.segments.last().expect("a name").ident.to_string(),
        _ => unreachable!("not in these expressions"),
    }
}

/// The value of the expression by Rust's grammar.
fn eval_rust(expression: &Expr, holds: &dyn Fn(&str) -> bool) -> bool {
    match expression {
        Expr::Binary(binary) => {
            let (left, right) = (eval_rust(&binary.left, holds), eval_rust(&binary.right, holds));
            match binary.op {
                BinOp::And(_) => left && right,
                BinOp::Or(_) => left || right,
                _ => unreachable!("not a policy"),
            }
        }
        Expr::Unary(unary) if matches!(unary.op, UnOp::Not(_)) => !eval_rust(&unary.expr, holds),
        Expr::Paren(inner) => eval_rust(&inner.expr, holds),
        Expr::Call(call) => holds(&name_of(call)),
        _ => unreachable!("not a policy"),
    }
}

/// The value of the model. Checks that its lists are flat.
fn eval_model(expression: &Expression, holds: &dyn Fn(&str) -> bool) -> bool {
    match expression {
        Expression::All(list) => {
            assert!(list.len() >= 2 && !list.iter().any(|member| matches!(member, Expression::All(_))));
            list.iter().all(|member| eval_model(member, holds))
        }
        Expression::Any(list) => {
            assert!(list.len() >= 2 && !list.iter().any(|member| matches!(member, Expression::Any(_))));
            list.iter().any(|member| eval_model(member, holds))
        }
        Expression::Requirement(requirement) => match &requirement.arguments[..] {
            [Argument::Text(name)] => holds(&name.value()) != requirement.negated,
            [Argument::Seconds(seconds)] => holds(&seconds.to_string()),
            [] => holds(requirement.kind.name),
            _ => unreachable!("not in these expressions"),
        },
        Expression::Invalid(_) => unreachable!("complained about"),
    }
}

/// The value of the generated code, by the names of the constructors that it calls.
fn eval_generated(expression: &Expr, holds: &dyn Fn(&str) -> bool) -> bool {
    let Expr::Call(call) = expression else { unreachable!("not a call") };
    let Expr::Path(function) = &*call.func else { unreachable!("not a function") };
    let function = function.path.segments.last().expect("a name").ident.to_string();
    let members = |block: &syn::ExprBlock| match block.block.stmts.first() {
        Some(syn::Stmt::Item(syn::Item::Static(list))) => match &*list.expr {
            Expr::Array(array) => array.elems.iter().map(|member| eval_generated(member, holds)).collect::<Vec<bool>>(),
            _ => unreachable!("not a list"),
        },
        _ => unreachable!("not a static"),
    };
    match (function.as_str(), call.args.first()) {
        ("all", Some(Expr::Block(block))) => members(block).into_iter().all(|value| value),
        ("any", Some(Expr::Block(block))) => members(block).into_iter().any(|value| value),
        (name, _) => holds(&name_of(call)) != name.starts_with("not_"),
    }
}

#[test]
fn policy_agrees_with_rust_for_every_subset() {
    const NAMES: [&str; 12] = ["a", "b", "c", "d", "e", "u", "v", "q", "7", "p", "no_actor", "sender_constrained"];
    for expression in EXPRESSIONS {
        let source = expand_letters(expression);
        let rust_expression: Expr = syn::parse_str(&source).expect("an expression");
        let arguments = LoginRequiredArgs::parse(source.parse().expect("tokens")).expect("a policy");
        let PolicyArg::Expression(model) = &arguments.policy else { panic!("{source}") };
        let output = crate::entry::policy(source.parse().expect("tokens"));
        let output: Expr = syn::parse2(output).expect("an expression");
        for subset in 0..1_u32 << NAMES.len() {
            let holds =
                |name: &str| NAMES.iter().position(|known| *known == name).is_some_and(|bit| subset >> bit & 1 == 1);
            let expected = eval_rust(&rust_expression, &holds);
            assert_eq!(eval_model(model, &holds), expected, "{source} in {subset:b}");
            assert_eq!(eval_generated(&output, &holds), expected, "{source} in {subset:b}");
        }
    }
}

#[test]
fn macro_variable_binds_like_parentheses() {
    let group = |tokens| TokenTree::from(Group::new(Delimiter::None, tokens));
    let either = group(quote!(scope("a") || scope("b")));
    let name = group(quote!(scope));
    let nothing = group(quote!());
    for (found, expected) in [
        (quote!(#either && scope("c")), quote!((scope("a") || scope("b")) && scope("c"))),
        (quote!(scope("c") && #either), quote!(scope("c") && (scope("a") || scope("b")))),
        (quote!(#name("c") && scope("d")), quote!(scope("c") && scope("d"))),
        (quote!(check(f) && #either), quote!(check(f) && (scope("a") || scope("b")))),
    ] {
        let expand = |tokens| crate::entry::policy(tokens).to_string();
        assert_eq!(expand(found), expand(expected.clone()), "{expected}");
    }
    let error = LoginRequiredArgs::parse(quote!(scope("c") && #nothing)).err().expect("nothing is no requirement");
    assert!(error.to_string().starts_with("not a policy"), "{error}");
}
