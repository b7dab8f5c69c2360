use okta_auth::{AuthContext, login_required};

#[login_required]
async fn test(user: Option<AuthContext>) -> String {
    user.map_or_else(String::new, |user| user.user().to_owned())
}

fn main() {}
