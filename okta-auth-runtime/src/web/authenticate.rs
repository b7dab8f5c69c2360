//! Authentication of a request: a remembered caller, or else a validated token.

use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::{Arc, Once};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::http::{Method, Uri};
use actix_web::web::Data;

use super::credentials::{self, Credentials};
use super::principal;
use crate::clock::{Clock, SystemClock, since_epoch};
use crate::context::AuthContext;
use crate::rejection::{Reason, Rejection, ResponseSettings};
use crate::sender::{CertificateRequest, DpopRequest, Presentation};
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
        None => {
            let (headers, peer) = (request.headers(), request.peer_addr());
            let head = Head { headers, method: request.method(), uri: request.uri(), peer };
            authenticate_head(validator, request, head).await
        }
    }
}

/// The parts of a request that carry its credentials, or that a proof is for.
struct Head<'r> {
    headers: &'r HeaderMap,
    method: &'r Method,
    uri: &'r Uri,
    /// The address of the socket.
    peer: Option<SocketAddr>,
}

/// Authenticates a request with this validator and the credentials of this head.
async fn authenticate_head(
    validator: &Validator,
    request: &HttpRequest,
    head: Head<'_>,
) -> Result<AuthContext, Rejection> {
    let Head { headers, method, uri, peer } = head;
    let reject = |reason: Reason| Rejection::new(reason, Some(validator.response_settings()), request);
    let credentials = Credentials::of(headers, validator.accepts_dpop()).map_err(reject)?;
    let proof = match credentials {
        Credentials::Bearer(_) => None,
        Credentials::Dpop(_) => Some(credentials::proof(headers).map_err(reject)?),
    };
    let text = credentials.text();
    // The cache compares bytes, so a cached token needs no check of its characters. To check them first would cost 16% of
    // the instructions of such a request (`cargo bench --bench table -- --only http protected N` under callgrind).
    let valid = match validator.cached(text) {
        Some(valid) => valid,
        None => {
            let token = credentials::token(text).map_err(reject)?;
            validator.validate_uncached(token).await.map_err(|error| reject(error.into()))?
        }
    };
    let turn = (proof.is_some() && validator.has_shared_store()).then(|| principal::turn_to_spend(request));
    let _turn = match &turn {
        Some(turn) => Some(turn.lock().await),
        None => None,
    };
    let presentation = match proof {
        None => Presentation::Bearer,
        Some(proof) => Presentation::Dpop(DpopRequest {
            token: text,
            proof,
            method: method.as_str(),
            path: uri.path(),
            spent: principal::spent_proof(request),
        }),
    };
    let certificate = CertificateRequest {
        headers,
        peer,
        #[cfg(feature = "mtls")]
        request,
    };
    let confirmed = validator.confirm(valid, &presentation, Some(&certificate)).await.map_err(|mut error| {
        let nonce = error.take_nonce();
        reject(error.into()).with_nonce(nonce)
    })?;
    principal::remember(request, validator, &confirmed.user);
    if let Some(proof) = confirmed.proof {
        principal::spend(request, proof);
    }
    Ok(confirmed.user)
}

/// The parts of a request that decide about its caller, before inner services run. Inner middleware can replace the
/// header, and an inner scope can have another validator in app data.
pub(super) struct Arrival {
    /// All headers, because one of a configured name can carry a certificate.
    headers: HeaderMap,
    method: Method,
    uri: Uri,
    peer: Option<SocketAddr>,
    bare: Option<Validator>,
    data: Option<Data<Validator>>,
}

impl Arrival {
    pub(super) fn of(request: &HttpRequest) -> Self {
        Self {
            headers: request.headers().clone(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            peer: request.peer_addr(),
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
        let head = Head { headers: &self.headers, method: &self.method, uri: &self.uri, peer: self.peer };
        let authenticated = authenticate_head(validator, request, head).await;
        authenticated.map_err(|rejection| rejection.in_scheme_of(&self.headers))
    }
}

/// The validator in app data, bare or as `web::Data`.
pub(super) fn in_app_data(request: &HttpRequest) -> Option<&Validator> {
    let data = || request.app_data::<Data<Validator>>().map(|data| data.get_ref());
    request.app_data::<Validator>().or_else(data)
}

/// Whether a request has no token that its validator reads.
pub(super) fn has_no_token(request: &HttpRequest) -> bool {
    // Most anonymous requests have no header at all. The others ask the validator that will authenticate them. If there is
    // none, authentication reports that.
    let accepts_dpop =
        request.headers().contains_key(AUTHORIZATION) && validator_of(request).map_or(true, Validator::accepts_dpop);
    matches!(Credentials::of(request.headers(), accepts_dpop), Err(Reason::MissingToken))
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

/// The validator that verified the caller of a request. `None` for the fake caller of a test, which no validator verified.
pub(super) fn verifier(request: &HttpRequest) -> Result<Option<Validator>, Rejection> {
    match principal::verified_by(request) {
        None if principal::is_fake(request) => Ok(None),
        None => validator_of(request).cloned().map(Some),
        verified_by => Ok(verified_by),
    }
}

fn with_validator<T>(request: &HttpRequest, read: impl FnOnce(&Validator) -> T) -> Option<T> {
    let verified_by = principal::verified_by(request);
    let validator =
        verified_by.as_ref().or_else(|| in_app_data(request)).or_else(|| Validator::global_if_initialized());
    validator.map(read)
}
