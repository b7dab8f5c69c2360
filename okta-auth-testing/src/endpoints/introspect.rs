//! Token introspection (RFC 7662).

use actix_web::{HttpRequest, HttpResponse, web};

use super::authentication::authenticate;
use super::error::{ErrorResponse, json};
use super::lookup::{self, ServerId};
use super::parameters::Parameters;
use crate::answers::Answer;
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
    let mut response = introspection::response(&state, server, token);
    match state.answers.find(token) {
        Some(Answer::Replace { status, body }) => return Ok(json(status, body)),
        Some(Answer::Change(change)) => change(&mut response),
        None => {}
    }
    Ok(HttpResponse::Ok().json(response))
}
