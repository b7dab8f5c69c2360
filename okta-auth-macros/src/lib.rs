//! The attribute of [okta-auth](https://docs.rs/okta-auth): `#[login_required]` for actix-web handlers.
//!
//! Depend on `okta-auth`, which re-exports what is here together with the runtime that the generated code calls.

use proc_macro::TokenStream;

mod args;
mod complaint;
mod entry;
mod expand;
mod handler;
mod misplaced;
mod policy;
mod predicate;
mod sense;
mod suggest;
#[cfg(test)]
mod tests;

/// Protects an actix-web handler.
#[proc_macro_attribute]
pub fn login_required(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::login_required(arguments.into(), item.into()).into()
}

/// What `#[login_required]` becomes when it has moved below the other attributes. Not for use by hand.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn login_required_innermost(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entry::login_required_innermost(arguments.into(), item.into()).into()
}

/// A policy as a constant expression.
#[proc_macro]
pub fn policy(arguments: TokenStream) -> TokenStream {
    entry::policy(arguments.into()).into()
}
