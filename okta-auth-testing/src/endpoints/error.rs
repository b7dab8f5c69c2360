//! Okta's error responses: those of its API and those of OAuth (RFC 6749 section 5.2).

use std::time::Duration;

use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::{Error, HttpResponse};
use serde_json::json;

/// A response that rejects a request.
#[derive(Debug)]
pub(crate) struct ErrorResponse(Box<HttpResponse>);

impl ErrorResponse {
    /// Sets a header.
    pub(crate) fn with(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.0.headers_mut().insert(name, value.into());
        self
    }
}

impl From<HttpResponse> for ErrorResponse {
    fn from(response: HttpResponse) -> Self {
        Self(Box::new(response))
    }
}

impl From<ErrorResponse> for HttpResponse {
    fn from(response: ErrorResponse) -> Self {
        *response.0
    }
}

impl From<ErrorResponse> for Error {
    fn from(response: ErrorResponse) -> Self {
        InternalError::from_response("refused", *response.0).into()
    }
}

/// A response with this body, which need not be JSON.
pub(crate) fn json(status: u16, body: String) -> HttpResponse {
    HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .insert_header((CONTENT_TYPE, "application/json"))
        .body(body)
}

/// An error of Okta's API, with `errorCode`, `errorSummary` and so on.
pub(crate) fn api_error(status: StatusCode, code: &str, summary: &str) -> ErrorResponse {
    HttpResponse::build(status)
        .json(json!({
            "errorCode": code,
            "errorSummary": summary,
            "errorLink": code,
            "errorId": crate::ids::derive("oae", &format!("{code}{summary}")),
            "errorCauses": [],
        }))
        .into()
}

/// Okta's 404 response.
pub(crate) fn not_found(what: &str) -> ErrorResponse {
    api_error(StatusCode::NOT_FOUND, "E0000007", &format!("Not found: Resource not found: {what}"))
}

/// Okta's 429 response. The rate limit window ends `retry_after` after `now`, which is in seconds since the Unix epoch.
pub(crate) fn too_many_requests(retry_after: Option<Duration>, now: u64) -> ErrorResponse {
    let summary = "API call exceeded rate limit due to too many requests.";
    let mut response = api_error(StatusCode::TOO_MANY_REQUESTS, "E0000047", summary);
    let reset = now.saturating_add(retry_after.map_or(60, |delay| delay.as_secs()));
    for (name, value) in [("x-rate-limit-limit", 600), ("x-rate-limit-remaining", 0), ("x-rate-limit-reset", reset)] {
        response = response.with(HeaderName::from_static(name), value);
    }
    if let Some(delay) = retry_after {
        response = response.with(RETRY_AFTER, delay.as_secs());
    }
    response
}

/// An error of OAuth, with `error` and `error_description`.
pub(crate) fn oauth_error(status: StatusCode, error: &str, description: &str) -> ErrorResponse {
    HttpResponse::build(status)
        .insert_header((CACHE_CONTROL, "no-cache, no-store"))
        .json(json!({ "error": error, "error_description": description }))
        .into()
}
