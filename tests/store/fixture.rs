//! An app with a shared store, and a client with a bound token.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Once, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::rt::System;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer, Responder, get};
use okta_auth::config::{Dpop, SharedStore};
use okta_auth::{AuthContext, Claims, MaybeAuth, Validator, login_required};
use okta_auth_testing::{MockOkta, ProofBuilder, ProofKey};
use parking_lot::Mutex;
use tracing_subscriber::fmt::MakeWriter;

use crate::redis_server::DEADLINE;

pub(crate) const RESOURCE: &str = "https://api.example.com";

#[get("/orders")]
#[login_required]
async fn orders(user: AuthContext) -> impl Responder {
    user.subject().to_owned()
}

/// Authenticated three times: by the attribute and by each argument.
#[get("/again")]
#[login_required]
async fn again(_: AuthContext, _: AuthContext) -> impl Responder {
    "again"
}

/// Authenticated by each argument.
#[get("/together")]
async fn together(_: AuthContext, _: MaybeAuth, _: Claims<serde_json::Value>) -> impl Responder {
    "together"
}

fn routes(app: &mut ServiceConfig) {
    app.service(orders).service(again).service(together);
}

/// A store that has time on a busy machine, too.
pub(crate) fn store(url: impl Into<String>) -> SharedStore {
    SharedStore::builder(url).timeout(Duration::from_secs(10)).connect().expect("a store")
}

pub(crate) fn validator(okta: &MockOkta, store: Option<SharedStore>) -> Validator {
    let builder = okta.validator_builder().resource(RESOURCE).dpop(Dpop::accept());
    match store {
        Some(store) => builder.shared_store(store).build().expect("a validator"),
        None => builder.build().expect("a validator"),
    }
}

/// An instance of the app with a store of its own.
pub(crate) fn instance(okta: &MockOkta, store: SharedStore) -> Server {
    serve(validator(okta, Some(store)))
}

/// An app on a runtime of its own, so that a test can block. Dropping it stops the server.
pub(crate) struct Server {
    address: String,
    handle: ServerHandle,
}

impl Server {
    pub(crate) fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

pub(crate) fn serve(validator: Validator) -> Server {
    let (started, server) = mpsc::channel();
    thread::spawn(move || {
        System::new().block_on(async move {
            let app = move || App::new().app_data(validator.clone()).configure(routes);
            let server = HttpServer::new(app).workers(2).disable_signals().bind(("127.0.0.1", 0)).expect("a free port");
            let address = server.addrs().first().expect("an address").to_string();
            let server = server.run();
            started.send(Server { address, handle: server.handle() }).expect("the test");
            server.await.expect("the server ends");
        });
    });
    server.recv().expect("a server")
}

/// The status and the head of an answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

/// A client with a key and a token that is bound to it.
pub(crate) struct Client<'o> {
    okta: &'o MockOkta,
    key: ProofKey,
    pub(crate) token: String,
}

impl<'o> Client<'o> {
    pub(crate) fn new(okta: &'o MockOkta) -> Self {
        let key = ProofKey::new();
        let token = okta.token().bound_to(&key).sign();
        Self { okta, key, token }
    }

    pub(crate) fn build_proof(&self) -> ProofBuilder {
        self.okta.proof(&self.key).method("GET").url(format!("{RESOURCE}/orders")).access_token(&self.token)
    }

    pub(crate) fn proof_for(&self, path: &str) -> String {
        self.build_proof().url(format!("{RESOURCE}{path}")).sign()
    }

    pub(crate) fn proof(&self) -> String {
        self.build_proof().sign()
    }

    pub(crate) fn send(&self, server: &Server, proof: &str) -> Answer {
        self.send_to(server, "/orders", proof)
    }

    pub(crate) fn send_to(&self, server: &Server, path: &str, proof: &str) -> Answer {
        send(server.address(), path, &format!("DPoP {}", self.token), Some(proof))
    }

    /// Sends new proofs until one is accepted. Returns the statuses before.
    pub(crate) fn send_until_accepted(&self, server: &Server) -> Vec<u16> {
        let start = Instant::now();
        let mut before = Vec::new();
        loop {
            match self.send(server, &self.proof()).status {
                200 => return before,
                status => before.push(status),
            }
            assert!(start.elapsed() < DEADLINE, "not accepted: {}", whole_log());
        }
    }
}

/// The answer to a GET.
pub(crate) fn send(address: &str, path: &str, authorization: &str, proof: Option<&str>) -> Answer {
    let mut connection = TcpStream::connect(address).expect("a connection");
    connection.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    let proof = proof.map(|proof| format!("DPoP: {proof}\r\n")).unwrap_or_default();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: {authorization}\r\n{proof}\r\n"
    );
    connection.write_all(request.as_bytes()).expect("the request");
    let mut text = String::new();
    connection.read_to_string(&mut text).expect("an answer");
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Answer { status, text }
}

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

#[derive(Clone, Copy)]
struct Log;

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        *self
    }
}

/// Collects the log of the process. The lines of a store name its port.
pub(crate) fn record_log() {
    static RECORDED: Once = Once::new();
    RECORDED.call_once(|| {
        tracing_subscriber::fmt().with_writer(Log).with_ansi(false).with_max_level(tracing::Level::DEBUG).init();
    });
}

/// Whether a line at this level about the store on this port has the text.
pub(crate) fn is_logged(port: u16, level: &str, text: &str) -> bool {
    log_of(port).iter().any(|line| line.contains(level) && line.contains(text))
}

pub(crate) fn log_of(port: u16) -> Vec<String> {
    let log = String::from_utf8_lossy(&LOG.lock()).into_owned();
    log.lines().filter(|line| line.contains(&format!("127.0.0.1:{port}/"))).map(str::to_owned).collect()
}

pub(crate) fn whole_log() -> String {
    String::from_utf8_lossy(&LOG.lock()).into_owned()
}
