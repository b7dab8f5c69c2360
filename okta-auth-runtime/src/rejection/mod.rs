//! Every rejection of this crate: its reason, status, headers and body.

use std::fmt;
use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, ResponseError};

mod body_format;
mod challenge;
mod reason;
mod status_mapping;

pub use reason::Reason;
pub use status_mapping::StatusMapping;

use crate::context::AuthContext;
use crate::error::ClaimError;
use crate::policy::Policy;
use crate::protected_resource::ProtectedResource;
use body_format::BodyFormat;
use challenge::challenge;

/// A function that makes the response of a rejection. See
/// [`ValidatorBuilder::on_rejection`](crate::config::ValidatorBuilder::on_rejection).
pub type OnRejection = Arc<dyn Fn(&Rejection, &HttpRequest) -> HttpResponse + Send + Sync>;

/// The settings of a validator that shape its rejections.
#[derive(Clone, Default)]
pub(crate) struct ResponseSettings {
    pub(crate) status_mapping: StatusMapping,
    pub(crate) realm: Option<Box<str>>,
    pub(crate) protected_resource: Option<ProtectedResource>,
    pub(crate) on_rejection: Option<OnRejection>,
}

impl ResponseSettings {
    /// The challenge of the response to `reason`, for a handler with this policy. `None` if the response has no challenge.
    pub(crate) fn challenge(&self, reason: &Reason, policy: Option<&Policy>) -> Option<HeaderValue> {
        let scopes = policy.map(|policy| self.scopes_before(policy, reason)).unwrap_or_default();
        let has_challenge = reason.status(self.status_mapping).is_client_error();
        has_challenge.then(|| challenge(reason, &scopes, self.realm.as_deref(), self.protected_resource.as_ref()))
    }

    /// The scopes that the challenge names for a request that was rejected before `policy` was checked: only those of a 401,
    /// and only if the API publishes its metadata. A client then requests all of them at once (RFC 6750 section 3).
    fn scopes_before(&self, policy: &Policy, reason: &Reason) -> Vec<String> {
        if self.protected_resource.is_none() || reason.status(self.status_mapping) != StatusCode::UNAUTHORIZED {
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
    /// `None` if the app has no validator. The defaults apply then.
    settings: Option<Arc<ResponseSettings>>,
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
        let hooked = settings.as_ref().is_some_and(|settings| settings.on_rejection.is_some());
        Self(Box::new(RejectionParts {
            reason,
            scopes: Vec::new(),
            settings,
            format: BodyFormat::accepted_by(request),
            body: request.method() != Method::HEAD,
            request: hooked.then(|| request.clone()),
        }))
    }

    /// Adds the scopes that `policy` requires to the challenge, for a request that was rejected before `policy` was
    /// checked.
    pub(crate) fn before_policy(mut self, policy: &Policy) -> Self {
        if let Some(settings) = &self.0.settings {
            self.0.scopes = settings.scopes_before(policy, &self.0.reason);
        }
        self
    }

    /// The reason of the rejection.
    pub fn reason(&self) -> &Reason {
        &self.0.reason
    }

    /// The response before [`on_rejection`](crate::config::ValidatorBuilder::on_rejection) changes it.
    pub fn default_response(&self) -> HttpResponse {
        respond(&self.0.reason, &self.0.scopes, self.0.settings.as_deref(), self.0.format)
    }
}

/// The response to a reason, with these scopes in its challenge. Without settings the defaults apply.
fn respond(
    reason: &Reason,
    scopes: &[String],
    settings: Option<&ResponseSettings>,
    format: BodyFormat,
) -> HttpResponse {
    let status = reason.status(settings.map(|settings| settings.status_mapping).unwrap_or_default());
    let mut response = HttpResponse::build(status);
    response.insert_header((CACHE_CONTROL, "no-store"));
    if status.is_client_error() {
        let realm = settings.and_then(|settings| settings.realm.as_deref());
        let resource = settings.and_then(|settings| settings.protected_resource.as_ref());
        response.insert_header((WWW_AUTHENTICATE, challenge(reason, scopes, realm, resource)));
    }
    if let Reason::Keys(error) = reason {
        response.insert_header((RETRY_AFTER, error.retry_after().as_secs()));
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
        self.reason().status(self.0.settings.as_ref().map(|settings| settings.status_mapping).unwrap_or_default())
    }

    fn error_response(&self) -> HttpResponse {
        let hook = self.0.settings.as_ref().and_then(|settings| settings.on_rejection.as_ref());
        let response = match (hook, &self.0.request) {
            (Some(hook), Some(request)) => hook(self, request),
            _ => self.default_response(),
        };
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
        Reason::Claim(self.clone()).status(StatusMapping::default())
    }

    fn error_response(&self) -> HttpResponse {
        let reason = Reason::Claim(self.clone());
        reason.log(None);
        respond(&reason, &[], None, BodyFormat::Json)
    }
}

impl ClaimError {
    /// Whether `response` is the one that this error makes.
    pub(crate) fn is_response<B: MessageBody>(&self, response: &HttpResponse<B>) -> bool {
        let own = respond(&Reason::Claim(self.clone()), &[], None, BodyFormat::Json);
        let parts = (response.status(), response.headers().len(), response.body().size());
        parts == (own.status(), own.headers().len(), own.body().size())
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::error::{KeyError, TokenError};

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
    fn only_the_response_of_a_claim_error_is_recognized() {
        let error = ClaimError::Missing { path: "tier".into() };
        assert_eq!(error.status_code(), StatusCode::FORBIDDEN);
        assert!(error.is_response(&error.error_response()));
        for other in [HttpResponse::Ok().finish(), HttpResponse::Forbidden().finish()] {
            assert!(!error.is_response(&other), "{other:?}");
        }
    }
}
