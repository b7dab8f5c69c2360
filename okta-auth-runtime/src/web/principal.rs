//! What a request's extensions remember: the caller, and who verified the token.

use actix_web::{HttpMessage, HttpRequest};

use crate::context::AuthContext;
use crate::validator::Validator;

/// The caller of a request. Private, so that nothing outside this crate can put one there.
struct Principal {
    user: AuthContext,
    /// `None` for the fake principals of tests, which stand before every validator.
    verified_by: Option<Validator>,
}

/// What a request knows of its caller.
pub(super) enum Known {
    /// Nothing yet.
    Nobody,
    /// The fake principal of a test, which needs no validator.
    Fake(AuthContext),
    /// Who was verified before, and by whom.
    Verified(AuthContext, Validator),
}

pub(super) fn known(request: &HttpRequest) -> Known {
    match request.extensions().get::<Principal>() {
        None => Known::Nobody,
        Some(Principal { user, verified_by: None }) => Known::Fake(user.clone()),
        Some(Principal { user, verified_by: Some(validator) }) => Known::Verified(user.clone(), validator.clone()),
    }
}

/// The validator that verified the caller's token: whose settings a rejection follows.
pub(super) fn verified_by(request: &HttpRequest) -> Option<Validator> {
    request.extensions().get::<Principal>()?.verified_by.clone()
}

/// Whether there is a caller already.
pub(super) fn is_known(request: &HttpRequest) -> bool {
    request.extensions().contains::<Principal>()
}

pub(super) fn remember(request: &HttpRequest, validator: &Validator, user: &AuthContext) {
    let principal = Principal { user: user.clone(), verified_by: Some(validator.clone()) };
    request.extensions_mut().insert(principal);
}

/// Whoever is known was verified by a validator that does not count here.
pub(super) fn forget(request: &HttpRequest) {
    request.extensions_mut().remove::<Principal>();
}

/// Makes `user` the caller of a request without any token: for okta-auth-testing alone.
#[cfg(feature = "testing")]
pub fn log_in(extensions: &mut actix_web::dev::Extensions, user: AuthContext) {
    extensions.insert(Principal { user, verified_by: None });
}
