//! The certificate of a client, from its TLS connection to this server (feature `mtls`).
//!
//! [`client_certificate`] is for `on_connect` of an [`HttpServer`](actix_web::HttpServer) with rustls. Together with
//! [`ClientCertificates::of_connection`](crate::config::ClientCertificates::of_connection), tokens that are bound to a certificate
//! (RFC 8705) are accepted from its holder.
//!
//! The guide: [certificates](https://docs.rs/okta-auth/latest/okta_auth/guide/certificates/index.html).

use std::any::Any;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;

use crate::jose::Thumbprint;

/// The certificate of the client of a connection: its SHA-256 thumbprint.
///
/// Only the thumbprint is kept. [`client_certificate`] makes it for rustls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientCertificate(Thumbprint);

impl ClientCertificate {
    /// The certificate with this DER encoding, for other TLS libraries than rustls: `on_connect` inserts it into the extensions of
    /// the connection. Use only a certificate whose key the client has proven to hold in the TLS handshake.
    ///
    /// ```
    /// use actix_web::dev::Extensions;
    /// use okta_auth_runtime::mtls::ClientCertificate;
    ///
    /// fn on_connect(der: Option<Vec<u8>>, extensions: &mut Extensions) {
    ///     if let Some(der) = der {
    ///         extensions.insert(ClientCertificate::from_der(&der));
    ///     }
    /// }
    /// # let _ = on_connect;
    /// ```
    pub fn from_der(der: &[u8]) -> Self {
        Self(Thumbprint::of_certificate(der))
    }

    pub(crate) fn thumbprint(&self) -> Thumbprint {
        self.0
    }
}

/// Stores the certificate of the client in the extensions of the connection, for `on_connect` of an
/// [`HttpServer`](actix_web::HttpServer) that `bind_rustls_0_23` binds. A connection of another kind, or without a certificate
/// of the client, has none.
///
/// The server must ask for certificates, such as with rustls' `WebPkiClientVerifier`. The verifier decides which certificates it
/// accepts, and checks that the client holds the key.
///
/// ```
/// use actix_web::{App, HttpServer};
/// use okta_auth_runtime::mtls::client_certificate;
///
/// let server = HttpServer::new(App::new).on_connect(client_certificate);
/// // server.bind_rustls_0_23(("0.0.0.0", 8443), config)
/// # drop(server);
/// ```
pub fn client_certificate(io: &dyn Any, extensions: &mut Extensions) {
    let stream = io.downcast_ref::<TlsStream<TcpStream>>();
    let certificates = stream.and_then(|stream| stream.get_ref().1.peer_certificates());
    // The first is that of the client (RFC 8446 section 4.4.2).
    if let Some(certificate) = certificates.and_then(|certificates| certificates.first()) {
        extensions.insert(ClientCertificate::from_der(certificate));
    }
}
