//! The tests, groups and defects that a document names exist.

use std::collections::BTreeSet;

use crate::documents::{Document, file, rust_files};

const TOKEN_ERROR: &str = "okta-auth-runtime/src/error/token.rs";
const PROOF_ERROR: &str = "okta-auth-runtime/src/error/proof.rs";
const PROOF_RULES: &str = "docs/proof-rules.md";

/// The text in backticks outside of code blocks.
fn quoted(document: &str) -> Vec<&str> {
    let text = document.split("```").step_by(2);
    text.flat_map(|text| text.split('`').skip(1).step_by(2)).collect()
}

/// The reason codes in the source of the error.
fn codes(source: &str) -> BTreeSet<&str> {
    let codes = source.split("pub fn code(").nth(1).and_then(|rest| rest.split("\n    }\n").next()).expect("the codes");
    codes.split('"').skip(1).step_by(2).collect()
}

#[test]
fn every_test_that_a_document_names_exists() {
    let sources: String = rust_files().map(|(_, text)| text).collect();
    let errors = [TOKEN_ERROR, PROOF_ERROR].map(file);
    let codes: BTreeSet<&str> = errors.iter().flat_map(|source| codes(source)).collect();
    let mut named = BTreeSet::new();
    let documents = ["docs/token-rules.md", PROOF_RULES, "SECURITY.md", "CONTRIBUTING.md"].map(file);
    for name in documents.iter().flat_map(|document| quoted(document)) {
        let is_name =
            name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_');
        if is_name && name.matches('_').count() >= 3 && !codes.contains(name) {
            assert!(sources.contains(&format!("fn {name}(")), "no test {name}");
            named.insert(name);
        }
    }
    assert!(named.len() >= 10, "{named:?}");
}

#[test]
fn every_corpus_group_in_the_token_rules_exists() {
    let rules = file("docs/token-rules.md");
    let mut groups = 0;
    for name in quoted(&rules).into_iter().filter(|name| !name.contains(' ') || name.contains(".rs: ")) {
        let (name, names) = name.split_once(": ").unwrap_or((name, "cases"));
        if !name.ends_with(".rs") {
            continue;
        }
        let source = file(&format!("tests/strict/corpus/{name}"));
        for group in names.split(", ") {
            assert!(source.contains(&format!("fn {group}(")), "no group {group} in {name}");
            groups += 1;
        }
    }
    assert!(groups >= 30, "{groups} groups");
}

#[test]
fn every_token_rule_names_a_test() {
    let rules = file("docs/token-rules.md");
    let table = rules.split("\n|---|").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("the table");
    let rows: Vec<&str> = table.lines().skip(1).collect();
    assert!(rows.len() >= 30, "{} rows", rows.len());
    for row in rows {
        assert!(row.ends_with("` |"), "{row}");
    }
}

#[test]
fn token_rules_list_exactly_the_token_error_codes() {
    let source = file(TOKEN_ERROR);
    let codes = codes(&source);
    let rules = file("docs/token-rules.md");
    let rows = rules.lines().filter(|line| line.starts_with("| ")).map(|row| row.split(" | ").collect::<Vec<_>>());
    let table: BTreeSet<&str> = rows.filter_map(|row| row.get(3)?.strip_prefix('`')?.strip_suffix('`')).collect();
    assert!(codes.len() > 20, "{codes:?}");
    assert_eq!(table, codes);
}

/// The rows of the proof rules: the code, or another text, and the tests.
fn proof_rules() -> Vec<[String; 2]> {
    let document = Document { path: PROOF_RULES.into(), text: file(PROOF_RULES) };
    let table = document.tables().into_iter().find(|table| table.header == ["rule", "check", "source", "code", "test"]);
    let rows = table.expect("the table").rows.into_iter();
    rows.map(|row| [row[3].clone(), row[4].clone()]).collect()
}

#[test]
fn proof_rules_list_exactly_the_proof_error_codes() {
    let source = file(PROOF_ERROR);
    let rules = proof_rules();
    let listed = rules.iter().filter_map(|[code, _]| code.strip_prefix('`')?.strip_suffix('`'));
    assert_eq!(listed.collect::<BTreeSet<_>>(), codes(&source));
}

#[test]
fn every_case_in_the_proof_rules_has_the_code_of_its_row() {
    let cases = file("tests/http/proof_rules.rs").split_whitespace().collect::<Vec<_>>().join(" ");
    let cases = cases.replace("( ", "(");
    let mut named = 0;
    for [code, tests] in proof_rules() {
        let tests = tests.replace(", `", "\n`");
        assert!(!tests.is_empty(), "the rule of {code} has no test");
        for test in tests.lines() {
            let test = test.strip_prefix('`').and_then(|test| test.strip_suffix('`')).expect("a test in backticks");
            for case in test.strip_prefix("cases: ").into_iter().flat_map(|cases| cases.split(", ")) {
                let code = code.trim_matches('`');
                assert!(cases.contains(&format!("(\"{code}\", \"{case}\",")), "no case {case} with the code {code}");
                named += 1;
            }
        }
    }
    assert!(named >= 50, "{named} cases");
}

#[test]
fn published_defects_are_exactly_the_tests_for_them() {
    let security = file("SECURITY.md");
    let section = security.split("\n## Published defects\n").nth(1).and_then(|rest| rest.split("\n## ").next());
    let rows: Vec<&str> = section.expect("a table").lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    let source = file("tests/defects/main.rs");
    let tests = source.split("test]\n").skip(1).filter_map(|rest| rest.split_once("fn ")?.1.split_once('('));
    let tests: BTreeSet<&str> = tests.map(|(name, _)| name).collect();
    let listed: BTreeSet<&str> = rows.iter().filter_map(|row| row.rsplit('`').nth(1)).collect();
    assert_eq!(listed, tests);
    assert_eq!(rows.len(), tests.len());
    for row in rows {
        let name = row.rsplit('`').nth(1).expect("a test");
        let mut words = name.split('_');
        if let (Some("cve"), Some(year), Some(number)) = (words.next(), words.next(), words.next()) {
            assert!(row.contains(&format!("[CVE-{year}-{number}](")), "{name} is in another row");
        }
    }
}
