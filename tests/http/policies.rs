//! The policies of handlers, in both status mappings.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Responder, get};
use okta_auth::{
    AuthContext, Issuer, LoginRequired, Policy, Profile, Rejection, StatusMapping, login_required, policy,
};
use okta_auth_testing::{MockOkta, TokenBuilder};
use serde_json::json;

use crate::support::{Server, code, header};

static ADMIN: Policy = policy!(scope("orders:read") && group("admins"));

fn own(user: &AuthContext, request: &HttpRequest) -> bool {
    request.match_info().get("user").is_some_and(|wanted| Some(wanted) == user.user_id())
}

#[get("/scope")]
#[login_required(scope("orders:read"))]
async fn scope() -> impl Responder {
    "in"
}

#[get("/either")]
#[login_required(scope("orders:write") && (group("ops") || claim("tier", "gold")))]
async fn either() -> impl Responder {
    "in"
}

#[get("/domain-admins")]
#[login_required(group("Domain Admins"))]
async fn domain_admins() -> impl Responder {
    "in"
}

#[get("/admins")]
#[login_required(group("admins") || group("Admins"))]
async fn admins() -> impl Responder {
    "in"
}

#[get("/cheap")]
#[login_required((scope("a") && scope("b")) || (scope("c") && scope("d") && scope("e")))]
async fn cheap() -> impl Responder {
    "in"
}

#[get("/named")]
#[login_required(policy = ADMIN)]
async fn named() -> impl Responder {
    "in"
}

#[get("/person")]
#[login_required(user_id_present() && !client("0oabatch") && !user("mallory"))]
async fn person() -> impl Responder {
    "in"
}

#[get("/service")]
#[login_required(!user_id_present())]
async fn service() -> impl Responder {
    "in"
}

#[get("/pointer")]
#[login_required(claim("/address/country", "NO") || claim("https://example.com/roles", "editor") || claim("level", 3) || claim("beta", true))]
async fn pointer() -> impl Responder {
    "in"
}

#[get("/nested")]
#[login_required(claim("tier", "gold") || claim("/profile/admin", true) || claim("/profile/level", 9))]
async fn nested() -> impl Responder {
    "in"
}

#[get("/orders/{user}")]
#[login_required(check(own))]
async fn orders() -> impl Responder {
    "in"
}

#[get("/inside")]
#[login_required]
async fn inside(user: AuthContext, request: HttpRequest) -> Result<HttpResponse, Rejection> {
    let group = String::from("ops");
    Policy::scope("x").or(Policy::group(group)).authorize(&user, &request)?;
    Ok(HttpResponse::Ok().finish())
}

fn routes(app: &mut ServiceConfig) {
    app.service((scope, domain_admins, admins, nested));
    app.service((either, cheap, named, person, service, pointer, orders, inside));
}

/// The path, the token, and the reason code. The code is empty if the request is accepted.
fn cases(okta: &MockOkta) -> Vec<(&'static str, TokenBuilder, &'static str)> {
    let scopes = |scopes: &[&str]| okta.token().user_id("00u1").scopes(scopes.iter().copied());
    vec![
        ("/scope", scopes(&["openid", "orders:read"]), ""),
        ("/scope", scopes(&["openid"]), "insufficient_scope"),
        ("/scope", scopes(&["orders:read:all", "ORDERS:READ"]), "insufficient_scope"),
        ("/scope", scopes(&[]).without("scp"), "insufficient_scope"),
        ("/scope", scopes(&[]).claim("scp", "openid  orders:read"), ""),
        ("/scope", scopes(&[]).claim("scp", "openid"), "insufficient_scope"),
        ("/scope", scopes(&[]).claim("scp", "openid,orders:read"), "insufficient_scope"),
        ("/scope", scopes(&[]).claim("scp", ""), "insufficient_scope"),
        ("/scope", scopes(&[]).claim("scp", json!(["openid orders:read"])), "insufficient_scope"),
        ("/admins", scopes(&["x"]).claim("groups", "admins"), ""),
        ("/admins", scopes(&["x"]).claim("groups", "Domain Admins"), "forbidden"),
        ("/admins", scopes(&["x"]).claim("groups", "friends of admins"), "forbidden"),
        ("/admins", scopes(&["x"]).claim("groups", ""), "forbidden"),
        ("/domain-admins", scopes(&["x"]).claim("groups", "Domain Admins"), ""),
        ("/domain-admins", scopes(&["x"]).claim("groups", json!(["Everyone", "Domain Admins"])), ""),
        ("/domain-admins", scopes(&["x"]).claim("groups", json!(["Domain", "Admins"])), "forbidden"),
        ("/either", scopes(&["orders:write"]).group("ops"), ""),
        ("/either", scopes(&["orders:write"]).claim("tier", "gold"), ""),
        ("/either", scopes(&["orders:write"]).claim("tier", json!(["silver", "gold"])), ""),
        ("/either", scopes(&["orders:write"]).claim("tier", "silver"), "forbidden"),
        ("/either", scopes(&["orders:write"]), "forbidden"),
        ("/either", scopes(&["openid"]).group("ops"), "insufficient_scope"),
        ("/either", scopes(&["openid"]), "forbidden"),
        ("/named", scopes(&["orders:read"]).group("admins"), ""),
        ("/named", scopes(&["orders:read"]), "forbidden"),
        ("/person", scopes(&["openid"]), ""),
        ("/person", okta.service_token(), "forbidden"),
        ("/person", scopes(&["openid"]).user("mallory").user_id("00u2"), "forbidden"),
        ("/service", okta.service_token(), ""),
        ("/service", scopes(&["openid"]), "forbidden"),
        ("/pointer", scopes(&["x"]).claim("address", json!({ "country": "NO" })), ""),
        ("/pointer", scopes(&["x"]).claim("address", json!({ "country": "SE" })), "forbidden"),
        ("/pointer", scopes(&["x"]).claim("https://example.com/roles", json!(["editor"])), ""),
        ("/pointer", scopes(&["x"]).claim("level", 3), ""),
        ("/pointer", scopes(&["x"]).claim("level", "3"), "forbidden"),
        ("/pointer", scopes(&["x"]).claim("level", 3.5), "forbidden"),
        ("/pointer", scopes(&["x"]).claim("beta", true), ""),
        ("/pointer", scopes(&["x"]).claim("beta", "true"), "forbidden"),
        ("/orders/00u1", scopes(&["x"]), ""),
        ("/orders/00u2", scopes(&["x"]), "forbidden"),
        ("/inside", scopes(&["x"]), ""),
        ("/inside", scopes(&["y"]).group("ops"), ""),
        ("/inside", scopes(&["y"]), "insufficient_scope"),
    ]
}

#[actix_web::test]
async fn policies_hold_in_both_status_mappings() {
    let okta = MockOkta::start();
    for mapping in [StatusMapping::Flask, StatusMapping::Rfc6750] {
        let server = Server::start(okta.validator_builder().status_mapping(mapping).build().expect("one"), routes);
        for (index, (path, token, expected)) in cases(&okta).into_iter().enumerate() {
            let response = server.get(path, &token.sign()).await;
            if expected.is_empty() {
                assert_eq!(response.status(), 200, "{index} {path}");
            } else {
                assert_eq!(response.status(), 403, "{index} {path}");
                let challenge = header(&response, "WWW-Authenticate").expect("a challenge").to_owned();
                assert_eq!(challenge.contains("insufficient_scope"), expected == "insufficient_scope", "{challenge}");
                assert_eq!(code(response).await, expected, "{index} {path}");
            }
        }
    }
}

/// The claims are JSON text, because a map has no duplicates.
#[actix_web::test]
async fn ambiguous_claims_meet_no_policy_in_either_mapping() {
    let okta = MockOkta::start();
    let claims = json!({
        "iss": okta.issuer(), "aud": okta.audience(), "sub": "alice", "cid": okta.client_id(), "exp": 4_000_000_000_u64,
    })
    .to_string();
    for mapping in [StatusMapping::Flask, StatusMapping::Rfc6750] {
        let server = Server::start(okta.validator_builder().status_mapping(mapping).build().expect("one"), routes);
        for (members, status) in [
            (r#""tier":"g\u006fld""#, 200),
            (r#""profile":{"level":9,"x":1,"x":2}"#, 200),
            (r#""tier":{"$serde_json::private::RawValue":"\"gold\""}"#, 403),
            (r#""profile":{"$serde_json::private::RawValue":"{\"admin\":true,\"level\":9}"}"#, 403),
            (r#""profile":{"admin":{"$serde_json::private::RawValue":"true"}}"#, 403),
            (r#""profile":{"level":{"$serde_json::private::Number":"9"}}"#, 403),
            (r#""profile":{"level":9,"level":9}"#, 403),
            (r#""profile":{"admin":false,"admin":true}"#, 403),
            (r#""profile":{"admin":true,"\u0061dmin":false}"#, 403),
            (r#""profile":{"admin":true},"profile":{"admin":true}"#, 403),
            (r#""profile":{"level":9.0},"tier":"GOLD""#, 403),
        ] {
            let payload = format!("{},{members}}}", claims.trim_end_matches('}'));
            let response = server.get("/nested", &okta.token().raw_payload(payload).sign()).await;
            assert_eq!(response.status(), status, "{members}");
            if status == 403 {
                assert_eq!(code(response).await, "forbidden", "{members}");
            }
        }
    }
}

#[actix_web::test]
async fn profile_without_user_ids_denies_both_user_id_policies() {
    let okta = MockOkta::start();
    let validator = okta.validator_builder().profile(Profile::auth0()).build().expect("a validator");
    let server = Server::start(validator, routes);
    for (path, status) in [("/scope", 200), ("/service", 403), ("/person", 403)] {
        let token = okta.token().claim("azp", okta.client_id()).claim("scope", "orders:read").sign();
        assert_eq!(server.status(path, &token).await, status, "{path}");
    }
}

#[actix_web::test]
async fn string_of_groups_is_one_group_in_every_profile() {
    let okta = MockOkta::start();
    let custom = || Profile::custom().client("cid").groups("roles");
    for mapping in [StatusMapping::Flask, StatusMapping::Rfc6750] {
        for (profile, claim, is_split) in [
            (Profile::okta(), "groups", false),
            (Profile::auth0(), "permissions", false),
            (Profile::rfc9068(), "groups", false),
            (custom().build(), "roles", false),
            (custom().space_delimited_groups().build(), "roles", true),
        ] {
            let builder = okta.validator_builder().status_mapping(mapping).profile(profile.clone());
            let server = Server::start(builder.build().expect("a validator"), routes);
            for (groups, path, is_let_in) in [
                (json!("Domain Admins"), "/domain-admins", !is_split),
                (json!("Domain Admins"), "/admins", is_split),
                (json!("friends of admins"), "/admins", is_split),
                (json!("admins"), "/admins", true),
                (json!(["friends of admins"]), "/admins", false),
                (json!(["Domain Admins"]), "/domain-admins", true),
            ] {
                let token = okta.token().claim("azp", okta.client_id()).claim("client_id", okta.client_id());
                let token = token.header("typ", "at+jwt").claim(claim, groups.clone()).sign();
                let expected = if is_let_in { 200 } else { 403 };
                assert_eq!(server.status(path, &token).await, expected, "{path} {groups} {profile:?}");
            }
        }
    }
}

#[actix_web::test]
async fn middleware_with_an_empty_policy_lets_no_one_in() {
    let okta = MockOkta::start();
    for mapping in [StatusMapping::Flask, StatusMapping::Rfc6750] {
        let validator = okta.validator_builder().status_mapping(mapping).build().expect("a validator");
        let server = Server::start(validator, |app| {
            let page = || web::get().to(HttpResponse::Ok);
            app.service(web::scope("/all").wrap(LoginRequired::with(Policy::all([]))).route("", page()))
                .service(web::scope("/any").wrap(LoginRequired::with(Policy::any([]))).route("", page()))
                .service(web::scope("/token").wrap(LoginRequired::with(Policy::authenticated())).route("", page()));
        });
        for (path, status) in [("/all", 403), ("/any", 403), ("/token", 200)] {
            assert_eq!(server.status(path, &okta.token().sign()).await, status, "{path}");
        }
    }
}

#[actix_web::test]
async fn policy_separates_issuers_only_if_it_requires_one() {
    let (okta, partner) = (MockOkta::start(), MockOkta::start());
    let issuer = Issuer::new(partner.issuer()).audience(partner.audience()).client_id(partner.client_id());
    let server = Server::start_with(1, {
        let validator = okta.validator_builder().add_issuer(issuer).build().expect("a validator");
        let ours = Policy::claim("iss", okta.issuer().to_owned()).and(Policy::group("admins"));
        move |app| {
            let any = LoginRequired::with(Policy::group("admins"));
            let page = || web::get().to(HttpResponse::Ok);
            app.app_data(validator.clone())
                .service(web::scope("/any").wrap(any).route("", page()))
                .service(web::scope("/ours").wrap(LoginRequired::with(ours.clone())).route("", page()));
        }
    });
    for (path, server_of, status) in
        [("/any", &okta, 200), ("/any", &partner, 200), ("/ours", &okta, 200), ("/ours", &partner, 403)]
    {
        assert_eq!(server.status(path, &server_of.token().group("admins").sign()).await, status, "{path}");
    }
}

#[actix_web::test]
async fn challenge_names_the_scopes_of_the_cheapest_alternative() {
    let okta = MockOkta::start();
    let server = Server::start(okta.validator(), routes);
    for (scopes, expected) in [
        (&["x"][..], "scope=\"a b\""),
        (&["a"], "scope=\"a b\""),
        (&["c", "d"], "scope=\"c d e\""),
        (&["b", "c", "d"], "scope=\"a b\""),
    ] {
        let response = server.get("/cheap", &okta.token().scopes(scopes.iter().copied()).sign()).await;
        let challenge = header(&response, "WWW-Authenticate").expect("a challenge");
        assert!(challenge.ends_with(expected), "{scopes:?}: {challenge}");
    }
}
