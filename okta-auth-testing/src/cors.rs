//! Scripts of pages on this machine may call the endpoints (CORS, Fetch Standard section 3.3). Every origin on loopback
//! is a trusted origin in Okta's terms.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN,
    VARY,
};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpResponse};

use crate::client::is_loopback;
use crate::endpoints::dpop::DPOP_NONCE;
use crate::state::MockState;

/// Answers preflight requests of trusted origins, and lets those origins read other responses.
pub(crate) async fn allow_loopback_origins<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let is_extra = request.app_data::<Data<MockState>>().is_none_or(|state| state.is_extra_route(request.path()));
    let origin = request.headers().get(ORIGIN).filter(|origin| !is_extra && is_trusted(origin)).cloned();
    let Some(origin) = origin else { return Ok(next.call(request).await?.map_into_left_body()) };
    let requested_headers = request.headers().get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match preflight {
        true => request.into_response(HttpResponse::NoContent().finish()).map_into_right_body(),
        false => next.call(request).await?.map_into_left_body(),
    };
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(VARY, HeaderValue::from_static("origin"));
    // Scripts read only exposed headers (Fetch Standard section 3.3.3). A DPoP client reads the nonce.
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, DPOP_NONCE.into());
    if preflight {
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
        if let Some(requested_headers) = requested_headers {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, requested_headers);
        }
    }
    Ok(response)
}

fn is_trusted(origin: &HeaderValue) -> bool {
    origin.to_str().ok().and_then(|origin| url::Url::parse(origin).ok()).is_some_and(|origin| is_loopback(&origin))
}
