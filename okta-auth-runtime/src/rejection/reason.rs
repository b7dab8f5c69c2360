//! Why a request was rejected: each cause is one row.

use std::fmt;

use actix_web::http::StatusCode;
use tracing::Level;

use super::status_mapping::StatusMapping;
use crate::error::{ClaimError, IntrospectionError, KeyError, ProofError, TokenError, ValidateError};
use crate::policy::Unmet;
use crate::sender::SenderError;

/// Why a request was rejected.
///
/// The guide: [rejections](https://docs.rs/okta-auth/latest/okta_auth/guide/rejections/index.html),
/// [troubleshooting](https://docs.rs/okta-auth/latest/okta_auth/guide/troubleshooting/index.html).
///
/// | reason | code | [`StatusMapping::Flask`] | [`StatusMapping::Rfc6750`] |
/// |---|---|---|---|
/// | `MissingToken` | `missing_token` | 403 | 401 |
/// | `MalformedCredentials` | `malformed_credentials` | 403 | 400 |
/// | `Token` | `invalid_token`, `token_expired`, `token_not_yet_valid` | 403 | 401 |
/// | `Token(ClientNotAllowed)` | `client_not_allowed` | 401 | 401 |
/// | `InsufficientScope` | `insufficient_scope` | 403 | 403 |
/// | `InsufficientUserAuthentication` | `insufficient_user_authentication` | 401 | 401 |
/// | `Forbidden`, `Claim` | `forbidden` | 403 | 403 |
/// | `Proof` | `invalid_dpop_proof`, `use_dpop_nonce` | 401 | 401 |
/// | `Keys` | `keys_unavailable` | 503 | 503 |
/// | `Introspection` | `introspection_unavailable` | 503 | 503 |
/// | `StoreUnavailable` | `store_unavailable` | 503 | 503 |
/// | `Misconfigured` | `misconfigured` | 500 | 500 |
///
/// ```
/// use okta_auth_runtime::Reason;
///
/// assert_eq!(Reason::MissingToken.code(), "missing_token");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// No `Authorization` header, or a scheme other than Bearer and, if it is on, DPoP.
    MissingToken,
    /// A malformed `Authorization` header, or more than one.
    MalformedCredentials,
    /// The token was rejected. Only logs and this value have the precise cause.
    Token(TokenError),
    /// The DPoP proof was rejected (RFC 9449 section 7.1). Only logs and this value have the precise cause.
    Proof(ProofError),
    /// The keys are unavailable, so the token can't be checked.
    Keys(KeyError),
    /// It is unknown whether the token is active, so it can't be accepted (RFC 7662).
    Introspection(IntrospectionError),
    /// It is unknown whether the DPoP proof was used before, so the request can't be accepted. Only the log has the cause.
    StoreUnavailable,
    /// A token with these scopes would meet the policy.
    InsufficientScope {
        /// The scopes of the cheapest alternative.
        scopes: Vec<String>,
    },
    /// Another authentication of the user would meet the policy (RFC 9470).
    InsufficientUserAuthentication {
        /// The required class of authentication, if any: none or one.
        acr_values: Vec<String>,
        /// The greatest age of the authentication, in seconds, if there is one.
        max_age: Option<u64>,
        /// All scopes of the cheapest alternative, so that the new token has them too.
        scopes: Vec<String>,
    },
    /// The policy is not met, and neither a scope nor an authentication would help.
    Forbidden,
    /// A claim that the handler reads is missing or of another type.
    Claim(ClaimError),
    /// The app has no usable validator. Only the log has the cause.
    Misconfigured,
}

/// The response to one cause.
struct Row {
    code: &'static str,
    flask: StatusCode,
    rfc6750: StatusCode,
    /// The `error` of the challenge (RFC 6750 section 3.1).
    error: Option<&'static str>,
    /// Sent to the client. It contains no token, claim or internal error.
    detail: &'static str,
    /// The level of the log line; `None` for causes that are logged where they are found, once for many requests.
    level: Option<Level>,
}

const INVALID_TOKEN: Row = Row {
    code: "invalid_token",
    flask: StatusCode::FORBIDDEN,
    rfc6750: StatusCode::UNAUTHORIZED,
    error: Some("invalid_token"),
    detail: "The access token is not valid here.",
    level: Some(Level::DEBUG),
};

const FORBIDDEN: Row = Row {
    code: "forbidden",
    flask: StatusCode::FORBIDDEN,
    rfc6750: StatusCode::FORBIDDEN,
    error: None,
    detail: "The caller may not do this.",
    level: Some(Level::DEBUG),
};

const KEYS_UNAVAILABLE: Row = Row {
    code: "keys_unavailable",
    flask: StatusCode::SERVICE_UNAVAILABLE,
    rfc6750: StatusCode::SERVICE_UNAVAILABLE,
    error: None,
    detail: "The access token can't be checked at the moment. Please try again.",
    level: None,
};

impl Reason {
    fn row(&self) -> Row {
        match self {
            Self::MissingToken => Row {
                code: "missing_token",
                error: None,
                detail: "This needs an access token in the Authorization header, as \"Bearer <token>\".",
                ..INVALID_TOKEN
            },
            Self::MalformedCredentials => Row {
                code: "malformed_credentials",
                flask: StatusCode::FORBIDDEN,
                rfc6750: StatusCode::BAD_REQUEST,
                error: Some("invalid_request"),
                detail: "The request needs exactly one Authorization header: Bearer and one token.",
                level: Some(Level::DEBUG),
            },
            Self::Token(TokenError::Expired { .. }) => {
                Row { code: "token_expired", detail: "The access token has expired.", ..INVALID_TOKEN }
            }
            Self::Token(TokenError::NotYetValid { .. }) => {
                Row { code: "token_not_yet_valid", detail: "The access token is not valid yet.", ..INVALID_TOKEN }
            }
            Self::Token(TokenError::ClientNotAllowed { .. }) => Row {
                code: "client_not_allowed",
                flask: StatusCode::UNAUTHORIZED,
                detail: "The client of the access token is not allowed here.",
                ..INVALID_TOKEN
            },
            Self::Token(_) => INVALID_TOKEN,
            Self::Keys(_) => KEYS_UNAVAILABLE,
            Self::Introspection(_) => Row { code: "introspection_unavailable", ..KEYS_UNAVAILABLE },
            // RFC 9449 section 9.
            Self::Proof(ProofError::NonceRequired { .. }) => Row {
                code: "use_dpop_nonce",
                flask: StatusCode::UNAUTHORIZED,
                rfc6750: StatusCode::UNAUTHORIZED,
                error: Some("use_dpop_nonce"),
                detail: "The DPoP proof needs the nonce in the header DPoP-Nonce.",
                level: Some(Level::DEBUG),
            },
            Self::Proof(_) => Row {
                code: "invalid_dpop_proof",
                flask: StatusCode::UNAUTHORIZED,
                rfc6750: StatusCode::UNAUTHORIZED,
                error: Some("invalid_dpop_proof"),
                detail: "The DPoP proof is not valid for this request.",
                level: Some(Level::DEBUG),
            },
            Self::StoreUnavailable => Row {
                code: "store_unavailable",
                flask: StatusCode::SERVICE_UNAVAILABLE,
                rfc6750: StatusCode::SERVICE_UNAVAILABLE,
                error: None,
                detail: "The DPoP proof can't be checked at the moment. Please try again with a new one.",
                level: None,
            },
            Self::InsufficientScope { .. } => Row {
                code: "insufficient_scope",
                error: Some("insufficient_scope"),
                detail: "The access token lacks a scope that this needs.",
                ..FORBIDDEN
            },
            Self::InsufficientUserAuthentication { .. } => Row {
                code: "insufficient_user_authentication",
                flask: StatusCode::UNAUTHORIZED,
                rfc6750: StatusCode::UNAUTHORIZED,
                error: Some("insufficient_user_authentication"),
                detail: "This needs another or a more recent authentication of the user.",
                level: Some(Level::DEBUG),
            },
            Self::Forbidden => FORBIDDEN,
            Self::Claim(_) => Row { detail: "The access token lacks a claim that this needs.", ..FORBIDDEN },
            Self::Misconfigured => Row {
                code: "misconfigured",
                flask: StatusCode::INTERNAL_SERVER_ERROR,
                rfc6750: StatusCode::INTERNAL_SERVER_ERROR,
                error: None,
                detail: "This server is not able to check access tokens.",
                level: None,
            },
        }
    }

    /// The reason code of the response. It is stable.
    pub fn code(&self) -> &'static str {
        self.row().code
    }

    /// The status of the response.
    pub fn status(&self, mapping: StatusMapping) -> StatusCode {
        match mapping {
            StatusMapping::Flask => self.row().flask,
            StatusMapping::Rfc6750 => self.row().rfc6750,
        }
    }

    pub(super) fn challenge_error(&self) -> Option<&'static str> {
        self.row().error
    }

    pub(super) fn detail(&self) -> &'static str {
        self.row().detail
    }

    /// `has_actor` says whether someone acts for the caller, if the caller is known.
    pub(super) fn log(&self, has_actor: Option<bool>) {
        let Row { code, level: Some(Level::DEBUG), .. } = self.row() else { return };
        match self {
            Self::Token(error) => tracing::debug!(code, rule = error.code(), has_actor, "request rejected: {error}"),
            Self::Proof(error) => tracing::debug!(code, rule = error.code(), "request rejected: {error}"),
            other => tracing::debug!(code, has_actor, "request rejected: {other}"),
        }
    }
}

impl From<ValidateError> for Reason {
    fn from(error: ValidateError) -> Self {
        match error {
            ValidateError::Token(error) => Self::Token(error),
            ValidateError::Keys(error) => Self::Keys(error),
            ValidateError::Introspection(error) => error.into(),
        }
    }
}

impl From<IntrospectionError> for Reason {
    /// A handler that asks for introspection that is not configured is a mistake in the app, not an outage.
    fn from(error: IntrospectionError) -> Self {
        match error {
            IntrospectionError::NotConfigured { .. } => Self::Misconfigured,
            error => Self::Introspection(error),
        }
    }
}

impl From<ClaimError> for Reason {
    fn from(error: ClaimError) -> Self {
        Self::Claim(error)
    }
}

impl From<ProofError> for Reason {
    fn from(error: ProofError) -> Self {
        Self::Proof(error)
    }
}

impl From<SenderError> for Reason {
    fn from(error: SenderError) -> Self {
        match error {
            SenderError::Token(error) => Self::Token(error),
            SenderError::Proof(error) => Self::Proof(error),
            SenderError::NonceRequired { found, .. } => Self::Proof(ProofError::NonceRequired { found }),
            SenderError::StoreUnavailable { .. } => Self::StoreUnavailable,
        }
    }
}

impl From<Unmet> for Reason {
    fn from(unmet: Unmet) -> Self {
        match unmet {
            Unmet::Scopes(scopes) => Self::InsufficientScope { scopes },
            Unmet::Authentication { acr_values, max_age, scopes } => {
                Self::InsufficientUserAuthentication { acr_values, max_age, scopes }
            }
            Unmet::NotBound => Self::Token(TokenError::NotBound),
            Unmet::Forbidden => Self::Forbidden,
        }
    }
}

/// The precise cause for logs, without tokens and claim values.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(error) => error.fmt(f),
            Self::Keys(error) => error.fmt(f),
            Self::Introspection(error) => error.fmt(f),
            Self::Proof(error) => error.fmt(f),
            Self::Claim(error) => error.fmt(f),
            other => f.write_str(other.detail()),
        }
    }
}
