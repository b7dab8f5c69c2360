//! The defaults and limits. Their sources are `KeySettings::default()`, `Introspection`, the builder, and constants.

use std::collections::{BTreeMap, BTreeSet};

use okta_auth::config::Introspection;
use okta_auth::keys::KeySettings;

use crate::documents::{code_list, documents, file, numbers};

pub(crate) const BUILDER: &str = "okta-auth-runtime/src/config/builder.rs";
pub(crate) const TOKEN_CACHE: &str = "okta-auth-runtime/src/validator/token_cache.rs";
const KEY_SETTINGS: &str = "okta-auth-runtime/src/keys/settings.rs";
const INTROSPECTION: &str = "okta-auth-runtime/src/config/introspection.rs";

/// The value of a constant in a source. Durations are in seconds.
pub(crate) fn constant(source: &str, name: &str) -> u64 {
    let (_, rest) = source.split_once(&format!("const {name}: ")).unwrap_or_else(|| panic!("no constant {name}"));
    evaluate(rest.split_once(" = ").and_then(|(_, rest)| rest.split_once(';')).expect("a value").0)
}

/// The default of a setting in the source of the builder. Durations are in seconds.
pub(crate) fn field(source: &str, name: &str) -> u64 {
    let (_, rest) = source.split_once("settings: ValidatorSettings {").expect("the defaults");
    let (_, rest) = rest.split_once(&format!("\n                {name}: ")).unwrap_or_else(|| panic!("no {name}"));
    evaluate(rest.split_once(",\n").expect("a value").0)
}

/// The product of whole numbers.
fn evaluate(expression: &str) -> u64 {
    let product = expression.trim_start_matches("Duration::from_secs(").trim_end_matches(')');
    let factor = |factor: &str| factor.replace('_', "").parse::<u64>().unwrap_or_else(|_| panic!("{expression}"));
    product.split(" * ").map(factor).product()
}

/// The defaults of `KeySettings` by their names. Durations are in seconds, sizes in bytes.
fn key_settings() -> BTreeMap<String, f64> {
    let shown = format!("{:?}", KeySettings::default());
    let fields = shown.trim_start_matches("KeySettings { ").trim_end_matches(" }").split(", ");
    let fields = fields.map(|field| field.split_once(": ").expect("a field"));
    let fields: BTreeMap<String, f64> = fields
        .map(|(name, value)| (name.to_owned(), value.trim_end_matches('s').parse().expect("a number or seconds")))
        .collect();
    assert!(fields.len() >= 16, "{fields:?}");
    fields
}

/// The default of a setting of `Introspection`. Durations are in seconds, sizes in bytes.
fn introspection(name: &str) -> f64 {
    let shown = format!("{:?}", Introspection::client("id", "secret"));
    let (_, rest) = shown.split_once(&format!("{name}: ")).unwrap_or_else(|| panic!("no {name}"));
    rest.split([',', ' '])
        .next()
        .and_then(|value| value.trim_end_matches('s').parse().ok())
        .expect("a number or seconds")
}

/// A number with its unit, in seconds or bytes. `None` for another text.
fn quantity(text: &str) -> Option<f64> {
    let (number, unit) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    let number: f64 = if ["a", "an"].contains(&number) { 1.0 } else { number.replace(',', "").parse().ok()? };
    let factor = match unit {
        "" | "s" | "second" | "seconds" => 1.0,
        "min" | "minute" | "minutes" => 60.0,
        "h" | "hour" | "hours" => 3600.0,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        _ => return None,
    };
    Some(number * factor)
}

#[test]
fn tables_of_key_settings_have_the_defaults() {
    let defaults = key_settings();
    let mut places: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for document in documents() {
        for table in document.tables() {
            for row in table.rows.iter().filter(|row| row.len() == 3) {
                let names = code_list(&row[0]).unwrap_or_default();
                if names.is_empty() || !names.iter().all(|name| defaults.contains_key(*name)) {
                    continue;
                }
                let values: Vec<Option<f64>> = row[1].split(", ").map(quantity).collect();
                let expected: Vec<Option<f64>> = names.iter().map(|name| Some(defaults[*name])).collect();
                assert_eq!(values, expected, "{}: {}", table.place, row[0]);
                places.entry(document.path.clone()).or_default().extend(names.into_iter().map(str::to_owned));
            }
        }
    }
    let all: BTreeSet<String> = defaults.into_keys().collect();
    assert_eq!(places.get(KEY_SETTINGS), Some(&all), "{places:?}");
}

#[test]
fn tables_of_introspection_settings_have_the_defaults() {
    let paths = ["src/guide/introspection.md", INTROSPECTION];
    for document in documents().iter().filter(|document| paths.contains(&&*document.path)) {
        for name in ["max_age", "concurrent_calls", "remembered_bytes"] {
            let start = format!("[`{name}`](");
            let mut rows = document.tables().into_iter().flat_map(|table| table.rows);
            let row = rows.find(|row| row[0].starts_with(&start)).expect("a row of the setting");
            let default = row[1].split(", ").next().and_then(quantity);
            assert_eq!(default, Some(introspection(name)), "{}: {name}", document.path);
        }
    }
}

#[test]
fn builder_table_has_the_defaults() {
    let source = file(BUILDER);
    let row = |name: &str| {
        let start = format!("/// | [`{name}`](Self::{name}) | ");
        source.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_else(|| panic!("no row of {name}"))
    };
    assert_eq!(numbers(row("leeway")), [field(&source, "leeway"), constant(&source, "MAX_LEEWAY")]);
    assert_eq!(numbers(row("token_cache_capacity")), [field(&source, "token_cache_capacity")]);
    assert!(row("status_mapping").contains(&format!("StatusMapping::{:?}`", okta_auth::StatusMapping::default())));
    assert!(row("algorithms").contains("RS256") && source.contains("algorithms: vec![Algorithm::RS256],"));
}

#[test]
fn builder_table_lists_every_setting_with_a_default() {
    let source = file(BUILDER);
    let methods: Vec<&str> = source.split("\n    pub fn ").skip(1).filter_map(|rest| rest.split('(').next()).collect();
    let mut listed = 0;
    for method in methods {
        let docs = source.split(&format!("    pub fn {method}(")).next().expect("the text before it");
        let docs: String = docs.lines().rev().map_while(|line| line.trim_start().strip_prefix("///")).collect();
        if docs.contains(" Default ") || docs.contains(" Default: ") {
            assert!(source.contains(&format!("/// | [`{method}`](Self::{method}) |")), "no row of {method}");
            listed += 1;
        }
    }
    assert!(listed >= 7, "{listed} settings");
}

#[test]
fn guide_names_every_setting_of_the_builder() {
    let guide = file("src/guide/configuration.md");
    let words: BTreeSet<&str> = guide.split(|letter: char| !letter.is_alphanumeric() && letter != '_').collect();
    let mut listed = 0;
    let setters = ["resource_setters", "sender_setters"].map(|name| format!("okta-auth-runtime/src/config/{name}.rs"));
    for path in [BUILDER].into_iter().chain(setters.iter().map(String::as_str)) {
        let source = file(path);
        let signatures = source.split("\n    pub fn ").skip(1).filter_map(|method| Some(method.split_once(" {")?.0));
        for signature in signatures.filter(|signature| signature.contains("mut self")) {
            let name = signature.split(['(', '<']).next().expect("a name");
            assert!(words.contains(name), "src/guide/configuration.md does not name {name}");
            listed += 1;
        }
    }
    assert!(listed >= 26, "{listed} settings");
}

/// A phrase with a default in each pair of braces. A quantity without a unit has the unit of the next one.
type Phrase = (&'static str, Vec<f64>);

/// Sentences that state a default: those of which at least one document has each, and those that a document may have.
fn phrases() -> (Vec<Phrase>, Vec<Phrase>) {
    let defaults = key_settings();
    let key = |name: &str| defaults[name];
    let builder = file(BUILDER);
    let (leeway, max_leeway) = (field(&builder, "leeway") as f64, constant(&builder, "MAX_LEEWAY") as f64);
    let capacity = field(&builder, "token_cache_capacity") as f64;
    let per_token = constant(&file(TOKEN_CACHE), "BYTES_PER_TOKEN") as f64;
    let entries = constant(&file("okta-auth-runtime/src/jose/jwk_set.rs"), "MAX_ENTRIES") as f64;
    let length = constant(&file("okta-auth-runtime/src/jose/jws.rs"), "MAX_LENGTH") as f64;
    let [fresh, stale] = ["max_freshness", "stale_on_error"].map(key);
    let longest_max_age = constant(&file(INTROSPECTION), "LONGEST_MAX_AGE") as f64;
    let introspector = file("okta-auth-runtime/src/introspection/shared.rs");
    let waiting_calls = constant(&introspector, "MAX_WAITING_CALLS") as f64;
    let required = vec![
        ("per cooldown ({})", vec![key("cooldown")]),
        ("per back-off ({} to {})", vec![key("backoff_min"), key("backoff_max")]),
        ("metadata is cached for {},", vec![key("metadata_freshness")]),
        ("timeouts ({} to connect, {} in all)", vec![key("connect_timeout"), key("fetch_timeout")]),
        ("a size limit ({})", vec![key("body_limit")]),
        ("freshness ends, which is at most {}.", vec![fresh]),
        ("keys are used for {} more, {} in all", vec![stale, fresh + stale]),
        ("too old, at most {} after they were fetched", vec![fresh + stale]),
        ("usable during an outage of up to {}.", vec![stale]),
        ("usable for {} of an outage", vec![stale]),
        ("plus the leeway ({} by default)", vec![leeway]),
        ("leeway {}, at most {} ", vec![leeway, max_leeway]),
        ("the issuer. Default {}, at most {}.", vec![leeway, max_leeway]),
        ("the cache. Default {}, at most {}.", vec![capacity, constant(&builder, "MAX_CACHED_TOKENS") as f64]),
        ("{} of memory per token", vec![per_token]),
        (": {} for each token of", vec![per_token]),
        ("more than {} entries", vec![entries]),
        ("at most {} (16,384 bytes)", vec![length]),
        ("longer than {}. ", vec![length]),
        ("`max_age` old ({} by default, at most {})", vec![introspection("max_age"), longest_max_age]),
        ("at most {} calls to an endpoint are in flight", vec![introspection("concurrent_calls")]),
        ("and at most {} wait for their turn", vec![waiting_calls]),
        ("Up to {} calls wait for their turn", vec![waiting_calls]),
        ("wait for their turn, each for at most {}.", vec![key("fetch_timeout")]),
    ];
    let optional = vec![
        ("at least {} and at most {}. Without", vec![key("min_freshness"), fresh]),
        ("it is fresh for {}.", vec![key("freshness")]),
        ("the set is used for {} more", vec![stale]),
        ("Attempts are {} to {} apart", vec![key("backoff_min"), key("backoff_max")]),
        ("cause no fetch for {}.", vec![key("cooldown")]),
        ("wait for that fetch, {} at most", vec![key("wait")]),
        ("it waits {} at most", vec![key("wait")]),
    ];
    (required, optional)
}

/// The texts in the place of each `{}` at every occurrence of the phrase.
fn occurrences<'t>(text: &'t str, phrase: &str) -> Vec<Vec<&'t str>> {
    let parts: Vec<&str> = phrase.split("{}").collect();
    let (first, others) = parts.split_first().expect("a part");
    let starts: Vec<usize> = match first.is_empty() {
        // Nothing precedes the value: it is the number and the unit before the next part.
        true => text.match_indices(others[0]).map(|(end, _)| start_of_quantity(&text[..end])).collect(),
        false => text.match_indices(first).map(|(start, _)| start + first.len()).collect(),
    };
    let values = |start: usize| {
        let mut rest = &text[start..];
        let mut values = Vec::new();
        for part in others {
            let (value, after) = rest.split_once(part)?;
            rest = after;
            values.push(value);
        }
        values.iter().all(|value| value.len() <= 20).then_some(values)
    };
    starts.into_iter().filter_map(values).collect()
}

/// The start of the last two words.
fn start_of_quantity(text: &str) -> usize {
    text.rmatch_indices(' ').nth(1).map_or(0, |(space, _)| space + 1)
}

#[test]
fn sentences_about_defaults_have_their_values() {
    let (required, optional) = phrases();
    let texts: Vec<(String, String)> =
        documents().iter().map(|document| (document.path.clone(), document.in_one_line())).collect();
    for (phrase, expected) in required.iter().chain(&optional) {
        let mut places = 0;
        for (path, text) in &texts {
            for values in occurrences(text, phrase) {
                let unit = values.last().and_then(|last| last.split_once(' ')).map_or("", |(_, unit)| unit);
                let with_unit = |value: &&str| match value.contains(' ') {
                    true => quantity(value),
                    false => quantity(&format!("{value} {unit}")),
                };
                let values: Vec<Option<f64>> = values.iter().map(with_unit).collect();
                // The phrase without a quantity is another sentence.
                if values.iter().all(Option::is_some) {
                    let expected: Vec<Option<f64>> = expected.iter().copied().map(Some).collect();
                    assert_eq!(values, expected, "{path}: {phrase}");
                    places += 1;
                }
            }
        }
        assert!(places > 0 || optional.iter().any(|(known, _)| known == phrase), "no document has: {phrase}");
    }
}
