//! The source of client certificates.

use std::net::IpAddr;

use actix_web::http::header::HeaderName;
use ipnet::{IpNet, Ipv4Net};

use crate::error::{ConfigProblem, Excerpt, Setting};
use crate::sender::{CertificateFormat, CertificateHeader, CertificateSource};

const HEADER_EXAMPLE: &str = "Client-Cert";
const PROXY_EXAMPLE: &str = "10.0.0.0/8";

/// Headers that mean something else. Those at the end carry certificates, in other formats.
const OTHER_HEADERS: [&str; 12] = [
    "authorization",
    "connection",
    "cookie",
    "dpop",
    "forwarded",
    "host",
    "proxy-authorization",
    "transfer-encoding",
    "user-agent",
    "x-forwarded-for",
    "client-cert-chain",
    "x-forwarded-client-cert",
];

/// The source of client certificates, for tokens that are bound to one (RFC 8705).
///
/// A token whose `cnf` has `x5t#S256` is accepted only if the client's certificate has this SHA-256 thumbprint. Only one source
/// is read. okta-auth compares the certificate with the token and does not check its issuer or its dates: the TLS handshake has
/// proven that the client holds the key.
///
/// **The proxy must remove the header from the requests of clients.** Otherwise, a client can send the certificate of another one.
///
/// The guide: [certificates](https://docs.rs/okta-auth/latest/okta_auth/guide/certificates/index.html).
///
/// ```
/// use okta_auth_runtime::Validator;
/// use okta_auth_runtime::config::ClientCertificates;
///
/// let validator = Validator::builder()
///     .issuer("https://dev-123456.okta.com/oauth2/default")
///     .audience("api://default")
///     .any_client()
///     .client_certificates(ClientCertificates::header("Client-Cert").trusted_proxy("10.0.0.0/8"))
///     .build()?;
/// # drop(validator);
/// # Ok::<(), okta_auth_runtime::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ClientCertificates {
    #[cfg(feature = "mtls")]
    of_connection: bool,
    header: String,
    proxies: Vec<String>,
    format: CertificateFormat,
}

impl ClientCertificates {
    /// The header of a trusted proxy, as a Byte Sequence (RFC 9440): `:base64:`. Its usual name is `Client-Cert`. Needs a
    /// [`trusted_proxy`](Self::trusted_proxy).
    ///
    /// A request with more than one such header, with another format, or with more than 16 KiB has no certificate.
    pub fn header(name: impl Into<String>) -> Self {
        Self {
            #[cfg(feature = "mtls")]
            of_connection: false,
            header: name.into(),
            proxies: Vec::new(),
            format: CertificateFormat::Rfc9440,
        }
    }

    /// The TLS connection to this server (feature `mtls`). [`client_certificate`](crate::mtls::client_certificate) reads its
    /// certificate. No header is read. This is not for a server behind a proxy, where the certificate is that of the proxy.
    ///
    /// Without `client_certificate` in `on_connect`, no request has a certificate.
    #[cfg(feature = "mtls")]
    pub fn of_connection() -> Self {
        Self { of_connection: true, ..Self::header("") }
    }

    /// Trusts the header of this peer: an address such as `10.0.0.5`, or a CIDR block such as `10.0.0.0/8`. Call again for more.
    ///
    /// The peer is the address of the connection, never one that a header names. An IPv4-mapped IPv6 address counts as IPv4.
    /// The header of any other peer is ignored. The first such header produces a warning. A peer on a Unix socket has no address
    /// and is never trusted.
    ///
    /// All addresses (`0.0.0.0/0`, `::/0`) are an error: any client that reaches this server could then send any certificate.
    pub fn trusted_proxy(mut self, proxy: impl Into<String>) -> Self {
        self.proxies.push(proxy.into());
        self
    }

    /// The header has the certificate as percent-encoded PEM instead, as nginx (`$ssl_client_escaped_cert`), AWS
    /// (`X-Amzn-Mtls-Clientcert`, `X-Amzn-Mtls-Clientcert-Leaf`) and Envoy (`%DOWNSTREAM_PEER_CERT%`) send it. Of several
    /// certificates, the first is that of the client. Certificates with a comma between them, as in two headers that a proxy has
    /// joined, are none.
    pub fn url_encoded_pem(mut self) -> Self {
        self.format = CertificateFormat::UrlEncodedPem;
        self
    }

    /// The source. Adds all problems to `problems`, with each setting named by `name`.
    pub(super) fn check(
        self,
        name: impl Fn(&str) -> Setting,
        problems: &mut Vec<ConfigProblem>,
    ) -> Option<CertificateSource> {
        let (setting, proxy_setting) = (name("client_certificates"), name("trusted_proxy"));
        #[cfg(feature = "mtls")]
        if self.of_connection {
            return self.connection(setting, proxy_setting).map_err(|problem| problems.push(problem)).ok();
        }
        if self.proxies.is_empty() {
            let example = "10.0.0.0/8 (the header with certificates needs it)";
            problems.push(ConfigProblem::Missing { setting: proxy_setting.clone(), example });
        }
        let header = parse_header(setting, &self.header).map_err(|problem| problems.push(problem)).ok();
        let before = problems.len();
        let proxies = self.proxies.iter().map(|proxy| parse_proxy(&proxy_setting, proxy));
        let proxies: Vec<IpNet> =
            proxies.filter_map(|proxy| proxy.map_err(|problem| problems.push(problem)).ok()).collect();
        if problems.len() > before || proxies.is_empty() {
            return None;
        }
        Some(CertificateSource::Header(CertificateHeader::new(header?, self.format, proxies)))
    }

    #[cfg(feature = "mtls")]
    fn connection(&self, setting: Setting, proxies: Setting) -> Result<CertificateSource, ConfigProblem> {
        let advice = "the certificate of the connection comes without a header";
        match self.format {
            CertificateFormat::Rfc9440 if self.proxies.is_empty() => Ok(CertificateSource::Connection),
            CertificateFormat::Rfc9440 => Err(ConfigProblem::Contradiction { setting, other: proxies, advice }),
            CertificateFormat::UrlEncodedPem => {
                let other = Setting::method("url_encoded_pem");
                Err(ConfigProblem::Contradiction { setting, other, advice })
            }
        }
    }
}

fn parse_header(setting: Setting, name: &str) -> Result<HeaderName, ConfigProblem> {
    if name.is_empty() {
        return Err(ConfigProblem::Empty { setting, example: HEADER_EXAMPLE });
    }
    let found = Excerpt::new(name);
    let unexpected = |expected| ConfigProblem::Unexpected { setting, found, expected };
    match HeaderName::try_from(name) {
        Err(_) => Err(unexpected("the name of a header, such as Client-Cert")),
        Ok(header) if OTHER_HEADERS.contains(&header.as_str()) => {
            Err(unexpected("a header that has only the certificate of the client, such as Client-Cert"))
        }
        Ok(header) => Ok(header),
    }
}

/// An address or a block. One of IPv4-mapped addresses becomes one of IPv4.
pub(super) fn parse_proxy(setting: &Setting, text: &str) -> Result<IpNet, ConfigProblem> {
    let (setting, found) = (setting.clone(), Excerpt::new(text));
    if text.is_empty() {
        return Err(ConfigProblem::Empty { setting, example: PROXY_EXAMPLE });
    }
    let block = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let Ok(block) = block.map(unmapped) else {
        let expected = "addresses or CIDR blocks, such as 10.0.0.0/8";
        return Err(ConfigProblem::Unexpected { setting, found, expected });
    };
    if block.prefix_len() == 0 {
        let expected = "only the addresses of your proxies, such as 10.0.0.0/8: with all addresses, any client could send any \
                        certificate";
        return Err(ConfigProblem::Unexpected { setting, found, expected });
    }
    if block != block.trunc() {
        let normal = Excerpt::new(&block.trunc().to_string());
        return Err(ConfigProblem::NotNormalized { setting, found, normal });
    }
    Ok(block)
}

fn unmapped(block: IpNet) -> IpNet {
    let mapped = match block {
        IpNet::V6(block) => block.addr().to_ipv4_mapped().zip(block.prefix_len().checked_sub(96)),
        IpNet::V4(_) => None,
    };
    mapped.and_then(|(address, prefix)| Ipv4Net::new(address, prefix).ok()).map_or(block, IpNet::V4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConfigError, Validator};

    fn build(certificates: ClientCertificates) -> Result<Validator, ConfigError> {
        let builder = Validator::builder().issuer("https://dev-1.okta.com/oauth2/default").audience("api").any_client();
        builder.client_certificates(certificates).build()
    }

    #[test]
    fn proxy_is_an_address_or_a_block() {
        for proxy in [
            "10.0.0.5",
            "10.0.0.0/8",
            "10.0.0.5/32",
            "::1",
            "2001:db8::/32",
            "::ffff:10.0.0.5",
            "::ffff:10.0.0.0/104",
            "128.0.0.0/1",
        ] {
            let built = build(ClientCertificates::header("Client-Cert").trusted_proxy(proxy));
            assert!(built.is_ok(), "{proxy}: {built:?}");
        }
        for (proxy, expected) in [
            ("", "is empty, expected for example 10.0.0.0/8"),
            ("*", "is \"*\", expected addresses or CIDR blocks, such as 10.0.0.0/8"),
            ("proxy.internal", "expected addresses or CIDR blocks"),
            ("10.0.0.0/33", "expected addresses or CIDR blocks"),
            ("10.0.0.0/", "expected addresses or CIDR blocks"),
            ("10.0.0", "expected addresses or CIDR blocks"),
            ("010.0.0.1", "expected addresses or CIDR blocks"),
            ("10.0.0.5:8080", "expected addresses or CIDR blocks"),
            ("[::1]", "expected addresses or CIDR blocks"),
            ("fe80::1%eth0", "expected addresses or CIDR blocks"),
            ("10.0.0.0/255.0.0.0", "expected addresses or CIDR blocks"),
            ("10.0.0.1, 10.0.0.2", "expected addresses or CIDR blocks"),
            ("10.0.0.5/8", "is \"10.0.0.5/8\", expected its normal form \"10.0.0.0/8\""),
            ("::ffff:10.0.0.5/104", "expected its normal form \"10.0.0.0/8\""),
            ("2001:db8::1/32", "expected its normal form \"2001:db8::/32\""),
            ("0.0.0.0/0", "expected only the addresses of your proxies"),
            ("10.0.0.0/0", "expected only the addresses of your proxies"),
            ("::/0", "expected only the addresses of your proxies"),
            ("::ffff:0.0.0.0/96", "expected only the addresses of your proxies"),
        ] {
            let error = build(ClientCertificates::header("Client-Cert").trusted_proxy(proxy)).expect_err(proxy);
            assert_eq!(error.problems().len(), 1, "{error}");
            let report = error.to_string();
            assert!(report.contains("`.trusted_proxy(..)` ") && report.contains(expected), "{proxy}: {report}");
        }
    }

    #[test]
    fn mapped_block_is_a_block_of_ipv4() {
        for (given, expected) in [
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:10.0.0.5/128", "10.0.0.5/32"),
            ("::ffff:0:0/95", "::ffff:0.0.0.0/95"),
            ("::10.0.0.0/104", "::a00:0/104"),
            ("10.0.0.0/8", "10.0.0.0/8"),
        ] {
            assert_eq!(unmapped(given.parse().expect("a block")).to_string(), expected);
        }
    }

    #[test]
    fn header_has_only_a_certificate() {
        for name in ["Client-Cert", "client-cert", "X-Amzn-Mtls-Clientcert-Leaf", "X-SSL-Cert"] {
            assert!(build(ClientCertificates::header(name).trusted_proxy("10.0.0.5")).is_ok(), "{name}");
        }
        for (name, expected) in [
            ("", "is empty, expected for example Client-Cert"),
            (" ", "expected the name of a header, such as Client-Cert"),
            ("Client Cert", "expected the name of a header"),
            ("Client-Cert:", "expected the name of a header"),
            ("Zertifikat-ä", "expected the name of a header"),
            ("Authorization", "expected a header that has only the certificate"),
            ("DPoP", "expected a header that has only the certificate"),
            ("x-forwarded-for", "expected a header that has only the certificate"),
            ("X-Forwarded-Client-Cert", "expected a header that has only the certificate"),
        ] {
            let error = build(ClientCertificates::header(name).trusted_proxy("10.0.0.5")).expect_err(name);
            let report = error.to_string();
            assert!(report.contains("`.client_certificates(..)` ") && report.contains(expected), "{name}: {report}");
        }
    }

    #[cfg(feature = "mtls")]
    #[test]
    fn connection_has_no_settings_of_a_header() {
        let connection = ClientCertificates::of_connection;
        assert!(build(connection()).is_ok());
        for (certificates, other) in [
            (connection().trusted_proxy("10.0.0.5"), "`.trusted_proxy(..)`"),
            (connection().url_encoded_pem(), "`.url_encoded_pem(..)`"),
        ] {
            let report = build(certificates).expect_err(other).to_string();
            assert!(report.contains(&format!("`.client_certificates(..)` contradicts {other}")), "{report}");
        }
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let error = build(ClientCertificates::header("")).expect_err("no proxy");
        let report = error.to_string();
        assert_eq!(error.problems().len(), 2, "{report}");
        assert!(report.contains("`.trusted_proxy(..)` is missing, for example 10.0.0.0/8"), "{report}");
        let error = build(ClientCertificates::header("Host").trusted_proxy("a").trusted_proxy("b")).expect_err("three");
        assert_eq!(error.problems().len(), 3, "{error}");
    }
}
