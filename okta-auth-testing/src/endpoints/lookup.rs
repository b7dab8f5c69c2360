//! The authorization server in the path of a request.

use super::error::{self, ErrorResponse};
use crate::state::{MockState, ServerState};

/// Finds the authorization server with this ID. The error is Okta's response for an ID that does not exist.
pub(crate) fn server<'a>(state: &'a MockState, id: &str) -> Result<&'a ServerState, ErrorResponse> {
    state.server(id).ok_or_else(|| unknown_server(id))
}

pub(crate) fn unknown_server(id: &str) -> ErrorResponse {
    error::not_found(&format!("{id} (AuthorizationServer)"))
}
