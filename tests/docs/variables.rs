//! The environment variables. Their source is `Validator::from_env`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use okta_auth::{StatusMapping, Validator};

use crate::defaults::{BUILDER, TOKEN_CACHE, constant, field};
use crate::documents::{documents, file, numbers};

/// Set in the process that [`report`] starts.
const REPORT: &str = "TEST_REPORT";

/// Switches of the tests of this repository begin like this.
const OWN_PREFIX: &str = "OKTA_AUTH_";

/// The names in a source, in quotes.
fn names_in(source: &str) -> BTreeSet<&str> {
    source.split('"').filter(|text| text.starts_with("OKTA_") && is_name(text)).collect()
}

fn is_name(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_')
}

/// The variables that `from_env` reports in a process in which each of `names` is `value`, with the rest of each line.
///
/// Another process, because an environment can't be changed safely in a process with threads.
fn report(test: &str, names: &BTreeSet<&str>, value: Option<&str>) -> BTreeMap<String, String> {
    let mut command = Command::new(std::env::current_exe().expect("a path"));
    command.args(["--exact", test, "--nocapture"]).env(REPORT, "1");
    for name in names {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command.output().expect("the test starts");
    let text = String::from_utf8(output.stdout).expect("text");
    let lines = text.lines().filter_map(|line| line.strip_prefix("  - ")?.split_once(' '));
    lines.map(|(name, rest)| (name.to_owned(), rest.to_owned())).collect()
}

#[test]
fn tables_of_variables_list_exactly_those_of_from_env() {
    if std::env::var_os(REPORT).is_some() {
        return println!("{}", Validator::from_env().expect_err("bad values"));
    }
    let test = "variables::tables_of_variables_list_exactly_those_of_from_env";
    let source = file("okta-auth-runtime/src/config/variables.rs");
    let names = names_in(&source);
    let reported = report(test, &names, Some("{placeholder}"));
    assert_eq!(reported.keys().map(String::as_str).collect::<BTreeSet<_>>(), names, "read and checked");
    let required: BTreeSet<String> = report(test, &names, None).into_keys().collect();
    assert_eq!(required.len(), 3, "{required:?}");

    let mut places = Vec::new();
    for (path, table) in
        documents().iter().flat_map(|document| document.tables().into_iter().map(|table| (&document.path, table)))
    {
        let is_row = |row: &&Vec<String>| row.len() == 3 && ["required", "optional"].contains(&row[1].as_str());
        let rows: Vec<&Vec<String>> = table.rows.iter().filter(is_row).collect();
        if rows.is_empty() {
            continue;
        }
        let listed = rows.iter().map(|row| row[0].trim_matches('`')).collect::<BTreeSet<_>>();
        assert_eq!(listed, names, "{}", table.place);
        for row in rows {
            let name = row[0].trim_matches('`');
            assert_eq!(row[1] == "required", required.contains(name), "{}: {name}", table.place);
            check_meaning(name, &row[2], &table.place);
        }
        places.push(path.clone());
    }
    assert!(places.iter().any(|path| path.ends_with("config/environment.rs")), "{places:?}");
    assert!(places.iter().any(|path| path == "src/guide/configuration.md"), "{places:?}");
}

/// Compares the numbers and values in the description of a variable.
fn check_meaning(name: &str, meaning: &str, place: &str) {
    let builder = file(BUILDER);
    let expected: &[u64] = match name {
        "OKTA_LEEWAY" => &[0, constant(&builder, "MAX_LEEWAY"), field(&builder, "leeway")],
        "OKTA_TOKEN_CACHE_CAPACITY" => {
            &[constant(&file(TOKEN_CACHE), "BYTES_PER_TOKEN") / 1024, field(&builder, "token_cache_capacity"), 0]
        }
        "OKTA_STATUS_MAPPING" => {
            assert_eq!(StatusMapping::parse("flask"), Some(StatusMapping::default()));
            assert!(meaning.contains("flask` (default") || meaning.contains("flask (default"), "{place}: {meaning}");
            for value in ["flask", "decorator", "rfc6750"] {
                assert!(StatusMapping::parse(value).is_some() && meaning.contains(value), "{place}: {value}");
            }
            return;
        }
        _ => return,
    };
    assert_eq!(numbers(meaning), expected, "{place}: {meaning}");
}

#[test]
fn from_env_reads_no_other_variable() {
    let source = file("okta-auth-runtime/src/config/environment.rs");
    let code = source.split("#[cfg(test)]").next().expect("the code");
    assert_eq!(names_in(code), names_in(&file("okta-auth-runtime/src/config/variables.rs")));
}

#[test]
fn every_variable_that_a_document_names_exists() {
    let source = file("okta-auth-runtime/src/config/variables.rs");
    let names = names_in(&source);
    let others = [".env.example", "compose.yaml", "Dockerfile", "examples/local-okta/src/server.rs"];
    let texts = documents().into_iter().map(|document| (document.path, document.text));
    let mut mentions = 0;
    for (path, text) in texts.chain(others.map(|path| (path.to_owned(), file(path)))) {
        for word in text.split(|letter: char| !letter.is_ascii_uppercase() && letter != '_') {
            if word.starts_with("OKTA_") && word.len() > 5 && !word.starts_with(OWN_PREFIX) {
                assert!(names.contains(word), "{path}: {word}");
                mentions += 1;
            }
        }
    }
    assert!(mentions >= 40, "{mentions}");
}

#[test]
fn example_of_the_environment_has_every_variable() {
    let source = file("okta-auth-runtime/src/config/variables.rs");
    let example = file(".env.example");
    let mut listed = BTreeSet::new();
    let mut comment = String::new();
    for line in example.lines() {
        let assignment = line.trim_start_matches('#').split_once('=').filter(|(name, _)| is_name(name));
        let Some((name, value)) = assignment else {
            comment = line.to_owned();
            continue;
        };
        if name.starts_with("OKTA_") {
            listed.insert(name);
            let meaning = comment.replace("403", "").replace("401", "");
            check_meaning(name, &meaning, ".env.example");
        }
        if let ("OKTA_LEEWAY", field_name) | ("OKTA_TOKEN_CACHE_CAPACITY", field_name) =
            (name, name.trim_start_matches("OKTA_").to_lowercase())
        {
            assert_eq!(value.parse(), Ok(field(&file(BUILDER), &field_name)), "{name}");
        }
    }
    assert_eq!(listed, names_in(&source));
    let status = |mapping| okta_auth::Reason::MissingToken.status(mapping).as_u16();
    let (flask, rfc6750) = (status(StatusMapping::Flask), status(StatusMapping::Rfc6750));
    assert!(example.contains(&format!("means the same): {flask}. rfc6750: {rfc6750},")));
}

#[test]
fn readme_names_the_required_variables_first() {
    let readme = file("README.md");
    let block = readme.split("```sh\nOKTA_").nth(1).and_then(|rest| rest.split("```").next()).expect("the variables");
    let names: Vec<String> =
        format!("OKTA_{block}").lines().filter_map(|line| Some(line.split_once('=')?.0.to_owned())).collect();
    assert_eq!(names[..3], ["OKTA_ISSUER", "OKTA_AUDIENCE", "OKTA_CLIENT_ID"]);
}
