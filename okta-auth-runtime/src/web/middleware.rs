//! `LoginRequired`: authentication and a policy for an `App`, a `Scope` or a `Resource`.

use std::future::{Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::error::InternalError;
use actix_web::http::Method;
use actix_web::http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use actix_web::{Error, HttpRequest};

use super::authenticate::{Arrival, authenticate, authenticate_with};
use super::exceptions::Exceptions;
use super::guard::{add_nonce, authorize, rejection_of_error};
use super::principal;
use crate::context::AuthContext;
use crate::policy::Policy;
use crate::rejection::{Rejection, insert_nonce};
use crate::validator::Validator;

/// Middleware that requires a policy of every caller: an `App`, a `Scope` or a `Resource` is closed by default.
///
/// Around a whole app, a forgotten attribute opens nothing. A handler's own policy still applies inside. The token is
/// validated once if both use the same validator. Rejections are responses with their [`Rejection`] as error: outer
/// `ErrorHandlers`, loggers and CORS see them. A rejection replaces the whole response to a
/// [`ClaimError`](crate::error::ClaimError) or a [`ValidateError`](crate::ValidateError) of a handler, including headers that
/// inner middleware added.
///
/// The guide: [policies](https://docs.rs/okta-auth/latest/okta_auth/guide/policies/index.html#closed-by-default),
/// [deployment](https://docs.rs/okta-auth/latest/okta_auth/guide/deployment/index.html#the-order-of-middleware).
///
/// # Defaults
///
/// | setting | default |
/// |---|---|
/// | policy | a valid token |
/// | [`except`](Self::except), [`except_method`](Self::except_method) | nothing |
/// | [`active_within`](Self::active_within) | not set: the authorization server is not asked whether a token is still active |
/// | [`allow_preflight`](Self::allow_preflight) | off: preflight requests need a token too |
/// | [`validator`](Self::validator) | the one in app data, or else the one that the environment configures |
///
/// ```
/// use actix_web::{App, HttpResponse, web};
/// use okta_auth_runtime::{LoginRequired, Policy};
///
/// let app = App::new()
///     .wrap(LoginRequired::new().except(["/health"]))
///     .route("/health", web::get().to(HttpResponse::Ok))
///     .service(web::scope("/admin").wrap(LoginRequired::with(Policy::group("admins"))));
/// # drop(app);
/// ```
#[derive(Clone)]
pub struct LoginRequired(Rc<MiddlewareSettings>);

#[derive(Clone)]
struct MiddlewareSettings {
    policy: Policy,
    active_within: Option<Duration>,
    exceptions: Exceptions,
    allow_preflight: bool,
    validator: Option<Validator>,
}

impl Default for LoginRequired {
    fn default() -> Self {
        Self::new()
    }
}

impl LoginRequired {
    /// Requires a valid token.
    pub fn new() -> Self {
        Self::with(Policy::authenticated())
    }

    /// Requires this policy. Around an `App` or a `Scope` its checks run before the request is routed, when the path
    /// has no parameters yet.
    pub fn with(policy: Policy) -> Self {
        let exceptions = Exceptions::default();
        let (active_within, allow_preflight, validator) = (None, false, None);
        Self(Rc::new(MiddlewareSettings { policy, active_within, exceptions, allow_preflight, validator }))
    }

    /// Requires a recent answer of the authorization server (RFC 7662): it says that the token of the caller is active, and is at
    /// most `within` old. By default, the server is not asked, and a revoked token that is validated locally is accepted until
    /// it expires.
    ///
    /// The server is asked last: after the token, its sender and the policy are checked, and only if no answer that is recent enough
    /// is remembered. With [`Duration::ZERO`], no remembered answer counts. No answer is remembered for longer than
    /// [`max_age`](crate::config::Introspection::max_age), so a longer `within` has the effect of `max_age`.
    ///
    /// The validator that authenticated the request asks. It needs the setting
    /// [`introspection`](crate::config::ValidatorBuilder::introspection). Without it, every request that reaches this step is
    /// rejected with 500 `misconfigured`. If the server does not answer, the rejection is 503 `introspection_unavailable`.
    ///
    /// A handler can require a more recent answer: `#[login_required(active_within = 0)]`.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use okta_auth_runtime::{LoginRequired, Policy};
    ///
    /// let login = LoginRequired::with(Policy::scope("payments:write")).active_within(Duration::from_secs(10));
    /// # drop(login);
    /// ```
    pub fn active_within(self, within: Duration) -> Self {
        self.change(|settings| settings.active_within = Some(within))
    }

    /// Leaves routes open for `GET`: those that are registered with exactly one of these patterns, such as `/health` or
    /// `/docs/{tail:.*}`. Every other method, including `HEAD`, still needs a token. To open one, name it with
    /// [`except_method`](Self::except_method).
    ///
    /// The exception is compared with the pattern of the route, never with the path itself. A path that matches no route
    /// stays protected. All resources with the pattern are open, with all of their routes and their own default services. Of a
    /// resource with several patterns, only the first can be excepted. A service that is mounted on a prefix, such as
    /// actix-files, can't be excepted as a whole. Paths with an empty segment (`//`) are never excepted.
    ///
    /// # Around an `App` or a `Scope`
    ///
    /// The middleware runs before the request is routed, and the first route that was registered for the path decides.
    /// The router then skips a route whose guard fails: a header, a host, or the method of `#[get]` and `web::get()`. It
    /// goes on to a later route, or to the default service. Neither is open. The middleware checks which route answered,
    /// and by which method. If it is not an exception, the response is withheld and the request needs a token after all.
    /// This has limits:
    ///
    /// - By then, the other handler has run. This concerns only the path and the method of an exception. Protect a
    ///   handler that must not run with its own attribute.
    /// - The check can't tell a route from the default service of a scope that takes the whole path with the same
    ///   parameters. An exception for `/docs` also opens the default service of the scope `/docs`, its own or an
    ///   inherited one, for exactly that path.
    /// - An error that inner middleware or a service returns as `Err` is passed on.
    /// - A response of inner middleware that does not call the router, such as a redirect, is withheld. `.wrap` such
    ///   middleware later, so that it is outside of this one. The same holds for middleware that rewrites paths, such as
    ///   `NormalizePath`, or methods (`X-HTTP-Method-Override`).
    ///
    /// The simplest way to be sure is to register public routes outside of the wrapped scope.
    ///
    /// # Panics
    ///
    /// If actix-web can't serve such a pattern, for example because of an unbalanced brace.
    pub fn except<P: Into<String>>(self, patterns: impl IntoIterator<Item = P>) -> Self {
        self.except_method(Method::GET, patterns)
    }

    /// Like [`except`](Self::except), for exactly this method instead of `GET`. For example, for a webhook that has its
    /// own signature.
    ///
    /// # Panics
    ///
    /// Like [`except`](Self::except).
    ///
    /// ```
    /// use actix_web::http::Method;
    /// use okta_auth_runtime::LoginRequired;
    ///
    /// let login = LoginRequired::new().except(["/health"]).except_method(Method::POST, ["/login", "/webhooks/{name}"]);
    /// # drop(login);
    /// ```
    pub fn except_method<P: Into<String>>(self, method: Method, patterns: impl IntoIterator<Item = P>) -> Self {
        self.change(|settings| {
            patterns.into_iter().for_each(|pattern| settings.exceptions.add(method.clone(), pattern.into()));
        })
    }

    /// Lets CORS preflight requests through: `OPTIONS` with `Origin` and `Access-Control-Request-Method`, which
    /// browsers send without a token. An outer CORS middleware that answers them is better: anyone can send such a
    /// request, and a handler that is registered for every method runs for it. If inner middleware rewrites the method,
    /// the handler runs as well, but the response is withheld until the request has been authenticated.
    pub fn allow_preflight(self, allow: bool) -> Self {
        self.change(|settings| settings.allow_preflight = allow)
    }

    /// Uses this validator instead of the one in app data.
    pub fn validator(self, validator: Validator) -> Self {
        self.change(|settings| settings.validator = Some(validator))
    }

    fn change(mut self, change: impl FnOnce(&mut MiddlewareSettings)) -> Self {
        change(Rc::make_mut(&mut self.0));
        self
    }
}

impl MiddlewareSettings {
    fn is_allowed_preflight(&self, request: &HttpRequest) -> bool {
        let headers = request.headers();
        self.allow_preflight
            && request.method() == Method::OPTIONS
            && headers.contains_key(ORIGIN)
            && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
    }

    async fn admit(&self, request: &HttpRequest) -> Result<AuthContext, Rejection> {
        let authenticated = match &self.validator {
            Some(validator) => authenticate_with(validator, request).await,
            None => authenticate(request).await,
        };
        let user = authenticated.map_err(|rejection| rejection.before_policy(&self.policy))?;
        authorize(&self.policy, self.active_within, &user, request).await?;
        Ok(user)
    }

    /// Admits a request that inner services have handled, by what it was on arrival.
    async fn admit_arrival(&self, arrival: &Arrival, request: &HttpRequest) -> Result<(), Rejection> {
        let authenticated = arrival.authenticate(self.validator.as_ref(), request).await;
        let user = authenticated.map_err(|rejection| rejection.before_policy(&self.policy))?;
        authorize(&self.policy, self.active_within, &user, request).await
    }
}

impl<S, B> Transform<S, ServiceRequest> for LoginRequired
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = LoginRequiredService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(LoginRequiredService { service: Rc::new(service), settings: Rc::clone(&self.0) }))
    }
}

/// The service that [`LoginRequired`] makes.
pub struct LoginRequiredService<S> {
    service: Rc<S>,
    settings: Rc<MiddlewareSettings>,
}

/// An error of an inner service, whose response carries the nonce. It is then an error of another type, except that a rejection
/// that has a nonce stays one.
fn with_nonce(error: Error, nonce: Option<String>) -> Error {
    let Some(nonce) = nonce.filter(|_| !error.as_error().is_some_and(Rejection::has_nonce)) else { return error };
    let mut response = error.error_response();
    insert_nonce(response.headers_mut(), &nonce);
    InternalError::from_response(error, response).into()
}

impl<S, B> Service<ServiceRequest> for LoginRequiredService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.service.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let (service, settings) = (Rc::clone(&self.service), Rc::clone(&self.settings));
        Box::pin(async move {
            let is_preflight = settings.is_allowed_preflight(request.request());
            let response = if is_preflight || settings.exceptions.cover(request.request()) {
                let arrival = Arrival::of(request.request());
                let response = service.call(request).await?;
                let is_preflight = is_preflight && response.request().method() == Method::OPTIONS;
                if is_preflight || settings.exceptions.have_answered(response.request()) {
                    return Ok(response.map_into_left_body());
                }
                // actix-web does not say which route a request will take, nor whether inner middleware will rewrite it. The
                // handler has run.
                if let Err(rejection) = settings.admit_arrival(&arrival, response.request()).await {
                    return Ok(response.error_response(rejection).map_into_right_body());
                }
                response
            } else {
                match settings.admit(request.request()).await {
                    Ok(user) => {
                        let nonce = principal::fresh_nonce(request.request());
                        // The block runs the synchronous part of `call` in the scope, too.
                        let called = user.scope(async move { service.call(request).await }).await;
                        called.map_err(|error| with_nonce(error, nonce))?
                    }
                    Err(rejection) => return Ok(request.error_response(rejection).map_into_right_body()),
                }
            };
            let mut response = match rejection_of_error(response.response(), &settings.policy, response.request()) {
                None => response.map_into_left_body(),
                Some(rejection) => response.error_response(rejection).map_into_right_body(),
            };
            let request = response.request().clone();
            add_nonce(response.response_mut(), &request);
            Ok(response)
        })
    }
}
