//! The attribute of okta-auth.

use proc_macro::TokenStream;

/// Protects a handler.
#[proc_macro_attribute]
pub fn login_required(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    item
}
