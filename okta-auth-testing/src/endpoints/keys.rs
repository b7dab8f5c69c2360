//! The JWK Set (RFC 7517 section 5).

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde_json::json;

use super::error::Refusal;
use super::lookup;
use crate::state::State;

pub(crate) async fn keys(state: web::Data<State>, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let server = lookup::server(&state, &id)?;
    let mut response = HttpResponse::Ok();
    if let Some(value) = state.cache_control.lock().next() {
        response.insert_header((CACHE_CONTROL, value));
    }
    Ok(response.json(json!({ "keys": server.keys.lock().published() })))
}
