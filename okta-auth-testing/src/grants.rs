//! What the authorization servers have handed out and may take back.

use std::collections::{HashMap, HashSet};

/// What the resource owner agreed to.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) server: String,
    pub(crate) client: String,
    /// The user's login.
    pub(crate) user: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) nonce: Option<String>,
    /// Seconds since the Unix epoch.
    pub(crate) auth_time: u64,
    /// Seconds since the Unix epoch.
    pub(crate) expires: u64,
}

/// An authorization code, usable once.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) grant: Grant,
    pub(crate) redirect_uri: String,
    /// The S256 challenge (RFC 7636 section 4.2).
    pub(crate) challenge: Option<String>,
}

/// Codes, refresh tokens and revocations.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    pub(crate) codes: HashMap<String, Code>,
    pub(crate) refresh_tokens: HashMap<String, Grant>,
    /// `jti` of revoked tokens.
    pub(crate) revoked: HashSet<String>,
}
