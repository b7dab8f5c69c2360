//! A `ClaimError` as the error of a handler is a rejection like any other.

use std::fmt::{Debug, Write as _};
use std::future::{Ready, ready};
use std::sync::{Mutex, OnceLock};

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::{self, Path, ServiceConfig};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, Responder};
use okta_auth::{AuthContext, LoginRequired, error::ClaimError, login_required};
use okta_auth_testing::MockOkta;
use reqwest::{Method, Response};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::support::{Server, code, header};

/// The routes whose request is known when the claim turns out to be missing.
const ROUTES: [&str; 4] = ["/attribute", "/error", "/extractor", "/middleware"];

/// The claim that the path names.
struct Named(String);

impl FromRequest for Named {
    type Error = ClaimError;
    type Future = Ready<Result<Self, ClaimError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let user = AuthContext::current().expect("a caller");
        ready(user.claim(request.match_info().query("claim")).map(Self))
    }
}

#[login_required]
async fn attribute(user: AuthContext, claim: Path<String>) -> Result<String, ClaimError> {
    user.claim(&claim)
}

#[login_required]
async fn error(user: AuthContext, claim: Path<String>) -> actix_web::Result<String> {
    Ok(user.claim::<String>(&claim)?)
}

#[login_required]
async fn extractor(claim: Named) -> String {
    claim.0
}

async fn argument(user: AuthContext, claim: Path<String>) -> Result<String, ClaimError> {
    user.claim(&claim)
}

#[login_required]
async fn customized(user: AuthContext) -> impl Responder {
    user.claim::<String>("none").customize().with_status(StatusCode::NOT_FOUND).insert_header(("x-own", "1"))
}

/// Extracts the caller while it holds a borrow of the request's extensions.
#[allow(clippy::await_holding_refcell_ref, reason = "this is what the test is about")]
async fn borrowing(request: HttpRequest) -> Result<String, okta_auth::Rejection> {
    let _extensions = request.extensions();
    let user = AuthContext::from_request(&request, &mut Payload::None).await?;
    Ok(user.subject().to_owned())
}

fn routes(app: &mut ServiceConfig) {
    app.route("/attribute/{claim}", web::route().to(attribute))
        .route("/error/{claim}", web::route().to(error))
        .route("/extractor/{claim}", web::route().to(extractor))
        .route("/argument/{claim}", web::route().to(argument))
        .route("/customized", web::get().to(customized))
        .service(web::scope("/borrowing").wrap(LoginRequired::new()).route("", web::get().to(borrowing)))
        .service(web::scope("/middleware").wrap(LoginRequired::new()).route("/{claim}", web::route().to(argument)));
}

async fn send(server: &Server, method: Method, path: &str, okta: &MockOkta) -> Response {
    let request = server.request(method, path).bearer_auth(okta.token().claim("tier", "gold").sign());
    request.header("Accept", "text/plain").send().await.expect("an answer")
}

#[actix_web::test]
async fn claim_error_follows_realm_and_accept() {
    let okta = MockOkta::start();
    let validator = okta.validator_builder().realm("orders").build().expect("a validator");
    let server = Server::start(validator, routes);
    for route in ROUTES {
        let found = send(&server, Method::GET, &format!("{route}/tier"), &okta).await;
        assert_eq!(found.text().await.expect("a body"), "gold", "{route}");
        let response = send(&server, Method::GET, &format!("{route}/none"), &okta).await;
        assert_eq!(response.status(), 403, "{route}");
        assert_eq!(header(&response, "WWW-Authenticate"), Some("Bearer realm=\"orders\""), "{route}");
        assert_eq!(header(&response, "Content-Type"), Some("text/plain; charset=utf-8"), "{route}");
        let text = response.text().await.expect("a body");
        assert!(text.contains("missing claim \"none\"") && text.ends_with("(forbidden)\n"), "{route}: {text}");
    }
}

#[actix_web::test]
async fn claim_error_has_no_body_for_head() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), routes);
    for route in ROUTES {
        let response = send(&server, Method::HEAD, &format!("{route}/none"), &okta).await;
        assert_eq!(response.status(), 403, "{route}");
        assert_eq!(header(&response, "Content-Length").unwrap_or("0"), "0", "{route}");
    }
}

#[actix_web::test]
async fn claim_error_runs_the_rejection_hook() {
    let okta = MockOkta::start();
    let builder = okta.validator_builder().on_rejection(|rejection, request| {
        let body = format!("{} {}", request.path(), rejection.reason().code());
        rejection.default_response().set_body(BoxBody::new(body))
    });
    let server = Server::start(builder.build().expect("a validator"), routes);
    for route in ROUTES {
        let path = format!("{route}/none");
        let response = send(&server, Method::GET, &path, &okta).await;
        assert_eq!(response.text().await.expect("a body"), format!("{path} forbidden"));
    }
}

#[actix_web::test]
async fn claim_error_is_logged_once() {
    let log = log();
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), routes);
    for route in ROUTES.into_iter().chain(["/argument"]) {
        let claim = format!("logged_{}", &route[1..]);
        assert_eq!(send(&server, Method::GET, &format!("{route}/{claim}"), &okta).await.status(), 403);
        let expected = format!("message=request rejected: missing claim \"{claim}\" code=\"forbidden\" ");
        let lines: Vec<String> =
            log.lock().expect("the log").iter().filter(|line| line.contains(&claim)).cloned().collect();
        assert_eq!(lines, [expected]);
    }
}

#[actix_web::test]
async fn claim_error_without_a_request_is_a_problem() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator_builder().realm("orders").build().expect("a validator"), routes);
    let response = send(&server, Method::GET, "/argument/none", &okta).await;
    assert_eq!((response.status().as_u16(), header(&response, "WWW-Authenticate")), (403, Some("Bearer")));
    assert_eq!(code(response).await, "forbidden");
}

/// The events of okta-auth, as one line each.
pub(crate) fn log() -> &'static Mutex<Vec<String>> {
    static LOG: OnceLock<Mutex<Vec<String>>> = OnceLock::new();
    LOG.get_or_init(|| {
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Listener)).expect("the only one");
        Mutex::default()
    })
}

struct Listener;

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target().starts_with("okta_auth") {
            let mut line = Line(String::new());
            event.record(&mut line);
            log().lock().expect("the log").push(line.0);
        }
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{field}={value:?} ").expect("a string takes all");
    }
}

#[actix_web::test]
async fn changed_response_to_a_claim_error_is_kept() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), routes);
    let response = server.get("/customized", &okta.token().sign()).await;
    assert_eq!((response.status().as_u16(), header(&response, "x-own")), (404, Some("1")));
}

#[actix_web::test]
async fn caller_is_extracted_while_the_app_borrows_the_extensions() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), routes);
    assert_eq!(server.get("/borrowing", &okta.token().sign()).await.status().as_u16(), 200);
}
