//! The response of an introspection endpoint: RFC 7662 section 2.2, RFC 6749 section 5.2.

use url::Url;

use crate::error::{CallError, Excerpt, TokenError};
use crate::http::FormResponse;
use crate::jose::Members;
use crate::jose::json::{ScanError, text};

/// The statement of the authorization server about a token.
#[derive(Debug, PartialEq)]
pub(crate) enum TokenState {
    /// The response, a JSON object in which `active` is true.
    Active(Box<str>),
    Inactive(TokenError),
}

/// The values of `error` in a 400 that are about this API as a client, not about the token (RFC 6749 section 5.2).
const ABOUT_THE_CLIENT: [&str; 3] = ["invalid_client", "unauthorized_client", "unsupported_grant_type"];

const BAD_REQUEST: u16 = 400;

impl TokenState {
    /// Hides the `error` of a 400 that repeats a part of the token, because logs show it.
    pub(super) fn without_token(self, token: &str) -> Self {
        match self {
            Self::Inactive(TokenError::RejectedByEndpoint { error }) if shows_part_of(token, &error.to_string()) => {
                Self::Inactive(TokenError::RejectedByEndpoint { error: Excerpt::word("a part of the token") })
            }
            other => other,
        }
    }

    /// Reads a response with status 200 or 400 from `url`.
    pub(crate) fn parse(url: &Url, response: FormResponse) -> Result<Self, CallError> {
        let url = Excerpt::url(url.as_str());
        if response.status == BAD_REQUEST {
            let error = error_of(&response.body);
            return match error.as_deref() {
                Some(known) if ABOUT_THE_CLIENT.contains(&known) => Err(CallError::CredentialsRejected {
                    url,
                    status: BAD_REQUEST,
                    error: Excerpt::new(known),
                    retry_after: None,
                }),
                error => Ok(Self::Inactive(TokenError::RejectedByEndpoint { error: Excerpt::or_none(error) })),
            };
        }
        let not_an_answer = || CallError::NotAnAnswer { url: url.clone() };
        let body = String::from_utf8(response.body).map_err(|_| not_an_answer())?;
        match Members::scan(&body, &["active"]) {
            Ok(members) => match members.raw(0) {
                Some("true") => Ok(Self::Active(body.into())),
                Some("false") => Ok(Self::Inactive(TokenError::Inactive)),
                _ => Err(not_an_answer()),
            },
            // The answer to one token must not cause a back-off, which would lock out other callers.
            Err(ScanError::Duplicate(_)) => Ok(Self::Inactive(TokenError::AmbiguousAnswer)),
            Err(ScanError::NotAnObject) => Err(not_an_answer()),
        }
    }
}

/// Whether `shown` has at least 12 bytes of the token in a row.
fn shows_part_of(token: &str, shown: &str) -> bool {
    const PART: usize = 12;
    shown.as_bytes().windows(PART).any(|part| memchr::memmem::find(token.as_bytes(), part).is_some())
}

/// The `error` of an error response, if it can be read.
fn error_of(body: &[u8]) -> Option<String> {
    let members = Members::scan(std::str::from_utf8(body).ok()?, &["error"]).ok()?;
    text(members.raw(0)?).map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(status: u16, body: &str) -> Result<TokenState, CallError> {
        let url = Url::parse("https://example.com/introspect").expect("a URL");
        TokenState::parse(&url, FormResponse { status, body: body.into() })
    }

    #[test]
    fn answer_is_an_object_with_a_boolean_active() {
        let url = Excerpt::url("https://example.com/introspect");
        let not_an_answer = || Err(CallError::NotAnAnswer { url: url.clone() });
        let active = |body: &str| Ok(TokenState::Active(body.into()));
        for (body, expected) in [
            (r#"{"active":true}"#, active(r#"{"active":true}"#)),
            (r#" { "active" : true, "exp": "soon" } "#, active(r#" { "active" : true, "exp": "soon" } "#)),
            (r#"{"\u0061ctive":true}"#, active(r#"{"\u0061ctive":true}"#)),
            (r#"{"active":false,"sub":1}"#, Ok(TokenState::Inactive(TokenError::Inactive))),
            (r#"{"active":true,"active":true}"#, Ok(TokenState::Inactive(TokenError::AmbiguousAnswer))),
            (r#"{"active":true,"active":false}"#, Ok(TokenState::Inactive(TokenError::AmbiguousAnswer))),
            (r#"{"active":"true"}"#, not_an_answer()),
            (r#"{"active":1}"#, not_an_answer()),
            (r#"{"active":null}"#, not_an_answer()),
            (r#"{"Active":true}"#, not_an_answer()),
            ("{}", not_an_answer()),
            (r#"[{"active":true}]"#, not_an_answer()),
            (r#"{"active":true"#, not_an_answer()),
            (r#"{"active":true}}"#, not_an_answer()),
            ("true", not_an_answer()),
            ("", not_an_answer()),
        ] {
            assert_eq!(parse(200, body), expected, "{body}");
        }
        let response = FormResponse { status: 200, body: b"{\"active\":true,\"sub\":\"\xff\"}".to_vec() };
        let parsed = TokenState::parse(&Url::parse("https://example.com/introspect").expect("a URL"), response);
        assert_eq!(parsed, not_an_answer(), "not UTF-8");
    }

    #[test]
    fn status_400_is_about_the_token_or_about_the_client() {
        let rejected =
            |error| Ok(TokenState::Inactive(TokenError::RejectedByEndpoint { error: Excerpt::or_none(error) }));
        for (body, expected) in [
            (r#"{"error":"invalid_request"}"#, rejected(Some("invalid_request"))),
            (r#"{"error":"Invalid_Client"}"#, rejected(Some("Invalid_Client"))),
            (r#"{"error":5}"#, rejected(None)),
            (r#"{"active":true}"#, rejected(None)),
            ("<html>", rejected(None)),
            ("", rejected(None)),
        ] {
            assert_eq!(parse(400, body), expected, "{body}");
        }
        let token = "0123456789-secret";
        for (error, is_shown) in [
            ("invalid_request", true),
            (token, false),
            ("bad: 0123456789-", true),
            ("bad: 0123456789-s", false),
            ("secret", true),
        ] {
            let state = parse(400, &format!(r#"{{"error":"{error}"}}"#)).map(|state| state.without_token(token));
            let hidden = TokenError::RejectedByEndpoint { error: Excerpt::word("a part of the token") };
            assert_eq!(state, if is_shown { rejected(Some(error)) } else { Ok(TokenState::Inactive(hidden)) });
        }
        for error in ABOUT_THE_CLIENT {
            let (url, error) = (Excerpt::url("https://example.com/introspect"), Excerpt::new(error));
            let body = format!(r#"{{"error":{error}}}"#);
            assert_eq!(
                parse(400, &body),
                Err(CallError::CredentialsRejected { url, status: 400, error, retry_after: None }),
                "{body}"
            );
        }
    }
}
