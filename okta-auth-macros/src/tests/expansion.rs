//! Properties of the generated code that one word of it shows. For all of it, see `snapshots`.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;

use crate::entry;
use crate::handler::Handler;

fn tokens(source: &str) -> TokenStream {
    source.parse().expect("tokens")
}

#[test]
fn each_requirement_and_each_negation_has_a_constructor() {
    for (source, expected) in [
        (r#"scope("a")"#, r#"scope("a")"#),
        (r#"group("a")"#, r#"group("a")"#),
        (r#"client("a")"#, r#"client("a")"#),
        (r#"!client("a")"#, r#"not_client("a")"#),
        (r#"user("a")"#, r#"user("a")"#),
        (r#"!user("a")"#, r#"not_user("a")"#),
        ("user_id_present()", "user_id_present()"),
        ("!user_id_present()", "user_id_absent()"),
        (r#"claim("a", "b")"#, r#"claim_text("a","b")"#),
        (r#"claim("a", -1)"#, r#"claim_integer("a",-1)"#),
        (r#"claim("a", true)"#, r#"claim_boolean("a",true)"#),
        (r#"acr("phr")"#, r#"acr("phr")"#),
        ("auth_within(300)", "auth_within(300)"),
        ("auth_within(0x12c)", "auth_within(300)"),
        (r#"auth_within("5m")"#, "auth_within(300)"),
        (r#"auth_within("365d")"#, "auth_within(31536000)"),
        (r#"actor("a")"#, r#"actor("a")"#),
        ("no_actor()", "no_actor()"),
        ("sender_constrained()", "sender_constrained()"),
        ("check(a::b)", "check(a::b)"),
    ] {
        let output = entry::policy(tokens(source)).to_string().replace(' ', "");
        assert_eq!(output.rsplit("policy::").next(), Some(expected), "{source}");
    }
}

#[test]
fn each_form_of_active_within_expands_to_its_seconds() {
    for (source, expected) in [
        ("active_within = 0", "0"),
        ("active_within = 10", "10"),
        ("active_within = 0x3c", "60"),
        ("active_within = 1_0", "10"),
        (r#"active_within = "0s""#, "0"),
        (r#"active_within = "30s""#, "30"),
        (r#"active_within = "1m""#, "60"),
        (r#"scope("a"), active_within = "1m", crate = okta"#, "60"),
        ("policy = ADMIN, active_within = 1", "1"),
    ] {
        for expand in [entry::login_required, entry::login_required_innermost] {
            let output = expand(tokens(source), tokens("async fn x() {}")).to_string().replace(' ', "");
            assert!(output.contains("::__private::guard_active("), "{source}: {output}");
            assert!(output.contains(&format!("__POLICY,::core::time::Duration::from_secs({expected}),")), "{output}");
        }
    }
}

#[test]
fn active_within_moves_with_the_attribute() {
    let item = tokens("#[get(\"/\")] async fn x() {}");
    let output = entry::login_required(tokens("active_within = 10, scope(\"a\")"), item).to_string().replace(' ', "");
    assert!(output.contains("login_required_innermost(active_within=10,scope(\"a\"))"), "{output}");
}

// The word that shows each of the two outcomes.
const MOVED: &str = "login_required_innermost";
const GUARDED: &str = "guard";

#[test]
fn attribute_moves_below_attributes_that_may_expand() {
    for (attribute, expected) in [
        ("#[get(\"/\")]", MOVED),
        ("#[tracing::instrument]", MOVED),
        ("#[inline]", GUARDED),
        ("#[doc = \"x\"]", GUARDED),
        ("#[allow(dead_code)]", GUARDED),
        ("#[rustfmt::skip]", GUARDED),
        ("#[clippy::cognitive_complexity = \"1\"]", GUARDED),
        ("", GUARDED),
    ] {
        let item = tokens(&format!("{attribute} async fn x() {{}}"));
        let output = entry::login_required(TokenStream::new(), item).to_string();
        assert_eq!((output.contains(MOVED), output.contains(GUARDED)), (expected == MOVED, expected == GUARDED));
    }
    let item = tokens("#[get(\"/\")] async fn x() {}");
    let output = entry::login_required_innermost(TokenStream::new(), item).to_string();
    assert!(output.contains(GUARDED) && !output.contains(MOVED), "once it has moved, it stays: {output}");
}

const MARKER: &str = "another_attribute_dropped_login_required_of_";

#[test]
fn handler_whose_attribute_was_dropped_does_not_compile() {
    for (body, expected) in [
        ("{ y }", "async fn x() { another_attribute_dropped_login_required_of_x! {} y }"),
        ("{ #[cfg(a)] y(); }", "async fn x() { another_attribute_dropped_login_required_of_x! {} #[cfg(a)] y(); }"),
        (
            "{ #![allow(b)] #[cfg(a)] y(); }",
            "async fn x() { #![allow(b)] another_attribute_dropped_login_required_of_x! {} #[cfg(a)] y(); }",
        ),
        ("{ no ~ Rust }", "async fn x() { another_attribute_dropped_login_required_of_x! {} no ~ Rust }"),
    ] {
        let function = with_attributes_dropped(&format!("#[get(\"/\")] async fn x() {body}"));
        let dense = |tokens: &TokenStream| tokens.to_string().replace(' ', "");
        assert_eq!(dense(&function), dense(&tokens(expected)));

        // After the attribute has moved, the marker is defined before it is called.
        let arrived = entry::login_required_innermost(TokenStream::new(), function).to_string();
        let (definition, use_of_it) = (arrived.find("macro_rules"), arrived.rfind(MARKER));
        assert!(definition.is_some() && definition < use_of_it, "{arrived}");
    }
    let unmoved = entry::login_required(TokenStream::new(), tokens("#[inline] async fn x() {}")).to_string();
    assert!(!unmoved.contains(MARKER), "{unmoved}");
}

/// The handler as an attribute emits it that drops the attributes below its own.
fn with_attributes_dropped(handler: &str) -> TokenStream {
    let moved = entry::login_required(TokenStream::new(), tokens(handler));
    moved.into_iter().skip_while(|token| token.to_string() != "async").collect()
}

#[test]
fn nested_handler_does_not_find_the_outer_marker() {
    let inner = with_attributes_dropped("#[get(\"/inner\")] async fn inner() {}");
    let outer = with_attributes_dropped(&format!("#[get(\"/outer\")] async fn outer() {{ {inner} }}"));
    let output = entry::login_required_innermost(TokenStream::new(), outer).to_string().replace(' ', "");
    let defined = |name: &str| output.contains(&format!("macro_rules!{MARKER}{name}{{"));
    let called = |name: &str| output.contains(&format!("{MARKER}{name}!{{}}"));
    assert!(called("outer") && defined("outer"), "{output}");
    assert!(called("inner") && !defined("inner"), "{output}");
    assert_eq!(output.matches("macro_rules").count(), 1, "{output}");
}

#[test]
fn marker_of_a_raw_identifier_is_an_identifier() {
    let function = with_attributes_dropped("#[get(\"/\")] async fn r#match() {}").to_string();
    assert!(function.contains(&format!("{MARKER}match")), "{function}");
}

#[test]
fn handler_without_a_body_in_braces_is_rejected() {
    for body in [";", "()", "[]", ""] {
        let item = tokens(&format!("async fn x() {body}"));
        let output = entry::login_required(TokenStream::new(), item).to_string();
        assert!(output.contains("a handler needs a body"), "{body:?}: {output}");
    }
}

#[test]
fn body_from_a_macro_variable_is_accepted() {
    let group = |delimiter, inner: TokenStream| TokenTree::from(Group::new(delimiter, inner));
    let body = group(Delimiter::None, group(Delimiter::None, quote!({ y })).into());
    assert!(Handler::parse(quote!(async fn x() #body)).is_ok());
    for nothing in [quote!(), quote!(y), quote!({} {})] {
        let body = group(Delimiter::None, nothing);
        let error = Handler::parse(quote!(async fn x() #body)).err().expect("no body");
        assert!(error.to_string().contains("a handler needs a body"), "{error}");
    }
}

#[test]
fn list_with_a_mistake_is_not_checked_for_satisfiability() {
    let output = entry::policy(tokens(r#"client("a") && client("b") && scpoe("c")"#)).to_string();
    assert_eq!(output.matches("compile_error").count(), 1, "{output}");
}
