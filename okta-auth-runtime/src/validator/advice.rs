//! Advice for people whose token is rejected.

use std::time::Duration;

use url::Url;

use super::okta_domains::is_okta_domain;
use super::{TrustedIssuer, Validator};
use crate::access_token::unverified_issuer;
use crate::clock::since_epoch;
use crate::context::AuthContext;
use crate::error::{Excerpt, IntrospectionError, KeyError, Segment, TokenError, ValidateError};
use crate::policy::Policy;
use crate::rejection::Reason;

/// Advice for a token that is not three segments of base64url.
pub(super) fn advise_on_shape(token: &str) -> &'static str {
    if token.is_empty() {
        "There is no token: give it on standard input."
    } else if token.get(..7).is_some_and(|prefix| prefix.eq_ignore_ascii_case("Bearer ")) {
        "Leave \"Bearer\" out: only the token itself is expected here."
    } else if token.get(..5).is_some_and(|prefix| prefix.eq_ignore_ascii_case("DPoP ")) {
        "Leave \"DPoP\" out: only the token itself is expected here."
    } else if token.starts_with("eyJ") && token.split('.').count() == 5 {
        "This is an encrypted token (JWE): Okta's access tokens are signed, not encrypted."
    } else if token.starts_with("eyJ") {
        "This begins like a JWT. Was it cut, or broken into lines?"
    } else {
        "This is an opaque string, no JWT: a refresh token, an API token (SSWS), or an access token of a server that \
         does not issue JWTs. Send an access token of a custom authorization server, or let the issuer be asked about opaque \
         tokens: OKTA_INTROSPECTION=opaque."
    }
}

/// Advice for each check that failed, by its name.
pub(super) fn advise(
    validator: &Validator,
    payload: &str,
    sent_as_dpop: bool,
    failures: &[(&'static str, ValidateError)],
) -> Vec<String> {
    let mut advice = Vec::new();
    let id_token = !failures.is_empty() && looks_like_id_token(payload);
    if id_token {
        advice.push(
            "This looks like an ID token, which tells the client who signed in. APIs want the access token: send \
             `access_token` of the token response, not `id_token`."
                .into(),
        );
    }
    advice.extend(failures.iter().filter_map(|(name, error)| match error {
        ValidateError::Keys(error) => Some(advice_on_keys(error)),
        ValidateError::Introspection(error) => Some(advice_on_introspection(error)),
        ValidateError::Token(error) if sent_as_dpop && is_about_binding(error) => {
            Some(advice_on_binding(error, validator))
        }
        ValidateError::Token(error) => advice_on(name, error, id_token, payload, validator),
    }));
    // A payload that is not JSON fails more than one check.
    advice.dedup();
    advice
}

/// Advice for a valid token whose caller may not meet a policy. `now` is the time since the Unix epoch.
pub(super) fn advise_on_policy(
    user: &AuthContext,
    policy: &Policy,
    unmet: Option<&Reason>,
    now: Duration,
) -> Vec<String> {
    let mut advice = Vec::new();
    match unmet {
        Some(Reason::InsufficientScope { scopes }) => advice.push(format!(
            "The token lacks a scope: let the client request all of {}, and check that the policy of the authorization \
             server grants them.",
            Excerpt::list(scopes)
        )),
        Some(Reason::InsufficientUserAuthentication { acr_values, max_age, scopes }) => {
            advice.push(advice_on_authentication(user, acr_values, *max_age, scopes, now));
        }
        Some(Reason::Token(TokenError::NotBound)) => advice.push(
            "The policy accepts only bound tokens: let the client send a DPoP proof to the token endpoint, or use a client \
             certificate there."
                .into(),
        ),
        Some(Reason::Forbidden) => advice.push(
            "Neither a scope nor another authentication would help: the policy needs a group, claim, client, user or actor \
             that the token does not have, excludes one that it has, or asks for an acr that no client can obtain."
                .into(),
        ),
        _ => {}
    }
    if policy.has_check() {
        advice
            .push("The `check(..)` of the policy needs a request: it did not run here, and is assumed to hold.".into());
    }
    advice
}

/// Advice for a user who has to authenticate again. It shows times, but not the `acr` of the token.
fn advice_on_authentication(
    user: &AuthContext,
    acr_values: &[String],
    max_age: Option<u64>,
    scopes: &[String],
    now: Duration,
) -> String {
    let mut advice = "Let the client send its user to the authorization server again, with".to_owned();
    advice.extend(acr_values.iter().map(|class| format!(" acr_values={}", Excerpt::new(class))));
    advice.extend(max_age.map(|seconds| format!(" max_age={seconds}")));
    if !scopes.is_empty() {
        advice.push_str(&format!(" scope={}", Excerpt::new(&scopes.join(" "))));
    }
    advice.push('.');
    if user.is_service() {
        advice.push_str(" But this is the token of a service, which no user can authenticate.");
        return advice;
    }
    if acr_values.iter().any(|class| !user.has_acr(class)) {
        match user.acr() {
            None => advice.push_str(
                " The token has no acr that can be read: Okta adds it only if the client asks with acr_values.",
            ),
            Some(class) if !user.knows_acr(class) => advice.push_str(
                " The acr of the token is not known here, so it satisfies only itself: `.acr_implies(..)` orders the \
                 classes of other servers.",
            ),
            Some(_) => {}
        }
    }
    if max_age.is_some() {
        match user.auth_time().map(since_epoch) {
            None => advice
                .push_str(" The token has no auth_time that can be read, so the age of the authentication is unknown."),
            Some(time) if time > now => advice.push_str(&format!(
                " The auth_time of the token is {} s in the future: is the clock of this machine right?",
                (time - now).as_secs()
            )),
            Some(time) => advice.push_str(&format!(
                " The user was authenticated {} s ago; a refreshed token keeps that time.",
                (now - time).as_secs()
            )),
        }
    }
    advice
}

fn advice_on(name: &str, error: &TokenError, id_token: bool, payload: &str, validator: &Validator) -> Option<String> {
    Some(match error {
        TokenError::IssuerNotAllowed { found, .. } => {
            let issuer = unverified_issuer(payload).unwrap_or_default();
            if is_org_authorization_server(&issuer) {
                format!(
                    "{found} is the org authorization server, whose access tokens only Okta can validate. Let the \
                     client ask a custom one, such as {}, and set OKTA_ISSUER to it. Or let Okta validate them: \
                     OKTA_INTROSPECTION=always.",
                    Excerpt::new(&format!("{}/oauth2/default", issuer.trim_end_matches('/')))
                )
            } else if has_issuer_on_host_of(validator, &issuer) {
                "The token is of another authorization server of the same organization: compare the issuer that the \
                 client asks with OKTA_ISSUER."
                    .into()
            } else {
                "The token is of another authorization server: compare its issuer with OKTA_ISSUER, to the letter."
                    .into()
            }
        }
        TokenError::AudienceNotAllowed { .. } if !id_token => {
            "The token is for another audience: it is set in the authorization server (Security > API) and has to be in \
             OKTA_AUDIENCE."
                .into()
        }
        TokenError::ClientNotAllowed { .. } if !id_token => {
            "Add the client to OKTA_CLIENT_ID (several are separated by commas), or allow any with `.any_client()`.".into()
        }
        TokenError::Expired { ago, leeway } if ago.as_secs() < 300 => format!(
            "The token expired only {} s ago, leeway {} s: is the clock of this machine right?",
            ago.as_secs_f64(),
            leeway.as_secs_f64()
        ),
        TokenError::Expired { .. } => "The token is old: let the client refresh it.".into(),
        TokenError::NotYetValid { .. } => "The token is from the future: is the clock of this machine right?".into(),
        TokenError::UnknownKey { .. } => {
            "The issuer has no such key (any more): the token is of another server, or older than the last key rotation."
                .into()
        }
        TokenError::BadSignature { .. } => "The token was changed after it was signed, or signed by someone else.".into(),
        TokenError::AlgorithmNotAllowed { .. } if name == "alg" => {
            "Okta signs access tokens with RS256. Allow another algorithm only if the issuer signs with it.".into()
        }
        TokenError::TypeNotAllowed { .. } => "The token is of another kind than an access token.".into(),
        TokenError::BoundToKey if validator.accepts_certificates() => {
            "The token is bound: a request also needs the certificate of the client (x5t#S256), or the scheme DPoP with a proof \
             (jkt). Here is neither."
                .into()
        }
        TokenError::BoundToKey if validator.accepts_dpop() => {
            "The token is bound to a key: the client must send it in the scheme DPoP, with a proof of that key in the header \
             DPoP."
                .into()
        }
        TokenError::NotBound => {
            "This API accepts only bound tokens (DPoP): let the client send a DPoP proof to the token endpoint.".into()
        }
        TokenError::BoundToKey => "The token was issued for DPoP or mTLS: let the client ask for a Bearer token.".into(),
        TokenError::Inactive => {
            "The authorization server says that the token is not active: it has expired, was revoked, or is of another \
             authorization server."
                .into()
        }
        TokenError::RejectedByEndpoint { .. } => {
            "The authorization server can't read the token: it is of another server, or damaged.".into()
        }
        TokenError::AmbiguousAnswer => "The answer of the authorization server is not clear, so it is not trusted.".into(),
        TokenError::NotJsonObject { segment: Segment::Header | Segment::Payload, .. } => {
            "The token is damaged, or no JWT.".into()
        }
        _ => return None,
    })
}

fn is_about_binding(error: &TokenError) -> bool {
    matches!(error, TokenError::NotBound | TokenError::BoundToKey | TokenError::BoundToOtherKey)
}

/// Advice for a token that came in the scheme DPoP.
fn advice_on_binding(error: &TokenError, validator: &Validator) -> String {
    match error {
        TokenError::BoundToKey if validator.accepts_certificates() => {
            "The token is also bound to a certificate (x5t#S256): a request also needs the certificate of the client, and here is \
             none."
                .into()
        }
        TokenError::BoundToKey => "The token is also bound to a certificate (x5t#S256), which is not confirmed here: let the \
                                   client request a token without mutual TLS."
            .into(),
        _ if validator.requires_dpop() => {
            "The token is not bound to a key (cnf.jkt): let the client send a DPoP proof to the token endpoint. In Okta, the \
             app has to require DPoP."
                .into()
        }
        _ => "The token is not bound to a key (cnf.jkt): let the client send a DPoP proof to the token endpoint, or send this \
              token as Bearer, without a proof."
            .into(),
    }
}

fn advice_on_introspection(error: &IntrospectionError) -> String {
    format!(
        "Nothing can be said about the token: {error}. Check OKTA_INTROSPECTION_URI, OKTA_INTROSPECTION_CLIENT_ID, \
         OKTA_INTROSPECTION_CLIENT_SECRET and the network."
    )
}

fn advice_on_keys(error: &KeyError) -> String {
    format!("Nothing can be said about the signature: {error}. Check OKTA_ISSUER, OKTA_JWKS_URI and the network.")
}

/// ID tokens are for the client, and have none of the claims of an access token.
/// <https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/#id-token>
fn looks_like_id_token(payload: &str) -> bool {
    let claims: serde_json::Value = serde_json::from_str(payload).unwrap_or_default();
    let has = |name: &str| claims.get(name).is_some();
    !has("scp") && !has("scope") && !has("cid") && (has("nonce") || has("at_hash") || has("amr") || has("idp"))
}

/// On Okta's domains, the org authorization server is the issuer without a path.
fn is_org_authorization_server(issuer: &str) -> bool {
    Url::parse(issuer).is_ok_and(|url| url.path() == "/" && url.host_str().is_some_and(is_okta_domain))
}

/// Whether a trusted issuer is on the same host as `issuer`.
fn has_issuer_on_host_of(validator: &Validator, issuer: &str) -> bool {
    let host = |url: &str| Url::parse(url).ok()?.host_str().map(str::to_owned);
    let is_same = |trusted: &TrustedIssuer, found: &String| host(&trusted.rules.issuer).as_ref() == Some(found);
    host(issuer).is_some_and(|found| validator.0.issuers.iter().any(|trusted| is_same(trusted, &found)))
}
