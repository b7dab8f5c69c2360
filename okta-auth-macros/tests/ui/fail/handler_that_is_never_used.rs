// The compiler warns about a handler that is never registered, as without the attribute.
#![deny(dead_code)]

use okta_auth::{AuthContext, login_required};

#[login_required]
async fn test(user: AuthContext) -> String {
    user.user().to_owned()
}

fn main() {}
