//! Authentication of a request: a remembered caller, or else a validated token.

use std::fmt::Display;
use std::sync::{Arc, Once};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::web::Data;

use super::credentials::{self, bearer_credentials};
use super::principal;
use crate::clock::{Clock, SystemClock, since_epoch};
use crate::context::AuthContext;
use crate::rejection::{Reason, Rejection, ResponseSettings};
use crate::validator::Validator;

/// Authenticates a request with the validator in app data, or else with the global one.
pub(super) async fn authenticate(request: &HttpRequest) -> Result<AuthContext, Rejection> {
    // A fake caller needs no validator.
    match principal::fake(request, || in_app_data(request)) {
        Some(user) => Ok(user),
        None => authenticate_with(validator_of(request)?, request).await,
    }
}

/// Authenticates a request with this validator.
pub(super) async fn authenticate_with(validator: &Validator, request: &HttpRequest) -> Result<AuthContext, Rejection> {
    match principal::remembered(request, validator) {
        Some(user) => Ok(user),
        None => authenticate_header(validator, request, request.headers()).await,
    }
}

/// Authenticates a request with this validator and the `Authorization` header among `headers`.
async fn authenticate_header(
    validator: &Validator,
    request: &HttpRequest,
    headers: &HeaderMap,
) -> Result<AuthContext, Rejection> {
    let reject = |reason: Reason| Rejection::new(reason, Some(validator.response_settings()), request);
    let credentials = bearer_credentials(headers).map_err(reject)?;
    // The cache compares bytes, so a cached token needs no check of its characters. To check them first would cost 16% of
    // the instructions of such a request (`cargo bench --bench table -- --only http protected N` under callgrind).
    let valid = match validator.cached(credentials) {
        Some(valid) => valid,
        None => {
            let token = credentials::token(credentials).map_err(reject)?;
            validator.validate_uncached(token).await.map_err(|error| reject(error.into()))?
        }
    };
    let user = AuthContext::from_bearer(valid).map_err(|error| reject(Reason::Token(error)))?;
    principal::remember(request, validator, &user);
    Ok(user)
}

/// The parts of a request that decide about its caller, before inner services run. Inner middleware can replace the
/// header, and an inner scope can have another validator in app data.
pub(super) struct Arrival {
    authorization: HeaderMap,
    bare: Option<Validator>,
    data: Option<Data<Validator>>,
}

impl Arrival {
    pub(super) fn of(request: &HttpRequest) -> Self {
        let values = request.headers().get_all(AUTHORIZATION);
        Self {
            authorization: values.map(|value| (AUTHORIZATION, value.clone())).collect(),
            bare: request.app_data().cloned(),
            data: request.app_data().cloned(),
        }
    }

    /// Authenticates the request as it arrived, with this validator or else as [`authenticate`] does.
    pub(super) async fn authenticate(
        &self,
        validator: Option<&Validator>,
        request: &HttpRequest,
    ) -> Result<AuthContext, Rejection> {
        if let Some(user) = principal::fake(request, || validator.or_else(|| in_app_data(request))) {
            return Ok(user);
        }
        let validator = match validator {
            Some(validator) => validator,
            None => select_validator(self.bare.as_ref(), self.data.as_ref(), request)?,
        };
        // Not the remembered caller, who can be that of a replaced header.
        authenticate_header(validator, request, &self.authorization).await
    }
}

/// The validator in app data, bare or as `web::Data`.
pub(super) fn in_app_data(request: &HttpRequest) -> Option<&Validator> {
    let data = || request.app_data::<Data<Validator>>().map(|data| data.get_ref());
    request.app_data::<Validator>().or_else(data)
}

fn validator_of(request: &HttpRequest) -> Result<&Validator, Rejection> {
    select_validator(request.app_data(), request.app_data(), request)
}

/// The validator in app data, bare or as `web::Data`, or else the global one.
///
/// Two different validators in app data are a misconfiguration: it is unclear which one is meant.
fn select_validator<'a>(
    bare: Option<&'a Validator>,
    data: Option<&'a Data<Validator>>,
    request: &HttpRequest,
) -> Result<&'a Validator, Rejection> {
    match (bare, data.map(|data| data.get_ref())) {
        (Some(one), Some(other)) if !one.same_as(other) => {
            static LOGGED: Once = Once::new();
            misconfigured(request, &LOGGED, "two validators in app data: one bare, another as web::Data")
        }
        (Some(validator), _) | (None, Some(validator)) => Ok(validator),
        (None, None) => {
            static LOGGED: Once = Once::new();
            Validator::global().or_else(|error| misconfigured(request, &LOGGED, error))
        }
    }
}

/// Logs each cause once: a misconfiguration persists until the program restarts.
fn misconfigured<T>(request: &HttpRequest, logged: &Once, cause: impl Display) -> Result<T, Rejection> {
    logged.call_once(|| tracing::error!("protected handlers answer 500: {cause}"));
    Err(Rejection::new(Reason::Misconfigured, None, request))
}

/// The settings of a rejection after authentication. They are those of the validator that verified the caller, or else
/// of the one in app data, or else of the global one if it is initialized.
pub(super) fn response_settings(request: &HttpRequest) -> Option<Arc<ResponseSettings>> {
    with_validator(request, Validator::response_settings)
}

/// The time since the Unix epoch, by the clock of the same validator, or else of the system.
pub(super) fn now(request: &HttpRequest) -> Duration {
    with_validator(request, Validator::now).unwrap_or_else(|| since_epoch(SystemClock.now()))
}

fn with_validator<T>(request: &HttpRequest, read: impl FnOnce(&Validator) -> T) -> Option<T> {
    let verified_by = principal::verified_by(request);
    let validator =
        verified_by.as_ref().or_else(|| in_app_data(request)).or_else(|| Validator::global_if_initialized());
    validator.map(read)
}
