use actix_web::get;
use okta_auth::{AuthContext, login_required};

#[login_required(active_within = "2m", scop("a"))]
#[get("/test")]
async fn test(user: AuthContext) -> String {
    user.user().to_owned()
}

fn main() {
    drop(actix_web::App::new().service(test));
}
