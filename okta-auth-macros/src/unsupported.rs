//! Finds syntax that the attribute does not support. Works on tokens, because a body can contain syntax that syn does
//! not know.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::ToTokens;

use crate::diagnostic::SpanRange;

/// Each `Self` that refers to the `impl` block around the handler. Skips nested items, where `Self` has another
/// meaning, and the arguments of macros, which can be such items.
pub(crate) fn self_type(tokens: impl ToTokens) -> Vec<Ident> {
    let mut found = Vec::new();
    walk_self_type(tokens.to_token_stream(), false, &mut found);
    found
}

fn walk_self_type(tokens: TokenStream, in_braces: bool, found: &mut Vec<Ident>) {
    let mut tokens = tokens.into_iter().peekable();
    let mut before = Before::Start;
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Ident(ident) if ident == "Self" => found.push(ident.clone()),
            TokenTree::Ident(ident) if starts_item(ident, tokens.peek(), in_braces && before.ends_statement()) => {
                skip_item(&mut tokens);
                before = Before::Statement;
                continue;
            }
            TokenTree::Group(_) if matches!(before, Before::Macro) => {}
            TokenTree::Group(group) => {
                walk_self_type(group.stream(), group.delimiter() == Delimiter::Brace, found);
            }
            _ => {}
        }
        before = before.after(&token);
    }
}

/// The context before a token, as far as it determines the meaning of the token.
#[derive(Clone, Copy)]
enum Before {
    Start,
    /// After `;`, a block, an attribute, or a qualifier such as `unsafe`.
    Statement,
    /// After a name, which a macro call can begin with.
    Name,
    /// After `name!` or `macro_rules! name`.
    Macro,
    Other,
}

impl Before {
    fn ends_statement(self) -> bool {
        matches!(self, Self::Start | Self::Statement)
    }

    fn after(self, token: &TokenTree) -> Self {
        const EXPRESSIONS: [&str; 9] = ["if", "while", "match", "return", "in", "break", "else", "yield", "move"];
        match (self, token) {
            (Self::Name, TokenTree::Punct(punct)) if punct.as_char() == '!' => Self::Macro,
            (Self::Macro, TokenTree::Ident(_)) => Self::Macro,
            (_, TokenTree::Punct(punct)) if punct.as_char() == ';' => Self::Statement,
            (_, TokenTree::Ident(ident)) if ident == "unsafe" || ident == "default" => self.through_qualifier(),
            (_, TokenTree::Ident(ident)) if EXPRESSIONS.iter().any(|keyword| ident == keyword) => Self::Other,
            (_, TokenTree::Ident(_)) => Self::Name,
            (_, TokenTree::Group(group)) if group.delimiter() != Delimiter::Parenthesis => Self::Statement,
            _ => Self::Other,
        }
    }

    fn through_qualifier(self) -> Self {
        if self.ends_statement() { Self::Statement } else { Self::Other }
    }
}

/// Whether `keyword` begins an item in which `Self` has another meaning.
fn starts_item(keyword: &Ident, next: Option<&TokenTree>, at_statement: bool) -> bool {
    if keyword == "impl" {
        // Elsewhere, `impl` begins a type.
        return at_statement;
    }
    let named = matches!(next, Some(TokenTree::Ident(_)));
    named && (keyword == "trait" || keyword == "struct" || keyword == "enum" || keyword == "union")
}

/// Skips to the end of the item: its braces, or `;` if it has none.
fn skip_item(tokens: &mut impl Iterator<Item = TokenTree>) {
    let mut angles = 0_usize;
    let mut arrow = false;
    for token in tokens {
        match &token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && angles == 0 => return,
            TokenTree::Punct(punct) => match punct.as_char() {
                ';' => return,
                '<' => angles += 1,
                '>' if !arrow => angles = angles.saturating_sub(1),
                _ => {}
            },
            _ => {}
        }
        arrow = matches!(&token, TokenTree::Punct(punct) if matches!(punct.as_char(), '-' | '='));
    }
}

/// Each `Option<AuthContext>` within a type. Both names can have a path.
pub(crate) fn optional_context(ty: impl ToTokens) -> Vec<SpanRange> {
    let mut found = Vec::new();
    walk_optional_context(ty.to_token_stream(), &mut found);
    found
}

fn walk_optional_context(tokens: TokenStream, found: &mut Vec<SpanRange>) {
    let tokens = without_invisible_groups(tokens);
    for (start, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => walk_optional_context(group.stream(), found),
            TokenTree::Ident(ident) if ident == "Option" => {
                let mut rest = tokens[start + 1..].iter().skip_while(|token| is_punct(token, ':'));
                if !rest.next().is_some_and(|token| is_punct(token, '<')) {
                    continue;
                }
                let mut last = None;
                let end = rest.find(|token| {
                    let in_path = matches!(token, TokenTree::Ident(_)) || is_punct(token, ':');
                    if let TokenTree::Ident(ident) = token {
                        last = Some(ident);
                    }
                    !in_path
                });
                if let (Some(end), Some(last)) = (end, last)
                    && last == "AuthContext"
                    && (is_punct(end, '>') || is_punct(end, ','))
                {
                    found.push(SpanRange::new(ident.span(), end.span()));
                }
            }
            _ => {}
        }
    }
}

/// Each `impl` within a type.
pub(crate) fn impl_trait(ty: impl ToTokens) -> Vec<Ident> {
    idents(ty.to_token_stream()).into_iter().filter(|ident| ident == "impl").collect()
}

/// Whether one of `names` occurs within a type.
pub(crate) fn mentions(ty: impl ToTokens, names: &[&Ident]) -> bool {
    idents(ty.to_token_stream()).iter().any(|ident| names.contains(&ident))
}

/// Whether a type elides a lifetime, which is not allowed in a where clause.
pub(crate) fn elides_lifetime(ty: impl ToTokens) -> bool {
    fn walk(tokens: TokenStream) -> bool {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        tokens.iter().enumerate().any(|(at, token)| match token {
            TokenTree::Group(group) => walk(group.stream()),
            TokenTree::Punct(punct) if punct.as_char() == '&' => {
                !tokens.get(at + 1).is_some_and(|next| is_punct(next, '\''))
            }
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                matches!(tokens.get(at + 1), Some(TokenTree::Ident(name)) if name == "_")
            }
            _ => false,
        })
    }
    walk(ty.to_token_stream())
}

/// Flattens the invisible groups that `macro_rules!` puts around the tokens of a `$ty:ty`.
fn without_invisible_groups(tokens: TokenStream) -> Vec<TokenTree> {
    let mut flat = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                flat.extend(without_invisible_groups(group.stream()));
            }
            token => flat.push(token),
        }
    }
    flat
}

fn idents(tokens: TokenStream) -> Vec<Ident> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => found.push(ident),
            TokenTree::Group(group) => found.extend(idents(group.stream())),
            _ => {}
        }
    }
    found
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}
