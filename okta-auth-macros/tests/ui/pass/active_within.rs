//! `active_within` beside every form of a policy, above and below other attributes.

use actix_web::{Responder, get, web};
use okta_auth::{AuthContext, Policy, login_required, policy};

static ADMIN: Policy = policy!(group("admins"));

macro_rules! handler {
    ($name:ident, $within:literal, $($policy:tt)*) => {
        #[login_required(active_within = $within, $($policy)*)]
        async fn $name() -> &'static str {
            "x"
        }
    };
}

handler!(of_macro, 10, scope("a") || scope("b"));
handler!(of_macro_by_text, "1m", policy = ADMIN);

#[login_required(active_within = 0)]
async fn only() -> &'static str {
    "x"
}

#[get("/below")]
#[login_required(scope("a"), active_within = "30s")]
async fn below(user: AuthContext) -> impl Responder {
    user.user().to_owned()
}

#[login_required(crate = okta_auth, active_within = 60, policy = ADMIN)]
#[get("/above")]
async fn above(user: AuthContext, body: web::Bytes) -> impl Responder {
    format!("{} {}", user.user(), body.len())
}

#[login_required(active_within = 10)]
async fn generic<T: serde::de::DeserializeOwned>(item: web::Json<T>) -> impl Responder {
    drop(item);
    "x"
}

fn main() {
    let app = actix_web::App::new().service(below).service(above);
    let app = app.route("/macro", web::get().to(of_macro)).route("/text", web::get().to(of_macro_by_text));
    drop(app.route("/only", web::get().to(only)).route("/generic", web::post().to(generic::<String>)));
}
