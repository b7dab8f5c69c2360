//! Introspection, as a validator uses it: the issuer whose endpoint is asked about a token, and `confirm_active`.

use std::collections::HashSet;
use std::time::Duration;

use parking_lot::Mutex;

use super::{TrustedIssuer, Validator};
use crate::access_token::unverified_issuer;
use crate::context::AuthContext;
use crate::error::{Excerpt, IntrospectionError, ValidateError};
use crate::introspection::{IntrospectionMode, Introspector};
use crate::jose::json::ScanError;
use crate::jose::{Jws, Members};

impl Validator {
    /// Confirms that the caller's token is active (RFC 7662): the authorization server is asked, unless a remembered answer is
    /// less than `within` old. With [`Duration::ZERO`], no remembered answer counts. No answer is remembered for longer than
    /// [`max_age`](crate::config::Introspection::max_age), 10 s by default, so a longer `within` has the effect of `max_age`.
    ///
    /// This is for handlers that must not trust a token that was revoked a moment ago. `#[login_required(active_within = 10)]`
    /// and [`LoginRequired::active_within`](crate::LoginRequired::active_within) do the same after the policy. Call it yourself if
    /// only some requests of a handler need it. `user` is a caller that this validator has validated.
    ///
    /// # Errors
    ///
    /// - [`ValidateError::Token`] if the token is not active, or if the answer breaks a rule.
    /// - [`ValidateError::Introspection`] if it is unknown whether the token is active, or with
    ///   [`NotConfigured`](IntrospectionError::NotConfigured) if this validator, or the one that validated `user`, has no
    ///   introspection for the issuer.
    ///
    /// If a handler returns the error, the response is the one that the attribute would send.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use actix_web::{HttpResponse, web};
    /// use okta_auth_runtime::{AuthContext, ValidateError, Validator};
    ///
    /// async fn pay(
    ///     user: AuthContext,
    ///     okta: web::Data<Validator>,
    ///     amount: web::Json<u64>,
    /// ) -> Result<HttpResponse, ValidateError> {
    ///     if *amount > 1_000 {
    ///         okta.confirm_active(&user, Duration::from_secs(5)).await?;
    ///     }
    ///     Ok(HttpResponse::NoContent().finish())
    /// }
    /// # let _ = pay;
    /// ```
    pub async fn confirm_active(&self, user: &AuthContext, within: Duration) -> Result<(), ValidateError> {
        #[cfg(any(test, feature = "testing"))]
        if user.token().is_fake() {
            return Ok(());
        }
        let issuer = self.0.issuers.iter().find(|issuer| *issuer.rules.issuer == *user.issuer());
        let introspector = issuer.and_then(|issuer| issuer.introspector.as_ref());
        let (Some(introspector), Some(text)) = (introspector, user.token().text()) else {
            return Err(not_configured(user.issuer()).into());
        };
        Box::pin(introspector.confirm(user.token(), text, within)).await
    }

    /// The introspector that validates a token in place of the issuer's keys. `None` for a token that is validated locally.
    pub(super) fn introspector_of(&self, text: &str) -> Option<&Introspector> {
        let always = |issuer: &&TrustedIssuer| issuer.introspector_with(IntrospectionMode::Always).is_some();
        let issuer = match self.0.issuers.as_slice() {
            // It gets every token, so the text does not matter.
            [only] if always(&only) => Some(only),
            issuers if issuers.iter().all(|issuer| issuer.introspector.is_none()) => None,
            _ if !is_jwt(text) => return self.introspector_of_opaque(),
            issuers if issuers.iter().any(|issuer| always(&issuer)) => self.issuer_of_jwt(text).filter(always),
            _ => None,
        };
        issuer?.introspector.as_ref()
    }

    /// The introspector of tokens that do not name their issuer: that of the only issuer with the mode `Opaque`, or else that of
    /// the only one with `Always`. With several, the token could be sent to a server that is not its issuer.
    fn introspector_of_opaque(&self) -> Option<&Introspector> {
        let only = |mode| {
            let mut found = self.0.issuers.iter().filter_map(|issuer| issuer.introspector_with(mode));
            found.next().filter(|_| found.next().is_none())
        };
        only(IntrospectionMode::Opaque).or_else(|| only(IntrospectionMode::Always))
    }

    /// The trusted issuer that a JWT names. Nothing in the token is verified.
    fn issuer_of_jwt(&self, text: &str) -> Option<&TrustedIssuer> {
        let payload = Jws::split(text.as_bytes()).and_then(|jws| jws.payload_text()).ok()?;
        let name = unverified_issuer(&payload).ok()?;
        self.trusted(&name).ok()
    }
}

/// Whether a text has three segments of which the first is a JSON object with `alg`. An encrypted token (JWE) has five.
fn is_jwt(text: &str) -> bool {
    let Ok(header) = Jws::split(text.as_bytes()).and_then(|jws| jws.header_text()) else { return false };
    match Members::scan(&header, &["alg"]) {
        Ok(members) => members.raw(0).is_some(),
        // A JWT whose header is ambiguous, not an opaque token.
        Err(ScanError::Duplicate(_)) => true,
        Err(ScanError::NotAnObject) => false,
    }
}

/// Logs once per issuer that a handler asks for introspection that is not configured. Only a restart of the program changes this.
fn not_configured(issuer: &str) -> IntrospectionError {
    static LOGGED: Mutex<Option<HashSet<String>>> = Mutex::new(None);
    let error = IntrospectionError::NotConfigured { issuer: Excerpt::new(issuer) };
    if LOGGED.lock().get_or_insert_default().insert(issuer.to_owned()) {
        tracing::error!("handlers with `active_within` answer 500: {error}");
    }
    error
}
