//! The modules of a crate with the items, imports, and paths of each, read from the source text. Test code is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::attributes::{after_item, is_only_for_tests, is_visibility, path_of};
use crate::paths::{Import, path_at, read_use};

/// The segments of a path, for example `crate`, `keys`, `KeyStore`.
pub(crate) type Segments = Vec<String>;

/// The modules of one crate by their paths below the root, which is the empty path.
#[derive(Default)]
pub(crate) struct Source {
    modules: BTreeMap<Segments, Module>,
}

#[derive(Default)]
pub(crate) struct Module {
    pub(crate) file: PathBuf,
    pub(crate) imports: Vec<Import>,
    /// Every path of two segments or more, outside of `use` declarations.
    pub(crate) paths: BTreeSet<Segments>,
    /// Every identifier outside of `use` declarations.
    pub(crate) names: BTreeSet<String>,
    items: BTreeSet<String>,
}

/// The end of a path: a module, or an item in a module.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) module: Segments,
    pub(crate) item: Option<String>,
}

impl Source {
    /// Reads the crate with this root file. `read` returns the text of a file, and `None` if there is no such file.
    pub(crate) fn read(root: &Path, read: &dyn Fn(&Path) -> Option<String>) -> Self {
        let mut reader = Reader { source: Self::default(), read };
        let folder = root.parent().expect("a folder").to_owned();
        reader.file(root, &folder, Vec::new());
        reader.source
    }

    pub(crate) fn modules(&self) -> impl Iterator<Item = (&Segments, &Module)> {
        self.modules.iter()
    }

    pub(crate) fn module(&self, path: &[String]) -> &Module {
        &self.modules[path]
    }

    /// The target of a path that the module `from` names, through re-exports. `None` for another crate's items.
    pub(crate) fn resolve(&self, from: &[String], path: &[String]) -> Option<Target> {
        self.resolve_within(from, path, 16)
    }

    /// `path` without `crate`, `self`, `super` and local names, as segments below the crate root.
    pub(crate) fn absolute(&self, from: &[String], path: &[String]) -> Option<Segments> {
        let mut base = from.to_vec();
        let mut rest = path;
        while let [first, after @ ..] = rest {
            match first.as_str() {
                "crate" => base.clear(),
                "self" => {}
                "super" => _ = base.pop(),
                _ => break,
            }
            rest = after;
        }
        let is_relative = rest.len() == path.len();
        if is_relative && !rest.first().is_some_and(|first| self.modules[from].knows(&self.child(from, first), self)) {
            return None;
        }
        Some([&base, rest].concat())
    }

    fn resolve_within(&self, from: &[String], path: &[String], depth: u8) -> Option<Target> {
        let depth = depth.checked_sub(1)?;
        let is_relative = !matches!(path.first()?.as_str(), "crate" | "self" | "super");
        let absolute = match self.absolute(from, path) {
            Some(absolute) => absolute,
            None => return self.resolve_by_glob(from, path, depth),
        };
        let start = if is_relative { from.len() } else { 0 };
        let mut module = absolute[..start].to_vec();
        for (index, segment) in absolute.iter().enumerate().skip(start) {
            let child = self.child(&module, segment);
            if self.modules.contains_key(&child) {
                module = child;
                continue;
            }
            let item = Target { module: module.clone(), item: Some(segment.clone()) };
            let here = &self.modules[&module];
            let rest = &absolute[index..];
            if let Some(import) = here.import(segment) {
                return self.resolve_within(&module, &[&import.path, &rest[1..]].concat(), depth);
            }
            if here.items.contains(segment) {
                return Some(item);
            }
            // An item that the module does not declare comes from a glob import or from a macro.
            return self.resolve_by_glob(&module, rest, depth).or(Some(item));
        }
        Some(Target { module, item: None })
    }

    /// The target of a path whose first segment comes from a glob import of `module`.
    fn resolve_by_glob(&self, module: &[String], path: &[String], depth: u8) -> Option<Target> {
        let globs = self.modules[module].imports.iter().filter(|import| import.name.is_none());
        let mut targets = globs.filter_map(|glob| self.resolve_within(module, &glob.path, depth));
        let origin = targets.find(|target| target.item.is_none() && self.declares(&target.module, &path[0]))?.module;
        let absolute = [&["crate".to_owned()], &*origin, path].concat();
        self.resolve_within(&origin, &absolute, depth)
    }

    /// Whether the module defines or imports something of this name, or has a child of this name.
    pub(crate) fn declares(&self, module: &[String], name: &str) -> bool {
        self.modules[module].knows(&self.child(module, name), self)
    }

    fn child(&self, module: &[String], name: &str) -> Segments {
        [module, &[name.to_owned()]].concat()
    }
}

impl Module {
    pub(crate) fn import(&self, name: &str) -> Option<&Import> {
        self.imports.iter().find(|import| import.name.as_deref() == Some(name))
    }

    fn knows(&self, path: &[String], source: &Source) -> bool {
        let name = path.last().map_or("", String::as_str);
        source.modules.contains_key(path) || self.items.contains(name) || self.import(name).is_some()
    }
}

struct Reader<'r> {
    source: Source,
    read: &'r dyn Fn(&Path) -> Option<String>,
}

/// The position of a token stream: its module, and the folder with the files of its child modules.
#[derive(Clone)]
struct Place {
    module: Segments,
    folder: PathBuf,
    /// Whether the tokens are the items of the module, not the inside of an item.
    is_top: bool,
}

impl Reader<'_> {
    fn file(&mut self, file: &Path, folder: &Path, module: Segments) {
        let text = (self.read)(file).unwrap_or_else(|| panic!("{} is missing", file.display()));
        let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.source.modules.insert(module.clone(), Module { file: file.to_owned(), ..Module::default() });
        self.tokens(tokens, &Place { module, folder: folder.to_owned(), is_top: true });
    }

    fn tokens(&mut self, tokens: TokenStream, place: &Place) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut rest = &tokens[..];
        let mut path_attribute = None;
        let mut is_public = false;
        while !rest.is_empty() {
            let was_public = std::mem::take(&mut is_public);
            rest = match rest {
                [TokenTree::Punct(hash), TokenTree::Group(attribute), after @ ..]
                    if hash.as_char() == '#' && attribute.delimiter() == Delimiter::Bracket =>
                {
                    let attribute = attribute.stream();
                    if is_only_for_tests(attribute.clone()) {
                        path_attribute = None;
                        after_item(after)
                    } else {
                        path_attribute = path_attribute.or_else(|| path_of(&attribute));
                        self.tokens(attribute, &Place { is_top: false, ..place.clone() });
                        after
                    }
                }
                [TokenTree::Ident(word), TokenTree::Group(visibility), after @ ..]
                    if word == "pub" && is_visibility(visibility.stream()) =>
                {
                    is_public = true;
                    after
                }
                [TokenTree::Ident(word), after @ ..] if word == "pub" => {
                    is_public = true;
                    after
                }
                // `use<..>` in a type captures lifetimes.
                [TokenTree::Ident(word), next, ..] if word == "use" && next.to_string() != "<" => {
                    let (imports, after) = read_use(&rest[1..], was_public);
                    self.module(place).imports.extend(imports);
                    after
                }
                [TokenTree::Ident(word), TokenTree::Ident(name), body, after @ ..] if word == "mod" => {
                    self.child(&name.to_string(), path_attribute.take(), body, place);
                    after
                }
                _ => self.other(rest, place),
            };
        }
    }

    /// A module that is declared in `place`. `body` is its braces, or the semicolon after its name.
    fn child(&mut self, name: &str, path: Option<String>, body: &TokenTree, place: &Place) {
        let mut child = place.clone();
        child.module.push(name.to_owned());
        child.folder.push(name);
        child.is_top = true;
        if let TokenTree::Group(body) = body {
            let file = self.module(place).file.clone();
            // Two functions can have inner modules of the same name.
            let module = self.source.modules.entry(child.module.clone());
            module.or_insert_with(|| Module { file, ..Module::default() });
            self.tokens(body.stream(), &child);
            return;
        }
        if let Some(path) = path {
            let file = self.module(place).file.with_file_name(path);
            self.file(&file, &file.with_extension(""), child.module);
            return;
        }
        let beside = place.folder.join(format!("{name}.rs"));
        let inside = child.folder.join("mod.rs");
        let file = if (self.read)(&beside).is_some() { beside } else { inside };
        self.file(&file, &child.folder, child.module);
    }

    /// Records the names in tokens that do not begin an attribute, an import, or a module. Returns the tokens after them.
    fn other<'t>(&mut self, tokens: &'t [TokenTree], place: &Place) -> &'t [TokenTree] {
        let module = self.module(place);
        match tokens {
            [TokenTree::Ident(keyword), TokenTree::Ident(name), after @ ..]
                if place.is_top && DEFINING.contains(&keyword.to_string().as_str()) =>
            {
                module.items.insert(name.to_string());
                after
            }
            // A path into another crate, or the rest of a path after generic arguments.
            [TokenTree::Punct(first), TokenTree::Punct(second), TokenTree::Ident(_), ..]
                if first.as_char() == ':' && second.as_char() == ':' =>
            {
                path_at(&tokens[2..]).1
            }
            [TokenTree::Punct(dot), TokenTree::Ident(_), after @ ..] if dot.as_char() == '.' => after,
            [TokenTree::Ident(_), ..] => {
                let (path, after) = path_at(tokens);
                module.names.insert(path[0].clone());
                if path.len() > 1 {
                    module.paths.insert(path);
                }
                after
            }
            [TokenTree::Group(group), after @ ..] => {
                self.tokens(group.stream(), &Place { is_top: false, ..place.clone() });
                after
            }
            _ => &tokens[1..],
        }
    }

    fn module(&mut self, place: &Place) -> &mut Module {
        self.source.modules.get_mut(&place.module).expect("a module is inserted before its tokens are read")
    }
}

const DEFINING: [&str; 10] =
    ["struct", "enum", "union", "trait", "type", "const", "static", "fn", "mut", "macro_rules"];
