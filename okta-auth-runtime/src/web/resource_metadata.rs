//! The route of the API's metadata: RFC 9728.

use std::fmt;

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CACHE_CONTROL,
    ContentType,
};
use actix_web::{HttpResponse, Responder, web};

use crate::protected_resource::ProtectedResource;
use crate::validator::Validator;

const METHODS: &str = "GET, HEAD, OPTIONS";

impl Validator {
    /// The route of this API's metadata (RFC 9728), for clients that find the authorization server on their own, such as
    /// those of MCP.
    ///
    /// The path is the one that clients form from the [`resource`](crate::config::ValidatorBuilder::resource):
    /// `/.well-known/oauth-protected-resource`, with the path of the resource appended. Without a resource, nothing is
    /// mounted.
    ///
    /// | request | response |
    /// |---|---|
    /// | `GET`, `HEAD` | 200 with the metadata; any origin may read it, and it can be cached for 1 hour |
    /// | `OPTIONS` | 204: the answer to a CORS preflight request |
    /// | any other method | 405 |
    ///
    /// Mount it on the `App`, not in a scope, which would prefix the path. Clients read the metadata without a token, so
    /// mount it outside of [`LoginRequired`](crate::LoginRequired), or except it there. Browsers then need `OPTIONS`, too.
    ///
    /// ```
    /// use actix_web::http::Method;
    /// use actix_web::{App, test};
    /// use okta_auth_runtime::{LoginRequired, Validator};
    ///
    /// # #[actix_web::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let okta = Validator::builder()
    ///     .issuer("https://dev-123456.okta.com/oauth2/default")
    ///     .audience("https://api.example.com/orders")
    ///     .any_client()
    ///     .resource("https://api.example.com/orders")
    ///     .build()?;
    /// let metadata = "/.well-known/oauth-protected-resource/orders";
    /// let login = LoginRequired::new().except([metadata]).except_method(Method::OPTIONS, [metadata]);
    /// let app = App::new().wrap(login).app_data(okta.clone()).service(okta.resource_metadata());
    ///
    /// let app = test::init_service(app).await;
    /// let response = test::call_service(&app, test::TestRequest::get().uri(metadata).to_request()).await;
    /// let metadata: serde_json::Value = test::read_body_json(response).await;
    /// assert_eq!(metadata["resource"], "https://api.example.com/orders");
    /// assert_eq!(metadata["authorization_servers"][0], "https://dev-123456.okta.com/oauth2/default");
    /// # Ok(())
    /// # }
    /// ```
    pub fn resource_metadata(&self) -> ResourceMetadata {
        ResourceMetadata(self.response_settings().protected_resource.clone())
    }
}

/// The route of [`Validator::resource_metadata`].
#[derive(Clone)]
pub struct ResourceMetadata(Option<ProtectedResource>);

impl HttpServiceFactory for ResourceMetadata {
    fn register(self, app: &mut AppService) {
        let Some(resource) = self.0 else { return };
        let path = resource.metadata_path().to_owned();
        let read = move || {
            let metadata = resource.metadata();
            async move {
                HttpResponse::Ok()
                    .insert_header(ContentType::json())
                    .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
                    .insert_header((CACHE_CONTROL, "public, max-age=3600"))
                    .body(metadata)
            }
        };
        web::resource(path)
            .route(web::get().to(read.clone()))
            .route(web::head().to(read))
            .route(web::route().method(Method::OPTIONS).to(preflight))
            .default_service(web::to(method_not_allowed))
            .register(app);
    }
}

/// Browsers ask first if a client adds a header of its own, such as `MCP-Protocol-Version`.
async fn preflight() -> impl Responder {
    HttpResponse::NoContent()
        .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header((ACCESS_CONTROL_ALLOW_METHODS, METHODS))
        .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, "*"))
        .finish()
}

async fn method_not_allowed() -> impl Responder {
    HttpResponse::MethodNotAllowed().insert_header((ALLOW, METHODS)).finish()
}

/// Shows the URL of the metadata.
impl fmt::Debug for ResourceMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ResourceMetadata").field(&self.0.as_ref().map(ProtectedResource::metadata_url)).finish()
    }
}

#[cfg(test)]
mod tests {
    use crate::Validator;

    #[test]
    fn debug_shows_the_url_of_the_metadata() {
        let builder =
            || Validator::builder().issuer("https://dev-1.okta.com/oauth2/default").audience("a").any_client();
        let shown = |resource: Option<&str>| {
            let builder = resource.into_iter().fold(builder(), |builder, resource| builder.resource(resource));
            format!("{:?}", builder.build().expect("a validator").resource_metadata())
        };
        let url = "https://api.example.com/.well-known/oauth-protected-resource/orders";
        assert_eq!(shown(Some("https://api.example.com/orders")), format!("ResourceMetadata(Some({url:?}))"));
        assert_eq!(shown(None), "ResourceMetadata(None)");
    }
}
