use okta_auth::login_required;

#[login_required]
pub struct Test;

fn main() {}
