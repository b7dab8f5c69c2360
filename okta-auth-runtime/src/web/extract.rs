//! Extractors: the caller, the caller if there is one, the caller's claims.

use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use super::guard::{Step, begin, finish, response_settings};
use super::{bearer, principal};
use crate::context::AuthContext;
use crate::rejection::{Reason, Rejection};

/// The future of the extractors: ready at once unless keys have to be fetched.
pub struct Authenticating<T>(State<T>);

enum State<T> {
    Ready(Option<Result<T, Rejection>>),
    Waiting(Pin<Box<dyn Future<Output = Result<T, Rejection>>>>),
}

// Nothing in it is pinned by itself.
impl<T> Unpin for Authenticating<T> {}

impl<T: 'static> Authenticating<T> {
    fn ready(result: Result<T, Rejection>) -> Self {
        Self(State::Ready(Some(result)))
    }

    /// Authenticates `request` and turns the caller into what was asked for.
    fn of(
        request: &HttpRequest,
        then: impl FnOnce(AuthContext, &HttpRequest) -> Result<T, Rejection> + 'static,
    ) -> Self {
        match begin(request) {
            Ok(Step::Known(user)) => Self::ready(then(user, request)),
            Ok(Step::Recalled { validator, user }) => {
                principal::remember(request, validator, &user);
                Self::ready(then(user, request))
            }
            Ok(Step::Unknown { validator, token }) => {
                // The future may outlive the borrow of the request.
                let (validator, token, request) = (validator.clone(), token.to_owned(), request.clone());
                Self(State::Waiting(Box::pin(async move {
                    let user = finish(&validator, &token, &request).await?;
                    principal::remember(&request, &validator, &user);
                    then(user, &request)
                })))
            }
            Err(rejection) => Self::ready(Err(rejection)),
        }
    }
}

impl<T> Future for Authenticating<T> {
    type Output = Result<T, Rejection>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            // Polled again after it was ready, which no executor does.
            State::Ready(result) => result.take().map_or(Poll::Pending, Poll::Ready),
            State::Waiting(future) => future.as_mut().poll(context),
        }
    }
}

/// Rejects with every [`Reason`] of authentication: there is no such thing as a handler that is open because the
/// attribute was forgotten.
impl FromRequest for AuthContext {
    type Error = Rejection;
    type Future = Authenticating<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Authenticating::of(request, |user, _| Ok(user))
    }
}

/// The caller, if the request has a token: optional login.
///
/// Rejects a bad token and an outage as [`AuthContext`] does: only a request without an `Authorization` header, or with
/// one of another scheme, is anonymous. (`Option<AuthContext>` would make anonymous callers of them all.)
///
/// ```
/// use actix_web::Responder;
/// use okta_auth_runtime::MaybeAuth;
///
/// async fn greet(caller: MaybeAuth) -> impl Responder {
///     match caller.user() {
///         Some(user) => format!("Hello {}", user.user()),
///         None => "Hello stranger".to_owned(),
///     }
/// }
/// # let _ = greet;
/// ```
#[derive(Debug, Clone)]
pub struct MaybeAuth(Option<AuthContext>);

impl MaybeAuth {
    /// The caller; `None` if there was no token.
    pub fn user(&self) -> Option<&AuthContext> {
        self.0.as_ref()
    }

    /// The caller; `None` if there was no token.
    pub fn into_user(self) -> Option<AuthContext> {
        self.0
    }
}

impl FromRequest for MaybeAuth {
    type Error = Rejection;
    type Future = Authenticating<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let no_token = || matches!(bearer::credentials(request.headers()), Err(Reason::MissingToken));
        if !principal::is_known(request) && no_token() {
            return Authenticating::ready(Ok(Self(None)));
        }
        Authenticating::of(request, |user, _| Ok(Self(Some(user))))
    }
}

/// The token's claims, as a type of your own.
///
/// Rejects as [`AuthContext`] does, and with 403 `forbidden` and the member's path if a claim is missing or of another
/// type.
///
/// ```
/// use actix_web::Responder;
/// use okta_auth_runtime::Claims;
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Customer {
///     tier: String,
/// }
///
/// async fn offers(customer: Claims<Customer>) -> impl Responder {
///     format!("offers for {}", customer.tier)
/// }
/// # let _ = offers;
/// ```
#[derive(Clone)]
pub struct Claims<T>(T);

impl<T> Claims<T> {
    /// The claims.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Claims<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Claims<T> {
    type Error = Rejection;
    type Future = Authenticating<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Authenticating::of(request, |user, request| {
            user.claims()
                .map(Self)
                .map_err(|error| Rejection::new(Reason::Claim(error), response_settings(request), request))
        })
    }
}
