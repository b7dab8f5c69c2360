//! The orders of scopes and of classes of authentication.

use std::time::Duration;

use crate::config::ValidatorBuilder;
use crate::{Issuer, Validator};

fn builder() -> ValidatorBuilder {
    Validator::builder().issuer("https://dev-1.okta.com/oauth2/default").audience("a").any_client()
}

fn report(builder: ValidatorBuilder) -> String {
    builder.build().expect_err("a problem").to_string()
}

#[test]
fn cycle_of_scopes_or_classes_is_a_problem() {
    let scopes = builder().scope_implies("a", "b").scope_implies("b", "c").scope_implies("c", "a");
    assert!(report(scopes).contains("`.scope_implies(..)` makes \"b\" imply itself, expected no cycle"));
    assert!(report(builder().scope_implies("a", "a")).contains("makes \"a\" imply itself"));
    let classes = builder().acr_implies("urn:okta:loa:1fa:any", "phrh");
    assert!(report(classes).contains("`.acr_implies(..)` makes \"phrh\" imply itself"));
    let second = Issuer::new("https://id.example.com").audience("a").any_client().acr_implies("x", "x");
    assert!(report(builder().add_issuer(second)).contains("`.acr_implies(..)` of issuer 2 makes \"x\" imply itself"));
}

#[test]
fn empty_scope_or_class_is_a_problem() {
    for builder in [builder().scope_implies("", "a"), builder().scope_implies("a", "")] {
        assert!(
            report(builder).contains("`.scope_implies(..)` is empty, expected for example orders:write, orders:read")
        );
    }
    assert!(report(builder().acr_implies("phr", "")).contains("`.acr_implies(..)` is empty"));
}

#[test]
fn cycle_is_reported_together_with_other_problems() {
    let report = report(builder().leeway(Duration::from_secs(999)).scope_implies("a", "a"));
    assert!(report.contains("imply itself") && report.contains("`.leeway(..)`"), "{report}");
}
