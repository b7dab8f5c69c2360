//! The endpoints, at Okta's paths.

mod active;
mod at_hash;
mod authentication;
mod authorize;
mod discovery;
pub(crate) mod dpop;
pub(crate) mod error;
mod introspect;
mod keys;
mod logout;
mod lookup;
mod revoke;
mod scope;
mod token;
mod userinfo;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

pub(crate) fn configure(app: &mut web::ServiceConfig) {
    app.service(
        web::resource("/.well-known/oauth-authorization-server/oauth2/{server}")
            .get(discovery::oauth_metadata)
            .default_service(web::to(wrong_method)),
    )
    .service(
        web::scope("/oauth2/{server}")
            .service(resource("/.well-known/openid-configuration").get(discovery::openid_configuration))
            .service(resource("/.well-known/oauth-authorization-server").get(discovery::oauth_metadata))
            .service(resource("/v1/keys").get(keys::keys))
            .service(resource("/v1/token").post(token::token))
            .service(resource("/v1/authorize").get(authorize::authorize).post(authorize::authorize))
            .service(resource("/v1/introspect").post(introspect::introspect))
            .service(resource("/v1/revoke").post(revoke::revoke))
            .service(resource("/v1/userinfo").get(userinfo::userinfo).post(userinfo::userinfo))
            .service(resource("/v1/logout").get(logout::logout).post(logout::logout)),
    )
    .default_service(web::to(no_such_endpoint));
}

/// A resource that answers an unsupported method as Okta does.
fn resource(path: &str) -> actix_web::Resource {
    web::resource(path).default_service(web::to(wrong_method))
}

async fn wrong_method() -> HttpResponse {
    let summary = "The endpoint does not support the provided HTTP method";
    error::api_error(StatusCode::METHOD_NOT_ALLOWED, "E0000022", summary).into()
}

async fn no_such_endpoint(request: HttpRequest) -> HttpResponse {
    error::not_found(request.path()).into()
}
