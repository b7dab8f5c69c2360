//! Where an authorization server puts client, user, scopes and groups.

use super::TypRule;

/// Where an authorization server's access tokens carry client, user ID, scopes and groups.
///
/// `sub`, `iss`, `aud`, `exp`, `nbf`, `iat`, `cnf`, `acr`, `auth_time` and `act` are the same everywhere.
///
/// The guide: [issuers](https://docs.rs/okta-auth/latest/okta_auth/guide/issuers/index.html).
///
/// | profile | client | user ID | scopes | groups | `typ` |
/// |---|---|---|---|---|---|
/// | [`okta`](Self::okta), the default | `cid` | `uid` | `scp` | `groups` | absent, `JWT`, `at+jwt` |
/// | [`auth0`](Self::auth0) | `azp` | | `scope` | `permissions` | absent, `JWT`, `at+jwt` |
/// | [`rfc9068`](Self::rfc9068) | `client_id` | | `scope` | `groups` | `at+jwt` |
///
/// Both lists are an array of strings or one string. A string of scopes is split at spaces (RFC 8693 section 4.2). A string
/// of groups is the name of one group, because such a name can contain spaces ("Domain Admins"), unless the profile declares
/// [`space_delimited_groups`](ProfileBuilder::space_delimited_groups). An empty string is an empty list.
///
/// ```
/// use okta_auth_runtime::Profile;
///
/// let keycloak = Profile::custom().client("azp").scopes("scope").groups("https://example.com/roles").build();
/// assert_ne!(keycloak, Profile::okta());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub(super) client: Box<str>,
    pub(super) user_id: Option<Box<str>>,
    pub(super) scopes: Box<str>,
    pub(super) groups: Box<str>,
    pub(super) has_space_delimited_groups: bool,
    pub(crate) typ_rule: TypRule,
}

impl Profile {
    /// Okta's custom authorization servers.
    /// <https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/#access-token>
    pub fn okta() -> Self {
        Self::custom().client("cid").user_id("uid").scopes("scp").groups("groups").build()
    }

    /// Auth0, with role-based access control adding `permissions`.
    /// <https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles>
    pub fn auth0() -> Self {
        Self::custom().client("azp").scopes("scope").groups("permissions").build()
    }

    /// RFC 9068, whose tokens say `at+jwt` in `typ` (section 4).
    pub fn rfc9068() -> Self {
        Self::custom().client("client_id").scopes("scope").groups("groups").require_access_token_type().build()
    }

    /// Any other server: starts from `client_id`, `scope`, `groups` and no user ID.
    pub fn custom() -> ProfileBuilder {
        ProfileBuilder(Self {
            client: "client_id".into(),
            user_id: None,
            scopes: "scope".into(),
            groups: "groups".into(),
            has_space_delimited_groups: false,
            typ_rule: TypRule::Lenient,
        })
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self::okta()
    }
}

/// Builds a [`Profile`] of your own. Names are those of top-level claims, such as `azp` or `https://example.com/roles`.
///
/// ```
/// use okta_auth_runtime::Profile;
///
/// let profile = Profile::custom().client("appid").user_id("oid").scopes("scp").groups("roles").build();
/// # let _ = profile;
/// ```
#[derive(Debug, Clone)]
pub struct ProfileBuilder(Profile);

impl ProfileBuilder {
    /// The claim that names the client. Default `client_id`. Logs and errors can show it.
    pub fn client(mut self, claim: impl Into<String>) -> Self {
        self.0.client = claim.into().into();
        self
    }

    /// The claim that names the user, if there is one. Default none.
    pub fn user_id(mut self, claim: impl Into<String>) -> Self {
        self.0.user_id = Some(claim.into().into());
        self
    }

    /// The claim that holds the scopes. Default `scope`. `Debug` and explanations can show them.
    pub fn scopes(mut self, claim: impl Into<String>) -> Self {
        self.0.scopes = claim.into().into();
        self
    }

    /// The claim that holds groups, roles or permissions. Default `groups`.
    pub fn groups(mut self, claim: impl Into<String>) -> Self {
        self.0.groups = claim.into().into();
        self
    }

    /// Splits a string of groups at spaces, for servers that write several groups into one string. By default, such a
    /// string is the name of one group: otherwise a member of "friends of admins" would be in the group "admins".
    ///
    /// The items of an array are never split.
    ///
    /// ```
    /// use okta_auth_runtime::Profile;
    ///
    /// let profile = Profile::custom().groups("roles").space_delimited_groups().build(); // "roles": "reader writer"
    /// # let _ = profile;
    /// ```
    pub fn space_delimited_groups(mut self) -> Self {
        self.0.has_space_delimited_groups = true;
        self
    }

    /// Refuses tokens whose `typ` is not `at+jwt` (RFC 9068 section 4). Off by default.
    pub fn require_access_token_type(mut self) -> Self {
        self.0.typ_rule = TypRule::AccessToken;
        self
    }

    /// The profile.
    pub fn build(self) -> Profile {
        self.0
    }
}
