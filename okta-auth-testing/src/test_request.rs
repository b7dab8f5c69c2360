//! Test requests with a caller.

use std::borrow::Cow;

use actix_http::Request;
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse};
use actix_web::http::header::TryIntoHeaderPair;
use actix_web::http::{Method, Version};
use actix_web::test::{TestRequest, call_service};
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest};
use okta_auth_runtime::__private::log_in;
use okta_auth_runtime::AuthContext;
use serde::Serialize;

/// Adds `TestRequest::login`, which sets the caller of a request without a token.
///
/// Authentication is skipped, so the app needs neither a `Validator` nor keys. The policy of the handler still applies.
///
/// ```
/// use actix_web::{App, Responder, get, test::{TestRequest, init_service}};
/// use okta_auth::{AuthContext, login_required};
/// use okta_auth_testing::prelude::*;
///
/// #[get("/orders")]
/// #[login_required(scope("orders:read"))]
/// async fn orders(user: AuthContext) -> impl Responder {
///     format!("orders of {}", user.user())
/// }
///
/// # #[actix_web::main] async fn main() {
/// let app = init_service(App::new().service(orders)).await;
/// let alice = AuthContext::test("alice@example.com");
///
/// let allowed = TestRequest::get().uri("/orders").login(alice.clone().scope("orders:read"));
/// assert_eq!(allowed.send_request(&app).await.status(), 200);
///
/// let refused = TestRequest::get().uri("/orders").login(alice);
/// assert_eq!(refused.send_request(&app).await.status(), 403);
/// # }
/// ```
pub trait LogIn {
    /// Sets the caller. The request's headers are ignored.
    ///
    /// # Panics
    ///
    /// If a validator would reject the claims of a [`TestCaller`](crate::TestCaller).
    fn login(self, user: impl Into<AuthContext>) -> LoggedInRequest;
}

impl LogIn for TestRequest {
    fn login(self, user: impl Into<AuthContext>) -> LoggedInRequest {
        LoggedInRequest { request: self, user: user.into() }
    }
}

/// Marks a request that sets its own caller, which [`LoggedIn`](crate::LoggedIn) does not replace.
pub(crate) struct OwnCaller;

/// A `TestRequest` with a caller. Returned by [`login`](LogIn::login). It has the methods of `TestRequest`.
///
/// Methods that need a feature of actix-web, such as `cookie`, are missing. Call them before `login` or through
/// [`with`](Self::with).
///
/// ```
/// use actix_web::{HttpRequest, test::TestRequest};
/// use okta_auth::{AuthContext, Policy};
/// use okta_auth_testing::prelude::*;
///
/// let request: HttpRequest = TestRequest::default()
///     .login(AuthContext::test("alice@example.com"))
///     .uri("/orders?page=2")
///     .with(|request| request.insert_header(("Accept", "application/json")))
///     .to_http_request();
/// assert_eq!(request.query_string(), "page=2");
/// ```
#[must_use = "a request does nothing before it is sent"]
pub struct LoggedInRequest {
    request: TestRequest,
    user: AuthContext,
}

/// The builder methods of `TestRequest`.
impl LoggedInRequest {
    /// Changes the underlying `TestRequest`.
    pub fn with(self, change: impl FnOnce(TestRequest) -> TestRequest) -> Self {
        Self { request: change(self.request), ..self }
    }

    /// Sets the HTTP version.
    pub fn version(self, version: Version) -> Self {
        self.with(|request| request.version(version))
    }

    /// Sets the method.
    pub fn method(self, method: Method) -> Self {
        self.with(|request| request.method(method))
    }

    /// Sets the path and the query.
    pub fn uri(self, uri: &str) -> Self {
        self.with(|request| request.uri(uri))
    }

    /// Sets a header.
    pub fn insert_header(self, header: impl TryIntoHeaderPair) -> Self {
        self.with(|request| request.insert_header(header))
    }

    /// Adds a header.
    pub fn append_header(self, header: impl TryIntoHeaderPair) -> Self {
        self.with(|request| request.append_header(header))
    }

    /// Sets a parameter of the path pattern.
    pub fn param(self, name: impl Into<Cow<'static, str>>, value: impl Into<Cow<'static, str>>) -> Self {
        self.with(|request| request.param(name, value))
    }

    /// Sets the peer address.
    pub fn peer_addr(self, address: std::net::SocketAddr) -> Self {
        self.with(|request| request.peer_addr(address))
    }

    /// Sets the body.
    pub fn set_payload(self, body: impl Into<Bytes>) -> Self {
        self.with(|request| request.set_payload(body))
    }

    /// Sets the body to a form.
    pub fn set_form(self, form: impl Serialize) -> Self {
        self.with(|request| request.set_form(form))
    }

    /// Sets the body to JSON.
    pub fn set_json(self, json: impl Serialize) -> Self {
        self.with(|request| request.set_json(json))
    }

    /// Adds app data, for a request that is not sent to an `App`.
    pub fn app_data<T: 'static>(self, data: T) -> Self {
        self.with(|request| request.app_data(data))
    }
}

/// The conversions of `TestRequest`.
#[allow(clippy::wrong_self_convention, reason = "the names are those of TestRequest")]
impl LoggedInRequest {
    /// Converts to a request for the service that `init_service` returns.
    pub fn to_request(self) -> Request {
        let request = self.request.to_request();
        set_caller(&request, self.user);
        request
    }

    /// Converts to a request for a middleware.
    pub fn to_srv_request(self) -> ServiceRequest {
        let request = self.request.to_srv_request();
        set_caller(&request, self.user);
        request
    }

    /// Converts to a request for an extractor, or for a handler that the test calls directly.
    pub fn to_http_request(self) -> HttpRequest {
        let request = self.request.to_http_request();
        set_caller(&request, self.user);
        request
    }

    /// Converts to a request and its body.
    pub fn to_http_parts(self) -> (HttpRequest, Payload) {
        let (request, payload) = self.request.to_http_parts();
        set_caller(&request, self.user);
        (request, payload)
    }

    /// Sends the request to an app and waits for the response.
    pub async fn send_request<S, B, E>(self, app: &S) -> S::Response
    where
        S: Service<Request, Response = ServiceResponse<B>, Error = E>,
        E: std::fmt::Debug,
    {
        call_service(app, self.to_request()).await
    }
}

fn set_caller(request: &impl HttpMessage, user: AuthContext) {
    let mut extensions = request.extensions_mut();
    log_in(&mut extensions, user);
    extensions.insert(OwnCaller);
}
