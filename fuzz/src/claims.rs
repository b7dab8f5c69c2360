//! The claims of a token under each profile.

use std::sync::LazyLock;
use std::time::Duration;

use okta_auth_runtime::__fuzz::ClaimRules;
use okta_auth_runtime::Profile;
use serde_json::{Map, Value};

use super::error::check_message;
use super::json::parse_object;

pub(crate) const ISSUER: &str = "https://example.okta.com/oauth2/default";
pub(crate) const AUDIENCE: &str = "api://default";
pub(crate) const CLIENT: &str = "client-1";
/// Seconds since the Unix epoch.
pub(crate) const NOW: u64 = 1_800_000_000;
const LEEWAY: u64 = 60;

/// The rules of one profile, and the names of its claims.
pub(crate) struct ProfileCase {
    rules: ClaimRules,
    client: &'static str,
    user_id: Option<&'static str>,
    scopes: &'static str,
    groups: &'static str,
    /// A string of groups is a list of words, as a string of scopes always is.
    has_space_delimited_groups: bool,
}

/// Every profile, and one that reads the same claim for two purposes.
pub(crate) static PROFILES: LazyLock<[ProfileCase; 4]> = LazyLock::new(|| {
    let rules = |profile| ClaimRules::new(ISSUER, AUDIENCE, CLIENT, Duration::from_secs(LEEWAY), &profile);
    [
        ProfileCase {
            rules: rules(Profile::okta()),
            client: "cid",
            user_id: Some("uid"),
            scopes: "scp",
            groups: "groups",
            has_space_delimited_groups: false,
        },
        ProfileCase {
            rules: rules(Profile::auth0()),
            client: "azp",
            user_id: None,
            scopes: "scope",
            groups: "permissions",
            has_space_delimited_groups: false,
        },
        ProfileCase {
            rules: rules(Profile::rfc9068()),
            client: "client_id",
            user_id: None,
            scopes: "scope",
            groups: "groups",
            has_space_delimited_groups: false,
        },
        ProfileCase {
            rules: rules(
                Profile::custom()
                    .client("sub")
                    .user_id("sub")
                    .scopes("aud")
                    .groups("aud")
                    .space_delimited_groups()
                    .build(),
            ),
            client: "sub",
            user_id: Some("sub"),
            scopes: "aud",
            groups: "aud",
            has_space_delimited_groups: true,
        },
    ]
});

impl ProfileCase {
    /// Checks that accepted claims are those that serde_json reads from the payload.
    pub(crate) fn check_claims(&self, payload: &str) -> bool {
        let claims = match self.rules.check(payload, Duration::from_secs(NOW)) {
            Ok(claims) => claims,
            Err(error) => {
                check_message(&error);
                return false;
            }
        };
        assert!(!claims.subject.is_empty());
        assert_eq!(&*claims.client, CLIENT);
        let Some(members) = parse_object(payload) else { return true };
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        assert_eq!(text("iss"), Some(ISSUER));
        assert_eq!(text("sub"), Some(&*claims.subject));
        assert_eq!(text(self.client), Some(CLIENT));
        assert_eq!(self.user_id.and_then(text), claims.user_id.as_deref());
        assert_eq!(claims.is_bound, members.contains_key("cnf"));
        check_times(&members);
        check_audience(&members);
        assert_eq!(list(&members, self.scopes, true), claims.scopes.iter().map(|scope| &**scope).collect::<Vec<_>>());
        let groups = list(&members, self.groups, self.has_space_delimited_groups);
        assert_eq!(groups, claims.groups.iter().map(|group| &**group).collect::<Vec<_>>());
        true
    }
}

fn list<'m>(members: &'m Map<String, Value>, name: &str, is_space_delimited: bool) -> Vec<&'m str> {
    match members.get(name) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) => list.iter().map(|item| item.as_str().expect("a string")).collect(),
        Some(Value::String(words)) if is_space_delimited => words.split(' ').filter(|word| !word.is_empty()).collect(),
        Some(Value::String(one)) => Some(&**one).filter(|one| !one.is_empty()).into_iter().collect(),
        other => panic!("{name} is {other:?}"),
    }
}

fn check_times(members: &Map<String, Value>) {
    let date = |name: &str| members.get(name).map(|date| date.as_f64().expect("a number"));
    let (now, leeway) = (NOW as f64, LEEWAY as f64);
    assert!(date("exp").is_some_and(|exp| now < exp + leeway), "expired");
    assert!(["nbf", "iat"].map(date).into_iter().flatten().all(|date| date <= now + leeway), "not yet valid");
}

fn check_audience(members: &Map<String, Value>) {
    let is_expected = |value: &Value| value.as_str() == Some(AUDIENCE);
    let found = members.get("aud").expect("an audience");
    assert!(is_expected(found) || found.as_array().is_some_and(|list| list.iter().any(is_expected)), "{found}");
}
