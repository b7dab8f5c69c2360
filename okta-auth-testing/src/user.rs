//! Users that are registered with the mock.

use crate::acr::Strength;
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
    pub(crate) has_second_factor: bool,
}

impl User {
    /// A user with this login, usually an email address. It is the `sub` of access tokens. The user ID is derived from
    /// it.
    pub fn new(login: impl Into<String>) -> Self {
        let login = login.into();
        let name = login.split('@').next().unwrap_or_default().to_owned();
        Self {
            id: ids::derive("00u", &login),
            name,
            login,
            password: None,
            groups: Vec::new(),
            has_second_factor: true,
        }
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

    /// Leaves the user with a password only. By default, a user can satisfy all `acr_values` of Okta.
    ///
    /// This user can satisfy `urn:okta:loa:1fa:any`, `urn:okta:loa:1fa:pwd` and `urn:okta:loa:2fa:any:ifpossible`. If an
    /// authorization request asks only for other values of Okta, the error is `unmet_authentication_requirements`.
    ///
    /// ```
    /// use okta_auth_testing::{MockOkta, User};
    ///
    /// let okta = MockOkta::builder().user(User::new("bob@example.com").without_second_factor()).start();
    /// # drop(okta);
    /// ```
    pub fn without_second_factor(mut self) -> Self {
        self.has_second_factor = false;
        self
    }

    /// The strongest sign-in of the user.
    pub(crate) fn strength(&self) -> Strength {
        if self.has_second_factor { Strength::HardwareProtected } else { Strength::Password }
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
