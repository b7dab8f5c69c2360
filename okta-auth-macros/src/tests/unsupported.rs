//! Unsupported syntax is found, and similar syntax that is supported is not.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::quote;

use crate::unsupported;

fn tokens(source: &str) -> TokenStream {
    source.parse().expect("tokens")
}

#[test]
fn self_type_is_found_outside_items_and_macros() {
    for (source, expected) in [
        ("{ Self::x() }", 1),
        ("{ a(Self) + [Self].len() }", 2),
        ("{ a + (Self::x()) }", 1),
        ("{ if a { Self } else { Self } }", 2),
        ("{ vec![Self]; m! { Self } macro_rules! n { () => { Self } } }", 0),
        ("{ impl A for B { fn c() -> Self {} } Self }", 1),
        ("{ fn f() -> impl A { Self } }", 1),
        ("{ unsafe impl A for B { const C: Self; } }", 0),
        ("{ trait A { fn b() -> Self; } struct B { c: Box<Self> } enum C { D(Box<Self>) } }", 0),
        ("{ struct A(Box<Self>); Self }", 1),
        ("{ struct A<const N: usize = { 1 }> { b: Box<Self> } Self }", 1),
        ("{ struct A<F: Fn() -> u8, const N: usize = { 1 }> { b: Box<Self> } Self }", 1),
        ("{ let union = 1; union + Self::X }", 1),
    ] {
        assert_eq!(unsupported::self_type(tokens(source)).len(), expected, "{source}");
    }
}

#[test]
fn optional_context_is_found_anywhere_in_a_type() {
    for (source, expected) in [
        ("Option<AuthContext>", 1),
        ("::std::option::Option<::okta_auth::AuthContext>", 1),
        ("Result<Option<AuthContext>, E>", 1),
        ("(Option<AuthContext>, Option<AuthContext,>)", 2),
        ("Vec<AuthContext>", 0),
        ("Option<Claims<AuthContext>>", 0),
        ("Option<AuthContextOf<T>>", 0),
        ("MaybeAuth", 0),
    ] {
        assert_eq!(unsupported::optional_context(tokens(source)).len(), expected, "{source}");
    }
}

/// The invisible group that `macro_rules!` puts around the tokens of a `$x:ty` or `$x:expr`.
fn substituted(tokens: TokenStream) -> Group {
    Group::new(Delimiter::None, tokens)
}

#[test]
fn optional_context_is_found_in_macro_variables() {
    let name = substituted(quote!(AuthContext));
    assert_eq!(unsupported::optional_context(quote!(Option<#name>)).len(), 1);
    let whole = substituted(quote!(Option<#name>));
    assert_eq!(unsupported::optional_context(quote!(Vec<#whole>)).len(), 1);
    assert_eq!(unsupported::optional_context(quote!(Option<(#name)>)).len(), 0, "parentheses that are there");
}

#[test]
fn name_is_found_at_any_depth_of_a_type() {
    let name = Ident::new("T", Span::call_site());
    for (source, expected) in [("Vec<[(u8, T); 2]>", true), ("T", true), ("Vec<[(u8, U); 2]>", false)] {
        assert_eq!(unsupported::mentions(tokens(source), &[&name]), expected, "{source}");
    }
    assert_eq!(unsupported::impl_trait(tokens("Vec<(impl A, [impl B; 2])>")).len(), 2);
}

#[test]
fn elided_lifetime_is_found() {
    for (source, expected) in [
        ("&str", true),
        ("&mut str", true),
        ("&'a str", false),
        ("Cow<'_, str>", true),
        ("Cow<'static, str>", false),
        ("(&'a str, [&u8; 2])", true),
        ("Vec<(u8, Cow<'_, str>)>", true),
        ("Fn(_) -> Vec<_>", false),
        ("Json<T>", false),
    ] {
        assert_eq!(unsupported::elides_lifetime(tokens(source)), expected, "{source}");
    }
}
