//! The API's identifier and its published metadata: RFC 9728.

use actix_web::web::Bytes;
use serde_json::{Map, Value};
use url::{Position, Url};

/// RFC 9728 section 3.
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The API as clients know it. It contains only what is configured, nothing of a request or a token.
#[derive(Clone)]
pub(crate) struct ProtectedResource {
    identifier: Box<str>,
    metadata_path: Box<str>,
    metadata_url: Box<str>,
    metadata: Bytes,
}

/// The members of the metadata that describe the API (RFC 9728 section 2).
#[derive(Clone, Default)]
pub(crate) struct Description {
    pub(crate) scopes_supported: Vec<String>,
    pub(crate) resource_name: Option<String>,
    pub(crate) resource_documentation: Option<String>,
    pub(crate) resource_policy_uri: Option<String>,
    pub(crate) resource_tos_uri: Option<String>,
    /// Empty if DPoP is off.
    pub(crate) dpop_signing_alg_values_supported: Vec<&'static str>,
    pub(crate) dpop_bound_access_tokens_required: bool,
    pub(crate) tls_client_certificate_bound_access_tokens: bool,
}

impl ProtectedResource {
    /// The resource with this identifier, which is parsed as `url`, and the issuers of its tokens. The configuration has
    /// checked all of them.
    pub(crate) fn new<'i>(
        identifier: &str,
        url: &Url,
        issuers: impl IntoIterator<Item = &'i str>,
        description: Description,
    ) -> Self {
        let metadata_path = metadata_path(url);
        Self {
            identifier: identifier.into(),
            metadata_url: format!("{}{metadata_path}", &url[..Position::BeforePath]).into(),
            metadata_path: metadata_path.into(),
            metadata: metadata(identifier, issuers, description),
        }
    }

    pub(crate) fn identifier(&self) -> &str {
        &self.identifier
    }

    /// The path of the metadata on the host of the resource.
    pub(crate) fn metadata_path(&self) -> &str {
        &self.metadata_path
    }

    /// The absolute URL of the metadata.
    pub(crate) fn metadata_url(&self) -> &str {
        &self.metadata_url
    }

    /// The metadata, as JSON.
    pub(crate) fn metadata(&self) -> Bytes {
        self.metadata.clone()
    }
}

/// RFC 9728 section 3.1: inserted between host and path. A slash that is the whole path is not appended.
fn metadata_path(url: &Url) -> String {
    let path = if url.path() == "/" { "" } else { url.path() };
    format!("{WELL_KNOWN}{path}")
}

fn metadata<'i>(identifier: &str, issuers: impl IntoIterator<Item = &'i str>, description: Description) -> Bytes {
    let Description {
        scopes_supported: scopes,
        resource_name,
        resource_documentation,
        resource_policy_uri,
        resource_tos_uri,
        dpop_signing_alg_values_supported: algorithms,
        dpop_bound_access_tokens_required: is_dpop_required,
        tls_client_certificate_bound_access_tokens: accepts_certificates,
    } = description;
    let mut distinct: Vec<String> = Vec::new();
    for scope in scopes {
        if !distinct.contains(&scope) {
            distinct.push(scope);
        }
    }
    // Section 3.2: a member without a value is omitted.
    let members = [
        ("resource", Some(Value::from(identifier))),
        ("authorization_servers", Some(issuers.into_iter().collect())),
        ("scopes_supported", (!distinct.is_empty()).then(|| distinct.into())),
        ("bearer_methods_supported", Some(Value::from(["header"].as_slice()))),
        ("resource_name", resource_name.map(Value::from)),
        ("resource_documentation", resource_documentation.map(Value::from)),
        ("resource_policy_uri", resource_policy_uri.map(Value::from)),
        ("resource_tos_uri", resource_tos_uri.map(Value::from)),
        ("dpop_signing_alg_values_supported", (!algorithms.is_empty()).then(|| algorithms.into())),
        ("dpop_bound_access_tokens_required", is_dpop_required.then(|| Value::from(true))),
        ("tls_client_certificate_bound_access_tokens", accepts_certificates.then(|| Value::from(true))),
    ];
    let present = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(present.collect::<Map<_, _>>()).to_string().into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resource(identifier: &str, description: Description) -> ProtectedResource {
        let url = Url::parse(identifier).expect("a URL");
        ProtectedResource::new(identifier, &url, ["https://one.example.com", "https://two.example.com/"], description)
    }

    fn document(resource: &ProtectedResource) -> Value {
        serde_json::from_slice(&resource.metadata()).expect("JSON")
    }

    #[test]
    fn well_known_path_is_inserted_before_the_path() {
        for (identifier, origin, path) in [
            ("https://api.example.com", "https://api.example.com", ""),
            ("https://api.example.com/", "https://api.example.com", ""),
            ("https://api.example.com/orders", "https://api.example.com", "/orders"),
            ("https://api.example.com/orders/", "https://api.example.com", "/orders/"),
            ("https://api.example.com/a/b", "https://api.example.com", "/a/b"),
            ("https://api.example.com:8443/a", "https://api.example.com:8443", "/a"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", ""),
            ("http://[::1]:8080/a", "http://[::1]:8080", "/a"),
        ] {
            let resource = resource(identifier, Description::default());
            let expected = format!("/.well-known/oauth-protected-resource{path}");
            assert_eq!(resource.metadata_path(), expected, "{identifier}");
            assert_eq!(resource.metadata_url(), format!("{origin}{expected}"));
            assert_eq!(resource.identifier(), identifier);
            assert_eq!(document(&resource)["resource"], identifier, "to the letter");
        }
    }

    #[test]
    fn members_without_a_value_are_omitted() {
        let document = document(&resource("https://api.example.com", Description::default()));
        assert_eq!(
            document,
            json!({
                "resource": "https://api.example.com",
                "authorization_servers": ["https://one.example.com", "https://two.example.com/"],
                "bearer_methods_supported": ["header"],
            })
        );
    }

    #[test]
    fn description_is_published_and_scopes_only_once() {
        let description = Description {
            scopes_supported: ["b", "a", "b"].map(str::to_owned).into(),
            resource_name: Some("Orders \"API\"".into()),
            resource_documentation: Some("https://example.com/docs".into()),
            resource_policy_uri: Some("https://example.com/policy".into()),
            resource_tos_uri: Some("https://example.com/terms".into()),
            ..Description::default()
        };
        assert_eq!(
            document(&resource("https://api.example.com", description)),
            json!({
                "resource": "https://api.example.com",
                "authorization_servers": ["https://one.example.com", "https://two.example.com/"],
                "scopes_supported": ["b", "a"],
                "bearer_methods_supported": ["header"],
                "resource_name": "Orders \"API\"",
                "resource_documentation": "https://example.com/docs",
                "resource_policy_uri": "https://example.com/policy",
                "resource_tos_uri": "https://example.com/terms",
            })
        );
    }
}
