//! The authorization endpoint (RFC 6749 section 3.1), for the code flow with PKCE (RFC 7636).
//!
//! Unless it has a sign-in page, the mock approves each request at once for the user in `login_hint`, or for the first
//! user. Tokens say that the user just signed in with the factors that `acr_values` asks for (RFC 9470 section 5).

use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, LOCATION, ORIGIN};
use actix_web::{HttpRequest, HttpResponse, web};
use url::Url;

use super::error::{ErrorResponse, api_error};
use super::lookup::{self, ServerId};
use super::parameters::Parameters;
use super::scope;
use crate::acr::{self, Strength, Unmet};
use crate::client::Client;
use crate::grants::{Code, Grant, SignIn};
use crate::sessions::Session;
use crate::state::{MockState, ServerState};
use crate::thumbprint;
use crate::user::User;

pub(crate) async fn authorize(
    state: web::Data<MockState>,
    id: ServerId,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, ErrorResponse> {
    let posted = !body.is_empty();
    let from_sign_in_page = posted && !is_foreign(&request);
    let parameters = Parameters::parse(if posted { &body } else { request.query_string().as_bytes() });
    let server = lookup::server(&state, &id)?;
    let mut request = AuthorizationRequest::new(&state, server, &parameters)?;
    match &state.settings.sign_in_page {
        Some(page) => {
            request.from_sign_in_page = from_sign_in_page;
            Ok(request.sign_in_page_response(&state, page))
        }
        None => {
            let user = request.auto_approving_user(&state);
            Ok(request.response(&state, user))
        }
    }
}

/// A request with a registered redirect URI, so that errors can be sent to the client.
struct AuthorizationRequest<'a> {
    server: &'a ServerState,
    client: &'a Client,
    redirect_uri: Url,
    parameters: &'a Parameters,
    /// Whether the form of the mock's sign-in page sent the parameters.
    from_sign_in_page: bool,
}

/// The parameters that only the form of the sign-in page may send.
const SIGN_IN_PARAMETERS: [&str; 8] = ["username", "password", "cancel", "failed", "acr", "amr", "auth_age", "actor"];

/// An error code and its description (RFC 6749 section 4.1.2.1).
type AuthorizationError = (&'static str, String);

impl<'a> AuthorizationRequest<'a> {
    fn new(state: &'a MockState, server: &'a ServerState, parameters: &'a Parameters) -> Result<Self, ErrorResponse> {
        let bad_request = |code, parameter: &str, rule: &str| {
            let summary = format!("The '{parameter}' parameter {rule}.");
            api_error(StatusCode::BAD_REQUEST, code, &summary)
        };
        let client = parameters.find("client_id").and_then(|id| state.client(id));
        let client =
            client.ok_or_else(|| bad_request("invalid_client", "client_id", "must name a registered client"))?;
        let redirect_uri = parameters.find("redirect_uri").filter(|uri| client.allows_redirect(uri));
        let redirect_uri = redirect_uri.and_then(|uri| Url::parse(uri).ok());
        let redirect_uri = redirect_uri.ok_or_else(|| {
            bad_request("invalid_request", "redirect_uri", "must be a redirect URI that the client registered")
        })?;
        Ok(Self { server, client, redirect_uri, parameters, from_sign_in_page: false })
    }

    /// The response of a mock with a sign-in page: a redirect to the page, or the result of the page's form. Only that
    /// form may name the user; a form of another site may not.
    fn sign_in_page_response(self, state: &MockState, page: &str) -> HttpResponse {
        if self.submitted("cancel").is_some() {
            return self.response(state, Err(("access_denied", "The resource owner denied the request.".to_owned())));
        }
        let failed = match self.submitted("username") {
            Some(login) => {
                let password = self.submitted("password").unwrap_or_default();
                match state.user(login).filter(|user| user.accepts(password)) {
                    Some(user) => return self.response(state, Ok(user)),
                    None => Some(login),
                }
            }
            None if self.parameters.find("prompt") == Some("none") => {
                let description = "The client specified not to prompt, but the user is not signed in.";
                return self.response(state, Err(("login_required", description.to_owned())));
            }
            None => None,
        };
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let kept = self.parameters.without(&SIGN_IN_PARAMETERS);
        query.extend_pairs(kept.filter(|(name, _)| failed.is_none() || *name != "login_hint"));
        if let Some(login) = failed {
            query.extend_pairs([("login_hint", login), ("failed", "true")]);
        }
        let target = format!("{page}/{}?{}", self.server.id, query.finish());
        HttpResponse::SeeOther().insert_header((LOCATION, target)).finish()
    }

    /// A parameter that the form of the sign-in page sent.
    fn submitted(&self, name: &str) -> Option<&'a str> {
        self.parameters.find(name).filter(|_| self.from_sign_in_page)
    }

    fn response(self, state: &MockState, user: Result<&User, AuthorizationError>) -> HttpResponse {
        let result = user.and_then(|user| self.issue_code(state, user));
        let mut pairs = match result {
            Ok(code) => vec![("code", code)],
            Err((error, description)) => vec![("error", error.to_owned()), ("error_description", description)],
        };
        if let Some(state) = self.parameters.find("state") {
            pairs.push(("state", state.to_owned()));
        }
        let mut target = self.redirect_uri;
        if self.parameters.find("response_mode") == Some("fragment") {
            let fragment = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            target.set_fragment(Some(&fragment));
        } else {
            target.query_pairs_mut().extend_pairs(pairs);
        }
        HttpResponse::Found().insert_header((LOCATION, target.as_str())).finish()
    }

    /// The user for whom the mock approves the request.
    fn auto_approving_user<'s>(&self, state: &'s MockState) -> Result<&'s User, AuthorizationError> {
        let user = match self.parameters.find("login_hint") {
            Some(login) => state.user(login),
            None => state.settings.users.first(),
        };
        user.ok_or_else(|| ("access_denied", "User is not assigned to the client application.".to_owned()))
    }

    /// Checks the rest of the request and issues a code.
    fn issue_code(&self, state: &MockState, user: &User) -> Result<String, AuthorizationError> {
        let reject = |error, description: &str| Err((error, description.to_owned()));
        if self.parameters.find("response_type") != Some("code") {
            return reject("unsupported_response_type", "The response type is not supported: use 'code'.");
        }
        if !matches!(self.parameters.find("response_mode"), None | Some("query" | "fragment")) {
            return reject("invalid_request", "The 'response_mode' must be 'query' or 'fragment'.");
        }
        if self.parameters.find("state").is_none() {
            return reject("invalid_request", "The authentication request has an invalid 'state' parameter.");
        }
        let challenge = self.parameters.find("code_challenge").map(str::to_owned);
        match (&challenge, self.parameters.find("code_challenge_method")) {
            (None, _) if self.client.is_public() => {
                let rule = "PKCE code challenge is required when the token endpoint authentication method is 'NONE'.";
                return reject("invalid_request", rule);
            }
            (Some(_), method) if method != Some("S256") => {
                return reject("invalid_request", "The 'code_challenge_method' must be 'S256'.");
            }
            _ => {}
        }
        let bound_to = self.parameters.find("dpop_jkt").map(str::to_owned);
        if bound_to.as_deref().is_some_and(|thumbprint| !thumbprint::is_well_formed(thumbprint)) {
            return reject("invalid_request", "The 'dpop_jkt' must be the SHA-256 thumbprint of a JWK.");
        }
        let scopes = self.parameters.scopes();
        if scopes.is_empty() {
            return reject("invalid_scope", scope::MISSING);
        }
        if !scope::are_known(state, &scopes) {
            return reject("invalid_scope", scope::UNKNOWN);
        }
        let sign_in = self.sign_in(state, user)?;
        let now = state.now_seconds();
        let code = state.ids.generate();
        let grant = Grant {
            server: self.server.id.clone(),
            client: self.client.id.clone(),
            user: user.login.clone(),
            scopes,
            nonce: self.parameters.find("nonce").map(str::to_owned),
            bound_to: None,
            sign_in,
            expires: now.saturating_add(state.settings.lifetimes.code.as_secs()),
        };
        let redirect_uri = self.parameters.find("redirect_uri").unwrap_or_default().to_owned();
        state.grants.lock().codes.insert(code.clone(), Code { grant, redirect_uri, challenge, bound_to });
        Ok(code)
    }

    /// Signs the user in, or finds the session that fulfills the request.
    fn sign_in(&self, state: &MockState, user: &User) -> Result<SignIn, AuthorizationError> {
        let max_age = seconds("max_age", self.parameters.find("max_age"))?;
        let acr = match self.submitted("acr") {
            Some(acr) => Some(acr),
            None => acr::choose(self.parameters.find("acr_values").unwrap_or_default(), user.strength()).map_err(
                |Unmet| {
                    let description = "The user can't satisfy the requested authentication context.";
                    ("unmet_authentication_requirements", description.to_owned())
                },
            )?,
        };
        let strength = acr.map_or(Strength::Password, |acr| acr::required_strength(acr, user.strength()));
        let session = self.session(state, user, strength, max_age)?;
        let auth_age = seconds("auth_age", self.submitted("auth_age"))?.unwrap_or_default();
        let mut sign_in = SignIn::new(session.auth_time.saturating_sub(auth_age), session.strength);
        sign_in.acr = acr.map(str::to_owned);
        sign_in.actor = self.submitted("actor").map(str::to_owned);
        if let Some(methods) = self.submitted("amr") {
            sign_in.amr = methods.split_ascii_whitespace().map(str::to_owned).collect();
        }
        Ok(sign_in)
    }

    /// The user's session if the request allows it, or else a new one.
    fn session(
        &self,
        state: &MockState,
        user: &User,
        strength: Strength,
        max_age: Option<u64>,
    ) -> Result<Session, AuthorizationError> {
        let now = state.now_seconds();
        let new = Session { auth_time: now, strength };
        if !state.settings.has_sessions || state.settings.sign_in_page.is_some() {
            return Ok(new);
        }
        let prompts =
            |prompt| self.parameters.find("prompt").is_some_and(|all| all.split(' ').any(|one| one == prompt));
        let mut grants = state.grants.lock();
        let current = grants.sessions.find(&user.login);
        let current = current.filter(|session| session.strength >= strength && session.is_within(max_age, now));
        match current {
            Some(current) if !prompts("login") => return Ok(current),
            _ if prompts("none") => {
                let description = "The client specified not to prompt, but the user has to sign in.";
                return Err(("login_required", description.to_owned()));
            }
            _ => {}
        }
        grants.sessions.start(&user.login, new);
        Ok(new)
    }
}

/// The number of seconds in a parameter.
fn seconds(name: &str, value: Option<&str>) -> Result<Option<u64>, AuthorizationError> {
    value
        .map(str::parse)
        .transpose()
        .map_err(|_| ("invalid_request", format!("The authentication request has an invalid '{name}' parameter.")))
}

/// Whether a browser sent the request from a page of another origin.
fn is_foreign(request: &HttpRequest) -> bool {
    let header = |name| request.headers().get(name).map(|value| value.as_bytes());
    let host = header(HOST).unwrap_or_default();
    header(ORIGIN).is_some_and(|origin| origin.strip_prefix(b"http://") != Some(host))
}
