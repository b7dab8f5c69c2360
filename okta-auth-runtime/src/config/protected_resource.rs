//! The rules for the API's identifier and for its description.

use url::Url;

use super::url_rules::has_placeholder;
use crate::error::{ConfigProblem, Excerpt, Setting};
use crate::http::is_loopback;
use crate::protected_resource::{Description, ProtectedResource};
use crate::sender::TargetUri;
use crate::validator::TrustedIssuer;

const RESOURCE_EXAMPLE: &str = "https://api.example.com/orders";
const DOCUMENT_EXAMPLE: &str = "https://example.com/docs";
const NAME_EXAMPLE: &str = "Orders API";
const SCOPE_EXAMPLE: &str = "orders:read";

/// The settings of the API's metadata, unchecked.
#[derive(Default)]
pub(super) struct ProtectedResourceSettings {
    pub(super) identifier: Option<String>,
    pub(super) description: Description,
}

impl ProtectedResourceSettings {
    /// The resource, or `None` if none is set. Adds all problems to `problems`, with each setting named by `name`.
    pub(super) fn check(
        self,
        issuers: &[TrustedIssuer],
        allow_http: bool,
        name: impl Fn(&str) -> Setting,
        problems: &mut Vec<ConfigProblem>,
    ) -> Option<ProtectedResource> {
        let Self { identifier, description } = self;
        problems.extend(description.problems(allow_http, &name));
        let identifier = identifier?;
        let url = check_identifier(&name("resource"), &identifier, allow_http);
        let url = url.map_err(|problem| problems.push(problem)).ok()?;
        let issuers = issuers.iter().map(|issuer| &*issuer.rules.issuer);
        Some(ProtectedResource::new(&identifier, &url, issuers, description))
    }
}

impl Description {
    fn problems(&self, allow_http: bool, name: &impl Fn(&str) -> Setting) -> Vec<ConfigProblem> {
        let scopes = self.scopes_supported.iter().map(|scope| check_scope(name("scopes_supported"), scope));
        let resource_name = self.resource_name.iter().map(|text| check_name(name("resource_name"), text));
        let urls = [
            ("resource_documentation", &self.resource_documentation),
            ("resource_policy_uri", &self.resource_policy_uri),
            ("resource_tos_uri", &self.resource_tos_uri),
        ];
        let urls = urls.into_iter().flat_map(|(method, url)| url.iter().map(move |url| (method, url)));
        let urls = urls.map(|(method, url)| check_url(&name(method), url, DOCUMENT_EXAMPLE, allow_http).map(drop));
        scopes.chain(resource_name).chain(urls).filter_map(Result::err).collect()
    }
}

/// An identifier is an https URL in its normal form (RFC 9728 section 1.2). Clients form the URL of the metadata from it
/// and compare it byte for byte.
fn check_identifier(setting: &Setting, value: &str, allow_http: bool) -> Result<Url, ConfigProblem> {
    let url = check_url(setting, value, RESOURCE_EXAMPLE, allow_http)?;
    let (setting, found) = (setting.clone(), shown(value));
    let unexpected =
        |expected| Err(ConfigProblem::Unexpected { setting: setting.clone(), found: found.clone(), expected });
    if url.query().is_some() {
        return unexpected("a URL without a query: leave out \"?\" and everything after it");
    }
    if url.fragment().is_some() {
        return unexpected("a URL without a fragment: leave out \"#\" and everything after it");
    }
    // Only an empty path is written with a slash that the text does not have.
    let is_normal = url.as_str() == value || url.as_str().strip_suffix('/') == Some(value);
    if !is_normal {
        return Err(ConfigProblem::NotNormalized { setting, found, normal: shown(url.as_str()) });
    }
    // The path is part of the pattern of a route.
    if !url.path().chars().all(is_literal) {
        return unexpected("a path of letters, digits and \"/-._~!$&'()+,;=:@\", without \"%\", \"*\" and braces");
    }
    Ok(url)
}

/// The characters of a path (RFC 3986 section 3.3) that have one spelling and no meaning for a router.
fn is_literal(character: char) -> bool {
    character.is_ascii_alphanumeric() || "/-._~!$&'()+,;=:@".contains(character)
}

fn check_url(setting: &Setting, value: &str, example: &'static str, allow_http: bool) -> Result<Url, ConfigProblem> {
    let (setting, found) = (setting.clone(), shown(value));
    if value.trim().is_empty() {
        return Err(ConfigProblem::Empty { setting, example });
    }
    if has_placeholder(value) {
        return Err(ConfigProblem::Placeholder { setting, found, example });
    }
    if value.contains(char::is_whitespace) {
        return Err(ConfigProblem::Unexpected { setting, found, expected: "a URL without white space" });
    }
    let url = Url::parse(value).ok().filter(|url| is_web(url) && url.host().is_some());
    let Some(url) = url else { return Err(ConfigProblem::NotAUrl { setting, found, example }) };
    if !url.username().is_empty() || url.password().is_some() {
        let expected = "a URL without user information: leave out everything before \"@\", and the \"@\"";
        return Err(ConfigProblem::Unexpected { setting, found, expected });
    }
    if url.scheme() == "http" && !allow_http && !is_loopback(&url) {
        return Err(ConfigProblem::PlainHttp { setting, found });
    }
    Ok(url)
}

/// The normalized origin of a URL that has no path, query or fragment.
pub(super) fn check_origin(
    setting: &Setting,
    value: &str,
    example: &'static str,
    allow_http: bool,
) -> Result<Box<str>, ConfigProblem> {
    let url = check_url(setting, value, example, allow_http)?;
    let target = TargetUri::parse(value).filter(|target| &*target.path == "/");
    match (target, url.query(), url.fragment()) {
        (Some(target), None, None) => Ok(target.origin),
        _ => {
            let expected = "a URL of scheme, host and port only";
            Err(ConfigProblem::Unexpected { setting: setting.clone(), found: shown(value), expected })
        }
    }
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

/// A text that is meant to be a URL, without the parts that may be secret. A text that is not a URL does not show where a
/// password begins and ends.
fn shown(value: &str) -> Excerpt {
    match Url::parse(value) {
        Ok(url) if is_web(&url) && has_secrets(&url) => Excerpt::url_text(url.as_str()),
        Ok(url) if is_web(&url) => Excerpt::new(value),
        _ if value.contains('@') => Excerpt::word("a text with \"@\", which is not shown"),
        _ => Excerpt::url_text(value),
    }
}

fn has_secrets(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some()
}

fn check_scope(setting: Setting, scope: &str) -> Result<(), ConfigProblem> {
    // RFC 6749 section 3.3, `scope-token`.
    let is_scope_character = |character| matches!(character, '!'..='~') && !matches!(character, '"' | '\\');
    let expected = if scope.is_empty() {
        return Err(ConfigProblem::Empty { setting, example: SCOPE_EXAMPLE });
    } else if scope == "offline_access" {
        "scopes of this API: a refresh token is a matter between the client and the authorization server, so leave it out"
    } else if !scope.chars().all(is_scope_character) {
        "one scope, of printable ASCII characters without spaces, quotes and backslashes (RFC 6749 section 3.3)"
    } else {
        return Ok(());
    };
    Err(ConfigProblem::Unexpected { setting, found: Excerpt::new(scope), expected })
}

fn check_name(setting: Setting, text: &str) -> Result<(), ConfigProblem> {
    if text.trim().is_empty() {
        return Err(ConfigProblem::Empty { setting, example: NAME_EXAMPLE });
    }
    if text.contains(char::is_control) {
        let expected = "a text without control characters";
        return Err(ConfigProblem::Unexpected { setting, found: Excerpt::new(text), expected });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;
    use crate::config::ValidatorBuilder;
    use crate::test_log::Log;
    use crate::{ConfigError, Issuer, StatusMapping, Validator};

    const ISSUER: &str = "https://dev-1.okta.com/oauth2/default";

    fn builder() -> ValidatorBuilder {
        Validator::builder().issuer(ISSUER).audience("https://api.example.com/orders").any_client()
    }

    /// The only problem.
    fn problem(builder: ValidatorBuilder) -> String {
        let error: ConfigError = builder.build().expect_err("a problem");
        assert_eq!(error.problems().len(), 1, "{error}");
        error.problems()[0].to_string()
    }

    #[test]
    fn identifier_is_a_url_in_its_normal_form() {
        for identifier in [
            "https://api.example.com",
            "https://api.example.com/",
            "https://api.example.com:8443/a/b/",
            "https://xn--bcher-kva.example.com/a-b_c.d~e!$&'()+,;=:@",
            "http://localhost:8080/orders",
            "http://127.0.0.1:8080",
            "http://[::1]:8080",
        ] {
            let validator = builder().resource(identifier).build().expect(identifier);
            let settings = validator.response_settings();
            assert_eq!(settings.protected_resource.as_ref().map(ProtectedResource::identifier), Some(identifier));
        }
        for (identifier, expected) in [
            ("", "is empty, expected for example https://api.example.com/orders"),
            (" ", "is empty"),
            ("https://{yourDomain}/orders", "still has the placeholder in \"https://{yourDomain}/orders\""),
            ("https://api.example.com/{id}", "still has the placeholder"),
            ("http://api.example.com", "is plain http: \"http://api.example.com\", expected https"),
            ("ftp://api.example.com", "is not an https URL"),
            ("api.example.com", "is not an https URL"),
            ("/orders", "is not an https URL"),
            ("https://", "is not an https URL"),
            ("https://api.example.com/orders?a=1", "expected a URL without a query"),
            ("https://api.example.com/orders?", "expected a URL without a query"),
            ("https://api.example.com/orders#a", "expected a URL without a fragment"),
            ("https://api.example.com/orders#", "expected a URL without a fragment"),
            ("https://user@api.example.com/", "expected a URL without user information"),
            ("https://:word@api.example.com/", "expected a URL without user information"),
            ("https://api.example.com/ orders", "expected a URL without white space"),
            ("https://api.example.com/orders\n", "expected a URL without white space"),
            ("HTTPS://api.example.com", "expected its normal form \"https://api.example.com/\""),
            ("https://API.example.com", "expected its normal form \"https://api.example.com/\""),
            ("https://api.example.com:443/a", "expected its normal form \"https://api.example.com/a\""),
            ("https://api.example.com/a/../b", "expected its normal form \"https://api.example.com/b\""),
            ("https://api.example.com/a/%2e/b", "expected its normal form \"https://api.example.com/a/b\""),
            ("https://api.example.com\\a", "expected its normal form \"https://api.example.com/a\""),
            ("https:api.example.com", "expected its normal form \"https://api.example.com/\""),
            ("https:///api.example.com", "expected its normal form \"https://api.example.com/\""),
            ("https://@api.example.com/", "expected its normal form \"https://api.example.com/\""),
            ("https://bücher.example.com/", "expected its normal form \"https://xn--bcher-kva.example.com/\""),
            ("https://api.example.com/é", "expected its normal form \"https://api.example.com/%C3%A9\""),
            ("https://api.example.com/\"", "expected its normal form"),
            ("https://api.example.com/a%20b", "expected a path of letters, digits and"),
            ("https://api.example.com/a%2Fb", "expected a path of"),
            ("https://api.example.com/a*", "expected a path of"),
            ("https://api.example.com/a|b", "expected a path of"),
            ("https://api.example.com/[a]", "expected a path of"),
        ] {
            let problem = problem(builder().resource(identifier));
            assert!(problem.starts_with("`.resource(..)` ") && problem.contains(expected), "{identifier}: {problem}");
        }
    }

    #[test]
    fn plain_http_can_be_allowed_for_a_resource() {
        let builder = || builder().resource("http://api.internal/orders").resource_tos_uri("http://docs.internal");
        assert!(builder().build().is_err());
        assert!(builder().dangerous().allow_http().build().is_ok());
    }

    #[test]
    fn user_information_is_never_shown() {
        for identifier in [
            "https://user:hunter2@api.example.com/orders",
            "https://hunter2@api.example.com/orders",
            "https:user:hunter2@api.example.com",
            "https:///user:hunter2@api.example.com",
            "https:\\\\user:hunter2@api.example.com",
            "https://user:hun/hunter2@api.example.com",
            "https://user:hun?hunter2@api.example.com",
            "https://user:hun#hunter2@api.example.com",
            "https://user:hunter2@api.example.com:port",
            "https://user:hunter2@api.example.com/{id}",
            "https://user:hunter2@api example.com",
            "http://user:hunter2@api.example.com",
            "ftp:/user:hunter2@api.example.com",
            "user:hunter2@api.example.com",
            "https://api.example.com/?key=hunter2",
            "https://api.example.com/#hunter2",
        ] {
            let with_user = identifier.contains('@').then(|| problem(builder().resource_tos_uri(identifier)));
            for problem in [problem(builder().resource(identifier))].into_iter().chain(with_user) {
                assert!(!problem.contains("hunter2"), "{problem}");
            }
        }
    }

    #[test]
    fn at_sign_of_a_path_is_shown() {
        let problem = problem(builder().resource("https://api.example.com/@a%20b"));
        assert!(problem.contains("is \"https://api.example.com/@a%20b\""), "{problem}");
    }

    #[test]
    fn later_resource_replaces_an_earlier_one() {
        let validator = builder().resource("broken").resource("https://api.example.com/orders").build();
        assert!(validator.is_ok(), "{validator:?}");
    }

    #[test]
    fn each_scope_is_one_scope_of_the_api() {
        let every: String = ('!'..='~').filter(|character| !matches!(character, '"' | '\\')).collect();
        let scopes = ["orders:read", "https://api.example.com/orders.read", &every];
        assert!(builder().resource("https://api.example.com").scopes_supported(scopes).build().is_ok());
        for (scope, expected) in [
            (
                "offline_access",
                "is \"offline_access\", expected scopes of this API: a refresh token is a matter between",
            ),
            ("", "is empty, expected for example orders:read"),
            ("orders:read orders:write", "expected one scope"),
            ("a\"b", "expected one scope"),
            ("a\\b", "expected one scope"),
            ("a\u{7f}", "expected one scope"),
            ("é", "expected one scope"),
        ] {
            for builder in [builder(), builder().resource("https://api.example.com")] {
                let problem = problem(builder.scopes_supported(["orders:read"]).scopes_supported([scope]));
                assert!(problem.starts_with("`.scopes_supported(..)` ") && problem.contains(expected), "{problem}");
            }
        }
    }

    #[test]
    fn description_is_checked() {
        let fine = builder().resource_name("Orders API, v2: é").resource_documentation("https://example.com/a?b=%20#c");
        assert!(fine.resource_policy_uri("http://localhost/").build().is_ok());
        for (builder, expected) in [
            (builder().resource_name(" "), "`.resource_name(..)` is empty, expected for example Orders API"),
            (builder().resource_name("a\nb"), "`.resource_name(..)` is \"a\\nb\", expected a text without control"),
            (builder().resource_documentation(""), "`.resource_documentation(..)` is empty"),
            (builder().resource_documentation("http://example.com"), "`.resource_documentation(..)` is plain http"),
            (builder().resource_policy_uri("javascript:alert(1)"), "`.resource_policy_uri(..)` is not an https URL"),
            (builder().resource_policy_uri("https://<host>/"), "`.resource_policy_uri(..)` still has the placeholder"),
            (builder().resource_tos_uri("https://a b"), "`.resource_tos_uri(..)` is \"https://a b\""),
            (builder().resource_tos_uri("https://user@example.com"), "expected a URL without user information"),
        ] {
            let problem = problem(builder);
            assert!(problem.contains(expected), "{problem}");
        }
    }

    #[test]
    fn mismatch_of_audience_or_mapping_is_logged() {
        let log = Log::default();
        let _guard = tracing::subscriber::set_default(log.clone());
        let issuer = |audience: &str| Issuer::new("https://two.example.com").audience(audience).any_client();
        let builder = || builder().status_mapping(StatusMapping::Rfc6750);
        const SLASH: (Level, &str) = (Level::WARN, "differ only by the slash");
        const AUDIENCE: (Level, &str) = (Level::INFO, "the resource is not an audience of this issuer");
        const MAPPING: (Level, &str) = (Level::INFO, "OKTA_STATUS_MAPPING=rfc6750");
        let cases: [(ValidatorBuilder, &[(Level, &str)]); 9] = [
            (builder(), &[]),
            (builder().status_mapping(StatusMapping::Flask).scopes_supported(["a"]), &[]),
            (builder().resource("https://api.example.com/orders"), &[]),
            (builder().resource("https://api.example.com/orders/"), &[SLASH]),
            (builder().resource("https://api.example.com/orders/").audience("https://api.example.com/orders/"), &[]),
            (builder().resource("https://api.example.com/other"), &[AUDIENCE]),
            (
                builder()
                    .resource("https://api.example.com/orders")
                    .add_issuer(issuer("https://api.example.com/orders/")),
                &[SLASH],
            ),
            (builder().resource("https://api.example.com/orders").add_issuer(issuer("api://default")), &[AUDIENCE]),
            (builder().resource("https://api.example.com/orders").status_mapping(StatusMapping::Flask), &[MAPPING]),
        ];
        for (index, (builder, expected)) in cases.into_iter().enumerate() {
            drop(builder.build().expect("a validator"));
            let lines = log.read();
            assert_eq!(lines.len(), expected.len(), "{index}: {lines:?}");
            for ((level, line), (expected_level, part)) in lines.iter().zip(expected) {
                assert!(level == expected_level && line.contains(part), "{index}: {lines:?}");
            }
        }
        assert!(builder().resource("https://api.example.com/other").algorithms([]).build().is_err());
        assert!(log.read().is_empty(), "a configuration that is refused needs no advice");
    }
}
