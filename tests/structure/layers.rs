//! Each module of the runtime uses only the modules of earlier rows of the table in its `lib.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::source::Source;

/// Modules at the root that are not part of a layer: they re-export for the attribute and for fuzzing.
const EXEMPT: [&str; 2] = ["__private", "__fuzz"];

/// The modules in each row of the table. The table is the one in the module docs with names in its second column.
fn table(root: &str) -> Vec<Vec<String>> {
    let rows = root.lines().filter_map(|line| line.strip_prefix("//! |"));
    let names = rows.map(|row| {
        let cell = row.split('|').nth(1).unwrap_or_default();
        cell.split('`').skip(1).step_by(2).map(|name| name.trim_end_matches('/').to_owned()).collect()
    });
    names.filter(|names: &Vec<String>| !names.is_empty()).collect()
}

/// Every violation of the table, in words.
fn violations(source: &Source, table: &[Vec<String>]) -> Vec<String> {
    let row = |module: &str| table.iter().position(|row| row.iter().any(|name| name == module));
    let mut violations = BTreeSet::new();
    let is_module = |name: &str| source.modules().any(|(path, _)| *path == [name]);
    for name in table.iter().flatten().filter(|name| !is_module(name)) {
        violations.insert(format!("the table lists `{name}`, which is not a module"));
    }
    for (path, module) in source.modules() {
        let Some(user) = path.first().filter(|user| !EXEMPT.contains(&user.as_str())) else { continue };
        let Some(layer) = row(user) else {
            violations.insert(format!("the table does not list the module `{user}`"));
            continue;
        };
        let imports = module.imports.iter().map(|import| &import.path);
        for named in imports.chain(&module.paths) {
            let Some(used) = top_level(source, path, named).filter(|used| used != user) else { continue };
            if row(&used).is_none_or(|used| used >= layer) {
                let file = module.file.display();
                violations.insert(format!(
                    "`{user}` uses `{used}`, which is not in an earlier row: {} in {file}",
                    named.join("::")
                ));
            }
        }
    }
    violations.into_iter().collect()
}

/// The module at the root to which a path leads. A name that `lib.rs` re-exports leads to its module, and a glob import
/// of the root leads to `crate`, which no row lists.
fn top_level(source: &Source, from: &[String], path: &[String]) -> Option<String> {
    let absolute = source.absolute(from, path)?;
    let Some(first) = absolute.first() else { return Some("crate".to_owned()) };
    let through_root = source.module(&[]).import(first).and_then(|import| source.absolute(&[], &import.path));
    through_root.unwrap_or(absolute).into_iter().next()
}

#[test]
fn modules_use_only_earlier_layers() {
    let root = Path::new("okta-auth-runtime/src/lib.rs");
    let read = |path: &Path| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok();
    let table = table(&read(root).expect("lib.rs"));
    assert!(!table.is_empty(), "the module docs of okta-auth-runtime/src/lib.rs have no table of layers");
    let violations = violations(&Source::read(root, &read), &table);
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "
        //! | layer | module | contents |
        //! |---:|---|---|
        //! | 1 | `clock` | `time` |
        //! | 2 | `jose/`, `http` | JSON |
        //! | 2 | `keys` | |
        mod clock;
        mod http;
        mod jose;
        mod keys;
        pub use keys::KeyStore;
        #[cfg(any(test, fuzzing))]
        pub mod __fuzz;
        pub mod __private { pub use crate::keys::KeyStore; }
    ";

    /// The violations in a crate with these modules; each is a name and its text. The other modules are empty.
    fn violations_of(modules: &[(&str, &str)]) -> Vec<String> {
        let root = TABLE.lines().map(str::trim_start).collect::<Vec<_>>().join("\n");
        let read = |path: &Path| {
            let name = path.file_stem()?.to_str()?;
            if name == "lib" {
                return Some(root.clone());
            }
            let text = modules.iter().find(|(module, _)| *module == name).map(|(_, text)| *text);
            Some(text.unwrap_or_default().to_owned())
        };
        violations(&Source::read(Path::new("src/lib.rs"), &read), &table(&root))
    }

    fn is_allowed(modules: &[(&str, &str)]) -> bool {
        violations_of(modules).is_empty()
    }

    #[test]
    fn table_lists_the_names_of_its_second_column() {
        assert_eq!(table("//! | 1 | `a/`, `b` | `c` |\n//! | - | - |\n// | 1 | `d` |"), [["a", "b"]]);
    }

    #[test]
    fn earlier_rows_may_be_used() {
        assert!(is_allowed(&[("keys", "use crate::{clock::Clock, jose}; fn f() { super::http::get(); }")]));
    }

    #[test]
    fn upward_import_is_reported() {
        for text in [
            "use crate::keys::KeyStore;",
            "use crate::{clock::Clock, keys::{KeyStore, self}};",
            "use super::keys;",
            "use crate::keys::*;",
            "pub(in crate::jose) use crate::keys::KeyStore as Store;",
            "fn f() { let store = crate::keys::KeyStore::new(); }",
            "fn f(store: &super::keys::KeyStore) {}",
            "fn f() { assert!(crate::keys::is_new()); }",
            "macro_rules! m { () => { $crate::keys::KeyStore }; }",
            "mod inner { use super::super::keys::KeyStore; }",
            "#[derive(crate::keys::Derive)] struct Jose;",
            "impl From<self::super::keys::KeyStore> for Jose {}",
            "use crate::KeyStore;",
            "use crate::http;",
            "use super::*;",
        ] {
            let violations = violations_of(&[("jose", text)]);
            assert!(!violations.is_empty(), "{text}");
            assert!(violations[0].starts_with("`jose` uses `"), "{violations:?}");
            assert!(violations[0].ends_with(" in src/jose.rs"), "{violations:?}");
        }
    }

    #[test]
    fn comments_strings_and_tests_do_not_count() {
        for text in [
            "// use crate::keys::KeyStore;",
            "//! [`crate::keys::KeyStore`]",
            "/* crate::keys::KeyStore */",
            "/// See [`crate::keys::KeyStore`].\nstruct Jose;",
            "const PATH: &str = \"crate::keys::KeyStore\";",
            "const PATH: &str = r#\"\"crate::keys::KeyStore\"\"#;",
            "#[cfg(test)] mod tests { use crate::keys::KeyStore; }",
            "#[cfg(all(test, unix))] mod tests;",
            "#[path = \"jose_tests.rs\"] #[cfg(test)] mod tests; mod inner {}",
            "#[cfg(test)] pub(crate) use crate::{keys::KeyStore};",
            "struct Jose { #[cfg(test)] store: crate::keys::KeyStore, }",
            "pub(in crate::keys) struct Jose;",
            "use ::keys::KeyStore; use other::keys; fn f() { other::crate_keys::f(); }",
        ] {
            assert!(is_allowed(&[("jose", text)]), "{text}: {:?}", violations_of(&[("jose", text)]));
        }
    }

    #[test]
    fn code_after_a_test_item_counts() {
        for item in ["mod tests { fn f() {} }", "use a::{b, c};", "fn f() {}", "const A: u8 = 1;"] {
            let text = format!("#[cfg(test)] {item} fn g() {{ crate::keys::f(); }}");
            assert!(!is_allowed(&[("jose", &text)]), "{text}");
        }
        for condition in ["not(test)", "any(test, unix)", "feature = \"test\""] {
            let text = format!("#[cfg({condition})] use crate::keys::KeyStore;");
            assert!(!is_allowed(&[("jose", &text)]), "{text}");
        }
    }

    #[test]
    fn table_and_modules_agree() {
        let root = "//! | 1 | `clock` | |\n//! | 2 | `gone` | |\nmod clock;\nmod extra;";
        let read = |path: &Path| Some(if path.ends_with("lib.rs") { root.to_owned() } else { String::new() });
        let violations = violations(&Source::read(Path::new("src/lib.rs"), &read), &table(root));
        let expected = ["the table does not list the module `extra`", "the table lists `gone`, which is not a module"];
        assert_eq!(violations, expected);
    }
}
