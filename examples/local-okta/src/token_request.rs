//! The form of the token page.

use std::time::Duration;

use okta_auth_testing::TokenBuilder;
use serde_json::Value;

use crate::api_request::ApiRequest;
use crate::authentication_fields::AuthenticationFields;
use crate::config::{MAX_LIFETIME_SECONDS, is_scope};
use crate::defect::{self, Defect};
use crate::fields::Fields;
use crate::state::AppState;

/// The kind of a token.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum TokenKind {
    Access,
    Opaque,
    Id,
}

impl TokenKind {
    pub(crate) const ALL: [Self; 3] = [Self::Access, Self::Opaque, Self::Id];

    /// The value in the form.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Opaque => "opaque",
            Self::Id => "id",
        }
    }

    /// The label in the form.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Access => "access token",
            Self::Opaque => "opaque access token, which only introspection can validate",
            Self::Id => "ID token, which an API must refuse",
        }
    }

    fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A token to sign.
pub(crate) struct TokenRequest {
    /// The user's login; `None` for a service, which has no user.
    pub(crate) login: Option<String>,
    pub(crate) client: String,
    pub(crate) scopes: Vec<String>,
    /// Seconds.
    pub(crate) lifetime: u32,
    pub(crate) defects: Vec<&'static Defect>,
    pub(crate) kind: TokenKind,
    /// Whether the token is bound to the key of the state.
    pub(crate) is_bound: bool,
    pub(crate) authentication: AuthenticationFields,
    /// Seconds.
    auth_age: Option<u32>,
    act: Option<Value>,
    /// The request of the curl line.
    pub(crate) api: ApiRequest,
}

impl TokenRequest {
    /// The initial state of the form.
    pub(crate) fn initial(state: &AppState) -> Self {
        Self {
            login: state.config.users.first().map(|user| user.login.clone()),
            client: state.config.clients.first().map(|client| client.id.clone()).unwrap_or_default(),
            scopes: state.config.scopes.first().cloned().into_iter().collect(),
            lifetime: state.config.access_token_lifetime,
            defects: Vec::new(),
            kind: TokenKind::Access,
            is_bound: false,
            authentication: AuthenticationFields::default(),
            auth_age: None,
            act: None,
            api: ApiRequest::default(),
        }
    }

    /// # Errors
    ///
    /// A sentence that names the problem with the form.
    pub(crate) fn parse(state: &AppState, fields: &Fields) -> Result<Self, String> {
        let initial = Self::initial(state);
        let login = fields.non_empty("user").map(str::to_owned);
        if let Some(login) = &login
            && state.config.users.iter().all(|user| user.login != *login)
        {
            return Err(format!("There is no user {login:?}."));
        }
        let client = fields.non_empty("client").map_or(initial.client, str::to_owned);
        if state.config.clients.iter().all(|known| known.id != client) {
            return Err(format!("There is no client {client:?}."));
        }
        let more = fields.non_empty("more_scopes").unwrap_or_default().split_ascii_whitespace();
        let scopes: Vec<String> = fields.all("scope").chain(more).map(str::to_owned).collect();
        if let Some(bad) = scopes.iter().find(|scope| !is_scope(scope)) {
            return Err(format!("{bad:?} is no scope."));
        }
        let lifetime = fields.number("lifetime")?.unwrap_or(initial.lifetime);
        if !(1..=MAX_LIFETIME_SECONDS).contains(&lifetime) {
            return Err(format!("The lifetime has to be between 1 and {MAX_LIFETIME_SECONDS} seconds."));
        }
        let authentication = AuthenticationFields::parse(fields);
        let defects = fields.all("defect").filter_map(|name| defect::ALL.iter().find(|defect| defect.name == name));
        Ok(Self {
            login,
            client,
            scopes,
            lifetime,
            defects: defects.collect(),
            kind: fields.find("kind").and_then(TokenKind::find).unwrap_or(TokenKind::Access),
            is_bound: fields.find("dpop").is_some(),
            auth_age: fields.number("auth_age")?,
            act: act(&authentication.actor)?,
            authentication,
            api: ApiRequest::parse(fields)?,
        })
    }

    /// Signs the token and returns it in compact serialization, or issues an opaque token.
    pub(crate) fn sign(&self, state: &AppState) -> String {
        let is_id_token = self.kind == TokenKind::Id;
        let token = match (is_id_token, &self.login) {
            (true, login) => self.id_token(state, login.as_deref()),
            (false, Some(login)) => self.user_token(state, login),
            (false, None) => state.okta.service_token().client(&self.client).claim("sub", self.client.as_str()),
        };
        let token = if is_id_token { token } else { token.scopes(&self.scopes) };
        let token = token.expires_in(Duration::from_secs(self.lifetime.into()));
        let token = if self.is_bound { token.bound_to(&state.proof_key) } else { token };
        let token = self.authenticate(token);
        let token = self.defects.iter().fold(token, |token, defect| (defect.apply)(token));
        if self.kind == TokenKind::Opaque { token.opaque() } else { token.sign() }
    }

    fn authenticate(&self, mut token: TokenBuilder) -> TokenBuilder {
        if !self.authentication.acr.is_empty() {
            token = token.acr(&self.authentication.acr);
        }
        if !self.authentication.amr.is_empty() {
            token = token.amr(self.authentication.amr.split_ascii_whitespace());
        }
        if let Some(age) = self.auth_age {
            token = token.authenticated_ago(Duration::from_secs(age.into()));
        }
        match &self.act {
            Some(act) => token.act(act.clone()),
            None => token,
        }
    }

    fn user_token(&self, state: &AppState, login: &str) -> TokenBuilder {
        let token = state.okta.token().without("groups").user(login).client(&self.client);
        let Some(user) = state.config.users.iter().find(|user| user.login == login) else { return token };
        let token = match &user.id {
            Some(id) => token.user_id(id),
            None => token,
        };
        user.groups.iter().fold(token, TokenBuilder::group)
    }

    fn id_token(&self, state: &AppState, login: Option<&str>) -> TokenBuilder {
        let token = state.okta.id_token().audience(&self.client);
        match login {
            Some(login) => token.claim("email", login).claim("preferred_username", login),
            None => token,
        }
    }
}

/// The claim `act`: a subject, or JSON if the text begins with a brace.
fn act(text: &str) -> Result<Option<Value>, String> {
    match text {
        "" => Ok(None),
        json if json.starts_with('{') => {
            let act = serde_json::from_str(json).map_err(|error| format!("The actor is not valid JSON: {error}."))?;
            Ok(Some(act))
        }
        subject => Ok(Some(serde_json::json!({ "sub": subject }))),
    }
}
