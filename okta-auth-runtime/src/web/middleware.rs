//! `LoginRequired`: the same for an `App`, a `Scope` or a `Resource`.

use std::future::{Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::Method;
use actix_web::http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};

use super::guard::{Step, begin, begin_with, finish};
use super::rejection::Rejection;
use crate::context::AuthContext;
use crate::policy::Policy;
use crate::validator::Validator;

/// Middleware that lets in whoever meets a policy: closed by default around an `App`, a `Scope` or a `Resource`.
///
/// Around a whole app a forgotten attribute opens nothing; a handler's own policy applies inside. The token is verified
/// once if both use the same validator. Rejections are responses that carry their [`Rejection`] as error, so that
/// `ErrorHandlers`, loggers and CORS outside of this see them.
///
/// # Defaults
///
/// | setting | default |
/// |---|---|
/// | policy | a valid token |
/// | [`except`](Self::except) | nothing |
/// | [`allow_preflight`](Self::allow_preflight) | off: preflight requests need a token too |
/// | [`validator`](Self::validator) | the one in app data, or that of the environment |
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
pub struct LoginRequired(Rc<Settings>);

#[derive(Clone)]
struct Settings {
    policy: Policy,
    except: Vec<String>,
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

    /// Requires what `policy` says.
    pub fn with(policy: Policy) -> Self {
        Self(Rc::new(Settings { policy, except: Vec::new(), allow_preflight: false, validator: None }))
    }

    /// Leaves routes open: those registered with exactly one of these patterns, such as `/health` or
    /// `/docs/{tail:.*}`, whatever the method.
    ///
    /// Compared with [`HttpRequest::match_pattern`](actix_web::HttpRequest::match_pattern), never with the raw path: what
    /// matches no route stays protected.
    pub fn except<P: Into<String>>(self, patterns: impl IntoIterator<Item = P>) -> Self {
        self.change(|settings| settings.except.extend(patterns.into_iter().map(Into::into)))
    }

    /// Lets CORS preflight requests through: `OPTIONS` with `Origin` and `Access-Control-Request-Method`, which browsers
    /// send without a token. Not needed where a CORS middleware outside of this answers them.
    pub fn allow_preflight(self, allow: bool) -> Self {
        self.change(|settings| settings.allow_preflight = allow)
    }

    /// Uses this validator instead of the one in app data.
    pub fn validator(self, validator: Validator) -> Self {
        self.change(|settings| settings.validator = Some(validator))
    }

    fn change(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Rc::make_mut(&mut self.0));
        self
    }
}

impl Settings {
    fn is_open(&self, request: &ServiceRequest) -> bool {
        let preflight = || {
            let headers = request.headers();
            request.method() == Method::OPTIONS
                && headers.contains_key(ORIGIN)
                && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
        };
        let excepted = || {
            let pattern = request.match_pattern();
            pattern.is_some_and(|pattern| self.except.contains(&pattern))
        };
        (self.allow_preflight && preflight()) || (!self.except.is_empty() && excepted())
    }

    async fn admit(&self, request: &ServiceRequest) -> Result<AuthContext, Rejection> {
        let request = request.request();
        let step = match &self.validator {
            Some(validator) => begin_with(validator, request),
            None => begin(request),
        };
        let user = match step? {
            Step::Known(user) => user,
            Step::Unknown { validator, token } => finish(validator, token, request).await?,
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
    settings: Rc<Settings>,
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
                Ok(user) => Ok(user.scope(service.call(request)).await?.map_into_left_body()),
                Err(rejection) => Ok(request.error_response(rejection).map_into_right_body()),
            }
        })
    }
}
