//! The peers for tower: tower-oauth2-resource-server and jwt-authorizer.

use std::convert::Infallible;
use std::rc::Rc;

use axum::body::Body;
use axum::response::Response;
use http::Request;
use jwt_authorizer::{JwtAuthorizer, RegisteredClaims, Validation};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_oauth2_resource_server::server::OAuth2ResourceServer;
use tower_oauth2_resource_server::tenant::TenantConfiguration;

use crate::fixture::Fixture;
use crate::rounds::{Peer, Run};

async fn hello(_: Request<()>) -> Result<Response, Infallible> {
    Ok(Response::new(Body::from("hello")))
}

pub(crate) async fn peers(fixture: &Fixture) -> Vec<Peer> {
    let open = Rc::new(calls(fixture, service_fn(hello)));

    let tenant = TenantConfiguration::static_builder(fixture.keys()).audiences(&[fixture.okta.audience()]);
    let server = <OAuth2ResourceServer>::builder().add_tenant(tenant.build().expect("a tenant")).build().await;
    let layer = server.expect("a server").into_layer();
    let tower_oauth2 = Peer {
        name: "tower-oauth2-resource-server",
        guarded: calls(fixture, layer.layer(service_fn(hello))),
        open: Rc::clone(&open),
    };

    let rules = Validation::new().iss(&[fixture.okta.issuer()]).aud(&[fixture.okta.audience()]);
    let authorizer = JwtAuthorizer::<RegisteredClaims>::from_jwks_text(&fixture.keys()).validation(rules).build().await;
    let layer = jwt_authorizer::layer::AuthorizationLayer::new(vec![std::sync::Arc::new(authorizer.expect("keys"))]);
    let jwt_authorizer = Peer { name: "jwt-authorizer", guarded: calls(fixture, layer.layer(service_fn(hello))), open };
    vec![tower_oauth2, jwt_authorizer]
}

fn calls<S>(fixture: &Fixture, service: S) -> Run
where
    S: Service<Request<()>, Response = Response, Error = Infallible> + Clone + 'static,
{
    let credentials = Rc::new(fixture.credentials());
    Box::new(move |times| {
        let (service, credentials) = (service.clone(), Rc::clone(&credentials));
        Box::pin(async move {
            for _ in 0..times {
                let request = Request::get("/").header("authorization", credentials.as_str()).body(());
                let response = service.clone().oneshot(request.expect("a request")).await.expect("an answer");
                assert!(response.status().is_success(), "{}", response.status());
            }
        })
    })
}
