//! tracing-actix-web: the span of a request has the status and the code of its rejection, whether an actor acts for the caller,
//! and no token.

use std::io;
use std::sync::{Arc, Mutex};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::test::{call_service, init_service};
use actix_web::{App, Error, Responder, get};
use okta_auth::{AuthContext, Rejection, login_required};
use okta_auth_testing::MockOkta;
use tracing::field::{Empty, display};
use tracing::{Span, subscriber};
use tracing_actix_web::{DefaultRootSpanBuilder, RootSpan, RootSpanBuilder, TracingLogger, root_span};
use tracing_subscriber::fmt::format::FmtSpan;

use crate::support::{get, get_anonymously};

/// The usual span, with the client of the caller, whether an actor acts for it, and the code of a rejection.
struct ApiSpan;

impl RootSpanBuilder for ApiSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        root_span!(request, client_id = Empty, has_actor = Empty, rejection = Empty)
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let error = outcome.as_ref().map_or_else(Some, |response| response.response().error());
        if let Some(rejection) = error.and_then(|error| error.as_error::<Rejection>()) {
            span.record("rejection", rejection.reason().code());
        }
        DefaultRootSpanBuilder::on_request_end(span, outcome);
    }
}

#[get("/orders")]
#[login_required(scope("orders:read"))]
async fn orders(span: RootSpan, user: AuthContext) -> impl Responder {
    span.record("client_id", display(user.client_id()));
    span.record("has_actor", user.actor().is_some());
    "orders"
}

/// Everything that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().expect("not poisoned"))).expect("text")
    }

    /// The line of the root span's end.
    fn take_span(&self) -> String {
        let text = self.take();
        let span = text.lines().find(|line| line.contains("HTTP request") && line.contains(" close "));
        span.unwrap_or_else(|| panic!("no root span in {text}")).to_owned()
    }
}

/// Logs all levels on this thread, and the end of each span with its fields.
fn log() -> (Log, subscriber::DefaultGuard) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
    let subscriber = subscriber.with_span_events(FmtSpan::CLOSE).with_writer(move || writer.clone()).finish();
    (log, subscriber::set_default(subscriber))
}

#[actix_web::test]
async fn root_span_has_the_rejection() {
    let (okta, (log, _guard)) = (MockOkta::start(), log());
    let app = App::new().app_data(okta.validator()).wrap(TracingLogger::<ApiSpan>::new()).service(orders);
    let app = init_service(app).await;
    let without_scope = okta.token().sign();
    for (request, code) in [
        (get_anonymously("/orders"), "missing_token"),
        (get("/orders", "guess"), "invalid_token"),
        (get("/orders", &okta.token().expired().sign()), "token_expired"),
        (get("/orders", &without_scope), "insufficient_scope"),
    ] {
        log.take();
        drop(call_service(&app, request.to_request()).await);
        let span = log.take_span();
        assert!(span.contains("http.status_code=403"), "{span}");
        assert!(span.contains(&format!("rejection=\"{code}\"")), "{span}");
        assert!(span.contains(&format!("exception.message={code}: ")), "{span}");
    }
}

#[actix_web::test]
async fn root_span_has_the_caller_whom_the_handler_records() {
    let (okta, (log, _guard)) = (MockOkta::start(), log());
    let app = App::new().app_data(okta.validator()).wrap(TracingLogger::<ApiSpan>::new()).service(orders);
    let app = init_service(app).await;
    let token = okta.token().scope("orders:read").sign();
    drop(call_service(&app, get("/orders", &token).to_request()).await);
    let span = log.take_span();
    assert!(span.contains("http.status_code=200"), "{span}");
    assert!(span.contains(&format!("client_id={} has_actor=false", okta.client_id())), "{span}");
    assert!(!span.contains("rejection="), "{span}");
}

#[actix_web::test]
async fn log_says_that_an_actor_acts_and_not_who() {
    let (okta, (log, _guard)) = (MockOkta::start(), log());
    let app = App::new().app_data(okta.validator()).wrap(TracingLogger::<ApiSpan>::new()).service(orders);
    let app = init_service(app).await;
    for (scope, status, field) in [("orders:read", 200, " has_actor=true"), ("openid", 403, "request rejected: ")] {
        let token = okta.token().user("alice@example.com").actor("agent@example.com").scope(scope).sign();
        log.take();
        assert_eq!(call_service(&app, get("/orders", &token).to_request()).await.status(), status);
        let text = log.take();
        let line = text.lines().find(|line| line.contains(field)).unwrap_or_else(|| panic!("no {field} in {text}"));
        assert!(line.contains("has_actor=true"), "{line}");
        for person in ["agent@example.com", "alice@example.com"] {
            assert!(!text.contains(person), "{text}");
        }
    }
}

#[actix_web::test]
async fn no_token_is_logged_at_any_level() {
    let (okta, (log, _guard)) = (MockOkta::start(), log());
    let app = App::new().app_data(okta.validator()).wrap(TracingLogger::<ApiSpan>::new()).service(orders);
    let app = init_service(app).await;
    for token in [okta.token().scope("orders:read").sign(), okta.token().sign(), okta.token().expired().sign()] {
        drop(call_service(&app, get("/orders", &token).to_request()).await);
        let text = log.take();
        assert!(text.contains("HTTP request"), "{text}");
        for part in token.split('.') {
            assert!(!text.contains(part), "{text}");
        }
    }
}
