//! The guard that the attribute calls: authenticate, authorize, extract the handler's arguments, call the handler.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::web::Payload;
use actix_web::{Error, FromRequest, Handler, HttpRequest, HttpResponse, Responder};

use super::authenticate::{authenticate, now, response_settings};
use super::principal;
use crate::context::AuthContext;
use crate::error::ClaimError;
use crate::policy::{CheckFn, Policy, PolicyInput, Unmet};
use crate::rejection::{Reason, Rejection, insert_nonce};

/// Authenticates the caller, checks `policy`, extracts the arguments, and calls `handler`. The body of a rejected request
/// is never read.
pub async fn guard<H, Args>(policy: &Policy, request: HttpRequest, payload: Payload, handler: H) -> Guarded<H::Output>
where
    H: Handler<Args>,
    Args: FromRequest,
{
    Guarded(call(policy, request, payload, handler).await)
}

async fn call<H, Args>(policy: &Policy, request: HttpRequest, payload: Payload, handler: H) -> Result<H::Output, Error>
where
    H: Handler<Args>,
    Args: FromRequest,
{
    let user = authenticate(&request).await.map_err(|rejection| rejection.before_policy(policy))?;
    policy.authorize(&user, &request)?;
    let work = async move {
        let arguments = Args::from_request(&request, &mut payload.into_inner()).await.map_err(Into::into)?;
        // A handler may need the only reference to the request, as it has without the attribute.
        drop(request);
        Ok(handler.call(arguments).await)
    };
    user.scope(work).await
}

/// The output of a protected handler. A [`ClaimError`] becomes a rejection like any other.
pub struct Guarded<R>(Result<R, Error>);

impl<R: Responder> Responder for Guarded<R> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        // actix-web boxes the body of every handler's response anyway.
        let response = self.0.respond_to(request).map_into_boxed_body();
        let mut response = claim_rejection(&response, request).map_or(response, HttpResponse::from_error);
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

/// If the handler returned a [`ClaimError`], the rejection to send instead. The error is already logged. A response that
/// was changed afterwards stays as it is.
pub(super) fn claim_rejection<B: MessageBody>(response: &HttpResponse<B>, request: &HttpRequest) -> Option<Rejection> {
    let error: &ClaimError = response.error()?.as_error()?;
    let rejection = Rejection::logged(Reason::Claim(error.clone()), response_settings(request), request);
    error.is_response(response).then_some(rejection)
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
