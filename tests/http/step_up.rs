//! Policies about the user's authentication (RFC 9470), actors (RFC 8693) and scopes that imply others, in both status
//! mappings.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Responder, get};
use okta_auth::{AuthContext, Issuer, LoginRequired, Policy, Rejection, StatusMapping, login_required};
use okta_auth_testing::{MockOkta, TestClock, TokenBuilder};
use serde_json::{Value, json};

use crate::support::{Server, code, header};

const START: Duration = Duration::from_secs(1_700_000_000);
const TWO_FACTORS: &str = "urn:okta:loa:2fa:any";

#[get("/payments")]
#[login_required(acr("urn:okta:loa:2fa:any") && auth_within("5m"))]
async fn payments() -> impl Responder {
    web::Json(json!({ "payments": [] }))
}

#[get("/plain")]
#[login_required]
async fn plain() -> impl Responder {
    "in"
}

#[get("/recent")]
#[login_required]
async fn recent(user: AuthContext, request: HttpRequest) -> Result<HttpResponse, Rejection> {
    Policy::auth_within(Duration::from_secs(300)).authorize(&user, &request)?;
    Ok(HttpResponse::Ok().finish())
}

#[get("/transfers")]
#[login_required(scope("transfers:write") && acr("phr"))]
async fn transfers() -> impl Responder {
    "in"
}

#[get("/either")]
#[login_required(scope("transfers:write") || acr("phr"))]
async fn either() -> impl Responder {
    "in"
}

#[get("/group")]
#[login_required(group("finance") && acr("phr"))]
async fn group() -> impl Responder {
    "in"
}

#[get("/agent")]
#[login_required(actor("agent@example.com"))]
async fn agent() -> impl Responder {
    "in"
}

#[get("/person")]
#[login_required(no_actor())]
async fn person() -> impl Responder {
    "in"
}

#[get("/orders")]
#[login_required(scope("orders:read"))]
async fn orders(user: AuthContext) -> impl Responder {
    web::Json(json!({ "scopes": user.scopes().collect::<Vec<_>>(), "read": user.has_scope("orders:read") }))
}

#[get("/delete")]
#[login_required(scope("orders:read") && scope("orders:delete"))]
async fn delete() -> impl Responder {
    "in"
}

fn routes(app: &mut ServiceConfig) {
    app.service((payments, plain, recent, transfers, either, group, agent, person, orders, delete)).service(
        web::scope("/behind").wrap(LoginRequired::with(Policy::acr("phr"))).route("", web::get().to(HttpResponse::Ok)),
    );
}

/// A mock and one server for each status mapping.
fn servers(okta: &MockOkta) -> [Server; 2] {
    [StatusMapping::Flask, StatusMapping::Rfc6750].map(|mapping| {
        let builder = okta.validator_builder().status_mapping(mapping);
        let builder =
            builder.scope_implies("orders:admin", "orders:write").scope_implies("orders:write", "orders:read");
        Server::start(builder.build().expect("a validator"), routes)
    })
}

fn okta() -> MockOkta {
    MockOkta::builder().clock(TestClock::frozen_at(UNIX_EPOCH + START)).start()
}

fn since_epoch(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).expect("after the epoch").as_secs()
}

/// A token with this `acr`, of a user who was authenticated so many seconds ago.
fn token(okta: &MockOkta, acr: impl Into<Value>, ago: u64) -> TokenBuilder {
    okta.token().claim("acr", acr.into()).claim("auth_time", since_epoch(okta.clock().now()) - ago)
}

#[actix_web::test]
async fn another_authentication_is_requested_with_401() {
    let okta = okta();
    let challenge = format!(
        "Bearer error=\"insufficient_user_authentication\", \
         error_description=\"This needs another or a more recent authentication of the user.\", \
         acr_values=\"{TWO_FACTORS}\", max_age=\"300\""
    );
    for server in servers(&okta) {
        for (name, token, expected) in [
            ("strong and recent", token(&okta, TWO_FACTORS, 10), 200),
            ("stronger", token(&okta, "phrh", 300), 200),
            ("one factor", token(&okta, "urn:okta:loa:1fa:any", 10), 401),
            ("a password", token(&okta, "urn:okta:loa:1fa:pwd", 10), 401),
            ("two factors if possible", token(&okta, "urn:okta:loa:2fa:any:ifpossible", 10), 401),
            ("unknown class", token(&okta, "urn:example:gold", 10), 401),
            ("too old", token(&okta, TWO_FACTORS, 361), 401),
            ("far too old", token(&okta, "phrh", 1_000_000), 401),
            ("in the future", token(&okta, TWO_FACTORS, 0).claim("auth_time", START.as_secs() + 61), 401),
            ("no acr", token(&okta, TWO_FACTORS, 10).without("acr"), 401),
            ("no auth_time", token(&okta, TWO_FACTORS, 10).without("auth_time"), 401),
            ("acr is a list", token(&okta, json!([TWO_FACTORS]), 10), 401),
            ("acr is null", token(&okta, Value::Null, 10), 401),
            ("auth_time is text", token(&okta, TWO_FACTORS, 0).claim("auth_time", "1700000000"), 401),
            ("auth_time is null", token(&okta, TWO_FACTORS, 0).claim("auth_time", Value::Null), 401),
            ("a service", okta.service_token().without("auth_time"), 401),
        ] {
            let text = token.sign();
            let response = server.get("/payments", &text).await;
            assert_eq!(response.status(), expected, "{name}");
            if expected == 401 {
                assert_eq!(header(&response, "WWW-Authenticate"), Some(&*challenge), "{name}");
                assert_eq!(header(&response, "Cache-Control"), Some("no-store"));
                assert_eq!(code(response).await, "insufficient_user_authentication", "{name}");
            } else {
                assert_eq!(response.json::<Value>().await.expect("JSON"), json!({ "payments": [] }));
            }
            assert_eq!(server.status("/plain", &text).await, 200, "{name}: the token is valid");
        }
    }
}

#[actix_web::test]
async fn duplicate_claims_meet_no_requirement() {
    let okta = okta();
    let payload = |members: &str| {
        let (issuer, audience, client) = (okta.issuer(), okta.audience(), okta.client_id());
        let claims = format!(r#""iss":"{issuer}","aud":"{audience}","cid":"{client}","sub":"a","exp":4000000000"#);
        okta.token().raw_payload(format!("{{{claims},{members}}}")).sign()
    };
    let now = START.as_secs();
    for server in servers(&okta) {
        for (path, members, status) in [
            ("/payments", format!(r#""acr":"phr","auth_time":{now}"#), 200),
            ("/payments", format!(r#""acr":"phr","acr":"phr","auth_time":{now}"#), 401),
            ("/payments", format!(r#""acr":"phr","auth_time":{now},"auth_time":{now}"#), 401),
            ("/payments", format!(r#""acr":"phr","\u0061uth_time":{now},"auth_time":1"#), 401),
            ("/agent", r#""act":{"sub":"agent@example.com"}"#.into(), 200),
            ("/agent", r#""act":{"sub":"x"},"act":{"sub":"agent@example.com"}"#.into(), 403),
            ("/agent", r#""act":{"sub":"x","sub":"agent@example.com"}"#.into(), 403),
            ("/person", r#""act":{"sub":"x"},"act":null"#.into(), 403),
            ("/person", r#""x":1"#.into(), 200),
        ] {
            let token = payload(&members);
            assert_eq!(server.status(path, &token).await, status, "{path} {members}");
            assert_eq!(server.status("/plain", &token).await, 200, "{members}: the token is valid");
        }
    }
}

#[actix_web::test]
async fn cached_token_ages() {
    let okta = okta();
    let servers = servers(&okta);
    let text = token(&okta, TWO_FACTORS, 0).expires_in(Duration::from_secs(3600)).sign();
    for (seconds, status) in [(0, 200), (360, 200), (1, 401), (1000, 401)] {
        okta.clock().advance(Duration::from_secs(seconds));
        for server in &servers {
            for path in ["/payments", "/recent"] {
                assert_eq!(server.status(path, &text).await, status, "{path} after {seconds} s more");
            }
            assert_eq!(server.status("/plain", &text).await, 200);
        }
    }
    okta.clock().rewind(Duration::from_secs(1361 + 61));
    for server in &servers {
        let status = server.status("/payments", &text).await;
        assert_ne!(status, 200, "the authentication is in the future");
    }
}

#[actix_web::test]
async fn cheapest_alternative_is_requested() {
    let okta = okta();
    let both = r#"scope="transfers:write", acr_values="phr""#;
    for server in servers(&okta) {
        for (path, acr, scope, status, expected) in [
            ("/transfers", "phr", "transfers:write", 200, ""),
            ("/transfers", TWO_FACTORS, "transfers:write", 401, both),
            ("/transfers", TWO_FACTORS, "x", 401, both),
            ("/transfers", "phr", "x", 403, r#"error="insufficient_scope""#),
            ("/either", TWO_FACTORS, "x", 403, r#"scope="transfers:write""#),
            ("/either", "phr", "x", 200, ""),
            ("/group", TWO_FACTORS, "x", 403, "Bearer"),
            ("/behind", TWO_FACTORS, "x", 401, r#"acr_values="phr""#),
            ("/behind", "phrh", "x", 200, ""),
        ] {
            let response = server.get(path, &token(&okta, acr, 10).scopes([scope]).sign()).await;
            assert_eq!(response.status(), status, "{path} {acr} {scope}");
            let challenge = header(&response, "WWW-Authenticate").unwrap_or_default();
            assert!(challenge.contains(expected), "{path} {acr} {scope}: {challenge}");
            if expected == "Bearer" {
                assert_eq!(challenge, "Bearer", "nothing that the client can do would help");
            }
        }
        let member = token(&okta, TWO_FACTORS, 10).group("finance").sign();
        assert_eq!(server.status("/group", &member).await, 401);
    }
}

#[actix_web::test]
async fn only_the_current_actor_decides() {
    let okta = okta();
    let by_agent = json!({ "sub": "agent@example.com" });
    for server in servers(&okta) {
        for (act, is_agent, is_person) in [
            (Some(by_agent.clone()), 200, 403),
            (Some(json!({ "sub": "agent@example.com", "act": { "sub": "other" } })), 200, 403),
            (Some(json!({ "sub": "other", "act": by_agent })), 403, 403),
            (Some(json!({ "iss": "https://id.example.com" })), 403, 403),
            (Some(json!("agent@example.com")), 403, 403),
            (Some(Value::Null), 403, 403),
            (None, 403, 200),
        ] {
            let plain_token = okta.token();
            let token = match &act {
                Some(act) => plain_token.claim("act", act.clone()),
                None => plain_token,
            };
            let token = token.sign();
            for (path, status) in [("/agent", is_agent), ("/person", is_person), ("/plain", 200)] {
                let response = server.get(path, &token).await;
                assert_eq!(response.status(), status, "{path} {act:?}");
                if status == 403 {
                    assert_eq!(header(&response, "WWW-Authenticate"), Some("Bearer"));
                    let text = response.text().await.expect("a body");
                    assert!(text.contains("forbidden") && !text.contains("agent"), "{text}");
                }
            }
        }
    }
}

#[actix_web::test]
async fn broader_scope_satisfies_a_narrower_one() {
    let okta = okta();
    for server in servers(&okta) {
        for (scope, status) in [
            ("orders:read", 200),
            ("orders:write", 200),
            ("orders:admin", 200),
            ("orders", 403),
            ("orders:delete", 403),
        ] {
            let response = server.get("/orders", &okta.token().scopes(["openid", scope]).sign()).await;
            assert_eq!(response.status(), status, "{scope}");
            if status == 200 {
                let body: Value = response.json().await.expect("JSON");
                assert_eq!(body, json!({ "scopes": ["openid", scope], "read": true }));
            }
        }
        let response = server.get("/delete", &okta.token().scopes(["orders:admin"]).sign()).await;
        let challenge = header(&response, "WWW-Authenticate").expect("a challenge");
        assert!(challenge.ends_with(r#"scope="orders:read orders:delete""#), "as the policy asks: {challenge}");
    }
}

#[actix_web::test]
async fn each_issuer_has_its_own_order_of_classes() {
    let (okta, partner) = (okta(), okta());
    let issuer = Issuer::new(partner.issuer()).audience(partner.audience()).client_id(partner.client_id());
    let builder = okta.validator_builder().add_issuer(issuer.acr_implies("gold", "phr")).acr_implies("silver", "phr");
    let server = Server::start(builder.build().expect("a validator"), routes);
    for (from, acr, status) in [
        (&okta, "silver", 200),
        (&okta, "gold", 401),
        (&okta, "phrh", 200),
        (&partner, "gold", 200),
        (&partner, "silver", 401),
        (&partner, "phrh", 200),
    ] {
        assert_eq!(server.status("/behind", &token(from, acr, 0).sign()).await, status, "{acr}");
    }
}
