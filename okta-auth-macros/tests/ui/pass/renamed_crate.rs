//! With `crate = path`, the generated code finds the crate under another name.
mod wrapper {
    pub(crate) use ::okta_auth as tokens;
}

use actix_web::get;
use wrapper::tokens;

#[get("/a")]
#[tokens::login_required(crate = tokens, scope("a"))]
async fn below() -> &'static str {
    "below"
}

#[tokens::login_required(scope("a"), crate = crate::wrapper::tokens)]
#[get("/b")]
async fn above() -> &'static str {
    "above"
}

static ADMIN: tokens::Policy = tokens::policy!(crate = tokens, scope("a") && group("b"));

#[tokens::login_required(crate = tokens, policy = ADMIN)]
async fn named() -> &'static str {
    "named"
}

fn main() {
    drop(actix_web::App::new().service(below).service(above).route("/c", actix_web::web::get().to(named)));
}
