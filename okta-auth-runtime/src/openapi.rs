//! The security of an OpenAPI document that utoipa makes. Needs the feature `utoipa`.
//!
//! ```
//! use okta_auth_runtime::openapi::OktaSecurity;
//! use okta_auth_runtime::{Policy, policy};
//! use utoipa::Modify;
//! use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItem};
//! use utoipa::openapi::{OpenApiBuilder, PathsBuilder};
//! # extern crate okta_auth_runtime as okta_auth;
//!
//! // One policy for the handler and for the document: `#[login_required(policy = ORDERS)]`.
//! static ORDERS: Policy = policy!(scope("orders:read") && group("ops"));
//!
//! // `#[derive(utoipa::OpenApi)]` makes such a document from handlers.
//! let orders = OperationBuilder::new().operation_id(Some("orders"));
//! let paths = PathsBuilder::new().path("/orders", PathItem::new(HttpMethod::Get, orders));
//! let mut document = OpenApiBuilder::new().paths(paths).build();
//!
//! let security = OktaSecurity::of_issuer("https://dev-123456.okta.com/oauth2/default");
//! security.every_operation(&Policy::authenticated()).operation("orders", &ORDERS).modify(&mut document);
//!
//! let document = serde_json::to_value(&document)?;
//! assert_eq!(document["paths"]["/orders"]["get"]["security"][0]["okta"][0], "orders:read");
//! assert_eq!(document["components"]["securitySchemes"]["access_token"]["scheme"], "bearer");
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::fmt;

use utoipa::Modify;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, OpenIdConnect, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, OpenApi};

use crate::policy::Policy;
use crate::validator::Validator;

/// Adds security schemes to an OpenAPI document, and the scopes of policies to its operations.
///
/// # The schemes
///
/// | name | scheme |
/// |---|---|
/// | `access_token` | `http`, `bearer`, format `JWT`: the caller has a token |
/// | `okta`, and `okta_2`, `okta_3`, ... for further issuers | `openIdConnect`: where the caller gets one |
///
/// The document contains the URLs of the issuers. It contains no audience and no client.
///
/// The URL of `openIdConnect` is that of OpenID Connect Discovery. Okta's authorization servers and Auth0 serve it. An
/// issuer that serves only the metadata of RFC 8414 does not.
///
/// # The scopes
///
/// Each alternative of a policy is one security requirement for each scheme. For example, `scope("a") && scope("b")` is one
/// alternative, and `scope("a") || scope("b")` is two. OpenAPI has no form for the other requirements of a policy: a group,
/// claim, client, user or check is not in the document. An alternative without scopes is a requirement without scopes: any
/// access token.
#[derive(Clone)]
#[must_use = "it changes a document only in `modify`"]
pub struct OktaSecurity {
    issuers: Vec<String>,
    every_operation: Option<Vec<SecurityRequirement>>,
    operations: Vec<(String, Vec<SecurityRequirement>)>,
}

impl OktaSecurity {
    /// The name of the scheme for a caller that has a token, for `security(("access_token" = ["orders:read"]))` in
    /// `#[utoipa::path]`.
    pub const ACCESS_TOKEN: &'static str = "access_token";

    /// The name of the `openIdConnect` scheme of the first issuer.
    pub const OKTA: &'static str = "okta";

    /// The security of the issuers that this validator trusts.
    ///
    /// ```
    /// use okta_auth_runtime::Validator;
    /// use okta_auth_runtime::openapi::OktaSecurity;
    ///
    /// let validator = Validator::builder()
    ///     .issuer("https://dev-123456.okta.com/oauth2/default")
    ///     .audience("api://default")
    ///     .client_id("0oa1a2b3c4d5e6f7g8h9")
    ///     .build()?;
    /// let security = OktaSecurity::new(&validator);
    /// # drop(security);
    /// # Ok::<(), okta_auth_runtime::ConfigError>(())
    /// ```
    pub fn new(validator: &Validator) -> Self {
        Self::of_issuers(validator.issuers())
    }

    /// The security of this issuer, for a document that is made without a validator, for example in a build.
    pub fn of_issuer(issuer: impl AsRef<str>) -> Self {
        Self::of_issuers([issuer.as_ref()])
    }

    fn of_issuers<'i>(issuers: impl IntoIterator<Item = &'i str>) -> Self {
        let issuers = issuers.into_iter().map(str::to_owned).collect();
        Self { issuers, every_operation: None, operations: Vec::new() }
    }

    /// Sets the policy of all operations that have no security of their own, as with
    /// [`LoginRequired`](crate::LoginRequired) around an app. An operation with `security(())` in `#[utoipa::path]` stays
    /// open.
    pub fn every_operation(mut self, policy: &Policy) -> Self {
        self.every_operation = Some(self.requirements(policy));
        self
    }

    /// Sets the policy of the operation with this ID, which `#[utoipa::path]` takes from the name of the handler. It
    /// replaces the policy of [`every_operation`](Self::every_operation): join both with [`Policy::and`] if a handler
    /// requires both.
    pub fn operation(mut self, id: impl Into<String>, policy: &Policy) -> Self {
        let requirements = self.requirements(policy);
        self.operations.push((id.into(), requirements));
        self
    }

    /// The security requirements of a policy, of which a caller meets at least one. The list is never empty, because an
    /// empty list would mean that the operation is open. For a policy that no caller meets, it requires any token.
    ///
    /// The list has the smallest sets of scopes if there are more than 64.
    ///
    /// ```
    /// use okta_auth_runtime::Policy;
    /// use okta_auth_runtime::openapi::OktaSecurity;
    ///
    /// let security = OktaSecurity::of_issuer("https://dev-123456.okta.com/oauth2/default");
    /// let requirements = security.requirements(&Policy::scope("orders:read").or(Policy::scope("orders:admin")));
    /// assert_eq!(
    ///     serde_json::to_string(&requirements)?,
    ///     r#"[{"okta":["orders:read"]},{"access_token":["orders:read"]},"#.to_owned()
    ///         + r#"{"okta":["orders:admin"]},{"access_token":["orders:admin"]}]"#,
    /// );
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn requirements(&self, policy: &Policy) -> Vec<SecurityRequirement> {
        let mut sets = policy.scope_sets();
        if sets.is_empty() {
            sets.push(Vec::new());
        }
        let names: Vec<String> = self.openid_connect_names().chain([Self::ACCESS_TOKEN.to_owned()]).collect();
        let requirement = |name: &String, set: &Vec<&str>| SecurityRequirement::new(name, set.iter().copied());
        sets.iter().flat_map(|set| names.iter().map(move |name| requirement(name, set))).collect()
    }

    fn openid_connect_names(&self) -> impl Iterator<Item = String> {
        (1..=self.issuers.len()).map(|number| match number {
            1 => Self::OKTA.to_owned(),
            _ => format!("{}_{number}", Self::OKTA),
        })
    }

    fn add_schemes(&self, components: &mut Components) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        components.add_security_scheme(Self::ACCESS_TOKEN, SecurityScheme::Http(bearer));
        for (name, issuer) in self.openid_connect_names().zip(&self.issuers) {
            let url = configuration_url(issuer);
            components.add_security_scheme(name, SecurityScheme::OpenIdConnect(OpenIdConnect::new(url)));
        }
    }
}

/// OpenID Connect Discovery 1.0 section 4: without the slash at the end of the issuer.
fn configuration_url(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

/// # Panics
///
/// If the document has no operation with the ID of a policy. The document would not say what the operation requires.
impl Modify for OktaSecurity {
    fn modify(&self, document: &mut OpenApi) {
        self.add_schemes(document.components.get_or_insert_default());
        if let Some(requirements) = &self.every_operation {
            document.security = Some(requirements.clone());
        }
        for (id, requirements) in &self.operations {
            let mut operations = document.paths.paths.values_mut().flat_map(operations_of);
            let operation = operations.find(|operation| operation.operation_id.as_ref() == Some(id));
            let Some(operation) = operation else { panic!("the OpenAPI document has no operation {id:?}") };
            operation.security = Some(requirements.clone());
        }
    }
}

fn operations_of(path: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, options, head, patch, trace, query, additional_operations, .. } = path;
    let of_methods = [get, put, post, delete, options, head, patch, trace, query];
    of_methods.into_iter().flatten().chain(additional_operations.values_mut())
}

/// Shows only the issuers.
impl fmt::Debug for OktaSecurity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OktaSecurity").field("issuers", &self.issuers).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use utoipa::openapi::path::{HttpMethod, OperationBuilder};
    use utoipa::openapi::{OpenApiBuilder, PathsBuilder};

    use super::*;
    use crate::access_token::Profile;
    use crate::config::Issuer;

    const ISSUER: &str = "https://dev-123456.okta.com/oauth2/default";

    /// The document of two operations, after `security` has changed it.
    fn document(security: &OktaSecurity) -> Value {
        let operation = |id: &str| OperationBuilder::new().operation_id(Some(id));
        let paths = PathsBuilder::new()
            .path("/orders", PathItem::new(HttpMethod::Get, operation("orders")))
            .path("/orders", PathItem::new(HttpMethod::Post, operation("order")));
        let mut document = OpenApiBuilder::new().paths(paths).build();
        security.modify(&mut document);
        serde_json::to_value(&document).unwrap()
    }

    #[test]
    fn each_trusted_issuer_has_a_scheme() {
        let auth0 = Issuer::new("https://example.eu.auth0.com/").audience("a").any_client().profile(Profile::auth0());
        let okta = Validator::builder().issuer(ISSUER).audience("api://default").client_id("0oa1");
        let validator = okta.add_issuer(auth0).build().unwrap();
        let schemes = &document(&OktaSecurity::new(&validator))["components"]["securitySchemes"];
        let url = |issuer: &str| format!("{issuer}/.well-known/openid-configuration");
        assert_eq!(
            *schemes,
            json!({
                "access_token": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
                "okta": { "type": "openIdConnect", "openIdConnectUrl": url(ISSUER) },
                "okta_2": { "type": "openIdConnect", "openIdConnectUrl": url("https://example.eu.auth0.com") },
            })
        );
        let requirements = OktaSecurity::new(&validator).requirements(&Policy::scope("a"));
        let expected = json!([{ "okta": ["a"] }, { "okta_2": ["a"] }, { "access_token": ["a"] }]);
        assert_eq!(serde_json::to_value(requirements).unwrap(), expected);
    }

    #[test]
    fn policy_of_an_operation_replaces_that_of_all() {
        let security = OktaSecurity::of_issuer(ISSUER)
            .every_operation(&Policy::authenticated())
            .operation("order", &Policy::scope("orders:write"));
        let document = document(&security);
        assert_eq!(document["security"], json!([{ "okta": [] }, { "access_token": [] }]));
        let of_post = &document["paths"]["/orders"]["post"]["security"];
        assert_eq!(*of_post, json!([{ "okta": ["orders:write"] }, { "access_token": ["orders:write"] }]));
        assert_eq!(document["paths"]["/orders"]["get"].get("security"), None);
    }

    #[test]
    fn policy_that_no_caller_meets_is_not_an_open_operation() {
        let security = OktaSecurity::of_issuer(ISSUER).operation("orders", &Policy::any([]));
        let of_get = &document(&security)["paths"]["/orders"]["get"]["security"];
        assert_eq!(*of_get, json!([{ "okta": [] }, { "access_token": [] }]));
    }

    #[test]
    #[should_panic = "the OpenAPI document has no operation \"ordres\""]
    fn policy_of_an_unknown_operation_panics() {
        document(&OktaSecurity::of_issuer(ISSUER).operation("ordres", &Policy::scope("a")));
    }

    #[test]
    fn operations_of_every_method_are_found() {
        for method in ["get", "put", "post", "delete", "options", "head", "patch", "trace"] {
            let path = json!({ "/x": { method: { "operationId": "x", "responses": {} } } });
            let text = json!({ "openapi": "3.1.0", "info": { "title": "", "version": "" }, "paths": path });
            let mut document: OpenApi = serde_json::from_value(text).unwrap();
            OktaSecurity::of_issuer(ISSUER).operation("x", &Policy::scope("a")).modify(&mut document);
            let document = serde_json::to_value(&document).unwrap();
            assert_eq!(document["paths"]["/x"][method]["security"][0], json!({ "okta": ["a"] }), "{method}");
        }
    }
}
