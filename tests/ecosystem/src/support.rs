//! Requests and a server.

use std::net::{SocketAddr, TcpListener};

use actix_web::body::MessageBody;
use actix_web::dev::{ServerHandle, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::test::TestRequest;
use actix_web::{App, Error, HttpServer};

/// A GET with this token.
pub(crate) fn get(path: &str, token: &str) -> TestRequest {
    TestRequest::get().uri(path).insert_header(("Authorization", format!("Bearer {token}")))
}

/// A GET without a token.
pub(crate) fn get_anonymously(path: &str) -> TestRequest {
    TestRequest::get().uri(path)
}

/// One header of a response.
pub(crate) fn header<'r, B>(response: &'r ServiceResponse<B>, name: &str) -> Option<&'r str> {
    response.headers().get(name).map(|value| value.to_str().expect("text"))
}

/// An app on a free port. Dropping it stops the server.
pub(crate) struct Server {
    address: SocketAddr,
    handle: ServerHandle,
}

impl Server {
    pub(crate) fn start<T, B>(app: impl Fn() -> App<T> + Clone + Send + 'static) -> Self
    where
        T: ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<B>, Error = Error, InitError = ()>
            + 'static,
        B: MessageBody + 'static,
    {
        Self::start_on(TcpListener::bind(("127.0.0.1", 0)).expect("a free port"), app)
    }

    pub(crate) fn start_on<T, B>(listener: TcpListener, app: impl Fn() -> App<T> + Clone + Send + 'static) -> Self
    where
        T: ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<B>, Error = Error, InitError = ()>
            + 'static,
        B: MessageBody + 'static,
    {
        let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).expect("a listening socket");
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { address, handle }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}
