//! A protected and an unprotected handler on one worker, and a load generator on the same core.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;

use actix_web::dev::ServerHandle;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer, get};
use okta_auth::{Validator, login_required};

use crate::load::{Cost, Load, request};
use crate::proofs::Proofs;
use crate::rounds::median;
use crate::tokens::Tokens;

/// The number of requests in one turn. Turns with new tokens or proofs have fewer, because each must be signed first.
const REQUESTS: usize = 1_600;
const NEW: usize = 160;

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
    pub(crate) dpop: f64,
    /// Server CPU time in addition to the unprotected handler.
    pub(crate) cached_overhead: f64,
    pub(crate) new_overhead: f64,
    pub(crate) dpop_overhead: f64,
    /// Requests per second relative to the unprotected handler.
    pub(crate) throughput: f64,
}

/// Measures in interleaved rounds, with all threads on one core.
pub(crate) fn measure(tokens: &Tokens, proofs: &Proofs<'_>, rounds: usize) -> Http {
    let new: Vec<_> = (0..rounds).map(|_| bearer_requests(&tokens.many(NEW))).collect();
    let dpop: Vec<_> = (0..rounds).map(|_| dpop_requests(proofs)).collect();
    let cached = bearer_requests(&[tokens.good()]);
    let [validator, dpop_validator] = [tokens.validator(10_000), proofs.validator()];
    let measured: Vec<Round> = on_one_core(move || {
        let mut servers = Servers::new(&validator, &dpop_validator, &cached[0]);
        // Warms up.
        servers.open.turn(&cached, REQUESTS);
        servers.protected.turn(&cached, REQUESTS);
        let round = |(new, dpop): (&Vec<String>, &Vec<String>)| Round {
            open: servers.open.turn(&cached, REQUESTS),
            cached: servers.protected.turn(&cached, REQUESTS),
            new: servers.protected.turn(new, NEW),
            // The unprotected handler reads the same heads.
            open_dpop: servers.open.turn(dpop, NEW),
            dpop: servers.dpop.turn(dpop, NEW),
        };
        new.iter().zip(&dpop).map(round).collect()
    });
    let of = |value: fn(&Round) -> f64| median(measured.iter().map(value).collect());
    Http {
        open: of(|round| round.open.server),
        cached: of(|round| round.cached.server),
        new: of(|round| round.new.server),
        dpop: of(|round| round.dpop.server),
        cached_overhead: of(|round| round.cached.server - round.open.server),
        new_overhead: of(|round| round.new.server - round.open.server),
        dpop_overhead: of(|round| round.dpop.server - round.open_dpop.server),
        throughput: of(|round| round.open.wall / round.cached.wall),
    }
}

/// The turns of one round.
struct Round {
    open: Cost,
    cached: Cost,
    new: Cost,
    open_dpop: Cost,
    dpop: Cost,
}

/// Sends requests to one handler, for a profiler.
pub(crate) fn only(handler: &str, times: usize) {
    let tokens = Tokens::new();
    let proofs = Proofs::new(&tokens);
    let bearer = bearer_requests(&[tokens.good()]);
    let mut servers = Servers::new(&tokens.validator(10_000), &proofs.validator(), &bearer[0]);
    let (load, requests) = match handler {
        "open" => (&mut servers.open, bearer),
        "protected" => (&mut servers.protected, bearer),
        "dpop" => (&mut servers.dpop, (0..times).flat_map(|_| dpop_requests(&proofs)).take(times).collect()),
        other => panic!("{other:?} is not open, protected or dpop"),
    };
    println!("{:.0} ns of server CPU per request", load.turn(&requests, times).server);
}

fn bearer_requests(tokens: &[String]) -> Vec<String> {
    tokens.iter().map(|token| request(&format!("Authorization: Bearer {token}"))).collect()
}

/// Requests of one turn: the same token, and a new proof in each.
fn dpop_requests(proofs: &Proofs<'_>) -> Vec<String> {
    let head = |proof: String| request(&format!("Authorization: DPoP {}\r\nDPoP: {proof}", proofs.token()));
    (0..NEW).map(|_| head(proofs.good())).collect()
}

/// The load generators of the servers.
struct Servers {
    open: Load,
    protected: Load,
    /// Protected, and with DPoP.
    dpop: Load,
    _servers: [Server; 3],
}

impl Servers {
    fn new(validator: &Validator, dpop_validator: &Validator, first: &str) -> Self {
        let open = Server::start(|app| _ = app.service(unprotected), validator.clone());
        let protected = Server::start(|app| _ = app.service(guarded), validator.clone());
        let dpop = Server::start(|app| _ = app.service(guarded), dpop_validator.clone());
        let load = |server: &Server| Load::new(server.address, &server.worker, first);
        Self { open: load(&open), protected: load(&protected), dpop: load(&dpop), _servers: [open, protected, dpop] }
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
