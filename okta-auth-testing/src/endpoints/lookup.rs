//! The authorization server in the path of a request.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::error::{self, ErrorResponse};
use crate::state::{MockState, ORG, ServerState};

/// The ID of the authorization server in the path, or [`ORG`] if the path has none.
pub(crate) struct ServerId(String);

impl ServerId {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromRequest for ServerId {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.match_info().get("server").unwrap_or(ORG).to_owned())))
    }
}

/// Finds the authorization server with this ID. The error is Okta's response for an ID that does not exist.
pub(crate) fn server<'a>(state: &'a MockState, id: &ServerId) -> Result<&'a ServerState, ErrorResponse> {
    state.server(id.as_str()).ok_or_else(|| unknown_server(id))
}

pub(crate) fn unknown_server(id: &ServerId) -> ErrorResponse {
    let name = if id.as_str() == ORG { "org" } else { id.as_str() };
    error::not_found(&format!("{name} (AuthorizationServer)"))
}
