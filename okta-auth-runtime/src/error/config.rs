//! Why a configuration is not one: every problem at once, by setting, with an example of a right value.

use std::fmt;

use super::Excerpt;

/// Everything that is wrong with a configuration, at once.
///
/// ```
/// use okta_auth_runtime::Validator;
///
/// let error = Validator::builder().issuer("https://{yourOktaDomain}/oauth2/default").build().unwrap_err();
/// let report = error.to_string();
/// assert!(report.contains("`.issuer(..)` still has the placeholder"), "{report}");
/// assert!(report.contains("`.audience(..)` is missing, for example api://default"), "{report}");
/// assert!(report.contains("`.client_id(..)` is missing"), "{report}");
/// assert_eq!(error.problems().len(), 3);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<ConfigProblem>,
}

impl ConfigError {
    /// `Ok` where there is no problem.
    pub(crate) fn check(problems: Vec<ConfigProblem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { problems }) }
    }

    /// What is wrong, one entry per setting.
    pub fn problems(&self) -> &[ConfigProblem] {
        &self.problems
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("okta-auth is not configured:")?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  - {problem}"))
    }
}

/// The same as `Display`, since `main` prints errors with `Debug`.
impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ConfigError {}

/// One thing that is wrong with a configuration. `setting` is the environment variable or the builder's method.
///
/// ```
/// use okta_auth_runtime::error::{ConfigProblem, Setting};
///
/// let problem = ConfigProblem::Missing { setting: Setting::variable("OKTA_AUDIENCE"), example: "api://default" };
/// assert_eq!(problem.to_string(), "OKTA_AUDIENCE is missing, for example api://default");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigProblem {
    /// The setting is required.
    #[error("{setting} is missing, for example {example}")]
    Missing {
        /// Which setting.
        setting: Setting,
        /// A right value.
        example: &'static str,
    },
    /// The setting is there, but empty.
    #[error("{setting} is empty, expected for example {example}")]
    Empty {
        /// Which setting.
        setting: Setting,
        /// A right value.
        example: &'static str,
    },
    /// A placeholder of the documentation was left in.
    #[error("{setting} still has the placeholder in {found}, expected for example {example}")]
    Placeholder {
        /// Which setting.
        setting: Setting,
        /// What it is.
        found: Excerpt,
        /// A right value.
        example: &'static str,
    },
    /// Not an absolute http or https URL, or one with user information, a query or a fragment.
    #[error("{setting} is not an https URL: {found}, expected for example {example}")]
    NotAUrl {
        /// Which setting.
        setting: Setting,
        /// What it is.
        found: Excerpt,
        /// A right value.
        example: &'static str,
    },
    /// Plain http outside loopback.
    #[error(
        "{setting} is plain http: {found}, expected https (http is for loopback; elsewhere `.dangerous().allow_http()`)"
    )]
    PlainHttp {
        /// Which setting.
        setting: Setting,
        /// What it is.
        found: Excerpt,
    },
    /// The address of Okta's admin console.
    #[error(
        "{setting} is the address of the admin console: {found}, expected the domain without \"-admin\", for example {example}"
    )]
    AdminHost {
        /// Which setting.
        setting: Setting,
        /// What it is.
        found: Excerpt,
        /// A right value.
        example: &'static str,
    },
    /// Okta's issuers have no slash at their end.
    #[error(
        "{setting} ends with a slash: {found}, expected the issuer exactly as in the admin console, for example {example}"
    )]
    TrailingSlash {
        /// Which setting.
        setting: Setting,
        /// What it is.
        found: Excerpt,
        /// A right value.
        example: &'static str,
    },
    /// The org authorization server, whose access tokens only Okta itself can validate.
    /// <https://developer.okta.com/docs/concepts/auth-servers/#org-authorization-server>
    #[error(
        "{setting} is an org authorization server: {found}. Its access tokens can't be validated locally; \
         use a custom authorization server, for example {example}"
    )]
    OrgAuthorizationServer {
        /// Which setting.
        setting: Setting,
        /// What it is.
        found: Excerpt,
        /// A right value.
        example: &'static str,
    },
    /// Not one of the values that the setting may have.
    #[error("{setting} is {found}, expected {expected}")]
    Unexpected {
        /// Which setting.
        setting: Setting,
        /// What it is.
        found: Excerpt,
        /// What it may be.
        expected: &'static str,
    },
    /// The setting was given more than once, or together with one that it excludes.
    #[error("{setting} contradicts {other}: {advice}")]
    Contradiction {
        /// Which setting.
        setting: Setting,
        /// The other one.
        other: Setting,
        /// What to do.
        advice: &'static str,
    },
    /// Two issuers of one validator are the same.
    #[error("{setting} names the issuer {found} more than once, expected each once")]
    DuplicateIssuer {
        /// Which setting.
        setting: Setting,
        /// The issuer.
        found: Excerpt,
    },
    /// The key set can't be used.
    #[error("{setting}: {reason}")]
    KeySet {
        /// Which setting.
        setting: Setting,
        /// What is wrong.
        reason: Box<str>,
    },
}

/// Names a setting: an environment variable or a builder's method, and the issuer where there are several.
///
/// ```
/// use okta_auth_runtime::error::Setting;
///
/// assert_eq!(Setting::variable("OKTA_ISSUER").to_string(), "OKTA_ISSUER");
/// assert_eq!(Setting::method("issuer").to_string(), "`.issuer(..)`");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Setting(Box<str>);

impl Setting {
    /// An environment variable.
    pub fn variable(name: &str) -> Self {
        Self(name.into())
    }

    /// A method of a builder.
    pub fn method(name: &str) -> Self {
        Self(format!("`.{name}(..)`").into())
    }

    /// The same setting of the issuer with this number, counted from 1.
    pub(crate) fn of_issuer(self, number: usize) -> Self {
        Self(format!("{} of issuer {number}", self.0).into())
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
