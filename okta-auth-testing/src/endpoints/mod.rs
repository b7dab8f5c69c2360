//! What is served, at Okta's paths.

mod discovery;
pub(crate) mod error;
mod keys;

use actix_web::{HttpRequest, HttpResponse, web};

use crate::state::{Server, State};

pub(crate) fn configure(app: &mut web::ServiceConfig) {
    app.service(
        web::resource("/.well-known/oauth-authorization-server/oauth2/{server}").get(discovery::oauth_metadata),
    )
    .service(
        web::scope("/oauth2/{server}")
            .service(web::resource("/.well-known/openid-configuration").get(discovery::openid_configuration))
            .service(web::resource("/.well-known/oauth-authorization-server").get(discovery::oauth_metadata))
            .service(web::resource("/v1/keys").get(keys::keys)),
    )
    .default_service(web::to(no_such_endpoint));
}

async fn no_such_endpoint(request: HttpRequest) -> HttpResponse {
    error::not_found(request.path())
}

/// The authorization server of a request's path, or Okta's answer for one that does not exist.
fn server<'a>(state: &'a State, id: &str) -> Result<&'a Server, HttpResponse> {
    state.server(id).ok_or_else(|| error::not_found(&format!("{id} (AuthorizationServer)")))
}
