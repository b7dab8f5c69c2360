//! Authorization codes, refresh tokens and revocations.

use std::collections::{HashMap, HashSet};

use crate::acr::Strength;
use crate::sessions::Sessions;

/// An authorization that the resource owner granted.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) server: String,
    pub(crate) client: String,
    /// The user's login.
    pub(crate) user: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) nonce: Option<String>,
    /// The thumbprint of the key that the refresh token is bound to.
    pub(crate) bound_to: Option<String>,
    pub(crate) sign_in: SignIn,
    /// Seconds since the Unix epoch.
    pub(crate) expires: u64,
}

/// The sign-in of a grant, as its tokens describe it. A refreshed token describes the same sign-in.
#[derive(Debug, Clone)]
pub(crate) struct SignIn {
    /// Seconds since the Unix epoch.
    pub(crate) auth_time: u64,
    pub(crate) acr: Option<String>,
    pub(crate) amr: Vec<String>,
    /// The subject of the actor.
    pub(crate) actor: Option<String>,
}

impl SignIn {
    /// A sign-in for a request without `acr_values`.
    pub(crate) fn new(auth_time: u64, strength: Strength) -> Self {
        let amr = strength.amr().iter().map(|&method| method.to_owned()).collect();
        Self { auth_time, acr: None, amr, actor: None }
    }
}

/// An authorization code, which works once.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) grant: Grant,
    pub(crate) redirect_uri: String,
    /// The S256 code challenge (RFC 7636 section 4.2).
    pub(crate) challenge: Option<String>,
    /// The thumbprint of the key that the code is bound to (RFC 9449 section 10).
    pub(crate) bound_to: Option<String>,
}

/// All grants of a mock.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    pub(crate) codes: HashMap<String, Code>,
    pub(crate) refresh_tokens: HashMap<String, Grant>,
    pub(crate) sessions: Sessions,
    /// The texts of revoked tokens. A token without a `jti` can be revoked too.
    pub(crate) revoked: HashSet<String>,
    /// The client assertions that were used: client ID and `jti`, with `exp` in seconds since the Unix epoch.
    pub(crate) used_assertions: HashMap<(String, String), u64>,
}
