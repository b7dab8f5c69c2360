//! The tokens before an item: attributes and visibility.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The value of `#[path = ".."]`.
pub(crate) fn path_of(attribute: &TokenStream) -> Option<String> {
    let text = attribute.to_string();
    Some(text.strip_prefix("path = \"")?.strip_suffix('"')?.to_owned())
}

/// Whether the group after `pub` is part of the visibility, as in `pub(crate)` and `pub(in crate::keys)`.
pub(crate) fn is_visibility(group: TokenStream) -> bool {
    let text = group.to_string();
    matches!(text.as_str(), "crate" | "super" | "self") || text.starts_with("in ")
}

/// Whether the attribute is a `cfg` that holds only for tests and fuzz targets.
pub(crate) fn is_only_for_tests(attribute: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = attribute.into_iter().collect();
    match &tokens[..] {
        [TokenTree::Ident(name), TokenTree::Group(condition)] if name == "cfg" => {
            holds_only_in_tests(condition.stream())
        }
        _ => false,
    }
}

fn holds_only_in_tests(condition: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = condition.into_iter().collect();
    match &tokens[..] {
        [TokenTree::Ident(name)] => name == "test" || name == "fuzzing",
        [TokenTree::Ident(name), TokenTree::Group(list)] => {
            let list: Vec<TokenTree> = list.stream().into_iter().collect();
            let mut conditions = list.split(|token| token.to_string() == ",").filter(|part| !part.is_empty());
            let is_test = |part: &[TokenTree]| holds_only_in_tests(part.iter().cloned().collect());
            match name.to_string().as_str() {
                "all" => conditions.any(is_test),
                "any" => conditions.all(is_test),
                _ => false,
            }
        }
        _ => false,
    }
}

/// The tokens after the item (or field) that begins here. An import ends at its semicolon, others also at braces.
pub(crate) fn after_item(tokens: &[TokenTree]) -> &[TokenTree] {
    let is_import = tokens.iter().take(4).any(|token| token.to_string() == "use");
    let is_end = |token: &TokenTree| match token {
        TokenTree::Punct(mark) => mark.as_char() == ';' || mark.as_char() == ',',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace && !is_import,
        _ => false,
    };
    let end = tokens.iter().position(is_end).map_or(tokens.len(), |end| end + 1);
    &tokens[end..]
}
