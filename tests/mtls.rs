//! Tokens that are bound to the certificate of a TLS connection (RFC 8705): real TLS on loopback.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::ServerHandle;
use actix_web::rt::net::TcpStream;
use actix_web::{App, HttpServer, Responder, get};
use okta_auth::config::ClientCertificates;
use okta_auth::mtls::client_certificate;
use okta_auth::{AuthContext, Validator, login_required};
use okta_auth_testing::{MockOkta, client_cert_header};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::{Certificate, Client, ClientBuilder, Identity, Response, Version};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ServerConfig, WebPkiClientVerifier};
use rustls::{HandshakeKind, RootCertStore};

#[get("/orders")]
#[login_required]
async fn orders(user: AuthContext) -> impl Responder {
    user.subject().to_owned()
}

/// An authority that issues the certificates of one test.
struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key.
struct Issued {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    fn issue(&self, name: &str) -> Issued {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new([name.to_owned()]).expect("parameters");
        Issued { certificate: params.signed_by(&key, &self.0).expect("a certificate"), key }
    }

    /// A client with this certificate, or with none.
    fn client(&self, identity: Option<&Issued>) -> Client {
        self.client_builder(identity).build().expect("a client")
    }

    fn client_builder(&self, identity: Option<&Issued>) -> ClientBuilder {
        let root = Certificate::from_der(self.0.der()).expect("a certificate");
        let client = Client::builder().no_proxy().tls_backend_rustls().tls_certs_only([root]);
        let identity = identity.map(|issued| {
            let pem = issued.key.serialize_pem() + &issued.certificate.pem();
            Identity::from_pem(pem.as_bytes()).expect("an identity")
        });
        identity.into_iter().fold(client, ClientBuilder::identity)
    }

    /// TLS that asks clients for a certificate of this authority, and accepts clients without one.
    fn server_config(&self) -> ServerConfig {
        let provider = Arc::new(default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).expect("a root");
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(&provider));
        let verifier = verifier.allow_unauthenticated().build().expect("a verifier");
        let Issued { certificate, key } = self.issue("localhost");
        let chain = vec![CertificateDer::from(certificate)];
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("versions").with_client_cert_verifier(verifier);
        config.with_single_cert(chain, key).expect("a configuration")
    }
}

/// A server with TLS, or without it. Dropping it stops the server.
struct Server {
    port: u16,
    handle: ServerHandle,
    connections: Arc<AtomicUsize>,
    resumed: Arc<AtomicUsize>,
}

impl Server {
    fn start(validator: Validator, tls: Option<ServerConfig>) -> Self {
        let [connections, resumed] = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
        let counters = [&connections, &resumed].map(Arc::clone);
        let server = HttpServer::new(move || App::new().app_data(validator.clone()).service(orders));
        let server = server.workers(1).on_connect(move |io, extensions| {
            let stream = io.downcast_ref::<TlsStream<TcpStream>>();
            let is_resumed =
                stream.is_some_and(|stream| stream.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed));
            for (counter, add) in counters.iter().zip([1, usize::from(is_resumed)]) {
                counter.fetch_add(add, Ordering::Relaxed);
            }
            client_certificate(io, extensions);
        });
        let address = ("127.0.0.1", 0);
        let server = match tls {
            Some(config) => server.bind_rustls_0_23(address, config),
            None => server.bind(address),
        };
        let server = server.expect("a free port");
        let port = server.addrs()[0].port();
        let server = server.disable_signals().run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { port, handle, connections, resumed }
    }

    async fn get(&self, client: &Client, scheme: &str, token: &str) -> Response {
        let url = format!("{scheme}://localhost:{}/orders", self.port);
        client.get(url).bearer_auth(token).send().await.expect("an answer")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

fn validator(okta: &MockOkta, certificates: ClientCertificates) -> Validator {
    okta.validator_builder().client_certificates(certificates).build().expect("a validator")
}

#[actix_web::test]
async fn certificate_of_the_connection_lets_its_client_in() {
    let (okta, authority) = (MockOkta::start(), Authority::new());
    let server = Server::start(validator(&okta, ClientCertificates::of_connection()), Some(authority.server_config()));
    let [alice, mallory] = ["alice", "mallory"].map(|name| authority.issue(name));
    let bound = okta.token().bound_to_certificate(alice.certificate.der()).sign();
    let unbound = okta.token().sign();
    for (identity, for_bound) in [(Some(&alice), 200), (Some(&mallory), 403), (None, 403)] {
        let client = authority.client(identity);
        // The token is in the cache after the first request of Alice.
        for _ in 0..2 {
            assert_eq!(server.get(&client, "https", &bound).await.status(), for_bound);
            assert_eq!(server.get(&client, "https", &unbound).await.status(), 200);
        }
    }
    // The header is not read, whatever it says.
    let header = client_cert_header(alice.certificate.der());
    for identity in [Some(&mallory), None] {
        let url = format!("https://localhost:{}/orders", server.port);
        let request = authority.client(identity).get(url).bearer_auth(&bound).header("Client-Cert", &header);
        assert_eq!(request.send().await.expect("an answer").status(), 403);
    }
}

#[actix_web::test]
async fn connection_keeps_its_certificate() {
    let (okta, authority) = (MockOkta::start(), Authority::new());
    let alice = authority.issue("alice");
    let token = okta.token().bound_to_certificate(alice.certificate.der()).sign();
    let foreign = okta.token().bound_to_certificate("another").sign();
    let builder = || authority.client_builder(Some(&alice));
    for (client, version) in [(builder().http1_only(), Version::HTTP_11), (builder(), Version::HTTP_2)] {
        let server =
            Server::start(validator(&okta, ClientCertificates::of_connection()), Some(authority.server_config()));
        let client = client.build().expect("a client");
        for (token, status) in [(&token, 200), (&foreign, 403), (&token, 200), (&token, 200)] {
            let response = server.get(&client, "https", token).await;
            assert_eq!((response.status().as_u16(), response.version()), (status, version));
            response.bytes().await.expect("a body");
        }
        assert_eq!(server.connections.load(Ordering::Relaxed), 1, "{version:?}");
    }
}

/// The session of a client that returns has its certificate.
#[actix_web::test]
async fn resumed_session_keeps_its_certificate() {
    let (okta, authority) = (MockOkta::start(), Authority::new());
    let server = Server::start(validator(&okta, ClientCertificates::of_connection()), Some(authority.server_config()));
    let alice = authority.issue("alice");
    let token = okta.token().bound_to_certificate(alice.certificate.der()).sign();
    let client = authority.client_builder(Some(&alice)).http1_only().pool_max_idle_per_host(0);
    let client = client.build().expect("a client");
    for _ in 0..3 {
        assert_eq!(server.get(&client, "https", &token).await.status(), 200);
    }
    assert_eq!(server.connections.load(Ordering::Relaxed), 3);
    assert_eq!(server.resumed.load(Ordering::Relaxed), 2);
}

#[actix_web::test]
async fn connection_without_tls_has_no_certificate() {
    let (okta, authority) = (MockOkta::start(), Authority::new());
    let server = Server::start(validator(&okta, ClientCertificates::of_connection()), None);
    let token = okta.token().bound_to_certificate(authority.issue("alice").certificate.der()).sign();
    let client = authority.client(None);
    assert_eq!(server.get(&client, "http", &token).await.status(), 403);
    assert_eq!(server.get(&client, "http", &okta.token().sign()).await.status(), 200);
}

/// Behind a proxy with mutual TLS, the certificate of the connection is the proxy's.
#[actix_web::test]
async fn certificate_of_the_proxy_is_not_the_clients() {
    let (okta, authority) = (MockOkta::start(), Authority::new());
    let certificates = ClientCertificates::header("Client-Cert").trusted_proxy("127.0.0.1");
    let server = Server::start(validator(&okta, certificates), Some(authority.server_config()));
    let proxy = authority.issue("proxy");
    let client = authority.client(Some(&proxy));
    let of_proxy = okta.token().bound_to_certificate(proxy.certificate.der()).sign();
    let of_alice = okta.token().bound_to_certificate("alice").sign();
    assert_eq!(server.get(&client, "https", &of_proxy).await.status(), 403);
    let url = format!("https://localhost:{}/orders", server.port);
    for (token, status) in [(&of_alice, 200), (&of_proxy, 403)] {
        let request = client.get(&url).bearer_auth(token).header("Client-Cert", client_cert_header("alice"));
        assert_eq!(request.send().await.expect("an answer").status(), status);
    }
}
