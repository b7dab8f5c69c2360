//! Which tokens are introspected.

/// Which tokens of an issuer are introspected: the authorization server says whether they are active (RFC 7662).
///
/// Here, a token is a JWT if it has three segments and the first is a JSON object with `alg`. An encrypted token (JWE) has five
/// segments, so it is not.
///
/// | mode | a JWT | any other token |
/// |---|---|---|
/// | `Off` | validated locally | rejected |
/// | `Opaque`, the default of [`Introspection`](crate::config::Introspection) | validated locally | introspected |
/// | `Always` | introspected | introspected |
///
/// With `Always`, nothing is validated locally: only the answer decides, and the caller has its claims.
///
/// ```
/// use okta_auth_runtime::config::{Introspection, IntrospectionMode};
///
/// let introspection = Introspection::client("0oa1a2b3c4d5e6f7g8h9", "secret").mode(IntrospectionMode::Always);
/// # drop(introspection);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum IntrospectionMode {
    /// Introspection is off, as if it were not configured.
    Off,
    /// Tokens that are not JWTs are introspected.
    #[default]
    Opaque,
    /// Every token is introspected. An org authorization server needs it.
    Always,
}
