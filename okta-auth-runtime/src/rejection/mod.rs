//! The one `ResponseError`: every "no" of this crate, with its status and body.

use std::fmt;
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::http::header::{CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, ResponseError};

mod body_format;
mod challenge;
mod status_mapping;

pub use status_mapping::StatusMapping;

use crate::context::ClaimError;
use crate::error::{KeyError, TokenError, ValidateError};
use crate::policy::Unmet;
use crate::validator::Validator;
use body_format::Form;
use challenge::challenge;

/// Why a request was rejected.
///
/// | reason | code | [`StatusMapping::Decorator`] | [`StatusMapping::Rfc6750`] |
/// |---|---|---|---|
/// | `MissingToken` | `missing_token` | 403 | 401 |
/// | `MalformedCredentials` | `malformed_credentials` | 403 | 400 |
/// | `Token` | `invalid_token`, `token_expired`, `token_not_yet_valid` | 403 | 401 |
/// | `Token(ClientNotAllowed)` | `client_not_allowed` | 401 | 401 |
/// | `InsufficientScope` | `insufficient_scope` | 403 | 403 |
/// | `Forbidden`, `Claim` | `forbidden` | 403 | 403 |
/// | `Keys` | `keys_unavailable` | 503 | 503 |
/// | `Misconfigured` | `misconfigured` | 500 | 500 |
///
/// ```
/// use okta_auth_runtime::Reason;
///
/// assert_eq!(Reason::MissingToken.code(), "missing_token");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// No `Authorization` header, or one of another scheme than Bearer.
    MissingToken,
    /// An `Authorization` header that can't be read, or more than one.
    MalformedCredentials,
    /// The token was refused. Only logs and this value have the precise reason.
    Token(TokenError),
    /// The keys can't be had, so nothing can be decided.
    Keys(KeyError),
    /// A token with these scopes would meet the policy.
    InsufficientScope {
        /// The scopes of the cheapest alternative.
        scopes: Vec<String>,
    },
    /// The policy is not met, and no scope would help.
    Forbidden,
    /// A claim that the handler asks for is missing or of another type.
    Claim(ClaimError),
    /// The app has no validator that works. Only the log has the cause.
    Misconfigured,
}

impl Reason {
    /// The reason code of the response: stable.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingToken => "missing_token",
            Self::MalformedCredentials => "malformed_credentials",
            Self::Token(TokenError::Expired { .. }) => "token_expired",
            Self::Token(TokenError::NotYetValid { .. }) => "token_not_yet_valid",
            Self::Token(TokenError::ClientNotAllowed { .. }) => "client_not_allowed",
            Self::Token(_) => "invalid_token",
            Self::Keys(_) => "keys_unavailable",
            Self::InsufficientScope { .. } => "insufficient_scope",
            Self::Forbidden | Self::Claim(_) => "forbidden",
            Self::Misconfigured => "misconfigured",
        }
    }

    /// The status of the response.
    pub fn status(&self, mapping: StatusMapping) -> StatusCode {
        let rfc6750 = mapping == StatusMapping::Rfc6750;
        match self {
            Self::MissingToken | Self::Token(_) if rfc6750 => StatusCode::UNAUTHORIZED,
            Self::MalformedCredentials if rfc6750 => StatusCode::BAD_REQUEST,
            Self::Token(TokenError::ClientNotAllowed { .. }) => StatusCode::UNAUTHORIZED,
            Self::MissingToken | Self::MalformedCredentials | Self::Token(_) => StatusCode::FORBIDDEN,
            Self::InsufficientScope { .. } | Self::Forbidden | Self::Claim(_) => StatusCode::FORBIDDEN,
            Self::Keys(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Misconfigured => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What a client may know.
    pub(super) fn detail(&self) -> &'static str {
        match self {
            Self::MissingToken => "This needs an access token in the Authorization header, as \"Bearer <token>\".",
            Self::MalformedCredentials => "The request needs exactly one Authorization header: Bearer and one token.",
            Self::Token(TokenError::Expired { .. }) => "The access token has expired.",
            Self::Token(TokenError::NotYetValid { .. }) => "The access token is not valid yet.",
            Self::Token(TokenError::ClientNotAllowed { .. }) => "The client of the access token is not allowed here.",
            Self::Token(_) => "The access token is not valid here.",
            Self::Keys(_) => "The access token can't be checked at the moment. Please try again.",
            Self::InsufficientScope { .. } => "The access token lacks a scope that this needs.",
            Self::Forbidden => "The caller may not do this.",
            Self::Claim(_) => "The access token lacks a claim that this needs.",
            Self::Misconfigured => "This server is not able to check access tokens.",
        }
    }
}

impl From<ValidateError> for Reason {
    fn from(error: ValidateError) -> Self {
        match error {
            ValidateError::Token(error) => Self::Token(error),
            ValidateError::Keys(error) => Self::Keys(error),
        }
    }
}

impl From<Unmet> for Reason {
    fn from(unmet: Unmet) -> Self {
        match unmet {
            Unmet::Scopes(scopes) => Self::InsufficientScope { scopes },
            Unmet::Forbidden => Self::Forbidden,
        }
    }
}

/// For logs: the precise cause, without tokens and claims.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(error) => error.fmt(f),
            Self::Keys(error) => error.fmt(f),
            Self::Claim(error) => error.fmt(f),
            other => f.write_str(other.detail()),
        }
    }
}

/// Makes the response of a rejection: the type of what [`ValidatorBuilder::on_rejection`](crate::ValidatorBuilder::on_rejection) keeps.
pub type OnRejection = Arc<dyn Fn(&Rejection, &HttpRequest) -> HttpResponse + Send + Sync>;

/// How rejections are answered.
#[derive(Clone, Default)]
pub(crate) struct ResponseSettings {
    pub(crate) status_mapping: StatusMapping,
    pub(crate) realm: Option<Box<str>>,
    pub(crate) on_rejection: Option<OnRejection>,
}

/// The answer "no": the error of the attribute, the extractors and the middleware.
///
/// It travels as an [`actix_web::Error`], so that loggers and `ErrorHandlers` see it. With an
/// [`on_rejection`](crate::ValidatorBuilder::on_rejection) hook it holds the request: drop it before you hand the request on.
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
pub struct Rejection(Box<Inner>);

struct Inner {
    reason: Reason,
    /// `None` where the app has no validator.
    validator: Option<Validator>,
    /// How the client wants to read about it.
    form: Form,
    /// Whether the answer may have a body.
    body: bool,
    /// For `on_rejection` alone: whoever holds a request keeps actix-web from routing it further.
    request: Option<HttpRequest>,
}

impl Rejection {
    /// Rejects `request`, and says why in the log.
    pub(crate) fn new(reason: impl Into<Reason>, validator: Option<&Validator>, request: &HttpRequest) -> Self {
        let reason = reason.into();
        match &reason {
            // The key store says what is wrong with keys, and the guard what is wrong with the configuration.
            Reason::Keys(_) | Reason::Misconfigured => {}
            Reason::Token(error) => {
                tracing::debug!(code = reason.code(), rule = error.code(), "request rejected: {error}");
            }
            other => tracing::debug!(code = other.code(), "request rejected: {other}"),
        }
        let hooked = validator.is_some_and(|validator| validator.responses().on_rejection.is_some());
        Self(Box::new(Inner {
            reason,
            validator: validator.cloned(),
            form: Form::accepted_by(request),
            body: request.method() != Method::HEAD,
            request: hooked.then(|| request.clone()),
        }))
    }

    /// Why.
    pub fn reason(&self) -> &Reason {
        &self.0.reason
    }

    /// The response, without what [`ValidatorBuilder::on_rejection`](crate::ValidatorBuilder::on_rejection) makes of it.
    pub fn default_response(&self) -> HttpResponse {
        let Inner { reason, validator, form, .. } = &*self.0;
        let status = self.status_code();
        let mut response = HttpResponse::build(status);
        response.insert_header((CACHE_CONTROL, "no-store"));
        if status.is_client_error() {
            let realm = validator.as_ref().and_then(|validator| validator.responses().realm.as_deref());
            response.insert_header((WWW_AUTHENTICATE, challenge(reason, realm)));
        }
        if let Reason::Keys(error) = reason {
            response.insert_header((RETRY_AFTER, error.retry_after().as_secs()));
        }
        response.insert_header(form.content_type());
        response.body(form.body(status, reason.code(), &self.detail()))
    }

    fn detail(&self) -> String {
        match self.reason() {
            Reason::Claim(error) => format!("The access token does not fit: {error}."),
            reason => reason.detail().to_owned(),
        }
    }
}

impl ResponseError for Rejection {
    fn status_code(&self) -> StatusCode {
        let validator = self.0.validator.as_ref();
        self.reason().status(validator.map(|validator| validator.responses().status_mapping).unwrap_or_default())
    }

    fn error_response(&self) -> HttpResponse {
        let hook = self.0.validator.as_ref().and_then(|validator| validator.responses().on_rejection.as_ref());
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

/// Nothing of the request, which holds the token.
impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejection").field("reason", self.reason()).finish_non_exhaustive()
    }
}

/// In a handler, `user.claim::<T>(name)?` answers 403.
impl ResponseError for ClaimError {
    fn status_code(&self) -> StatusCode {
        StatusCode::FORBIDDEN
    }

    fn error_response(&self) -> HttpResponse {
        let reason = Reason::Claim(self.clone());
        let status = self.status_code();
        HttpResponse::build(status)
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((WWW_AUTHENTICATE, challenge(&reason, None)))
            .insert_header(Form::Json.content_type())
            .body(Form::Json.body(status, reason.code(), &format!("The access token does not fit: {self}.")))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn logs_get_the_precise_cause_with_its_code() {
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
}
