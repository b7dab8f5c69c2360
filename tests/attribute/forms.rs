//! Every supported form of a handler's signature and body.

// Some handlers return a future instead of being `async`, and one has 16 arguments.
#![allow(clippy::manual_async_fn, clippy::too_many_arguments)]

use std::future::Future;

use actix_web::dev::HttpServiceFactory;
use actix_web::test::TestRequest;
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Responder, Result, get, post, route, web};
use okta_auth::{AuthContext, login_required};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::setup::{assert_protected, send_as_alice};

fn get_seven() -> TestRequest {
    TestRequest::get().uri("/7?a=b")
}

fn post_json() -> TestRequest {
    TestRequest::post().uri("/x").set_json("text")
}

/// One test per handler: without a routing attribute, and above and below one. Mounted as `/{id}` for GET and POST.
macro_rules! handlers {
    (#[$attribute:meta] $mount:ident; $($test:ident: $handler:item, $mounted:expr, $request:ident, $body:literal;)*) => {$(
        #[actix_web::test]
        async fn $test() {
            {
                #[login_required]
                $handler
                assert_protected(|app| app.route("/{id}", web::route().to($mounted)), $request, $body).await;
            }
            {
                #[login_required]
                #[$attribute]
                $handler
                assert_protected(|app| $mount(app, $mounted), $request, $body).await;
            }
            {
                #[$attribute]
                #[login_required]
                $handler
                assert_protected(|app| $mount(app, $mounted), $request, $body).await;
            }
        }
    )*};
}

fn service(app: &mut web::ServiceConfig, handler: impl HttpServiceFactory + 'static) -> &mut web::ServiceConfig {
    app.service(handler)
}

fn handler<H, Args>(app: &mut web::ServiceConfig, handler: H) -> &mut web::ServiceConfig
where
    H: Handler<Args>,
    Args: FromRequest + 'static,
    H::Output: Responder + 'static,
{
    app.route("/{id}", web::route().to(handler))
}

handlers! {
    #[route("/{id}", method = "GET", method = "POST")] service;

    no_arguments:
    async fn x() -> &'static str { "x" }, x, get_seven, "x";

    argument_other_than_auth_context:
    async fn x(id: web::Path<u32>) -> impl Responder { id.to_string() }, x, get_seven, "7";

    patterns:
    async fn x(web::Json(text): web::Json<String>, _: AuthContext) -> String { text }, x, post_json, "text";

    nested_patterns:
    async fn x((_, user @ AuthContext { .. }): (web::Path<u32>, AuthContext)) -> String { user.user().to_owned() },
    x, get_seven, "alice";

    mutable_arguments:
    async fn x(mut id: web::Path<u32>) -> String { *id += 1; id.to_string() }, x, get_seven, "8";

    request_and_payload_as_arguments:
    async fn x(request: HttpRequest, payload: web::Payload) -> Result<String> {
        let body = payload.to_bytes().await?;
        Ok(format!("{} {}", request.path(), body.len()))
    }, x, post_json, "/x 6";

    names_used_by_the_expansion:
    async fn x(request: AuthContext, payload: web::Path<u32>) -> String {
        const __POLICY: &str = "mine";
        format!("{} {payload} {__POLICY}", request.user())
    }, x, get_seven, "alice 7 mine";

    question_mark_operator:
    async fn x(id: web::Path<u32>) -> Result<HttpResponse, actix_web::Error> {
        let text = std::str::from_utf8(b"fine").map_err(actix_web::error::ErrorBadRequest)?;
        Ok(HttpResponse::Ok().body(format!("{text} {id}")))
    }, x, get_seven, "fine 7";

    early_return:
    async fn x(id: web::Path<u32>) -> impl Responder {
        if *id == 7 { return "seven"; }
        "other"
    }, x, get_seven, "seven";

    future_instead_of_async:
    fn x(user: AuthContext) -> impl Future<Output = String> { async move { user.user().to_owned() } }, x, get_seven, "alice";

    boxed_future_instead_of_async:
    fn x(user: AuthContext) -> std::pin::Pin<Box<dyn Future<Output = String>>> {
        Box::pin(async move { user.user().to_owned() })
    }, x, get_seven, "alice";

    nested_impl_trait_in_return_type:
    async fn x() -> Result<impl Responder, actix_web::Error> { Ok("x") }, x, get_seven, "x";

    attribute_on_an_argument:
    async fn x(#[allow(unused_variables)] user: AuthContext) -> &'static str { "x" }, x, get_seven, "x";

    argument_removed_by_cfg:
    async fn x(#[cfg(any())] gone: NoSuchType, #[cfg(all())] user: AuthContext) -> String { user.user().to_owned() },
    x, get_seven, "alice";

    inner_attributes_in_the_body:
    async fn x() -> &'static str {
        #![allow(unused_variables)]
        let unused = 1;
        "x"
    }, x, get_seven, "x";

    items_with_self_in_the_body:
    async fn x() -> String {
        #[derive(Default)]
        struct Counter { next: Option<Box<Self>> }
        impl Counter { fn depth(&self) -> u32 { self.next.as_ref().map_or(0, |next| Self::depth(next) + 1) } }
        Counter::default().depth().to_string()
    }, x, get_seven, "0";

    sixteen_arguments:
    async fn x(
        a: AuthContext, _b: HttpRequest, _c: HttpRequest, _d: HttpRequest, _e: HttpRequest, _f: HttpRequest,
        _g: HttpRequest, _h: HttpRequest, _i: HttpRequest, _j: HttpRequest, _k: HttpRequest, _l: HttpRequest,
        _m: HttpRequest, _n: HttpRequest, _o: HttpRequest, p: String,
    ) -> String { format!("{} {p}", a.user()) }, x, post_json, "alice \"text\"";
}

// The routing attributes of actix-web do not support generic handlers.
handlers! {
    #[tracing::instrument(skip_all)] handler;

    type_parameter_with_a_bound:
    async fn x<T: DeserializeOwned + Serialize>(item: web::Json<T>) -> web::Json<T> { item },
    x::<String>, post_json, "\"text\"";

    type_parameter_with_a_where_clause:
    async fn x<T>(item: web::Json<T>) -> Result<String, actix_web::Error> where T: DeserializeOwned + AsRef<str> {
        Ok(item.as_ref().to_owned())
    }, x::<String>, post_json, "text";

    type_parameters_without_bounds:
    async fn x<T, U>(item: T, _: web::Either<U, AuthContext>) -> T { item }, x::<String, AuthContext>, post_json, "\"text\"";

    type_parameter_without_an_argument:
    async fn x<T: std::fmt::Debug + Default>() -> String { format!("{:?}", T::default()) }, x::<u8>, get_seven, "0";

    type_parameter_with_a_future:
    fn x<T>(item: T) -> std::future::Ready<T> { std::future::ready(item) }, x::<String>, post_json, "\"text\"";

    type_parameter_with_impl_responder:
    async fn x<T: DeserializeOwned + Serialize>(item: web::Json<T>) -> impl Responder { item }, x::<String>, post_json, "\"text\"";

    const_parameter:
    async fn x<const N: usize>(user: AuthContext) -> String { user.user()[..N].to_owned() }, x::<2>, get_seven, "al";

    lifetime_parameter:
    async fn x<'a, T>(item: T) -> T where 'a: 'a, T: 'a { item }, x::<String>, post_json, "\"text\"";
}

#[actix_web::test]
async fn macro_arguments_keep_their_hygiene() {
    macro_rules! handler {
        ($name:ident, $ty:ty, $body:expr) => {
            #[login_required]
            async fn $name(user: $ty) -> String {
                let _ = &user;
                $body.to_owned()
            }
        };
    }
    macro_rules! body {
        ($name:ident, $body:block) => {
            #[login_required]
            async fn $name() -> &'static str $body
        };
    }
    handler!(x, AuthContext, "x");
    assert_protected(|app| app.route("/7", web::get().to(x)), get_seven, "x").await;
    body!(y, { "y" });
    assert_protected(|app| app.route("/7", web::get().to(y)), get_seven, "y").await;
}

struct Api;

impl Api {
    #[login_required]
    async fn associated(user: AuthContext) -> String {
        user.user().to_owned()
    }
}

#[actix_web::test]
async fn associated_function_without_self() {
    assert_protected(|app| app.route("/7", web::get().to(Api::associated)), get_seven, "alice").await;
}

mod visible {
    use super::{AuthContext, get, login_required};

    /// Visible in the crate, and documented.
    #[get("/7")]
    #[login_required]
    #[deny(unreachable_pub)]
    pub(crate) async fn x(user: AuthContext) -> String {
        user.user().to_owned()
    }
}

#[actix_web::test]
async fn visibility_is_kept() {
    assert_protected(|app| app.service(visible::x), get_seven, "alice").await;
}

#[post("/x")]
#[login_required]
async fn recursive(user: AuthContext, body: String) -> String {
    if body.is_empty() {
        return user.user().to_owned();
    }
    Box::pin(recursive(user, String::new())).await
}

#[actix_web::test]
async fn handler_may_call_itself() {
    assert_protected(|app| app.service(recursive), post_json, "alice").await;
}

mod renamed {
    pub(crate) use okta_auth as auth;
}

#[actix_web::test]
async fn crate_path_may_be_configured() {
    #[get("/7")]
    #[renamed::auth::login_required(crate = crate::forms::renamed::auth)]
    async fn x(user: renamed::auth::AuthContext) -> String {
        user.user().to_owned()
    }
    assert_protected(|app| app.service(x), get_seven, "alice").await;
}

#[actix_web::test]
async fn extractor_error_keeps_its_status() {
    #[login_required]
    async fn x(id: web::Path<u32>) -> String {
        id.to_string()
    }
    let request = TestRequest::get().uri("/seven");
    let (status, _) = send_as_alice(|app| app.route("/{id}", web::get().to(x)), request).await;
    assert_eq!(status, actix_web::http::StatusCode::NOT_FOUND);
}

fn _generic_argument_needs_only_its_bound<T: FromRequest + 'static>() {
    #[login_required]
    async fn x<T>(_item: T) -> &'static str {
        "x"
    }
    drop(web::get().to(x::<T>));
}
