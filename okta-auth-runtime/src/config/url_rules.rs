//! The rules for the URLs of an issuer and its key set.

use url::Url;

use crate::error::{ConfigProblem, Excerpt, Setting};
use crate::http::is_loopback;
use crate::validator::okta_organization;

pub(crate) const ISSUER_EXAMPLE: &str = "https://dev-123456.okta.com/oauth2/default";
const ORG_ISSUER_EXAMPLE: &str = "https://dev-123456.okta.com";
pub(crate) const JWKS_URI_EXAMPLE: &str = "https://dev-123456.okta.com/oauth2/default/v1/keys";

const INTROSPECTION_URI_EXAMPLE: &str = "https://dev-123456.okta.com/oauth2/default/v1/introspect";

/// Whether a value still contains a placeholder from the documentation.
pub(crate) fn has_placeholder(value: &str) -> bool {
    value.contains(['{', '}', '<', '>']) || value.contains("yourOktaDomain")
}

/// An issuer is an https URL without a query. On an Okta domain, it must be a custom authorization server, unless every token is
/// introspected.
pub(crate) fn check_issuer(
    setting: &Setting,
    value: &str,
    allow_http: bool,
    is_introspected: bool,
) -> Result<(), ConfigProblem> {
    let (setting, found, example) = (setting.clone(), Excerpt::url_text(value), ISSUER_EXAMPLE);
    let url = check_url(&setting, value, ISSUER_EXAMPLE, allow_http)?;
    if url.query().is_some() {
        return Err(ConfigProblem::NotAUrl { setting, found, example });
    }
    let host = url.host_str().unwrap_or_default();
    let Some(organization) = okta_organization(host) else { return Ok(()) };
    if organization.ends_with("-admin") {
        return Err(ConfigProblem::AdminHost { setting, found, example });
    }
    let is_custom = url.path().starts_with("/oauth2/") && url.path().trim_end_matches('/') != "/oauth2";
    if !is_custom && !is_introspected {
        return Err(ConfigProblem::OrgAuthorizationServer { setting, found, example });
    }
    if !is_custom && url.path() != "/" {
        let expected = "the domain for the org authorization server, or a custom one below /oauth2/";
        return Err(ConfigProblem::Unexpected { setting, found, expected });
    }
    if value.ends_with('/') {
        let example = if is_custom { example } else { ORG_ISSUER_EXAMPLE };
        return Err(ConfigProblem::TrailingSlash { setting, found, example });
    }
    Ok(())
}

/// Whether an issuer is the org authorization server of an Okta domain.
pub(crate) fn is_org_authorization_server(issuer: &str) -> bool {
    Url::parse(issuer)
        .is_ok_and(|url| url.path() == "/" && okta_organization(url.host_str().unwrap_or_default()).is_some())
}

pub(crate) fn check_jwks_uri(setting: &Setting, value: &str, allow_http: bool) -> Result<(), ConfigProblem> {
    check_url(setting, value, JWKS_URI_EXAMPLE, allow_http).map(drop)
}

pub(crate) fn check_introspection_uri(setting: &Setting, value: &str, allow_http: bool) -> Result<(), ConfigProblem> {
    check_url(setting, value, INTROSPECTION_URI_EXAMPLE, allow_http).map(drop)
}

fn check_url(setting: &Setting, value: &str, example: &'static str, allow_http: bool) -> Result<Url, ConfigProblem> {
    let (setting, found) = (setting.clone(), Excerpt::url_text(value));
    if value.trim().is_empty() {
        return Err(ConfigProblem::Empty { setting, example });
    }
    if has_placeholder(value) {
        return Err(ConfigProblem::Placeholder { setting, found, example });
    }
    let Some(url) = Url::parse(value).ok().filter(|url| is_plain(url) && !value.contains(char::is_whitespace)) else {
        return Err(ConfigProblem::NotAUrl { setting, found, example });
    };
    if url.scheme() == "http" && !allow_http && !is_loopback(&url) {
        return Err(ConfigProblem::PlainHttp { setting, found });
    }
    Ok(url)
}

/// Whether the URL is http or https, with a host and without user information or a fragment.
fn is_plain(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.host().is_some()
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(issuer: &str) -> String {
        match check_issuer(&Setting::variable("OKTA_ISSUER"), issuer, false, false) {
            Ok(()) => "fine".into(),
            Err(problem) => format!("{problem:?}").split([' ', '{']).next().unwrap_or_default().into(),
        }
    }

    #[test]
    fn common_mistakes_in_an_issuer_are_reported() {
        for (issuer, expected) in [
            ("https://dev-1.okta.com/oauth2/default", "fine"),
            ("https://dev-1.okta.com/oauth2/aus1a2b3c", "fine"),
            ("https://login.example.com", "fine"),
            ("https://login.example.com/", "fine"),
            ("https://example.eu.auth0.com/", "fine"),
            ("https://login.example.com/oauth2/default/", "fine"),
            ("https://notokta.com", "fine"),
            ("http://localhost:8000/oauth2/default", "fine"),
            ("http://127.0.0.2/x", "fine"),
            ("http://[::1]:1/x", "fine"),
            ("", "Empty"),
            ("  ", "Empty"),
            ("dev-1.okta.com/oauth2/default", "NotAUrl"),
            ("ftp://dev-1.okta.com/oauth2/default", "NotAUrl"),
            ("https://", "NotAUrl"),
            ("https://user:secret@login.example.com", "NotAUrl"),
            ("https://login.example.com/#x", "NotAUrl"),
            ("https://login.example.com/?x=1", "NotAUrl"),
            ("https://login.example.com/ x", "NotAUrl"),
            ("https://{yourOktaDomain}/oauth2/default", "Placeholder"),
            ("https://${yourOktaDomain}/oauth2/default", "Placeholder"),
            ("https://yourOktaDomain/oauth2/default", "Placeholder"),
            ("http://login.example.com", "PlainHttp"),
            ("http://localhost.example.com", "PlainHttp"),
            ("https://dev-1-admin.okta.com/oauth2/default", "AdminHost"),
            ("https://dev-1.okta.com/oauth2/default/", "TrailingSlash"),
            ("https://dev-1.okta.com", "OrgAuthorizationServer"),
            ("https://dev-1.okta.com/", "OrgAuthorizationServer"),
            ("https://dev-1.okta.com/oauth2", "OrgAuthorizationServer"),
            ("https://dev-1.oktapreview.com/oauth2/", "OrgAuthorizationServer"),
        ] {
            assert_eq!(verdict(issuer), expected, "{issuer}");
        }
    }

    #[test]
    fn plain_http_can_be_allowed() {
        let setting = Setting::method("issuer");
        assert!(check_issuer(&setting, "http://okta.internal:8000/oauth2/default", true, false).is_ok());
    }

    #[test]
    fn secrets_in_a_url_are_not_shown() {
        let setting = Setting::method("issuer");
        for value in [
            "https://user:hunter2@login.example.com",
            "https://user:hunter2@login.example.com:notaport/",
            "https://user:hunter2@log in/",
            "https://hunter2@login.example.com/",
            "https://login.example.com/?apikey=hunter2",
            "https://login.example.com/#hunter2",
            "http://hunter2@login.example.com/",
        ] {
            let problem = check_issuer(&setting, value, false, false).unwrap_err().to_string();
            assert!(!problem.contains("hunter2") && problem.contains("log"), "{problem}");
        }
    }
}
