// A handler that nobody mounts is warned about, as without the attribute.
#![deny(dead_code)]

use okta_auth::{AuthContext, login_required};

#[login_required]
async fn test(user: AuthContext) -> String {
    user.user().to_owned()
}

fn main() {}
