//! The limits of the settings, and settings that contradict each other.

use std::time::Duration;

use crate::config::ValidatorBuilder;
use crate::keys::JwkSet;
use crate::{Issuer, Validator};

fn builder() -> ValidatorBuilder {
    Validator::builder().issuer("https://dev-1.okta.com/oauth2/default").audience("a").any_client()
}

fn report(builder: ValidatorBuilder) -> String {
    builder.build().expect_err("a problem").to_string()
}

#[test]
fn greatest_allowed_leeway_and_capacity_are_accepted() {
    let limits = |leeway, capacity| builder().leeway(leeway).token_cache_capacity(capacity);
    let (leeway, capacity) = (Duration::from_secs(300), 10_000_000);
    assert!(limits(leeway, capacity).build().is_ok());
    assert!(report(limits(leeway + Duration::from_nanos(1), capacity)).contains("`.leeway(..)`"));
    assert!(report(limits(leeway, capacity + 1)).contains("`.token_cache_capacity(..)`"));
}

#[test]
fn second_source_of_keys_is_a_contradiction() {
    let uri = || builder().jwks_uri("https://dev-1.okta.com/keys");
    let set = JwkSet::from_json(r#"{"keys":[]}"#).expect("a key set");
    for (builder, first, second) in [
        (uri().jwk_set(set.clone()), "`.jwks_uri(..)`", "`.jwk_set(..)`"),
        (uri().jwks_file("keys.json"), "`.jwks_uri(..)`", "`.jwks_file(..)`"),
        (builder().jwks_file("keys.json").jwk_set(set), "`.jwks_file(..)`", "`.jwk_set(..)`"),
    ] {
        let report = report(builder);
        assert!(report.contains(first) && report.contains(second), "{report}");
    }
}

#[test]
fn missing_issuer_is_not_called_a_second_one() {
    let report = report(Validator::builder().audience("a").any_client());
    assert!(report.contains("`.issuer(..)`") && !report.contains("give it once"), "{report}");
}

#[test]
fn issuer_with_a_problem_has_no_further_one() {
    let empty = || Issuer::new("").audience("a").any_client();
    let error = builder().add_issuer(empty()).add_issuer(empty()).build().expect_err("two problems");
    assert_eq!(error.problems().len(), 2, "{error}");
}

#[test]
fn debug_shows_no_settings() {
    assert_eq!(format!("{:?}", builder().jwks_uri("https://secret.example.com")), "ValidatorBuilder { .. }");
}

#[test]
fn debug_of_an_issuer_hides_the_secret_parts_of_a_url() {
    let issuer = Issuer::new("https://dev-1.okta.com").jwks_uri("https://user:secret@dev-1.okta.com/keys?key=secret");
    let shown = format!("{issuer:?}");
    assert!(shown.contains("Uri(") && shown.contains("dev-1.okta.com/keys") && !shown.contains("secret"), "{shown}");
}
