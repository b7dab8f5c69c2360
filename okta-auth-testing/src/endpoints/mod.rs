//! The endpoints, at Okta's paths.

mod at_hash;
mod authentication;
mod authorize;
mod client_assertion;
mod discovery;
pub(crate) mod dpop;
pub(crate) mod error;
mod introspect;
mod keys;
mod logout;
mod lookup;
mod parameters;
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
    // The org authorization server.
    .configure(|app| metadata(app, ""))
    .configure(|app| below_base(app, "/oauth2"))
    .configure(|app| metadata(app, "/oauth2/{server}"))
    .configure(|app| below_base(app, "/oauth2/{server}"))
    .default_service(web::to(no_such_endpoint));
}

fn metadata(app: &mut web::ServiceConfig, issuer: &str) {
    let resource = |path: &str| resource(&format!("{issuer}/.well-known/{path}"));
    app.service(resource("openid-configuration").get(discovery::openid_configuration))
        .service(resource("oauth-authorization-server").get(discovery::oauth_metadata));
}

fn below_base(app: &mut web::ServiceConfig, base: &str) {
    let resource = |name: &str| resource(&format!("{base}/v1/{name}"));
    app.service(resource("keys").get(keys::keys))
        .service(resource("token").post(token::token))
        .service(resource("authorize").get(authorize::authorize).post(authorize::authorize))
        .service(resource("introspect").post(introspect::introspect))
        .service(resource("revoke").post(revoke::revoke))
        .service(resource("userinfo").get(userinfo::userinfo).post(userinfo::userinfo))
        .service(resource("logout").get(logout::logout).post(logout::logout));
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
