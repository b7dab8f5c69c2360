//! Opaque access tokens: texts whose claims only the authorization server knows.

use std::collections::HashMap;

use parking_lot::Mutex;
use serde_json::{Map, Value};

use crate::ids::Ids;

/// An opaque token.
#[derive(Debug, Clone)]
pub(crate) struct OpaqueToken {
    /// The ID of the authorization server that issued it.
    pub(crate) server: String,
    pub(crate) content: OpaqueContent,
}

/// The meaning of an opaque token.
#[derive(Debug, Clone)]
pub(crate) enum OpaqueContent {
    /// The claims that a JWT would have. They determine whether the token is active.
    Claims(Map<String, Value>),
    /// The introspection response.
    Response(Value),
}

/// The opaque tokens of a mock. Nothing removes a token, because only the code that owns the mock adds one; requests never
/// do.
#[derive(Debug)]
pub(crate) struct OpaqueTokens {
    ids: Ids,
    issued: Mutex<HashMap<String, OpaqueToken>>,
}

impl OpaqueTokens {
    pub(crate) fn new() -> Self {
        Self { ids: Ids::new(), issued: Mutex::default() }
    }

    /// Issues a token: 43 characters of base64url, without a dot.
    pub(crate) fn issue(&self, server: &str, content: OpaqueContent) -> String {
        let token = self.ids.generate();
        self.issued.lock().insert(token.clone(), OpaqueToken { server: server.to_owned(), content });
        token
    }

    pub(crate) fn find(&self, token: &str) -> Option<OpaqueToken> {
        self.issued.lock().get(token).cloned()
    }
}
