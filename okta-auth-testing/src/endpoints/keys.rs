//! The JWK Set (RFC 7517 section 5).

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde_json::json;

use super::error::ErrorResponse;
use super::lookup::{self, ServerId};
use crate::state::MockState;

pub(crate) async fn keys(state: web::Data<MockState>, id: ServerId) -> Result<HttpResponse, ErrorResponse> {
    let server = lookup::server(&state, &id)?;
    let mut response = HttpResponse::Ok();
    if let Some(value) = state.cache_control.lock().next() {
        response.insert_header((CACHE_CONTROL, value));
    }
    Ok(response.json(json!({ "keys": server.keys.lock().published() })))
}
