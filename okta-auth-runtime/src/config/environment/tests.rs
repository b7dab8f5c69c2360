//! Each variable: its problems, and its warnings.

use tracing::Level;

use crate::config::{Dpop, Introspection};
use crate::test_log::Log;
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

/// Code that needs a setting without a variable, such as `path_prefix`, would silently turn off the nonces.
#[test]
fn dpop_in_code_that_drops_nonces_is_a_warning() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let get = |name: &str| match name {
        "OKTA_DPOP" | "OKTA_DPOP_NONCE" => Some("require".to_owned()),
        _ => None,
    };
    for (dpop, expected) in [(Dpop::require().path_prefix("/api"), 1), (Dpop::require().nonce_secret([7; 32]), 0)] {
        drop(super::read(Validator::builder().of_environment(), get).dpop(dpop));
        let lines = log.read();
        let warnings = lines.iter().filter(|(level, line)| *level == Level::WARN && line.contains("OKTA_DPOP_NONCE"));
        assert_eq!(warnings.count(), expected, "{lines:?}");
    }
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
        ("OKTA_TOKEN_CACHE_CAPACITY", "18446744073709551615", "OKTA_TOKEN_CACHE_CAPACITY is \"18446744073709551615\""),
        ("OKTA_JWKS_URI", "http://keys.example.com", "OKTA_JWKS_URI is plain http"),
        ("OKTA_JWKS_URI", "https://{yourOktaDomain}/keys", "OKTA_JWKS_URI still has the placeholder"),
        ("OKTA_RESOURCE", "http://api.example.com", "OKTA_RESOURCE is plain http"),
        ("OKTA_RESOURCE", "https://API.example.com", "OKTA_RESOURCE is \"https://API.example.com\""),
        ("OKTA_CLIENT_ID", "{clientId}", "OKTA_CLIENT_ID still has the placeholder"),
        ("OKTA_CLIENT_ID", "0oa1,,0oa2", "OKTA_CLIENT_ID is empty"),
    ] {
        let report = build(&with((name, value))).unwrap_err().to_string();
        assert!(report.contains(expected), "{name}={value}: {report}");
    }
}

#[test]
fn audiences_and_clients_come_from_code_or_environment_not_both() {
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
fn resource_in_code_or_environment_overrides_an_earlier_one() {
    let get = |name: &str| match name {
        "OKTA_RESOURCE" => Some("https://one.example.com".to_owned()),
        name => GOOD.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()),
    };
    let builder = || Validator::builder().of_environment();
    let identifier = |validator: Result<Validator, ConfigError>| {
        let settings = validator.expect("a validator").response_settings();
        settings.protected_resource.as_ref().map(|resource| resource.identifier().to_owned())
    };
    let before = super::read(builder().resource("https://two.example.com"), get);
    assert_eq!(identifier(before.build()).as_deref(), Some("https://one.example.com"));
    let after = super::read(builder(), get).resource("https://two.example.com");
    assert_eq!(identifier(after.build()).as_deref(), Some("https://two.example.com"));
    assert_eq!(identifier(build(&GOOD)), None);
}

#[test]
fn optional_variables_may_be_left_empty() {
    for name in ["OKTA_JWKS_URI", "OKTA_RESOURCE", "OKTA_LEEWAY", "OKTA_STATUS_MAPPING", "OKTA_TOKEN_CACHE_CAPACITY"] {
        assert!(build(&with((name, ""))).is_ok(), "{name}");
    }
}

#[test]
fn every_problem_of_dpop_is_reported_at_once() {
    let bad = [("OKTA_DPOP", "on"), ("OKTA_DPOP_NONCE", "yes"), ("OKTA_DPOP_NONCE_SECRET", "hunter2")];
    let report = build(&[&GOOD[..], &bad].concat()).unwrap_err().to_string();
    for part in [
        "OKTA_DPOP is \"on\", expected off, accept or require",
        "OKTA_DPOP_NONCE is \"yes\", expected off or require",
        "OKTA_DPOP_NONCE_SECRET is not a valid secret, expected at least 32 bytes",
    ] {
        assert!(report.contains(part), "{part}: {report}");
    }
    assert!(!report.contains("hunter2"), "{report}");
    let bad = [("OKTA_DPOP", "accept"), ("OKTA_DPOP_NONCE", "require"), ("OKTA_DPOP_NONCE_SECRET", "hunter2")];
    let report = build(&[&GOOD[..], &bad].concat()).unwrap_err().to_string();
    assert!(report.contains("OKTA_DPOP_NONCE_SECRET is not a valid secret"), "{report}");
    assert!(report.contains("OKTA_RESOURCE is missing"), "{report}");
    let report = build(&with(("OKTA_DPOP_NONCE_SECRET", "short"))).unwrap_err().to_string();
    assert!(report.contains("OKTA_DPOP_NONCE_SECRET is not a valid secret"), "also without an effect: {report}");
}

#[cfg(not(feature = "redis"))]
#[test]
fn store_without_its_feature_is_a_problem() {
    let report = build(&with(("OKTA_STORE_URL", "redis://127.0.0.1"))).unwrap_err().to_string();
    assert!(report.contains("OKTA_STORE_URL needs the feature `redis` of okta-auth"), "{report}");
    assert!(build(&with(("OKTA_STORE_URL", ""))).is_ok());
}

#[cfg(feature = "redis")]
#[test]
fn url_of_the_store_is_checked_and_its_password_is_not_shown() {
    for url in [
        "http://user:hunter2@store",
        "redis://user:hunter2@store#insecure",
        "user:hunter2@store:6379",
        "redis://user:hunter2/hunter2@store",
        "redis://user:1#hunter2@store",
        "redis://user:1?hunter2@store",
        "hunter2",
    ] {
        let report = build(&with(("OKTA_STORE_URL", url))).unwrap_err().to_string();
        let expected = "OKTA_STORE_URL is not a valid URL of a store, expected a URL such as redis://";
        assert!(report.contains(expected) && !report.contains("hunter2"), "{report}");
    }
    assert!(build(&with(("OKTA_STORE_URL", "rediss://user:hunter2@store.example.com:6380/1"))).is_ok());
    assert!(build(&with(("OKTA_STORE_URL", ""))).is_ok());
}

#[cfg(feature = "redis")]
#[test]
fn store_that_is_of_no_use_is_logged() {
    const STORE: (&str, &str) = ("OKTA_STORE_URL", "redis://user:hunter2@127.0.0.1:1");
    const DPOP: [(&str, &str); 2] = [("OKTA_RESOURCE", "https://api.example.com"), ("OKTA_DPOP", "accept")];
    const SECRET: (&str, &str) = ("OKTA_DPOP_NONCE_SECRET", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    const NONCES: (&str, &str) = ("OKTA_DPOP_NONCE", "require");
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    for (variables, expected) in [
        (vec![STORE], Some("OKTA_STORE_URL has no effect while DPoP is off")),
        (vec![STORE, DPOP[0], DPOP[1]], None),
        (vec![STORE, DPOP[0], DPOP[1], NONCES], Some("each instance has its own random nonce secret")),
        (vec![STORE, DPOP[0], DPOP[1], NONCES, SECRET], None),
    ] {
        let validator = build(&[&GOOD[..], &variables].concat());
        assert!(!format!("{:?}", validator.expect("a validator")).contains("hunter2"));
        let lines = log.read();
        let warnings: Vec<_> = lines.iter().filter(|(level, _)| *level == Level::WARN).collect();
        assert_eq!(warnings.len(), usize::from(expected.is_some()), "{variables:?}: {lines:?}");
        let has_text = expected.is_none_or(|text| warnings.iter().any(|(_, line)| line.contains(text)));
        assert!(has_text && lines.iter().all(|(_, line)| !line.contains("hunter2")), "{variables:?}: {lines:?}");
    }
}

#[test]
fn every_problem_of_certificates_is_reported_at_once() {
    const HEADER: (&str, &str) = ("OKTA_CLIENT_CERT_HEADER", "Client-Cert");
    for (variables, expected) in [
        (
            &[HEADER][..],
            &["OKTA_TRUSTED_PROXIES is missing, for example 10.0.0.0/8 (the header with certificates needs it)"][..],
        ),
        (
            &[("OKTA_CLIENT_CERT_HEADER", "Client Cert"), ("OKTA_TRUSTED_PROXIES", "10.0.0.1/8, ,proxy,0.0.0.0/0")],
            &[
                "OKTA_CLIENT_CERT_HEADER is \"Client Cert\", expected the name of a header, such as Client-Cert",
                "OKTA_TRUSTED_PROXIES is \"10.0.0.1/8\", expected its normal form \"10.0.0.0/8\"",
                "OKTA_TRUSTED_PROXIES is empty, expected for example 10.0.0.0/8",
                "OKTA_TRUSTED_PROXIES is \"proxy\", expected addresses or CIDR blocks, such as 10.0.0.0/8",
                "OKTA_TRUSTED_PROXIES is \"0.0.0.0/0\", expected only the addresses of your proxies",
            ],
        ),
        // An invalid value is also reported if it has no effect.
        (&[("OKTA_TRUSTED_PROXIES", "proxy")], &["OKTA_TRUSTED_PROXIES is \"proxy\""]),
    ] {
        let error = build(&[&GOOD[..], variables].concat()).unwrap_err();
        let report = error.to_string();
        assert_eq!(error.problems().len(), expected.len(), "{report}");
        expected.iter().for_each(|part| assert!(report.contains(part), "{part}: {report}"));
    }
    for proxies in ["127.0.0.1", "10.0.0.0/8,::1", "10.0.0.0/8, 192.168.1.5 ,"] {
        assert!(build(&[&GOOD[..], &[HEADER, ("OKTA_TRUSTED_PROXIES", proxies)]].concat()).is_ok(), "{proxies}");
    }
}

#[test]
fn every_problem_of_introspection_is_reported_at_once() {
    const MODE: (&str, &str) = ("OKTA_INTROSPECTION", "opaque");
    const ID: (&str, &str) = ("OKTA_INTROSPECTION_CLIENT_ID", "0oaapi");
    const SECRET: (&str, &str) = ("OKTA_INTROSPECTION_CLIENT_SECRET", "hunter2");
    const BAD: [(&str, &str); 3] = [
        ("OKTA_INTROSPECTION_URI", "http://login.example.com"),
        ("OKTA_INTROSPECTION_CLIENT_ID", "{clientId}"),
        ("OKTA_INTROSPECTION_CLIENT_SECRET", "{hunter2}"),
    ];
    const BAD_TEXTS: [&str; 3] = [
        "OKTA_INTROSPECTION_URI is plain http",
        "OKTA_INTROSPECTION_CLIENT_ID still has the placeholder in \"{clientId}\"",
        "OKTA_INTROSPECTION_CLIENT_SECRET still has the placeholder in its value",
    ];
    let missing = ["OKTA_INTROSPECTION_CLIENT_ID is missing", "OKTA_INTROSPECTION_CLIENT_SECRET is missing"];
    let mode = ["OKTA_INTROSPECTION is \"on\", expected off, opaque or always"];
    let org = [("OKTA_ISSUER", "https://dev-1.okta.com"), ID, SECRET];
    for (variables, expected) in [
        (vec![MODE], missing.to_vec()),
        (vec![("OKTA_INTROSPECTION", "always"), ("OKTA_INTROSPECTION_CLIENT_ID", ""), SECRET], missing[..1].to_vec()),
        (vec![("OKTA_INTROSPECTION", "on")], mode.to_vec()),
        ([&[("OKTA_INTROSPECTION", "on")], &BAD[..]].concat(), [&mode, &BAD_TEXTS[..]].concat()),
        ([&[MODE], &BAD[..]].concat(), BAD_TEXTS.to_vec()),
        // An invalid value is also reported if it has no effect.
        (BAD.to_vec(), BAD_TEXTS.to_vec()),
        ([&[("OKTA_INTROSPECTION", "off")], &BAD[..]].concat(), BAD_TEXTS.to_vec()),
        (org.to_vec(), vec!["OKTA_ISSUER is an org authorization server"]),
        ([&org[..], &[MODE]].concat(), vec!["OKTA_ISSUER is an org authorization server"]),
        (vec![MODE, ID, SECRET], vec![]),
        ([&org[..], &[("OKTA_INTROSPECTION", "always")]].concat(), vec![]),
        (vec![MODE, ID, SECRET, ("OKTA_INTROSPECTION_URI", "http://localhost:1/introspect")], vec![]),
    ] {
        let report = build(&[&GOOD[..], &variables].concat()).err();
        let problems: Vec<_> = report.iter().flat_map(ConfigError::problems).map(ToString::to_string).collect();
        assert_eq!(problems.len(), expected.len(), "{variables:?}: {problems:?}");
        for (problem, expected) in problems.iter().zip(&expected) {
            let is_expected = problems.iter().any(|problem| problem.starts_with(expected));
            assert!(is_expected && !problem.contains("hunter2"), "{variables:?}: {problem}");
        }
    }
}

#[test]
fn introspection_in_code_replaces_that_of_the_environment() {
    let get = |name: &str| match name {
        "OKTA_INTROSPECTION" => Some("always".to_owned()),
        name => GOOD.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()),
    };
    let builder = || super::read(Validator::builder().of_environment(), get);
    assert!(builder().build().is_err(), "without credentials");
    let validator = builder().introspection(Introspection::client("0oaapi", "hunter2")).build().expect("a validator");
    assert!(validator.status()[0].introspection().is_some() && !validator.status()[0].usable(), "the mode opaque");
    let report = builder().introspection(Introspection::client("", "x")).build().unwrap_err().to_string();
    assert!(report.contains("the client ID of `.introspection(..)` is empty"), "{report}");
}

#[test]
fn variable_without_effect_is_logged() {
    const SECRET: (&str, &str) = ("OKTA_DPOP_NONCE_SECRET", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    const RESOURCE: (&str, &str) = ("OKTA_RESOURCE", "https://api.example.com");
    const CLIENT: (&str, &str) = ("OKTA_INTROSPECTION_CLIENT_ID", "0oaapi");
    const CLIENT_SECRET: (&str, &str) = ("OKTA_INTROSPECTION_CLIENT_SECRET", "AAAA");
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    for (variables, expected) in [
        (&[("OKTA_DPOP_NONCE", "require")][..], &["OKTA_DPOP_NONCE has no effect"][..]),
        (&[SECRET], &["OKTA_DPOP_NONCE_SECRET has no effect"]),
        (&[("OKTA_DPOP", "accept"), SECRET], &["OKTA_DPOP_NONCE_SECRET has no effect"]),
        (
            &[("OKTA_DPOP", "off"), ("OKTA_DPOP_NONCE", "require"), SECRET],
            &["OKTA_DPOP_NONCE has no effect", "OKTA_DPOP_NONCE_SECRET has no effect"],
        ),
        (&[("OKTA_DPOP", "require"), ("OKTA_DPOP_NONCE", "require"), SECRET], &[]),
        (
            &[CLIENT, CLIENT_SECRET, ("OKTA_INTROSPECTION_URI", "https://login.example.com")],
            &[
                "OKTA_INTROSPECTION_URI has no effect while OKTA_INTROSPECTION is off",
                "OKTA_INTROSPECTION_CLIENT_ID has no effect while OKTA_INTROSPECTION is off",
                "OKTA_INTROSPECTION_CLIENT_SECRET has no effect while OKTA_INTROSPECTION is off",
            ],
        ),
        (&[("OKTA_INTROSPECTION", "off"), CLIENT_SECRET], &["OKTA_INTROSPECTION_CLIENT_SECRET has no effect"]),
        (&[("OKTA_INTROSPECTION", "opaque"), CLIENT, CLIENT_SECRET], &[]),
        (
            &[("OKTA_INTROSPECTION", "always"), CLIENT, CLIENT_SECRET, ("OKTA_JWKS_URI", "https://login.example.com")],
            &["OKTA_JWKS_URI has no effect, because every token is introspected"],
        ),
        (&[("OKTA_INTROSPECTION", ""), ("OKTA_INTROSPECTION_CLIENT_ID", "")], &[]),
        (&[("OKTA_TRUSTED_PROXIES", "10.0.0.0/8")], &["OKTA_TRUSTED_PROXIES has no effect"]),
        (&[("OKTA_TRUSTED_PROXIES", "10.0.0.0/8"), ("OKTA_CLIENT_CERT_HEADER", "Client-Cert")], &[]),
        (&[("OKTA_TRUSTED_PROXIES", ""), ("OKTA_CLIENT_CERT_HEADER", "")], &[]),
        (&[("OKTA_DPOP", "off"), ("OKTA_DPOP_NONCE", "off")], &[]),
        (&[("OKTA_DPOP", ""), ("OKTA_DPOP_NONCE", ""), ("OKTA_DPOP_NONCE_SECRET", "")], &[]),
    ] {
        assert!(build(&[&GOOD[..], &[RESOURCE], variables].concat()).is_ok(), "{variables:?}");
        let lines = log.read();
        let warnings: Vec<_> = lines.iter().filter(|(level, _)| *level == Level::WARN).collect();
        assert_eq!(warnings.len(), expected.len(), "{variables:?}: {lines:?}");
        for ((_, line), part) in warnings.into_iter().zip(expected) {
            assert!(line.contains(part) && !line.contains("AAAA"), "{variables:?}: {line}");
        }
    }
}
