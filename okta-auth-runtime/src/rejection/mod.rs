//! Every rejection of this crate: its reason, status, headers and body.

use std::fmt;
use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::http::header::{
    AUTHORIZATION, CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, ResponseError};

mod body_format;
mod challenge;
mod reason;
mod status_mapping;

pub use reason::Reason;
pub use status_mapping::StatusMapping;

use crate::context::AuthContext;
use crate::error::{ClaimError, TokenError, ValidateError};
use crate::policy::Policy;
use crate::protected_resource::ProtectedResource;
use body_format::BodyFormat;
use challenge::{Scheme, challenge};

/// RFC 9449 section 8.
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// In seconds.
const STORE_RETRY_AFTER: u64 = 5;

/// A function that makes the response of a rejection. See
/// [`ValidatorBuilder::on_rejection`](crate::config::ValidatorBuilder::on_rejection).
pub type OnRejection = Arc<dyn Fn(&Rejection, &HttpRequest) -> HttpResponse + Send + Sync>;

/// The settings of a validator that shape its rejections.
#[derive(Clone, Default)]
pub(crate) struct ResponseSettings {
    pub(crate) status_mapping: StatusMapping,
    pub(crate) realm: Option<Box<str>>,
    pub(crate) protected_resource: Option<ProtectedResource>,
    /// `None` if DPoP is off.
    pub(crate) dpop: Option<DpopChallenge>,
    pub(crate) on_rejection: Option<OnRejection>,
}

/// The part of a challenge that says how to send a proof (RFC 9449 section 7.1).
#[derive(Clone)]
pub(crate) struct DpopChallenge {
    /// Bearer tokens that are not bound are refused, so no challenge asks for one.
    pub(crate) is_required: bool,
    /// The algorithms of proofs, separated by spaces.
    pub(crate) algorithms: Box<str>,
}

impl ResponseSettings {
    /// The status of the response to `reason`. In the DPoP scheme, a rejected token is 401 in both mappings.
    pub(crate) fn status(&self, reason: &Reason, sent_as_dpop: bool) -> StatusCode {
        match reason {
            Reason::MalformedCredentials | Reason::Token(_) if sent_as_dpop => StatusCode::UNAUTHORIZED,
            reason => reason.status(self.status_mapping),
        }
    }

    /// The first challenge of the response to `reason`, for a request with a token and a handler with this policy. `None` if the
    /// response has no challenge.
    pub(crate) fn challenge(
        &self,
        reason: &Reason,
        policy: Option<&Policy>,
        sent_as_dpop: bool,
    ) -> Option<HeaderValue> {
        let scopes = policy.map(|policy| self.scopes_before(policy, reason, sent_as_dpop)).unwrap_or_default();
        let has_challenge = self.status(reason, sent_as_dpop).is_client_error();
        has_challenge.then(|| self.challenges(reason, &scopes, sent_as_dpop).next()).flatten()
    }

    /// The challenges to a request that was sent in the DPoP scheme or not. Where both schemes are accepted, a request without
    /// a token gets both. Bearer is first, because MCP clients read only a header that begins with it.
    fn challenges(&self, reason: &Reason, scopes: &[String], sent_as_dpop: bool) -> impl Iterator<Item = HeaderValue> {
        let schemes = match &self.dpop {
            None => [Some(Scheme::Bearer), None],
            Some(DpopChallenge { is_required, algorithms }) => {
                let dpop = Some(Scheme::Dpop { algs: algorithms });
                match reason {
                    _ if *is_required || sent_as_dpop => [dpop, None],
                    // Only a policy rejects a Bearer token for this reason. Another Bearer token would not help.
                    Reason::Token(TokenError::NotBound) => [dpop, None],
                    Reason::MissingToken => [Some(Scheme::Bearer), dpop],
                    _ => [Some(Scheme::Bearer), None],
                }
            }
        };
        let (realm, resource) = (self.realm.as_deref(), self.protected_resource.as_ref());
        schemes.into_iter().flatten().map(move |scheme| challenge(scheme, reason, scopes, realm, resource))
    }

    /// The scopes that the challenge names for a request that was rejected before `policy` was checked: only those of a 401,
    /// and only if the API publishes its metadata. A client then requests all of them at once (RFC 6750 section 3).
    fn scopes_before(&self, policy: &Policy, reason: &Reason, sent_as_dpop: bool) -> Vec<String> {
        if self.protected_resource.is_none() || self.status(reason, sent_as_dpop) != StatusCode::UNAUTHORIZED {
            return Vec::new();
        }
        policy.smallest_scope_set().into_iter().map(str::to_owned).collect()
    }
}

/// The error of the attribute, the extractors and the middleware.
///
/// It travels as an [`actix_web::Error`], so that loggers and `ErrorHandlers` see it. With an
/// [`on_rejection`](crate::config::ValidatorBuilder::on_rejection) hook it holds the request: drop it before you
/// pass the request on.
///
/// The guide: [rejections](https://docs.rs/okta-auth/latest/okta_auth/guide/rejections/index.html),
/// [troubleshooting](https://docs.rs/okta-auth/latest/okta_auth/guide/troubleshooting/index.html).
///
/// ```
/// use actix_web::Error;
/// use okta_auth_runtime::Rejection;
///
/// fn count(error: &Error) -> &'static str {
///     error.as_error::<Rejection>().map_or("other", |rejection| rejection.reason().code())
/// }
/// # let _ = count;
/// ```
pub struct Rejection(Box<RejectionParts>);

struct RejectionParts {
    reason: Reason,
    /// The scopes that the policy requires, for a caller that it has not been checked for.
    scopes: Vec<String>,
    /// The header `DPoP-Nonce` of the response.
    nonce: Option<Box<str>>,
    /// The defaults if the app has no validator.
    settings: Arc<ResponseSettings>,
    /// The request has the scheme DPoP, and DPoP is on.
    sent_as_dpop: bool,
    format: BodyFormat,
    /// Whether the response may have a body.
    body: bool,
    /// Only for `on_rejection`: actix-web can't route a request further while something else holds it.
    request: Option<HttpRequest>,
}

impl Rejection {
    /// Rejects `request` and logs the reason.
    pub(crate) fn new(
        reason: impl Into<Reason>,
        settings: Option<Arc<ResponseSettings>>,
        request: &HttpRequest,
    ) -> Self {
        let reason = reason.into();
        reason.log(None);
        Self::logged(reason, settings, request)
    }

    /// Rejects `request` of a known caller and logs the reason.
    pub(crate) fn of_caller(
        user: &AuthContext,
        reason: impl Into<Reason>,
        settings: Option<Arc<ResponseSettings>>,
        request: &HttpRequest,
    ) -> Self {
        let reason = reason.into();
        reason.log(Some(user.actor().is_some()));
        Self::logged(reason, settings, request)
    }

    /// Rejects `request` for a reason that is in the log already.
    pub(crate) fn logged(reason: Reason, settings: Option<Arc<ResponseSettings>>, request: &HttpRequest) -> Self {
        let settings = settings.unwrap_or_default();
        let hooked = settings.on_rejection.is_some();
        let sent_as_dpop = settings.dpop.is_some() && has_dpop_scheme(request.headers());
        Self(Box::new(RejectionParts {
            reason,
            scopes: Vec::new(),
            nonce: None,
            settings,
            sent_as_dpop,
            format: BodyFormat::accepted_by(request),
            body: request.method() != Method::HEAD,
            request: hooked.then(|| request.clone()),
        }))
    }

    /// Takes the scheme of the request from these headers. Inner middleware can have replaced those of the request.
    pub(crate) fn in_scheme_of(mut self, headers: &HeaderMap) -> Self {
        self.0.sent_as_dpop = self.0.settings.dpop.is_some() && has_dpop_scheme(headers);
        self
    }

    /// Adds a nonce for the next proof of the client.
    pub(crate) fn with_nonce(mut self, nonce: Option<impl Into<Box<str>>>) -> Self {
        self.0.nonce = nonce.map(Into::into);
        self
    }

    pub(crate) fn has_nonce(&self) -> bool {
        self.0.nonce.is_some()
    }

    /// Adds the scopes that `policy` requires to the challenge, for a request that was rejected before `policy` was
    /// checked.
    pub(crate) fn before_policy(mut self, policy: &Policy) -> Self {
        self.0.scopes = self.0.settings.scopes_before(policy, &self.0.reason, self.0.sent_as_dpop);
        self
    }

    /// The reason of the rejection.
    pub fn reason(&self) -> &Reason {
        &self.0.reason
    }

    /// The response before [`on_rejection`](crate::config::ValidatorBuilder::on_rejection) changes it.
    pub fn default_response(&self) -> HttpResponse {
        let RejectionParts { reason, scopes, settings, sent_as_dpop, format, .. } = &*self.0;
        let mut response = respond(reason, scopes, settings, *sent_as_dpop, *format);
        self.add_nonce(&mut response);
        response
    }

    fn add_nonce(&self, response: &mut HttpResponse) {
        if let Some(nonce) = &self.0.nonce {
            insert_nonce(response.headers_mut(), nonce);
        }
    }
}

/// Gives the client a nonce for its next proof. A cache must not repeat it later (RFC 9449 section 8.2).
pub(crate) fn insert_nonce(headers: &mut HeaderMap, nonce: &str) {
    let Ok(nonce) = HeaderValue::from_str(nonce) else { return };
    headers.insert(DPOP_NONCE, nonce);
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// Whether the first `Authorization` header has the scheme DPoP.
fn has_dpop_scheme(headers: &HeaderMap) -> bool {
    let value = headers.get(AUTHORIZATION).map(|value| value.as_bytes()).unwrap_or_default();
    let (scheme, rest) = value.split_at(value.len().min(4));
    // A longer scheme is another one (RFC 9110 section 5.6.2, `token`).
    scheme.eq_ignore_ascii_case(b"DPoP")
        && !rest.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

/// The response to a reason, with these scopes in its challenge.
fn respond(
    reason: &Reason,
    scopes: &[String],
    settings: &ResponseSettings,
    sent_as_dpop: bool,
    format: BodyFormat,
) -> HttpResponse {
    let status = settings.status(reason, sent_as_dpop);
    let mut response = HttpResponse::build(status);
    response.insert_header((CACHE_CONTROL, "no-store"));
    if status.is_client_error() {
        for challenge in settings.challenges(reason, scopes, sent_as_dpop) {
            response.append_header((WWW_AUTHENTICATE, challenge));
        }
    }
    match reason {
        Reason::Keys(error) => {
            response.insert_header((RETRY_AFTER, error.retry_after().as_secs()));
        }
        Reason::Introspection(error) => {
            response.insert_header((RETRY_AFTER, error.retry_after().as_secs()));
        }
        Reason::StoreUnavailable => {
            response.insert_header((RETRY_AFTER, STORE_RETRY_AFTER));
        }
        _ => {}
    }
    let detail = match reason {
        Reason::Claim(error) => format!("The access token does not fit: {error}."),
        reason => reason.detail().to_owned(),
    };
    response.insert_header(format.content_type());
    response.body(format.body(status, reason.code(), &detail))
}

impl ResponseError for Rejection {
    fn status_code(&self) -> StatusCode {
        self.0.settings.status(self.reason(), self.0.sent_as_dpop)
    }

    fn error_response(&self) -> HttpResponse {
        let hook = self.0.settings.on_rejection.as_ref();
        let mut response = match (hook, &self.0.request) {
            (Some(hook), Some(request)) => hook(self, request),
            _ => self.default_response(),
        };
        // The client can't go on without it.
        self.add_nonce(&mut response);
        if self.0.body { response } else { response.set_body(BoxBody::new(())) }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason().code(), self.reason())
    }
}

/// Does not show the request, which contains the token.
impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejection").field("reason", self.reason()).finish_non_exhaustive()
    }
}

/// In a handler, `user.claim::<T>(name)?` answers 403.
///
/// Below the attribute or `LoginRequired`, a [`Rejection`] replaces this response. It follows the request and the
/// settings of the validator.
impl ResponseError for ClaimError {
    fn status_code(&self) -> StatusCode {
        Reason::from(self.clone()).status(StatusMapping::default())
    }

    fn error_response(&self) -> HttpResponse {
        logged_response(&self.clone().into())
    }
}

/// A handler can use `validator.confirm_active(&user, within).await?` and `validator.validate(token).await?`. The response to the
/// error has the status of the [`Reason`] that it becomes, as if the token were that of the request.
///
/// Below the attribute or `LoginRequired`, a [`Rejection`] replaces this response. It follows the request and the
/// settings of the validator.
impl ResponseError for ValidateError {
    fn status_code(&self) -> StatusCode {
        Reason::from(self.clone()).status(StatusMapping::default())
    }

    fn error_response(&self) -> HttpResponse {
        logged_response(&self.clone().into())
    }
}

/// The response to the error of a handler, without its request and the settings of its validator.
fn response_without_request(reason: &Reason) -> HttpResponse {
    respond(reason, &[], &ResponseSettings::default(), false, BodyFormat::Json)
}

fn logged_response(reason: &Reason) -> HttpResponse {
    reason.log(None);
    response_without_request(reason)
}

/// The reason of a response that a handler made with a [`ClaimError`] or a [`ValidateError`]. The reason is already logged.
/// `None` for any other response, and for one that was changed afterwards.
pub(crate) fn reason_of_response<B: MessageBody>(response: &HttpResponse<B>) -> Option<Reason> {
    let error = response.error()?;
    let claim = || error.as_error::<ClaimError>().cloned().map(Reason::from);
    let validate = || error.as_error::<ValidateError>().cloned().map(Reason::from);
    let reason = claim().or_else(validate)?;
    let own = response_without_request(&reason);
    let parts = (response.status(), response.headers().len(), response.body().size());
    (parts == (own.status(), own.headers().len(), own.body().size())).then_some(reason)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::error::KeyError;

    #[test]
    fn display_has_the_code_and_the_precise_cause() {
        let request = TestRequest::get().insert_header(("Authorization", "Bearer a.b.c")).to_http_request();
        let token = TokenError::MissingClaim { claim: "aud".into() };
        for (reason, expected) in [
            (Reason::MissingToken, "missing_token: This needs an access token"),
            (Reason::Token(token.clone()), &format!("invalid_token: {token}")),
            (Reason::Claim(ClaimError::Missing { path: "tier".into() }), "forbidden: missing claim \"tier\""),
            (Reason::Keys(KeyError::NoRuntime), &format!("keys_unavailable: {}", KeyError::NoRuntime)),
            (Reason::Misconfigured, "misconfigured: This server is not able"),
        ] {
            let debug = format!("Rejection {{ reason: {reason:?}, .. }}");
            let rejection = Rejection::new(reason, None, &request);
            assert!(rejection.to_string().starts_with(expected), "{rejection}");
            assert_eq!(format!("{rejection:?}"), debug);
        }
    }

    #[test]
    fn status_of_the_error_is_that_of_its_response() {
        let request = TestRequest::get().to_http_request();
        for status_mapping in [StatusMapping::Flask, StatusMapping::Rfc6750] {
            let settings = Arc::new(ResponseSettings { status_mapping, ..ResponseSettings::default() });
            for reason in [Reason::MissingToken, Reason::MalformedCredentials, Reason::Misconfigured] {
                let rejection = Rejection::new(reason.clone(), Some(Arc::clone(&settings)), &request);
                let expected = reason.status(status_mapping);
                assert_eq!((rejection.status_code(), rejection.error_response().status()), (expected, expected));
            }
        }
    }

    #[test]
    fn each_time_error_has_a_sentence_for_the_client() {
        let claim = "nbf";
        let (ago, ahead, leeway) = Default::default();
        let detail = |error: TokenError| Reason::Token(error).detail();
        assert_eq!(detail(TokenError::Expired { ago, leeway }), "The access token has expired.");
        assert_eq!(detail(TokenError::NotYetValid { claim, ahead, leeway }), "The access token is not valid yet.");
    }

    #[test]
    fn only_the_unchanged_response_of_an_error_is_recognized() {
        let claim = ClaimError::Missing { path: "tier".into() };
        let token = ValidateError::from(TokenError::WrongSegmentCount { found: 2 });
        let keys = ValidateError::from(KeyError::NoRuntime);
        let changed = |mut response: HttpResponse| {
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        };
        for (error, status, reason) in [
            (actix_web::Error::from(claim.clone()), 403, Reason::from(claim)),
            (token.clone().into(), 403, Reason::from(token)),
            (keys.clone().into(), 503, Reason::from(keys)),
        ] {
            assert_eq!(error.as_response_error().status_code().as_u16(), status, "{error}");
            let response = HttpResponse::from_error(error);
            assert_eq!((response.status().as_u16(), reason_of_response(&response)), (status, Some(reason)));
            assert_eq!(reason_of_response(&changed(response)), None);
        }
        for other in
            [HttpResponse::Forbidden().finish(), HttpResponse::from_error(actix_web::error::ErrorForbidden("no"))]
        {
            assert_eq!(reason_of_response(&other), None, "{other:?}");
        }
    }
}
