//! Authorization codes, refresh tokens and revocations.

use std::collections::{HashMap, HashSet};

/// An authorization that the resource owner granted.
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

/// An authorization code, which works once.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) grant: Grant,
    pub(crate) redirect_uri: String,
    /// The S256 code challenge (RFC 7636 section 4.2).
    pub(crate) challenge: Option<String>,
}

/// All grants of a mock.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    pub(crate) codes: HashMap<String, Code>,
    pub(crate) refresh_tokens: HashMap<String, Grant>,
    /// The `jti` values of revoked tokens.
    pub(crate) revoked: HashSet<String>,
}
