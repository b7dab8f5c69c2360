//! The certificate of a client: from its TLS connection (RFC 8705), or from the header of a trusted proxy (RFC 9440).
//!
//! Only the configured source is read. Behind a proxy with mutual TLS, the certificate of the connection is the proxy's.

use std::net::{IpAddr, SocketAddr};
use std::sync::Once;

#[cfg(feature = "mtls")]
use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName};
use base64_simd::STANDARD;
use ipnet::IpNet;
use percent_encoding::percent_decode;

use crate::error::TokenError;
use crate::jose::Thumbprint;
#[cfg(feature = "mtls")]
use crate::mtls::ClientCertificate;

/// In bytes. The certificate of a client takes 1 to 4 KiB.
const LONGEST_HEADER: usize = 16 * 1024;

/// Where the certificate of a client comes from.
pub(crate) enum CertificateSource {
    #[cfg(feature = "mtls")]
    Connection,
    Header(CertificateHeader),
}

/// The header in which a proxy passes on the certificate of its client.
pub(crate) struct CertificateHeader {
    name: HeaderName,
    format: CertificateFormat,
    proxies: Vec<IpNet>,
    untrusted_peer: Once,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum CertificateFormat {
    /// A Byte Sequence of RFC 8941: `:base64:`.
    Rfc9440,
    /// As nginx and AWS send it.
    UrlEncodedPem,
}

/// The parts of a request that can carry the certificate of its client.
pub(crate) struct CertificateRequest<'r> {
    pub(crate) headers: &'r HeaderMap,
    /// The address of the socket, never one that a header names.
    pub(crate) peer: Option<SocketAddr>,
    #[cfg(feature = "mtls")]
    pub(crate) request: &'r HttpRequest,
}

#[cfg(feature = "mtls")]
impl CertificateRequest<'_> {
    fn of_connection(&self) -> Option<Thumbprint> {
        self.request.conn_data::<ClientCertificate>().map(ClientCertificate::thumbprint)
    }
}

impl CertificateSource {
    /// The certificate of the client. Anything other than exactly one well-formed certificate is none.
    pub(super) fn read(&self, request: &CertificateRequest<'_>) -> Result<Thumbprint, TokenError> {
        let read = match self {
            #[cfg(feature = "mtls")]
            Self::Connection => request.of_connection().ok_or("no certificate of the connection"),
            Self::Header(header) => header.read(request),
        };
        read.map_err(|found| TokenError::CertificateMissing { found })
    }
}

impl CertificateHeader {
    /// A header that only these peers may send. The caller has converted blocks of IPv4-mapped addresses, which never match.
    pub(crate) fn new(name: HeaderName, format: CertificateFormat, proxies: Vec<IpNet>) -> Self {
        Self { name, format, proxies, untrusted_peer: Once::new() }
    }

    /// The certificate in the header, or the defect.
    fn read(&self, request: &CertificateRequest<'_>) -> Result<Thumbprint, &'static str> {
        let mut values = request.headers.get_all(&self.name);
        let value = values.next().ok_or("no header")?;
        if !self.is_trusted(request.peer) {
            self.untrusted_peer.call_once(|| self.warn(request.peer));
            return Err("a header of a peer that is not a trusted proxy");
        }
        if values.next().is_some() {
            return Err("more than one header");
        }
        let der =
            Some(value.as_bytes()).filter(|text| text.len() <= LONGEST_HEADER).ok_or("a header that is too long")?;
        let der = match self.format {
            CertificateFormat::Rfc9440 => byte_sequence(der).ok_or("a header that is not a Byte Sequence")?,
            CertificateFormat::UrlEncodedPem => url_encoded_pem(der).ok_or("a header that is not URL-encoded PEM")?,
        };
        Ok(Thumbprint::of_certificate(&der))
    }

    /// An IPv4-mapped address counts as IPv4. A peer without an address, on a Unix socket, is not trusted.
    fn is_trusted(&self, peer: Option<SocketAddr>) -> bool {
        let peer: Option<IpAddr> = peer.map(|peer| peer.ip().to_canonical());
        peer.is_some_and(|peer| self.proxies.iter().any(|proxy| proxy.contains(&peer)))
    }

    fn warn(&self, peer: Option<SocketAddr>) {
        let peer = peer.map_or_else(|| "without an address".to_owned(), |peer| peer.ip().to_canonical().to_string());
        tracing::warn!(
            header = %self.name,
            %peer,
            "the header with the certificate of a client is ignored, because its peer is not a trusted proxy; this is logged \
             only once"
        );
    }
}

/// RFC 9440 section 2.1 and RFC 8941 section 3.3.5: base64 with padding between colons, and nothing else.
fn byte_sequence(value: &[u8]) -> Option<Vec<u8>> {
    let base64 = value.strip_prefix(b":")?.strip_suffix(b":")?;
    decode(base64)
}

/// The first certificate of a percent-encoded PEM text (RFC 7468), which is that of the client. There is only white space between
/// certificates: behind a comma is another header, and the first can then be one that the client has sent.
fn url_encoded_pem(value: &[u8]) -> Option<Vec<u8>> {
    let text: Vec<u8> = percent_decode(value).collect();
    let mut rest = std::str::from_utf8(&text).ok()?.trim_ascii();
    let mut first = None;
    while !rest.is_empty() {
        let block = rest.strip_prefix("-----BEGIN CERTIFICATE-----")?;
        let (base64, further) = block.split_once("-----END CERTIFICATE-----")?;
        first = first.or(Some(base64));
        rest = further.trim_ascii_start();
    }
    let base64: Vec<u8> = first?.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    decode(&base64)
}

fn decode(base64: &[u8]) -> Option<Vec<u8>> {
    STANDARD.decode_to_vec(base64).ok().filter(|der| !der.is_empty())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use actix_web::test::TestRequest;
    use tracing::Level;

    use super::*;
    use crate::test_log::Log;

    fn header(proxies: &[&str]) -> CertificateHeader {
        let proxies = proxies.iter().map(|block| block.parse().expect("a block")).collect();
        CertificateHeader::new(HeaderName::from_static("client-cert"), CertificateFormat::Rfc9440, proxies)
    }

    #[test]
    fn byte_sequence_is_strict() {
        assert_eq!(byte_sequence(b":AQID:").as_deref(), Some(&[1, 2, 3][..]));
        assert_eq!(byte_sequence(b":AQ==:").as_deref(), Some(&[1][..]));
        for value in [
            &b""[..],
            b":",
            b"::",
            b"AQID",
            b":AQID",
            b"AQID:",
            b":AQ:",
            b":AQ=:",
            b":AR==:",
            b":AQID:;a=1",
            b":AQID:, :AQID:",
            b":AQID:AQID:",
            b": AQID:",
            b":AQID :",
            b" :AQID:",
            b":AQID: ",
            b":AQ\r\n ID:",
            b":-_-_:",
            b"::AQID::",
            b"\"AQID\"",
            b":AQI\xff:",
        ] {
            assert_eq!(byte_sequence(value), None, "{}", String::from_utf8_lossy(value));
        }
    }

    #[test]
    fn first_block_of_pem_is_the_certificate() {
        let begin = "-----BEGIN%20CERTIFICATE-----";
        let end = "-----END%20CERTIFICATE-----";
        for value in [
            format!("{begin}%0AAQID%0A{end}%0A"),
            format!("{begin}%0D%0AAQ%0D%0AID%0D%0A{end}"),
            format!("{begin}\tAQID {end}").replace("%20", " "),
            format!("%0A{begin}%0AAQID%0A{end}%0A{begin}%0ABAUG%0A{end}%0A"),
        ] {
            assert_eq!(url_encoded_pem(value.as_bytes()).as_deref(), Some(&[1, 2, 3][..]), "{value}");
        }
        // nginx encodes these characters, AWS leaves them as they are.
        for value in [format!("{begin}%0A%2B%2F8%3D%0A{end}"), format!("{begin}%0A+/8=%0A{end}")] {
            assert_eq!(url_encoded_pem(value.as_bytes()).as_deref(), Some(&[0xfb, 0xff][..]), "{value}");
        }
        for value in [
            String::new(),
            "AQID".into(),
            ":AQID:".into(),
            format!("{begin}%0AAQID%0A"),
            format!("{begin}%0A%0A{end}"),
            format!("{begin}%0AAQI%0A{end}"),
            format!("{begin}%0AAQ%2%0A{end}"),
            format!("{begin}%0AAQID%0A{begin}%0AAQID%0A{end}"),
            format!("x{begin}%0AAQID%0A{end}"),
            format!("-----BEGIN%20PRIVATE%20KEY-----%0AAQID%0A-----END%20PRIVATE%20KEY-----%0A{begin}%0AAQID%0A{end}"),
            format!("{begin}%0AAQ%FFID%0A{end}"),
            // The header of a client, and behind the comma that of a proxy that adds its own instead of replacing it.
            format!("{begin}%0AAQID%0A{end}, {begin}%0ABAUG%0A{end}"),
            format!("{begin}%0AAQID%0A{end}%0A{begin}%0ABAUG%0A{end}%0A, {begin}%0ABAUG%0A{end}"),
            format!("{begin}%0AAQID%0A{end}x"),
        ] {
            assert_eq!(url_encoded_pem(value.as_bytes()), None, "{value}");
        }
    }

    #[test]
    fn mapped_address_counts_as_ipv4() {
        let header = header(&["10.0.0.0/8", "2001:db8::/32"]);
        for (peer, expected) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("2001:db8::1", true),
            ("11.0.0.1", false),
            ("::ffff:11.0.0.1", false),
            // Not mapped: an IPv4-compatible and a NAT64 address.
            ("::10.1.2.3", false),
            ("64:ff9b::10.1.2.3", false),
            ("2001:db9::1", false),
        ] {
            let peer = SocketAddr::new(peer.parse().expect("an address"), 1);
            assert_eq!(header.is_trusted(Some(peer)), expected, "{peer}");
        }
        assert!(!header.is_trusted(None), "a Unix socket");
        assert!(!self::header(&[]).is_trusted(Some(([10, 1, 2, 3], 1).into())));
        assert!(!header.is_trusted(Some((Ipv6Addr::UNSPECIFIED, 1).into())));
    }

    #[test]
    fn header_of_an_untrusted_peer_is_logged_once() {
        let log = Log::default();
        let _guard = tracing::subscriber::set_default(log.clone());
        let source = CertificateSource::Header(header(&["10.0.0.0/8"]));
        for (peer, value, lines) in [
            // Nothing to ignore, or trusted.
            ("11.0.0.1:1", None, 0),
            ("10.0.0.1:1", Some(":AQID:"), 0),
            ("10.0.0.1:1", Some("garbage"), 0),
            ("11.0.0.1:1", Some(":AQID:"), 1),
            ("11.0.0.1:1", Some(":AQID:"), 0),
            ("12.0.0.1:1", Some(":AQID:"), 0),
        ] {
            let request = value.into_iter().fold(TestRequest::get(), |request, value| {
                request.insert_header((HeaderName::from_static("client-cert"), value))
            });
            let request = request.peer_addr(peer.parse().expect("an address")).to_http_request();
            let read = source.read(&CertificateRequest {
                headers: request.headers(),
                peer: request.peer_addr(),
                #[cfg(feature = "mtls")]
                request: &request,
            });
            assert_eq!(read.is_ok(), peer == "10.0.0.1:1" && value == Some(":AQID:"), "{peer} {value:?}");
            let found = log.read();
            assert_eq!(found.len(), lines, "{peer} {value:?}: {found:?}");
            assert!(found.iter().all(|(level, line)| {
                *level == Level::WARN && line.contains("its peer is not a trusted proxy") && !line.contains("AQID")
            }));
        }
    }
}
