use actix_web::web;
use okta_auth::login_required;

#[login_required]
async fn test((_id, _user): (web::Path<u32>, std::option::Option<okta_auth::AuthContext>)) -> &'static str {
    "test"
}

fn main() {}
