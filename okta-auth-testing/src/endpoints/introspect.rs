//! Token introspection (RFC 7662).

use actix_web::{HttpRequest, HttpResponse, web};

use super::authentication::{Parameters, authenticate};
use super::error::ErrorResponse;
use super::lookup::{self, ServerId};
use crate::introspection;
use crate::state::MockState;

pub(crate) async fn introspect(
    state: web::Data<MockState>,
    id: ServerId,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, ErrorResponse> {
    let server = lookup::server(&state, &id)?;
    let form = Parameters::parse(&body);
    authenticate(&state, server, "introspect", &request, &form)?;
    let token = form.require("token")?;
    Ok(HttpResponse::Ok().json(introspection::response(&state, server, token)))
}
