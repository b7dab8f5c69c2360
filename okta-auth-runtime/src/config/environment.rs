//! The configuration that the environment gives.

use std::time::Duration;

use super::ValidatorBuilder;
use crate::error::{ConfigProblem, Excerpt, Setting};
use crate::rejection::StatusMapping;

/// The environment variable of a builder's method.
pub(super) fn variable(method: &str) -> Setting {
    match method {
        "issuer" => Setting::variable("OKTA_ISSUER"),
        "client_id" => Setting::variable("OKTA_CLIENT_ID"),
        "audience" => Setting::variable("OKTA_AUDIENCE"),
        "jwks_uri" => Setting::variable("OKTA_JWKS_URI"),
        "leeway" => Setting::variable("OKTA_LEEWAY"),
        "status_mapping" => Setting::variable("OKTA_STATUS_MAPPING"),
        "token_cache_capacity" => Setting::variable("OKTA_TOKEN_CACHE_CAPACITY"),
        other => Setting::method(other),
    }
}

/// Reads the variables into a builder; what is wrong with them `build` reports, with all else.
pub(super) fn read(builder: ValidatorBuilder, get: impl Fn(&str) -> Option<String>) -> ValidatorBuilder {
    let value = |name: &str| get(name).map(|value| value.trim().to_owned());
    let mut builder = builder;
    // One file may serve several apps, and name what is another's.
    for (method, name, in_code) in [
        ("audience", "OKTA_AUDIENCE", !builder.first.audiences.is_empty()),
        ("client_id", "OKTA_CLIENT_ID", !builder.first.clients.is_empty()),
    ] {
        if in_code && value(name).is_some() {
            builder = builder.problem(ConfigProblem::Contradiction {
                setting: variable(method),
                other: Setting::method(method),
                advice: "set it in one place, or both would be accepted",
            });
        }
    }
    if let Some(issuer) = value("OKTA_ISSUER") {
        builder = builder.issuer(issuer);
    }
    for audience in value("OKTA_AUDIENCE").iter().flat_map(|list| several(list)) {
        builder = builder.audience(audience);
    }
    for client in value("OKTA_CLIENT_ID").iter().flat_map(|list| several(list)) {
        builder = builder.client_id(client);
    }
    // Left empty in a `.env` file, it means what leaving it out means.
    if let Some(uri) = value("OKTA_JWKS_URI").filter(|uri| !uri.is_empty()) {
        builder = builder.jwks_uri(uri);
    }
    if let Some(leeway) = value("OKTA_LEEWAY").filter(|value| !value.is_empty()) {
        builder = match leeway.parse() {
            Ok(seconds) => builder.leeway(Duration::from_secs(seconds)),
            Err(_) => builder.problem(unexpected("leeway", &leeway, "whole seconds from 0 to 300")),
        };
    }
    if let Some(mapping) = value("OKTA_STATUS_MAPPING").filter(|value| !value.is_empty()) {
        builder = match StatusMapping::parse(&mapping) {
            Some(mapping) => builder.status_mapping(mapping),
            None => builder.problem(unexpected("status_mapping", &mapping, "decorator or rfc6750")),
        };
    }
    if let Some(capacity) = value("OKTA_TOKEN_CACHE_CAPACITY").filter(|value| !value.is_empty()) {
        builder = match capacity.parse() {
            Ok(tokens) => builder.token_cache_capacity(tokens),
            Err(_) => builder.problem(unexpected("token_cache_capacity", &capacity, "a number of tokens, 0 for none")),
        };
    }
    builder
}

/// Values separated by commas; a comma too many at the end is forgiven.
fn several(list: &str) -> impl Iterator<Item = &str> {
    list.strip_suffix(',').unwrap_or(list).split(',').map(str::trim)
}

fn unexpected(method: &str, found: &str, expected: &'static str) -> ConfigProblem {
    ConfigProblem::Unexpected { setting: variable(method), found: Excerpt::new(found), expected }
}

#[cfg(test)]
mod tests {
    use crate::{ConfigError, Validator};

    fn build(variables: &[(&str, &str)]) -> Result<Validator, ConfigError> {
        let get =
            |name: &str| variables.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        super::read(Validator::builder().of_environment(), get).build()
    }

    const GOOD: [(&str, &str); 3] = [
        ("OKTA_ISSUER", "https://dev-1.okta.com/oauth2/default"),
        ("OKTA_CLIENT_ID", "0oa1, 0oa2"),
        ("OKTA_AUDIENCE", "api://default"),
    ];

    fn with(variable: (&'static str, &'static str)) -> Vec<(&'static str, &'static str)> {
        GOOD.into_iter().chain([variable]).collect()
    }

    #[test]
    fn three_variables_are_enough() {
        assert!(build(&GOOD).is_ok());
    }

    #[test]
    fn every_problem_is_reported_at_once_by_variable() {
        let error = build(&[("OKTA_ISSUER", "https://dev-1-admin.okta.com/oauth2/default"), ("OKTA_AUDIENCE", "")]);
        let report = error.unwrap_err().to_string();
        for part in
            ["OKTA_ISSUER is the address of the admin console", "OKTA_AUDIENCE is empty", "OKTA_CLIENT_ID is missing"]
        {
            assert!(report.contains(part), "{part}: {report}");
        }
    }

    #[test]
    fn each_variable_is_checked() {
        for (name, value, expected) in [
            ("OKTA_LEEWAY", "301", "OKTA_LEEWAY is \"301 s\""),
            ("OKTA_LEEWAY", "-1", "OKTA_LEEWAY is \"-1\""),
            ("OKTA_LEEWAY", "1 minute", "OKTA_LEEWAY is \"1 minute\""),
            ("OKTA_STATUS_MAPPING", "strict", "OKTA_STATUS_MAPPING is \"strict\", expected decorator or rfc6750"),
            ("OKTA_TOKEN_CACHE_CAPACITY", "many", "OKTA_TOKEN_CACHE_CAPACITY is \"many\""),
            (
                "OKTA_TOKEN_CACHE_CAPACITY",
                "18446744073709551615",
                "OKTA_TOKEN_CACHE_CAPACITY is \"18446744073709551615\"",
            ),
            ("OKTA_JWKS_URI", "http://keys.example.com", "OKTA_JWKS_URI is plain http"),
            ("OKTA_JWKS_URI", "https://{yourOktaDomain}/keys", "OKTA_JWKS_URI still has the placeholder"),
            ("OKTA_CLIENT_ID", "{clientId}", "OKTA_CLIENT_ID still has the placeholder"),
            ("OKTA_CLIENT_ID", "0oa1,,0oa2", "OKTA_CLIENT_ID is empty"),
        ] {
            let report = build(&with((name, value))).unwrap_err().to_string();
            assert!(report.contains(expected), "{name}={value}: {report}");
        }
    }

    #[test]
    fn audiences_and_clients_are_those_of_the_code_or_those_of_the_environment() {
        let get = |name: &str| GOOD.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let builder = || Validator::builder().of_environment();
        for (given, expected) in [
            (builder().audience("x"), "OKTA_AUDIENCE contradicts `.audience(..)`"),
            (builder().client_id("x"), "OKTA_CLIENT_ID contradicts `.client_id(..)`"),
        ] {
            let report = super::read(given, get).build().unwrap_err().to_string();
            assert!(report.contains(expected), "{report}");
        }
        let partly = |name: &str| get(name).filter(|_| name == "OKTA_ISSUER");
        assert!(super::read(builder().audience("x").client_id("y"), partly).build().is_ok());
    }

    #[test]
    fn optional_variables_may_be_left_empty() {
        for name in ["OKTA_JWKS_URI", "OKTA_LEEWAY", "OKTA_STATUS_MAPPING", "OKTA_TOKEN_CACHE_CAPACITY"] {
            assert!(build(&with((name, ""))).is_ok(), "{name}");
        }
    }
}
