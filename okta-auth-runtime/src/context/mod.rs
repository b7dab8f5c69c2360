//! The caller: proof that a token was verified.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_path_to_error::Segment;

use crate::access_token::ValidToken;
use crate::error::{ClaimError, Excerpt, TokenError};
use crate::jose::Members;

/// The caller of a request: proof that an access token was verified.
///
/// As a handler's argument it authenticates by itself, so that nothing is open because someone forgot
/// `#[login_required]`. Only a [`Validator`](crate::Validator) makes one. Clones share the claims.
///
/// ```
/// use actix_web::{Responder, web};
/// use okta_auth_runtime::AuthContext;
///
/// async fn whoami(user: AuthContext) -> impl Responder {
///     web::Json(serde_json::json!({ "user_id": user.user_id(), "email": user.user() }))
/// }
/// # let _ = whoami;
/// ```
#[derive(Clone)]
pub struct AuthContext(ValidToken);

impl AuthContext {
    /// Turns a valid token that came as a Bearer token into its caller: the only constructor.
    ///
    /// # Errors
    ///
    /// `BoundToKey`: a token that is bound to a key is not a Bearer token (RFC 9449 section 7.1).
    pub(crate) fn from_bearer(token: ValidToken) -> Result<Self, TokenError> {
        if token.claims().is_bound { Err(TokenError::BoundToKey) } else { Ok(Self(token)) }
    }

    /// Whether the token is still valid at `now`, the time since the Unix epoch.
    pub(crate) fn is_valid_at(&self, now: Duration) -> bool {
        self.0.is_valid_at(now)
    }

    /// A caller without a token, from the claims of an Okta access token. Only for okta-auth-testing.
    ///
    /// # Errors
    ///
    /// The error of a validator that accepts any time, audience and client.
    #[cfg(any(test, feature = "testing"))]
    pub fn without_token(claims: &serde_json::Value) -> Result<Self, TokenError> {
        Self::from_bearer(ValidToken::without_signature(&claims.to_string())?)
    }

    /// The `sub` claim: for Okta the user's login, or the client ID of a service.
    pub fn subject(&self) -> &str {
        &self.0.claims().subject
    }

    /// The same as [`subject`](Self::subject).
    pub fn user(&self) -> &str {
        &self.0.claims().subject
    }

    /// The `uid` claim: the user's Okta ID. `None` for a service (client credentials), which has no user; and for
    /// everybody under a [`Profile`](crate::Profile) that names no such claim, as those of Auth0 and RFC 9068.
    pub fn user_id(&self) -> Option<&str> {
        self.0.claims().user_id.as_deref()
    }

    /// Whether the token has no user ID though its issuer's users have one.
    pub(crate) fn is_service(&self) -> bool {
        self.0.is_service()
    }

    /// The `cid` claim: the client that the token was issued to.
    pub fn client_id(&self) -> &str {
        &self.0.claims().client
    }

    /// The `scp` claim: the scopes that were granted, in the token's order. Empty if there are none.
    pub fn scopes(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.claims().scopes.iter().map(|scope| &**scope)
    }

    /// Whether `scope` was granted, compared exactly.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes().any(|granted| granted == scope)
    }

    /// The `groups` claim: the user's groups, in the token's order. Empty unless the authorization server adds the claim.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.claims().groups.iter().map(|group| &**group)
    }

    /// Whether the user is in `group`, compared exactly.
    pub fn has_group(&self, group: &str) -> bool {
        self.groups().any(|member_of| member_of == group)
    }

    /// The `iss` claim: the authorization server that issued the token.
    pub fn issuer(&self) -> &str {
        &self.0.rules().issuer
    }

    /// The `exp` claim. The token is accepted until then plus the validator's leeway.
    pub fn expires_at(&self) -> SystemTime {
        self.0.claims().expires_at.system_time()
    }

    /// The `iat` claim, if there is one.
    pub fn issued_at(&self) -> Option<SystemTime> {
        self.0.claims().issued_at.map(|date| date.system_time())
    }

    /// One claim by its name, as any type that deserialises; it may borrow (`claim::<&str>`).
    ///
    /// # Errors
    ///
    /// [`ClaimError`] if the claim is missing, stands there twice, or is of another type. As the error of a handler it
    /// answers 403.
    pub fn claim<'c, T: Deserialize<'c>>(&'c self, name: &str) -> Result<T, ClaimError> {
        let raw = Members::scan(self.0.payload(), &[name]).map_err(|_| ClaimError::invalid(name))?.raw(0);
        let raw = raw.ok_or_else(|| ClaimError::Missing { path: name.into() })?;
        ClaimError::deserialize(raw, Some(name))
    }

    /// All claims, as a type of your own.
    ///
    /// # Errors
    ///
    /// [`ClaimError`] with the path of the member that is missing or of another type.
    pub fn claims<'c, T: Deserialize<'c>>(&'c self) -> Result<T, ClaimError> {
        ClaimError::deserialize(self.0.payload(), None)
    }

    /// The raw JSON of the claims.
    pub(crate) fn payload(&self) -> &str {
        self.0.payload()
    }
}

/// Shows issuer, client, scopes and times; never the subject or another claim.
impl fmt::Debug for AuthContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthContext")
            .field("issuer", &Excerpt::new(self.issuer()))
            .field("client_id", &Excerpt::new(self.client_id()))
            .field("scopes", &Excerpt::list(self.scopes()))
            .field("expires_at", &self.expires_at())
            .finish_non_exhaustive()
    }
}

impl ClaimError {
    fn invalid(path: &str) -> Self {
        Self::Invalid { path: path.into() }
    }

    fn deserialize<'c, T: Deserialize<'c>>(json: &'c str, below: Option<&str>) -> Result<T, Self> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let missing = error.inner().to_string();
            let missing = missing_field(&missing);
            let mut names: Vec<Cow<'_, str>> = below.into_iter().map(Cow::Borrowed).collect();
            harmless(error.path(), &mut names);
            names.extend(missing.map(Cow::Borrowed));
            let path = names.join(".").into();
            if missing.is_some() { Self::Missing { path } } else { Self::Invalid { path } }
        })
    }
}

/// Adds what may be shown of a path to the names in front of it: that of a claim, and indices. All other names may be keys
/// of a map, which are texts of the token.
fn harmless<'p>(path: &'p serde_path_to_error::Path, names: &mut Vec<Cow<'p, str>>) {
    for segment in path {
        match segment {
            Segment::Seq { index } => names.push(Cow::Owned(index.to_string())),
            Segment::Map { key } if names.is_empty() && is_plain(key) => names.push(Cow::Borrowed(key)),
            _ => return names.push(Cow::Borrowed("…")),
        }
    }
}

/// Whether the name of a claim looks like one.
fn is_plain(name: &str) -> bool {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "_-.:/".contains(character);
    (1..=64).contains(&name.len()) && name.chars().all(allowed)
}

/// The field that serde misses: the name is the expected type's, nothing of the token.
fn missing_field(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.split('`').next()
}

/// A claim by its name, or by a JSON Pointer (RFC 6901) if it starts with `/`. `None` if it is missing or ambiguous.
pub(crate) fn select(payload: &str, name: &str) -> Option<serde_json::Value> {
    let (top, rest) = match name.strip_prefix('/') {
        Some(pointer) => pointer.split_once('/').map_or((pointer, None), |(top, rest)| (top, Some(rest))),
        None => (name, None),
    };
    let top = if name.starts_with('/') { top.replace("~1", "/").replace("~0", "~") } else { top.to_owned() };
    let raw = Members::scan(payload, &[top]).ok()?.raw(0)?;
    let raw: &RawValue = serde_json::from_str(raw).ok()?;
    let value: serde_json::Value = serde_json::from_str(raw.get()).ok()?;
    match rest {
        Some(rest) => value.pointer(&format!("/{rest}")).cloned(),
        None => Some(value),
    }
}

#[cfg(test)]
mod tests;
