//! sentry-actix: no token in an event, and no body that is read before a rejection.

use std::sync::Arc;

use actix_web::error::ErrorInternalServerError;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, Error, get, post, web};
use okta_auth::login_required;
use okta_auth_testing::MockOkta;
use sentry::protocol::Event;
use sentry::test::TestTransport;
use sentry::{ClientOptions, Hub, MaxRequestBodySize};
use sentry_actix::Sentry;

use crate::support::{get, get_anonymously};

#[get("/fails")]
#[login_required]
async fn fails() -> Result<String, Error> {
    Err(ErrorInternalServerError("the database is gone"))
}

#[post("/orders")]
#[login_required]
async fn order(body: web::Bytes) -> Result<String, Error> {
    Err(ErrorInternalServerError(format!("an order of {} bytes is too heavy", body.len())))
}

/// The middleware with these options, and where its events go.
fn sentry_with(options: ClientOptions) -> (Sentry, Arc<TestTransport>) {
    let transport = TestTransport::new();
    let options = options.dsn("https://public@sentry.invalid/1").transport(Arc::clone(&transport));
    let hub = Hub::new(Some(Arc::new(options.into())), Arc::default());
    (Sentry::builder().with_hub(Arc::new(hub)).finish(), transport)
}

/// Removes the token, which Sentry sends if `send_default_pii` is on.
fn without_credentials(mut event: Event<'static>) -> Option<Event<'static>> {
    if let Some(request) = &mut event.request {
        request.headers.retain(|name, _| !name.eq_ignore_ascii_case("authorization"));
    }
    Some(event)
}

fn text(event: &Event<'_>) -> String {
    serde_json::to_string(event).expect("JSON")
}

#[actix_web::test]
async fn event_of_a_failed_handler_has_no_token() {
    let okta = MockOkta::start();
    let with_personal_data = ClientOptions::new().send_default_pii(true).before_send(without_credentials);
    for options in [ClientOptions::new(), with_personal_data] {
        let (sentry, transport) = sentry_with(options);
        let app = init_service(App::new().app_data(okta.validator()).wrap(sentry).service(fails)).await;
        let token = okta.token().sign();
        assert_eq!(call_service(&app, get("/fails", &token).to_request()).await.status(), 500);
        let events = transport.fetch_and_clear_events();
        assert_eq!(events.len(), 1);
        let text = text(&events[0]);
        assert!(text.contains("the database is gone"), "{text}");
        let signature = token.rsplit('.').next().expect("a signature");
        assert!(!text.contains(signature) && !text.to_lowercase().contains("authorization"), "{text}");
    }
}

#[actix_web::test]
async fn personal_data_includes_the_token() {
    let okta = MockOkta::start();
    let (sentry, transport) = sentry_with(ClientOptions::new().send_default_pii(true));
    let app = init_service(App::new().app_data(okta.validator()).wrap(sentry).service(fails)).await;
    let token = okta.token().sign();
    call_service(&app, get("/fails", &token).to_request()).await;
    assert!(text(&transport.fetch_and_clear_events()[0]).contains(&token), "the guide warns of it");
}

#[actix_web::test]
async fn rejection_is_an_event_only_in_an_outage() {
    let okta = MockOkta::start();
    let (sentry, transport) = sentry_with(ClientOptions::new());
    let app = init_service(App::new().app_data(okta.validator()).wrap(sentry).service(fails)).await;
    assert_eq!(call_service(&app, get_anonymously("/fails").to_request()).await.status(), 403);
    assert_eq!(call_service(&app, get("/fails", "guess").to_request()).await.status(), 403);
    assert!(transport.fetch_and_clear_events().is_empty());
    let token = okta.token().sign();
    okta.go_down();
    assert_eq!(call_service(&app, get("/fails", &token).to_request()).await.status(), 503);
    let events = transport.fetch_and_clear_events();
    assert_eq!(events.len(), 1);
    assert!(text(&events[0]).contains("keys_unavailable"), "{}", text(&events[0]));
    assert!(!text(&events[0]).contains(&token));
}

#[actix_web::test]
async fn event_has_the_body_unless_it_is_turned_off() {
    let okta = MockOkta::start();
    let without_bodies = ClientOptions::new().max_request_body_size(MaxRequestBodySize::None);
    for (options, is_sent) in [(ClientOptions::new(), true), (without_bodies, false)] {
        let (sentry, transport) = sentry_with(options);
        let app = init_service(App::new().app_data(okta.validator()).wrap(sentry).service(order)).await;
        let request = TestRequest::post().uri("/orders").set_json("twelve apples");
        let request = request.insert_header(("Content-Length", "15"));
        let request = request.insert_header(("Authorization", format!("Bearer {}", okta.token().sign())));
        assert_eq!(call_service(&app, request.to_request()).await.status(), 500);
        let event = text(&transport.fetch_and_clear_events()[0]);
        assert!(event.contains("15 bytes"), "{event}");
        assert_eq!(event.contains("twelve apples"), is_sent, "{event}");
    }
}
