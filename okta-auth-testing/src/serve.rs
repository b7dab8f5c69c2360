//! The thread of the server.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::KeepAlive;
use actix_web::middleware::from_fn;
use actix_web::rt::System;
use actix_web::{App, HttpServer, web};

use crate::connection;
use crate::cors;
use crate::endpoints;
use crate::fault_middleware;
use crate::host;
use crate::state::MockState;

/// A thread with an actix system and a server with one worker. Dropping it stops the server.
#[derive(Debug)]
pub(crate) struct ServerThread {
    handle: ServerHandle,
    runtime: tokio::runtime::Handle,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl ServerThread {
    /// Returns when the server accepts connections.
    pub(crate) fn spawn(listener: TcpListener, state: Arc<MockState>) -> io::Result<Self> {
        let (started, start) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("mock-okta".to_owned())
            .spawn(move || System::new().block_on(serve(listener, state, started)))?;
        match start.recv() {
            Ok((handle, runtime)) => Ok(Self { handle, runtime, thread: Some(thread) }),
            Err(_) => Err(match thread.join() {
                Ok(Err(error)) => error,
                _ => io::Error::other("the server's thread died"),
            }),
        }
    }

    /// The runtime of the thread.
    pub(crate) fn runtime(&self) -> &tokio::runtime::Handle {
        &self.runtime
    }
}

impl Drop for ServerThread {
    fn drop(&mut self) {
        // `stop` sends the command at once; its future only waits for the result. `false` does not wait for requests,
        // which may hang.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(
    listener: TcpListener,
    state: Arc<MockState>,
    started: mpsc::Sender<(ServerHandle, tokio::runtime::Handle)>,
) -> io::Result<()> {
    let state = web::Data::from(state);
    let server = HttpServer::new(move || {
        let extra_routes = |app: &mut web::ServiceConfig| {
            if let Some(routes) = &state.settings.extra_routes {
                routes.add_to(app);
            }
        };
        App::new()
            .app_data(state.clone())
            .wrap(from_fn(cors::allow_loopback_origins))
            .wrap(from_fn(fault_middleware::inject))
            .wrap(from_fn(host::reject_other_hosts))
            .configure(extra_routes)
            .configure(endpoints::configure)
    })
    .workers(1)
    .disable_signals()
    // One request per connection, so that no connection outlives `go_down`.
    .keep_alive(KeepAlive::Disabled)
    .client_request_timeout(Duration::ZERO)
    .on_connect(connection::keep_socket)
    .listen(listener)?
    .run();
    // An error means that `spawn` is gone, which happens only if its thread panicked.
    let _ = started.send((server.handle(), tokio::runtime::Handle::current()));
    server.await
}
