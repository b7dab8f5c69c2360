//! The attribute above and below the other attributes of a handler.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use actix_web::{Responder, get, post, route, routes, web};
use okta_auth::{AuthContext, login_required};

use crate::setup::{assert_protected, send_as_alice};

fn get_x() -> TestRequest {
    TestRequest::get().uri("/x")
}

fn post_x() -> TestRequest {
    TestRequest::post().uri("/x").set_payload("text")
}

fn delete_y() -> TestRequest {
    TestRequest::delete().uri("/y")
}

/// Two tests for the same attributes and handler, one for each order.
macro_rules! in_both_orders {
    ($($above:ident, $below:ident: [$($route:tt)*] $handler:item, $request:ident, $body:literal;)*) => {$(
        #[actix_web::test]
        async fn $above() {
            #[login_required]
            $($route)*
            $handler
            assert_protected(|app| app.service(x), $request, $body).await;
        }

        #[actix_web::test]
        async fn $below() {
            $($route)*
            #[login_required]
            $handler
            assert_protected(|app| app.service(x), $request, $body).await;
        }
    )*};
}

in_both_orders! {
    it_works_above_get, it_works_below_get: [#[get("/x")]]
    async fn x(user: AuthContext) -> impl Responder { user.user().to_owned() }, get_x, "alice";

    it_works_above_post, it_works_below_post: [#[post("/x")]]
    async fn x(user: AuthContext, body: String) -> impl Responder { format!("{} {body}", user.user()) }, post_x, "alice text";

    it_works_above_route, it_works_below_route: [#[route("/x", method = "GET", method = "POST")]]
    async fn x(body: String) -> impl Responder { body }, post_x, "text";

    it_works_above_routes, it_works_below_routes: [#[routes] #[get("/x")] #[post("/x")] #[delete("/y")]]
    async fn x(user: AuthContext) -> impl Responder { user.user().to_owned() }, delete_y, "alice";

    it_works_above_instrument_and_get, it_works_below_instrument_and_get: [#[get("/x")] #[tracing::instrument(skip_all)]]
    async fn x(user: AuthContext) -> impl Responder { user.user().to_owned() }, get_x, "alice";

    it_works_above_get_and_instrument, it_works_below_get_and_instrument:
    [#[tracing::instrument(fields(user = user.user()), ret, err)] #[get("/x")]]
    async fn x(user: AuthContext) -> Result<String, std::io::Error> { Ok(user.user().to_owned()) }, get_x, "alice";

    it_works_above_lints_and_docs, it_works_below_lints_and_docs:
    [#[get("/x")] #[doc = "Docs."] #[allow(clippy::unused_async)] #[rustfmt::skip] #[inline]]
    async fn x() -> &'static str { "x" }, get_x, "x";
}

#[actix_web::test]
async fn it_works_between_other_attributes() {
    #[get("/x")]
    #[login_required]
    #[tracing::instrument(skip_all)]
    async fn x(user: AuthContext) -> impl Responder {
        user.user().to_owned()
    }
    assert_protected(|app| app.service(x), get_x, "alice").await;
}

#[actix_web::test]
async fn it_works_on_a_plain_handler() {
    #[login_required]
    async fn x(user: AuthContext) -> impl Responder {
        user.user().to_owned()
    }
    assert_protected(|app| app.route("/x", web::get().to(x)), get_x, "alice").await;
}

#[actix_web::test]
async fn it_works_with_instrument_on_a_plain_handler() {
    #[tracing::instrument(skip_all)]
    #[login_required]
    async fn below(user: AuthContext) -> impl Responder {
        user.user().to_owned()
    }
    #[login_required]
    #[tracing::instrument(skip_all)]
    async fn above(user: AuthContext) -> impl Responder {
        user.user().to_owned()
    }
    assert_protected(|app| app.route("/x", web::get().to(below)), get_x, "alice").await;
    assert_protected(|app| app.route("/x", web::get().to(above)), get_x, "alice").await;
}

#[actix_web::test]
async fn instrument_sees_handler_arguments_and_result() {
    #[login_required]
    #[tracing::instrument(skip(user), fields(id = %id), err)]
    async fn x(user: AuthContext, id: web::Path<u32>) -> Result<String, std::io::Error> {
        Ok(format!("{} {id}", user.user()))
    }
    assert_protected(|app| app.route("/{id}", web::get().to(x)), || TestRequest::get().uri("/7"), "alice 7").await;
}

#[actix_web::test]
async fn two_attributes_must_both_be_met() {
    #[login_required(scope("a"))]
    #[login_required(user("alice"))]
    async fn both() -> &'static str {
        "both"
    }
    #[login_required(scope("a"))]
    #[get("/one")]
    #[login_required(user("bob"))]
    async fn one() -> &'static str {
        "one"
    }
    assert_protected(|app| app.route("/x", web::get().to(both)), get_x, "both").await;
    let (status, _) = send_as_alice(|app| app.service(one), TestRequest::get().uri("/one")).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}
