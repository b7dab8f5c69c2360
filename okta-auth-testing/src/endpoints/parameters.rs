//! The parameters of requests: forms and queries.

use actix_web::http::StatusCode;

use super::error::{ErrorResponse, oauth_error};

/// The parameters of a form or a query. An empty parameter counts as absent (RFC 6749 section 3.2).
#[derive(Debug)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(crate) fn parse(text: &[u8]) -> Self {
        let pairs = url::form_urlencoded::parse(text).into_owned();
        Self(pairs.filter(|(_, value)| !value.is_empty()).collect())
    }

    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(parameter, _)| parameter == name).map(|(_, value)| value.as_str())
    }

    /// All parameters except those with these names.
    pub(crate) fn without<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = (&'a str, &'a str)> {
        let pairs = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        pairs.filter(|(name, _)| !names.contains(name))
    }

    /// The parameter. The error is Okta's response for a missing parameter.
    pub(crate) fn require(&self, name: &str) -> Result<&str, ErrorResponse> {
        self.find(name).ok_or_else(|| {
            let description = format!("The token request must specify a '{name}'.");
            oauth_error(StatusCode::BAD_REQUEST, "invalid_request", &description)
        })
    }

    /// The scopes in the `scope` parameter.
    pub(crate) fn scopes(&self) -> Vec<String> {
        self.find("scope").unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect()
    }
}
