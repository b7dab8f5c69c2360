//! TLS to a store: `rediss://`.
//!
//! Not that of the crate `redis`. It needs a process-wide crypto provider of rustls and panics if that is ambiguous, which is up
//! to the other crates of a program.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// A connection, with or without TLS.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

pub(super) use backend::{Roots, connect};

#[cfg(feature = "rustls")]
mod backend {
    use std::sync::Arc;

    use rustls::crypto::{CryptoProvider, aws_lc_rs};
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, ServerName};
    use rustls::{ClientConfig, RootCertStore};
    use rustls_platform_verifier::BuilderVerifierExt as _;
    use tokio_rustls::TlsConnector;

    use super::{Stream, TcpStream, io};

    /// The only certificates that are trusted.
    #[derive(Clone)]
    pub(in super::super) struct Roots(Arc<RootCertStore>);

    impl Roots {
        /// `None` without a certificate.
        pub(in super::super) fn parse(pem: &[u8]) -> Option<Self> {
            let mut roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(pem) {
                roots.add(certificate.ok()?).ok()?;
            }
            (!roots.is_empty()).then(|| Self(Arc::new(roots)))
        }
    }

    pub(in super::super) async fn connect(
        tcp: TcpStream,
        host: &str,
        roots: Option<&Roots>,
    ) -> io::Result<Box<dyn Stream>> {
        // As reqwest does.
        let provider =
            CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(aws_lc_rs::default_provider()));
        let config = ClientConfig::builder_with_provider(provider);
        let config = config.with_safe_default_protocol_versions().map_err(io::Error::other)?;
        let config = match roots {
            None => config.with_platform_verifier().map_err(io::Error::other)?,
            Some(Roots(roots)) => config.with_root_certificates(Arc::clone(roots)),
        };
        let connector = TlsConnector::from(Arc::new(config.with_no_client_auth()));
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        Ok(Box::new(connector.connect(name, tcp).await?))
    }
}

#[cfg(not(feature = "rustls"))]
mod backend {
    use tokio_native_tls::TlsConnector;
    use tokio_native_tls::native_tls::{self, Certificate};

    use super::{Stream, TcpStream, io};

    const END: &str = "-----END CERTIFICATE-----";

    /// The only certificates that are trusted.
    #[derive(Clone)]
    pub(in super::super) struct Roots(Vec<Certificate>);

    impl Roots {
        /// `None` without a certificate.
        pub(in super::super) fn parse(pem: &[u8]) -> Option<Self> {
            let blocks = std::str::from_utf8(pem).ok()?.split_inclusive(END);
            let certificates = blocks.filter(|block| block.ends_with(END));
            let certificates: Result<Vec<_>, _> =
                certificates.map(|block| Certificate::from_pem(block.trim().as_bytes())).collect();
            certificates.ok().filter(|certificates| !certificates.is_empty()).map(Self)
        }
    }

    pub(in super::super) async fn connect(
        tcp: TcpStream,
        host: &str,
        roots: Option<&Roots>,
    ) -> io::Result<Box<dyn Stream>> {
        let mut config = native_tls::TlsConnector::builder();
        if let Some(Roots(roots)) = roots {
            config.disable_built_in_roots(true);
            roots.iter().for_each(|root| _ = config.add_root_certificate(root.clone()));
        }
        let connector = TlsConnector::from(config.build().map_err(io::Error::other)?);
        Ok(Box::new(connector.connect(host, tcp).await.map_err(io::Error::other)?))
    }
}
