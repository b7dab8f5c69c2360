//! The guard that the attribute calls: authenticate, authorize, extract the handler's arguments, call the handler.

use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::web::Payload;
use actix_web::{Error, FromRequest, Handler, HttpRequest, HttpResponse, Responder};
use futures_util::future::LocalBoxFuture;

use super::authenticate::{authenticate, now, response_settings, verifier};
use super::principal;
use crate::context::AuthContext;
use crate::policy::{CheckFn, Policy, PolicyInput, Unmet};
use crate::rejection::{Rejection, insert_nonce, reason_of_response};
use crate::validator::Validator;

/// Authenticates the caller, checks `policy`, extracts the arguments, and calls `handler`. The body of a rejected request
/// is never read.
pub async fn guard<'p, H, Args>(
    policy: &'p Policy,
    request: HttpRequest,
    payload: Payload,
    handler: H,
) -> Guarded<'p, H::Output>
where
    H: Handler<Args>,
    Args: FromRequest,
{
    let admitted = admit(policy, None, &request).await;
    Guarded { result: call(admitted, request, payload, handler).await, policy }
}

/// As [`guard`]. After the policy, the authorization server has to say that the token is active, by an answer that is at most
/// `within` old.
pub async fn guard_active<'p, H, Args>(
    policy: &'p Policy,
    within: Duration,
    request: HttpRequest,
    payload: Payload,
    handler: H,
) -> Guarded<'p, H::Output>
where
    H: Handler<Args>,
    Args: FromRequest,
{
    let admitted = admit(policy, Some(within), &request).await;
    Guarded { result: call(admitted, request, payload, handler).await, policy }
}

async fn admit(
    policy: &Policy,
    active_within: Option<Duration>,
    request: &HttpRequest,
) -> Result<AuthContext, Rejection> {
    let user = authenticate(request).await.map_err(|rejection| rejection.before_policy(policy))?;
    authorize(policy, active_within, &user, request).await?;
    Ok(user)
}

/// The steps after authentication, for the caller of a request: the policy, then the introspection for `active_within`.
pub(super) async fn authorize(
    policy: &Policy,
    active_within: Option<Duration>,
    user: &AuthContext,
    request: &HttpRequest,
) -> Result<(), Rejection> {
    let Some(within) = active_within else { return policy.authorize(user, request) };
    // Found before the policy runs, because a check of the app can change the extensions of the request.
    let verifier = verifier(request)?;
    policy.authorize(user, request)?;
    match verifier {
        // The fake caller of a test counts as active.
        None => Ok(()),
        Some(validator) => confirm_active(validator, policy, within, user, request).await,
    }
}

/// Boxed, so that the futures of handlers without `active_within` do not become larger.
fn confirm_active<'a>(
    validator: Validator,
    policy: &'a Policy,
    within: Duration,
    user: &'a AuthContext,
    request: &'a HttpRequest,
) -> LocalBoxFuture<'a, Result<(), Rejection>> {
    Box::pin(async move {
        validator.confirm_active(user, within).await.map_err(|error| {
            Rejection::of_caller(user, error, Some(validator.response_settings()), request)
                .with_nonce(principal::fresh_nonce(request))
                // The challenge names the scopes of the policy, which the next token needs, too.
                .before_policy(policy)
        })
    })
}

async fn call<H, Args>(
    admitted: Result<AuthContext, Rejection>,
    request: HttpRequest,
    payload: Payload,
    handler: H,
) -> Result<H::Output, Error>
where
    H: Handler<Args>,
    Args: FromRequest,
{
    let user = admitted?;
    let work = async move {
        let arguments = Args::from_request(&request, &mut payload.into_inner()).await.map_err(Into::into)?;
        // A handler may need the only reference to the request, as it has without the attribute.
        drop(request);
        Ok(handler.call(arguments).await)
    };
    user.scope(work).await
}

/// The output of a protected handler. A [`ClaimError`](crate::error::ClaimError) or a [`ValidateError`](crate::ValidateError)
/// becomes a rejection like any other.
pub struct Guarded<'p, R> {
    result: Result<R, Error>,
    policy: &'p Policy,
}

impl<R: Responder> Responder for Guarded<'_, R> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        // actix-web boxes the body of every handler's response anyway.
        let response = self.result.respond_to(request).map_into_boxed_body();
        let rejection = rejection_of_error(&response, self.policy, request);
        let mut response = rejection.map_or(response, HttpResponse::from_error);
        add_nonce(&mut response, request);
        response
    }
}

/// Adds a nonce for the next proof of the client, if that of this request is due for renewal (RFC 9449 section 8.2).
pub(super) fn add_nonce<B>(response: &mut HttpResponse<B>, request: &HttpRequest) {
    if let Some(nonce) = principal::fresh_nonce(request) {
        insert_nonce(response.headers_mut(), &nonce);
    }
}

/// The rejection to send instead of a handler's [`ClaimError`](crate::error::ClaimError) or
/// [`ValidateError`](crate::ValidateError). The error is already logged. A response that was changed afterwards stays as it is.
pub(super) fn rejection_of_error<B: MessageBody>(
    response: &HttpResponse<B>,
    policy: &Policy,
    request: &HttpRequest,
) -> Option<Rejection> {
    let reason = reason_of_response(response)?;
    Some(Rejection::logged(reason, response_settings(request), request).before_policy(policy))
}

impl Policy {
    /// Checks this policy for a caller, in a handler.
    ///
    /// # Errors
    ///
    /// A [`Rejection`]: 403 `insufficient_scope` with the scopes if other scopes would help, else 401
    /// `insufficient_user_authentication` if another authentication of the user would help, else `invalid_token` if only a
    /// bound token could help, else 403 `forbidden`.
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
        let run_check = |check: CheckFn| check(user, request);
        self.evaluate(PolicyInput { user, now: &|| now(request), run_check: &run_check })
            .map_err(|unmet| self.reject(unmet, user, request))
    }

    fn reject(&self, unmet: Unmet, user: &AuthContext, request: &HttpRequest) -> Rejection {
        // The rest of the policy is compared only with a bound token.
        let is_before_policy = unmet == Unmet::NotBound;
        let rejection = Rejection::of_caller(user, unmet, response_settings(request), request)
            .with_nonce(principal::fresh_nonce(request));
        if is_before_policy { rejection.before_policy(self) } else { rejection }
    }
}
