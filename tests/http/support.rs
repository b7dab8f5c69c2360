//! An app on a free port and a client for it.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer, dev};
use okta_auth::config::ValidatorBuilder;
use okta_auth::{LoginRequired, Reason, Validator};
use okta_auth_testing::Fault;
use reqwest::{Client, Method, RequestBuilder, Response};

/// A running app. Dropping it stops the server.
pub(crate) struct Server {
    origin: String,
    client: Client,
    handle: dev::ServerHandle,
}

impl Server {
    /// Serves the `routes` on one worker, with `validator` in app data.
    pub(crate) fn start(validator: Validator, routes: fn(&mut ServiceConfig)) -> Self {
        Self::start_with(1, move |app| {
            app.app_data(validator.clone());
            routes(app);
        })
    }

    /// Serves the app that `configure` sets up on this many workers.
    pub(crate) fn start_with(workers: usize, configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static) -> Self {
        let server = HttpServer::new(move || App::new().configure(configure.clone()))
            .workers(workers)
            .bind(("127.0.0.1", 0))
            .expect("a free port");
        Self::of(server.addrs()[0], server.disable_signals().run())
    }

    /// Serves the `routes` on one worker, with this middleware around the whole app and `validator` in app data.
    pub(crate) fn start_behind(
        login: fn() -> LoginRequired,
        validator: Validator,
        routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> Self {
        let app = move || App::new().app_data(validator.clone()).wrap(login()).configure(routes.clone());
        let server = HttpServer::new(app).workers(1).bind(("127.0.0.1", 0)).expect("a free port");
        Self::of(server.addrs()[0], server.disable_signals().run())
    }

    fn of(address: SocketAddr, server: dev::Server) -> Self {
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { origin: format!("http://{address}"), client: Client::new(), handle }
    }

    pub(crate) fn address(&self) -> &str {
        self.origin.trim_start_matches("http://")
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.origin))
    }

    /// The response to a GET with this token.
    pub(crate) async fn get(&self, path: &str, token: &str) -> Response {
        self.request(Method::GET, path).bearer_auth(token).send().await.expect("an answer")
    }

    /// The status of a GET with this token.
    pub(crate) async fn status(&self, path: &str, token: &str) -> u16 {
        self.get(path, token).await.status().as_u16()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// The reason code of a problem document.
pub(crate) async fn code(response: Response) -> String {
    let problem: serde_json::Value = response.json().await.expect("a problem");
    problem["code"].as_str().expect("a code").to_owned()
}

/// Lets rejections name the rule of a token or of a proof in the header `X-Rule`. Otherwise, only the log has it.
pub(crate) fn with_rules(builder: ValidatorBuilder) -> ValidatorBuilder {
    builder.on_rejection(|rejection, _| {
        let rule = match rejection.reason() {
            Reason::Proof(error) => error.code(),
            Reason::Token(error) => error.code(),
            reason => reason.code(),
        };
        let mut response = rejection.default_response();
        response.headers_mut().insert(HeaderName::from_static("x-rule"), HeaderValue::from_static(rule));
        response
    })
}

/// The rule that a response names, or "none".
pub(crate) fn rule(response: &Response) -> &str {
    header(response, "x-rule").unwrap_or("none")
}

/// One header of a response.
pub(crate) fn header<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    response.headers().get(name).map(|value| value.to_str().expect("text"))
}

/// The back-off after one failed request.
const BACK_OFF: Duration = Duration::from_secs(1);

/// A fault of an endpoint of the provider, and its effect.
pub(crate) struct Outage {
    pub(crate) fault: Fault,
    /// The time after the fault until the next request: the back-off of one failure, or `Retry-After`.
    pub(crate) wait: Duration,
    /// Part of the error in the status.
    pub(crate) cause: &'static str,
}

/// The faults that every endpoint can have, and those of one endpoint.
pub(crate) fn outages(of_one: impl IntoIterator<Item = (Fault, &'static str)>) -> Vec<Outage> {
    let limited = |retry_after| (Fault::TooManyRequests { retry_after }, "status 429");
    let common = [
        (Fault::Status(404), "status 404"),
        (Fault::Status(204), "status 204"),
        (Fault::Status(500), "status 500"),
        (Fault::Status(503), "status 503"),
        limited(None),
        limited(Some(Duration::from_secs(30))),
        (Fault::Hang, "did not answer in full within"),
        (Fault::SlowDrip { every: Duration::from_secs(3600) }, "did not answer in full within"),
        (Fault::Truncate, "can't be reached"),
        (Fault::Garbage, "did not answer with"),
        (Fault::Oversized { bytes: 2 * 1024 * 1024 }, "more than 1048576 bytes"),
        (Fault::Reset, "can't be reached"),
        (Fault::Redirect("https://example.com/elsewhere".into()), "status 302"),
        (Fault::Body("[]".into()), "did not answer with"),
    ];
    let outage = |(fault, cause)| {
        let wait = match &fault {
            Fault::TooManyRequests { retry_after: Some(retry_after) } => *retry_after,
            _ => BACK_OFF,
        };
        Outage { fault, wait, cause }
    };
    common.into_iter().chain(of_one).map(outage).collect()
}
