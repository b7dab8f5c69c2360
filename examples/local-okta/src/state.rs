//! The state that the pages share.

use std::sync::OnceLock;

use actix_web::HttpResponse;
use actix_web::error::InternalError;
use okta_auth::Validator;
use okta_auth_testing::{MockOkta, ProofKey};

use crate::config::Config;

/// The running mock, its configuration, and a validator that trusts it.
pub(crate) struct AppState {
    pub(crate) config: Config,
    pub(crate) okta: MockOkta,
    /// Caches keys as an API's validator does, so that the token page shows the effects of a rotation.
    pub(crate) validator: Validator,
    /// The key of every bound token. It also signs the proofs.
    pub(crate) proof_key: ProofKey,
}

/// Empty until the mock has started: the mock serves the pages, so it is built with them.
pub(crate) type StateSlot = OnceLock<AppState>;

/// # Errors
///
/// 503 while the mock is starting.
pub(crate) fn app_state(slot: &StateSlot) -> Result<&AppState, actix_web::Error> {
    slot.get()
        .ok_or_else(|| InternalError::from_response("starting", HttpResponse::ServiceUnavailable().finish()).into())
}
