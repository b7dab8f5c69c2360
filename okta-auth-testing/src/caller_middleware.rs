//! Middleware that sets the caller of every request.

use std::future::{Ready, ready};
use std::task::{Context, Poll};

use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::{Error, HttpMessage};
use okta_auth_runtime::__private::log_in;
use okta_auth_runtime::AuthContext;

use crate::test_request::OwnCaller;

/// Middleware for a test that makes one user the caller of every request. Pass it to `App::wrap`. Tokens are ignored;
/// policies still apply.
///
/// A request that sets its own caller with [`login`](crate::LogIn::login) keeps it. If a scope or resource has several
/// middleware, wrap this one last, because the last one runs first.
///
/// ```
/// use actix_web::{App, Responder, get, test::{TestRequest, init_service}};
/// use okta_auth::AuthContext;
/// use okta_auth_testing::prelude::*;
///
/// #[get("/me")]
/// async fn me(user: AuthContext) -> impl Responder {
///     user.user().to_owned()
/// }
///
/// # #[actix_web::main] async fn main() {
/// let alice = AuthContext::test("alice@example.com");
/// let app = init_service(App::new().service(me).wrap(LoggedIn::as_user(alice))).await;
/// assert_eq!(TestRequest::get().uri("/me").send_request(&app).await.status(), 200);
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct LoggedIn(AuthContext);

impl LoggedIn {
    /// Makes this user the caller.
    ///
    /// # Panics
    ///
    /// If a validator would reject the claims of a [`TestCaller`](crate::TestCaller).
    pub fn as_user(user: impl Into<AuthContext>) -> Self {
        Self(user.into())
    }
}

impl<S, B> Transform<S, ServiceRequest> for LoggedIn
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Transform = LoggedInService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(LoggedInService { service, user: self.0.clone() }))
    }
}

/// The service of [`LoggedIn`].
pub struct LoggedInService<S> {
    service: S,
    user: AuthContext,
}

impl<S, B> Service<ServiceRequest> for LoggedInService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = S::Future;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.service.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let has_own_caller = request.extensions().contains::<OwnCaller>();
        if !has_own_caller {
            log_in(&mut request.extensions_mut(), self.user.clone());
        }
        self.service.call(request)
    }
}
