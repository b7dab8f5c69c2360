//! The configuration, a TOML file.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use okta_auth_testing::{Client, MockOkta, MockOktaBuilder, SigningAlgorithm, User};
use serde::de::{Deserialize, Deserializer, Error as _};

/// The configuration without a file.
pub(crate) const EXAMPLE: &str = include_str!("example.toml");

/// One day.
pub(crate) const MAX_LIFETIME_SECONDS: u32 = 24 * 3600;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    #[serde(deserialize_with = "loopback_address")]
    pub(crate) address: SocketAddr,
    #[serde(deserialize_with = "path_segment")]
    pub(crate) authorization_server: String,
    #[serde(deserialize_with = "non_empty")]
    pub(crate) audience: String,
    #[serde(deserialize_with = "algorithm")]
    algorithm: SigningAlgorithm,
    #[serde(deserialize_with = "lifetime")]
    pub(crate) access_token_lifetime: u32,
    #[serde(deserialize_with = "scopes")]
    pub(crate) scopes: Vec<String>,
    #[serde(deserialize_with = "users")]
    pub(crate) users: Vec<UserConfig>,
    #[serde(deserialize_with = "clients")]
    pub(crate) clients: Vec<ClientConfig>,
}

/// A user.
#[derive(Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserConfig {
    #[serde(deserialize_with = "non_empty")]
    pub(crate) login: String,
    #[serde(default, deserialize_with = "optional_non_empty")]
    pub(crate) id: Option<String>,
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) password: Option<String>,
    #[serde(default)]
    pub(crate) groups: Vec<String>,
    #[serde(default)]
    second_factor: Option<bool>,
}

/// A client.
#[derive(Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientConfig {
    #[serde(deserialize_with = "non_empty")]
    pub(crate) id: String,
    #[serde(default, deserialize_with = "optional_non_empty")]
    secret: Option<String>,
    #[serde(default, deserialize_with = "urls")]
    redirect_uris: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 8181)),
            authorization_server: "default".to_owned(),
            audience: "api://default".to_owned(),
            algorithm: SigningAlgorithm::RS256,
            access_token_lifetime: 3600,
            scopes: Vec::new(),
            users: vec![UserConfig {
                login: "alice@example.com".to_owned(),
                id: None,
                name: None,
                password: None,
                groups: Vec::new(),
                second_factor: None,
            }],
            clients: vec![ClientConfig {
                id: "0oaspa1local2okta3cl".to_owned(),
                secret: None,
                redirect_uris: Vec::new(),
            }],
        }
    }
}

impl Config {
    /// # Errors
    ///
    /// The message names the file, the line, the field and the problem.
    pub(crate) fn parse(text: &str, file: &str) -> Result<Self, String> {
        let place = |span: Option<std::ops::Range<usize>>| {
            let before = span.and_then(|span| text.get(..span.start)).unwrap_or_default();
            format!("{file}, line {}", before.matches('\n').count() + 1)
        };
        let document =
            toml::Deserializer::parse(text).map_err(|error| format!("{}: {}", place(error.span()), error.message()))?;
        serde_path_to_error::deserialize(document).map_err(|error| {
            let field = error.path().to_string();
            let error = error.into_inner();
            let field = if field == "." { String::new() } else { format!("{field}: ") };
            format!("{}: {field}{}", place(error.span()), error.message())
        })
    }

    pub(crate) fn builder(&self) -> MockOktaBuilder {
        let mut builder = MockOkta::builder()
            .address(self.address)
            .issuer_id(&self.authorization_server)
            .audience(&self.audience)
            .algorithm(self.algorithm)
            .access_token_lifetime(Duration::from_secs(self.access_token_lifetime.into()));
        if let Some(first) = self.clients.first() {
            builder = builder.client_id(&first.id);
        }
        builder = self.scopes.iter().fold(builder, |builder, scope| builder.scope(scope));
        builder = self.users.iter().fold(builder, |builder, user| builder.user(user.to_user()));
        self.clients.iter().fold(builder, |builder, client| builder.client(client.to_client()))
    }
}

impl UserConfig {
    fn to_user(&self) -> User {
        let mut user = User::new(&self.login);
        if let Some(id) = &self.id {
            user = user.id(id);
        }
        if let Some(name) = &self.name {
            user = user.name(name);
        }
        if let Some(password) = &self.password {
            user = user.password(password);
        }
        if self.second_factor == Some(false) {
            user = user.without_second_factor();
        }
        self.groups.iter().fold(user, User::group)
    }
}

impl ClientConfig {
    pub(crate) fn secret(&self) -> Option<&str> {
        self.secret.as_deref()
    }

    fn to_client(&self) -> Client {
        let client = match &self.secret {
            Some(secret) => Client::confidential(&self.id, secret),
            None => Client::public(&self.id),
        };
        self.redirect_uris.iter().fold(client, Client::redirect_uri)
    }
}

fn loopback_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    let address: Option<SocketAddr> = text.parse().ok();
    address
        .filter(|address| address.ip().is_loopback())
        .ok_or_else(|| D::Error::custom(format!("{text:?} is no address on loopback such as \"127.0.0.1:8181\"")))
}

fn path_segment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    match !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        true => Ok(text),
        false => Err(D::Error::custom(format!("{text:?} has to be letters, digits, - and _"))),
    }
}

fn non_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() { Err(D::Error::custom("must not be empty")) } else { Ok(text) }
}

fn optional_non_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    non_empty(deserializer).map(Some)
}

fn lifetime<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let seconds = i64::deserialize(deserializer)?;
    u32::try_from(seconds)
        .ok()
        .filter(|seconds| (1..=MAX_LIFETIME_SECONDS).contains(seconds))
        .ok_or_else(|| D::Error::custom(format!("{seconds} is not between 1 and {MAX_LIFETIME_SECONDS} seconds")))
}

fn algorithm<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SigningAlgorithm, D::Error> {
    use SigningAlgorithm::{ES256, ES384, Ed25519, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    let text = String::deserialize(deserializer)?;
    let all = [RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA, Ed25519];
    all.into_iter().find(|algorithm| algorithm.name() == text).ok_or_else(|| {
        let names = all.map(SigningAlgorithm::name).join(", ");
        D::Error::custom(format!("{text:?} is none of {names}"))
    })
}

fn scopes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let scopes = Vec::<String>::deserialize(deserializer)?;
    match scopes.iter().find(|scope| !is_scope(scope)) {
        Some(bad) => {
            Err(D::Error::custom(format!("{bad:?} is no scope: it must not be empty, nor have spaces or quotes")))
        }
        None => unique(scopes, String::as_str),
    }
}

/// A scope-token of RFC 6749 section 3.3.
pub(crate) fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}

fn urls<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let urls = Vec::<String>::deserialize(deserializer)?;
    match urls.iter().find(|text| url::Url::parse(text).is_err()) {
        Some(bad) => Err(D::Error::custom(format!("{bad:?} is no URL"))),
        None => Ok(urls),
    }
}

fn users<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<UserConfig>, D::Error> {
    unique(at_least_one(Vec::<UserConfig>::deserialize(deserializer)?)?, |user| &user.login)
}

fn clients<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ClientConfig>, D::Error> {
    unique(at_least_one(Vec::<ClientConfig>::deserialize(deserializer)?)?, |client| &client.id)
}

fn at_least_one<T, E: serde::de::Error>(items: Vec<T>) -> Result<Vec<T>, E> {
    if items.is_empty() { Err(E::custom("at least one is needed")) } else { Ok(items) }
}

fn unique<T, E: serde::de::Error>(items: Vec<T>, name: impl Fn(&T) -> &str) -> Result<Vec<T>, E> {
    let mut names = HashSet::new();
    match items.iter().map(name).find(|name| !names.insert(*name)) {
        Some(twice) => Err(E::custom(format!("{twice:?} is there twice"))),
        None => Ok(items),
    }
}
