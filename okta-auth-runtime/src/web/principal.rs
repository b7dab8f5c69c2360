//! The caller in the extensions of a request, and the validator that verified the caller's token.

use std::rc::Rc;

use actix_web::{HttpMessage, HttpRequest};
use tokio::sync::Mutex;

use crate::context::AuthContext;
use crate::sender::SpentProof;
use crate::shared_store::ProofId;
use crate::validator::Validator;

/// The caller of a request. Private, so that code outside this crate can't add one.
struct Principal {
    user: AuthContext,
    /// `None` for the fake callers of tests, which every validator accepts.
    verified_by: Option<Validator>,
}

/// The fake caller of a test, with the orders of the app's validator, if there is one.
pub(super) fn fake<'v>(
    request: &HttpRequest,
    validator: impl FnOnce() -> Option<&'v Validator>,
) -> Option<AuthContext> {
    let extensions = request.extensions();
    let known = extensions.get::<Principal>().filter(|known| known.verified_by.is_none())?;
    #[cfg(feature = "testing")]
    if let Some(validator) = validator() {
        return Some(validator.with_orders(&known.user));
    }
    #[cfg(not(feature = "testing"))]
    let _ = validator;
    Some(known.user.clone())
}

/// The caller that this validator verified before, if the token is still valid. Forgets any other caller.
pub(super) fn remembered(request: &HttpRequest, validator: &Validator) -> Option<AuthContext> {
    let is_accepted = |known: &Principal| {
        let verified_by = known.verified_by.as_ref();
        verified_by
            .is_none_or(|verified_by| verified_by.same_as(validator) && known.user.is_unexpired_at(validator.now()))
    };
    // Only to forget a caller are the extensions borrowed mutably: the app may hold a borrow of its own.
    let accepted = {
        let extensions = request.extensions();
        let known = extensions.get::<Principal>()?;
        #[cfg(feature = "testing")]
        if known.verified_by.is_none() {
            return Some(validator.with_orders(&known.user));
        }
        is_accepted(known).then(|| known.user.clone())
    };
    if accepted.is_none() {
        request.extensions_mut().remove::<Principal>();
    }
    accepted
}

pub(super) fn remember(request: &HttpRequest, validator: &Validator, user: &AuthContext) {
    let principal = Principal { user: user.clone(), verified_by: Some(validator.clone()) };
    request.extensions_mut().insert(principal);
}

/// Remembers the proof that a request has spent. If the request is authenticated again, the proof is checked again, but it
/// is not a replay.
pub(super) fn spend(request: &HttpRequest, proof: SpentProof) {
    request.extensions_mut().insert(proof);
}

/// Lets one argument after the other spend the proof of a request. actix-web starts the extraction of all arguments together, and
/// each would find the proof of another in a shared store.
pub(super) fn turn_to_spend(request: &HttpRequest) -> Rc<Mutex<()>> {
    struct Turn(Rc<Mutex<()>>);

    Rc::clone(&request.extensions_mut().get_or_insert_with(|| Turn(Rc::default())).0)
}

pub(super) fn spent_proof(request: &HttpRequest) -> Option<ProofId> {
    request.extensions().get::<SpentProof>().map(|proof| proof.id)
}

/// The nonce that the response to a request carries.
pub(super) fn fresh_nonce(request: &HttpRequest) -> Option<String> {
    request.extensions().get::<SpentProof>().and_then(|proof| proof.fresh_nonce.clone())
}

pub(super) fn verified_by(request: &HttpRequest) -> Option<Validator> {
    request.extensions().get::<Principal>()?.verified_by.clone()
}

/// Whether the caller of a request is the fake one of a test.
pub(super) fn is_fake(request: &HttpRequest) -> bool {
    request.extensions().get::<Principal>().is_some_and(|known| known.verified_by.is_none())
}

pub(super) fn is_remembered(request: &HttpRequest) -> bool {
    request.extensions().contains::<Principal>()
}

/// Makes `user` the caller of a request without a token. Only for okta-auth-testing.
#[cfg(feature = "testing")]
pub fn log_in(extensions: &mut actix_web::dev::Extensions, user: AuthContext) {
    extensions.insert(Principal { user, verified_by: None });
}
