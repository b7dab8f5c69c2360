//! DPoP (RFC 9449): bound tokens with a proof, in both status mappings and both modes.

use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::{ErrorTooManyRequests, InternalError};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{Error, FromRequest as _, HttpResponse, Responder, get, post};
use base64_simd::URL_SAFE_NO_PAD;
use okta_auth::config::{Dpop, ValidatorBuilder};
use okta_auth::{AuthContext, LoginRequired, MaybeAuth, Policy, Rejection, StatusMapping, login_required};
use okta_auth_testing::{MockOkta, ProofBuilder, ProofKey, SigningAlgorithm, Tamper};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Server, code, header};

/// Tests send to a free port. The origin that proofs must name is configured, and never that of the connection.
pub(crate) const RESOURCE: &str = "https://api.example.com/orders";
const ORIGIN: &str = "https://api.example.com";

#[get("/orders")]
#[login_required]
async fn orders(user: AuthContext) -> impl Responder {
    user.subject().to_owned()
}

#[post("/orders")]
#[login_required]
async fn order() -> impl Responder {
    HttpResponse::Created()
}

#[get("/write")]
#[login_required(scope("orders:write"))]
async fn write() -> impl Responder {
    HttpResponse::Ok()
}

#[get("/maybe")]
async fn maybe(caller: MaybeAuth) -> impl Responder {
    web::Json(json!({ "user": caller.user().map(AuthContext::subject) }))
}

/// Authenticated by the middleware, the attribute and each argument.
#[get("/again")]
#[login_required]
async fn again(_: AuthContext, _: AuthContext) -> impl Responder {
    HttpResponse::Ok()
}

fn routes(app: &mut ServiceConfig) {
    app.service((orders, order, write, maybe)).service(web::scope("/behind").wrap(LoginRequired::new()).service(again));
}

pub(crate) fn builder(okta: &MockOkta, dpop: Dpop) -> ValidatorBuilder {
    okta.validator_builder().resource(RESOURCE).dpop(dpop)
}

pub(crate) const MAPPINGS: [StatusMapping; 2] = [StatusMapping::Flask, StatusMapping::Rfc6750];

fn servers(okta: &MockOkta, dpop: fn() -> Dpop) -> [Server; 2] {
    MAPPINGS.map(|mapping| {
        Server::start(builder(okta, dpop()).status_mapping(mapping).build().expect("a validator"), routes)
    })
}

/// A client with a key and a token that is bound to it.
pub(crate) struct DpopClient<'o> {
    pub(crate) okta: &'o MockOkta,
    pub(crate) key: ProofKey,
    pub(crate) token: String,
}

impl<'o> DpopClient<'o> {
    fn new(okta: &'o MockOkta) -> Self {
        let key = ProofKey::new();
        let token = okta.token().user("alice@example.com").bound_to(&key).sign();
        Self { okta, key, token }
    }

    pub(crate) fn proof(&self, path: &str) -> ProofBuilder {
        self.okta.proof(&self.key).method("GET").url(format!("{ORIGIN}{path}")).access_token(&self.token)
    }

    pub(crate) async fn send(&self, server: &Server, path: &str, proof: &str) -> Response {
        let request = server.request(Method::GET, path).header("Authorization", format!("DPoP {}", self.token));
        request.header("DPoP", proof).send().await.expect("an answer")
    }
}

/// The `error` of a challenge.
pub(crate) fn error(challenge: &str) -> Option<&str> {
    challenge.split("error=\"").nth(1)?.split('"').next()
}

pub(crate) fn challenges(response: &Response) -> Vec<&str> {
    response.headers().get_all("WWW-Authenticate").iter().map(|value| value.to_str().expect("text")).collect()
}

#[actix_web::test]
async fn proof_of_the_key_lets_the_holder_in() {
    let okta = MockOkta::start();
    for mode in [Dpop::accept as fn() -> Dpop, Dpop::require] {
        for server in servers(&okta, mode) {
            let client = DpopClient::new(&okta);
            for path in ["/orders", "/orders?page=2", "/behind/again"] {
                let response = client.send(&server, path, &client.proof(path).sign()).await;
                assert_eq!(response.status(), 200, "{path}");
            }
            let response = client.send(&server, "/maybe", &client.proof("/maybe").sign()).await;
            assert_eq!(response.json::<Value>().await.expect("JSON"), json!({ "user": "alice@example.com" }));
            let request =
                server.request(Method::POST, "/orders").header("authorization", format!("dpop   {}", client.token));
            let proof = client.proof("/orders").method("POST").sign();
            assert_eq!(request.header("dpop", proof).send().await.expect("an answer").status(), 201);
        }
    }
}

/// Each algorithm of the contract.
#[actix_web::test]
async fn every_asymmetric_algorithm_is_accepted() {
    let okta = MockOkta::start();
    let [server, _] = servers(&okta, Dpop::accept);
    use SigningAlgorithm::{ES256, ES384, Ed25519, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};

    for algorithm in [ES256, ES384, PS256, PS384, PS512, RS256, RS384, RS512, EdDSA, Ed25519] {
        let key = ProofKey::with_algorithm(algorithm);
        let token = okta.token().bound_to(&key).sign();
        let client = DpopClient { okta: &okta, key, token };
        let response = client.send(&server, "/orders", &client.proof("/orders").sign()).await;
        assert_eq!(response.status(), 200, "{algorithm:?}");
    }
}

/// One defect at a time: RFC 9449 section 4.3.
#[actix_web::test]
async fn each_defect_of_a_proof_is_refused_in_both_mappings() {
    let okta = MockOkta::start();
    for server in servers(&okta, Dpop::accept) {
        let client = DpopClient::new(&okta);
        let good = || client.proof("/orders");
        let other = ProofKey::new();
        let long = "j".repeat(257);
        let deep = json!({ "a": { "b": 1 } });
        for (name, proof, expected) in [
            ("no proof at all", String::new(), "invalid_dpop_proof"),
            ("not a JWT", "abc".into(), "invalid_dpop_proof"),
            ("too long", good().claim("x", "x".repeat(8 * 1024)).sign(), "invalid_dpop_proof"),
            ("typ of an access token", good().header("typ", "at+jwt").sign(), "invalid_dpop_proof"),
            ("typ in capitals", good().header("typ", "DPoP+JWT").sign(), "invalid_dpop_proof"),
            ("no typ", good().without_header("typ").sign(), "invalid_dpop_proof"),
            ("alg none", good().header("alg", "none").sign(), "invalid_dpop_proof"),
            ("a symmetric alg", good().header("alg", "HS256").sign(), "invalid_dpop_proof"),
            ("another alg", good().header("alg", "RS256").sign(), "invalid_dpop_proof"),
            ("no alg", good().without_header("alg").sign(), "invalid_dpop_proof"),
            ("crit", good().header("crit", json!(["exp"])).sign(), "invalid_dpop_proof"),
            ("no jwk", good().without_header("jwk").sign(), "invalid_dpop_proof"),
            ("jwk is text", good().header("jwk", "x").sign(), "invalid_dpop_proof"),
            ("a private key", good().with_private_key().sign(), "invalid_dpop_proof"),
            ("another key in jwk", good().header("jwk", other.jwk()).sign(), "invalid_token"),
            ("signed by another key", good().signed_by(&other).sign(), "invalid_dpop_proof"),
            ("changed payload", good().tamper(Tamper::Payload).sign(), "invalid_dpop_proof"),
            ("changed signature", good().tamper(Tamper::Signature).sign(), "invalid_dpop_proof"),
            ("no jti", good().without("jti").sign(), "invalid_dpop_proof"),
            ("an empty jti", good().jti("").sign(), "invalid_dpop_proof"),
            ("a long jti", good().jti(long).sign(), "invalid_dpop_proof"),
            ("jti is a number", good().claim("jti", 1).sign(), "invalid_dpop_proof"),
            ("no htm", good().without("htm").sign(), "invalid_dpop_proof"),
            ("another htm", good().method("POST").sign(), "invalid_dpop_proof"),
            ("htm in small letters", good().method("get").sign(), "invalid_dpop_proof"),
            ("no htu", good().without("htu").sign(), "invalid_dpop_proof"),
            ("another path", good().url(format!("{ORIGIN}/order")).sign(), "invalid_dpop_proof"),
            ("another origin", good().url("https://evil.example.com/orders").sign(), "invalid_dpop_proof"),
            (
                "origin of the connection",
                good().url(format!("http://{}/orders", server.address())).sign(),
                "invalid_dpop_proof",
            ),
            ("another scheme", good().url("http://api.example.com/orders").sign(), "invalid_dpop_proof"),
            ("another port", good().url("https://api.example.com:8443/orders").sign(), "invalid_dpop_proof"),
            ("user information", good().url("https://x@api.example.com/orders").sign(), "invalid_dpop_proof"),
            ("a backslash", good().claim("htu", "https://api.example.com\\orders").sign(), "invalid_dpop_proof"),
            ("a tab", good().claim("htu", "https://api.example.com/ord\ters").sign(), "invalid_dpop_proof"),
            ("only a path", good().claim("htu", "/orders").sign(), "invalid_dpop_proof"),
            ("no ath", good().without("ath").sign(), "invalid_dpop_proof"),
            ("ath of another token", good().access_token("other").sign(), "invalid_dpop_proof"),
            ("no iat", good().without("iat").sign(), "invalid_dpop_proof"),
            ("iat is text", good().claim("iat", "1700000000").sign(), "invalid_dpop_proof"),
            ("too old", good().issued_ago(Duration::from_secs(125)).sign(), "invalid_dpop_proof"),
            ("in the future", good().issued_in(Duration::from_secs(65)).sign(), "invalid_dpop_proof"),
            (
                "duplicate member",
                good().raw_payload(duplicate(&client, r#""htm":"GET","#)).sign(),
                "invalid_dpop_proof",
            ),
            (
                "duplicate below",
                good().raw_payload(duplicate(&client, r#""x":{"a":1,"a":1},"#)).sign(),
                "invalid_dpop_proof",
            ),
        ] {
            let response = client.send(&server, "/orders", &proof).await;
            assert_eq!(response.status(), 401, "{name}");
            let challenge = challenges(&response);
            assert_eq!((challenge.len(), error(challenge[0])), (1, Some(expected)), "{name}: {challenge:?}");
            assert!(challenge[0].starts_with("DPoP ") && challenge[0].contains("algs=\"RS256 "), "{challenge:?}");
            assert!(challenge[0].contains("resource_metadata="), "{challenge:?}");
        }
        for (name, proof) in [
            ("further members", good().claim("x", deep).header("kid", "k").sign()),
            ("a query in htu", good().claim("htu", format!("{ORIGIN}/orders?q=1#f")).sign()),
            ("htu in other letters", good().claim("htu", "HTTPS://API.example.com:443/%6Frders").sign()),
            ("nearly too old", good().issued_ago(Duration::from_secs(110)).sign()),
            ("slightly in the future", good().issued_in(Duration::from_secs(50)).sign()),
            ("a long jti that is allowed", good().jti("j".repeat(256)).sign()),
        ] {
            assert_eq!(client.send(&server, "/orders", &proof).await.status(), 200, "{name}");
        }
    }
}

/// The claims of a good proof, with further members in front.
fn duplicate(client: &DpopClient<'_>, members: &str) -> String {
    let good = client.proof("/orders").sign();
    let payload = good.split('.').nth(1).expect("a payload");
    let claims = URL_SAFE_NO_PAD.decode_to_vec(payload).expect("base64url");
    let claims = String::from_utf8(claims).expect("text");
    format!("{{{members}{}", claims.trim_start_matches('{'))
}

#[actix_web::test]
async fn request_has_exactly_one_proof() {
    let okta = MockOkta::start();
    let [server, _] = servers(&okta, Dpop::accept);
    let client = DpopClient::new(&okta);
    let proof = || client.proof("/orders").sign();
    let request = || server.request(Method::GET, "/orders").header("Authorization", format!("DPoP {}", client.token));
    let (one, other) = (proof(), proof());
    for (name, request) in [
        ("none", request()),
        ("two", request().header("DPoP", &one).header("DPoP", &other)),
        ("the same twice", request().header("DPoP", &one).header("DPoP", &one)),
        ("two in one header", request().header("DPoP", format!("{one}, {other}"))),
    ] {
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 401, "{name}");
        assert_eq!(error(challenges(&response)[0]), Some("invalid_dpop_proof"), "{name}");
        assert_eq!(code(response).await, "invalid_dpop_proof");
    }
    assert_eq!(client.send(&server, "/orders", &one).await.status(), 200, "a refused proof is not used up");
}

#[actix_web::test]
async fn proof_works_once() {
    let okta = MockOkta::start();
    for server in servers(&okta, Dpop::accept) {
        let client = DpopClient::new(&okta);
        let proof = client.proof("/orders").jti("one").sign();
        assert_eq!(client.send(&server, "/orders", &proof).await.status(), 200);
        for _ in 0..2 {
            let response = client.send(&server, "/orders", &proof).await;
            assert_eq!(
                (response.status().as_u16(), error(challenges(&response)[0])),
                (401, Some("invalid_dpop_proof"))
            );
        }
        let same_jti = client.proof("/write").jti("one").sign();
        assert_eq!(client.send(&server, "/write", &same_jti).await.status(), 401, "the same jti of the same key");
        let other = DpopClient::new(&okta);
        assert_eq!(other.send(&server, "/orders", &other.proof("/orders").jti("one").sign()).await.status(), 200);
    }
}

#[actix_web::test]
async fn only_an_accepted_proof_is_used_up() {
    let okta = MockOkta::start();
    let [server, _] = servers(&okta, Dpop::accept);
    let client = DpopClient::new(&okta);
    let proof = |path| client.proof(path).jti("one");
    for bad in [
        proof("/orders").tamper(Tamper::Signature).sign(),
        proof("/orders").issued_ago(Duration::from_secs(3600)).sign(),
        proof("/orders").method("POST").sign(),
        proof("/orders").access_token("other").sign(),
    ] {
        assert_eq!(client.send(&server, "/orders", &bad).await.status(), 401);
    }
    let good = proof("/write").sign();
    assert_eq!(client.send(&server, "/write", &good).await.status(), 403, "the policy is not met");
    assert_eq!(client.send(&server, "/write", &good).await.status(), 401, "but the proof is used up");
}

#[actix_web::test]
async fn twenty_requests_with_one_proof_get_one_200() {
    let okta = MockOkta::start();
    let validator = builder(&okta, Dpop::require()).build().expect("a validator");
    let server = Server::start_with(4, move |app| {
        app.app_data(validator.clone());
        routes(app);
    });
    let client = DpopClient::new(&okta);
    for _ in 0..5 {
        let proof = client.proof("/orders").sign();
        let all = futures_util::future::join_all((0..20).map(|_| client.send(&server, "/orders", &proof))).await;
        let mut statuses: Vec<u16> = all.iter().map(|response| response.status().as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!((statuses[0], &statuses[1..]), (200, &[401; 19][..]));
    }
}

/// The scheme, the token and the mode.
#[actix_web::test]
async fn token_must_fit_the_scheme() {
    let okta = MockOkta::start();
    let key = ProofKey::new();
    let bound = okta.token().bound_to(&key).sign();
    let unbound = okta.token().sign();
    let certificate = okta.token().claim("cnf", json!({ "x5t#S256": key.thumbprint() })).sign();
    let both = okta.token().claim("cnf", json!({ "jkt": key.thumbprint(), "x5t#S256": key.thumbprint() })).sign();
    let foreign = okta.token().client("0oaforeign").bound_to(&key).sign();
    let expired = okta.token().expired().bound_to(&key).sign();
    for (mode, require) in [(Dpop::accept as fn() -> Dpop, false), (Dpop::require, true)] {
        for (mapping, server) in MAPPINGS.into_iter().zip(servers(&okta, mode)) {
            let refused = if mapping == StatusMapping::Flask { 403 } else { 401 };
            let malformed = if mapping == StatusMapping::Flask { 403 } else { 400 };
            for (name, scheme, token, status, expected) in [
                ("bound as DPoP", "DPoP", &*bound, 200, None),
                ("bound as Bearer", "Bearer", &bound, refused, Some("invalid_token")),
                ("unbound as DPoP", "DPoP", &unbound, 401, Some("invalid_token")),
                ("unbound as Bearer", "Bearer", &unbound, if require { refused } else { 200 }, Some("invalid_token")),
                ("certificate as DPoP", "DPoP", &certificate, 401, Some("invalid_token")),
                ("certificate as Bearer", "Bearer", &certificate, refused, Some("invalid_token")),
                ("both as DPoP", "DPoP", &both, 401, Some("invalid_token")),
                ("another client", "DPoP", &foreign, 401, Some("invalid_token")),
                ("expired", "DPoP", &expired, 401, Some("invalid_token")),
                ("no token", "DPoP", "", 401, Some("invalid_token")),
                ("two tokens", "DPoP", "a b", 401, Some("invalid_token")),
                ("no Bearer token", "Bearer", "", malformed, None),
                ("another scheme", "Basic", "YTpi", refused, None),
            ] {
                let client = DpopClient { okta: &okta, key: key.clone(), token: token.to_owned() };
                let request =
                    server.request(Method::GET, "/orders").header("Authorization", format!("{scheme} {token}"));
                let proof = client.proof("/orders").sign();
                let response = request.header("DPoP", proof).send().await.expect("an answer");
                let case = format!("{name}, {mapping:?}, require {require}");
                assert_eq!(response.status(), status, "{case}");
                if status == 200 {
                    continue;
                }
                let schemes: Vec<&str> =
                    challenges(&response).iter().map(|one| one.split(' ').next().unwrap_or_default()).collect();
                let expected_schemes = match (scheme, require) {
                    (_, true) | ("DPoP", _) => vec!["DPoP"],
                    ("Basic", false) => vec!["Bearer", "DPoP"],
                    _ => vec!["Bearer"],
                };
                assert_eq!(schemes, expected_schemes, "{case}");
                if let Some(expected) = expected {
                    assert_eq!(error(challenges(&response)[0]), Some(expected), "{case}");
                }
            }
            let anonymous = server.request(Method::GET, "/orders").send().await.expect("an answer");
            let found = challenges(&anonymous);
            assert_eq!(found.len(), if require { 1 } else { 2 });
            assert!(found.iter().all(|challenge| error(challenge).is_none()), "{found:?}");
            assert_eq!(server.request(Method::GET, "/maybe").send().await.expect("an answer").status(), 200);
        }
    }
}

#[actix_web::test]
async fn without_dpop_the_scheme_is_another_one() {
    let okta = MockOkta::start();
    for mapping in MAPPINGS {
        let server = Server::start(
            okta.validator_builder().status_mapping(mapping).resource(RESOURCE).build().expect("a validator"),
            routes,
        );
        let client = DpopClient::new(&okta);
        let response = client.send(&server, "/orders", &client.proof("/orders").sign()).await;
        assert!(challenges(&response)[0].starts_with("Bearer "));
        assert_eq!(code(response).await, "missing_token");
        let response = server.get("/orders", &client.token).await;
        assert_eq!(code(response).await, "invalid_token");
    }
}

#[actix_web::test]
async fn policy_and_outage_are_answered_in_the_scheme() {
    let okta = MockOkta::start();
    let [server, _] = servers(&okta, Dpop::accept);
    let client = DpopClient::new(&okta);
    let response = client.send(&server, "/write", &client.proof("/write").sign()).await;
    assert_eq!(response.status(), 403);
    let challenge = challenges(&response);
    assert!(
        challenge[0].starts_with("DPoP error=\"insufficient_scope\"")
            && challenge[0].contains("scope=\"orders:write\"")
    );
    okta.rotate_without_overlap();
    let unknown = DpopClient::new(&okta);
    okta.go_down();
    let response = unknown.send(&server, "/orders", &unknown.proof("/orders").sign()).await;
    assert_eq!(response.status(), 503);
    assert!(header(&response, "retry-after").is_some() && header(&response, "www-authenticate").is_none());
}

#[actix_web::test]
async fn nonce_is_required_once_and_renewed() {
    let okta = MockOkta::builder().clock(okta_auth_testing::TestClock::frozen_at(std::time::SystemTime::now())).start();
    let dpop = || Dpop::require().nonce_secret([7; 32]);
    let server = Server::start(builder(&okta, dpop()).build().expect("a validator"), routes);
    let other = Server::start(builder(&okta, dpop()).build().expect("a validator"), routes);
    let client = DpopClient::new(&okta);
    let response = client.send(&server, "/orders", &client.proof("/orders").sign()).await;
    assert_eq!((response.status().as_u16(), error(challenges(&response)[0])), (401, Some("use_dpop_nonce")));
    let nonce = header(&response, "DPoP-Nonce").expect("a nonce").to_owned();
    assert_eq!(code(response).await, "use_dpop_nonce");
    let with = |path: &str, nonce: &str| client.proof(path).claim("nonce", nonce).sign();
    for instance in [&server, &other] {
        let response = client.send(instance, "/orders", &with("/orders", &nonce)).await;
        assert_eq!((response.status().as_u16(), header(&response, "DPoP-Nonce")), (200, None), "one retry is enough");
    }
    for bad in ["", "x", &format!("{nonce}A"), &nonce[1..]] {
        let response = client.send(&server, "/orders", &with("/orders", bad)).await;
        assert_eq!(error(challenges(&response)[0]), Some("use_dpop_nonce"), "{bad}");
        assert!(header(&response, "DPoP-Nonce").is_some());
    }
    okta.clock().advance(Duration::from_secs(200));
    for (path, status) in [("/orders", 200), ("/write", 403), ("/behind/again", 200)] {
        let response = client.send(&server, path, &with(path, &nonce)).await;
        assert_eq!(response.status(), status, "{path}");
        let fresh = header(&response, "DPoP-Nonce").expect("the nonce is due for renewal").to_owned();
        assert_eq!(client.send(&server, "/orders", &with("/orders", &fresh)).await.status(), 200);
    }
    okta.clock().advance(Duration::from_secs(101));
    let response = client.send(&server, "/orders", &with("/orders", &nonce)).await;
    assert_eq!(error(challenges(&response)[0]), Some("use_dpop_nonce"), "the nonce is too old");
}

/// As a limit of rates does.
async fn refuse<B>(_: ServiceRequest, _: Next<B>) -> Result<ServiceResponse, Error> {
    Err(ErrorTooManyRequests("slowly"))
}

/// The responses to a new nonce and to one that is due for renewal. Only the second has a fresh one.
async fn with_a_new_and_an_old_nonce(okta: &MockOkta, server: &Server) -> [Response; 2] {
    let client = DpopClient::new(okta);
    let response = client.send(server, "/orders", &client.proof("/orders").sign()).await;
    let nonce = header(&response, "DPoP-Nonce").expect("a nonce").to_owned();
    let send = async || client.send(server, "/orders", &client.proof("/orders").nonce(&nonce).sign()).await;
    let new = send().await;
    okta.clock().advance(Duration::from_secs(200));
    let responses = [new, send().await];
    let have_nonces = responses.each_ref().map(|response| header(response, "DPoP-Nonce").is_some());
    assert_eq!(have_nonces, [false, true]);
    responses
}

#[actix_web::test]
async fn error_of_inner_middleware_carries_the_fresh_nonce() {
    let okta = MockOkta::builder().clock(okta_auth_testing::TestClock::frozen_at(std::time::SystemTime::now())).start();
    let validator = builder(&okta, Dpop::accept().require_nonces()).build().expect("a validator");
    let server = Server::start(validator, |app| {
        app.service(web::scope("").wrap(from_fn(refuse)).wrap(LoginRequired::new()).service(orders));
    });
    for response in with_a_new_and_an_old_nonce(&okta, &server).await {
        assert_eq!(response.status(), 429);
        assert_eq!(response.text().await.expect("a text"), "slowly");
    }
}

async fn refuse_by_policy<B>(request: ServiceRequest, _: Next<B>) -> Result<ServiceResponse, Error> {
    let user = AuthContext::extract(request.request()).await?;
    Policy::scope("orders:write").authorize(&user, request.request())?;
    Ok(request.into_response(HttpResponse::Ok()))
}

/// Adds a header if outer middleware sees a rejection.
async fn show_rejection<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    next.call(request).await.map_err(|error| {
        let Some(_) = error.as_error::<Rejection>() else { return error };
        let mut response = error.error_response();
        response.headers_mut().insert(HeaderName::from_static("x-rejection"), HeaderValue::from_static("seen"));
        InternalError::from_response(error, response).into()
    })
}

#[actix_web::test]
async fn rejection_of_inner_middleware_stays_one() {
    let okta = MockOkta::builder().clock(okta_auth_testing::TestClock::frozen_at(std::time::SystemTime::now())).start();
    let validator = builder(&okta, Dpop::accept().require_nonces()).build().expect("a validator");
    let server = Server::start(validator, |app| {
        let (login, shown) = (LoginRequired::new(), from_fn(show_rejection));
        app.service(web::scope("").wrap(from_fn(refuse_by_policy)).wrap(login).wrap(shown).service(orders));
    });
    for response in with_a_new_and_an_old_nonce(&okta, &server).await {
        assert_eq!((response.status().as_u16(), header(&response, "X-Rejection")), (403, Some("seen")));
    }
}

#[actix_web::test]
async fn proxies_are_configured() {
    let okta = MockOkta::start();
    let dpop = Dpop::require().path_prefix("/api").origin("https://orders.internal:8443");
    let server = Server::start(builder(&okta, dpop).build().expect("a validator"), routes);
    let client = DpopClient::new(&okta);
    for (url, status) in [
        ("https://api.example.com/api/orders", 200),
        ("https://orders.internal:8443/api/orders", 200),
        ("https://api.example.com/orders", 401),
        ("https://orders.internal:8443/orders", 401),
        ("https://orders.internal/api/orders", 401),
    ] {
        let proof = client.proof("/").url(url).sign();
        assert_eq!(client.send(&server, "/orders", &proof).await.status(), status, "{url}");
    }
}

#[actix_web::test]
async fn full_memory_is_503_and_forgets_nothing() {
    let okta = MockOkta::start();
    let server = Server::start(builder(&okta, Dpop::require().memory(1)).build().expect("a validator"), routes);
    let client = DpopClient::new(&okta);
    let mut spent = Vec::new();
    let response = loop {
        let proof = client.proof("/orders").sign();
        let response = client.send(&server, "/orders", &proof).await;
        if response.status() != 200 {
            break response;
        }
        spent.push(proof);
        assert!(spent.len() < 5000, "the memory is bounded");
    };
    assert_eq!(response.status(), 503);
    assert!(header(&response, "Retry-After").is_some() && challenges(&response).is_empty());
    assert_eq!(code(response).await, "store_unavailable");
    for proof in spent.iter().take(20) {
        assert_eq!(client.send(&server, "/orders", proof).await.status(), 401, "a replay");
    }
}

#[actix_web::test]
async fn metadata_says_which_proofs_are_accepted() {
    let okta = MockOkta::start();
    for (dpop, expected) in [(Dpop::accept(), None), (Dpop::require(), Some(true))] {
        let validator = builder(&okta, dpop).build().expect("a validator");
        let server = Server::start_with(1, move |app| {
            app.service(validator.resource_metadata());
        });
        let response = server.request(Method::GET, "/.well-known/oauth-protected-resource/orders").send().await;
        let metadata: Value = response.expect("an answer").json().await.expect("JSON");
        assert_eq!(metadata.get("dpop_bound_access_tokens_required").and_then(Value::as_bool), expected);
        assert!(metadata["dpop_signing_alg_values_supported"].as_array().expect("a list").contains(&json!("ES256")));
    }
}

/// A proof whose token is bound to a certificate as well is not accepted, so it takes no room.
#[actix_web::test]
async fn proof_of_a_refused_token_is_not_remembered() {
    let okta = MockOkta::start();
    let server = Server::start(builder(&okta, Dpop::accept().memory(1)).build().expect("a validator"), routes);
    let key = ProofKey::new();
    let cnf = json!({ "jkt": key.thumbprint(), "x5t#S256": key.thumbprint() });
    let client = DpopClient { okta: &okta, token: okta.token().claim("cnf", cnf).sign(), key };
    for _ in 0..1500 {
        let response = client.send(&server, "/orders", &client.proof("/orders").sign()).await;
        assert_eq!((response.status().as_u16(), error(challenges(&response)[0])), (401, Some("invalid_token")));
    }
    let other = DpopClient::new(&okta);
    assert_eq!(other.send(&server, "/orders", &other.proof("/orders").sign()).await.status(), 200);
}

/// Otherwise, a client whose nonce expires meanwhile needs one retry more.
#[actix_web::test]
async fn fresh_nonce_is_sent_if_the_memory_is_full() {
    let okta = MockOkta::builder().clock(okta_auth_testing::TestClock::frozen_at(std::time::SystemTime::now())).start();
    let dpop = Dpop::require().nonce_secret([7; 32]).memory(1);
    let server = Server::start(builder(&okta, dpop).build().expect("a validator"), routes);
    let client = DpopClient::new(&okta);
    let response = client.send(&server, "/orders", &client.proof("/orders").sign()).await;
    let nonce = header(&response, "DPoP-Nonce").expect("a nonce").to_owned();
    okta.clock().advance(Duration::from_secs(200));
    loop {
        let response = client.send(&server, "/orders", &client.proof("/orders").nonce(&nonce).sign()).await;
        assert!(header(&response, "DPoP-Nonce").is_some_and(|fresh| fresh != nonce), "{}", response.status());
        if response.status() == 503 {
            break;
        }
        assert_eq!(response.status(), 200);
    }
}

/// A client can't go on without the nonce, whatever the app makes of its rejections.
#[actix_web::test]
async fn response_of_a_hook_has_the_nonce() {
    let okta = MockOkta::start();
    let validator = builder(&okta, Dpop::require().require_nonces())
        .on_rejection(|rejection, _| HttpResponse::build(rejection.default_response().status()).body("no"))
        .build()
        .expect("a validator");
    let server = Server::start(validator, routes);
    let client = DpopClient::new(&okta);
    for path in ["/orders", "/maybe", "/behind/again"] {
        let response = client.send(&server, path, &client.proof(path).sign()).await;
        assert_eq!(response.status(), 401);
        assert!(header(&response, "DPoP-Nonce").is_some(), "{path}");
        assert_eq!(response.text().await.expect("a body"), "no");
    }
}

/// Whether DPoP is on is not known, so the caller is not taken for an anonymous one.
#[actix_web::test]
async fn optional_login_reports_a_misconfiguration_in_each_scheme() {
    let okta = MockOkta::start();
    let validator = || builder(&okta, Dpop::accept()).build().expect("a validator");
    let (one, other) = (validator(), validator());
    let server = Server::start_with(1, move |app| {
        app.app_data(one.clone()).app_data(web::Data::new(other.clone()));
        routes(app);
    });
    for (authorization, status) in [("Bearer a.b.c", 500), ("DPoP a.b.c", 500), ("Basic YTpi", 200)] {
        let request = server.request(Method::GET, "/maybe").header("Authorization", authorization);
        assert_eq!(request.send().await.expect("an answer").status(), status, "{authorization}");
    }
}

/// The status of a request with this head, as bytes.
async fn raw_status(server: &Server, head: Vec<u8>) -> u16 {
    let mut stream = TcpStream::connect(server.address()).await.expect("a connection");
    stream.write_all(&head).await.expect("sent");
    let mut response = Vec::new();
    stream.read_to_end(&mut response).await.expect("an answer");
    let response = String::from_utf8_lossy(&response);
    response.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status")
}

/// Nothing that the sender writes about the host decides about `htu`, and two forms of one path are one path.
#[actix_web::test]
async fn request_target_is_that_of_the_configured_origin() {
    let okta = MockOkta::start();
    let [server, _] = servers(&okta, Dpop::accept);
    let client = DpopClient::new(&okta);
    for (target, headers, htu, status) in [
        ("/orders", "Host: evil.example.com", "https://api.example.com/orders", 200),
        ("/orders", "Host: evil.example.com", "https://evil.example.com/orders", 401),
        ("/orders", "Host: a\r\nX-Forwarded-Host: evil.example.com", "https://evil.example.com/orders", 401),
        ("/orders", "Host: a\r\nForwarded: host=evil.example.com", "https://evil.example.com/orders", 401),
        ("http://evil.example.com/orders", "Host: a", "https://api.example.com/orders", 200),
        ("http://evil.example.com/orders", "Host: a", "http://evil.example.com/orders", 401),
        ("/%6frders?a=/../b", "Host: a", "https://api.example.com/orders", 200),
        ("/orders", "Host: a", "https://api.example.com/x/../%6Frders", 200),
        ("/orders", "Host: a", "https://api.example.com//orders", 401),
        ("/orders", "Host: a", "https://api.example.com/orders%2F", 401),
        ("/orders", "Host: a", "https://api.example.com./orders", 401),
    ] {
        let proof = client.proof("/").claim("htu", htu).sign();
        let head = format!(
            "GET {target} HTTP/1.1\r\n{headers}\r\nAuthorization: DPoP {}\r\nDPoP: {proof}\r\nConnection: close\r\n\r\n",
            client.token
        );
        assert_eq!(raw_status(&server, head.into_bytes()).await, status, "{target} {headers:?} {htu}");
    }
}

/// Bytes around a proof that some parsers drop.
#[actix_web::test]
async fn proof_with_further_bytes_is_refused() {
    let okta = MockOkta::start();
    let [server, _] = servers(&okta, Dpop::accept);
    let client = DpopClient::new(&okta);
    let proof = client.proof("/orders").sign();
    let status = |header: Vec<u8>| {
        let begin = format!("GET /orders HTTP/1.1\r\nHost: a\r\nAuthorization: DPoP {}\r\n", client.token);
        let head = [begin.as_bytes(), &header, b"\r\nConnection: close\r\n\r\n"].concat();
        raw_status(&server, head)
    };
    let (first, second) = proof.split_at(proof.len() / 2);
    for header in [
        format!("DPoP: {proof},"),
        format!("DPoP: ,{proof}"),
        format!("DPoP: {proof}, {proof}"),
        format!("DPoP: {proof};"),
        format!("DPoP: \"{proof}\""),
        format!("DPoP: {first} {second}"),
        format!("DPoP: {first}\r\n {second}"),
        format!("DPoP: {proof}\r\n ,"),
        format!("DPoP: {proof}\r\ndpop:"),
        format!("DPoP: {proof}\u{a0}"),
        format!("DPoP: {proof}\u{200b}"),
        format!("DPoP: {proof}\u{b}"),
        format!("DPoP: {proof}\0"),
        format!("DPoP : {proof}"),
    ] {
        let found = status(header.clone().into_bytes()).await;
        assert!([400, 401].contains(&found), "{found}: {}", header.replace(&proof, "PROOF"));
    }
    assert_eq!(
        status(format!("DPoP: \t {proof}\t ").into_bytes()).await,
        200,
        "white space at its ends is none of its own"
    );
}
