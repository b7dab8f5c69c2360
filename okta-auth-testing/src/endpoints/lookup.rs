//! The authorization server that a path names.

use super::error::{self, ErrorResponse};
use crate::state::{MockState, ServerState};

/// The authorization server of a request's path, or Okta's answer for one that does not exist.
pub(crate) fn server<'a>(state: &'a MockState, id: &str) -> Result<&'a ServerState, ErrorResponse> {
    state.server(id).ok_or_else(|| unknown_server(id))
}

pub(crate) fn unknown_server(id: &str) -> ErrorResponse {
    error::not_found(&format!("{id} (AuthorizationServer)"))
}
