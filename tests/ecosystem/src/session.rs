//! actix-session: a session is not a login, and belongs to one caller.

use actix_session::config::{PersistentSession, TtlExtensionPolicy};
use actix_session::storage::CookieSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::{Cookie, Key};
use actix_web::dev::ServiceResponse;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, Error, Responder, post};
use okta_auth::{AuthContext, LoginRequired, login_required};
use okta_auth_testing::MockOkta;
use serde_json::json;

/// Counts the items of the caller's cart.
#[post("/cart")]
#[login_required]
async fn add_to_cart(session: Session, user: AuthContext) -> Result<impl Responder, Error> {
    // The cookie and the token are independent: after a change of users, a browser sends the cookie of the one before.
    let owner = json!([user.issuer(), user.subject()]);
    if session.get("owner")? != Some(owner.clone()) {
        session.clear();
        session.renew();
        session.insert("owner", owner)?;
    }
    let items = session.get::<u32>("items")?.unwrap_or(0) + 1;
    session.insert("items", items)?;
    Ok(items.to_string())
}

fn sessions(key: &Key) -> SessionMiddleware<CookieSessionStore> {
    let lifecycle = PersistentSession::default().session_ttl_extension_policy(TtlExtensionPolicy::OnEveryRequest);
    SessionMiddleware::builder(CookieSessionStore::default(), key.clone()).session_lifecycle(lifecycle).build()
}

fn post_with(token: Option<&str>, cookie: Option<&Cookie<'static>>) -> TestRequest {
    let mut request = TestRequest::post().uri("/cart");
    if let Some(token) = token {
        request = request.insert_header(("Authorization", format!("Bearer {token}")));
    }
    if let Some(cookie) = cookie {
        request = request.cookie(cookie.clone());
    }
    request
}

fn cookie_of<B>(response: &ServiceResponse<B>) -> Option<Cookie<'static>> {
    response.response().cookies().next().map(Cookie::into_owned)
}

#[actix_web::test]
async fn session_is_not_a_login() {
    let (okta, key) = (MockOkta::start(), Key::generate());
    let app = App::new().app_data(okta.validator()).wrap(sessions(&key)).service(add_to_cart);
    let app = init_service(app).await;
    let alice = okta.token().user("alice").sign();
    let first = call_service(&app, post_with(Some(&alice), None).to_request()).await;
    let cookie = cookie_of(&first).expect("a session");
    assert_eq!(read_body(first).await, "1");
    let second = call_service(&app, post_with(Some(&alice), Some(&cookie)).to_request()).await;
    assert_eq!(read_body(second).await, "2");
    let without_token = call_service(&app, post_with(None, Some(&cookie)).to_request()).await;
    assert_eq!(without_token.status(), 403);
}

#[actix_web::test]
async fn session_of_another_caller_is_not_used() {
    let (okta, key) = (MockOkta::start(), Key::generate());
    let app = App::new().app_data(okta.validator()).wrap(sessions(&key)).service(add_to_cart);
    let app = init_service(app).await;
    let alice = call_service(&app, post_with(Some(&okta.token().user("alice").sign()), None).to_request()).await;
    let cookie = cookie_of(&alice).expect("a session");
    let bob = okta.token().user("bob").sign();
    let response = call_service(&app, post_with(Some(&bob), Some(&cookie)).to_request()).await;
    assert_eq!(read_body(response).await, "1");
}

#[actix_web::test]
async fn rejection_renews_only_a_session_outside_of_login() {
    let (okta, key) = (MockOkta::start(), Key::generate());
    let inside = App::new().app_data(okta.validator()).wrap(sessions(&key)).wrap(LoginRequired::new());
    let inside = init_service(inside.service(add_to_cart)).await;
    let outside = App::new().app_data(okta.validator()).wrap(LoginRequired::new()).wrap(sessions(&key));
    let outside = init_service(outside.service(add_to_cart)).await;

    let accepted = call_service(&inside, post_with(Some(&okta.token().sign()), None).to_request()).await;
    let cookie = cookie_of(&accepted).expect("a session");
    let rejected = call_service(&inside, post_with(None, Some(&cookie)).to_request()).await;
    assert_eq!((rejected.status().as_u16(), cookie_of(&rejected)), (403, None));
    let rejected = call_service(&outside, post_with(None, Some(&cookie)).to_request()).await;
    assert_eq!((rejected.status().as_u16(), cookie_of(&rejected).is_some()), (403, true));
}
