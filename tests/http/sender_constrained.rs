//! Routes that are stricter than the app: `sender_constrained()`.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Responder, get};
use okta_auth::config::{ClientCertificates, Dpop};
use okta_auth::{AuthContext, LoginRequired, Policy, Rejection, StatusMapping, login_required};
use okta_auth_testing::{MockOkta, ProofKey, TokenBuilder, client_cert_header};
use reqwest::{Method, Response};

use crate::dpop::{DpopClient, MAPPINGS, RESOURCE, builder, challenges, error};
use crate::support::{Server, code};

#[get("/orders")]
#[login_required]
async fn orders() -> impl Responder {
    HttpResponse::Ok()
}

#[get("/transfers")]
#[login_required(sender_constrained() && scope("transfers"))]
async fn transfers() -> impl Responder {
    HttpResponse::Ok()
}

#[get("/either")]
#[login_required(sender_constrained() || scope("legacy"))]
async fn either() -> impl Responder {
    HttpResponse::Ok()
}

#[get("/in-handler")]
#[login_required]
async fn in_handler(user: AuthContext, request: HttpRequest) -> Result<HttpResponse, Rejection> {
    Policy::sender_constrained().authorize(&user, &request)?;
    Ok(HttpResponse::Ok().finish())
}

fn routes(app: &mut ServiceConfig) {
    let behind = web::scope("/behind").wrap(LoginRequired::with(Policy::sender_constrained()));
    app.service((orders, transfers, either, in_handler)).service(behind.route("", web::get().to(HttpResponse::Ok)));
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mode {
    Off,
    Accept,
    Require,
}

impl Mode {
    /// The schemes of the challenges to a request with a Bearer token that is not bound.
    fn scheme(self) -> &'static str {
        if self == Self::Off { "Bearer" } else { "DPoP" }
    }
}

/// A server for each mode and mapping, with the status of a rejected Bearer token.
fn servers(okta: &MockOkta) -> Vec<(Mode, u16, Server)> {
    let modes = [Mode::Off, Mode::Accept, Mode::Require];
    let cases = modes.into_iter().flat_map(|mode| MAPPINGS.map(|mapping| (mode, mapping)));
    let start = |(mode, mapping)| {
        let builder = match mode {
            Mode::Off => okta.validator_builder().resource(RESOURCE),
            Mode::Accept => builder(okta, Dpop::accept()),
            Mode::Require => builder(okta, Dpop::require()),
        };
        let validator = builder.status_mapping(mapping).build().expect("a validator");
        (mode, if mapping == StatusMapping::Flask { 403 } else { 401 }, Server::start(validator, routes))
    };
    cases.map(start).collect()
}

fn schemes(response: &Response) -> Vec<&str> {
    challenges(response).iter().map(|challenge| challenge.split(' ').next().unwrap_or_default()).collect()
}

/// A client whose token is bound to its key.
fn bound<'o>(okta: &'o MockOkta, token: TokenBuilder) -> DpopClient<'o> {
    let key = ProofKey::new();
    DpopClient { okta, token: token.bound_to(&key).sign(), key }
}

#[actix_web::test]
async fn strict_route_rejects_a_token_that_is_not_bound() {
    let okta = MockOkta::start();
    let token = okta.token().scopes(["transfers"]).sign();
    let without_scope = okta.token().sign();
    for (mode, refused, server) in servers(&okta) {
        for path in ["/transfers", "/behind", "/in-handler"] {
            for token in [&token, &without_scope] {
                let case = format!("{path}, {mode:?}, {refused}");
                let response = server.get(path, token).await;
                assert_eq!((response.status().as_u16(), schemes(&response)), (refused, vec![mode.scheme()]), "{case}");
                let challenge = challenges(&response)[0];
                assert_eq!(error(challenge), Some("invalid_token"), "{case}: {challenge}");
                // As for a whole app that requires DPoP: the client requests a bound token with all scopes.
                let names_scopes = path == "/transfers" && refused == 401;
                assert_eq!(challenge.contains("scope=\"transfers\""), names_scopes, "{case}: {challenge}");
                assert_eq!(challenge.contains("algs="), mode != Mode::Off, "{case}: {challenge}");
                assert_eq!(code(response).await, "invalid_token", "{case}");
            }
        }
        let expected = if mode == Mode::Require { refused } else { 200 };
        assert_eq!(server.status("/orders", &token).await, expected, "only some routes are strict: {mode:?}");
    }
}

#[actix_web::test]
async fn strict_route_accepts_a_bound_token_with_its_proof() {
    let okta = MockOkta::start();
    let (client, without_scope) = (bound(&okta, okta.token().scopes(["transfers"])), bound(&okta, okta.token()));
    for (mode, refused, server) in servers(&okta).into_iter().filter(|(mode, ..)| *mode != Mode::Off) {
        for path in ["/transfers", "/behind", "/in-handler", "/either", "/orders"] {
            let response = client.send(&server, path, &client.proof(path).sign()).await;
            assert_eq!(response.status(), 200, "{path}, {mode:?}");
        }
        let proof = without_scope.proof("/transfers").sign();
        let response = without_scope.send(&server, "/transfers", &proof).await;
        assert_eq!((response.status().as_u16(), schemes(&response)), (403, vec!["DPoP"]), "{mode:?}");
        let challenge = challenges(&response)[0];
        assert_eq!(error(challenge), Some("insufficient_scope"), "{mode:?}");
        assert!(challenge.contains("scope=\"transfers\""), "{challenge}");
        // Without its proof, a bound token is rejected before any policy.
        assert_eq!(server.status("/transfers", &client.token).await, refused, "{mode:?}");
    }
}

#[actix_web::test]
async fn alternative_that_needs_no_binding_decides_the_answer() {
    let okta = MockOkta::start();
    let (token, legacy) = (okta.token().sign(), okta.token().scopes(["legacy"]).sign());
    for (mode, _, server) in servers(&okta).into_iter().filter(|(mode, ..)| *mode != Mode::Require) {
        assert_eq!(server.status("/either", &legacy).await, 200, "{mode:?}");
        let response = server.get("/either", &token).await;
        assert_eq!((response.status().as_u16(), schemes(&response)), (403, vec!["Bearer"]), "{mode:?}");
        let challenge = challenges(&response)[0];
        assert_eq!(error(challenge), Some("insufficient_scope"), "{mode:?}");
        assert!(challenge.contains("scope=\"legacy\""), "{challenge}");
    }
}

/// The contract of the app: a client without credentials learns all schemes, Bearer first.
#[actix_web::test]
async fn strict_route_asks_for_a_token_as_others_do() {
    let okta = MockOkta::start();
    for (mode, refused, server) in servers(&okta) {
        let expected = match mode {
            Mode::Off => vec!["Bearer"],
            Mode::Accept => vec!["Bearer", "DPoP"],
            Mode::Require => vec!["DPoP"],
        };
        for path in ["/transfers", "/behind", "/in-handler", "/orders"] {
            let response = server.request(Method::GET, path).send().await.expect("an answer");
            assert_eq!(
                (response.status().as_u16(), schemes(&response)),
                (refused, expected.clone()),
                "{path}, {mode:?}"
            );
            assert_eq!(code(response).await, "missing_token", "{path}, {mode:?}");
        }
    }
}

#[actix_web::test]
async fn strict_route_accepts_a_token_bound_to_a_certificate() {
    let okta = MockOkta::start();
    let (alice, mallory) = ("the certificate of Alice", "the certificate of Mallory");
    let token = okta.token().scopes(["transfers"]).bound_to_certificate(alice).sign();
    let unbound = okta.token().scopes(["transfers"]).sign();
    for dpop in [None, Some(Dpop::accept()), Some(Dpop::require())] {
        let certificates = ClientCertificates::header("Client-Cert").trusted_proxy("127.0.0.1");
        let builder = okta.validator_builder().resource(RESOURCE).client_certificates(certificates);
        let builder = if let Some(dpop) = dpop.clone() { builder.dpop(dpop) } else { builder };
        let server = Server::start(builder.build().expect("a validator"), routes);
        for (name, token, certificate, status) in [
            ("of the token", &token, alice, 200),
            ("of another client", &token, mallory, 403),
            // A certificate does not bind a token that names none.
            ("of an unbound token", &unbound, alice, 403),
        ] {
            let request = server.request(Method::GET, "/transfers").bearer_auth(token);
            let request = request.header("Client-Cert", client_cert_header(certificate));
            assert_eq!(request.send().await.expect("an answer").status(), status, "{name}, {dpop:?}");
        }
    }
}
