//! The authorization server that a path names.

use super::error::{self, Refusal};
use crate::state::{Server, State};

/// The authorization server of a request's path, or Okta's answer for one that does not exist.
pub(crate) fn server<'a>(state: &'a State, id: &str) -> Result<&'a Server, Refusal> {
    state.server(id).ok_or_else(|| unknown_server(id))
}

pub(crate) fn unknown_server(id: &str) -> Refusal {
    error::not_found(&format!("{id} (AuthorizationServer)"))
}
