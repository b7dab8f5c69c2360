//! The peers for actix-web: okta-auth and actix-4-jwt-auth.

use std::rc::Rc;

use actix_4_jwt_auth::biscuit::{Validation, ValidationOptions};
use actix_4_jwt_auth::{Oidc, OidcBiscuitValidator, OidcConfig};
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::test::{TestRequest, init_service};
use actix_web::web::get;
use actix_web::{App, Error};
use okta_auth::{Validator, config::SystemClock, keys::JwkSet, login_required};

use crate::fixture::Fixture;
use crate::rounds::{Peer, Run};

async fn hello() -> &'static str {
    "hello"
}

#[login_required]
async fn guarded() -> &'static str {
    "hello"
}

pub(crate) async fn peers(fixture: &Fixture) -> Vec<Peer> {
    let open = Rc::new(calls(fixture, init_service(App::new().route("/", get().to(hello))).await));
    let mut peers = Vec::new();
    for (name, capacity) in [("okta-auth, token cached", 10_000), ("okta-auth, no cache", 0)] {
        let app = App::new().app_data(validator(fixture, capacity)).route("/", get().to(guarded));
        peers.push(Peer { name, guarded: calls(fixture, init_service(app).await), open: Rc::clone(&open) });
    }
    let keys = Oidc::new(OidcConfig::KeyUrl(fixture.okta.jwks_uri().into())).await.expect("keys");
    let issuer = Validation::Validate(fixture.okta.issuer().to_owned());
    let audience = Validation::Validate(fixture.okta.audience().to_owned());
    let rules = OidcBiscuitValidator { options: ValidationOptions { issuer, audience, ..Default::default() } };
    let app = App::new().app_data(keys).wrap(rules).route("/", get().to(hello));
    peers.push(Peer { name: "actix-4-jwt-auth", guarded: calls(fixture, init_service(app).await), open });
    peers
}

fn validator(fixture: &Fixture, capacity: usize) -> Validator {
    let keys = JwkSet::from_json(fixture.keys()).expect("a key set");
    let builder = fixture.okta.validator_builder().jwk_set(keys).clock(SystemClock);
    builder.token_cache_capacity(capacity).build().expect("a validator")
}

fn calls<S, B>(fixture: &Fixture, app: S) -> Run
where
    S: Service<actix_http::Request, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    let (app, credentials) = (Rc::new(app), Rc::new(fixture.credentials()));
    Box::new(move |times| {
        let (app, credentials) = (Rc::clone(&app), Rc::clone(&credentials));
        Box::pin(async move {
            for _ in 0..times {
                let request = TestRequest::get().insert_header((AUTHORIZATION, credentials.as_str()));
                let response = app.call(request.to_request()).await.expect("an answer");
                assert!(response.status().is_success(), "{}", response.status());
            }
        })
    })
}
