//! Protection of the pages against other sites. The mock checks the `Host` header before.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, HOST, HeaderName, HeaderValue, ORIGIN};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};

const HEADERS: [(HeaderName, &str); 5] = [
    (CACHE_CONTROL, "no-store"),
    // No `form-action`, because the sign-in form redirects to the application's redirect URI.
    (
        actix_web::http::header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (actix_web::http::header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // With `no-referrer`, the `Origin` of our own forms would be "null".
    (actix_web::http::header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Rejects forms of other sites, and sets security headers.
pub(crate) async fn secure_page<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let mut response = match refusal(&request) {
        Some(reason) => {
            let refused = HttpResponse::Forbidden().content_type("text/plain; charset=utf-8").body(reason);
            request.into_response(refused).map_into_right_body()
        }
        None => next.call(request).await?.map_into_left_body(),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

fn refusal(request: &ServiceRequest) -> Option<&'static str> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let header = |name: HeaderName| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = header(HOST).unwrap_or_default();
    let foreign = header(ORIGIN).is_some_and(|origin| origin.strip_prefix("http://") != Some(host))
        || header(HeaderName::from_static("sec-fetch-site")).is_some_and(|site| site != "same-origin");
    foreign.then_some("This form was sent by another site.\n")
}
