//! The features, the version and the Rust version. Their source is `Cargo.toml`.

use std::collections::BTreeMap;

use crate::documents::{documents, file, markdown_files};

/// The value in quotes of a key at the start of a line.
fn value(manifest: &str, key: &str) -> String {
    let line = manifest.lines().find_map(|line| line.strip_prefix(&format!("{key} = \"")));
    line.and_then(|rest| rest.split('"').next()).unwrap_or_else(|| panic!("no {key}")).to_owned()
}

/// The features of the facade, and whether each is a default.
fn features(manifest: &str) -> BTreeMap<&str, bool> {
    let section = manifest.split("[features]\n").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("features");
    let features = section.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
    let defaults = features.clone().find(|(name, _)| *name == "default").expect("defaults").1;
    let is_default = |name: &str| defaults.contains(&format!("\"{name}\""));
    features.filter(|(name, _)| *name != "default").map(|(name, _)| (name, is_default(name))).collect()
}

#[test]
fn tables_of_features_list_those_of_the_manifest() {
    let manifest = file("Cargo.toml");
    let features = features(&manifest);
    let mut places = Vec::new();
    for document in documents() {
        // The other crates have fewer features.
        if document.path.starts_with("okta-auth-") {
            continue;
        }
        for table in document.tables().iter().filter(|table| table.header == ["feature", "default", "meaning"]) {
            let listed: BTreeMap<&str, bool> =
                table.rows.iter().map(|row| (row[0].trim_matches('`'), row[1] == "yes")).collect();
            assert_eq!(listed, features, "{}", table.place);
            places.push(document.path.clone());
        }
    }
    assert!(places.contains(&"README.md".to_owned()), "{places:?}");
}

#[test]
fn documents_have_the_version_and_rust_version_of_the_manifest() {
    let manifest = file("Cargo.toml");
    let version = value(&manifest, "version");
    let minor = version.rsplit_once('.').expect("a patch version").0;
    let rust = value(&manifest, "rust-version");
    let (mut dependencies, mut statements) = (0, 0);
    for document in markdown_files() {
        for line in document.text.lines() {
            for name in ["okta-auth", "okta-auth-testing"] {
                let start = [format!("{name} = \""), format!("{name} = {{ version = \"")];
                if let Some(rest) = start.iter().find_map(|start| line.strip_prefix(start.as_str())) {
                    assert_eq!(rest.split('"').next(), Some(minor), "{}: {line}", document.path);
                    dependencies += 1;
                }
            }
        }
        let text = document.in_one_line();
        for rest in text.split("minimum supported Rust version is ").skip(1) {
            let found = rest.split(|letter: char| !letter.is_ascii_digit() && letter != '.').next();
            assert_eq!(found.map(|found| found.trim_end_matches('.')), Some(rust.as_str()), "{}", document.path);
            statements += 1;
        }
    }
    assert!(dependencies >= 3 && statements >= 1, "{dependencies} dependencies, {statements} statements");
}
