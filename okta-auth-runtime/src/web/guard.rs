//! What the attribute calls: authenticate, authorize, extract the handler's arguments, call the handler.

use std::sync::{Arc, Once};

use actix_web::body::BoxBody;
use actix_web::web::{Data, Payload};
use actix_web::{Error, FromRequest, Handler, HttpRequest, HttpResponse, Responder};

use super::bearer;
use super::principal::{self, Known};
use crate::context::AuthContext;
use crate::error::ClaimError;
use crate::policy::Policy;
use crate::rejection::{Reason, Rejection, ResponseSettings};
use crate::validator::Validator;

/// Runs `handler` for a caller that meets `policy`; its arguments are extracted afterwards, so that the body of an
/// unauthenticated request is never read.
pub async fn guard<H, Args>(policy: &Policy, request: HttpRequest, payload: Payload, handler: H) -> Guarded<H::Output>
where
    H: Handler<Args>,
    Args: FromRequest,
{
    Guarded(call(policy, request, payload, handler).await)
}

/// The output of a protected handler. A [`ClaimError`] in it is answered as any other rejection of the request.
pub struct Guarded<R>(Result<R, Error>);

impl<R: Responder> Responder for Guarded<R> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        // actix-web boxes the body of every handler's response in any case.
        let response = self.0.respond_to(request).map_into_boxed_body();
        claim_rejection(&response, request).map_or(response, HttpResponse::from_error)
    }
}

/// The rejection of a request whose response has a [`ClaimError`], which was logged when it became the response.
pub(super) fn claim_rejection<B>(response: &HttpResponse<B>, request: &HttpRequest) -> Option<Rejection> {
    let error: &ClaimError = response.error()?.as_error()?;
    Some(Rejection::logged(Reason::Claim(error.clone()), response_settings(request), request))
}

async fn call<H, Args>(policy: &Policy, request: HttpRequest, payload: Payload, handler: H) -> Result<H::Output, Error>
where
    H: Handler<Args>,
    Args: FromRequest,
{
    let user = match begin(&request)? {
        // Who extracts the arguments learns it from the scope below, which costs less than to remember it in the request.
        Step::Known(user) | Step::Recalled { user, .. } => user,
        Step::Unknown { validator, token } => finish(validator, token, &request).await?,
    };
    policy.authorize(&user, &request)?;
    let address = address(&request);
    let work = async move {
        let arguments = Args::from_request(&request, &mut payload.into_inner()).await.map_err(Into::into)?;
        AuthContext::request_left();
        drop(request);
        Ok(handler.call(arguments).await)
    };
    user.scope_of(address, work).await
}

/// What tells requests apart that are alive at the same time.
fn address(request: &HttpRequest) -> usize {
    std::ptr::from_ref(request.head()).addr()
}

/// What can be said of a request without waiting.
pub(super) enum Step<'r> {
    Known(AuthContext),
    /// Whose token was verified with an earlier request.
    Recalled {
        validator: &'r Validator,
        user: AuthContext,
    },
    Unknown {
        validator: &'r Validator,
        token: &'r str,
    },
}

/// The part of authentication that never waits.
pub(super) fn begin(request: &HttpRequest) -> Result<Step<'_>, Rejection> {
    match AuthContext::current_of(address(request)) {
        Some(user) => Ok(Step::Known(user)),
        None => begin_with(|| validator_of(request), request),
    }
}

/// The same, with a validator that was chosen. Fake callers stand before every validator.
pub(super) fn begin_with<'r>(
    validator: impl FnOnce() -> Result<&'r Validator, Rejection>,
    request: &'r HttpRequest,
) -> Result<Step<'r>, Rejection> {
    let known = principal::known(request);
    if let Known::Fake(user) = known {
        return Ok(Step::Known(user));
    }
    let validator = validator()?;
    if let Known::Verified(user, verified_by) = known {
        if verified_by.same_as(validator) {
            return Ok(Step::Known(user));
        }
        // From here on, this one answers for the request.
        principal::forget(request);
    }
    let reject = |reason: Reason| Rejection::new(reason, Some(validator.responses()), request);
    let credentials = bearer::credentials(request.headers()).map_err(reject)?;
    if let Some(user) = validator.recall(credentials) {
        return Ok(Step::Recalled { validator, user });
    }
    let token = bearer::token(credentials).map_err(reject)?;
    Ok(Step::Unknown { validator, token })
}

/// The part that may wait for keys.
pub(super) async fn finish(
    validator: &Validator,
    token: &str,
    request: &HttpRequest,
) -> Result<AuthContext, Rejection> {
    validator.decide(token).await.map_err(|error| Rejection::new(error, Some(validator.responses()), request))
}

/// The validator in app data, bare or as `web::Data`; without one, that of the environment.
///
/// Both at once is a misconfiguration unless they are the same, as nobody could tell which of them was meant.
pub(super) fn validator_of(request: &HttpRequest) -> Result<&Validator, Rejection> {
    let bare = request.app_data::<Validator>();
    let data = request.app_data::<Data<Validator>>().map(|data| data.get_ref());
    match (bare, data) {
        (Some(one), Some(other)) if !one.same_as(other) => {
            static SAID: Once = Once::new();
            misconfigured(request, &SAID, "two validators in app data: one bare, another as web::Data")
        }
        (Some(validator), _) | (None, Some(validator)) => Ok(validator),
        (None, None) => {
            static SAID: Once = Once::new();
            Validator::global().or_else(|error| misconfigured(request, &SAID, error))
        }
    }
}

/// The validator whose settings a rejection after authentication follows: the one that is remembered, or the one in app
/// data, or that of the environment, unless it would be made for this.
pub(super) fn response_settings(request: &HttpRequest) -> Option<Arc<ResponseSettings>> {
    let data = || request.app_data::<Data<Validator>>().map(|data| data.get_ref());
    let in_app_data = || request.app_data::<Validator>().or_else(data);
    let verified_by = principal::verified_by(request);
    let validator = verified_by.as_ref().or_else(in_app_data).or_else(|| Validator::global_if_initialized());
    validator.map(Validator::responses)
}

/// Says each cause once: what is wrong stays wrong until the program is started anew.
fn misconfigured<T>(request: &HttpRequest, said: &Once, cause: impl std::fmt::Display) -> Result<T, Rejection> {
    said.call_once(|| tracing::error!("protected handlers answer 500: {cause}"));
    Err(Rejection::new(Reason::Misconfigured, None, request))
}

impl Policy {
    /// Checks this policy for a caller, inside a handler.
    ///
    /// # Errors
    ///
    /// [`Rejection`], which answers 403: with `insufficient_scope` and the scopes if other scopes would help.
    ///
    /// ```
    /// use actix_web::{HttpRequest, HttpResponse};
    /// use okta_auth_runtime::{AuthContext, Policy, Rejection};
    ///
    /// async fn delete(user: AuthContext, request: HttpRequest) -> Result<HttpResponse, Rejection> {
    ///     Policy::scope("orders:delete").authorize(&user, &request)?;
    ///     Ok(HttpResponse::NoContent().finish())
    /// }
    /// # let _ = delete;
    /// ```
    pub fn authorize(&self, user: &AuthContext, request: &HttpRequest) -> Result<(), Rejection> {
        self.evaluate(user, request).map_err(|unmet| Rejection::new(unmet, response_settings(request), request))
    }
}
