use okta_auth::{AuthContext, login_required};

#[login_required(active_within = 10 && scope("a"))]
async fn test(user: AuthContext) -> String {
    user.user().to_owned()
}

fn main() {
    drop(actix_web::web::get().to(test));
}
