//! Responses to requests: no response and no event shows a secret, for any token and any state of Okta.

use std::fmt::Write as _;

use actix_web::dev::ServiceResponse;
use actix_web::http::header::HeaderValue;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, HttpResponse, Responder, get, web};
use okta_auth::{
    AuthContext, Claims, LoginRequired, Policy, Rejection, StatusMapping, ValidateError, error::KeyError,
    login_required, policy,
};
use okta_auth_testing::Fault;

use super::log::{Entry, Log, REJECTED};
use super::secrets::{Secrets, TokenSecrets};
use super::{Tier, WrongTypes, assert_printable, chain, text};
use crate::corpus::all;
use crate::fixture::{Config, Fixture, MARK};

#[get("/")]
#[login_required]
async fn route(user: AuthContext) -> impl Responder {
    let _ = user;
    "in"
}

#[get("/scope")]
#[login_required(scope("orders:delete"))]
async fn another_scope() -> impl Responder {
    "in"
}

#[get("/group")]
#[login_required(group("admins"))]
async fn another_group() -> impl Responder {
    "in"
}

#[get("/claims")]
async fn other_claims(claims: Claims<WrongTypes>) -> impl Responder {
    let _ = claims;
    "in"
}

#[get("/claim")]
#[login_required]
async fn another_claim(user: AuthContext) -> actix_web::Result<impl Responder> {
    let _: Tier = user.claim("tier")?;
    Ok("in")
}

/// An app with every kind of protected route. A macro, because the type of the app can't be written.
macro_rules! server {
    ($validator:expr) => {
        init_service(
            App::new()
                .app_data($validator.clone())
                .service(route)
                .service(another_scope)
                .service(another_group)
                .service(other_claims)
                .service(another_claim)
                .service(web::scope("/wrapped").wrap(LoginRequired::new()).default_service(web::to(HttpResponse::Ok))),
        )
        .await
    };
}

/// The request with this token. `None` if a header can't hold the token.
pub(super) fn request(path: &str, accept: &'static str, token: &str) -> Option<TestRequest> {
    // White space around a header value is not part of it (RFC 9110 section 5.5).
    if token.trim() != token {
        return None;
    }
    let mut header = HeaderValue::from_bytes(format!("Bearer {token}").as_bytes()).ok()?;
    header.set_sensitive(true);
    Some(TestRequest::get().uri(path).insert_header(("authorization", header)).insert_header(("accept", accept)))
}

/// Checks everything that a response shows. Returns its status and the log entries.
pub(super) async fn read(
    response: ServiceResponse,
    token_secrets: &TokenSecrets<'_>,
    case: &str,
    log: &Log,
) -> (u16, Vec<Entry>) {
    let status = response.status().as_u16();
    let mut shown = format!("{:?}", response.headers());
    if let Some(error) = response.response().error() {
        let _ = write!(shown, "\n{error} {error:?} {error:#?}");
        if let Some(rejection) = error.as_error::<Rejection>() {
            let reason = rejection.reason();
            let _ = write!(shown, "\n{rejection} {rejection:?} {rejection:#?}\n{reason} {reason:?} {reason:#?}");
        }
    }
    let body = read_body(response).await;
    let _ = write!(shown, "\n{}", String::from_utf8_lossy(&body));
    token_secrets.assert_absent(&shown, case, "the response");
    assert_printable(&shown);
    let entries = log.take();
    token_secrets.assert_absent(&text(&entries), case, "the log");
    assert_printable(&text(&entries));
    (status, entries)
}

#[actix_web::test]
async fn no_response_or_event_shows_a_secret_or_is_a_5xx() {
    let log = Log::record();
    let fixture = Fixture::new();
    let secrets = Secrets::new(&fixture);
    let (mut refusals, mut denials) = (0, 0);
    let cases = all(&fixture);
    let mut configs: Vec<Config> = Vec::new();
    for case in &cases {
        if !configs.contains(&case.config) {
            configs.push(case.config);
        }
    }
    let rfc6750 = fixture.okta.validator_builder().status_mapping(StatusMapping::Rfc6750).build().expect("a validator");
    let validators =
        configs.into_iter().map(|config| (config, StatusMapping::Flask, fixture.validator(config).clone()));
    let mut servers = Vec::new();
    for (config, mapping, validator) in validators.chain([(Config::Default, StatusMapping::Rfc6750, rfc6750)]) {
        let app = server!(validator);
        servers.push((config, mapping, validator, app));
    }
    // Two thousand signatures with one flipped bit get the same response. A tenth of them is enough here.
    let is_repetition = |name: &str| name.starts_with("bit ") && !name.ends_with('0');
    for case in cases.iter().filter(|case| !is_repetition(&case.name)) {
        let token_secrets = secrets.of(&case.token);
        for (_, mapping, validator, app) in servers.iter().filter(|(config, ..)| case.config == *config) {
            let refused = validator.validate(&case.token).await.err();
            log.take();
            let requests: &[(&str, &str)] = match refused {
                Some(_) if *mapping == StatusMapping::Rfc6750 => &[("/wrapped", "*/*")],
                Some(_) => &[("/", "*/*"), ("/wrapped", "text/plain")],
                None => &[
                    ("/", "*/*"),
                    ("/wrapped", "*/*"),
                    ("/scope", "*/*"),
                    ("/scope", "text/plain"),
                    ("/group", "*/*"),
                    ("/group", "text/plain"),
                    ("/claims", "*/*"),
                    ("/claims", "text/plain"),
                    ("/claim", "*/*"),
                    ("/claim", "text/plain"),
                ],
            };
            for (path, accept) in requests {
                let Some(request) = request(path, accept, &case.token) else { continue };
                let response = call_service(app, request.to_request()).await.map_into_boxed_body();
                let challenge = response.headers().contains_key("www-authenticate");
                let (status, entries) = read(response, &token_secrets, &case.name, &log).await;
                let allowed = refused.is_none() && matches!(*path, "/" | "/wrapped");
                assert_eq!(status == 200, allowed, "{} at {path}: {status}", case.name);
                assert!(status < 500, "{} at {path}: {status}", case.name);
                assert_eq!(challenge, !allowed, "{} at {path}: the challenge", case.name);
                let rejected = entries.iter().filter(|entry| entry.message.starts_with(REJECTED)).count();
                assert_eq!(rejected, usize::from(!allowed), "{} at {path}", case.name);
                match &refused {
                    Some(error) => {
                        refusals += 1;
                        // A value that is not a `b64token` (RFC 6750 section 2.1) does not reach the validator.
                        let is_sendable =
                            |byte| byte == b'=' || b"-._~+/".contains(&byte) || byte.is_ascii_alphanumeric();
                        if case.token.bytes().all(is_sendable) && !case.token.is_empty() {
                            assert_eq!(entries[0].message, format!("{REJECTED}{error}"), "{} at {path}", case.name);
                        }
                    }
                    None => denials += usize::from(!allowed),
                }
            }
        }
    }
    assert!(refusals > 3000 && denials > 1000, "{refusals} refusals, {denials} denials");
}

#[actix_web::test]
async fn outage_responses_and_events_show_no_secret() {
    let log = Log::record();
    let fixture = Fixture::new();
    let secrets = Secrets::new(&fixture);
    let token = fixture.token().sign();
    let token_secrets = secrets.of(&token);
    let secret = format!("{MARK}-body");
    for fault in [
        Fault::Status(500),
        Fault::Garbage,
        Fault::Body(secret.clone()),
        Fault::Body(format!(r#"{{"keys":[{{"kid":"k","kty":"oct","k":"{secret}"}}]}}"#)),
        Fault::Body(format!(r#"{{"issuer":"https://example.com","x":"{secret}"}}"#)),
        Fault::EmptyKeySet,
        Fault::Truncate,
        Fault::Reset,
        Fault::Redirect(format!("https://{MARK}:{MARK}@example.com/?{MARK}#{MARK}")),
    ] {
        fixture.okta.clear_faults();
        fixture.okta.fault(fault.clone());
        let fault = format!("{fault:?}");
        let validator = fixture.okta.validator_builder().build().expect("a validator");
        let error = validator.validate(&token).await.expect_err("no keys");
        let ValidateError::Keys(keys) = &error else { panic!("{fault}: {error}") };
        let KeyError::Unavailable { cause, .. } = keys else { panic!("{fault}: {keys}") };
        let explanation = validator.explain(&token).await;
        let status = validator.status();
        assert!(status.iter().all(|status| status.last_error().is_some()), "{fault}: {status:?}");
        let shown = format!(
            "{}\n{}\n{}\n{status:?} {status:#?}\n{explanation} {explanation:?} {validator:?}",
            chain(&error),
            chain(keys),
            chain(&**cause)
        );
        token_secrets.assert_absent(&shown, &fault, "an outage");
        assert_printable(&shown);
        let entries = log.take();
        assert!(entries.iter().any(|entry| entry.message == "keys can't be fetched"), "{fault}: {}", text(&entries));
        token_secrets.assert_absent(&text(&entries), &fault, "the log of an outage");
        let app = server!(validator);
        for (path, accept) in [("/", "*/*"), ("/", "text/plain"), ("/wrapped", "*/*"), ("/claims", "text/plain")] {
            let request = request(path, accept, &token).expect("a header");
            let response = call_service(&app, request.to_request()).await.map_into_boxed_body();
            let (status, _) = read(response, &token_secrets, &fault, &log).await;
            assert_eq!(status, 503, "{fault} at {path}");
        }
    }
}

static PAYMENTS: Policy = policy!(acr("phr") && auth_within(60));
static AGENT: Policy = policy!(actor("agent"));
static PERSON: Policy = policy!(no_actor());

#[get("/payments")]
#[login_required(policy = PAYMENTS)]
async fn payments() -> impl Responder {
    "in"
}

#[get("/agent")]
#[login_required(policy = AGENT)]
async fn agent() -> impl Responder {
    "in"
}

#[get("/person")]
#[login_required(policy = PERSON)]
async fn person() -> impl Responder {
    "in"
}

#[actix_web::test]
async fn rejection_shows_no_acr_and_no_actor_of_the_token() {
    let log = Log::record();
    let fixture = Fixture::new();
    let validator = fixture.validator(Config::Default);
    let services = (payments, agent, person);
    let app = init_service(App::new().app_data(validator.clone()).service(services)).await;
    let act = r#"{"sub":"secret-1","iss":"secret-2","client_id":"secret-3","act":{"sub":"secret-4"}}"#;
    for (path, policy, has_actor) in [
        ("/payments", &PAYMENTS, false),
        ("/payments", &PAYMENTS, true),
        ("/agent", &AGENT, false),
        ("/agent", &AGENT, true),
        ("/person", &PERSON, true),
    ] {
        let claims = [("acr", r#""secret-0""#), ("auth_time", "1"), ("act", act)];
        let token = fixture.with_claims(if has_actor { &claims } else { &claims[..2] });
        let request = request(path, "application/json", &token).expect("a header");
        let response = call_service(&app, request.to_request()).await;
        let rejection = response.response().error().expect("a rejection");
        let mut shown = format!("{rejection} {rejection:?} {:?}", response.headers());
        shown.push_str(&String::from_utf8_lossy(&read_body(response).await));
        let entries = text(&log.take());
        assert!(entries.contains(&format!("has_actor={has_actor}")), "{path}: {entries}");
        shown.push_str(&entries);
        let explanation = validator.explain_for(&token, policy).await;
        let _ = write!(shown, "{explanation} {explanation:?} {}", text(&log.take()));
        assert!(!shown.contains("secret-"), "{path}: {shown}");
    }
}
