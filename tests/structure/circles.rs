//! No files of a crate import each other, neither directly nor through other files.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use crate::source::{Module, Segments, Source};

/// For each file the files that it imports, each with the paths that name its items.
type Imports = BTreeMap<PathBuf, BTreeMap<PathBuf, BTreeSet<String>>>;

fn imports(source: &Source) -> Imports {
    let mut imports = Imports::new();
    for (from, module) in source.modules() {
        for path in named(source, from, module) {
            let Some(target) = source.resolve(from, &path) else { continue };
            // A path to a module imports no item. The paths through that module do.
            if target.item.is_none() {
                continue;
            }
            let file = &source.module(&target.module).file;
            if *file != module.file {
                let files = imports.entry(module.file.clone()).or_default();
                files.entry(file.clone()).or_default().insert(path.join("::"));
            }
        }
    }
    imports
}

/// The paths that the module names. A re-export counts only if the module itself uses the name. A glob import counts as
/// the names that the module uses.
fn named(source: &Source, from: &[String], module: &Module) -> BTreeSet<Segments> {
    // `use a::B` already names the item of `B::new`.
    let is_imported_item = |path: &Segments| {
        let import = module.import(&path[0]).and_then(|import| source.resolve(from, &import.path));
        import.is_some_and(|target| target.item.is_some())
    };
    let mut named: BTreeSet<Segments> = module.paths.iter().filter(|path| !is_imported_item(path)).cloned().collect();
    for import in &module.imports {
        match &import.name {
            Some(name) if !import.is_public || module.names.contains(name) => _ = named.insert(import.path.clone()),
            Some(_) => {}
            None => {
                let Some(target) = source.resolve(from, &import.path) else { continue };
                let names = module.names.iter().filter(|name| source.declares(&target.module, name));
                named.extend(names.map(|name| [import.path.clone(), vec![name.clone()]].concat()));
            }
        }
    }
    named
}

/// The shortest circle through each file, from the least of its files on.
fn circles(imports: &Imports) -> BTreeSet<Vec<&Path>> {
    imports.keys().filter_map(|file| shortest_circle(imports, file)).collect()
}

fn shortest_circle<'i>(imports: &'i Imports, start: &'i Path) -> Option<Vec<&'i Path>> {
    let mut came_from: BTreeMap<&Path, &Path> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(file) = queue.pop_front() {
        for next in imports.get(file).into_iter().flat_map(BTreeMap::keys).map(PathBuf::as_path) {
            if next == start {
                let mut circle: Vec<&Path> =
                    std::iter::successors(Some(file), |file| came_from.get(file).copied()).collect();
                circle.reverse();
                let least = circle.iter().enumerate().min_by_key(|(_, file)| **file).map_or(0, |(index, _)| index);
                circle.rotate_left(least);
                return Some(circle);
            }
            if !came_from.contains_key(next) {
                came_from.insert(next, file);
                queue.push_back(next);
            }
        }
    }
    None
}

/// Each circle in words, with the paths by which each file names the next.
fn report(imports: &Imports) -> Vec<String> {
    let describe = |circle: Vec<&Path>| {
        let nexts = circle.iter().cycle().skip(1);
        let steps = circle.iter().zip(nexts).map(|(file, next)| {
            let names: Vec<&str> = imports[*file][*next].iter().map(String::as_str).collect();
            format!("  {} imports {}: {}", file.display(), next.display(), names.join(", "))
        });
        format!("files import each other:\n{}", steps.collect::<Vec<_>>().join("\n"))
    };
    circles(imports).into_iter().map(describe).collect()
}

/// The root files of every target of every package, below the root of the repository.
fn targets(repository: &Path) -> Vec<PathBuf> {
    let entries = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten();
        entries.map(|entry| entry.expect("an entry").path()).collect()
    };
    let folders =
        [&entries(repository)[..], &entries(&repository.join("examples")), &entries(&repository.join("tests"))];
    let benches = entries(&repository.join("benches"));
    let packages = folders.concat().into_iter().chain(benches).chain([repository.to_owned()]);
    let mut targets = Vec::new();
    for package in packages.filter(|folder| folder.join("Cargo.toml").is_file()) {
        targets.extend(["src/lib.rs", "src/main.rs"].map(|root| package.join(root)));
        for folder in ["src/bin", "tests", "examples", "benches"] {
            for entry in entries(&package.join(folder)) {
                let is_source = entry.extension().is_some_and(|extension| extension == "rs");
                targets.push(if is_source { entry } else { entry.join("main.rs") });
            }
        }
    }
    targets.retain(|target| target.is_file());
    targets.iter().filter_map(|target| Some(target.strip_prefix(repository).ok()?.to_owned())).collect()
}

#[test]
fn no_files_import_each_other() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &Path| fs::read_to_string(repository.join(path)).ok();
    let targets = targets(repository);
    assert!(targets.len() > 20, "{targets:?}");
    let found: Vec<String> = targets.iter().flat_map(|target| report(&imports(&Source::read(target, &read)))).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The circles in a crate of these files; each is a path below `src` and its text.
    fn circles_of(files: &[(&str, &str)]) -> Vec<String> {
        let read = |path: &Path| {
            let path = path.strip_prefix("src").ok()?;
            files.iter().find(|(file, _)| Path::new(file) == path).map(|(_, text)| (*text).to_owned())
        };
        report(&imports(&Source::read(Path::new("src/lib.rs"), &read)))
    }

    #[test]
    fn two_files_that_import_each_other_are_reported() {
        for (left, right) in [
            ("use crate::right::Right; pub struct Left;", "use crate::left::Left; pub struct Right;"),
            ("use super::right; pub fn f() { right::f(); }", "pub fn f() { super::left::f(); }"),
            ("use super::right::*; pub fn f() { g(); }", "pub fn g() { json!({ \"x\": crate::left::f() }); }"),
            ("use crate::Right; pub struct Left;", "use crate::{Left}; pub struct Right;"),
        ] {
            let root = "mod left; mod right; pub use left::Left; pub use right::Right;";
            let circles = circles_of(&[("lib.rs", root), ("left.rs", left), ("right.rs", right)]);
            assert_eq!(circles.len(), 1, "{left} {right}: {circles:?}");
            assert!(circles[0].contains("src/left.rs imports src/right.rs: "), "{circles:?}");
            assert!(circles[0].contains("src/right.rs imports src/left.rs: "), "{circles:?}");
        }
    }

    #[test]
    fn three_files_in_a_circle_are_reported_once() {
        let circles = circles_of(&[
            ("lib.rs", "mod a; mod b; mod c; mod d;"),
            ("a.rs", "use crate::b::B; pub struct A;"),
            ("b.rs", "use crate::c::C; pub struct B;"),
            ("c.rs", "use crate::a::A; use crate::d::D; pub struct C;"),
            ("d.rs", "pub struct D;"),
        ]);
        let expected = "files import each other:\n  src/a.rs imports src/b.rs: crate::b::B\n  \
                        src/b.rs imports src/c.rs: crate::c::C\n  src/c.rs imports src/a.rs: crate::a::A";
        assert_eq!(circles, [expected]);
    }

    #[test]
    fn child_that_uses_an_item_of_its_parent_is_reported() {
        let child = "use super::Parent; pub struct Child;";
        for parent in [
            "mod child; use child::Child; pub struct Parent(Child);",
            "mod child; pub struct Parent(child::Child);",
            "mod child; pub use self::child::Child; pub struct Parent(Child);",
        ] {
            for (root, file) in [("mod parent;", "parent/mod.rs"), ("mod parent;", "parent.rs")] {
                let circles = circles_of(&[("lib.rs", root), (file, parent), ("parent/child.rs", child)]);
                assert_eq!(circles.len(), 1, "{parent}: {circles:?}");
            }
        }
    }

    #[test]
    fn reexports_are_not_circles() {
        let files = [
            ("lib.rs", "mod keys; pub use keys::{Key, KeyStore};"),
            ("keys/mod.rs", "mod key; mod store; pub use key::Key; pub use store::KeyStore;"),
            ("keys/key.rs", "pub struct Key;"),
            ("keys/store.rs", "use super::Key; use crate::keys::key; pub struct KeyStore(Key, key::Key);"),
        ];
        assert_eq!(circles_of(&files), [""; 0]);
    }

    #[test]
    fn modules_of_one_file_are_not_a_circle() {
        let root = "mod inner { use super::Outer; pub struct Inner; } use inner::Inner; pub struct Outer(Inner);";
        assert_eq!(circles_of(&[("lib.rs", root)]), [""; 0]);
    }

    #[test]
    fn comments_strings_and_tests_do_not_count() {
        let left = "// crate::right::Right\n/// [`crate::right::Right`]\npub struct Left;\n\
                    const TEXT: &str = \"crate::right::Right\";\n#[cfg(test)] mod tests { use crate::right::Right; }";
        let files = [
            ("lib.rs", "mod left; mod right;"),
            ("left.rs", left),
            ("right.rs", "use crate::left::Left; pub struct Right;"),
        ];
        assert_eq!(circles_of(&files), [""; 0]);
    }
}
