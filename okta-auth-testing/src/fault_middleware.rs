//! The middleware that records requests and injects faults.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{self, BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_LENGTH, LOCATION};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpResponse};
use tokio::time::Sleep;

use crate::connection::Connection;
use crate::endpoints::error::{self, ErrorResponse, api_error, json};
use crate::fault::{Fault, ReleaseSignal};
use crate::record::ReceivedRequest;
use crate::state::MockState;

/// Records the request and applies the fault that is in force for it, if any.
pub(crate) async fn inject(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(state) = request.app_data::<Data<MockState>>().cloned() else {
        return Ok(request.into_response(HttpResponse::InternalServerError()));
    };
    if state.is_extra_route(request.path()) {
        return proceed(request, next).await;
    }
    if state.is_down() {
        state.turned_away.fetch_add(1, Ordering::SeqCst);
        return Ok(reset(request));
    }
    let posted = match request.method() {
        &Method::POST => request.extract::<Bytes>().await,
        _ => Ok(Bytes::new()),
    };
    let record = ReceivedRequest::new(&request, posted.as_deref().unwrap_or_default(), state.now());
    let endpoint = record.endpoint;
    let injected = state.faults.inject(endpoint);
    // After the fault is chosen, because a test that waits for this request may then remove the fault.
    state.log.push(record);
    match posted {
        Ok(body) if body.is_empty() => {}
        Ok(body) => request.set_payload(Payload::from(body)),
        Err(error) => return Ok(request.error_response(error)),
    }
    let Some((fault, release)) = injected else { return proceed(request, next).await };

    match fault {
        Fault::Hang => {
            release.released().await;
            if state.is_down() { Ok(reset(request)) } else { proceed(request, next).await }
        }
        Fault::Reset => Ok(reset(request)),
        Fault::SlowDrip { every } => {
            let (response, bytes) = read_body(proceed(request, next).await?).await;
            Ok(response.map_body(|_, _| BoxBody::new(SlowBody::new(bytes, every, release))))
        }
        Fault::Truncate => {
            let (response, bytes) = read_body(proceed(request, next).await?).await;
            Ok(response.map_body(|_, _| BoxBody::new(TruncatedBody::new(bytes))))
        }
        Fault::Oversized { bytes: padding } => {
            let (response, bytes) = read_body(proceed(request, next).await?).await;
            Ok(response.map_body(|_, _| BoxBody::new(oversized(bytes, padding))))
        }
        Fault::Status(status) => Ok(request.into_response(HttpResponse::from(status_error(status)))),
        Fault::TooManyRequests { retry_after } => {
            let response = error::too_many_requests(retry_after, state.now_seconds());
            Ok(request.into_response(HttpResponse::from(response)))
        }
        Fault::Garbage => Ok(request.into_response(json(200, "<html>this is not JSON</html>".to_owned()))),
        Fault::EmptyKeySet => Ok(request.into_response(json(200, r#"{"keys":[]}"#.to_owned()))),
        Fault::Body(body) => Ok(request.into_response(json(200, body))),
        Fault::Response { status, body } => Ok(request.into_response(json(status, body))),
        Fault::Redirect(to) => Ok(request.into_response(HttpResponse::Found().insert_header((LOCATION, to)).finish())),
    }
}

async fn proceed(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    next.call(request).await.map(ServiceResponse::map_into_boxed_body)
}

fn status_error(status: u16) -> ErrorResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match status {
        StatusCode::NOT_FOUND => error::not_found("no such thing"),
        StatusCode::SERVICE_UNAVAILABLE => api_error(status, "E0000010", "Service is in read only mode"),
        _ => api_error(status, "E0000009", status.canonical_reason().unwrap_or("Internal Server Error")),
    }
}

/// Resets the connection: the body of the response fails before a byte is sent.
fn reset(request: ServiceRequest) -> ServiceResponse<BoxBody> {
    if let Some(connection) = request.conn_data::<Connection>() {
        connection.reset_at_end();
    }
    request.into_response(HttpResponse::Ok().body(BoxBody::new(TruncatedBody::empty())))
}

/// Splits a response from its complete body. Removes `Content-Length`, which the replacement body determines.
async fn read_body(response: ServiceResponse<BoxBody>) -> (ServiceResponse<()>, Bytes) {
    let (request, response) = response.into_parts();
    let (mut response, body) = response.into_parts();
    let bytes = body::to_bytes(body).await.unwrap_or_default();
    response.headers_mut().remove(CONTENT_LENGTH);
    (ServiceResponse::new(request, response), bytes)
}

/// The JSON object with a member of this size added.
fn oversized(bytes: Bytes, padding: usize) -> ChunkedBody {
    let mut body = bytes.to_vec();
    if body.last() == Some(&b'}') {
        body.pop();
        let comma = if body.len() > 1 { "," } else { "" };
        body.extend_from_slice(format!("{comma}\"padding\":\"").as_bytes());
        body.resize(body.len() + padding, b'x');
        body.extend_from_slice(b"\"}");
    } else {
        body.resize(body.len() + padding, b' ');
    }
    ChunkedBody(Some(Bytes::from(body)))
}

/// A body of unknown length.
struct ChunkedBody(Option<Bytes>);

impl MessageBody for ChunkedBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(self.0.take().map(Ok))
    }
}

/// A body that announces its full length and fails after the first half.
struct TruncatedBody {
    announced: u64,
    half: Option<Bytes>,
    flushed: bool,
}

impl TruncatedBody {
    fn new(bytes: Bytes) -> Self {
        Self { announced: bytes.len() as u64, half: Some(bytes.slice(..bytes.len() / 2)), flushed: false }
    }

    fn empty() -> Self {
        Self { announced: 1, half: None, flushed: true }
    }
}

impl MessageBody for TruncatedBody {
    type Error = std::io::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.announced)
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if let Some(half) = self.half.take() {
            return Poll::Ready(Some(Ok(half)));
        }
        if !std::mem::replace(&mut self.flushed, true) {
            // An error discards unsent data, so let the server send the first half before.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(std::io::Error::other("truncated on purpose"))))
    }
}

/// A body that is sent byte by byte.
struct SlowBody {
    left: Bytes,
    every: Duration,
    sleep: Pin<Box<Sleep>>,
    released: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

impl SlowBody {
    fn new(left: Bytes, every: Duration, release: ReleaseSignal) -> Self {
        Self { left, every, sleep: Box::pin(tokio::time::sleep(every)), released: Some(Box::pin(release.released())) }
    }
}

impl MessageBody for SlowBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        if self.released.as_mut().is_none_or(|released| released.as_mut().poll(cx).is_ready()) {
            self.released = None;
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.left))));
        }
        if self.sleep.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        let every = self.every;
        self.sleep.as_mut().set(tokio::time::sleep(every));
        Poll::Ready(Some(Ok(self.left.split_to(1))))
    }
}
