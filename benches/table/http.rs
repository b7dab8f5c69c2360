//! A protected and an unprotected handler on one worker, and a load generator on the same core.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;

use actix_web::dev::ServerHandle;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer, get};
use okta_auth::{Validator, login_required};

use crate::load::{Cost, Load};
use crate::rounds::median;
use crate::tokens::Tokens;

/// The number of requests in one turn. Turns with new tokens have fewer, because each token must be signed first.
const REQUESTS: usize = 1_600;
const NEW_TOKENS: usize = 160;

#[get("/hello")]
async fn unprotected() -> &'static str {
    "hello"
}

#[get("/hello")]
#[login_required]
async fn guarded() -> &'static str {
    "hello"
}

/// A server with one worker and one handler.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// The file with the worker's CPU time.
    pub(crate) worker: PathBuf,
    handle: ServerHandle,
}

impl Server {
    fn start(routes: fn(&mut ServiceConfig), validator: Validator) -> Self {
        let (started, on_start) = mpsc::channel();
        let (worker, on_worker) = mpsc::channel();
        thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let app = move || {
                    worker.send(std::fs::read_link("/proc/thread-self")).ok();
                    App::new().app_data(validator.clone()).configure(routes)
                };
                let server = HttpServer::new(app).workers(1).bind(("127.0.0.1", 0)).expect("a free port");
                let address = server.addrs()[0];
                let server = server.disable_signals().run();
                started.send((address, server.handle())).expect("the starter waits");
                server.await.expect("served");
            });
        });
        let (address, handle) = on_start.recv().expect("started");
        let worker = on_worker.recv().expect("a worker").expect("Linux");
        Self { address, worker: PathBuf::from("/proc").join(worker).join("schedstat"), handle }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// Medians, in nanoseconds per request.
pub(crate) struct Http {
    pub(crate) open: f64,
    pub(crate) cached: f64,
    pub(crate) new: f64,
    /// Server CPU time in addition to the unprotected handler.
    pub(crate) cached_overhead: f64,
    pub(crate) new_overhead: f64,
    /// Requests per second relative to the unprotected handler.
    pub(crate) throughput: f64,
}

/// Measures in interleaved rounds, with all threads on one core.
pub(crate) fn measure(tokens: &Tokens, rounds: usize) -> Http {
    let new: Vec<Vec<String>> = (0..rounds).map(|_| tokens.many(NEW_TOKENS)).collect();
    let cached = [tokens.good()];
    let validator = tokens.validator(10_000);
    let measured: Vec<[Cost; 3]> = on_one_core(move || {
        let mut servers = Servers::new(&validator);
        // Warms up.
        servers.open.turn(&cached, REQUESTS);
        servers.protected.turn(&cached, REQUESTS);
        let round = |new: &Vec<String>| {
            let open = servers.open.turn(&cached, REQUESTS);
            [open, servers.protected.turn(&cached, REQUESTS), servers.protected.turn(new, NEW_TOKENS)]
        };
        new.iter().map(round).collect()
    });
    let of = |value: fn(&[Cost; 3]) -> f64| median(measured.iter().map(value).collect());
    Http {
        open: of(|[open, ..]| open.server),
        cached: of(|[_, cached, _]| cached.server),
        new: of(|[.., new]| new.server),
        cached_overhead: of(|[open, cached, _]| cached.server - open.server),
        new_overhead: of(|[open, _, new]| new.server - open.server),
        throughput: of(|[open, cached, _]| open.wall / cached.wall),
    }
}

/// Sends requests to one handler, for a profiler.
pub(crate) fn only(handler: &str, times: usize) {
    let tokens = Tokens::new();
    let mut servers = Servers::new(&tokens.validator(10_000));
    let load = match handler {
        "open" => &mut servers.open,
        "protected" => &mut servers.protected,
        other => panic!("{other:?} is neither open nor protected"),
    };
    println!("{:.0} ns of server CPU per request", load.turn(&[tokens.good()], times).server);
}

/// The load generators of both servers.
struct Servers {
    open: Load,
    protected: Load,
    _servers: [Server; 2],
}

impl Servers {
    fn new(validator: &Validator) -> Self {
        let open = Server::start(|app| _ = app.service(unprotected), validator.clone());
        let protected = Server::start(|app| _ = app.service(guarded), validator.clone());
        let load = |server: &Server| Load::new(server.address, &server.worker);
        Self { open: load(&open), protected: load(&protected), _servers: [open, protected] }
    }
}

/// Runs `work` on one core. Threads inherit the CPU affinity of the thread that starts them.
fn on_one_core<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let core = core_affinity::get_core_ids().and_then(|cores| cores.last().copied());
    thread::scope(|scope| {
        let pinned = scope.spawn(move || {
            if !core.is_some_and(core_affinity::set_for_current) {
                eprintln!("the threads of the HTTP benchmark could not be put on one core");
            }
            work()
        });
        pinned.join().expect("measured")
    })
}
