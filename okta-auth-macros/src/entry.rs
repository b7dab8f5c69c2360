//! The entry points of the macros, on `proc_macro2` tokens so that tests can call them.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Error;

use crate::args::LoginRequiredArgs;
use crate::expand;
use crate::handler::Handler;

/// `#[login_required(...)]`: moves below the other attributes if there are any. Otherwise protects the handler.
pub(crate) fn login_required(arguments: TokenStream, item: TokenStream) -> TokenStream {
    protect(arguments, item, true)
}

/// The attribute after it has moved: protects the handler.
pub(crate) fn login_required_innermost(arguments: TokenStream, item: TokenStream) -> TokenStream {
    protect(arguments, item, false)
}

fn protect(tokens: TokenStream, item: TokenStream, moves: bool) -> TokenStream {
    let arguments = LoginRequiredArgs::parse(tokens.clone());
    let handler = Handler::parse(item.clone());
    let (arguments, handler) = match (arguments, handler) {
        (Ok(arguments), Ok(handler)) => (arguments, handler),
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => return reject(&error, &item),
        (Err(mut error), Err(other)) => {
            error.combine(other);
            return reject(&error, &item);
        }
    };
    if moves && handler.attributes.iter().any(expand::may_expand) {
        expand::innermost(&arguments, &tokens, &handler)
    } else {
        expand::handler(&arguments, &handler, !moves)
    }
}

/// Returns the diagnostics and the unchanged item, so that the rest of the crate and editors still find it.
fn reject(error: &Error, item: &TokenStream) -> TokenStream {
    let diagnostics = error.to_compile_error();
    quote!(#diagnostics #item)
}

/// `policy!(...)`
pub(crate) fn policy(arguments: TokenStream) -> TokenStream {
    match LoginRequiredArgs::parse_expression(arguments) {
        Ok(arguments) => expand::policy(&arguments.krate(Span::mixed_site()), &arguments.policy),
        Err(error) => {
            let diagnostics = error.to_compile_error();
            quote!({ #diagnostics })
        }
    }
}
