//! Extractors: the caller, the caller if there is one, the caller's claims.

use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;

use super::authenticate::{authenticate, has_no_token, response_settings};
use super::principal;
use crate::context::AuthContext;
use crate::rejection::{Reason, Rejection};

/// Authenticates the request, and rejects it with any [`Reason`] of authentication. A handler that takes the caller does
/// not run for anyone else, even if its attribute was forgotten.
///
/// Only the attribute and [`LoginRequired`](crate::LoginRequired) authenticate before other arguments are extracted.
/// Without them, actix-web starts the extraction of all arguments together. Other arguments can read the body and send
/// their own errors to callers without a token.
impl FromRequest for AuthContext {
    type Error = Rejection;
    type Future = LocalBoxFuture<'static, Result<Self, Rejection>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { authenticate(&request).await })
    }
}

/// The caller, if the request has a token: optional login.
///
/// A request is anonymous only if it has no `Authorization` header, or one of another scheme. A bad token and an outage
/// are rejected, as by [`AuthContext`]. (`Option<AuthContext>` would treat those as anonymous, too.)
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
    type Future = LocalBoxFuture<'static, Result<Self, Rejection>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            if !principal::is_remembered(&request) && has_no_token(&request) {
                return Ok(Self(None));
            }
            Ok(Self(Some(authenticate(&request).await?)))
        })
    }
}

/// The token's claims, as a type of your own.
///
/// Rejects like [`AuthContext`], and like it gives no guarantee about other arguments without the attribute.
/// `Option<Claims<T>>` and `Result<Claims<T>, _>` treat a bad token as an anonymous caller: use [`MaybeAuth`] and
/// [`AuthContext::claims`] instead. A claim that is missing or of another type is rejected with 403 `forbidden` and the
/// path of the member.
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
    type Future = LocalBoxFuture<'static, Result<Self, Rejection>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let claims = authenticate(&request).await?.claims();
            claims
                .map(Self)
                .map_err(|error| Rejection::new(Reason::Claim(error), response_settings(&request), &request))
        })
    }
}
