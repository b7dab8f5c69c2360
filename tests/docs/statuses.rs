//! The statuses and reason codes. Their source is `Reason`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use okta_auth::error::{ClaimError, Excerpt, IntrospectionError, KeyError, ProofError};
use okta_auth::{Reason, StatusMapping, TokenError};

use crate::documents::{code_list, documents, file, numbers};

/// One reason for each row of `rejection/reason.rs`.
fn reasons() -> Vec<Reason> {
    let (ago, leeway) = (Duration::from_secs(1), Duration::ZERO);
    let (found, expected) = (Excerpt::url("https://a.example"), Excerpt::url("https://b.example"));
    vec![
        Reason::MissingToken,
        Reason::MalformedCredentials,
        Reason::Token(TokenError::MissingClaim { claim: "sub".into() }),
        Reason::Token(TokenError::Expired { ago, leeway }),
        Reason::Token(TokenError::NotYetValid { claim: "nbf", ahead: ago, leeway }),
        Reason::Token(TokenError::ClientNotAllowed { claim: "cid".into(), found, expected }),
        Reason::Proof(ProofError::Replayed),
        Reason::Proof(ProofError::NonceRequired { found: "none" }),
        Reason::Keys(KeyError::NoRuntime),
        Reason::Introspection(IntrospectionError::NoRuntime),
        Reason::StoreUnavailable,
        Reason::InsufficientScope { scopes: vec!["orders:read".into()] },
        Reason::InsufficientUserAuthentication {
            acr_values: vec!["phr".into()],
            max_age: Some(300),
            scopes: Vec::new(),
        },
        Reason::Forbidden,
        Reason::Claim(ClaimError::Missing { path: "tier".into() }),
        Reason::Misconfigured,
    ]
}

/// The status of each reason code, by the name of the column.
fn statuses() -> BTreeMap<&'static str, [(&'static str, u64); 2]> {
    let status = |reason: &Reason, mapping| u64::from(reason.status(mapping).as_u16());
    let row = |reason: &Reason| {
        [("Flask", status(reason, StatusMapping::Flask)), ("Rfc6750", status(reason, StatusMapping::Rfc6750))]
    };
    reasons().iter().map(|reason| (reason.code(), row(reason))).collect()
}

#[test]
fn every_reason_code_of_the_source_is_tested() {
    let source = file("okta-auth-runtime/src/rejection/reason.rs");
    let codes: BTreeSet<&str> = source.split("code: \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(statuses().into_keys().collect::<BTreeSet<_>>(), codes);
}

#[test]
fn tables_of_reason_codes_have_their_statuses() {
    let statuses = statuses();
    let mut places = BTreeMap::new();
    for document in documents() {
        for table in document.tables() {
            let column = |name: &str| table.header.iter().position(|header| header.contains(name));
            let (Some(codes), Some(flask), Some(rfc6750)) = (column("code"), column("Flask"), column("Rfc6750")) else {
                continue;
            };
            let listed = places.entry(document.path.clone()).or_insert_with(BTreeSet::new);
            for row in &table.rows {
                let names = code_list(&row[codes]).unwrap_or_else(|| panic!("{}: {}", table.place, row[codes]));
                for name in names {
                    let expected = statuses.get(name).unwrap_or_else(|| panic!("{}: {name}", table.place));
                    for ((mapping, status), cell) in expected.iter().zip([&row[flask], &row[rfc6750]]) {
                        assert_eq!(numbers(cell), [*status], "{}: {name}, {mapping}", table.place);
                        let retried =
                            *status != 503 || table.place.contains("reason.rs") || cell.contains("Retry-After");
                        assert!(retried, "{}: {name} has no Retry-After", table.place);
                    }
                    listed.insert(name.to_owned());
                }
            }
        }
    }
    let codes: BTreeSet<String> = statuses.into_keys().map(str::to_owned).collect();
    assert_eq!(places.get("okta-auth-runtime/src/rejection/reason.rs"), Some(&codes));
    assert!(places.contains_key("README.md"), "{places:?}");
    assert_eq!(places.get("src/guide/rejections.md"), Some(&codes));
}

#[test]
fn status_mappings_describe_their_statuses() {
    let source = file("okta-auth-runtime/src/rejection/status_mapping.rs");
    let statuses = statuses();
    let [(_, flask), (_, rfc6750)] = statuses["missing_token"];
    let [(_, client), _] = statuses["client_not_allowed"];
    let [_, (_, malformed)] = statuses["malformed_credentials"];
    for phrase in [
        format!("{flask} for a missing or rejected token, {client} for a client that is not allowed"),
        format!("{rfc6750} for a missing or rejected token, {malformed} for a malformed header"),
    ] {
        assert!(source.contains(&phrase), "{phrase}");
    }
}

#[test]
fn readme_states_the_status_of_a_bad_token() {
    let [(_, flask), (_, rfc6750)] = statuses()["invalid_token"];
    let phrase = format!("{rfc6750} for a bad token; default flask, {flask}");
    assert!(file("README.md").contains(&phrase), "{phrase}");
}
