//! Diagnostics about the user's code, each at its token, reported all at once.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::Error;

#[derive(Default)]
pub(crate) struct Diagnostics {
    error: Option<Error>,
}

impl Diagnostics {
    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.error {
            Some(first) => first.combine(error),
            None => self.error = Some(error),
        }
    }

    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.push(Error::new_spanned(tokens, message));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.error.is_none()
    }

    pub(crate) fn into_result<T>(self, value: T) -> Result<T, Error> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(value),
        }
    }
}

/// A range of the source, from a first token to a last one. Stable Rust can't join spans into one.
#[derive(Clone, Copy)]
pub(crate) struct SpanRange {
    first: Span,
    last: Span,
}

impl SpanRange {
    pub(crate) fn new(first: Span, last: Span) -> Self {
        Self { first, last }
    }

    pub(crate) fn of(tokens: &impl ToTokens) -> Self {
        let mut spans = tokens.to_token_stream().into_iter().map(|token| token.span());
        let first = spans.next().unwrap_or_else(Span::call_site);
        Self { first, last: spans.last().unwrap_or(first) }
    }

    pub(crate) fn end(self) -> Span {
        self.last
    }

    pub(crate) fn to(self, other: Self) -> Self {
        Self { first: self.first, last: other.last }
    }
}

impl ToTokens for SpanRange {
    /// Emits two tokens that carry the spans, for [`Error::new_spanned`].
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for span in [self.first, self.last] {
            proc_macro2::Ident::new("_span", span).to_tokens(tokens);
        }
    }
}
