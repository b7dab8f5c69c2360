//! Okta's error bodies: the API's and OAuth's (RFC 6749 section 5.2).

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, RETRY_AFTER};
use serde_json::json;

/// An error of Okta's API: `errorCode`, `errorSummary` and their like.
pub(crate) fn api_error(status: StatusCode, code: &str, summary: &str) -> HttpResponse {
    HttpResponse::build(status).json(json!({
        "errorCode": code,
        "errorSummary": summary,
        "errorLink": code,
        "errorId": crate::ids::named("oae", &format!("{code}{summary}")),
        "errorCauses": [],
    }))
}

/// Okta's 404.
pub(crate) fn not_found(what: &str) -> HttpResponse {
    api_error(StatusCode::NOT_FOUND, "E0000007", &format!("Not found: Resource not found: {what}"))
}

/// Okta's 429, whose window ends at `now` and the delay, in seconds since the Unix epoch.
pub(crate) fn too_many_requests(retry_after: Option<Duration>, now: u64) -> HttpResponse {
    let summary = "API call exceeded rate limit due to too many requests.";
    let mut response = api_error(StatusCode::TOO_MANY_REQUESTS, "E0000047", summary);
    let reset = now + retry_after.map_or(60, |delay| delay.as_secs());
    let headers = response.headers_mut();
    for (name, value) in [("x-rate-limit-limit", 600), ("x-rate-limit-remaining", 0), ("x-rate-limit-reset", reset)] {
        headers.insert(actix_web::http::header::HeaderName::from_static(name), value.into());
    }
    if let Some(delay) = retry_after {
        headers.insert(RETRY_AFTER, delay.as_secs().into());
    }
    response
}

/// An error of OAuth: `error` and `error_description`.
pub(crate) fn oauth_error(status: StatusCode, error: &str, description: &str) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((CACHE_CONTROL, "no-cache, no-store"))
        .json(json!({ "error": error, "error_description": description }))
}
