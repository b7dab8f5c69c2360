//! Configuration errors.

use std::fmt;

use super::Excerpt;

/// All problems of a configuration, reported together.
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
    pub(crate) fn check(problems: Vec<ConfigProblem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { problems }) }
    }

    /// An error with these problems, of which there is at least one.
    #[cfg(feature = "redis")]
    pub(crate) fn of(problems: Vec<ConfigProblem>) -> Self {
        Self { problems }
    }

    /// The problems; there is at least one.
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

/// The same as `Display`, because a `main` that returns an error prints its `Debug`.
impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ConfigError {}

/// One problem of a configuration.
///
/// `setting` is the environment variable or the builder method with the problem, and `found` is its value. `example` is
/// a valid value, `expected` describes the valid values, and `advice` says how to resolve the problem.
///
/// ```
/// use okta_auth_runtime::error::{ConfigProblem, Setting};
///
/// let problem = ConfigProblem::Missing { setting: Setting::variable("OKTA_AUDIENCE"), example: "api://default" };
/// assert_eq!(problem.to_string(), "OKTA_AUDIENCE is missing, for example api://default");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the docs of the enum describe the fields")]
pub enum ConfigProblem {
    /// A required setting is missing.
    #[error("{setting} is missing, for example {example}")]
    Missing { setting: Setting, example: &'static str },
    /// The setting is empty.
    #[error("{setting} is empty, expected for example {example}")]
    Empty { setting: Setting, example: &'static str },
    /// The value still contains a placeholder from the documentation.
    #[error("{setting} still has the placeholder in {found}, expected for example {example}")]
    Placeholder { setting: Setting, found: Excerpt, example: &'static str },
    /// Not an absolute http or https URL, or a URL with user information, a fragment or, for an issuer, a query.
    #[error("{setting} is not an https URL: {found}, expected for example {example}")]
    NotAUrl { setting: Setting, found: Excerpt, example: &'static str },
    /// Plain http to a host other than loopback.
    #[error(
        "{setting} is plain http: {found}, expected https (http is for loopback; elsewhere `.dangerous().allow_http()`)"
    )]
    PlainHttp { setting: Setting, found: Excerpt },
    /// The address of Okta's admin console.
    #[error(
        "{setting} is the address of the admin console: {found}, expected the domain without \"-admin\", for example {example}"
    )]
    AdminHost { setting: Setting, found: Excerpt, example: &'static str },
    /// An Okta issuer with a slash at its end.
    #[error(
        "{setting} ends with a slash: {found}, expected the issuer exactly as in the admin console, for example {example}"
    )]
    TrailingSlash { setting: Setting, found: Excerpt, example: &'static str },
    /// The org authorization server. Only Okta can validate its access tokens, so every token needs introspection.
    /// <https://developer.okta.com/docs/concepts/auth-servers/#org-authorization-server>
    #[error(
        "{setting} is an org authorization server: {found}. Its access tokens can't be validated locally; \
         use a custom authorization server, for example {example}, or let Okta validate each token: \
         OKTA_INTROSPECTION=always, or `.introspection(..)` with `IntrospectionMode::Always`"
    )]
    OrgAuthorizationServer { setting: Setting, found: Excerpt, example: &'static str },
    /// A URL that clients compare byte for byte is not in its normal form, `normal`.
    #[error("{setting} is {found}, expected its normal form {normal}")]
    NotNormalized { setting: Setting, found: Excerpt, normal: Excerpt },
    /// The value is not valid for the setting.
    #[error("{setting} is {found}, expected {expected}")]
    Unexpected { setting: Setting, found: Excerpt, expected: &'static str },
    /// The setting is set more than once, or together with `other`, which excludes it.
    #[error("{setting} contradicts {other}: {advice}")]
    Contradiction { setting: Setting, other: Setting, advice: &'static str },
    /// A validator has the same issuer, `found`, more than once.
    #[error("{setting} names the issuer {found} more than once, expected each once")]
    DuplicateIssuer { setting: Setting, found: Excerpt },
    /// The value implies itself, directly or through others.
    #[error("{setting} makes {found} imply itself, expected no cycle")]
    ImpliesItself { setting: Setting, found: Excerpt },
    /// The setting needs a feature of okta-auth that is off.
    #[error("{setting} needs the feature `{feature}` of okta-auth, which is off")]
    FeatureOff { setting: Setting, feature: &'static str },
    /// The setting can't be used: `reason`.
    #[error("{setting} can't be used: {reason}")]
    Unusable { setting: Setting, reason: &'static str },
    /// The key set can't be used: `reason`.
    #[error("{setting}: {reason}")]
    KeySet { setting: Setting, reason: Box<str> },
}

/// The name of a setting: an environment variable or a builder method, with the issuer's number if there are several.
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
    /// Names an environment variable.
    pub fn variable(name: &str) -> Self {
        Self(name.into())
    }

    /// Names a builder method.
    pub fn method(name: &str) -> Self {
        Self(format!("`.{name}(..)`").into())
    }

    /// Names a part of the setting.
    pub(crate) fn part(self, part: &str) -> Self {
        Self(format!("{part} of {}", self.0).into())
    }

    /// Adds the number of the issuer, counted from 1.
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
