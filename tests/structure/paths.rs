//! Paths and `use` declarations in a stream of tokens.

use proc_macro2::TokenTree;

/// One name that a `use` declaration brings into scope.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Import {
    /// The name in scope. `None` for a glob import.
    pub(crate) name: Option<String>,
    pub(crate) path: Vec<String>,
    pub(crate) is_public: bool,
}

/// The path that begins at the first token, an identifier, and the tokens after it.
pub(crate) fn path_at(tokens: &[TokenTree]) -> (Vec<String>, &[TokenTree]) {
    let mut path = vec![tokens[0].to_string()];
    let mut rest = &tokens[1..];
    while let [TokenTree::Punct(first), TokenTree::Punct(second), TokenTree::Ident(segment), after @ ..] = rest
        && first.as_char() == ':'
        && second.as_char() == ':'
    {
        path.push(segment.to_string());
        rest = after;
    }
    (path, rest)
}

/// The imports of the `use` declaration whose keyword was read, and the tokens after its semicolon.
pub(crate) fn read_use(tokens: &[TokenTree], is_public: bool) -> (Vec<Import>, &[TokenTree]) {
    let end = tokens.iter().position(|token| token.to_string() == ";").unwrap_or(tokens.len());
    let mut imports = Vec::new();
    read_tree(&tokens[..end], &[], &mut |name, path| imports.push(Import { name, path, is_public }));
    (imports, tokens.get(end + 1..).unwrap_or_default())
}

fn read_tree(tokens: &[TokenTree], prefix: &[String], found: &mut dyn FnMut(Option<String>, Vec<String>)) {
    let mut path = prefix.to_vec();
    let mut name = None;
    let mut tokens = tokens.iter();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(word) if word == "as" => name = tokens.next().map(ToString::to_string),
            TokenTree::Ident(word) if word == "self" && !path.is_empty() => {}
            TokenTree::Ident(word) => path.push(word.to_string()),
            TokenTree::Punct(mark) if mark.as_char() == '*' => return found(None, path),
            TokenTree::Group(group) => {
                let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
                let trees = tokens.split(|token| token.to_string() == ",").filter(|tree| !tree.is_empty());
                return trees.for_each(|tree| read_tree(tree, &path, found));
            }
            // A path that begins with `::` names another crate.
            TokenTree::Punct(_) if path.is_empty() => path.push("::".to_owned()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    let name = name.or_else(|| path.last().cloned());
    found(name, path);
}
