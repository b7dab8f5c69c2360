//! The answer that an explanation reports is the one that the client gets.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Responder, get};
use okta_auth::config::{Clock, Dpop};
use okta_auth::explain::Verdict;
use okta_auth::{LoginRequired, Policy, StatusMapping, Validator, login_required, policy};
use okta_auth_testing::{MockOkta, Tamper, TestClock};

use crate::support::{Server, code, header};

static PAYMENTS: Policy = policy!(scope("payments:read") && acr("urn:okta:loa:2fa:any") && auth_within(300));
static ORDERS: Policy = policy!(scope("orders:read") || (scope("a") && scope("b")));
static ADMIN: Policy = policy!(group("admins") && no_actor());
static TRANSFERS: Policy = policy!(sender_constrained() && scope("orders:read"));
static EITHER: Policy = policy!(sender_constrained() || scope("orders:read"));

#[get("/payments")]
#[login_required(policy = PAYMENTS)]
async fn payments() -> impl Responder {
    HttpResponse::Ok()
}

#[get("/orders")]
#[login_required(policy = ORDERS)]
async fn orders() -> impl Responder {
    HttpResponse::Ok()
}

#[get("/transfers")]
#[login_required(policy = TRANSFERS)]
async fn transfers() -> impl Responder {
    HttpResponse::Ok()
}

#[get("/either")]
#[login_required(policy = EITHER)]
async fn either() -> impl Responder {
    HttpResponse::Ok()
}

fn routes(app: &mut ServiceConfig) {
    app.service((payments, orders, transfers, either)).service(
        web::scope("/admin").wrap(LoginRequired::with(ADMIN.clone())).route("", web::get().to(HttpResponse::Ok)),
    );
}

fn tokens(okta: &MockOkta) -> Vec<(&'static str, String)> {
    let now = okta.clock().now().duration_since(UNIX_EPOCH).expect("after the epoch").as_secs();
    let strong = || okta.token().claim("acr", "phr").claim("auth_time", now);
    vec![
        ("good for payments", strong().scopes(["payments:read"]).sign()),
        ("good for orders", okta.token().scopes(["orders:read"]).sign()),
        ("good for admin", okta.token().group("admins").sign()),
        ("weak", strong().claim("acr", "urn:okta:loa:1fa:any").scopes(["payments:read"]).sign()),
        ("old", strong().claim("auth_time", now - 4000).sign()),
        ("no scope", strong().scopes(["x"]).sign()),
        ("an agent", okta.token().group("admins").claim("act", serde_json::json!({ "sub": "agent" })).sign()),
        ("a service", okta.service_token().sign()),
        ("expired", okta.token().expired().sign()),
        ("another audience", okta.token().audience("api://other").sign()),
        ("another client", okta.token().client("0oaother").sign()),
        ("not yet valid", okta.token().not_before_in(Duration::from_secs(3600)).sign()),
        ("forged", okta.token().tamper(Tamper::Signature).sign()),
        ("bound", okta.token().claim("cnf", serde_json::json!({ "jkt": "x" })).sign()),
        ("opaque", "abc".into()),
        ("not a token", "a b".into()),
        ("quoted", "\"a.b.c\"".into()),
    ]
}

#[actix_web::test]
async fn answer_of_an_explanation_is_that_of_the_server() {
    let okta = MockOkta::start();
    for mapping in [StatusMapping::Flask, StatusMapping::Rfc6750] {
        for (has_resource, dpop) in
            [(false, None), (true, None), (true, Some(Dpop::accept())), (true, Some(Dpop::require()))]
        {
            let case = format!("{mapping:?}, resource {has_resource}, {dpop:?}");
            let mut builder = okta.validator_builder().status_mapping(mapping).realm("orders");
            if has_resource {
                builder = builder.resource("https://api.example.com/orders");
            }
            if let Some(dpop) = dpop {
                builder = builder.dpop(dpop);
            }
            let validator = builder.build().expect("a validator");
            let server = Server::start(validator.clone(), routes);
            for (path, policy) in [
                ("/payments", &PAYMENTS),
                ("/orders", &ORDERS),
                ("/admin", &ADMIN),
                ("/transfers", &TRANSFERS),
                ("/either", &EITHER),
            ] {
                for (name, token) in tokens(&okta) {
                    let case = format!("{path} {name}: {case}");
                    let explanation = validator.explain_for(&token, policy).await;
                    let response = server.get(path, &token).await;
                    let Some(answer) = explanation.answer() else {
                        assert_eq!(response.status(), 200, "{case}\n{explanation}");
                        continue;
                    };
                    assert_eq!(answer.status(), response.status().as_u16(), "{case}\n{explanation}");
                    assert_eq!(answer.challenge(), header(&response, "WWW-Authenticate"), "{case}");
                    assert_eq!(answer.code(), code(response).await, "{case}");
                    assert!(explanation.to_string().contains(&format!("The client gets: {answer}")), "{explanation}");
                }
            }
        }
    }
}

#[actix_web::test]
async fn outage_is_answered_with_503() {
    let okta = MockOkta::start();
    okta.go_down();
    let explanation = okta.validator().explain(&okta.token().sign()).await;
    let answer = explanation.answer().expect("an answer");
    assert_eq!((answer.status(), answer.code(), answer.challenge()), (503, "keys_unavailable", None));
}

/// The policy's verdict, and the advice.
async fn policy_of(validator: &Validator, token: &str, policy: &Policy) -> (Verdict, String) {
    let explanation = validator.explain_for(token, policy).await;
    let check = explanation.checks().last().expect("checks");
    assert_eq!((check.name(), check.expected()), ("policy", &*format!("{policy:?}")));
    (check.verdict().clone(), explanation.advice().join("\n"))
}

#[actix_web::test]
async fn advice_says_how_to_meet_a_policy() {
    let okta = MockOkta::builder().clock(TestClock::frozen_at(SystemTime::now())).start();
    let validator = okta.validator();
    let now = okta.clock().now().duration_since(UNIX_EPOCH).expect("after the epoch").as_secs();
    let token =
        |acr: &str, ago: u64| okta.token().claim("acr", acr).claim("auth_time", now - ago).scopes(["payments:read"]);
    let check: Policy = Policy::check(|_, _| panic!("a check needs a request"));
    for (token, policy, parts) in [
        (token("phr", 1000), PAYMENTS.clone(), &["max_age=300", "authenticated 1000 s ago", "refreshed token"][..]),
        (
            token("x", 0),
            PAYMENTS.clone(),
            &["acr_values=\"urn:okta:loa:2fa:any\"", "not known here", ".acr_implies(..)"],
        ),
        (token("x", 0).without("acr"), PAYMENTS.clone(), &["The token has no acr"]),
        (token("phr", 0).without("auth_time"), PAYMENTS.clone(), &["The token has no auth_time"]),
        (okta.service_token(), PAYMENTS.clone(), &["a service, which no user can authenticate"]),
        (token("x", 0), ORDERS.clone(), &["request all of \"orders:read\""]),
        (token("x", 0).scopes(["orders:read"]), TRANSFERS.clone(), &["accepts only bound tokens"]),
        (token("x", 0), ADMIN.clone(), &["Neither a scope nor another authentication would help"]),
        (token("phr", 0), check.clone(), &["is assumed to hold"]),
    ] {
        let (verdict, advice) = policy_of(&validator, &token.sign(), &policy).await;
        assert_eq!(verdict == Verdict::Passed, advice.starts_with("The `check(..)`"), "{policy:?}: {verdict:?}");
        assert!(matches!(verdict, Verdict::Passed | Verdict::Unmet(_)));
        for part in parts {
            assert!(advice.contains(part), "{part}: {advice}");
        }
    }
    let (verdict, _) = policy_of(&validator, &okta.token().expired().sign(), &PAYMENTS).await;
    assert_eq!(verdict, Verdict::Skipped, "only a valid token has a caller");
    let explanation = validator.explain_for(&token("x", 0).sign(), &PAYMENTS).await;
    assert!(explanation.is_valid() && explanation.to_string().contains("UNMET   policy"), "{explanation}");
}

#[actix_web::test]
async fn advice_on_authentication_is_about_what_the_policy_requires() {
    let start = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let okta = MockOkta::builder().clock(TestClock::frozen_at(start)).start();
    let validator = okta.validator();
    let now = okta.clock().now().duration_since(UNIX_EPOCH).expect("after the epoch").as_secs();
    let token = |acr: &str, time: u64| okta.token().claim("acr", acr).claim("auth_time", time).scopes(["x"]);
    let (recent, own_class) = (Policy::auth_within(Duration::from_secs(300)), Policy::acr("x"));
    let scopes = Policy::scope("a").and(Policy::scope("b"));
    for (token, policy, expected) in [
        (
            token("x", now - 400).without("acr"),
            recent.clone(),
            " max_age=300. The user was authenticated 400 s ago; a refreshed token keeps that time.",
        ),
        (
            token("x", now + 400),
            recent.clone(),
            " max_age=300. The auth_time of the token is 400 s in the future: is the clock of this machine right?",
        ),
        (
            token("x", now - 400),
            recent.clone().and(own_class.clone()),
            " acr_values=\"x\" max_age=300. The user was authenticated 400 s ago; a refreshed token keeps that time.",
        ),
        (token("phr", now).without("auth_time"), own_class.clone().and(scopes), " acr_values=\"x\" scope=\"a b\"."),
    ] {
        let explanation = validator.explain_for(&token.sign(), &policy).await;
        let advice = format!("Let the client send its user to the authorization server again, with{expected}");
        assert_eq!(explanation.advice(), [advice], "{policy:?}");
    }
    let explanation = validator.explain(&token("x", now + 400).sign()).await;
    assert!(explanation.to_string().contains("an acr, auth_time 400 s in the future, no actor"), "{explanation}");
}

/// A clock that jumps ahead once it was read so often.
struct Jump {
    reads: AtomicU64,
    after: u64,
}

impl Clock for Jump {
    fn now(&self) -> SystemTime {
        let has_jumped = self.reads.fetch_add(1, Ordering::Relaxed) >= self.after;
        SystemTime::now() + Duration::from_secs(if has_jumped { 100_000 } else { 0 })
    }
}

#[actix_web::test]
async fn token_that_expires_during_its_explanation_is_not_let_in() {
    let okta = MockOkta::start();
    let token = okta.token().sign();
    for after in 0..12 {
        let validator =
            okta.validator_builder().clock(Jump { reads: AtomicU64::new(0), after }).build().expect("valid");
        let explanation = validator.explain_for(&token, &Policy::authenticated()).await;
        let verdict = explanation.checks().last().expect("checks").verdict();
        let is_let_in = *verdict == Verdict::Passed;
        assert_eq!(explanation.answer().is_none(), is_let_in, "after {after} reads: {explanation}");
        assert_eq!(explanation.is_valid(), is_let_in, "after {after} reads: {explanation}");
    }
}

#[actix_web::test]
async fn advice_names_settings_that_do_not_fit_the_resource() {
    let okta = MockOkta::start();
    let audience = okta.audience().to_owned();
    let slash = MockOkta::builder().audience("https://api.example.com/orders").start();
    for (builder, token, expected) in [
        (okta.validator_builder(), okta.token(), &[][..]),
        (
            okta.validator_builder().resource("https://api.example.com/orders"),
            okta.token(),
            &["the resource is not an audience of this issuer", "OKTA_STATUS_MAPPING=rfc6750"],
        ),
        (
            slash.validator_builder().resource("https://api.example.com/orders/"),
            slash.token(),
            &["differ only by the slash", "OKTA_STATUS_MAPPING=rfc6750"],
        ),
        (
            slash.validator_builder().resource("https://api.example.com/orders").status_mapping(StatusMapping::Rfc6750),
            slash.token(),
            &[],
        ),
    ] {
        let explanation = builder.build().expect("a validator").explain(&token.sign()).await;
        assert_eq!(explanation.advice().len(), expected.len(), "{audience}: {explanation}");
        for (advice, part) in explanation.advice().iter().zip(expected) {
            assert!(advice.starts_with("Settings: ") && advice.contains(part), "{advice}");
        }
    }
}
