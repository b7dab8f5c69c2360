//! Good tokens of another issuer, audience, client, or kind: RFC 8725 sections 3.8 to 3.12, RFC 9068 section 4.

use serde_json::{Value, json};

use super::{ACCEPTED, Case};
use crate::fixture::{Config, Fixture};

pub(crate) fn cases(fixture: &Fixture) -> Vec<Case> {
    [issuers(fixture), audiences(fixture), clients(fixture), kinds(fixture)].into_iter().flatten().collect()
}

fn issuers(fixture: &Fixture) -> Vec<Case> {
    let ours = fixture.okta.issuer();
    let mut cases = Vec::new();
    for iss in [
        String::new(),
        "https://evil.example.com".into(),
        format!("{ours}/"),
        format!("{ours}?"),
        format!("{ours}#"),
        format!("{ours} "),
        format!(" {ours}"),
        format!("{ours}\0"),
        format!("{ours}.evil.example.com"),
        format!("https://evil.example.com/{ours}"),
        format!("{ours}@evil.example.com"),
        ours.to_uppercase(),
        ours.replace("http://", "https://"),
        ours.replace("/oauth2/default", ""),
        ours.replace("/oauth2/default", "/oauth2/aus2"),
        ours.replace("/oauth2/", "//oauth2/"),
        ours.replace("/oauth2/", "/x/../oauth2/"),
        ours.replace("default", "d%65fault"),
        ours[..ours.len() - 1].to_owned(),
        fixture.trap_url(),
    ] {
        cases.push(Case::new(format!("iss {iss:?}"), fixture.token().issuer(iss).sign(), "issuer_not_allowed"));
    }
    let both = fixture.token().claim("iss", json!([ours])).sign();
    cases.push(Case::new("our issuer in an array", both, "invalid_claim iss"));
    let sibling = fixture.okta.authorization_server("aus2");
    let theirs = sibling.token();
    cases.push(Case::new("another server of the same Okta", theirs.clone().sign(), "issuer_not_allowed"));
    cases.push(Case::new("the same, claiming our issuer", theirs.clone().issuer(ours).sign(), "unknown_key"));
    let forged = theirs.issuer(ours).kid(fixture.okta.signing_key().kid()).sign();
    cases.push(Case::new("the same, claiming our key too", forged, "bad_signature"));
    cases
}

fn audiences(fixture: &Fixture) -> Vec<Case> {
    let ours = fixture.okta.audience();
    let with = |aud: Value| fixture.token().claim("aud", aud).sign();
    let mut cases = Vec::new();
    for aud in [
        json!(""),
        json!("api://other"),
        json!(format!("{ours}/")),
        json!(format!("{ours} ")),
        json!(format!("{ours},api://other")),
        json!(format!("{ours} api://other")),
        json!(ours[..ours.len() - 1]),
        json!(ours.to_uppercase()),
        json!(["api://other"]),
        json!([format!("{ours}/")]),
        json!("*"),
        json!(fixture.okta.client_id()),
        json!(fixture.okta.issuer()),
    ] {
        cases.push(Case::new(format!("aud {aud}"), with(aud), "audience_not_allowed"));
    }
    for aud in [json!([ours]), json!(["api://other", ours]), json!([ours, ours])] {
        cases.push(Case::new(format!("aud {aud}"), with(aud), ACCEPTED));
    }
    for aud in [json!([ours, 1]), json!([ours, null]), json!([[ours]]), json!({ "aud": ours })] {
        cases.push(Case::new(format!("aud {aud}"), with(aud), "invalid_claim aud"));
    }
    cases
}

fn clients(fixture: &Fixture) -> Vec<Case> {
    let ours = fixture.okta.client_id();
    let mut cases = Vec::new();
    for cid in ["0oaother", &ours.to_uppercase(), &format!("{ours} "), &ours[1..], &format!("{ours},x"), "*"] {
        cases.push(Case::new(format!("cid {cid:?}"), fixture.token().client(cid).sign(), "client_not_allowed"));
    }
    let elsewhere = fixture.token().without("cid").claim("azp", ours).claim("client_id", ours).sign();
    cases.push(Case::new("the client in azp and client_id", elsewhere, "client_not_allowed"));
    cases
}

/// Tokens that are not access tokens, and the access token of a service.
fn kinds(fixture: &Fixture) -> Vec<Case> {
    let id_token = || fixture.okta.id_token();
    vec![
        Case::new("an ID token", id_token().sign(), "audience_not_allowed"),
        Case::new("an ID token where its audience is allowed", id_token().sign(), "client_not_allowed")
            .to(Config::ClientAsAudience),
        Case::new("an ID token with a nonce", id_token().claim("nonce", "n").sign(), "audience_not_allowed"),
        Case::new("a service's token", fixture.okta.service_token().sign(), ACCEPTED),
        Case::new(
            "a logout token",
            fixture.token().header("typ", "logout+jwt").claim("events", json!({})).sign(),
            "type_not_allowed",
        ),
        Case::new("a client assertion", fixture.token().issuer(fixture.okta.client_id()).sign(), "issuer_not_allowed"),
    ]
}
