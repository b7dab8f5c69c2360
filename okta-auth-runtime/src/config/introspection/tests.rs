//! The problems and warnings of introspection, in code.

use tracing::Level;

use super::*;
use crate::jose::JwkSet;
use crate::jose::testdata::{jwk, set};
use crate::test_log::Log;
use crate::{ConfigError, Issuer, Validator};

const PEM: &str = include_str!("../../jose/testdata/private_keys/p256-pkcs8.pem");
const ORG: &str = "https://dev-1.okta.com";

fn good() -> Introspection {
    Introspection::client("0oaapi", "hunter2")
}

fn with_key() -> Introspection {
    Introspection::private_key_pem("0oaapi", PEM)
}

fn issuer(name: &str) -> Issuer {
    Issuer::new(name).audience("api://default").client_id("0oa1")
}

fn build(issuer: Issuer) -> Result<Validator, ConfigError> {
    Validator::builder()
        .issuer("https://dev-2.okta.com/oauth2/default")
        .audience("api://default")
        .client_id("0oa1")
        .add_issuer(issuer)
        .build()
}

/// The problems of an issuer, without those of the rest.
fn problems(introspection: Introspection) -> Vec<String> {
    let result = build(issuer("https://dev-1.okta.com/oauth2/default").introspection(introspection));
    let error = result.err();
    error.iter().flat_map(ConfigError::problems).map(ToString::to_string).collect()
}

#[test]
fn settings_within_their_limits_are_accepted() {
    for introspection in [
        good(),
        good().client_secret_post().endpoint("https://login.example.com/introspect?tenant=1"),
        good().endpoint("http://localhost:8000/introspect"),
        // A secret may contain any character.
        Introspection::client("0oaapi", "<{secret}$>yourOktaDomain"),
        with_key(),
        with_key().key_id("k").assertion_audience("https://login.example.com"),
        good().max_age(Duration::from_millis(1)),
        good().max_age(Duration::from_secs(60)),
        good().concurrent_calls(1).remembered_bytes(1024 * 1024),
        good().concurrent_calls(1024).remembered_bytes(2 * 1024 * 1024),
        good().mode(IntrospectionMode::Always),
        good().mode(IntrospectionMode::Off),
    ] {
        let shown = format!("{introspection:?}");
        let found = problems(introspection);
        assert!(found.is_empty(), "{shown}: {found:?}");
    }
}

#[test]
fn each_setting_is_checked() {
    let of = "of `.introspection(..)` of issuer 2";
    let seconds = Duration::from_secs;
    for (introspection, expected) in [
        (Introspection::client("", "x"), format!("the client ID {of} is empty")),
        (Introspection::client("{clientId}", "x"), format!("the client ID {of} still has the placeholder")),
        (Introspection::client("0oaapi", " "), format!("the client secret {of} is empty")),
        (
            Introspection::client("0oaapi", "{hunter2}"),
            format!("the client secret {of} still has the placeholder in its value"),
        ),
        (
            Introspection::client("0oaapi", "${hunter2}"),
            format!("the client secret {of} still has the placeholder in its value"),
        ),
        (good().endpoint(""), format!("the endpoint {of} is empty")),
        (good().endpoint("login.example.com"), format!("the endpoint {of} is not an https URL")),
        (good().endpoint("https://u:hunter2@login.example.com"), format!("the endpoint {of} is not an https URL")),
        (good().endpoint("http://login.example.com"), format!("the endpoint {of} is plain http")),
        (good().endpoint("https://{yourOktaDomain}/x"), format!("the endpoint {of} still has the placeholder")),
        (good().max_age(Duration::ZERO), format!("`max_age` {of} is \"0 s\", expected above 0 s and at most 60 s")),
        (good().max_age(seconds(61)), format!("`max_age` {of} is \"61 s\"")),
        (good().concurrent_calls(0), format!("`concurrent_calls` {of} is \"0\", expected 1 to 1024")),
        (good().concurrent_calls(1025), format!("`concurrent_calls` {of} is \"1025\"")),
        (good().remembered_bytes(1_048_575), format!("`remembered_bytes` {of} is \"1048575\"")),
        (good().remembered_bytes(1_073_741_825), format!("`remembered_bytes` {of} is \"1073741825\"")),
        (good().remembered_bytes(usize::MAX), format!("`remembered_bytes` {of} is")),
        (good().key_id("k"), format!("the key ID {of} contradicts the client secret")),
        (good().assertion_audience("a"), format!("the audience {of} contradicts the client secret")),
        (with_key().key_id(""), format!("the key ID {of} is empty")),
        (with_key().assertion_audience(" "), format!("the audience {of} is empty")),
        (with_key().client_secret_post(), format!("the private key {of} contradicts `.client_secret_post(..)`")),
        (
            Introspection::private_key_pem("0oaapi", "hunter2"),
            format!("the private key {of} can't be used: it is not PEM"),
        ),
        (
            Introspection::private_key_jwk("0oaapi", "hunter2"),
            format!("the private key {of} can't be used: it is not a JSON object"),
        ),
        (
            Introspection::private_key_jwk("0oaapi", jwk("p256").to_string()),
            format!("the private key {of} can't be used: it is a public key"),
        ),
        // Also without an effect.
        (Introspection::client("", "x").mode(IntrospectionMode::Off), format!("the client ID {of} is empty")),
    ] {
        let found = problems(introspection);
        assert!(found.len() == 1 && found[0].starts_with(&expected), "{expected}: {found:?}");
        assert!(!found[0].contains("hunter2"), "{found:?}");
    }
    let all = Introspection::client("", "").endpoint("x").max_age(Duration::ZERO).concurrent_calls(0).key_id("");
    assert_eq!(problems(all).len(), 6);
}

#[test]
fn only_one_issuer_can_introspect_opaque_tokens() {
    use IntrospectionMode::{Always, Off, Opaque};
    for (modes, expected) in [
        ([Opaque, Opaque], true),
        ([Opaque, Always], false),
        ([Always, Opaque], false),
        ([Always, Always], false),
        ([Opaque, Off], false),
    ] {
        let [first, second] = modes.map(|mode| good().mode(mode));
        let result = Validator::builder()
            .issuer("https://dev-2.okta.com/oauth2/default")
            .audience("api://default")
            .client_id("0oa1")
            .introspection(first)
            .add_issuer(issuer("https://dev-1.okta.com/oauth2/default").introspection(second))
            .build();
        let report = result.err().map(|error| error.to_string()).unwrap_or_default();
        let text =
            "`.introspection(..)` of issuer 2 contradicts `.introspection(..)` of issuer 1: an opaque token does not";
        assert_eq!(report.contains(text), expected, "{modes:?}: {report}");
        assert_eq!(report.is_empty(), !expected, "{modes:?}: {report}");
    }
    let incomplete = Validator::builder().introspection(good()).add_issuer(Issuer::new("").introspection(good()));
    assert!(incomplete.build().unwrap_err().to_string().contains("does not name its issuer"), "all problems at once");
}

#[test]
fn org_authorization_server_needs_the_mode_always_and_clients() {
    use IntrospectionMode::{Always, Off, Opaque};
    let always = || good().mode(Always);
    let any = |name: &str| Issuer::new(name).audience("api://default").any_client();
    let needs = "is an org authorization server";
    for (issuer, expected) in [
        (issuer(ORG), Some(needs)),
        (issuer(ORG).introspection(good().mode(Opaque)), Some(needs)),
        (issuer(ORG).introspection(good().mode(Off)), Some(needs)),
        (issuer(ORG).introspection(always()), None),
        (any(ORG).introspection(always()), Some("`.any_client(..)` of issuer 2 contradicts `.issuer(..)` of issuer 2")),
        (any("https://dev-1.okta.com/oauth2/default").introspection(always()), None),
        (any("https://login.example.com").introspection(always()), None),
        (issuer("https://dev-1.okta.com/").introspection(always()), Some("ends with a slash")),
        (issuer("https://dev-1.okta.com/oauth2").introspection(always()), Some("expected the domain for the org")),
        (issuer("https://dev-1.okta.com/oauth2/default").introspection(always()), None),
        (issuer("https://dev-1-admin.okta.com").introspection(always()), Some("is the address of the admin console")),
    ] {
        let shown = format!("{issuer:?}");
        let report = build(issuer).err().map(|error| error.to_string());
        match (expected, report) {
            (None, None) => {}
            (Some(expected), Some(report)) => assert!(report.contains(expected), "{shown}: {report}"),
            (_, report) => panic!("{shown}: {report:?}"),
        }
    }
    let report = build(issuer(ORG)).unwrap_err().to_string();
    for way in ["OKTA_INTROSPECTION=always", "`.introspection(..)` with `IntrospectionMode::Always`"] {
        assert!(report.contains(way), "{report}");
    }
}

#[test]
fn setting_without_effect_is_logged() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let custom = || issuer("https://dev-1.okta.com/oauth2/default");
    let keys = JwkSet::from_json(set(&[jwk("rsa-2048")])).expect("a key set");
    let always = || good().mode(IntrospectionMode::Always);
    for (issuer, expected) in [
        (custom().introspection(good()).jwks_uri("https://keys.example.com"), None),
        (custom().introspection(always()), None),
        (
            custom().introspection(always()).jwks_uri("https://keys.example.com"),
            Some("`.jwks_uri(..)` of issuer 2 has no effect, because every token is introspected"),
        ),
        (custom().introspection(always()).jwk_set(keys), Some("`.jwk_set(..)` of issuer 2 has no effect")),
        (
            custom().introspection(good().mode(IntrospectionMode::Off)),
            Some("`.introspection(..)` of issuer 2 has no effect with the mode `Off`"),
        ),
        (issuer("http://localhost:1/").introspection(always()), Some("tokens are introspected over plain http")),
        (
            custom().introspection(good().endpoint("http://localhost:1/")),
            Some("tokens are introspected over plain http"),
        ),
    ] {
        let shown = format!("{issuer:?}");
        drop(build(issuer).expect("a validator"));
        let lines = log.read();
        let warnings: Vec<_> = lines.iter().filter(|(level, _)| *level == Level::WARN).collect();
        assert_eq!(warnings.len(), usize::from(expected.is_some()), "{shown}: {lines:?}");
        assert!(expected.is_none_or(|text| warnings[0].1.contains(text)), "{shown}: {lines:?}");
        assert!(lines.iter().all(|(_, line)| !line.contains("hunter2")), "{lines:?}");
    }
}

#[test]
fn settings_decide_whether_and_how_tokens_are_introspected() {
    let first = |introspection: Option<Introspection>| {
        let issuer = issuer("https://dev-1.okta.com/oauth2/default");
        let issuer = introspection.into_iter().fold(issuer, Issuer::introspection);
        let validator = build(issuer).expect("a validator");
        validator.status().pop().expect("an issuer")
    };
    assert!(first(None).introspection().is_none());
    assert!(first(Some(good().mode(IntrospectionMode::Off))).introspection().is_none());
    let opaque = first(Some(good()));
    assert!(opaque.introspection().is_some() && !opaque.usable(), "it needs keys");
    let always = first(Some(good().mode(IntrospectionMode::Always)));
    assert!(always.introspection().is_some() && always.usable());
}

#[test]
fn credentials_and_setters_decide_how_the_client_authenticates() {
    for (introspection, method) in [
        (good(), "client_secret_basic"),
        (good().client_secret_post(), "client_secret_post"),
        (with_key(), "private_key_jwt"),
    ] {
        let authentication = introspection.authentication().expect("credentials");
        assert!(format!("{authentication:?}").contains(&format!("{method:?}")), "{authentication:?}");
    }
}

#[test]
fn debug_shows_neither_secret_nor_key() {
    let jwk = Introspection::private_key_jwk("0oaapi", r#"{"d":"hunter2"}"#).endpoint("https://u:hunter2@x/?hunter2");
    for introspection in [good(), Introspection::private_key_pem("0oaapi", "hunter2"), jwk] {
        let shown = format!("{introspection:?} {:?}", Issuer::default().introspection(introspection.clone()));
        assert!(!shown.contains("hunter2") && shown.contains("0oaapi"), "{shown}");
    }
}
