//! Literals in arguments: signs, suffixes, and the tokens that an error points at.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::{Error, Lit, LitInt, Result, Token};

use crate::diagnostic::SpanRange;

pub(crate) fn parse_literal(input: ParseStream<'_>) -> Result<Option<Lit>> {
    if input.peek(Lit) { input.parse().map(Some) } else { Ok(None) }
}

/// The integer with its sign, in base 10.
pub(crate) fn signed(minus: Option<Token![-]>, digits: &LitInt) -> (String, SpanRange) {
    match minus {
        Some(minus) => (format!("-{}", digits.base10_digits()), SpanRange::of(&minus).to(SpanRange::of(digits))),
        None => (digits.base10_digits().to_owned(), SpanRange::of(digits)),
    }
}

pub(crate) fn check_no_suffix(literal: &impl ToTokens, suffix: &str) -> Result<()> {
    if suffix.is_empty() { Ok(()) } else { Err(suffix_error(literal, suffix)) }
}

pub(crate) fn suffix_error(literal: &impl ToTokens, suffix: &str) -> Error {
    Error::new_spanned(literal, format!("remove the suffix `{suffix}`"))
}

/// The remaining tokens up to the next comma: the argument that an error points at.
pub(crate) fn rest_of_argument(input: ParseStream<'_>) -> TokenStream {
    let all: TokenStream = input.cursor().token_stream();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    let argument: TokenStream =
        all.clone().into_iter().skip_while(is_comma).take_while(|token| !is_comma(token)).collect();
    if argument.is_empty() { all } else { argument }
}
