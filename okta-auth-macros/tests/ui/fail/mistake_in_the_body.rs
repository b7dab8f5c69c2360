// The attribute keeps the body unchanged, so the compiler points at the line of the user.
use okta_auth::{AuthContext, login_required};

#[login_required]
async fn test(user: AuthContext) -> String {
    let name: u8 = "text";
    format!("{name}{}", user.user())
}

fn main() {
    drop(actix_web::web::get().to(test));
}
