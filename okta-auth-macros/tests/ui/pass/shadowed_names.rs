//! The generated code does not shadow or capture the user's names.
use actix_web::web;
use okta_auth::{AuthContext, login_required};

#[allow(non_upper_case_globals)]
const request: u8 = 1;
#[allow(non_upper_case_globals)]
const payload: u8 = 2;
struct Policy;
struct Responder;
fn guard() {}

#[login_required]
async fn test(user: AuthContext) -> String {
    guard();
    let (_, _) = (Policy, Responder);
    format!("{} {request} {payload}", user.user())
}

fn main() {
    drop(web::get().to(test));
}
