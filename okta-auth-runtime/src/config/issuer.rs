//! A trusted authorization server.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::Introspection;
use super::url_rules::{ISSUER_EXAMPLE, check_issuer, check_jwks_uri, has_placeholder, is_org_authorization_server};
use crate::access_token::{Cycle, Implications, IssuerRules, Profile};
use crate::error::{ConfigProblem, Excerpt, Setting};
use crate::jose::JwkSet;

const AUDIENCE_EXAMPLE: &str = "api://default";
const CLIENT_EXAMPLE: &str = "0oa1a2b3c4d5e6f7g8h9";
const ACR_EXAMPLE: &str = "phr, urn:okta:loa:2fa:any";

/// An authorization server that a validator trusts: its issuer, audiences, clients and source of keys.
///
/// A token's `iss` only selects one of the configured issuers. An outage of one issuer does not affect the others.
///
/// The guide: [issuers](https://docs.rs/okta-auth/latest/okta_auth/guide/issuers/index.html).
///
/// ```
/// use okta_auth_runtime::{Issuer, Profile, Validator};
///
/// let validator = Validator::builder()
///     .issuer("https://dev-123456.okta.com/oauth2/default")
///     .audience("api://default")
///     .client_id("0oa1a2b3c4d5e6f7g8h9")
///     .add_issuer(
///         Issuer::new("https://example.eu.auth0.com/")
///             .audience("https://api.example.com")
///             .any_client()
///             .profile(Profile::auth0()),
///     )
///     .build()?;
/// # drop(validator);
/// # Ok::<(), okta_auth_runtime::ConfigError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Issuer {
    pub(super) issuers: Vec<String>,
    pub(super) audiences: Vec<String>,
    pub(super) clients: Vec<String>,
    any_client: bool,
    keys: Vec<KeyOrigin>,
    profile: Profile,
    introspection: Option<Introspection>,
    /// Each first value implies the second.
    acr_order: Vec<(String, String)>,
}

#[derive(Clone)]
pub(crate) enum KeyOrigin {
    /// The issuer's metadata (RFC 8414).
    Discovery,
    Uri(String),
    Set(JwkSet),
    /// Read when the validator is built.
    File(PathBuf),
}

impl Issuer {
    /// The exact `iss` of the tokens. It is also the location of the metadata.
    pub fn new(issuer: impl Into<String>) -> Self {
        Self { issuers: vec![issuer.into()], ..Self::default() }
    }

    /// Accepts tokens with this `aud`. Required; call again to accept more.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Accepts tokens of this client. Required without [`any_client`](Self::any_client); call again to accept more.
    pub fn client_id(mut self, client: impl Into<String>) -> Self {
        self.clients.push(client.into());
        self
    }

    /// Accepts tokens of every client to which the authorization server issues tokens for the audience.
    pub fn any_client(mut self) -> Self {
        self.any_client = true;
        self
    }

    /// Fetches the keys from this URL instead of the `jwks_uri` in the issuer's metadata, which may name any https host.
    pub fn jwks_uri(mut self, uri: impl Into<String>) -> Self {
        self.keys.push(KeyOrigin::Uri(uri.into()));
        self
    }

    /// Uses these keys, and never fetches any.
    pub fn jwk_set(mut self, set: JwkSet) -> Self {
        self.keys.push(KeyOrigin::Set(set));
        self
    }

    /// Reads the keys from this file when the validator is built, and never fetches any.
    pub fn jwks_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.keys.push(KeyOrigin::File(path.into()));
        self
    }

    /// The claims that hold the client, user, scopes and groups. Default [`Profile::okta`].
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Asks this authorization server whether tokens are active (RFC 7662). Default: tokens are validated locally.
    ///
    /// An org authorization server needs it, with [`IntrospectionMode::Always`](super::IntrospectionMode::Always).
    pub fn introspection(mut self, introspection: Introspection) -> Self {
        self.introspection = Some(introspection);
        self
    }

    /// Lets the class of authentication `stronger` satisfy `acr(weaker)` too, for servers that have their own values of
    /// `acr`. Call again for more; the order is transitive. It adds to Okta's order, which is built in:
    ///
    /// | class | implies |
    /// |---|---|
    /// | `phrh` | `phr` |
    /// | `phr` | `urn:okta:loa:2fa:any` |
    /// | `urn:okta:loa:2fa:any` | `urn:okta:loa:1fa:any` |
    /// | `urn:okta:loa:1fa:pwd` | `urn:okta:loa:1fa:any` |
    /// | `urn:okta:loa:2fa:any:ifpossible` | `urn:okta:loa:1fa:any` |
    ///
    /// Any other class satisfies only itself. Source: [step-up authentication using ACR
    /// values](https://developer.okta.com/docs/guides/step-up-authentication/main/). A cycle is a
    /// [`ConfigError`](crate::ConfigError).
    ///
    /// ```
    /// use okta_auth_runtime::Issuer;
    ///
    /// let keycloak = Issuer::new("https://id.example.com/realms/shop").acr_implies("gold", "silver");
    /// # drop(keycloak);
    /// ```
    pub fn acr_implies(mut self, stronger: impl Into<String>, weaker: impl Into<String>) -> Self {
        self.acr_order.push((stronger.into(), weaker.into()));
        self
    }

    /// Adds all problems of the settings to `problems`, with each setting named by `name`.
    pub(super) fn check(
        &self,
        allow_http: bool,
        name: impl Fn(&'static str) -> Setting,
        problems: &mut Vec<ConfigProblem>,
    ) {
        let mut report = |result: Result<(), ConfigProblem>| problems.extend(result.err());
        match self.issuers.as_slice() {
            [] => report(Err(ConfigProblem::Missing { setting: name("issuer"), example: ISSUER_EXAMPLE })),
            [issuer] => report(check_issuer(&name("issuer"), issuer, allow_http, self.is_introspected())),
            _ => report(Err(twice(name("issuer"), "give it once; for further issuers there is `.add_issuer(..)`"))),
        }
        check_values(&name("audience"), &self.audiences, AUDIENCE_EXAMPLE).into_iter().for_each(|p| report(Err(p)));
        match (self.any_client, self.clients.is_empty()) {
            (true, true) if self.issuers.iter().any(|issuer| is_org_authorization_server(issuer)) => {
                report(Err(ConfigProblem::Contradiction {
                    setting: name("any_client"),
                    other: name("issuer"),
                    advice: "the audience of an org authorization server is the whole organization, so name the clients",
                }));
            }
            (true, true) => {}
            (true, false) => report(Err(ConfigProblem::Contradiction {
                setting: name("any_client"),
                other: name("client_id"),
                advice: "name the clients that are allowed, or allow any",
            })),
            (false, _) => {
                check_values(&name("client_id"), &self.clients, CLIENT_EXAMPLE)
                    .into_iter()
                    .for_each(|p| report(Err(p)));
            }
        }
        report(parse_order(&name("acr_implies"), ACR_EXAMPLE, &self.acr_pairs()).map(drop));
        match self.keys.as_slice() {
            [KeyOrigin::Uri(uri)] => report(check_jwks_uri(&name("jwks_uri"), uri, allow_http)),
            [] | [_] => {}
            [first, second, ..] => report(Err(ConfigProblem::Contradiction {
                setting: name(first.setting()),
                other: name(second.setting()),
                advice: "name one source of keys",
            })),
        }
        if let Some(introspection) = &self.introspection {
            introspection.check(allow_http, &name, problems);
        }
    }

    /// Whether every token is introspected.
    fn is_introspected(&self) -> bool {
        self.introspection.as_ref().is_some_and(Introspection::is_always)
    }

    /// The setting that selects the mode `Opaque`, if it is selected.
    pub(super) fn opaque_setting(&self, name: impl Fn(&'static str) -> Setting) -> Option<Setting> {
        let introspection = self.introspection.as_ref().filter(|introspection| introspection.is_opaque())?;
        Some(introspection.mode_setting(name))
    }

    /// Warnings about settings that have no effect.
    pub(super) fn settings_without_effect(&self, name: impl Fn(&'static str) -> Setting) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.introspection.as_ref().is_some_and(Introspection::is_off) {
            warnings.push(format!("{} has no effect with the mode `Off`", name("introspection")));
        }
        if let Some(keys) = self.keys.first().filter(|_| self.is_introspected()) {
            let setting = name(keys.setting());
            warnings.push(format!("{setting} has no effect, because every token is introspected"));
        }
        warnings
    }

    /// The order of Okta and that of the settings.
    fn acr_pairs(&self) -> Vec<(&str, &str)> {
        let own = self.acr_order.iter().map(|(stronger, weaker)| (&**stronger, &**weaker));
        own.chain(Implications::OKTA_ACR).collect()
    }

    /// Splits checked settings into the rules of the issuer's tokens, the origin of its keys, and its introspection.
    pub(super) fn into_rules(self, leeway: Duration, scope_order: Arc<Implications>) -> IssuerParts {
        let acr_order = Implications::new(&self.acr_pairs()).unwrap_or_default();
        let boxed = |values: Vec<String>| values.into_iter().map(String::into_boxed_str).collect();
        let issuer = self.issuers.into_iter().next().unwrap_or_default().into();
        let clients = (!self.any_client).then(|| boxed(self.clients));
        let mut rules = IssuerRules::new(issuer, boxed(self.audiences), clients, leeway, &self.profile)
            .with_order(scope_order, Arc::new(acr_order));
        let introspection = self.introspection.filter(|introspection| !introspection.is_off());
        rules.keeps_text = introspection.is_some();
        IssuerParts {
            introspection: introspection.map(|introspection| (introspection, rules.of_answers(&self.profile))),
            keys: self.keys.into_iter().next().unwrap_or(KeyOrigin::Discovery),
            rules,
        }
    }
}

/// The checked settings of an issuer.
pub(super) struct IssuerParts {
    pub(super) rules: IssuerRules,
    pub(super) keys: KeyOrigin,
    /// With the rules of answers. `None` if it is off.
    pub(super) introspection: Option<(Introspection, IssuerRules)>,
}

/// Hides the parts of a URL that may be secret.
impl fmt::Debug for KeyOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Discovery => f.write_str("Discovery"),
            Self::Uri(uri) => f.debug_tuple("Uri").field(&Excerpt::url_text(uri)).finish(),
            Self::Set(set) => f.debug_tuple("Set").field(set).finish(),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}

impl KeyOrigin {
    pub(super) fn setting(&self) -> &'static str {
        match self {
            Self::Discovery | Self::Uri(_) => "jwks_uri",
            Self::Set(_) => "jwk_set",
            Self::File(_) => "jwks_file",
        }
    }
}

fn twice(setting: Setting, advice: &'static str) -> ConfigProblem {
    ConfigProblem::Contradiction { setting: setting.clone(), other: setting, advice }
}

/// Makes the order of values from pairs: the first of each implies the second.
pub(super) fn parse_order<T: AsRef<str>>(
    setting: &Setting,
    example: &'static str,
    pairs: &[(T, T)],
) -> Result<Implications, ConfigProblem> {
    if pairs.iter().any(|(one, other)| one.as_ref().is_empty() || other.as_ref().is_empty()) {
        return Err(ConfigProblem::Empty { setting: setting.clone(), example });
    }
    Implications::new(pairs)
        .map_err(|Cycle(value)| ConfigProblem::ImpliesItself { setting: setting.clone(), found: Excerpt::new(&value) })
}

fn check_values(setting: &Setting, values: &[String], example: &'static str) -> Vec<ConfigProblem> {
    if values.is_empty() {
        return vec![ConfigProblem::Missing { setting: setting.clone(), example }];
    }
    let problem = |value: &String| {
        if value.trim().is_empty() {
            Some(ConfigProblem::Empty { setting: setting.clone(), example })
        } else if has_placeholder(value) {
            let found = Excerpt::new(value);
            Some(ConfigProblem::Placeholder { setting: setting.clone(), found, example })
        } else {
            None
        }
    };
    values.iter().filter_map(problem).collect()
}
