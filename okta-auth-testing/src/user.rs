//! Users that are registered with the mock.

use crate::ids;

/// A registered user.
///
/// ```
/// use okta_auth_testing::{MockOkta, User};
///
/// let alice = User::new("alice@example.com").id("00u1").password("correct horse").group("admins");
/// let okta = MockOkta::builder().user(alice).start();
/// # drop(okta);
/// ```
#[derive(Clone)]
pub struct User {
    pub(crate) login: String,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) password: Option<String>,
    pub(crate) groups: Vec<String>,
}

impl User {
    /// A user with this login, usually an email address. It is the `sub` of access tokens. The user ID is derived from
    /// it.
    pub fn new(login: impl Into<String>) -> Self {
        let login = login.into();
        let name = login.split('@').next().unwrap_or_default().to_owned();
        Self { id: ids::derive("00u", &login), name, login, password: None, groups: Vec::new() }
    }

    /// Sets the user ID: `uid` of access tokens, `sub` of ID tokens.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Sets the full name. The default is the part of the login before `@`.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the password for the `password` grant and for a sign-in page. Without it, every password is accepted.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    pub(crate) fn accepts(&self, password: &str) -> bool {
        self.password.as_ref().is_none_or(|expected| expected == password)
    }

    /// Adds a group to the `groups` claim.
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.groups.push(group.into());
        self
    }
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User")
            .field("login", &self.login)
            .field("id", &self.id)
            .field("groups", &self.groups)
            .finish_non_exhaustive()
    }
}
