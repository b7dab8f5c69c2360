use okta_auth::{AuthContext, login_required};

#[login_required(scop("a") && !group("b"), role = "admin")]
async unsafe fn test(user: Option<AuthContext>) -> &'static str {
    drop(user);
    "test"
}

fn main() {}
