//! The `WWW-Authenticate` header: RFC 9110 section 11.6.1, RFC 6750 section 3, RFC 9728 section 5.1.

use actix_web::http::header::HeaderValue;

use super::reason::Reason;
use crate::protected_resource::ProtectedResource;

/// The scheme of a challenge.
#[derive(Clone, Copy)]
pub(super) enum Scheme<'s> {
    Bearer,
    /// `algs` are the algorithms of proofs, separated by spaces.
    Dpop {
        algs: &'s str,
    },
}

/// The challenge of one scheme for a rejection. `scopes` are those that the policy requires, if it has not been checked.
///
/// The challenge for a missing token has no error (RFC 6750 section 3.1). Neither has the one for a policy that neither a
/// scope nor an authentication would meet.
pub(super) fn challenge(
    scheme: Scheme<'_>,
    reason: &Reason,
    scopes: &[String],
    realm: Option<&str>,
    resource: Option<&ProtectedResource>,
) -> HeaderValue {
    let name = match scheme {
        Scheme::Bearer => "Bearer",
        Scheme::Dpop { .. } => "DPoP",
    };
    let mut parameters = Vec::new();
    if let Some(realm) = realm {
        parameters.push(format!("realm={}", quoted(realm)));
    }
    if let Some(error) = challenge_error(scheme, reason) {
        parameters.push(format!("error={}", quoted(error)));
        parameters.push(format!("error_description={}", quoted(reason.detail())));
    }
    let mut list = |name: &str, values: &[String]| {
        if !values.is_empty() {
            parameters.push(format!("{name}={}", quoted(&values.join(" "))));
        }
    };
    match reason {
        Reason::InsufficientScope { scopes } => list("scope", scopes),
        // RFC 9470 section 3.
        Reason::InsufficientUserAuthentication { acr_values, max_age, scopes } => {
            list("scope", scopes);
            list("acr_values", acr_values);
            list("max_age", &max_age.iter().map(u64::to_string).collect::<Vec<_>>());
        }
        _ => list("scope", scopes),
    }
    // RFC 9449 section 7.1.
    if let Scheme::Dpop { algs } = scheme {
        parameters.push(format!("algs={}", quoted(algs)));
    }
    if let Some(resource) = resource {
        parameters.push(format!("resource_metadata={}", quoted(resource.metadata_url())));
    }
    let challenge = if parameters.is_empty() { name.into() } else { format!("{name} {}", parameters.join(", ")) };
    HeaderValue::from_str(&challenge).unwrap_or(HeaderValue::from_static(name))
}

/// The scheme DPoP has no `invalid_request` (RFC 9449 section 7.1).
fn challenge_error(scheme: Scheme<'_>, reason: &Reason) -> Option<&'static str> {
    match (scheme, reason) {
        (Scheme::Dpop { .. }, Reason::MalformedCredentials) => Some("invalid_token"),
        _ => reason.challenge_error(),
    }
}

/// A quoted-string (RFC 9110 section 5.6.4) of the characters that RFC 6750 section 3 allows. Other
/// characters are dropped.
fn quoted(text: &str) -> String {
    let allowed = |character: &char| matches!(character, ' '..='~') && !matches!(character, '"' | '\\');
    format!("\"{}\"", text.chars().filter(allowed).collect::<String>())
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::TokenError;

    #[test]
    fn a_missing_token_gets_a_bare_challenge() {
        assert_eq!(challenge(Scheme::Bearer, &Reason::MissingToken, &[], None, None), "Bearer");
        assert_eq!(
            challenge(Scheme::Bearer, &Reason::MissingToken, &[], Some("orders"), None),
            "Bearer realm=\"orders\""
        );
    }

    #[test]
    fn errors_are_named_as_in_rfc_6750() {
        let text = |reason: &Reason| challenge(Scheme::Bearer, reason, &[], None, None).to_str().unwrap().to_owned();
        assert!(
            text(&Reason::MalformedCredentials).starts_with("Bearer error=\"invalid_request\", error_description=")
        );
        assert!(text(&Reason::Token(TokenError::BoundToKey)).starts_with("Bearer error=\"invalid_token\""));
        let scopes = vec!["a".to_owned(), "b:c".to_owned()];
        assert!(text(&Reason::InsufficientScope { scopes }).ends_with("scope=\"a b:c\""));
        assert_eq!(text(&Reason::Forbidden), "Bearer");
    }

    #[test]
    fn another_authentication_is_requested_as_in_rfc_9470() {
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        for (acr_values, max_age, scopes, expected) in [
            (list(&["phr"]), Some(300), list(&["a", "b"]), r#", scope="a b", acr_values="phr", max_age="300""#),
            (list(&["phr"]), None, list(&[]), r#", acr_values="phr""#),
            (list(&[]), Some(0), list(&[]), r#", max_age="0""#),
        ] {
            let reason = Reason::InsufficientUserAuthentication { acr_values, max_age, scopes };
            let header = challenge(Scheme::Bearer, &reason, &[], None, None);
            let (error, rest) =
                header.to_str().unwrap().split_at(r#"Bearer error="insufficient_user_authentication""#.len());
            assert_eq!(error, r#"Bearer error="insufficient_user_authentication""#);
            let description =
                r#", error_description="This needs another or a more recent authentication of the user.""#;
            assert_eq!(rest, format!("{description}{expected}"));
        }
    }

    #[test]
    fn metadata_is_the_last_parameter_and_scopes_precede_it() {
        let url = Url::parse("https://api.example.com/orders").unwrap();
        let resource = ProtectedResource::new(url.as_str(), &url, [], Default::default());
        let metadata = "resource_metadata=\"https://api.example.com/.well-known/oauth-protected-resource/orders\"";
        let scopes = ["a".to_owned(), "b\"\\\r\n".to_owned()];
        for (reason, scopes, realm, expected) in [
            (Reason::MissingToken, &[][..], None, format!("Bearer {metadata}")),
            (Reason::MissingToken, &scopes, None, format!("Bearer scope=\"a b\", {metadata}")),
            (Reason::MissingToken, &scopes, Some("o"), format!("Bearer realm=\"o\", scope=\"a b\", {metadata}")),
            (Reason::Forbidden, &[], None, format!("Bearer {metadata}")),
        ] {
            assert_eq!(challenge(Scheme::Bearer, &reason, scopes, realm, Some(&resource)), expected, "{reason:?}");
        }
        let reason = Reason::InsufficientScope { scopes: vec!["c".into()] };
        let text = challenge(Scheme::Bearer, &reason, &[], None, Some(&resource)).to_str().unwrap().to_owned();
        assert!(text.ends_with(&format!("scope=\"c\", {metadata}")), "{text}");
    }

    #[test]
    fn configured_text_cannot_break_out_of_the_header() {
        let header = challenge(Scheme::Bearer, &Reason::MissingToken, &[], Some("a\"\\\r\nSet-Cookie: x=é"), None);
        assert_eq!(header, "Bearer realm=\"aSet-Cookie: x=\"");
    }
}
