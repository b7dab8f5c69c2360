//! `LoginRequired`: authentication and a policy for an `App`, a `Scope` or a `Resource`.

use std::future::{Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ResourceDef, Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::Method;
use actix_web::http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};

use super::authenticate::{authenticate, authenticate_with};
use super::guard::claim_rejection;
use crate::context::AuthContext;
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::validator::Validator;

/// Middleware that requires a policy of every caller: an `App`, a `Scope` or a `Resource` is closed by default.
///
/// Around a whole app, a forgotten attribute opens nothing. A handler's own policy still applies inside. The token is
/// validated once if both use the same validator. Rejections are responses with their [`Rejection`] as error: outer
/// `ErrorHandlers`, loggers and CORS see them. A rejection replaces the whole response to a
/// [`ClaimError`](crate::error::ClaimError) of a handler, including headers that inner middleware added.
///
/// # Defaults
///
/// | setting | default |
/// |---|---|
/// | policy | a valid token |
/// | [`except`](Self::except) | nothing |
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
    except: Vec<Exception>,
    allow_preflight: bool,
    validator: Option<Validator>,
}

/// A route that is left open.
#[derive(Clone)]
struct Exception {
    pattern: ResourceDef,
    any_method: bool,
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
        Self(Rc::new(MiddlewareSettings { policy, except: Vec::new(), allow_preflight: false, validator: None }))
    }

    /// Leaves the routes open that are registered with exactly one of these patterns, such as `/health` or
    /// `/docs/{tail:.*}`. A pattern without parameters is open for every method. A pattern with parameters is open only
    /// for `GET` and `HEAD`, because it covers many paths. For other methods, use
    /// [`except_any_method`](Self::except_any_method).
    ///
    /// The exception is compared with the pattern of the route that the path matches, never with the path itself. A
    /// path that matches no route stays protected. Around an `App` or a `Scope` this happens before the request is
    /// routed:
    ///
    /// - Guards do not count. If two routes share a path and differ in a guard (a header, a host), the pattern of the
    ///   first one that was registered decides for both.
    /// - Middleware that rewrites paths, such as `NormalizePath`, has to be outside of this one: `.wrap` it later.
    ///   Paths with an empty segment (`//`) are never excepted.
    ///
    /// A service that is mounted on a prefix, such as actix-files, can't be excepted as a whole. Of a resource with
    /// several patterns, only the first can be excepted.
    ///
    /// The simplest way to be sure is to register public routes outside of the wrapped scope.
    ///
    /// # Panics
    ///
    /// If actix-web can't serve such a pattern, for example because of an unbalanced brace.
    pub fn except<P: Into<String>>(self, patterns: impl IntoIterator<Item = P>) -> Self {
        self.except_for(patterns, false)
    }

    /// Like [`except`](Self::except), for every method.
    ///
    /// # Panics
    ///
    /// Like [`except`](Self::except).
    pub fn except_any_method<P: Into<String>>(self, patterns: impl IntoIterator<Item = P>) -> Self {
        self.except_for(patterns, true)
    }

    /// Lets CORS preflight requests through: `OPTIONS` with `Origin` and `Access-Control-Request-Method`, which
    /// browsers send without a token. An outer CORS middleware that answers them is better: anyone can send such a
    /// request, and a handler that is registered for every method runs for it.
    pub fn allow_preflight(self, allow: bool) -> Self {
        self.change(|settings| settings.allow_preflight = allow)
    }

    /// Uses this validator instead of the one in app data.
    pub fn validator(self, validator: Validator) -> Self {
        self.change(|settings| settings.validator = Some(validator))
    }

    fn except_for<P: Into<String>>(self, patterns: impl IntoIterator<Item = P>, any_method: bool) -> Self {
        let exception = |pattern: P| {
            let pattern = pattern.into();
            Exception { any_method: any_method || !pattern.contains('{'), pattern: ResourceDef::new(pattern) }
        };
        self.change(|settings| settings.except.extend(patterns.into_iter().map(exception)))
    }

    fn change(mut self, change: impl FnOnce(&mut MiddlewareSettings)) -> Self {
        change(Rc::make_mut(&mut self.0));
        self
    }
}

impl MiddlewareSettings {
    fn is_open(&self, request: &ServiceRequest) -> bool {
        let preflight = || {
            let headers = request.headers();
            request.method() == Method::OPTIONS
                && headers.contains_key(ORIGIN)
                && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
        };
        (self.allow_preflight && preflight()) || (!self.except.is_empty() && self.excepts(request))
    }

    fn excepts(&self, request: &ServiceRequest) -> bool {
        // The path that the router matches. The raw path may be percent-encoded and match another pattern.
        let path = request.match_info().as_str();
        if path.contains("//") {
            return false;
        }
        let Some(pattern) = request.resource_map().match_pattern(path) else { return false };
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        // For a resource with several patterns the map returns the first, not the one that matched.
        let covers =
            |exception: &Exception| exception.pattern.pattern() == Some(&*pattern) && exception.pattern.is_match(path);
        self.except.iter().any(|exception| covers(exception) && (exception.any_method || reads))
    }

    async fn admit(&self, request: &ServiceRequest) -> Result<AuthContext, Rejection> {
        let request = request.request();
        let user = match &self.validator {
            Some(validator) => authenticate_with(validator, request).await?,
            None => authenticate(request).await?,
        };
        self.policy.authorize(&user, request)?;
        Ok(user)
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
            if settings.is_open(&request) {
                return Ok(service.call(request).await?.map_into_left_body());
            }
            match settings.admit(&request).await {
                Ok(user) => {
                    // The block runs the synchronous part of `call` in the scope, too.
                    let response = user.scope(async move { service.call(request).await }).await?;
                    match claim_rejection(response.response(), response.request()) {
                        None => Ok(response.map_into_left_body()),
                        Some(rejection) => Ok(response.error_response(rejection).map_into_right_body()),
                    }
                }
                Err(rejection) => Ok(request.error_response(rejection).map_into_right_body()),
            }
        })
    }
}
