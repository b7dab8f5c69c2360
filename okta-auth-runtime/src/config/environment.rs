//! The configuration from environment variables.

use std::time::Duration;

use base64_simd::URL_SAFE_NO_PAD;
use once_cell::sync::OnceCell;

use super::client_certificates::parse_proxy;
use super::dpop::{SECRET_EXPECTED, SHORTEST_SECRET};
use super::introspection::{check_client_id, check_secret};
use super::url_rules::check_introspection_uri;
use super::variables::variable;
use super::{ClientCertificates, Dpop, Introspection, IntrospectionMode, ValidatorBuilder};
use crate::error::{ConfigError, ConfigProblem, Excerpt, Setting};
use crate::rejection::StatusMapping;
use crate::shared_store::SharedStore;
use crate::validator::Validator;

static GLOBAL: OnceCell<Result<Validator, ConfigError>> = OnceCell::new();

impl Validator {
    /// Builds a validator from environment variables.
    ///
    /// The guide: [configuration](https://docs.rs/okta-auth/latest/okta_auth/guide/configuration/index.html),
    /// [okta_setup](https://docs.rs/okta-auth/latest/okta_auth/guide/okta_setup/index.html).
    ///
    /// | variable | | |
    /// |---|---|---|
    /// | `OKTA_ISSUER` | required | the authorization server, such as `https://dev-123456.okta.com/oauth2/default` |
    /// | `OKTA_CLIENT_ID` | required | allowed clients, separated by commas |
    /// | `OKTA_AUDIENCE` | required | allowed audiences, separated by commas |
    /// | `OKTA_JWKS_URI` | optional | the URL of the keys; discovered from the issuer if not set |
    /// | `OKTA_RESOURCE` | optional | the public URL of this API, for its metadata; see [`resource`](ValidatorBuilder::resource) |
    /// | `OKTA_DPOP` | optional | `off` (default), `accept` or `require`; the last two need `OKTA_RESOURCE`; see [`Dpop`] |
    /// | `OKTA_DPOP_NONCE` | optional | `off` (default) or `require`: proofs need a nonce of this server |
    /// | `OKTA_DPOP_NONCE_SECRET` | optional | base64url of at least 32 bytes, shared by instances; random if not set |
    /// | `OKTA_STORE_URL` | optional | `redis://` or `rediss://`: the state that instances share; needs the feature `redis`; see [`SharedStore`] |
    /// | `OKTA_INTROSPECTION` | optional | `off` (default), `opaque` or `always`: the authorization server says whether tokens are active (RFC 7662); the last two need a client ID and secret; see [`Introspection`] |
    /// | `OKTA_INTROSPECTION_URI` | optional | the URL of the introspection endpoint; discovered from the issuer if not set |
    /// | `OKTA_INTROSPECTION_CLIENT_ID` | optional | the client ID of this API at the authorization server |
    /// | `OKTA_INTROSPECTION_CLIENT_SECRET` | optional | its client secret, sent as HTTP Basic |
    /// | `OKTA_CLIENT_CERT_HEADER` | optional | the header with the certificate of the client, usually `Client-Cert`; needs `OKTA_TRUSTED_PROXIES`; see [`ClientCertificates`] |
    /// | `OKTA_TRUSTED_PROXIES` | optional | the addresses or CIDR blocks of the proxies that may send this header, separated by commas |
    /// | `OKTA_LEEWAY` | optional | whole seconds from 0 to 300; default 60 |
    /// | `OKTA_STATUS_MAPPING` | optional | `flask` (default; `decorator` means the same) or `rfc6750` |
    /// | `OKTA_TOKEN_CACHE_CAPACITY` | optional | room for so many cached tokens of up to 2 KiB; default 10000, 0 for none |
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with the problems of all variables.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::builder().from_env().build()
    }

    /// The process-wide validator for apps without one in app data. Built from the environment on first use.
    pub(crate) fn global() -> Result<&'static Self, &'static ConfigError> {
        GLOBAL.get_or_init(|| Self::from_env().inspect(Self::log_fallback)).as_ref()
    }

    /// As [`global`](Self::global), but does not initialize it.
    pub(crate) fn global_if_initialized() -> Option<&'static Self> {
        GLOBAL.get()?.as_ref().ok()
    }
}

impl ValidatorBuilder {
    /// Reads the environment variables of [`Validator::from_env`]. A later call on the builder overrides a variable.
    /// Set audiences in the environment or on the builder, not both, and likewise clients: several are accepted.
    pub fn from_env(self) -> Self {
        read(self.of_environment(), |name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }
}

/// Reads the variables into a builder. `build` reports their problems together with all others.
fn read(mut builder: ValidatorBuilder, get: impl Fn(&str) -> Option<String>) -> ValidatorBuilder {
    let value = |name: &str| get(name).map(|value| value.trim().to_owned());
    // An optional variable that is empty in a `.env` file counts as absent.
    let optional = |name: &str| value(name).filter(|value| !value.is_empty());
    // A shared `.env` file may contain values for another app.
    for (method, name, in_code) in [
        ("audience", "OKTA_AUDIENCE", !builder.first.audiences.is_empty()),
        ("client_id", "OKTA_CLIENT_ID", !builder.first.clients.is_empty()),
    ] {
        if in_code && value(name).is_some() {
            builder = builder.problem(ConfigProblem::Contradiction {
                setting: variable(method),
                other: Setting::method(method),
                advice: "set it in one place, or both would be accepted",
            });
        }
    }
    if let Some(issuer) = value("OKTA_ISSUER") {
        builder = builder.issuer(issuer);
    }
    for audience in value("OKTA_AUDIENCE").iter().flat_map(|list| several(list)) {
        builder = builder.audience(audience);
    }
    for client in value("OKTA_CLIENT_ID").iter().flat_map(|list| several(list)) {
        builder = builder.client_id(client);
    }
    if let Some(uri) = optional("OKTA_JWKS_URI") {
        builder = builder.jwks_uri(uri);
    }
    if let Some(url) = optional("OKTA_RESOURCE") {
        builder = builder.resource(url);
    }
    builder = read_dpop(builder, optional);
    builder = read_introspection(builder, optional);
    builder = read_client_certificates(builder, optional);
    if let Some(url) = optional("OKTA_STORE_URL") {
        builder = match shared_store(url) {
            Ok(store) => builder.shared_store(store),
            Err(problems) => problems.into_iter().fold(builder, ValidatorBuilder::problem),
        };
    }
    if let Some(leeway) = optional("OKTA_LEEWAY") {
        builder = match leeway.parse() {
            Ok(seconds) => builder.leeway(Duration::from_secs(seconds)),
            Err(_) => builder.problem(unexpected("leeway", &leeway, "whole seconds from 0 to 300")),
        };
    }
    if let Some(mapping) = optional("OKTA_STATUS_MAPPING") {
        builder = match StatusMapping::parse(&mapping) {
            Some(mapping) => builder.status_mapping(mapping),
            None => builder.problem(unexpected("status_mapping", &mapping, "decorator or rfc6750")),
        };
    }
    if let Some(capacity) = optional("OKTA_TOKEN_CACHE_CAPACITY") {
        builder = match capacity.parse() {
            Ok(tokens) => builder.token_cache_capacity(tokens),
            Err(_) => builder.problem(unexpected("token_cache_capacity", &capacity, "a number of tokens, 0 for none")),
        };
    }
    builder
}

/// Reads the variables of DPoP. A valid one that has no effect is a warning.
fn read_dpop(builder: ValidatorBuilder, optional: impl Fn(&str) -> Option<String>) -> ValidatorBuilder {
    let mut problems = Vec::new();
    let dpop = match optional("OKTA_DPOP").as_deref() {
        None | Some("off") => None,
        Some("accept") => Some(Dpop::accept()),
        Some("require") => Some(Dpop::require()),
        Some(mode) => {
            problems.push(unexpected("dpop", mode, "off, accept or require"));
            None
        }
    };
    let needs_nonces = match optional("OKTA_DPOP_NONCE").as_deref() {
        None | Some("off") => false,
        Some("require") => true,
        Some(mode) => {
            problems.push(unexpected("dpop_nonce", mode, "off or require"));
            false
        }
    };
    let secret = optional("OKTA_DPOP_NONCE_SECRET").map(|secret| {
        let secret = URL_SAFE_NO_PAD.decode_to_vec(secret.trim_end_matches('='));
        secret.ok().filter(|secret| secret.len() >= SHORTEST_SECRET)
    });
    if secret == Some(None) {
        let (setting, found) = (variable("dpop_nonce_secret"), Excerpt::word("not a valid secret"));
        problems.push(ConfigProblem::Unexpected { setting, found, expected: SECRET_EXPECTED });
    }
    let has_problems = !problems.is_empty();
    let builder = problems.into_iter().fold(builder, ValidatorBuilder::problem);
    let secret = secret.flatten();
    if !has_problems && needs_nonces && dpop.is_none() {
        tracing::warn!("OKTA_DPOP_NONCE has no effect while OKTA_DPOP is off");
    }
    if !has_problems && secret.is_some() && !(needs_nonces && dpop.is_some()) {
        tracing::warn!("OKTA_DPOP_NONCE_SECRET has no effect without OKTA_DPOP and OKTA_DPOP_NONCE=require");
    }
    // Also with problems, so that those of DPoP itself are reported at once.
    let Some(dpop) = dpop else { return builder };
    builder.dpop(match (needs_nonces, secret) {
        (false, _) => dpop,
        (true, None) => dpop.require_nonces(),
        (true, Some(secret)) => dpop.nonce_secret(secret),
    })
}

/// Reads the variables of introspection. Without a mode, the valid ones have no effect, which is a warning for each.
fn read_introspection(builder: ValidatorBuilder, optional: impl Fn(&str) -> Option<String>) -> ValidatorBuilder {
    let uri = optional("OKTA_INTROSPECTION_URI");
    let id = optional("OKTA_INTROSPECTION_CLIENT_ID");
    let secret = optional("OKTA_INTROSPECTION_CLIENT_SECRET");
    let mode = match optional("OKTA_INTROSPECTION").as_deref() {
        None | Some("off") => Ok(None),
        Some("opaque") => Ok(Some(IntrospectionMode::Opaque)),
        Some("always") => Ok(Some(IntrospectionMode::Always)),
        Some(mode) => Err(unexpected("introspection_mode", mode, "off, opaque or always")),
    };
    if let Ok(Some(mode)) = mode {
        let introspection = Introspection::of_environment(id, secret, mode).with_endpoint_of_environment(uri);
        return builder.introspection(introspection);
    }
    let [uri_setting, id_setting, secret_setting] =
        ["introspection_uri", "introspection_client_id", "introspection_client_secret"].map(variable);
    let checked = [
        uri.map(|uri| (check_introspection_uri(&uri_setting, &uri, builder.settings.allow_http), uri_setting)),
        id.map(|id| (check_client_id(&id_setting, Some(&id)), id_setting)),
        secret.map(|secret| (check_secret(&secret_setting, Some(&secret)), secret_setting)),
    ];
    let mut problems: Vec<ConfigProblem> = mode.err().into_iter().collect();
    let mut without_effect = Vec::new();
    for (result, setting) in checked.into_iter().flatten() {
        match result {
            Ok(()) => without_effect.push(setting),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        without_effect
            .iter()
            .for_each(|setting| tracing::warn!("{setting} has no effect while OKTA_INTROSPECTION is off"));
    }
    problems.into_iter().fold(builder, ValidatorBuilder::problem)
}

/// Reads the variables of client certificates. Proxies without a header have no effect, which is a warning.
fn read_client_certificates(builder: ValidatorBuilder, optional: impl Fn(&str) -> Option<String>) -> ValidatorBuilder {
    let (header, proxies) = (optional("OKTA_CLIENT_CERT_HEADER"), optional("OKTA_TRUSTED_PROXIES"));
    let mut proxies = proxies.iter().flat_map(|list| several(list)).peekable();
    let Some(header) = header else {
        if proxies.peek().is_none() {
            return builder;
        }
        let problems: Vec<_> =
            proxies.filter_map(|proxy| parse_proxy(&variable("trusted_proxy"), proxy).err()).collect();
        if problems.is_empty() {
            tracing::warn!("OKTA_TRUSTED_PROXIES has no effect without OKTA_CLIENT_CERT_HEADER");
        }
        return problems.into_iter().fold(builder, ValidatorBuilder::problem);
    };
    builder.client_certificates(proxies.fold(ClientCertificates::header(header), ClientCertificates::trusted_proxy))
}

#[cfg(feature = "redis")]
fn shared_store(url: String) -> Result<SharedStore, Vec<ConfigProblem>> {
    SharedStore::builder(url).check(&variable("shared_store")).map_err(|error| error.problems().to_vec())
}

#[cfg(not(feature = "redis"))]
fn shared_store(_: String) -> Result<SharedStore, Vec<ConfigProblem>> {
    Err(vec![ConfigProblem::FeatureOff { setting: variable("shared_store"), feature: "redis" }])
}

/// Splits values at commas. One comma at the end is allowed.
fn several(list: &str) -> impl Iterator<Item = &str> {
    list.strip_suffix(',').unwrap_or(list).split(',').map(str::trim)
}

fn unexpected(method: &str, found: &str, expected: &'static str) -> ConfigProblem {
    ConfigProblem::Unexpected { setting: variable(method), found: Excerpt::new(found), expected }
}

#[cfg(test)]
mod tests;
