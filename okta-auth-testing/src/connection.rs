//! The connection of a request.

use std::any::Any;
use std::time::Duration;

use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use socket2::{SockRef, Socket};

/// A second handle to the socket of a connection.
pub(crate) struct Connection(Socket);

impl Connection {
    /// Ends the connection with TCP RST instead of FIN.
    pub(crate) fn reset_at_end(&self) {
        let _ = self.0.set_linger(Some(Duration::ZERO));
    }
}

pub(crate) fn keep_socket(stream: &dyn Any, extensions: &mut Extensions) {
    let socket = stream.downcast_ref::<TcpStream>().map(|stream| SockRef::from(stream).try_clone());
    if let Some(Ok(socket)) = socket {
        extensions.insert(Connection(socket));
    }
}
