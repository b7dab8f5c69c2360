//! The caller of a request: the proof that an access token passed every check.

mod claim;

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::Deserialize;

pub(crate) use claim::select;

#[cfg(feature = "testing")]
use crate::access_token::IssuerRules;
use crate::access_token::{Actor, Evidence, ValidToken};
use crate::error::{ClaimError, Excerpt, TokenError};
use crate::jose::NumericDate;

/// The caller of a request: the proof that an access token passed every check.
///
/// Only a token that a [`Validator`](crate::Validator) accepted makes one. Clones share the claims.
///
/// The guide: [policies](https://docs.rs/okta-auth/latest/okta_auth/guide/policies/index.html#the-caller).
///
/// # As an argument of a handler
///
/// It authenticates the request, so a handler that takes it does not run without a valid token, even without
/// `#[login_required]`. The attribute guarantees more: it authenticates before anything else is extracted. actix-web
/// starts the extraction of all arguments together, so without the attribute, other arguments can read the body, have
/// side effects, and reject the request first, also for callers without a token.
///
/// `Option<AuthContext>` and `Result<AuthContext, _>` are arguments too, because actix-web implements `FromRequest` for
/// them. Such a handler runs for every caller: a bad token and an outage look like an anonymous caller. For optional
/// login, use [`MaybeAuth`](crate::MaybeAuth), which rejects both. Below `#[login_required]`, `Option<AuthContext>` is a
/// compile error.
///
/// ```
/// use actix_web::{Responder, web};
/// use okta_auth_runtime::AuthContext;
///
/// async fn whoami(caller: AuthContext) -> impl Responder {
///     web::Json(serde_json::json!({ "user_id": caller.user_id(), "email": caller.subject() }))
/// }
/// # let _ = whoami;
/// ```
#[derive(Clone)]
pub struct AuthContext(ValidToken);

impl AuthContext {
    /// Turns a valid token into its caller: the only constructor. Rejects a token that is bound to a key that the sender has
    /// not proven to hold.
    pub(crate) fn new(token: ValidToken, evidence: &Evidence) -> Result<Self, TokenError> {
        evidence.confirms(token.claims().confirmation.as_deref())?;
        Ok(Self(token))
    }

    /// Whether the token has not expired at `now`, the time since the Unix epoch, and its key is still trusted.
    pub(crate) fn is_unexpired_at(&self, now: Duration) -> bool {
        self.0.is_unexpired_at(now)
    }

    /// A caller without a token, from the claims of an Okta access token. Only for okta-auth-testing. It counts as the holder
    /// of the keys that its `cnf` names.
    ///
    /// # Errors
    ///
    /// The error of a validator that accepts any time, audience and client.
    #[cfg(any(test, feature = "testing"))]
    pub fn without_token(claims: &serde_json::Value) -> Result<Self, TokenError> {
        Self::of_holder(ValidToken::without_signature(&claims.to_string())?)
    }

    /// The caller of a token that was never signed, as if its sender held the keys that its `cnf` names.
    #[cfg(any(test, feature = "testing"))]
    fn of_holder(token: ValidToken) -> Result<Self, TokenError> {
        let evidence = token.claims().confirmation.as_deref().map(Evidence::complete_for).unwrap_or_default();
        Self::new(token, &evidence)
    }

    /// The caller of a test, as the policies of an app with these rules see it.
    #[cfg(feature = "testing")]
    pub(crate) fn with_orders_of(&self, rules: &IssuerRules) -> Self {
        Self(self.0.with_orders_of(rules))
    }

    /// The `sub` claim: for Okta the user's login, or the client ID of a service.
    pub fn subject(&self) -> &str {
        &self.0.claims().subject
    }

    /// The same as [`subject`](Self::subject).
    pub fn user(&self) -> &str {
        &self.0.claims().subject
    }

    /// The `uid` claim: the user's Okta ID. `None` for a service (client credentials), and for every caller under a
    /// [`Profile`](crate::Profile) without such a claim, as those of Auth0 and RFC 9068.
    pub fn user_id(&self) -> Option<&str> {
        self.0.claims().user_id.as_deref()
    }

    /// Whether the token has no user ID although its issuer's users have one.
    pub(crate) fn is_service(&self) -> bool {
        self.0.is_service()
    }

    /// The `cid` claim: the client that the token was issued to.
    pub fn client_id(&self) -> &str {
        &self.0.claims().client
    }

    /// The `scp` claim: the granted scopes, in the token's order.
    pub fn scopes(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.claims().scopes.iter()
    }

    /// Whether `scope` was granted, or a scope that implies it
    /// ([`scope_implies`](crate::config::ValidatorBuilder::scope_implies)). Scopes are compared exactly.
    pub fn has_scope(&self, scope: &str) -> bool {
        let implying = || self.0.rules().scope_order.implying(scope);
        self.scopes().any(|granted| granted == scope) || implying().any(|other| self.scopes().any(|one| one == other))
    }

    /// The `groups` claim: the user's groups, in the token's order. Empty unless the authorization server adds them.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.claims().groups.iter()
    }

    /// Whether the user is in `group`, compared exactly.
    pub fn has_group(&self, group: &str) -> bool {
        self.groups().any(|member_of| member_of == group)
    }

    /// The `acr` claim: the class of the user's authentication, such as `urn:okta:loa:2fa:any`. `None` if it is missing, not
    /// a string, or occurs more than once. A service has none.
    ///
    /// Use the policy `acr(..)` for a decision about access: it knows which classes are stronger.
    pub fn acr(&self) -> Option<&str> {
        self.0.claims().acr.as_deref()
    }

    /// The `auth_time` claim: when the user was authenticated. A refreshed token keeps it. `None` if it is missing, not a
    /// number, or occurs more than once. A service has none.
    ///
    /// Use the policy `auth_within(..)` for a decision about access: it knows the time and the leeway.
    pub fn auth_time(&self) -> Option<SystemTime> {
        self.0.claims().auth_time.map(NumericDate::system_time)
    }

    /// The `act` claim: the party that acts for the subject (RFC 8693 section 4.1). `None` only if the token has no such
    /// claim: the subject itself acts then.
    pub fn actor(&self) -> Option<&Actor> {
        self.0.claims().actor.as_deref()
    }

    /// Whether the token is bound to a key (`cnf`, RFC 7800) that the sender proved to hold: by a DPoP proof (RFC 9449) or by a
    /// client certificate (RFC 8705). A token that is bound and whose sender proved nothing has no caller.
    ///
    /// Use the policy `sender_constrained()` for a decision about access: its challenge says what the client needs.
    ///
    /// ```
    /// use okta_auth_runtime::AuthContext;
    ///
    /// fn limit(user: &AuthContext) -> u32 {
    ///     if user.is_sender_constrained() { 10_000 } else { 100 }
    /// }
    /// # let _ = limit;
    /// ```
    pub fn is_sender_constrained(&self) -> bool {
        // `new` has checked the binding.
        self.0.claims().confirmation.is_some()
    }

    /// Whether the user's authentication is of the class `acr` or of a stronger one.
    pub(crate) fn has_acr(&self, acr: &str) -> bool {
        self.acr().is_some_and(|found| self.0.rules().acr_order.implies(found, acr))
    }

    /// Whether the order of the issuer has this class of authentication.
    pub(crate) fn knows_acr(&self, acr: &str) -> bool {
        self.0.rules().acr_order.has(acr)
    }

    /// One class of authentication that satisfies all of `acrs`, if there is one.
    pub(crate) fn acr_satisfying<'a>(&'a self, acrs: &[&'a str]) -> Option<&'a str> {
        self.0.rules().acr_order.implying_all(acrs)
    }

    /// Whether the user was authenticated at most `age` before `now`, the time since the Unix epoch. Like `exp` and `iat`,
    /// both ends have the leeway, because the clock of the issuer may differ.
    pub(crate) fn is_authenticated_within(&self, age: Duration, now: Duration) -> bool {
        let (now, leeway) = (NumericDate::at(now), self.0.rules().leeway);
        self.0.claims().auth_time.is_some_and(|time| time <= now.plus(leeway) && now <= time.plus(age).plus(leeway))
    }

    /// The `iss` claim: the authorization server that issued the token.
    pub fn issuer(&self) -> &str {
        &self.0.rules().issuer
    }

    /// The `exp` claim. The token is accepted until then plus the validator's leeway. If the answer about an introspected token
    /// has no `exp`, this is the time until which the answer is remembered.
    pub fn expires_at(&self) -> SystemTime {
        self.0.claims().expires_at.system_time()
    }

    /// The `iat` claim, if there is one.
    pub fn issued_at(&self) -> Option<SystemTime> {
        self.0.claims().issued_at.map(|date| date.system_time())
    }

    /// One claim by its name, as any type that can be deserialized. The type may borrow (`claim::<&str>`).
    ///
    /// Below the claim, the type decides about members that occur more than once. A struct with `#[derive(Deserialize)]`
    /// rejects a duplicate of one of its fields. A map and `serde_json::Value` keep the last, and a `Value` takes an object
    /// with a private key of serde_json for another type. Use a struct, or the policy `claim(..)`, for a decision about
    /// access.
    ///
    /// # Errors
    ///
    /// [`ClaimError`] if the claim is missing, occurs more than once, or is of another type. A handler that returns it
    /// answers 403.
    pub fn claim<'c, T: Deserialize<'c>>(&'c self, name: &str) -> Result<T, ClaimError> {
        claim::read(self.0.payload(), name)
    }

    /// All claims, as a type of yours, which decides about members that occur more than once, as for [`claim`](Self::claim).
    /// The claims that the validator reads never do, except `acr`, `auth_time` and `act`: use [`acr`](Self::acr),
    /// [`auth_time`](Self::auth_time) and [`actor`](Self::actor) for these.
    ///
    /// # Errors
    ///
    /// [`ClaimError`] with the path of the member that is missing or of another type.
    pub fn claims<'c, T: Deserialize<'c>>(&'c self) -> Result<T, ClaimError> {
        claim::deserialize(self.0.payload(), None)
    }

    pub(crate) fn token(&self) -> &ValidToken {
        &self.0
    }

    pub(crate) fn payload(&self) -> &str {
        self.0.payload()
    }
}

/// Shows issuer, client, scopes, times, and whether there is an actor; never the subject or another claim.
impl fmt::Debug for AuthContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthContext")
            .field("issuer", &Excerpt::new(self.issuer()))
            .field("client_id", &Excerpt::new(self.client_id()))
            .field("scopes", &Excerpt::list(self.scopes()))
            .field("has_actor", &self.actor().is_some())
            .field("expires_at", &self.expires_at())
            .finish_non_exhaustive()
    }
}

/// A caller with these claims, as JSON text, which may have duplicate members.
#[cfg(test)]
pub(crate) fn unsigned(claims: &str) -> AuthContext {
    let token = ValidToken::without_signature(claims).expect("good claims");
    AuthContext::of_holder(token).expect("a `cnf` that can be read, or none")
}

#[cfg(test)]
mod tests;
