//! The client, user ID, scopes, and groups in the claims of other authorization servers: RFC 9068 section 2.2, RFC 8693
//! section 4.2, Auth0's tokens.

use serde_json::json;

use super::claims::values;
use super::{ACCEPTED, Case};
use crate::fixture::{APP_CLIENT, APP_GROUPS, APP_SCOPES, APP_USER, Config, Fixture, MARK};

pub(crate) fn cases(fixture: &Fixture) -> Vec<Case> {
    PROFILES
        .iter()
        .flat_map(|profile| {
            [
                profile.types(fixture),
                profile.absences(fixture),
                profile.strings(fixture),
                profile.unread_claims(fixture),
            ]
        })
        .flatten()
        .collect()
}

/// The names of a profile's claims.
struct Names {
    config: Config,
    client: &'static str,
    user: Option<&'static str>,
    /// Scopes and groups.
    lists: [&'static str; 2],
}

const PROFILES: [Names; 3] = [
    Names { config: Config::Rfc9068, client: "client_id", user: None, lists: ["scope", "groups"] },
    Names { config: Config::Auth0, client: "azp", user: None, lists: ["scope", "permissions"] },
    Names { config: Config::Custom, client: APP_CLIENT, user: Some(APP_USER), lists: [APP_SCOPES, APP_GROUPS] },
];

impl Names {
    /// A case for this profile: a token with a valid client, except for the replaced claims.
    fn case(&self, fixture: &Fixture, what: &str, replace: &[(&str, &str)], expected: impl Into<String>) -> Case {
        let client = json!(fixture.okta.client_id()).to_string();
        let mut claims = vec![("cid", ""), ("uid", ""), ("scp", ""), (self.client, client.as_str())];
        claims.extend(replace);
        let header = fixture.header(r#""typ":"at+jwt""#);
        let token = fixture.token().raw_header(header).raw_payload(fixture.payload(&claims)).sign();
        Case::new(what, token, expected).to(self.config)
    }

    fn all(&self) -> impl Iterator<Item = &'static str> {
        [self.client].into_iter().chain(self.user).chain(self.lists)
    }

    /// Every claim of the profile with every JSON type.
    fn types(&self, fixture: &Fixture) -> Vec<Case> {
        let deep = ("deep arrays", "[".repeat(5000) + &"]".repeat(5000));
        let mut cases = vec![self.case(fixture, "nothing replaced", &[], ACCEPTED)];
        for claim in self.all() {
            for (kind, value) in values().into_iter().chain([deep.clone()]) {
                let expected = match kind {
                    "string" if claim == self.client => "client_not_allowed".into(),
                    "string" => ACCEPTED.into(),
                    "array" if self.lists.contains(&claim) => ACCEPTED.into(),
                    _ => format!("invalid_claim {claim}"),
                };
                // Output may show scopes and clients, so these values have no mark.
                let value = value.replace(MARK, "orders:read");
                cases.push(self.case(fixture, &format!("{claim}, {kind}"), &[(claim, &value)], expected));
            }
        }
        // These claims have the same rules in every profile.
        for (claim, value) in [("iss", "1"), ("sub", "1"), ("aud", "1"), ("exp", "\"1\""), ("nbf", "[]"), ("iat", "{}")]
        {
            let expected = format!("invalid_claim {claim}");
            cases.push(self.case(fixture, &format!("{claim} {value}"), &[(claim, value)], expected));
        }
        cases.push(self.case(fixture, "cnf", &[("cnf", "{}")], "bound_to_key"));
        cases
    }

    /// Absent, null, and empty claims: an absent client is not allowed, and an absent list is empty.
    fn absences(&self, fixture: &Fixture) -> Vec<Case> {
        let mut cases = Vec::new();
        for value in ["", "null", "\"\"", "\"0oaother\"", "\" \""] {
            let name = format!("{} {value:?}", self.client);
            cases.push(self.case(fixture, &name, &[(self.client, value)], "client_not_allowed"));
        }
        for claim in self.user.into_iter().chain(self.lists) {
            for value in ["", "null"] {
                cases.push(self.case(fixture, &format!("{claim} {value:?}"), &[(claim, value)], ACCEPTED));
            }
        }
        for claim in self.lists {
            for value in ["\"\"", "\"  \"", "[]", "[\"\"]"] {
                cases.push(self.case(fixture, &format!("{claim} {value}"), &[(claim, value)], ACCEPTED));
            }
        }
        if let Some(claim) = self.user {
            let expected = format!("invalid_claim {claim}");
            cases.push(self.case(fixture, &format!("{claim} empty"), &[(claim, "\"\"")], expected));
        }
        cases
    }

    /// Lone surrogates, and members that occur more than once.
    fn strings(&self, fixture: &Fixture) -> Vec<Case> {
        let mut cases = Vec::new();
        for claim in self.all() {
            for value in [r#""\ud800""#, r#""a \udc00""#] {
                let expected = format!("invalid_claim {claim}");
                cases.push(self.case(fixture, &format!("{claim} {value}"), &[(claim, value)], expected));
            }
            let escaped = format!("\\u{:04x}{}", claim.as_bytes()[0], &claim[1..]);
            for (name, second) in [("twice", claim), ("twice, once with an escape", &escaped)] {
                let twice = format!("null,\"{second}\":null");
                let expected = format!("duplicate_member payload {claim}");
                cases.push(self.case(fixture, &format!("{claim} {name}"), &[(claim, &twice)], expected));
            }
        }
        for claim in self.lists {
            let value = r#"["\ud800"]"#;
            let expected = format!("invalid_claim {claim}");
            cases.push(self.case(fixture, &format!("{claim} {value}"), &[(claim, value)], expected));
        }
        cases
    }

    /// Claims that the profile does not read may have any value, and do not identify the client.
    fn unread_claims(&self, fixture: &Fixture) -> Vec<Case> {
        let others =
            ["cid", "uid", "scp", "client_id", "azp", "appid", "scope", "permissions", "roles", "oid", "scopes"];
        let others: Vec<_> = others.into_iter().filter(|claim| !self.all().any(|read| read == *claim)).collect();
        let anything = format!("[{{\"{MARK}\":1}},null]");
        let odd: Vec<_> = others.iter().map(|claim| (*claim, anything.as_str())).collect();
        let client = json!(fixture.okta.client_id()).to_string();
        let mut elsewhere = vec![(self.client, "")];
        elsewhere.extend(others.iter().map(|claim| (*claim, client.as_str())));
        vec![
            self.case(fixture, "odd values in other profiles' claims", &odd, ACCEPTED),
            self.case(fixture, "the client in other profiles' claims", &elsewhere, "client_not_allowed"),
        ]
    }
}
