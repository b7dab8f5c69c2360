//! Tokens that are bound to a certificate (RFC 8705), with the certificate in the header of a trusted proxy (RFC 9440).

use std::net::SocketAddr;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderName;
use actix_web::middleware::{Next, from_fn};
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, Error, HttpResponse, Responder, get, guard};
use okta_auth::config::{ClientCertificates, Dpop, ValidatorBuilder};
use okta_auth::{AuthContext, LoginRequired, StatusMapping, login_required};
use okta_auth_testing::{MockOkta, ProofKey, client_cert_header};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::dpop::{MAPPINGS, RESOURCE};
use crate::support::{Server, code, header, rule, with_rules};

/// Stand-ins for the DER encoding of certificates: only its hash is compared.
const ALICE: &str = "Alice's certificate";
const MALLORY: &str = "Mallory's certificate";

#[get("/orders")]
#[login_required]
async fn orders(user: AuthContext) -> impl Responder {
    user.subject().to_owned()
}

/// Authenticated by the middleware, the attribute and the argument.
#[get("/again")]
#[login_required]
async fn again(_: AuthContext) -> impl Responder {
    HttpResponse::Ok()
}

fn routes(app: &mut ServiceConfig) {
    app.service(orders).service(web::scope("/behind").wrap(LoginRequired::new()).service(again));
}

/// The tests' client is on loopback, and takes the place of the proxy.
fn client_cert() -> ClientCertificates {
    ClientCertificates::header("Client-Cert").trusted_proxy("127.0.0.0/8")
}

/// An app whose rejections name the rule in a header.
fn builder(okta: &MockOkta, certificates: ClientCertificates) -> ValidatorBuilder {
    with_rules(okta.validator_builder().resource(RESOURCE).client_certificates(certificates))
}

fn server(okta: &MockOkta, mapping: StatusMapping, certificates: ClientCertificates) -> Server {
    Server::start(builder(okta, certificates).status_mapping(mapping).build().expect("a validator"), routes)
}

/// The response to a Bearer request with these values of `Client-Cert`.
async fn send(server: &Server, path: &str, token: &str, certificates: &[&str]) -> Response {
    let request = server.request(Method::GET, path).bearer_auth(token);
    let request = certificates.iter().fold(request, |request, value| request.header("Client-Cert", *value));
    request.send().await.expect("an answer")
}

fn challenge(response: &Response) -> &str {
    header(response, "WWW-Authenticate").unwrap_or_default()
}

#[actix_web::test]
async fn certificate_of_the_token_lets_its_client_in() {
    let okta = MockOkta::start();
    let token = okta.token().user("alice@example.com").bound_to_certificate(ALICE).sign();
    for (mapping, refused) in MAPPINGS.into_iter().zip([403, 401]) {
        let server = server(&okta, mapping, client_cert());
        let (alice, mallory) = (client_cert_header(ALICE), client_cert_header(MALLORY));
        for path in ["/orders", "/behind/again"] {
            assert_eq!(send(&server, path, &token, &[&alice]).await.status(), 200, "{path}");
        }
        let response = send(&server, "/orders", &token, &[&alice]).await;
        assert_eq!(response.text().await.expect("a body"), "alice@example.com");
        let (base64, unpadded) = (alice.trim_matches(':'), alice.replace('=', ""));
        assert_ne!(unpadded, alice);
        let url_safe = client_cert_header([0xfb, 0xff]).replace('+', "-").replace('/', "_");
        for (name, values, expected) in [
            ("another certificate", &[&*mallory][..], "bound_to_other_certificate"),
            ("none", &[], "certificate_missing"),
            ("an empty header", &[""], "certificate_missing"),
            ("two", &[&alice, &mallory], "certificate_missing"),
            ("the same twice", &[&alice, &alice], "certificate_missing"),
            ("a list of two", &[&format!("{alice}, {alice}")], "certificate_missing"),
            ("a list of one", &[&format!("{alice},")], "certificate_missing"),
            ("an empty sequence", &["::"], "certificate_missing"),
            ("one colon", &[":"], "certificate_missing"),
            ("no colons", &[base64], "certificate_missing"),
            ("no colon at the end", &[&format!(":{base64}")], "certificate_missing"),
            ("no colon at the start", &[&format!("{base64}:")], "certificate_missing"),
            ("no padding", &[&unpadded], "certificate_missing"),
            ("base64url", &[&url_safe], "certificate_missing"),
            ("parameters", &[&format!("{alice};a=1")], "certificate_missing"),
            ("quotes", &[&format!("\"{alice}\"")], "certificate_missing"),
            ("a space", &[&alice.replacen(':', ": ", 1)], "certificate_missing"),
            ("too long", &[&client_cert_header("x".repeat(20_000))], "certificate_missing"),
            ("PEM", &["-----BEGIN%20CERTIFICATE-----%0AAQID%0A-----END%20CERTIFICATE-----"], "certificate_missing"),
        ] {
            let response = send(&server, "/orders", &token, values).await;
            assert_eq!((response.status().as_u16(), rule(&response)), (refused, expected), "{name}");
            assert!(challenge(&response).starts_with("Bearer error=\"invalid_token\""), "{name}");
            assert_eq!(code(response).await, "invalid_token", "{name}");
        }
    }
}

/// The limit of the header is 16 KiB.
#[actix_web::test]
async fn certificate_of_12_kib_fits_the_header() {
    let okta = MockOkta::start();
    let server = server(&okta, StatusMapping::Rfc6750, client_cert());
    let certificate = "x".repeat(12_000);
    let token = okta.token().bound_to_certificate(&certificate).sign();
    assert_eq!(send(&server, "/orders", &token, &[&client_cert_header(&certificate)]).await.status(), 200);
}

/// The certificate of a token that is not bound to one is not read.
#[actix_web::test]
async fn token_without_a_certificate_needs_none() {
    let okta = MockOkta::start();
    let server = server(&okta, StatusMapping::Rfc6750, client_cert());
    for values in [&[][..], &["garbage"], &[&client_cert_header(ALICE)], &["a", "b"]] {
        assert_eq!(send(&server, "/orders", &okta.token().sign(), values).await.status(), 200);
    }
}

#[actix_web::test]
async fn header_of_an_untrusted_peer_is_ignored() {
    let okta = MockOkta::start();
    let certificates = ClientCertificates::header("Client-Cert").trusted_proxy("10.0.0.0/8").trusted_proxy("::1");
    let server = server(&okta, StatusMapping::Rfc6750, certificates);
    let token = okta.token().bound_to_certificate(ALICE).sign();
    let alice = client_cert_header(ALICE);
    for forwarded in [("X-Forwarded-For", "10.0.0.5"), ("Forwarded", "for=10.0.0.5"), ("X-Real-IP", "10.0.0.5")] {
        let request = server.request(Method::GET, "/orders").bearer_auth(&token).header("Client-Cert", &alice);
        let response = request.header(forwarded.0, forwarded.1).send().await.expect("an answer");
        assert_eq!((response.status().as_u16(), rule(&response)), (401, "certificate_missing"), "{forwarded:?}");
    }
}

#[actix_web::test]
async fn peer_is_the_address_of_the_connection() {
    let okta = MockOkta::start();
    let certificates = || ClientCertificates::header("Client-Cert");
    let token = okta.token().bound_to_certificate(ALICE).sign();
    for (proxy, peer, status) in [
        ("10.0.0.0/8", Some("10.1.2.3:1"), 200),
        ("10.0.0.0/8", Some("[::ffff:10.1.2.3]:1"), 200),
        ("10.1.2.3", Some("[::ffff:10.1.2.3]:1"), 200),
        ("::ffff:10.1.2.3", Some("10.1.2.3:1"), 200),
        ("::ffff:10.0.0.0/104", Some("[::ffff:10.1.2.3]:1"), 200),
        ("2001:db8::/32", Some("[2001:db8::1]:1"), 200),
        ("10.0.0.0/8", Some("11.0.0.1:1"), 401),
        ("10.0.0.0/8", Some("[::ffff:11.0.0.1]:1"), 401),
        ("10.0.0.0/8", Some("[::10.1.2.3]:1"), 401),
        ("10.1.2.3", Some("10.1.2.4:1"), 401),
        ("2001:db8::/32", Some("[2001:db9::1]:1"), 401),
        // A Unix socket.
        ("10.0.0.0/8", None, 401),
    ] {
        let builder = builder(&okta, certificates().trusted_proxy(proxy)).status_mapping(StatusMapping::Rfc6750);
        let app = init_service(App::new().app_data(builder.build().expect("a validator")).service(orders)).await;
        let request = TestRequest::get().uri("/orders").insert_header(("Authorization", format!("Bearer {token}")));
        let request = request.insert_header(("Client-Cert", client_cert_header(ALICE)));
        let address = peer.map(|peer| peer.parse::<SocketAddr>().expect("an address"));
        let request = address.into_iter().fold(request, TestRequest::peer_addr);
        assert_eq!(call_service(&app, request.to_request()).await.status(), status, "{proxy} {peer:?}");
    }
}

#[actix_web::test]
async fn cached_token_needs_the_certificate_of_each_request() {
    let okta = MockOkta::start();
    let server = server(&okta, StatusMapping::Rfc6750, client_cert());
    let token = okta.token().bound_to_certificate(ALICE).sign();
    let [alice, mallory] = [ALICE, MALLORY].map(client_cert_header);
    for _ in 0..2 {
        assert_eq!(send(&server, "/orders", &token, &[&alice]).await.status(), 200);
        assert_eq!(rule(&send(&server, "/orders", &token, &[&mallory]).await), "bound_to_other_certificate");
        assert_eq!(rule(&send(&server, "/orders", &token, &[]).await), "certificate_missing");
    }
}

#[actix_web::test]
async fn confirmation_without_a_known_member_is_refused() {
    let okta = MockOkta::start();
    let server = server(&okta, StatusMapping::Rfc6750, client_cert());
    let alice = client_cert_header(ALICE);
    let thumbprint = ProofKey::new().thumbprint();
    for cnf in [
        json!(null),
        json!({}),
        json!([]),
        json!("x"),
        json!(true),
        json!({ "kid": "x" }),
        json!({ "jwk": {} }),
        json!({ "x5t": thumbprint }),
        json!({ "x5t#s256": thumbprint }),
        json!({ "x5t#S256": null }),
        json!({ "x5t#S256": "" }),
        json!({ "x5t#S256": [] }),
        json!({ "x5t#S256": format!("{thumbprint}=") }),
        json!({ "jkt": thumbprint }),
    ] {
        let token = okta.token().claim("cnf", cnf.clone()).sign();
        for values in [&[][..], &[&*alice]] {
            let response = send(&server, "/orders", &token, values).await;
            assert_eq!((response.status().as_u16(), rule(&response)), (401, "bound_to_key"), "{cnf}");
        }
    }
    let token = okta.token().claim("cnf", json!({ "kid": "x" })).bound_to_certificate(ALICE).sign();
    assert_eq!(send(&server, "/orders", &token, &[&alice]).await.status(), 200, "further members are ignored");
}

/// The default. The header means nothing.
#[actix_web::test]
async fn without_certificates_the_header_is_not_read() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), routes);
    let token = okta.token().bound_to_certificate(ALICE).sign();
    let response = send(&server, "/orders", &token, &[&client_cert_header(ALICE)]).await;
    assert_eq!(response.status(), 403);
    assert_eq!(code(response).await, "invalid_token");
}

#[actix_web::test]
async fn token_with_a_key_and_a_certificate_needs_both() {
    let okta = MockOkta::start();
    let key = ProofKey::new();
    let [alice, mallory] = [ALICE, MALLORY].map(client_cert_header);
    let both = okta.token().bound_to(&key).bound_to_certificate(ALICE).sign();
    let only_key = okta.token().bound_to(&key).sign();
    let only_certificate = okta.token().bound_to_certificate(ALICE).sign();
    for dpop in [Dpop::accept as fn() -> Dpop, Dpop::require] {
        for (mapping, refused) in MAPPINGS.into_iter().zip([403, 401]) {
            let validator = builder(&okta, client_cert()).dpop(dpop()).status_mapping(mapping).build();
            let server = Server::start(validator.expect("a validator"), routes);
            let send = async |token: &str, scheme: &str, certificates: &[&str]| {
                let proof = okta.proof(&key).url(RESOURCE).access_token(token).sign();
                let request =
                    server.request(Method::GET, "/orders").header("Authorization", format!("{scheme} {token}"));
                let request = certificates.iter().fold(request, |request, value| request.header("Client-Cert", *value));
                let response = request.header("DPoP", proof).send().await.expect("an answer");
                (response.status().as_u16(), rule(&response).to_owned())
            };
            for (name, token, scheme, certificates, status, expected) in [
                ("both", &both, "DPoP", &[&*alice][..], 200, "none"),
                ("both, another certificate", &both, "DPoP", &[&mallory], 401, "bound_to_other_certificate"),
                ("both, no certificate", &both, "DPoP", &[], 401, "certificate_missing"),
                ("both, two certificates", &both, "DPoP", &[&alice, &alice], 401, "certificate_missing"),
                ("both as Bearer", &both, "Bearer", &[&alice], refused, "bound_to_key"),
                ("a key", &only_key, "DPoP", &[], 200, "none"),
                ("a key, any certificate", &only_key, "DPoP", &[&mallory], 200, "none"),
                ("a key as Bearer", &only_key, "Bearer", &[&alice], refused, "bound_to_key"),
                ("a certificate as Bearer", &only_certificate, "Bearer", &[&alice], 200, "none"),
                ("a certificate as DPoP", &only_certificate, "DPoP", &[&alice], 401, "not_bound"),
            ] {
                assert_eq!(
                    send(token, scheme, certificates).await,
                    (status, expected.to_owned()),
                    "{name} {mapping:?}"
                );
            }
        }
    }
}

/// Otherwise, the holder of the key loses a proof to each request with another certificate.
#[actix_web::test]
async fn proof_is_not_used_up_without_the_certificate() {
    let okta = MockOkta::start();
    let validator = builder(&okta, client_cert()).dpop(Dpop::accept()).build().expect("a validator");
    let server = Server::start(validator, routes);
    let key = ProofKey::new();
    let token = okta.token().bound_to(&key).bound_to_certificate(ALICE).sign();
    let proof = okta.proof(&key).url(RESOURCE).access_token(&token).sign();
    for (certificate, status) in [(MALLORY, 401), (ALICE, 200), (ALICE, 401)] {
        let request = server.request(Method::GET, "/orders").header("Authorization", format!("DPoP {token}"));
        let request = request.header("DPoP", &proof).header("Client-Cert", client_cert_header(certificate));
        assert_eq!(request.send().await.expect("an answer").status(), status, "{certificate}");
    }
}

#[actix_web::test]
async fn certificate_is_enough_where_dpop_is_required() {
    let okta = MockOkta::start();
    let [alice, mallory] = [ALICE, MALLORY].map(client_cert_header);
    let token = okta.token().bound_to_certificate(ALICE).sign();
    for (mapping, refused) in MAPPINGS.into_iter().zip([403, 401]) {
        let validator = builder(&okta, client_cert()).dpop(Dpop::require()).status_mapping(mapping).build();
        let server = Server::start(validator.expect("a validator"), routes);
        assert_eq!(send(&server, "/orders", &token, &[&alice]).await.status(), 200);
        for (token, certificate, expected) in [
            (&token, &mallory, "bound_to_other_certificate"),
            (&token, &String::new(), "certificate_missing"),
            (&okta.token().sign(), &alice, "not_bound"),
        ] {
            let response = send(&server, "/orders", token, &[certificate]).await;
            assert_eq!((response.status().as_u16(), rule(&response)), (refused, expected));
            assert!(challenge(&response).starts_with("DPoP error=\"invalid_token\""), "{}", challenge(&response));
        }
    }
}

/// nginx encodes all special characters. AWS leaves `+`, `=` and `/` as they are.
#[actix_web::test]
async fn certificate_can_be_url_encoded_pem() {
    let okta = MockOkta::start();
    let certificates = client_cert().url_encoded_pem();
    let server = server(&okta, StatusMapping::Rfc6750, certificates);
    let base64 = client_cert_header(ALICE).trim_matches(':').to_owned();
    let other = client_cert_header(MALLORY).trim_matches(':').to_owned();
    let pem = |base64: &str| format!("-----BEGIN%20CERTIFICATE-----%0A{base64}%0A-----END%20CERTIFICATE-----%0A");
    let token = okta.token().bound_to_certificate(ALICE).sign();
    for (value, expected) in [
        (pem(&base64), "none"),
        (pem(&base64.replace('=', "%3D").replace('+', "%2B").replace('/', "%2F")), "none"),
        (format!("{}{}", pem(&base64), pem(&other)), "none"),
        (format!("{}{}", pem(&other), pem(&base64)), "bound_to_other_certificate"),
        (client_cert_header(ALICE), "certificate_missing"),
        (pem(""), "certificate_missing"),
        (pem(&base64.replace('=', "")), "certificate_missing"),
    ] {
        assert_eq!(rule(&send(&server, "/orders", &token, &[&value]).await), expected, "{value}");
    }
    let value = pem(&base64);
    assert_eq!(rule(&send(&server, "/orders", &token, &[&value, &value]).await), "certificate_missing");
}

/// Adds the certificate that the client names, as before a request to another service, and takes the address from a header.
async fn replace_certificate<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if let Some(certificate) = request.headers().get("X-Own-Cert").cloned() {
        request.headers_mut().insert(HeaderName::from_static("client-cert"), certificate);
    }
    if request.headers().contains_key("X-Forwarded-For") {
        request.head_mut().peer_addr = "10.0.0.5:1".parse().ok();
    }
    next.call(request).await
}

#[actix_web::test]
async fn certificate_of_inner_middleware_is_not_the_clients() {
    let okta = MockOkta::start();
    let start = |certificates| {
        Server::start(builder(&okta, certificates).build().expect("a validator"), |app| {
            let login = LoginRequired::new().except(["/in/tenant"]);
            let tenant = || web::resource("/tenant").guard(guard::Header("x-tenant", "a")).to(HttpResponse::Ok);
            let routes = |app: &mut ServiceConfig| {
                // The request is routed to another service than that of the exception.
                app.service(tenant()).route("/{name}", web::to(HttpResponse::Ok));
            };
            app.service(web::scope("/in").wrap(from_fn(replace_certificate)).wrap(login).configure(routes));
        })
    };
    let server = start(client_cert());
    let token = okta.token().bound_to_certificate(ALICE).sign();
    let [alice, mallory] = [ALICE, MALLORY].map(client_cert_header);
    for path in ["/in/tenant", "/in/other"] {
        for (own, sent, status) in [(&*alice, None, 403), (&alice, Some(&*mallory), 403), (&mallory, Some(&alice), 200)]
        {
            let request = server.request(Method::GET, path).bearer_auth(&token).header("X-Own-Cert", own);
            let request = sent.into_iter().fold(request, |request, sent| request.header("Client-Cert", sent));
            assert_eq!(request.send().await.expect("an answer").status(), status, "{path} {sent:?}");
        }
    }
    let untrusted = start(ClientCertificates::header("Client-Cert").trusted_proxy("10.0.0.5"));
    for path in ["/in/tenant", "/in/other"] {
        let request = untrusted.request(Method::GET, path).bearer_auth(&token).header("Client-Cert", &alice);
        let response = request.header("X-Forwarded-For", "10.0.0.5").send().await.expect("an answer");
        assert_eq!(response.status(), 403, "{path}");
    }
}

/// The explanation has a token, and no certificate.
#[actix_web::test]
async fn explanation_asks_for_the_certificate() {
    let okta = MockOkta::start();
    let validator = builder(&okta, client_cert()).dpop(Dpop::accept()).build().expect("a validator");
    let explanation = validator.explain(&okta.token().bound_to_certificate(ALICE).sign()).await.to_string();
    assert!(explanation.contains("a request also needs the certificate of the client (x5t#S256)"), "{explanation}");
}

#[actix_web::test]
async fn metadata_says_that_certificates_are_accepted() {
    let okta = MockOkta::start();
    for (configured, builder) in
        [(true, builder(&okta, client_cert())), (false, okta.validator_builder().resource(RESOURCE))]
    {
        let validator = builder.build().expect("a validator");
        let server = Server::start_with(1, move |app| {
            app.service(validator.resource_metadata());
        });
        let response = server.request(Method::GET, "/.well-known/oauth-protected-resource/orders").send().await;
        let metadata: Value = response.expect("an answer").json().await.expect("JSON");
        let found = metadata.get("tls_client_certificate_bound_access_tokens");
        assert_eq!(found, configured.then_some(&json!(true)));
    }
}
