//! Good tokens of another issuer, audience, client or kind: RFC 8725 sections 3.8 to 3.12, RFC 9068 section 4.

use serde_json::{Value, json};

use super::{ACCEPTED, Case};
use crate::bench::{Bench, Trust};

pub(crate) fn cases(bench: &Bench) -> Vec<Case> {
    [issuers(bench), audiences(bench), clients(bench), kinds(bench)].into_iter().flatten().collect()
}

fn issuers(bench: &Bench) -> Vec<Case> {
    let ours = bench.okta.issuer();
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
        bench.trap_url(),
    ] {
        cases.push(Case::new(format!("iss {iss:?}"), bench.token().issuer(iss).sign(), "issuer_not_allowed"));
    }
    let both = bench.token().claim("iss", json!([ours])).sign();
    cases.push(Case::new("our issuer in an array", both, "invalid_claim iss"));
    let sibling = bench.okta.authorization_server("aus2");
    let theirs = sibling.token();
    cases.push(Case::new("another server of the same Okta", theirs.clone().sign(), "issuer_not_allowed"));
    cases.push(Case::new("the same, claiming our issuer", theirs.clone().issuer(ours).sign(), "unknown_key"));
    let forged = theirs.issuer(ours).kid(bench.okta.signing_key().kid()).sign();
    cases.push(Case::new("the same, claiming our key too", forged, "bad_signature"));
    cases
}

fn audiences(bench: &Bench) -> Vec<Case> {
    let ours = bench.okta.audience();
    let with = |aud: Value| bench.token().claim("aud", aud).sign();
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
        json!(bench.okta.client_id()),
        json!(bench.okta.issuer()),
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

fn clients(bench: &Bench) -> Vec<Case> {
    let ours = bench.okta.client_id();
    let mut cases = Vec::new();
    for cid in ["0oaother", &ours.to_uppercase(), &format!("{ours} "), &ours[1..], &format!("{ours},x"), "*"] {
        cases.push(Case::new(format!("cid {cid:?}"), bench.token().client(cid).sign(), "client_not_allowed"));
    }
    let elsewhere = bench.token().without("cid").claim("azp", ours).claim("client_id", ours).sign();
    cases.push(Case::new("the client in azp and client_id", elsewhere, "client_not_allowed"));
    cases
}

/// Tokens that are no access tokens, or not a user's.
fn kinds(bench: &Bench) -> Vec<Case> {
    let id_token = || bench.okta.id_token();
    vec![
        Case::new("an ID token", id_token().sign(), "audience_not_allowed"),
        Case::new("an ID token where its audience is allowed", id_token().sign(), "client_not_allowed")
            .to(Trust::ClientAsAudience),
        Case::new("an ID token with a nonce", id_token().claim("nonce", "n").sign(), "audience_not_allowed"),
        Case::new("a service's token", bench.okta.service_token().sign(), ACCEPTED),
        Case::new(
            "a logout token",
            bench.token().header("typ", "logout+jwt").claim("events", json!({})).sign(),
            "type_not_allowed",
        ),
        Case::new("a client assertion", bench.token().issuer(bench.okta.client_id()).sign(), "issuer_not_allowed"),
    ]
}
