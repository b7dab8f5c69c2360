//! The generated code has no warnings from common strict lints.
#![deny(warnings, missing_docs, unused, unreachable_pub, rust_2018_idioms, let_underscore_drop)]
#![deny(unused_qualifications, unused_lifetimes, single_use_lifetimes, trivial_casts, unused_import_braces)]
#![forbid(unsafe_code)]

use actix_web::{Responder, get, web};
use okta_auth::{AuthContext, Policy, login_required, policy};

/// A policy.
pub static ADMIN: Policy = policy!(scope("admin") || (group("admins") && user_id_present()));

/// A handler.
#[get("/a")]
#[login_required(scope("a") && (group("b") || claim("c", -1)))]
async fn documented(user: AuthContext) -> impl Responder {
    user.user().to_owned()
}

/// A handler.
#[login_required(policy = ADMIN)]
pub async fn generic<T: serde::de::DeserializeOwned + ToString>(item: web::Json<T>) -> String {
    item.to_string()
}

mod private {
    use okta_auth::login_required;

    #[login_required]
    pub(crate) async fn test() -> &'static str {
        "test"
    }
}

fn main() {
    drop(actix_web::App::new().service(documented).route("/b", web::get().to(generic::<String>)));
    drop(web::get().to(private::test));
}
