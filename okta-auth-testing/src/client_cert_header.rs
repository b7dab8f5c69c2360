//! The header in which a proxy passes on the certificate of its client (RFC 9440).

use base64_simd::STANDARD;

/// The value of `Client-Cert` for a certificate in DER encoding: `:base64:` (RFC 9440 section 2.1).
///
/// ```
/// use actix_web::test::{TestRequest, call_service, init_service};
/// use actix_web::{App, Responder, get};
/// use okta_auth::config::ClientCertificates;
/// use okta_auth::login_required;
/// use okta_auth_testing::{MockOkta, client_cert_header};
///
/// #[get("/orders")]
/// #[login_required]
/// async fn orders() -> impl Responder {
///     "orders"
/// }
///
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let okta = MockOkta::start();
/// let certificates = ClientCertificates::header("Client-Cert").trusted_proxy("10.0.0.0/8");
/// let validator = okta.validator_builder().client_certificates(certificates).build()?;
/// let app = init_service(App::new().app_data(validator).service(orders)).await;
///
/// let token = okta.token().bound_to_certificate("alice").sign();
/// let request = |certificate| {
///     let request = TestRequest::get().uri("/orders").peer_addr("10.0.0.5:40000".parse().expect("an address"));
///     let request = request.insert_header(("Authorization", format!("Bearer {token}")));
///     request.insert_header(("Client-Cert", client_cert_header(certificate))).to_request()
/// };
/// assert_eq!(call_service(&app, request("alice")).await.status(), 200);
/// assert_eq!(call_service(&app, request("mallory")).await.status(), 403);
/// # Ok(())
/// # }
/// ```
pub fn client_cert_header(der: impl AsRef<[u8]>) -> String {
    format!(":{}:", STANDARD.encode_to_string(der.as_ref()))
}
