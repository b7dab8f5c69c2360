use actix_web::get;
use okta_auth::login_required;

#[login_required(scope("orders:read orders:write"))]
#[get("/test")]
async fn test() -> &'static str {
    "test"
}

fn main() {
    drop(actix_web::App::new().service(test));
}
