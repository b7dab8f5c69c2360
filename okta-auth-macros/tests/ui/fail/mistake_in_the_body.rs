// The attribute keeps the body as it is, so the compiler points at the user's line.
use okta_auth::{AuthContext, login_required};

#[login_required]
async fn test(user: AuthContext) -> String {
    let name: u8 = "text";
    format!("{name}{}", user.user())
}

fn main() {
    drop(actix_web::web::get().to(test));
}
