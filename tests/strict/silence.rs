//! What must never be shown appears nowhere: the whole corpus, with every log line of every level read.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use actix_web::http::header::HeaderValue;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, Responder, get};
use okta_auth::{AuthContext, StatusMapping, login_required};
use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;

use crate::bench::{Bench, MARK, Trust};
use crate::corpus::{ACCEPTED, Case, all};

/// Everything that was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Takes what was logged since the last call.
    fn take(&self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut *self.0.lock().expect("the log"))).into_owned()
    }

    /// Logs this thread at trace level from now on.
    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_max_level(tracing::Level::TRACE);
        tracing::subscriber::set_default(subscriber.with_writer(self.clone()).finish())
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("the log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// What no text of ours may hold.
struct Secrets {
    /// Marked claims, the modulus, and what a PEM begins with.
    always: Vec<String>,
}

impl Secrets {
    fn new(bench: &Bench) -> Self {
        let jwk: Value = bench.okta.signing_key().jwk();
        let modulus = jwk["n"].as_str().expect("text");
        Self { always: vec![MARK.to_owned(), modulus[..24].to_owned(), modulus[100..124].to_owned(), "BEGIN ".into()] }
    }

    /// That `text` shows neither these nor the token: no segment of it, no 24 characters of one.
    fn assert_absent(&self, text: &str, case: &Case, place: &str) {
        for secret in &self.always {
            assert!(!text.contains(secret.as_str()), "{place} of {:?} shows {secret:?}:\n{text}", case.name);
        }
        // A kid is shown, and some of the corpus are as long as a segment: it is the encoded segments that are secret.
        for segment in case.token.split('.').filter(|segment| segment.len() >= 24 && segment.is_ascii()) {
            for start in (0..=segment.len() - 24).step_by(segment.len().div_ceil(16).max(1)) {
                let part = &segment[start..start + 24];
                assert!(!text.contains(part), "{place} of {:?} shows {part:?} of the token:\n{text}", case.name);
            }
        }
    }
}

#[tokio::test]
async fn no_log_line_error_or_debug_shows_a_secret() {
    let log = Log::default();
    let _guard = log.listen();
    let bench = Bench::new();
    let secrets = Secrets::new(&bench);
    let mut lines = 0;
    for case in all(&bench) {
        let validator = bench.validator(case.trust);
        let outcome = validator.validate(&case.token).await;
        let shown = match &outcome {
            Ok(user) => format!("{user:?} {user:#?} {validator:?}"),
            Err(error) => format!("{error} {error:?} {error:#?}"),
        };
        secrets.assert_absent(&shown, &case, "the outcome");
        assert!(shown.chars().all(|character| character == '\n' || !character.is_control()), "{shown:?}");
        let explanation = validator.explain(&case.token).await;
        secrets.assert_absent(&format!("{explanation} {explanation:?}"), &case, "the explanation");
        let logged = log.take();
        lines += logged.lines().count();
        secrets.assert_absent(&ours(&logged), &case, "the log");
    }
    assert!(lines > 0, "nothing was logged, so nothing was tested");
}

/// The lines of this project. Those of the HTTP library show what was fetched.
fn ours(log: &str) -> String {
    log.lines().filter(|line| line.contains("okta_auth")).collect::<Vec<_>>().join("\n")
}

#[get("/")]
#[login_required]
async fn route(user: AuthContext) -> impl Responder {
    let _ = user;
    "in"
}

#[actix_web::test]
async fn no_response_shows_a_secret_and_none_is_a_5xx() {
    let log = Log::default();
    let _guard = log.listen();
    let bench = Bench::new();
    let secrets = Secrets::new(&bench);
    let mut refusals = 0;
    for mapping in [StatusMapping::Decorator, StatusMapping::Rfc6750] {
        let validator = bench.okta.validator_builder().status_mapping(mapping).build().expect("a validator");
        let app = init_service(App::new().app_data(validator).service(route)).await;
        for case in all(&bench).into_iter().filter(|case| case.trust == Trust::Default) {
            // Spaces around a header's value are no part of it (RFC 9110 section 5.5).
            if case.token.trim() != case.token {
                continue;
            }
            // What no header can hold is not sent.
            let Ok(mut header) = HeaderValue::from_bytes(format!("Bearer {}", case.token).as_bytes()) else { continue };
            header.set_sensitive(true);
            let request = TestRequest::get().uri("/").insert_header(("authorization", header)).to_request();
            let response = call_service(&app, request).await;
            let status = response.status().as_u16();
            assert_eq!(status == 200, case.expected == ACCEPTED, "{}: {status}", case.name);
            assert!(status < 500, "{}: {status}", case.name);
            let challenge = response.headers().get("www-authenticate").is_some();
            assert!(status == 200 || challenge, "{}: no challenge", case.name);
            refusals += usize::from(status != 200);
            let headers = format!("{:?}", response.headers());
            let body = actix_web::test::read_body(response).await;
            secrets.assert_absent(&format!("{headers} {}", String::from_utf8_lossy(&body)), &case, "the response");
            secrets.assert_absent(&ours(&log.take()), &case, "the log of a request");
        }
    }
    assert!(refusals > 4000, "{refusals} refusals");
}
