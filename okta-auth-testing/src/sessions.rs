//! The sessions of users, which remember how and when each user signed in.

use std::collections::HashMap;

use crate::acr::Strength;

/// How and when a user signed in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Session {
    /// Seconds since the Unix epoch.
    pub(crate) auth_time: u64,
    pub(crate) strength: Strength,
}

impl Session {
    /// Whether the sign-in was at most `max_age` seconds before `now`. With a `max_age` of 0, the user always signs in
    /// again (OpenID Connect Core 1.0 section 3.1.2.1).
    pub(crate) fn is_within(self, max_age: Option<u64>, now: u64) -> bool {
        max_age.is_none_or(|max_age| max_age > 0 && now.saturating_sub(self.auth_time) <= max_age)
    }
}

/// The sessions of all users, by login. Okta's sessions belong to the organization: all authorization servers share
/// them.
#[derive(Debug, Default)]
pub(crate) struct Sessions(HashMap<String, Session>);

impl Sessions {
    pub(crate) fn find(&self, login: &str) -> Option<Session> {
        self.0.get(login).copied()
    }

    pub(crate) fn start(&mut self, login: &str, session: Session) {
        self.0.insert(login.to_owned(), session);
    }

    pub(crate) fn end(&mut self, login: &str) {
        self.0.remove(login);
    }
}
