//! The JWK Set (RFC 7517 section 5).

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::state::State;

pub(crate) async fn keys(state: web::Data<State>, id: web::Path<String>) -> HttpResponse {
    let server = match super::server(&state, &id) {
        Ok(server) => server,
        Err(not_found) => return not_found,
    };
    let mut response = HttpResponse::Ok();
    if let Some(value) = state.cache_control.lock().next() {
        response.insert_header((CACHE_CONTROL, value));
    }
    response.json(json!({ "keys": server.keys.lock().published() }))
}
