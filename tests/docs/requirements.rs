//! The requirements of a policy. Their source is `REQUIREMENTS` of the macros.

use std::collections::BTreeSet;

use crate::documents::{documents, file};

const SOURCE: &str = "okta-auth-macros/src/requirement.rs";

/// The texts in quotes that follow `before` in the table of requirements.
fn quoted_after<'s>(source: &'s str, before: &str) -> BTreeSet<&'s str> {
    let table = source.split("REQUIREMENTS: [").nth(1).and_then(|rest| rest.split("\n];").next()).expect("the table");
    table.split(before).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn tables_of_requirements_list_all_of_them() {
    let source = file(SOURCE);
    let names = quoted_after(&source, "name: \"");
    assert!(names.len() >= 11, "{names:?}");
    let mut places = Vec::new();
    for document in documents() {
        for table in document.tables().into_iter().filter(|table| table.header[0] == "requirement") {
            let listed = table.rows.iter().filter_map(|row| row[0].strip_prefix('`')?.split('(').next());
            assert_eq!(listed.collect::<BTreeSet<_>>(), names, "{}", table.place);
            places.push(document.path.clone());
        }
    }
    assert!(places.contains(&"okta-auth-macros/src/lib.rs".to_owned()), "{places:?}");
    assert!(places.contains(&"src/guide/policies.md".to_owned()), "{places:?}");
}

#[test]
fn every_requirement_has_a_constructor_in_the_runtime() {
    let source = file(SOURCE);
    let constructors = file("okta-auth-runtime/src/policy/constructors.rs");
    let negated = quoted_after(&source, "Negation::Constructor(\"");
    assert!(negated.len() >= 3, "{negated:?}");
    for name in quoted_after(&source, "name: \"").into_iter().chain(negated) {
        let forms = [format!("pub fn {name}("), format!("pub const fn {name}("), format!("\n    {name}(")];
        assert!(forms.iter().any(|form| constructors.contains(form)), "{name}");
    }
}

/// The values of Okta's `acr` claim in a file, apart from those of its tests.
fn okta_acr_values(path: &str) -> BTreeSet<String> {
    let text = file(path);
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let values = text.split("urn:okta:").skip(1).map(|rest| {
        rest.chars().take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == ':').collect::<String>()
    });
    values.filter(|value| !value.is_empty()).collect()
}

#[test]
fn acr_values_of_okta_are_the_same_in_each_list() {
    let known = okta_acr_values("okta-auth-macros/src/text_rules.rs");
    assert_eq!(known.len(), 4, "{known:?}");
    for path in [
        "okta-auth-runtime/src/access_token/implications.rs",
        "okta-auth-runtime/src/config/issuer.rs",
        "src/guide/step_up.md",
    ] {
        assert_eq!(okta_acr_values(path), known, "{path}");
    }
}
