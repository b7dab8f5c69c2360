//! Agents: the log says whether an actor acts for the caller. No output says who the actor is.

use actix_web::test::{call_service, init_service};
use actix_web::{App, Responder, get};
use okta_auth::{AuthContext, login_required, policy};
use serde_json::json;

use super::log::{Log, REJECTED};
use super::responses::{read, request};
use super::secrets::Secrets;
use super::{assert_printable, text};
use crate::fixture::{Config, Fixture, MARK};

#[get("/scope")]
#[login_required(scope("orders:delete"))]
async fn scope() -> impl Responder {
    "in"
}

#[get("/authentication")]
#[login_required(acr("phrh"))]
async fn authentication() -> impl Responder {
    "in"
}

#[get("/actor")]
#[login_required(actor("another-agent"))]
async fn other_agent() -> impl Responder {
    "in"
}

#[get("/neither")]
#[login_required(no_actor() && group("admins"))]
async fn neither() -> impl Responder {
    "in"
}

#[get("/bound")]
#[login_required(sender_constrained())]
async fn bound() -> impl Responder {
    "in"
}

#[get("/debug")]
#[login_required]
async fn debug(user: AuthContext) -> impl Responder {
    // The `Debug` of an actor shows its issuer and its client, like that of a caller.
    let actors = user.actor().map(|actor| format!("{actor:?} {actor:#?}")).unwrap_or_default();
    assert!(!actors.contains(&format!("{MARK}-agent")), "{actors}");
    format!("{user:?} {user:#?}")
}

#[actix_web::test]
async fn output_says_that_an_actor_acts_and_not_who() {
    let log = Log::record();
    let fixture = Fixture::new();
    let secrets = Secrets::new(&fixture);
    let validator = fixture.validator(Config::Default);
    let app =
        App::new().app_data(validator.clone()).service((scope, authentication, other_agent, neither, bound, debug));
    let app = init_service(app).await;
    let marked = |name: &str| format!("{MARK}-{name}");
    let agent = json!({ "sub": marked("agent"), "iss": marked("issuer"), "client_id": marked("client") });
    let cases = [
        ("a person", None),
        ("an agent", Some(agent.clone())),
        ("a chain", Some(json!({ "sub": marked("agent"), "cid": marked("client"), "act": agent }))),
        ("not an object", Some(json!(marked("agent")))),
        ("not a subject", Some(json!({ "sub": [marked("agent")] }))),
        ("null", Some(json!(null))),
    ];
    for (case, act) in cases {
        let has_actor = act.is_some();
        let token = match act {
            Some(act) => fixture.token().act(act).sign(),
            None => fixture.token().sign(),
        };
        let token_secrets = secrets.of(&token);
        log.take();
        let explanation = validator.explain_for(&token, &policy!(actor("another-agent"))).await;
        assert!(explanation.is_valid() && explanation.answer().is_some(), "{case}: {explanation}");
        let shown = format!("{explanation} {explanation:?} {}", text(&log.take()));
        token_secrets.assert_absent(&shown, case, "the explanation");
        assert_printable(&shown);
        for (path, status, reason) in [
            ("/scope", 403, "insufficient_scope"),
            ("/authentication", 401, "insufficient_user_authentication"),
            ("/actor", 403, "forbidden"),
            ("/neither", 403, "forbidden"),
            ("/bound", 403, "invalid_token rule=not_bound"),
        ] {
            let sent = request(path, "*/*", &token).expect("a header").to_request();
            let response = call_service(&app, sent).await.map_into_boxed_body();
            let (found, entries) = read(response, &token_secrets, case, &log).await;
            assert_eq!(found, status, "{case} at {path}");
            let [rejection] = &entries[..] else { panic!("{case} at {path}: {}", text(&entries)) };
            assert!(rejection.message.starts_with(REJECTED), "{case} at {path}: {}", rejection.message);
            let fields = format!(" code={reason} has_actor={has_actor}");
            assert!(rejection.rest.ends_with(&fields), "{case} at {path}: {}", rejection.rest);
        }
        let sent = request("/debug", "*/*", &token).expect("a header").to_request();
        let response = call_service(&app, sent).await.map_into_boxed_body();
        let (found, entries) = read(response, &token_secrets, case, &log).await;
        assert_eq!((found, entries.len()), (200, 0), "{case}: an accepted request is not logged");
    }
}
