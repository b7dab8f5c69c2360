use okta_auth::login_required;

#[login_required]
fn test() {}

fn main() {}
